//! Names that look like personal data, for a first policy. A guess with its reason; people decide.

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    /// A category of `purlin:common`.
    pub category: &'static str,
    /// The words that say it.
    pub words: &'static str,
}

/// Words and the category of what they name; the first that fits counts.
const WORDS: &[(&str, &str)] = &[
    ("email", "contact.email"),
    ("e mail", "contact.email"),
    ("mail address", "contact.email"),
    ("ip addr", "online.ip"),
    ("ip address", "online.ip"),
    ("remote addr", "online.ip"),
    ("ip", "online.ip"),
    ("user agent", "online.device"),
    ("device id", "online.device"),
    ("phone number", "contact.phone"),
    ("phone", "contact.phone"),
    ("telephone", "contact.phone"),
    ("mobile", "contact.phone"),
    ("msisdn", "contact.phone"),
    ("street", "contact.address"),
    ("postcode", "contact.address"),
    ("postal code", "contact.address"),
    ("zip code", "contact.address"),
    ("zip", "contact.address"),
    ("address line", "contact.address"),
    ("home address", "contact.address"),
    ("billing address", "contact.address"),
    ("shipping address", "contact.address"),
    ("delivery address", "contact.address"),
    ("postal address", "contact.address"),
    ("latitude", "location.precise"),
    ("longitude", "location.precise"),
    ("coordinates", "location.precise"),
    ("birth", "birth"),
    ("birthday", "birth"),
    ("birthdate", "birth"),
    ("dob", "birth"),
    ("gender", "gender"),
    ("first name", "name"),
    ("last name", "name"),
    ("full name", "name"),
    ("family name", "name"),
    ("given name", "name"),
    ("middle name", "name"),
    ("real name", "name"),
    ("surname", "name"),
    ("username", "account.username"),
    ("user name", "account.username"),
    ("password", "account.password"),
    ("passwd", "account.password"),
    ("avatar", "account.picture"),
    ("iban", "finance.bank"),
    ("account number", "finance.bank"),
    ("sort code", "finance.bank"),
    ("card number", "finance.card"),
    ("cvv", "finance.card"),
    ("cvc", "finance.card"),
    ("salary", "work.salary"),
    ("ssn", "identity.national_number"),
    ("social security", "identity.national_number"),
    ("national id", "identity.national_number"),
    ("tax id", "identity.tax_number"),
    ("passport", "identity.passport"),
    ("diagnosis", "health"),
    ("medication", "health"),
    ("blood type", "health"),
    ("allergies", "health"),
    ("ethnicity", "origin"),
    ("religion", "belief"),
];

/// Words that say it only of what is a person by its own name.
const OF_PEOPLE: &[(&str, &str)] = &[
    ("display name", "name"),
    ("nickname", "name"),
    ("name", "name"),
    ("address", "contact.address"),
    ("city", "contact.address"),
    ("age", "birth"),
    ("login", "account.username"),
];

/// Names of tables and types that are people.
const PEOPLE: &[&str] = &[
    "user",
    "customer",
    "account",
    "person",
    "people",
    "member",
    "contact",
    "patient",
    "employee",
    "subscriber",
    "subscription",
    "author",
    "profile",
    "guest",
    "lead",
    "order",
    "buyer",
    "shopper",
    "recipient",
    "student",
    "candidate",
    "applicant",
    "invitation",
    "invite",
    "signup",
    "registration",
];

/// Words after which a name speaks of something else: when, how many, whether.
const NOT_THE_DATA: &[&str] = &[
    "at",
    "id",
    "ids",
    "count",
    "verified",
    "confirmed",
    "enabled",
    "disabled",
    "sent",
    "valid",
    "status",
    "template",
    "type",
    "kind",
    "optin",
    "opt",
    "length",
    "size",
    "len",
    "limit",
    "index",
    "provider",
    "config",
    "settings",
    "domain",
    "key",
    "visible",
    "date",
    "time",
    "modified",
    "check",
    "only",
    "expires",
    "expire",
    "admins",
    "required",
    "reset",
    "changed",
    "version",
    "url",
    "policy",
    "server",
    "host",
    "port",
    "client",
    "sender",
    "service",
];

/// Words with which the name of a yes or no begins.
const ASKS: &[&str] = &["is", "has", "wants", "can", "no", "auto", "skip", "expose", "show", "hide", "send", "allow"];

