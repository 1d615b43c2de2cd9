use lumo_domain::PaymentCard;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{PartnerError, setting};

/// The bank that authorises card payments. Its address differs by country.
#[derive(Clone)]
pub struct Acquirer {
    http: reqwest::Client,
    base_url: String,
}

#[derive(Serialize)]
struct Authorisation<'a> {
    reference: Uuid,
    amount_cents: i64,
    number: &'a str,
    expiry: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cvv: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    approved: bool,
}

impl Acquirer {
    pub fn from_env(http: reqwest::Client) -> Result<Self, PartnerError> {
        Ok(Acquirer { http, base_url: setting("LUMO_ACQUIRER_URL")? })
    }

    /// Asks for the money; `false` means that the bank said no.
    pub async fn authorise(
        &self,
        reference: Uuid,
        amount_cents: i64,
        card: &PaymentCard,
    ) -> Result<bool, PartnerError> {
        let answer: Answer = self
            .http
            .post(format!("{}/authorisations", self.base_url))
            .json(&Authorisation {
                reference,
                amount_cents,
                number: &card.number,
                expiry: &card.expiry,
                cvv: card.cvv.as_deref(),
            })
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        Ok(answer.approved)
    }
}
