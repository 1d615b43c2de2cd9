//! Sending e-mail.

mod mailgate;
mod message;

pub use mailgate::{MailError, Mailgate};
pub use message::Message;
