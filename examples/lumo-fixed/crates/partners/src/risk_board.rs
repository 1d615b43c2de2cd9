use lumo_domain::risk::{Decision, Signal};
use serde_json::json;

use crate::PartnerError;

/// The wallboard on which the fraud desk watches screenings come in.
#[derive(Clone)]
pub struct RiskBoard {
    http: reqwest::Client,
}

impl RiskBoard {
    pub fn new(http: reqwest::Client) -> Self {
        RiskBoard { http }
    }

    /// Puts a screening on the board.
    pub async fn screened(&self, decision: Decision, signals: &[Signal]) -> Result<(), PartnerError> {
        let event = json!({
            "event": "screening",
            "decision": decision,
            "signals": signals,
        });
        self.http.post("https://collect.heatgrid.example/v1/events").json(&event).send().await?.error_for_status()?;
        Ok(())
    }
}
