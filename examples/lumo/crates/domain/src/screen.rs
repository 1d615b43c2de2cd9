//! What the app shows, as it is sent along during co-browsing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One picture of the customer's screen, as the app sends it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Frame {
    pub taken_at: DateTime<Utc>,
    pub fields: Vec<ScreenField>, // purlin: screen of customer
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ScreenField {
    pub label: String,
    pub value: String,
    /// Set by the app for the few fields that anybody may see, such as headings.
    pub cleared: bool,
}

/// A frame in which every field is masked, unless it was cleared.
#[derive(Clone, Serialize)]
pub struct RedactedFrame {
    pub taken_at: DateTime<Utc>,
    pub fields: Vec<ScreenField>, // purlin: screen.redacted of customer
}

/// Masks what the app did not clear; the length stays, so that the layout does.
// purlin: transform redact
pub fn redact(frame: &Frame) -> RedactedFrame {
    let fields = frame
        .fields
        .iter()
        .map(|field| ScreenField {
            label: field.label.clone(),
            value: if field.cleared { field.value.clone() } else { mask(&field.value) },
            cleared: field.cleared,
        })
        .collect();
    RedactedFrame { taken_at: frame.taken_at, fields }
}

fn mask(value: &str) -> String {
    value.chars().map(|c| if c.is_whitespace() { c } else { '•' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cleared_fields_stay_readable() {
        let field = |value: &str, cleared| ScreenField { label: "l".into(), value: value.into(), cleared };
        let frame =
            Frame { taken_at: DateTime::UNIX_EPOCH, fields: vec![field("Pay", true), field("12 Main St", false)] };
        let values: Vec<String> = redact(&frame).fields.into_iter().map(|f| f.value).collect();
        assert_eq!(values, ["Pay", "•• •••• ••"]);
    }
}
