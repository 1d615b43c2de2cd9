//! Front ends: from a text to the language-neutral form. The only place that knows `syn` and `sqlparser`.

pub mod proto;
pub mod rust;
pub mod sql;
pub mod template;
pub mod text_map;
