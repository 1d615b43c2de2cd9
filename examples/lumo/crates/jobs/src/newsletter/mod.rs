//! The monthly newsletter.

mod audience;
mod letter;

use chrono::{Months, Utc};
use lumo_mail::Mailgate;
use sqlx::{FromRow, PgPool};

use crate::JobError;

#[derive(FromRow)]
struct Edition {
    number: i32,
    subject: String,
    body: String,
}

/// Sends the edition that is due, if there is one.
pub async fn run(pool: &PgPool, mail: &Mailgate) -> Result<u64, JobError> {
    let Some(edition) = due_edition(pool).await? else {
        return Ok(0);
    };
    let mut readers = audience::subscribers(pool).await?;
    readers.extend(audience::recent_buyers(pool, Utc::now() - Months::new(6)).await?);

    let mut sent: u64 = 0;
    for reader in &readers {
        match mail.send(&letter::compose(&edition, reader)).await {
            Ok(()) => sent += 1,
            Err(error) => tracing::warn!(edition = edition.number, %error, "copy was not sent"),
        }
    }
    mark_sent(pool, edition.number, sent).await?;
    Ok(sent)
}

async fn due_edition(pool: &PgPool) -> sqlx::Result<Option<Edition>> {
    sqlx::query_as::<_, Edition>(
        "SELECT number, subject, body FROM newsletter_editions
         WHERE due_on <= current_date AND sent_at IS NULL
         ORDER BY due_on
         LIMIT 1",
    )
    .fetch_optional(pool)
    .await
}

async fn mark_sent(pool: &PgPool, number: i32, sent: u64) -> sqlx::Result<()> {
    sqlx::query("UPDATE newsletter_editions SET sent_at = now(), sent_count = $2 WHERE number = $1")
        .bind(number)
        .bind(sent.cast_signed())
        .execute(pool)
        .await?;
    Ok(())
}
