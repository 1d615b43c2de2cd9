use reqwest::StatusCode;

use crate::Message;

const MESSAGES: &str = "https://api.mailgate.example/v3/messages";

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("LUMO_MAILGATE_KEY is not set")]
    NotConfigured,
    #[error("the mail service answered {0}")]
    Refused(StatusCode),
    #[error("the mail service could not be reached")]
    Unreachable(#[from] reqwest::Error),
}

/// Our account with the service that sends mail for us.
#[derive(Clone)]
pub struct Mailgate {
    http: reqwest::Client,
    key: String,
}

impl Mailgate {
    pub fn from_env(http: reqwest::Client) -> Result<Self, MailError> {
        let key = std::env::var("LUMO_MAILGATE_KEY").map_err(|_| MailError::NotConfigured)?;
        Ok(Mailgate { http, key })
    }

    pub async fn send(&self, message: &Message) -> Result<(), MailError> {
        let response = self.http.post(MESSAGES).bearer_auth(&self.key).json(message).send().await?;
        if response.status().is_success() { Ok(()) } else { Err(MailError::Refused(response.status())) }
    }
}
