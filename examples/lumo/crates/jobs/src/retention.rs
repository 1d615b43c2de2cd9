//! Deletes what we have no more reason to keep. The limits are those of the privacy
//! policy; change them there first.

use sqlx::PgPool;

use crate::JobError;

pub async fn run(pool: &PgPool) -> Result<u64, JobError> {
    let purged = [
        ("recordings", purge_recordings(pool).await?),
        ("purchases", purge_purchases(pool).await?),
        ("cards", purge_cards(pool).await?),
        ("accounts", purge_accounts(pool).await?),
        ("ledger", purge_ledger(pool).await?),
    ];
    for (what, rows) in purged {
        tracing::info!(what, rows, "purged");
    }
    Ok(purged.iter().map(|(_, rows)| rows).sum())
}

async fn purge_recordings(pool: &PgPool) -> sqlx::Result<u64> {
    purge(pool, "DELETE FROM cobrowse_frames WHERE taken_at < now() - interval '30 days'").await
}

async fn purge_purchases(pool: &PgPool) -> sqlx::Result<u64> {
    purge(
        pool,
        "DELETE FROM orders
         WHERE booked_at IS NOT NULL AND created_at < now() - interval '36 months'",
    )
    .await
}

async fn purge_cards(pool: &PgPool) -> sqlx::Result<u64> {
    purge(pool, "DELETE FROM cards WHERE last_used_at < now() - interval '36 months'").await
}

async fn purge_accounts(pool: &PgPool) -> sqlx::Result<u64> {
    purge(pool, "DELETE FROM customers WHERE closed_at < now() - interval '12 months'").await
}

async fn purge_ledger(pool: &PgPool) -> sqlx::Result<u64> {
    purge(pool, "DELETE FROM ledger_entries WHERE booked_on < current_date - interval '7 years'").await
}

async fn purge(pool: &PgPool, statement: &'static str) -> sqlx::Result<u64> {
    Ok(sqlx::query(statement).execute(pool).await?.rows_affected())
}
