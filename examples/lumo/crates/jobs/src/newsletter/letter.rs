//! What a copy of the newsletter looks like.

use lumo_domain::customer::given_name;
use lumo_mail::Message;

use super::Edition;
use super::audience::Reader;

const FOOTER: &str = "Too much mail? Switch off \"News and offers\" in the app.";

pub fn compose(edition: &Edition, reader: &Reader) -> Message {
    let text = format!("Hello {},\n\n{}\n\n{FOOTER}\n", given_name(&reader.name), edition.body);
    Message::new(reader.email.as_str(), edition.subject.as_str(), text)
}
