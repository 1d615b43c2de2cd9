//! Everybody Lumo talks to over HTTP, except for mail.

pub mod acquirer;
pub mod courier;
pub mod merchant_hook;
pub mod risk_board;

pub use acquirer::Acquirer;
pub use courier::Courier;
pub use merchant_hook::MerchantHook;
pub use risk_board::RiskBoard;

#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    #[error("{0} is not set")]
    NotConfigured(&'static str),
    #[error("partner did not answer as expected")]
    Http(#[from] reqwest::Error),
}

fn setting(name: &'static str) -> Result<String, PartnerError> {
    std::env::var(name).map_err(|_| PartnerError::NotConfigured(name))
}
