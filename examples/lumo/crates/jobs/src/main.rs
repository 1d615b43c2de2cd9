//! Jobs that a scheduler starts: `lumo-jobs newsletter`, `lumo-jobs delivery`, ...

mod bookkeeping;
mod delivery;
mod newsletter;
mod offers;
mod retention;

use lumo_mail::{MailError, Mailgate};
use lumo_partners::{Courier, PartnerError};
use sqlx::PgPool;

#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("usage: lumo-jobs bookkeeping | delivery | newsletter | offers | retention")]
    Usage,
    #[error("DATABASE_URL is not set")]
    NoDatabase,
    #[error("database error")]
    Database(#[from] sqlx::Error),
    #[error("mail error")]
    Mail(#[from] MailError),
    #[error("partner error")]
    Partner(#[from] PartnerError),
}

#[tokio::main]
async fn main() -> Result<(), JobError> {
    tracing_subscriber::fmt().init();

    let job = std::env::args().nth(1).ok_or(JobError::Usage)?;
    let database = std::env::var("DATABASE_URL").map_err(|_| JobError::NoDatabase)?;
    let pool = PgPool::connect(&database).await?;
    let http = reqwest::Client::new();

    let done = match job.as_str() {
        "bookkeeping" => bookkeeping::run(&pool).await?,
        "delivery" => delivery::run(&pool, &Courier::from_env(http)?).await?,
        "newsletter" => newsletter::run(&pool, &Mailgate::from_env(http)?).await?,
        "offers" => offers::run(&pool, &Mailgate::from_env(http)?).await?,
        "retention" => retention::run(&pool).await?,
        _ => return Err(JobError::Usage),
    };
    tracing::info!(job, done, "job finished");
    Ok(())
}
