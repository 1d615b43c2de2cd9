//! Who the newsletter goes to.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

#[derive(FromRow)]
pub struct Reader {
    pub name: String,
    pub email: String,
}

/// Customers who switched on "News and offers".
pub async fn subscribers(pool: &PgPool) -> sqlx::Result<Vec<Reader>> {
    sqlx::query_as::<_, Reader>("SELECT name, email FROM customers WHERE wants_news AND closed_at IS NULL")
        .fetch_all(pool)
        .await
}

/// People who bought something lately and have no account yet: the newsletter tells
/// them what an account would give them.
pub async fn recent_buyers(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<Vec<Reader>> {
    sqlx::query_as::<_, Reader>("SELECT DISTINCT name, email FROM orders WHERE customer_id IS NULL AND created_at > $1")
        .bind(since)
        .fetch_all(pool)
        .await
}
