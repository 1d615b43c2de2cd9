//! Who the newsletter goes to.

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
