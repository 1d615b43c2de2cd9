//! `purlin check --stats`: what was seen, number by number.

use std::fmt::Write as _;

use crate::engine::Census;
use crate::judge::Coverage;
use crate::source::SourceMap;

/// Symbols shown of the methods that nothing is known of.
const SHOWN: usize = 20;

/// Every number of the coverage on its own line, then the method calls.
pub(super) fn text(coverage: &Coverage, methods: &Census, sources: &SourceMap) -> String {
    let mut out = String::new();
    if let Ok(serde_json::Value::Object(map)) = serde_json::to_value(coverage) {
        for (key, value) in map.into_iter().filter(|(key, _)| !key.starts_with("methods_")) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(out, "  {:<22} {value}", key.replace('_', " "));
        }
    }
    let total = methods.total();
    let _ = writeln!(out, "  {:<22} {total}", "method calls");
    let kinds = [
        ("resolved", methods.resolved),
        ("modelled", methods.modelled),
        ("guessed", methods.guessed),
        ("unknown", methods.unknown),
    ];
    for (name, n) in kinds {
        let _ = writeln!(out, "    {name:<20} {n} ({})", percent(n, total));
    }
    if !methods.unknowns.is_empty() {
        let all = methods.unknowns.len();
        let _ = writeln!(out, "  unknown methods: {} of {all}", all.min(SHOWN));
    }
    for (symbol, n, at) in methods.unknowns.iter().take(SHOWN) {
        let _ = writeln!(out, "    {n:>6} {symbol}, as at {}", sources.show(*at));
    }
    out
}

/// `92.4 %`.
fn percent(n: usize, of: usize) -> String {
    let tenths = (n * 1000 + of / 2).checked_div(of).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}
