use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

/// A company that sells through our checkout.
#[derive(Debug, Clone, FromRow)]
pub struct Merchant {
    pub id: Uuid,
    pub name: String, // purlin: not personal
    /// Where the merchant hears about its orders.
    pub webhook_url: String,
}

/// A place where one can pay with Lumo.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct Shop {
    pub id: Uuid,
    pub merchant_id: Uuid,
    pub name: String,          // purlin: not personal
    pub postcode_area: String, // purlin: not personal
    pub latitude: f64,         // purlin: not personal
    pub longitude: f64,        // purlin: not personal
}
