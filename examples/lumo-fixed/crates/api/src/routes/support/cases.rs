//! Questions about a purchase.

use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use lumo_domain::customer::normalise_email;
use lumo_domain::{Card, Item, Order, OrderStatus};
use lumo_store::{cards, orders};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::Agent;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct Search {
    email: String, // purlin: contact.email of shopper
}

/// A line in the list of search results.
#[derive(Serialize)]
pub struct Hit {
    order_id: Uuid,
    status: OrderStatus,
    created_at: DateTime<Utc>,
}

/// One purchase, with what an agent needs to answer questions about it.
#[derive(Serialize)]
pub struct Case {
    order_id: Uuid,
    status: OrderStatus,
    name: String,
    email: String,
    items: Vec<Item>,
    amount_cents: i64,
    paid_with: String,
    /// The last digits of the card refunds go to, for customers who saved one.
    refund_card: Option<String>,
}

pub async fn search(
    State(state): State<AppState>,
    _: Agent,
    Query(search): Query<Search>,
) -> Result<Json<Vec<Hit>>, ApiError> {
    let found = orders::by_email(&state.pool, &normalise_email(&search.email)).await?;
    let hits =
        found.into_iter().map(|order| Hit { order_id: order.id, status: order.status, created_at: order.created_at });
    Ok(Json(hits.collect()))
}

pub async fn show(
    State(state): State<AppState>,
    Agent(agent): Agent,
    Path(order_id): Path<Uuid>,
) -> Result<Json<Case>, ApiError> {
    let order = orders::by_id(&state.pool, order_id).await?.ok_or(ApiError::NotFound)?;
    let saved = match order.customer_id {
        Some(customer_id) => cards::of_customer(&state.pool, customer_id).await?,
        None => Vec::new(),
    };
    tracing::info!(%agent, %order_id, "case opened");
    Ok(Json(case(order, saved)))
}

fn case(order: Order, saved: Vec<Card>) -> Case {
    Case {
        order_id: order.id,
        status: order.status,
        name: order.name,
        email: order.email,
        items: order.items.0,
        amount_cents: order.amount_cents,
        paid_with: order.card_last4,
        refund_card: saved.into_iter().next().map(|card| card.last4),
    }
}
