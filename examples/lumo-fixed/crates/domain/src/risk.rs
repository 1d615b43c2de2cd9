//! The outcome of a fraud screening.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Review,
    Decline,
}

/// Something unusual about a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    FarFromShop,
    LargeAmount,
    ManyOrders,
}

impl Decision {
    pub fn from_signals(signals: &[Signal]) -> Self {
        match signals.len() {
            0 => Decision::Approve,
            1 => Decision::Review,
            _ => Decision::Decline,
        }
    }
}
