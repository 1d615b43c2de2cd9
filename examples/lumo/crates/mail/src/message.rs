use std::fmt::Write;

use lumo_domain::Order;
use lumo_domain::customer::given_name;
use lumo_domain::order::format_amount;
use serde::Serialize;

/// A plain-text e-mail, ready to go.
#[derive(Serialize)]
pub struct Message {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Message {
    pub fn new(to: impl Into<String>, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Message { to: to.into(), subject: subject.into(), text: text.into() }
    }

    /// The receipt that everybody gets who pays through the checkout.
    pub fn receipt(order: &Order, merchant: &str) -> Self {
        let mut text = format!("Hello {},\n\nyou bought from {merchant}:\n\n", given_name(&order.name));
        for item in order.items.iter() {
            let _ = writeln!(text, "  {} x {}  {}", item.quantity, item.title, format_amount(item.price_cents));
        }
        let _ = write!(text, "\nTotal: {}\n", format_amount(order.amount_cents));
        Message::new(order.email.clone(), format!("Your receipt from {merchant}"), text)
    }
}
