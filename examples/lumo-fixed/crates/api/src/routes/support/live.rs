//! The customer's screen while an agent helps.

use axum::Json;
use axum::extract::State;
use lumo_domain::screen::RedactedFrame;

use crate::error::ApiError;
use crate::session::{Agent, ConsentedSession};
use crate::state::AppState;

pub async fn latest_frame(
    State(state): State<AppState>,
    _: Agent,
    session: ConsentedSession,
) -> Result<Json<RedactedFrame>, ApiError> {
    state.live_view.latest(session.id).map(Json).ok_or(ApiError::NotFound)
}
