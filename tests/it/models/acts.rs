//! The example of what a row does that moves no data: whose impls run of what it is given, and what it lets go of.

use super::derived::{Example, Seen, Writer};
use super::rows::Row;
use super::values::{Labels, Port};

/// A type that shows by whom its values are asked, and that says nothing when they go.
const ASKED: [(&str, &str); 9] = [
    ("impl PartialEq for One { fn eq(&self, other: &One) -> bool {", ""),
    ("out(self);", "eq self"),
    ("out(other); true } }", "eq other"),
    ("impl Ord for One { fn cmp(&self, other: &One) -> std::cmp::Ordering {", ""),
    ("out(self);", "ord self"),
    ("out(other); order() } }", "ord other"),
    ("impl std::hash::Hash for One { fn hash<H>(&self, state: &mut H) {", ""),
    ("out(self);", "hash self"),
    ("} }", ""),
];

/// A type that shows when its values go.
const GOES: [(&str, &str); 3] =
    [("impl Drop for One { fn drop(&mut self) {", ""), ("out(self);", "drop self"), ("} }", "")];

/// The label of what is in a container already, where that is not the container itself.
const KEY: usize = 10;

/// Whether an effect moves no data.
pub fn is_act(effect: &str) -> bool {
    ["asks ", "drop ", "leak "].iter().any(|word| effect.starts_with(word)) || is_by_key(effect)
}

/// Whether an effect says under which key of a map something is. The keys of the examples are not written out, and so
/// may be any.
fn is_by_key(effect: &str) -> bool {
    ["by ", "takes "].iter().any(|word| effect.starts_with(word))
}

/// The example of the act of a row, if it has one.
pub fn example(row: &Row, name: &str) -> Option<Example> {
    let act: Vec<&str> = row.effects.iter().find(|e| is_act(e) && !is_by_key(e))?.split_whitespace().collect();
    let mut out = Example { lines: vec![format!("pub mod {name} {{ use crate::*;")], ..Example::default() };
    out.lines.push("pub struct One { pub secret: String }".into());
    let asks = act[0] == "asks";
    // What is asked of a container that is made, of what a closure gives and of parts of what is given examples by hand
    // show.
    let by_hand = |port: &str| {
        let of = Port::parse(port);
        let is_fn = |ty: &String| ty.starts_with("fn(");
        let called =
            |(name, ty): &(String, Option<String>)| *name == of.base && (name == "f" || ty.as_ref().is_some_and(is_fn));
        of.base == "ret" || row.params.iter().any(called)
    };
    if act[1..].iter().any(|port| by_hand(port)) || act.get(3).is_some_and(|with| with.contains('.')) {
        return None;
    }
    for (line, shows) in if asks { &ASKED[..] } else { &GOES[..] } {
        out.lines.push((*line).to_owned());
        if !shows.is_empty() {
            out.seen.push((out.lines.len() - 1, seen(&act, row, shows)));
        }
    }
    out.lines.push("pub async fn example() {".into());
    let w = Writer::with_type(row, name, "One");
    for (i, (param, _)) in row.params.iter().enumerate() {
        let ty = w.type_of(param);
        let made = match ty.as_str() {
            _ if asks => format!("s{i}()"),
            ty if ty.contains("Box<") => format!("std::Box::new(One {{ secret: s{i}() }})"),
            ty if ty.contains("Vec<") => format!("vec![One {{ secret: s{i}() }}]"),
            _ => format!("One {{ secret: s{i}() }}"),
        };
        let ty = if param == "self" || ty.contains("One") { format!(": {ty}") } else { String::new() };
        out.lines.push(format!("let mut a{i}{ty} = {made};"));
        if param == "self" && !Port::parse(act.get(2).unwrap_or(&"")).path.is_empty() {
            let of = if row.of.starts_with("BTree") { "BTreeMap" } else { "HashMap" };
            out.lines.push(format!("std::{of}::entry(&mut a{i}, s{KEY}());"));
        }
    }
    let args: Vec<String> = (0..row.params.len()).map(|i| format!("a{i}")).collect();
    out.lines.push(format!("let r = {};", w.call(&args)));
    out.lines.push("} }".into());
    Some(out)
}

/// What an act shows at a line: what is asked is in the container already, or is given.
fn seen(act: &[&str], row: &Row, line: &str) -> Seen {
    let label = |port: &str| {
        let port = Port::parse(port);
        let position = row.params.iter().position(|(name, _)| *name == port.base).expect("a parameter");
        if port.path.is_empty() { position } else { KEY }
    };
    let none = Seen::Out(Labels::new());
    match *act {
        ["drop", of] => Seen::Out([label(of)].into()),
        ["leak", _] => none,
        ["asks", by, of, ref with @ ..] => {
            let held = Labels::from([label(of)]);
            let given: Labels = with.first().map_or(held.clone(), |with| [label(with)].into());
            let both: Labels = held.union(&given).copied().collect();
            match line.split_once(' ').expect("two words") {
                (trait_, "self") if trait_ == by && by != "hash" => Seen::Between(held, both),
                (trait_, _) if trait_ == by && by != "hash" => Seen::Between(given, both),
                ("hash" | "eq", _) if by == "hash" => Seen::Out(both),
                _ => none,
            }
        }
        _ => panic!("`{}` is no act", act.join(" ")),
    }
}
