use lumo_domain::Customer;
use sqlx::PgPool;
use uuid::Uuid;

const BY_ID: &str = "
    SELECT id, name, email, phone, address, wants_news, created_at
    FROM customers
    WHERE id = $1 AND closed_at IS NULL";

pub async fn by_id(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Customer>> {
    sqlx::query_as::<_, Customer>(BY_ID).bind(id).fetch_optional(pool).await
}

/// Customers who joined on this day of an earlier year.
pub async fn with_anniversary(pool: &PgPool, month: i32, day: i32) -> sqlx::Result<Vec<Customer>> {
    sqlx::query_as::<_, Customer>(
        "SELECT id, name, email, phone, address, wants_news, created_at
         FROM customers
         WHERE closed_at IS NULL
           AND extract(month FROM created_at)::int = $1
           AND extract(day FROM created_at)::int = $2
           AND created_at < now() - interval '300 days'",
    )
    .bind(month)
    .bind(day)
    .fetch_all(pool)
    .await
}

pub async fn insert(pool: &PgPool, customer: &Customer) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO customers (id, name, email, phone, address, wants_news, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(customer.id)
    .bind(&customer.name)
    .bind(&customer.email)
    .bind(&customer.phone)
    .bind(&customer.address)
    .bind(customer.wants_news)
    .bind(customer.created_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// Saves the two switches of the preference centre.
pub async fn set_preferences(pool: &PgPool, id: Uuid, wants_news: bool, allows_location: bool) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE customers
         SET wants_news = $2,
             location_allowed_at = CASE WHEN $3 THEN now() END
         WHERE id = $1",
    )
    .bind(id)
    .bind(wants_news)
    .bind(allows_location)
    .execute(pool)
    .await?;
    Ok(())
}

pub async fn allows_location(pool: &PgPool, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar::<_, bool>(
        "SELECT location_allowed_at IS NOT NULL FROM customers WHERE id = $1 AND closed_at IS NULL",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
    .map(Option::unwrap_or_default)
}

/// The account can no longer be used; the retention job removes it a year later.
pub async fn close(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("UPDATE customers SET closed_at = now(), wants_news = false WHERE id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
