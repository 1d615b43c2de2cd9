//! The HTTP service behind the checkout, the app and the support desk.

mod error;
mod live_view;
mod routes;
mod session;
mod state;

use std::error::Error;

use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::state::AppState;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();

    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    lumo_store::migrate(&pool).await?;

    let state = AppState::from_env(pool)?;
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    axum::serve(listener, routes::router(state)).await?;
    Ok(())
}
