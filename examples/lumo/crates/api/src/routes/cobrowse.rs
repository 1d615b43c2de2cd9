//! The app's side of co-browsing: frames come in here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lumo_domain::screen::{Frame, redact};
use lumo_store::cobrowsing;
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::{ConsentedSession, SignedIn};
use crate::state::AppState;

/// The customer tapped "Share my screen".
pub async fn start(
    State(state): State<AppState>,
    SignedIn(customer_id): SignedIn,
) -> Result<(StatusCode, Json<Uuid>), ApiError> {
    let id = Uuid::new_v4();
    cobrowsing::start(&state.pool, id, customer_id).await?;
    tracing::info!(session = %id, "co-browsing started");
    Ok((StatusCode::CREATED, Json(id)))
}

/// Keeps the frame for quality assurance and passes it on to the agent.
pub async fn receive_frame(
    State(state): State<AppState>,
    session: ConsentedSession,
    Json(frame): Json<Frame>,
) -> Result<StatusCode, ApiError> {
    let content = serde_json::to_value(&frame.fields)?;
    cobrowsing::record(&state.pool, session.id, frame.taken_at, &content).await?;
    state.live_view.publish(session.id, redact(&frame));
    Ok(StatusCode::ACCEPTED)
}

pub async fn end(State(state): State<AppState>, session: ConsentedSession) -> Result<StatusCode, ApiError> {
    cobrowsing::end(&state.pool, session.id).await?;
    state.live_view.close(session.id);
    Ok(StatusCode::NO_CONTENT)
}
