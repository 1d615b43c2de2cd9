//! The shop finder. It works on the postcode area, which the app works out itself.

use axum::Json;
use axum::extract::{Query, State};
use lumo_domain::Shop;
use lumo_store::merchants;
use serde::Deserialize;

use crate::error::ApiError;
use crate::session::LocationConsent;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct Nearby {
    area: String, // purlin: location.coarse of customer
}

pub async fn nearby(
    State(state): State<AppState>,
    _consent: LocationConsent,
    Query(query): Query<Nearby>,
) -> Result<Json<Vec<Shop>>, ApiError> {
    Ok(Json(merchants::shops_in(&state.pool, query.area.trim()).await?))
}
