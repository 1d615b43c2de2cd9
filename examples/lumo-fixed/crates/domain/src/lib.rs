//! What Lumo Pay talks about: customers, orders, cards, screens and shops.

pub mod card;
pub mod consent;
pub mod customer;
pub mod geo;
pub mod merchant;
pub mod order;
pub mod risk;
pub mod screen;

pub use card::{Card, PaymentCard};
pub use customer::Customer;
pub use geo::Position;
pub use merchant::{Merchant, Shop};
pub use order::{Item, Order, OrderStatus};
