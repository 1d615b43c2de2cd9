//! Recordings, for the colleagues who look after the quality of our service.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use lumo_store::cobrowsing;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::Agent;
use crate::state::AppState;

#[derive(Serialize)]
pub struct Recorded {
    taken_at: DateTime<Utc>,
    content: Value,
}

pub async fn recording(
    State(state): State<AppState>,
    Agent(agent): Agent,
    Path(session): Path<Uuid>,
) -> Result<Json<Vec<Recorded>>, ApiError> {
    tracing::info!(%agent, %session, "recording opened");
    let frames = cobrowsing::recording(&state.pool, session).await?;
    let frames = frames.into_iter().map(|frame| Recorded { taken_at: frame.taken_at, content: frame.content });
    Ok(Json(frames.collect()))
}
