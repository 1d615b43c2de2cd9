//! Paying for a purchase, with or without an account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use lumo_domain::card::{CardEntry, is_plausible, mask_card};
use lumo_domain::customer::normalise_email;
use lumo_domain::order::total_cents;
use lumo_domain::risk::Decision;
use lumo_domain::{Item, Merchant, Order, OrderStatus, PaymentCard};
use lumo_mail::Message;
use lumo_store::{cards, merchants, orders, screenings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::Visitor;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct CheckoutForm {
    merchant_id: Uuid,
    /// The fraud screening that the app made before, if it made one.
    screening_id: Option<Uuid>,
    name: String,          // purlin: name of shopper
    email: String,         // purlin: contact.email of shopper
    phone: Option<String>, // purlin: contact.phone of shopper
    address: String,       // purlin: contact.address of shopper
    items: Vec<Item>,      // purlin: order.items of shopper
    amount_cents: i64,     // purlin: order.amount of shopper
    payment: Payment,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Payment {
    Card(CardEntry),
    SavedCard(Uuid),
}

#[derive(Serialize)]
pub struct PlacedOrder {
    order_id: Uuid,
    status: OrderStatus,
}

pub async fn place_order(
    State(state): State<AppState>,
    Visitor(customer_id): Visitor,
    Json(form): Json<CheckoutForm>,
) -> Result<(StatusCode, Json<PlacedOrder>), ApiError> {
    if form.items.is_empty() || total_cents(&form.items) != form.amount_cents {
        return Err(ApiError::Invalid("the items do not add up"));
    }
    let merchant = merchants::by_id(&state.pool, form.merchant_id).await?.ok_or(ApiError::NotFound)?;
    ensure_screened(&state, form.screening_id, customer_id).await?;

    let card = payment_card(&state, form.payment, customer_id).await?;
    let order = Order {
        id: Uuid::new_v4(),
        merchant_id: merchant.id,
        customer_id,
        name: form.name,
        email: normalise_email(&form.email),
        phone: form.phone,
        address: form.address,
        items: form.items.into(),
        amount_cents: form.amount_cents,
        card_last4: mask_card(&card.number),
        status: OrderStatus::Paid,
        created_at: Utc::now(),
    };
    if !state.acquirer.authorise(order.id, order.amount_cents, &card).await? {
        return Err(ApiError::Declined);
    }
    orders::insert(&state.pool, &order).await?;
    tracing::info!(?order, "order placed");

    let placed = PlacedOrder { order_id: order.id, status: order.status };
    tokio::spawn(tell_everyone(state, merchant, order));
    Ok((StatusCode::CREATED, Json(placed)))
}

/// Purchases made in the app are screened for fraud first.
async fn ensure_screened(
    state: &AppState,
    screening_id: Option<Uuid>,
    customer_id: Option<Uuid>,
) -> Result<(), ApiError> {
    let (Some(screening_id), Some(customer_id)) = (screening_id, customer_id) else {
        return Ok(());
    };
    match screenings::decision(&state.pool, screening_id, customer_id).await? {
        Some(Decision::Approve | Decision::Review) => Ok(()),
        Some(Decision::Decline) => Err(ApiError::Declined),
        None => Err(ApiError::Invalid("the screening has expired")),
    }
}

async fn payment_card(state: &AppState, payment: Payment, customer_id: Option<Uuid>) -> Result<PaymentCard, ApiError> {
    match payment {
        Payment::Card(entry) if is_plausible(&entry.number) => Ok(entry.into()),
        Payment::Card(_) => Err(ApiError::Invalid("not a card number")),
        Payment::SavedCard(card_id) => {
            let customer_id = customer_id.ok_or(ApiError::SignedOut)?;
            let card = cards::take(&state.pool, customer_id, card_id).await?;
            Ok(card.ok_or(ApiError::NotFound)?.into())
        }
    }
}

/// The order stands even if one of these cannot be reached; both can be sent again.
async fn tell_everyone(state: AppState, merchant: Merchant, order: Order) {
    if let Err(error) = state.merchants.order_placed(&merchant, &order).await {
        tracing::warn!(order_id = %order.id, %error, "merchant was not told");
    }
    let receipt = Message::receipt(&order, &merchant.name);
    if let Err(error) = state.mail.send(&receipt).await {
        tracing::warn!(order_id = %order.id, %error, "receipt was not sent");
    }
}
