use lumo_mail::{MailError, Mailgate};
use lumo_partners::{Acquirer, MerchantHook, PartnerError, RiskBoard};
use sqlx::PgPool;

use crate::live_view::LiveView;

/// What every request may need.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub mail: Mailgate,
    pub acquirer: Acquirer,
    pub merchants: MerchantHook,
    pub risk_board: RiskBoard,
    pub live_view: LiveView,
}

#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Partner(#[from] PartnerError),
}

impl AppState {
    pub fn from_env(pool: PgPool) -> Result<Self, SetupError> {
        let http = reqwest::Client::new();
        Ok(AppState {
            pool,
            mail: Mailgate::from_env(http.clone())?,
            acquirer: Acquirer::from_env(http.clone())?,
            merchants: MerchantHook::new(http.clone()),
            risk_board: RiskBoard::new(http),
            live_view: LiveView::default(),
        })
    }
}
