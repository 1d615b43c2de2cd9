//! Rust files to units.
//!
//! [`lower`] scans the bytes (`scan`), lexes and parses with `syn` piece by piece (`pieces`), lowers the tree to
//! [`crate::ir`] and drops it, all on the calling thread. It never fails: a file that cannot be read whole becomes a [`Gap`]. Names are
//! not resolved; macros of libraries are read by their names, those of the workspace are expanded (`by_example`).
//!
//! Only this folder names `syn` and `proc_macro2`.

mod annotate;
mod attrs;
mod body;
mod by_example;
mod call;
mod chosen;
mod cond;
mod derived;
mod entities;
mod expr;
mod format;
mod included;
mod item_macros;
mod items;
mod json;
mod keys;
mod literal;
mod log;
mod macros;
mod paste;
mod pat;
mod pieces;
mod places;
mod quoted;
mod scan;
mod select;
mod selectors;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod types;
mod unknown;
mod unread;
mod waits;

use std::borrow::Cow;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};

use crate::front::sql::Dialect;
use crate::ir::items::{Module, RustUnit};
use crate::ir::{Annotation, Content, Gap, GapKind, Name, Unit};
use crate::limits;
use crate::source::{FileId, Span};
use by_example::Macros;
use places::Places;

pub use by_example::{Definitions, Package, RustFile, definitions};

/// Turns the text of a Rust file into a unit. Never fails and never panics; it needs a stack of 16 MiB for the
/// highest files it accepts. Nothing inside may hand work to other threads or wait for a pool: spans of the
/// lexer live in a table of this thread, and a stolen task could clear it. `macros` are those of the workspace,
/// `dialect` the one of the SQL in its strings, where it is known.
#[must_use]
pub fn lower(file: FileId, text: &str, macros: &Definitions, dialect: Option<Dialect>) -> Unit {
    let unit = match catch_unwind(AssertUnwindSafe(|| lower_inner(file, text, macros, dialect))) {
        Ok(unit) => unit,
        Err(_) => failed(file, Span::new(file, 0, 0), GapKind::Panic, "the analyser failed on this file".into()),
    };
    proc_macro2::extra::invalidate_current_thread_spans();
    unit
}

fn lower_inner(file: FileId, text: &str, macros: &Definitions, dialect: Option<Dialect>) -> Unit {
    if text.len() > limits::RUST_BYTES {
        let what = format!("this file is longer than {} bytes and was not read", limits::RUST_BYTES);
        return failed(file, Span::new(file, 0, 0), GapKind::File, what);
    }
    let notes = text.contains("purlin");
    let text = without_head(text);
    let seen = scan::scan(&text, limits::RUST_HEIGHT, notes);
    if let Some(at) = seen.too_high_at {
        let what = "this file nests too deeply and was not read".to_owned();
        return failed(file, Span::new(file, at, at), GapKind::File, what);
    }
    let reader = Reader { file, text: &text, seen: &seen, macros, dialect, notes };
    let pieces = if notes { Vec::new() } else { pieces::pieces(text.len(), &seen, pieces::least(text.len())) };
    // What is wrong with a file is said of all of it.
    let in_pieces = if pieces.len() > 1 { reader.read(&pieces).ok() } else { None };
    in_pieces.unwrap_or_else(|| {
        let whole = 0..text.len();
        reader.read(std::slice::from_ref(&whole)).unwrap_or_else(|(at, what)| failed(file, at, GapKind::File, what))
    })
}

/// What is known of a file before it is parsed.
struct Reader<'t> {
    file: FileId,
    text: &'t str,
    seen: &'t scan::Scan,
    macros: &'t Definitions,
    dialect: Option<Dialect>,
    /// Whether comments in it may say something.
    notes: bool,
}

impl Reader<'_> {
    /// Reads these pieces, which are all of the file.
    fn read(&self, pieces: &[Range<usize>]) -> Result<Unit, (Span, String)> {
        let mut cx = Cx::new(Places::new(self.file, self.text), Macros::new(self.macros));
        cx.dialect = self.dialect;
        let mut reading = items::Reading::new(self.seen.imports);
        for piece in pieces {
            let tokens = TokenStream::from_str(&pieces::text_of(self.text, piece, self.seen)).map_err(|e| {
                let what = "cannot read this file: unbalanced brackets or an unknown token".to_owned();
                (cx.places.span(e.span()), what)
            })?;
            let read = |input: ParseStream<'_>| {
                if !self.notes {
                    return reading.piece(&mut cx, input);
                }
                // What comments speak of is sought in the whole tree.
                let tree = input.parse()?;
                cx.notes = Some(annotate::collect(&cx, &tree, &self.seen.comments));
                items::file(&mut cx, &tree);
                Ok(())
            };
            read.parse2(tokens).map_err(|e| (cx.span(e.span()), format!("cannot parse this file: {e}")))?;
        }
        reading.end(&mut cx);
        Ok(cx.finish())
    }
}

