//! The rights people have: to see their data, to take it along, to have it erased
//! and to object.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::IntoResponse;
use chrono::{DateTime, NaiveDate, Utc};
use lumo_domain::card::mask_card;
use lumo_domain::customer::normalise_email;
use lumo_domain::{Item, Order};
use lumo_store::ledger::LedgerEntry;
use lumo_store::{cards, cobrowsing, customers, ledger, orders};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::SignedIn;
use crate::state::AppState;

#[derive(Serialize)]
pub struct CustomerExport {
    name: String,
    email: String,
    phone: Option<String>,
    address: String,
    /// The last digits of each saved card.
    cards: Vec<String>,
    orders: Vec<OrderExport>,
    recordings: Vec<Value>,
}

#[derive(Serialize)]
pub struct ShopperExport {
    orders: Vec<OrderExport>,
    booked: Vec<BookedExport>,
}

#[derive(Serialize)]
struct OrderExport {
    placed_at: DateTime<Utc>,
    name: String,
    email: String,
    phone: Option<String>,
    address: String,
    items: Vec<Item>,
    amount_cents: i64,
    card: String,
}

#[derive(Serialize)]
struct BookedExport {
    booked_on: NaiveDate,
    name: String,
    address: String,
    items: Vec<Item>,
    amount_cents: i64,
}

impl From<Order> for OrderExport {
    fn from(order: Order) -> Self {
        OrderExport {
            placed_at: order.created_at,
            name: order.name,
            email: order.email,
            phone: order.phone,
            address: order.address,
            items: order.items.0,
            amount_cents: order.amount_cents,
            card: order.card_last4,
        }
    }
}

impl From<LedgerEntry> for BookedExport {
    fn from(entry: LedgerEntry) -> Self {
        BookedExport {
            booked_on: entry.booked_on,
            name: entry.name,
            address: entry.address,
            items: entry.items.0,
            amount_cents: entry.amount_cents,
        }
    }
}

/// How somebody without an account shows that a purchase is theirs.
#[derive(Deserialize)]
pub struct ProofOfPurchase {
    order_id: Uuid,
    email: String, // purlin: contact.email of shopper
}

pub async fn export_customer(
    State(state): State<AppState>,
    SignedIn(id): SignedIn,
) -> Result<Json<CustomerExport>, ApiError> {
    collect(&state.pool, id).await.map(Json)
}

/// The same data as a file that another service can read.
pub async fn portable_copy(
    State(state): State<AppState>,
    SignedIn(id): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let export = collect(&state.pool, id).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"lumo.json\"")], Json(export)))
}

async fn collect(pool: &PgPool, id: Uuid) -> Result<CustomerExport, ApiError> {
    let customer = customers::by_id(pool, id).await?.ok_or(ApiError::NotFound)?;
    let cards = cards::of_customer(pool, id).await?;
    let orders = orders::by_customer(pool, id).await?;
    let recordings = cobrowsing::recordings_of(pool, id).await?;
    Ok(CustomerExport {
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        address: customer.address,
        cards: cards.iter().map(|card| mask_card(&card.number)).collect(),
        orders: orders.into_iter().map(OrderExport::from).collect(),
        recordings: recordings.into_iter().map(|frame| frame.content).collect(),
    })
}

pub async fn erase_customer(State(state): State<AppState>, SignedIn(id): SignedIn) -> Result<StatusCode, ApiError> {
    let unbooked = sqlx::query_scalar::<_, bool>(
        "SELECT EXISTS (SELECT 1 FROM orders WHERE customer_id = $1 AND booked_at IS NULL)",
    )
    .bind(id)
    .fetch_one(&state.pool)
    .await?;
    if unbooked {
        return Err(ApiError::Conflict("a purchase is still being settled"));
    }
    let mut tx = state.pool.begin().await?;
    sqlx::query("DELETE FROM orders WHERE customer_id = $1").bind(id).execute(&mut *tx).await?;
    // Takes saved cards, co-browsing sessions and their frames along.
    sqlx::query("DELETE FROM customers WHERE id = $1").bind(id).execute(&mut *tx).await?;
    tx.commit().await?;
    tracing::info!(customer_id = %id, "customer erased");
    Ok(StatusCode::NO_CONTENT)
}

pub async fn object_as_customer(State(state): State<AppState>, SignedIn(id): SignedIn) -> Result<StatusCode, ApiError> {
    note_objection(&state.pool, "customer", id).await
}

pub async fn export_shopper(
    State(state): State<AppState>,
    Json(proof): Json<ProofOfPurchase>,
) -> Result<Json<ShopperExport>, ApiError> {
    let email = proven_email(&state.pool, &proof).await?;
    let orders = orders::by_email(&state.pool, &email).await?;
    let mut booked = Vec::new();
    for order in &orders {
        booked.extend(ledger::of_order(&state.pool, order.id).await?.map(BookedExport::from));
    }
    Ok(Json(ShopperExport { orders: orders.into_iter().map(OrderExport::from).collect(), booked }))
}

/// The books stay, as the law demands; everything else about the shopper goes.
pub async fn erase_shopper(
    State(state): State<AppState>,
    Json(proof): Json<ProofOfPurchase>,
) -> Result<StatusCode, ApiError> {
    let email = proven_email(&state.pool, &proof).await?;
    sqlx::query("DELETE FROM orders WHERE email = $1 AND booked_at IS NOT NULL")
        .bind(email)
        .execute(&state.pool)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn object_as_shopper(
    State(state): State<AppState>,
    Json(proof): Json<ProofOfPurchase>,
) -> Result<StatusCode, ApiError> {
    proven_email(&state.pool, &proof).await?;
    note_objection(&state.pool, "shopper", proof.order_id).await
}

/// The address given, if the order named was placed with it.
async fn proven_email(pool: &PgPool, proof: &ProofOfPurchase) -> Result<String, ApiError> {
    let email = normalise_email(&proof.email);
    let order = orders::by_id(pool, proof.order_id).await?.ok_or(ApiError::NotFound)?;
    if order.email == email { Ok(email) } else { Err(ApiError::NotFound) }
}

async fn note_objection(pool: &PgPool, person: &str, record_id: Uuid) -> Result<StatusCode, ApiError> {
    sqlx::query("INSERT INTO objections (id, person, record_id) VALUES ($1, $2, $3)")
        .bind(Uuid::new_v4())
        .bind(person)
        .bind(record_id)
        .execute(pool)
        .await?;
    tracing::info!(person, record = %record_id, "objection noted");
    Ok(StatusCode::ACCEPTED)
}
