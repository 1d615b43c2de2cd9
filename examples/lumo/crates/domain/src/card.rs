use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

/// A card that a customer saved in the app.
#[derive(Clone, Serialize, FromRow)]
pub struct Card {
    pub id: Uuid,
    #[serde(skip)]
    pub customer_id: Uuid,
    pub number: String, // purlin: payment.card.number of customer
    pub last4: String,  // purlin: payment.card.last4 of customer
    pub expiry: String, // purlin: payment.card.expiry of customer
    pub last_used_at: DateTime<Utc>,
}

/// A card as it is typed into the checkout.
#[derive(Deserialize)]
pub struct CardEntry {
    pub number: String, // purlin: payment.card.number of shopper
    pub expiry: String, // purlin: payment.card.expiry of shopper
    pub cvv: String,    // purlin: payment.card.cvv of shopper
}

/// What the acquirer needs to authorise a payment, from wherever it comes.
pub struct PaymentCard {
    pub number: String,
    pub expiry: String,
    /// Only known while the card is being typed in.
    pub cvv: Option<String>,
}

impl From<CardEntry> for PaymentCard {
    fn from(entry: CardEntry) -> Self {
        PaymentCard { number: entry.number, expiry: entry.expiry, cvv: Some(entry.cvv) }
    }
}

impl From<Card> for PaymentCard {
    fn from(card: Card) -> Self {
        PaymentCard { number: card.number, expiry: card.expiry, cvv: None }
    }
}

/// The last four digits, which is all that people need to recognise a card.
pub fn mask_card(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(4)..].iter().collect()
}

/// Luhn's checksum, to catch typing errors before the acquirer does.
pub fn is_plausible(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match place % 2 {
            1 if digit > 4 => digit * 2 - 9,
            1 => digit * 2,
            _ => digit,
        })
        .sum();
    digits.len() >= 12 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_all_but_four_digits() {
        assert_eq!(mask_card("4000 0000 0000 0002"), "0002");
        assert_eq!(mask_card("12"), "12");
    }

    #[test]
    fn checks_the_luhn_digit() {
        assert!(is_plausible("4000 0000 0000 0002"));
        assert!(!is_plausible("4000 0000 0000 0003"));
    }
}
