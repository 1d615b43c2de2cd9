use lumo_domain::Card;
use sqlx::PgPool;
use uuid::Uuid;

pub async fn insert(pool: &PgPool, card: &Card) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO cards (id, customer_id, number, last4, expiry, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(card.id)
    .bind(card.customer_id)
    .bind(&card.number)
    .bind(&card.last4)
    .bind(&card.expiry)
    .bind(card.last_used_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// The cards of a customer, the one used last first.
pub async fn of_customer(pool: &PgPool, customer_id: Uuid) -> sqlx::Result<Vec<Card>> {
    sqlx::query_as::<_, Card>(
        "SELECT id, customer_id, number, last4, expiry, last_used_at
         FROM cards
         WHERE customer_id = $1
         ORDER BY last_used_at DESC",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// A card that is about to be charged.
pub async fn take(pool: &PgPool, customer_id: Uuid, card_id: Uuid) -> sqlx::Result<Option<Card>> {
    sqlx::query_as::<_, Card>(
        "UPDATE cards SET last_used_at = now()
         WHERE id = $1 AND customer_id = $2
         RETURNING id, customer_id, number, last4, expiry, last_used_at",
    )
    .bind(card_id)
    .bind(customer_id)
    .fetch_optional(pool)
    .await
}
