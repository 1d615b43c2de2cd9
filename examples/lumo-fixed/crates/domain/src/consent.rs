//! What a customer has agreed to.

use crate::Customer;

/// Whether this customer has switched on "News and offers".
///
/// Everything that advertises has to ask first; messages about an order need not.
pub fn wants_news(customer: &Customer) -> bool {
    customer.wants_news
}
