//! Reading and writing Lumo's PostgreSQL database.
//!
//! These functions know nothing of why they are called; the routes and jobs do.

pub mod cards;
pub mod cobrowsing;
pub mod customers;
pub mod ledger;
pub mod merchants;
pub mod orders;
pub mod screenings;

use sqlx::PgPool;

/// Brings the database up to date at start.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    sqlx::migrate!("../../migrations").run(pool).await
}