/// Words behind the name of what a type or table is about.
const SUFFIXES: &[&str] = &[
    "address",
    "addresses",
    "body",
    "data",
    "detail",
    "details",
    "dto",
    "entity",
    "form",
    "info",
    "input",
    "model",
    "new",
    "params",
    "payload",
    "query",
    "record",
    "request",
    "response",
    "row",
    "table",
    "update",
    "value",
    "values",
    "view",
];

/// What the name of a column or field says; `of` is the name of its table or type.
pub(super) fn sign_of(name: &str, of: &str) -> Option<Sign> {
    let words = words(name);
    if words.first().is_some_and(|w| ASKS.contains(&w.as_str())) {
        return None;
    }
    // `local_users` are people, `user_settings` are none.
    let person = |w: &String| PEOPLE.contains(&w.trim_end_matches('s')) || PEOPLE.contains(&w.as_str());
    let of_person = self::words(of).iter().rev().find(|w| !SUFFIXES.contains(&w.as_str())).is_some_and(person);
    let people = if of_person { OF_PEOPLE } else { &[] };
    let begun = |sign: &str| words.iter().any(|w| sign.starts_with(w.as_str()));
    WORDS.iter().chain(people).filter(|(sign, _)| begun(sign)).find_map(|(sign, category)| {
        let said = sign.split(' ').count();
        let at = words.windows(said).position(|w| w.iter().eq(sign.split(' ')))?;
        let rest = words.get(at + said..).unwrap_or_default();
        // `name` alone is a name; `file_name` is none.
        let alone = !people.iter().any(|(s, _)| s == sign) || words.len() == said;
        let speaks = alone && !rest.iter().any(|w| NOT_THE_DATA.contains(&w.as_str()));
        speaks.then_some(Sign { category, words: sign })
    })
}

/// What the name of a type says of its values.
pub(super) fn sign_of_type(name: &str) -> Option<Sign> {
    sign_of(name, "").filter(|sign| {
        let said: usize = sign.words.split(' ').count();
        // `SubscriberEmail` is one, `EmailClientError` is something else.
        words(name).len() <= said + 1
    })
}

/// `firstName`, `first_name` and `FirstName` as `first name`.
fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && before_lower);
        if begins && out.last().is_some_and(|w| !w.is_empty()) {
            out.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = out.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase() || c.is_numeric();
    }
    out.retain(|w| !w.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_hold() {
        let says = |name: &str, of: &str| sign_of(name, of).map(|s| s.category);
        assert_eq!(says("email", "users"), Some("contact.email"));
        assert_eq!(says("billingEmail", "Invoice"), Some("contact.email"));
        assert_eq!(says("name", "customers"), Some("name"));
        assert_eq!(says("name", "products"), None);
        assert_eq!(says("file_name", "users"), None);
        assert_eq!(says("email_verified_at", "users"), None);
        assert_eq!(says("has_phone", "users"), None);
        assert_eq!(says("FirstName", ""), Some("name"));
        assert_eq!(says("ip", "sessions"), Some("online.ip"));
        assert_eq!(says("description", "users"), None);
        assert_eq!(says("zip", "shops"), Some("contact.address"));
        assert_eq!(says("display_name", "local_users"), Some("name"));
        assert_eq!(says("display_name", "groups"), None);
        assert_eq!(says("name", "UpdateUserRequest"), Some("name"));
        assert_eq!(says("name", "user_settings"), None);
        assert_eq!(says("expose_email", "webids"), None);
    }

    #[test]
    fn types_say_what_their_values_are() {
        let says = |name: &str| sign_of_type(name).map(|s| s.category);
        assert_eq!(says("SubscriberEmail"), Some("contact.email"));
        assert_eq!(says("IpAddr"), Some("online.ip"));
        assert_eq!(says("PhoneNumber"), Some("contact.phone"));
        assert_eq!(says("EmailClientError"), None);
        assert_eq!(says("Name"), None);
    }

    #[test]
    fn every_category_is_one_of_the_shipped_policy() {
        let common = crate::policy::pack("common").unwrap();
        for (_, category) in WORDS.iter().chain(OF_PEOPLE) {
            let last = category.rsplit('.').next().unwrap();
            let head = category.split('.').next().unwrap();
            assert!(common.contains(&format!("category {head} ")), "{category}");
            assert!(common.contains(last), "{category}");
        }
    }
}
