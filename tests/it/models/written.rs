//! Examples that were written by hand, beside the rows: what no signature says.
//!
//! ```yaml
//! examples:
//!   "Option<T>::map(self, f: fn(T) -> U) -> Option<U>": |
//!     let name: Option<String> = s0();
//!     out(name.map(|_| s1())); // $ l1
//! ```
//!
//! Markers: `$ l0 l1` these labels and no others are seen at `out`, `$ clean` none are, `$ arrives l0` the row is an
//! arrival of these. An example that begins with `// instead: why` stands in place of the one from the signature, any
//! other beside it. Code with a function `example` in it is a module, any other the body of a function.

use super::derived::{Example, Seen};
use super::values::Labels;

/// Reads an example; the error says what is wrong with it.
pub fn example(code: &str, name: &str) -> Result<Example, String> {
    let module = code.contains("fn example(");
    let mut out = Example::default();
    out.lines.push(format!("pub mod {name} {{ use crate::*;"));
    if !module {
        out.lines.push("pub async fn example() {".into());
    }
    for line in code.lines() {
        out.lines.push(line.to_owned());
        let Some((_, marker)) = line.split_once("// $ ") else { continue };
        let at = out.lines.len() - 1;
        let (arrives, list) = marker.strip_prefix("arrives ").map_or((false, marker), |rest| (true, rest));
        let mut labels = Labels::new();
        for word in list.split_whitespace().filter(|w| *w != "clean") {
            let label = word.strip_prefix('l').and_then(|n| n.parse().ok());
            labels.insert(label.ok_or_else(|| format!("`{word}` is no label"))?);
        }
        out.seen.push((at, if arrives { Seen::Arrives(labels, "") } else { Seen::Out(labels) }));
    }
    out.lines.push(if module { "}" } else { "} }" }.into());
    if out.seen.is_empty() {
        return Err("it has no marker".into());
    }
    Ok(out)
}

/// Whether an example stands in place of the one from the signature.
pub fn instead(code: &str) -> bool {
    code.starts_with("// instead: ")
}

#[test]
fn markers_say_what_is_seen() {
    let read = example("out(s0()); // $ l0 l12\nout(1); // $ clean\nlog(s1()); // $ arrives l1\n", "x");
    let seen = [
        (2, Seen::Out(Labels::from([0, 12]))),
        (3, Seen::Out(Labels::new())),
        (4, Seen::Arrives(Labels::from([1]), "")),
    ];
    assert_eq!(read.map(|e| e.seen), Ok(seen.into()));
    assert!(example("out(s0()); // $ 0\n", "x").is_err());
    assert!(example("out(s0());\n", "x").is_err());
}
