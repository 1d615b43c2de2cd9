use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum OrderStatus {
    Paid,
    Shipped,
    Delivered,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub title: String,
    pub quantity: i64,
    pub price_cents: i64,
}

/// A purchase. The contact details are those typed into the checkout, which
/// anybody can use without an account.
#[derive(Debug, Clone, FromRow)]
pub struct Order {
    pub id: Uuid,
    pub merchant_id: Uuid,
    pub customer_id: Option<Uuid>,
    pub name: String,           // purlin: name of shopper
    pub email: String,          // purlin: contact.email of shopper
    pub phone: Option<String>,  // purlin: contact.phone of shopper
    pub address: String,        // purlin: contact.address of shopper
    pub items: Json<Vec<Item>>, // purlin: order.items of shopper
    pub amount_cents: i64,      // purlin: order.amount of shopper
    pub card_last4: String,     // purlin: payment.card.last4 of shopper, customer
    pub status: OrderStatus,
    pub created_at: DateTime<Utc>,
}

/// What the items add up to.
pub fn total_cents(items: &[Item]) -> i64 {
    items.iter().map(|item| item.quantity * item.price_cents).sum()
}

/// "SEK 1 249.00", as it stands in mails.
pub fn format_amount(cents: i64) -> String {
    let kronor = cents / 100;
    let rest = cents % 100;
    if kronor >= 1000 {
        format!("SEK {} {:03}.{rest:02}", kronor / 1000, kronor % 1000)
    } else {
        format!("SEK {kronor}.{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_count_quantities() {
        let items = [
            Item { title: "Lamp".into(), quantity: 2, price_cents: 49_900 },
            Item { title: "Bulb".into(), quantity: 3, price_cents: 5_000 },
        ];
        assert_eq!(total_cents(&items), 114_800);
    }

    #[test]
    fn amounts_group_thousands() {
        assert_eq!(format_amount(124_900), "SEK 1 249.00");
        assert_eq!(format_amount(9_905), "SEK 99.05");
    }
}
