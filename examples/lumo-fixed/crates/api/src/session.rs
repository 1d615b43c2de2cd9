//! Who is asking, and what they agreed to.
//!
//! The gateway in front of this service checks credentials and passes on the id of
//! the customer or the agent in a header.

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use lumo_store::{cobrowsing, customers};
use uuid::Uuid;

use crate::error::ApiError;
use crate::state::AppState;

const CUSTOMER: &str = "x-lumo-customer";
const AGENT: &str = "x-lumo-agent";

fn id_in(headers: &HeaderMap, name: &str) -> Option<Uuid> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// A customer who is signed in to the app.
pub struct SignedIn(pub Uuid);

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        id_in(&parts.headers, CUSTOMER).map(SignedIn).ok_or(ApiError::SignedOut)
    }
}

/// Somebody at the checkout, signed in or not.
pub struct Visitor(pub Option<Uuid>);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(Visitor(id_in(&parts.headers, CUSTOMER)))
    }
}

/// A member of staff.
pub struct Agent(pub Uuid);

impl FromRequestParts<AppState> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        id_in(&parts.headers, AGENT).map(Agent).ok_or(ApiError::Forbidden)
    }
}

/// A running co-browsing session, named in the path, that the customer agreed to.
pub struct ConsentedSession {
    pub id: Uuid,
}

impl FromRequestParts<AppState> for ConsentedSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Path(id) = Path::<Uuid>::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let session = cobrowsing::running(&state.pool, id).await?.ok_or(ApiError::NotFound)?;
        match session.consented_at {
            Some(_) => Ok(ConsentedSession { id: session.id }),
            None => Err(ApiError::Forbidden),
        }
    }
}

/// A customer who lets the shop finder know roughly where they are.
pub struct LocationConsent;

impl FromRequestParts<AppState> for LocationConsent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let SignedIn(customer_id) = SignedIn::from_request_parts(parts, state).await?;
        if customers::allows_location(&state.pool, customer_id).await? {
            Ok(LocationConsent)
        } else {
            Err(ApiError::Forbidden)
        }
    }
}
