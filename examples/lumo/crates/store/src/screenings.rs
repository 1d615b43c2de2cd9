use lumo_domain::risk::Decision;
use sqlx::PgPool;
use uuid::Uuid;

pub async fn insert(pool: &PgPool, id: Uuid, customer_id: Uuid, decision: Decision) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO screenings (id, customer_id, decision) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(customer_id)
        .bind(decision)
        .execute(pool)
        .await?;
    Ok(())
}

/// A screening counts for a quarter of an hour.
pub async fn decision(pool: &PgPool, id: Uuid, customer_id: Uuid) -> sqlx::Result<Option<Decision>> {
    sqlx::query_scalar::<_, Decision>(
        "SELECT decision FROM screenings
         WHERE id = $1 AND customer_id = $2
           AND screened_at > now() - interval '15 minutes'",
    )
    .bind(id)
    .bind(customer_id)
    .fetch_optional(pool)
    .await
}
