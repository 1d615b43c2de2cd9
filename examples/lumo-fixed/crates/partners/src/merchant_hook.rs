use lumo_domain::{Item, Merchant, Order};
use serde::Serialize;
use uuid::Uuid;

use crate::PartnerError;

/// Tells merchants about their orders.
#[derive(Clone)]
pub struct MerchantHook {
    http: reqwest::Client,
}

/// What a merchant needs to pack an order.
#[derive(Serialize)]
struct OrderPlaced<'a> {
    order_id: Uuid,
    name: &'a str,
    address: &'a str,
    items: &'a [Item],
    amount_cents: i64,
}

impl MerchantHook {
    pub fn new(http: reqwest::Client) -> Self {
        MerchantHook { http }
    }

    pub async fn order_placed(&self, merchant: &Merchant, order: &Order) -> Result<(), PartnerError> {
        let event = OrderPlaced {
            order_id: order.id,
            name: &order.name,
            address: &order.address,
            items: &order.items,
            amount_cents: order.amount_cents,
        };
        self.http.post(&merchant.webhook_url).json(&event).send().await?.error_for_status()?;
        Ok(())
    }
}
