use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lumo_partners::PartnerError;

/// What can go wrong while a request is served. Texts never quote the request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("not signed in")]
    SignedOut,
    #[error("not allowed")]
    Forbidden,
    #[error("not found")]
    NotFound,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    #[error("payment declined")]
    Declined,
    #[error("database error")]
    Database(#[from] sqlx::Error),
    #[error("partner error")]
    Partner(#[from] PartnerError),
    #[error("could not encode")]
    Encoding(#[from] serde_json::Error),
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            ApiError::SignedOut => StatusCode::UNAUTHORIZED,
            ApiError::Forbidden => StatusCode::FORBIDDEN,
            ApiError::NotFound => StatusCode::NOT_FOUND,
            ApiError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Conflict(_) => StatusCode::CONFLICT,
            ApiError::Declined => StatusCode::PAYMENT_REQUIRED,
            ApiError::Partner(_) => StatusCode::BAD_GATEWAY,
            ApiError::Database(_) | ApiError::Encoding(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(%status, error = %self, "request failed");
        }
        (status, self.to_string()).into_response()
    }
}
