use chrono::NaiveDate;
use lumo_domain::Item;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

/// A booked purchase, as an auditor would read it.
// purlin: subject shopper
#[derive(FromRow)]
pub struct LedgerEntry {
    pub order_id: Uuid,
    pub name: String,           // purlin: name
    pub address: String,        // purlin: contact.address
    pub items: Json<Vec<Item>>, // purlin: order.items
    pub amount_cents: i64,      // purlin: order.amount
    pub booked_on: NaiveDate,
}

pub async fn of_order(pool: &PgPool, order_id: Uuid) -> sqlx::Result<Option<LedgerEntry>> {
    sqlx::query_as::<_, LedgerEntry>(
        "SELECT order_id, name, address, items, amount_cents, booked_on
         FROM ledger_entries
         WHERE order_id = $1",
    )
    .bind(order_id)
    .fetch_optional(pool)
    .await
}
