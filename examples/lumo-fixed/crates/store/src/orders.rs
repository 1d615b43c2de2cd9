use lumo_domain::{Order, OrderStatus};
use sqlx::PgPool;
use uuid::Uuid;

const BY_ID: &str = "
    SELECT id, merchant_id, customer_id, name, email, phone, address, items,
           amount_cents, card_last4, status, created_at
    FROM orders
    WHERE id = $1";

const BY_EMAIL: &str = "
    SELECT id, merchant_id, customer_id, name, email, phone, address, items,
           amount_cents, card_last4, status, created_at
    FROM orders
    WHERE email = $1
    ORDER BY created_at DESC";

const BY_CUSTOMER: &str = "
    SELECT id, merchant_id, customer_id, name, email, phone, address, items,
           amount_cents, card_last4, status, created_at
    FROM orders
    WHERE customer_id = $1
    ORDER BY created_at DESC";

pub async fn by_id(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Order>> {
    sqlx::query_as::<_, Order>(BY_ID).bind(id).fetch_optional(pool).await
}

pub async fn by_email(pool: &PgPool, email: &str) -> sqlx::Result<Vec<Order>> {
    sqlx::query_as::<_, Order>(BY_EMAIL).bind(email).fetch_all(pool).await
}

pub async fn by_customer(pool: &PgPool, customer_id: Uuid) -> sqlx::Result<Vec<Order>> {
    sqlx::query_as::<_, Order>(BY_CUSTOMER).bind(customer_id).fetch_all(pool).await
}

pub async fn insert(pool: &PgPool, order: &Order) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO orders (id, merchant_id, customer_id, name, email, phone, address,
                             items, amount_cents, card_last4, status, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(order.id)
    .bind(order.merchant_id)
    .bind(order.customer_id)
    .bind(&order.name)
    .bind(&order.email)
    .bind(&order.phone)
    .bind(&order.address)
    .bind(&order.items)
    .bind(order.amount_cents)
    .bind(&order.card_last4)
    .bind(order.status)
    .bind(order.created_at)
    .execute(pool)
    .await?;
    Ok(())
}

pub async fn mark_shipped(pool: &PgPool, id: Uuid, tracking_code: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE orders SET status = $2, tracking_code = $3 WHERE id = $1")
        .bind(id)
        .bind(OrderStatus::Shipped)
        .bind(tracking_code)
        .execute(pool)
        .await?;
    Ok(())
}

/// How many purchases a customer made in the last hours.
pub async fn count_recent(pool: &PgPool, customer_id: Uuid, hours: i32) -> sqlx::Result<i64> {
    sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM orders
         WHERE customer_id = $1 AND created_at > now() - make_interval(hours => $2)",
    )
    .bind(customer_id)
    .bind(hours)
    .fetch_one(pool)
    .await
}
