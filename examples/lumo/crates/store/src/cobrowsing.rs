//! Co-browsing sessions and what is recorded of them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

#[derive(Debug, FromRow)]
pub struct Session {
    pub id: Uuid,
    pub customer_id: Uuid,
    pub consented_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
pub struct RecordedFrame {
    pub taken_at: DateTime<Utc>,
    pub content: Value,
}

/// Opens a session; the app calls this once the customer taps "Share my screen".
pub async fn start(pool: &PgPool, id: Uuid, customer_id: Uuid) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO cobrowse_sessions (id, customer_id, consented_at) VALUES ($1, $2, now())")
        .bind(id)
        .bind(customer_id)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn end(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("UPDATE cobrowse_sessions SET ended_at = now() WHERE id = $1").bind(id).execute(pool).await?;
    Ok(())
}

/// A session that has not ended.
pub async fn running(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Session>> {
    sqlx::query_as::<_, Session>(
        "SELECT id, customer_id, consented_at FROM cobrowse_sessions
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
}

pub async fn record(pool: &PgPool, session_id: Uuid, taken_at: DateTime<Utc>, content: &Value) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO cobrowse_frames (session_id, taken_at, content)
         VALUES ($1, $2, $3)
         ON CONFLICT (session_id, taken_at) DO NOTHING",
    )
    .bind(session_id)
    .bind(taken_at)
    .bind(content)
    .execute(pool)
    .await?;
    Ok(())
}

/// The recording of one session, if the customer had agreed to it.
pub async fn recording(pool: &PgPool, session_id: Uuid) -> sqlx::Result<Vec<RecordedFrame>> {
    sqlx::query_as::<_, RecordedFrame>(
        "SELECT f.taken_at, f.content
         FROM cobrowse_frames f
         JOIN cobrowse_sessions s ON s.id = f.session_id
         WHERE s.id = $1 AND s.consented_at IS NOT NULL
         ORDER BY f.taken_at",
    )
    .bind(session_id)
    .fetch_all(pool)
    .await
}

/// Everything that was recorded of one customer.
pub async fn recordings_of(pool: &PgPool, customer_id: Uuid) -> sqlx::Result<Vec<RecordedFrame>> {
    sqlx::query_as::<_, RecordedFrame>(
        "SELECT f.taken_at, f.content
         FROM cobrowse_frames f
         JOIN cobrowse_sessions s ON s.id = f.session_id
         WHERE s.customer_id = $1
         ORDER BY f.taken_at",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}
