//! Screening a purchase in a shop for fraud, before it is paid.

use axum::Json;
use axum::extract::State;
use lumo_domain::risk::{Decision, Signal};
use lumo_domain::{Position, Shop};
use lumo_store::{merchants, orders, screenings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::SignedIn;
use crate::state::AppState;

/// A phone further away than this is probably not at the till.
const FAR_KM: f64 = 2.0;
const LARGE_CENTS: i64 = 1_500_000;
const MANY_ORDERS_A_DAY: i64 = 8;

#[derive(Deserialize)]
pub struct ScreeningRequest {
    shop_id: Uuid,
    amount_cents: i64, // purlin: order.amount of customer
    position: Option<Position>,
}

#[derive(Serialize)]
pub struct Screening {
    id: Uuid,
    decision: Decision,
}

pub async fn screen(
    State(state): State<AppState>,
    SignedIn(customer_id): SignedIn,
    Json(request): Json<ScreeningRequest>,
) -> Result<Json<Screening>, ApiError> {
    let shop = merchants::shop(&state.pool, request.shop_id).await?.ok_or(ApiError::NotFound)?;
    let recent = orders::count_recent(&state.pool, customer_id, 24).await?;
    let signals = signals(&request, &shop, recent);
    let decision = Decision::from_signals(&signals);

    let id = Uuid::new_v4();
    screenings::insert(&state.pool, id, customer_id, decision).await?;
    tracing::info!(screening_id = %id, ?decision, ?signals, "purchase screened");
    if let Err(error) = state.risk_board.screened(decision, &signals, request.position).await {
        tracing::warn!(screening_id = %id, %error, "risk board is out of reach");
    }
    Ok(Json(Screening { id, decision }))
}

fn signals(request: &ScreeningRequest, shop: &Shop, recent_orders: i64) -> Vec<Signal> {
    let mut signals = Vec::new();
    if let Some(position) = request.position
        && position.distance_km(shop.latitude, shop.longitude) > FAR_KM
    {
        signals.push(Signal::FarFromShop);
    }
    if request.amount_cents > LARGE_CENTS {
        signals.push(Signal::LargeAmount);
    }
    if recent_orders >= MANY_ORDERS_A_DAY {
        signals.push(Signal::ManyOrders);
    }
    signals
}
