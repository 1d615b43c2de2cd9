use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// Somebody with a Lumo account.
#[derive(Debug, Clone, FromRow)]
pub struct Customer {
    pub id: Uuid,
    pub name: String, // purlin: name of customer
    #[cfg_attr(any(), purlin("contact.email of customer"))]
    pub email: String,
    // purlin: contact.phone of customer
    pub phone: Option<String>,
    // purlin: contact.address of customer
    pub address: String,
    /// The "News and offers" switch in the preference centre.
    pub wants_news: bool,
    pub created_at: DateTime<Utc>,
}

/// Splits a full name for a salutation: "Ada King Lovelace" becomes "Ada".
pub fn given_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// Addresses are compared in lower case and without surrounding blanks.
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}
