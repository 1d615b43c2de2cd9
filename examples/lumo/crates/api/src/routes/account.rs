//! The account itself: signing up, preferences and saved cards.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use lumo_domain::card::{is_plausible, mask_card};
use lumo_domain::customer::normalise_email;
use lumo_domain::{Card, Customer};
use lumo_store::{cards as card_store, customers};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::session::SignedIn;
use crate::state::AppState;

// purlin: subject customer
#[derive(Deserialize)]
pub struct Registration {
    name: String,          // purlin: name
    email: String,         // purlin: contact.email
    phone: Option<String>, // purlin: contact.phone
    address: String,       // purlin: contact.address
    #[serde(default)]
    wants_news: bool,
}

#[derive(Serialize)]
pub struct Profile {
    name: String,
    email: String,
    phone: Option<String>,
    address: String,
    wants_news: bool,
}

#[derive(Deserialize)]
pub struct Preferences {
    wants_news: bool,
    allows_location: bool,
}

#[derive(Deserialize)]
pub struct NewCard {
    number: String, // purlin: payment.card.number of customer
    expiry: String, // purlin: payment.card.expiry of customer
}

#[derive(Serialize)]
pub struct SavedCard {
    id: Uuid,
    last4: String,
}

pub async fn register(
    State(state): State<AppState>,
    Json(form): Json<Registration>,
) -> Result<(StatusCode, Json<Uuid>), ApiError> {
    if !form.email.contains('@') {
        return Err(ApiError::Invalid("not an e-mail address"));
    }
    let customer = Customer {
        id: Uuid::new_v4(),
        name: form.name,
        email: normalise_email(&form.email),
        phone: form.phone,
        address: form.address,
        wants_news: form.wants_news,
        created_at: Utc::now(),
    };
    customers::insert(&state.pool, &customer).await?;
    tracing::info!(customer_id = %customer.id, "account opened");
    Ok((StatusCode::CREATED, Json(customer.id)))
}

pub async fn profile(State(state): State<AppState>, SignedIn(id): SignedIn) -> Result<Json<Profile>, ApiError> {
    let customer = customers::by_id(&state.pool, id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(Profile {
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        address: customer.address,
        wants_news: customer.wants_news,
    }))
}

pub async fn set_preferences(
    State(state): State<AppState>,
    SignedIn(id): SignedIn,
    Json(form): Json<Preferences>,
) -> Result<StatusCode, ApiError> {
    customers::set_preferences(&state.pool, id, form.wants_news, form.allows_location).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn save_card(
    State(state): State<AppState>,
    SignedIn(customer_id): SignedIn,
    Json(form): Json<NewCard>,
) -> Result<(StatusCode, Json<SavedCard>), ApiError> {
    if !is_plausible(&form.number) {
        return Err(ApiError::Invalid("not a card number"));
    }
    let card = Card {
        id: Uuid::new_v4(),
        customer_id,
        last4: mask_card(&form.number),
        number: form.number,
        expiry: form.expiry,
        last_used_at: Utc::now(),
    };
    card_store::insert(&state.pool, &card).await?;
    Ok((StatusCode::CREATED, Json(SavedCard { id: card.id, last4: card.last4 })))
}

pub async fn cards(
    State(state): State<AppState>,
    SignedIn(customer_id): SignedIn,
) -> Result<Json<Vec<SavedCard>>, ApiError> {
    let cards = card_store::of_customer(&state.pool, customer_id).await?;
    let saved = cards.into_iter().map(|card| SavedCard { id: card.id, last4: card.last4 });
    Ok(Json(saved.collect()))
}

pub async fn close(State(state): State<AppState>, SignedIn(id): SignedIn) -> Result<StatusCode, ApiError> {
    customers::close(&state.pool, id).await?;
    tracing::info!(customer_id = %id, "account closed");
    Ok(StatusCode::NO_CONTENT)
}
