use lumo_domain::{Merchant, Shop};
use sqlx::PgPool;
use uuid::Uuid;

pub async fn by_id(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Merchant>> {
    sqlx::query_as::<_, Merchant>("SELECT id, name, webhook_url FROM merchants WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

pub async fn shop(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Shop>> {
    sqlx::query_as::<_, Shop>(
        "SELECT id, merchant_id, name, postcode_area, latitude, longitude
         FROM shops
         WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
}

pub async fn shops_in(pool: &PgPool, postcode_area: &str) -> sqlx::Result<Vec<Shop>> {
    sqlx::query_as::<_, Shop>(
        "SELECT id, merchant_id, name, postcode_area, latitude, longitude
         FROM shops
         WHERE postcode_area = $1
         ORDER BY name",
    )
    .bind(postcode_area)
    .fetch_all(pool)
    .await
}