/// A unit of a file that could not be read.
fn failed(file: FileId, span: Span, kind: GapKind, what: String) -> Unit {
    let mut unit = RustUnit { hidden_items: true, ..RustUnit::default() };
    unit.modules.push(root(file));
    Unit { file, content: Content::Rust(unit), annotations: Vec::new(), gaps: vec![Gap { span, what, kind }] }
}

fn root(file: FileId) -> Module {
    Module {
        name: Name::default(),
        parent: 0,
        external: false,
        path_attr: None,
        test: false,
        cfgs: Vec::new(),
        span: Span::new(file, 0, 0),
    }
}

/// Blanks a `#!` line and a `---` frontmatter, which are no tokens, byte for byte.
fn without_head(text: &str) -> Cow<'_, str> {
    let mut cut = 0;
    let after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(rest) = after_mark.strip_prefix("#!")
        && !rest.trim_start().starts_with('[')
    {
        cut = text.find('\n').unwrap_or(text.len());
    }
    let rest = text.get(cut..).unwrap_or("");
    let start = rest.trim_start();
    if start.starts_with("---") {
        let fence = start.bytes().take_while(|&b| b == b'-').count();
        let body = rest.len() - start.len() + fence;
        let close = rest.get(body..).unwrap_or("").find(&format!("\n{}", "-".repeat(fence)));
        if let Some(close) = close {
            let end = body + close + 1 + fence;
            cut += rest.get(end..).and_then(|r| r.find('\n')).map_or(rest.len(), |n| end + n);
        }
    }
    if cut == 0 {
        return Cow::Borrowed(text);
    }
    let mut blank: String = text.bytes().take(cut).map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    blank.push_str(text.get(cut..).unwrap_or(""));
    Cow::Owned(blank)
}

/// What one file is lowered into.
struct Cx<'t> {
    file: FileId,
    places: Places<'t>,
    unit: RustUnit,
    gaps: Vec<Gap>,
    annotations: Vec<Annotation>,
    notes: Option<annotate::Notes>,
    macros: Macros<'t>,
    /// Whether some import binds another name than its own.
    renames: bool,
    /// The dialect of the SQL in its strings.
    dialect: Option<Dialect>,
}

impl<'t> Cx<'t> {
    fn new(places: Places<'t>, macros: Macros<'t>) -> Self {
        let file = places.file();
        let mut unit = RustUnit::default();
        unit.modules.push(root(file));
        let (gaps, annotations) = (Vec::new(), Vec::new());
        Cx { file, places, unit, gaps, annotations, notes: None, macros, renames: false, dialect: None }
    }

    /// The bytes of a token's span.
    fn span(&self, span: proc_macro2::Span) -> Span {
        self.places.span(span)
    }

    /// As [`Cx::span`], of a name.
    fn word(&self, ident: &proc_macro2::Ident) -> Span {
        self.places.word(ident.span())
    }

    fn text(&self) -> &'t str {
        self.places.text()
    }

    fn slice(&self, span: Span) -> &'t str {
        self.places.text().get(span.lo as usize..span.hi as usize).unwrap_or("")
    }

    /// A name stands in a macro that is not read: it may be a type of which that makes a value.
    fn unread(&mut self, ident: &proc_macro2::Ident) {
        let name = types::name(ident);
        if name.starts_with(char::is_uppercase) {
            self.unit.unread.insert(name);
        }
    }

    fn gap(&mut self, span: Span, kind: GapKind, what: impl Into<String>) {
        self.gaps.push(Gap { span, what: what.into(), kind });
    }

    fn finish(mut self) -> Unit {
        if let Some(notes) = self.notes.take() {
            self.gaps.extend(notes.left());
        }
        self.gaps.extend(self.macros.take_gaps());
        self.gaps.sort_by_key(|g| (g.span.lo, g.span.hi, g.kind));
        self.unit.embedded.sort_by_key(|e| (e.span.lo, e.span.hi));
        self.unit.written = self.macros.take_written();
        Unit { file: self.file, content: Content::Rust(self.unit), annotations: self.annotations, gaps: self.gaps }
    }
}
