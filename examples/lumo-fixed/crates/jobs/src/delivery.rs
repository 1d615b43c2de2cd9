//! Hands paid orders to the courier.
// purlin!: purpose checkout.delivery

use lumo_partners::Courier;
use lumo_partners::courier::Parcel;
use lumo_store::orders;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::JobError;

#[derive(FromRow)]
struct Consignment {
    id: Uuid,
    name: String,          // purlin: name of shopper
    address: String,       // purlin: contact.address of shopper
    phone: Option<String>, // purlin: contact.phone of shopper
}

impl From<Consignment> for Parcel {
    fn from(order: Consignment) -> Self {
        Parcel { reference: order.id, recipient: order.name, address: order.address, phone: order.phone }
    }
}

#[tracing::instrument(skip_all)]
pub async fn run(pool: &PgPool, courier: &Courier) -> Result<u64, JobError> {
    let waiting = sqlx::query_as::<_, Consignment>(
        "SELECT id, name, address, phone FROM orders WHERE status = 'paid' ORDER BY created_at",
    )
    .fetch_all(pool)
    .await?;

    let mut shipped = 0;
    for consignment in waiting {
        let order_id = consignment.id;
        match courier.book(&Parcel::from(consignment)).await {
            Ok(tracking_code) => {
                orders::mark_shipped(pool, order_id, &tracking_code).await?;
                shipped += 1;
            }
            Err(error) => tracing::warn!(%order_id, %error, "parcel was not booked"),
        }
    }
    Ok(shipped)
}
