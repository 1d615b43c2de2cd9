mod account;
mod checkout;
mod cobrowse;
mod privacy;
mod quality;
mod risk;
mod shops;
mod support;

use axum::Router;
use axum::routing::{get, post, put};

use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/orders", post(checkout::place_order))
        .route("/account", post(account::register).get(account::profile).delete(account::close))
        .route("/account/preferences", put(account::set_preferences))
        .route("/account/cards", post(account::save_card).get(account::cards))
        .route("/screenings", post(risk::screen))
        .route("/shops", get(shops::nearby))
        .route("/cobrowse", post(cobrowse::start))
        .route("/cobrowse/{session}/frames", post(cobrowse::receive_frame))
        .route("/cobrowse/{session}/end", post(cobrowse::end))
        .route("/support/orders", get(support::cases::search))
        .route("/support/orders/{order}", get(support::cases::show))
        .route("/support/cobrowse/{session}", get(support::live::latest_frame))
        .route("/quality/recordings/{session}", get(quality::recording))
        .route("/privacy/export", get(privacy::export_customer))
        .route("/privacy/portable", get(privacy::portable_copy))
        .route("/privacy/erase", post(privacy::erase_customer))
        .route("/privacy/object", post(privacy::object_as_customer))
        .route("/privacy/shopper/export", post(privacy::export_shopper))
        .route("/privacy/shopper/erase", post(privacy::erase_shopper))
        .route("/privacy/shopper/object", post(privacy::object_as_shopper))
        .with_state(state)
}
