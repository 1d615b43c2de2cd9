//! From text to syntax tree: the only file that knows `pest`.
//!
//! A file is cut into declarations first (`lex`), each is given to the grammar by itself, and after a mistake
//! reading goes on at the next declaration. What to say about a mistake is decided in `messages`, from the words
//! around it.

use pest::Parser;
use pest::iterators::Pair;

use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

use super::ast::{At, Flow, Item, Meaning, MeaningKind, Name, Placed, Text};
use super::lex::{self, Chunk, Kind, Scan};
use super::parse_bind as bind;
use super::parse_items::{flow, item};
use super::stop::Stop;
use super::{messages, messages_fixed};

/// The grammar, compiled in.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/purlin.pest"]
pub(super) struct Grammar;

pub(super) type P<'i> = Pair<'i, Rule>;

/// Braces may nest this deep; the grammar recurses for each.
const MAX_DEPTH: u32 = 64;
/// Policies are written by people; a larger file is a mistake.
const MAX_BYTES: usize = 16 << 20;
/// More errors than this help nobody.
const MAX_ERRORS: usize = 100;

/// A parsed file.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub items: Vec<Placed>,
    pub diagnostics: Vec<Diagnostic>,
    /// Words of declarations that could not be read: names that may have been declared there.
    pub lost: Vec<String>,
}

/// What is needed to turn a pair into a tree: the file, and where the chunk begins in it.
pub(super) struct Cx<'a> {
    pub file: FileId,
    /// Where the parsed part begins in the file.
    pub base: u32,
    pub scan: &'a Scan,
    /// Where the scanned text begins in the file.
    pub scan_base: u32,
    /// Where the text stands as a whole, if offsets in it mean nothing to the reader.
    pub fixed: Option<Span>,
    pub problems: Vec<Diagnostic>,
}

/// Parses a whole file.
pub(crate) fn file(id: FileId, text: &str) -> Parsed {
    let mut out = Parsed::default();
    if text.len() > MAX_BYTES {
        out.diagnostics.push(messages_fixed::too_large(Span::new(id, 0, 0), text.len()));
        return out;
    }
    let scan = lex::scan(text);
    let mut next = 0;
    let mut failed = false;
    while next < scan.tokens.len() {
        // The end of a block whose beginning could not be read.
        if failed && scan.tokens.get(next).is_some_and(|t| t.kind == Kind::Close) {
            next += 1;
            continue;
        }
        failed = false;
        if out.diagnostics.len() >= MAX_ERRORS {
            out.diagnostics.push(messages_fixed::too_many(span_of(id, &scan, next)));
            break;
        }
        let chunk = scan.chunk(text, next);
        next = chunk.to;
        if let Err(stopped) = self::chunk(id, text, &scan, chunk, &mut out) {
            failed = true;
            let to = match stopped {
                // A brace that was never closed takes everything after it along: read on where it was forgotten.
                Some(forgotten) => forgotten,
                None => chunk.to,
            };
            let bad = Chunk { from: chunk.from, to };
            out.lost.extend((bad.from..bad.to).map(|i| scan.text(text, i).to_owned()));
            next = to.max(chunk.from + 1);
        }
    }
    header(id, text, &scan, &mut out);
    out
}

fn header(id: FileId, text: &str, scan: &Scan, out: &mut Parsed) {
    if scan.tokens.first().is_none_or(|_| scan.text(text, 0) != "purlin") {
        out.diagnostics.insert(0, messages_fixed::no_header(span_of(id, scan, 0)));
    }
    let mut seen = false;
    for placed in &out.items {
        if let Item::Header(version) = &placed.item {
            if seen {
                out.diagnostics.push(messages_fixed::second_header(placed.at.0));
            } else if version.text != "1" {
                out.diagnostics.push(messages_fixed::other_version(version.at.0, &version.text));
            }
            seen = true;
        }
    }
}

fn span_of(id: FileId, scan: &Scan, i: usize) -> Span {
    scan.tokens.get(i).map_or(Span::new(id, 0, 0), |t| Span::new(id, t.lo, t.hi))
}

/// Parses one chunk. An error carries the token at which to go on, if that is inside the chunk.
fn chunk(id: FileId, text: &str, scan: &Scan, chunk: Chunk, out: &mut Parsed) -> Result<(), Option<usize>> {
    let (Some(first), Some(last)) = (scan.tokens.get(chunk.from), scan.tokens.get(chunk.to.saturating_sub(1))) else {
        return Ok(());
    };
    let (lo, hi) = (first.lo, last.hi);
    if let Some(problem) = messages::before_grammar(id, text, scan, chunk) {
        out.diagnostics.push(problem);
        return Err(None);
    }
    if scan.depth(chunk) > MAX_DEPTH {
        let problem = messages_fixed::too_deep(span_of(id, scan, chunk.from), MAX_DEPTH);
        out.diagnostics.push(problem);
        return Err(scan.forgotten(text, chunk));
    }
    let part = text.get(lo as usize..hi as usize).unwrap_or("");
    match Grammar::parse(Rule::chunk, part) {
        Ok(pairs) => {
            let mut cx = Cx { file: id, base: lo, scan, scan_base: 0, fixed: None, problems: Vec::new() };
            for pair in pairs.flat_map(Pair::into_inner).filter(|p| p.as_rule() != Rule::EOI) {
                let at = cx.at(&pair);
                if let Some(item) = item(&mut cx, pair) {
                    out.items.push(Placed { item, at });
                }
            }
            out.diagnostics.append(&mut cx.problems);
            Ok(())
        }
        Err(error) => {
            let (at, expected) = place(&error);
            let forgotten = scan.forgotten(text, chunk);
            let stop = Stop { id, text, scan, chunk, at: scan.at(lo + at), expected, forgotten };
            out.diagnostics.push(messages::explain(&stop));
            Err(forgotten)
        }
    }
}

/// Where the grammar stopped, and the words it would have taken there.
fn place(error: &pest::error::Error<Rule>) -> (u32, Vec<&'static str>) {
    let at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at as u32,
    };
    let rules: &[Rule] = match &error.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } => positives,
        pest::error::ErrorVariant::CustomError { .. } => &[],
    };
    let mut words: Vec<&'static str> = rules.iter().filter_map(|r| human(*r)).collect();
    words.sort_unstable();
    words.dedup();
    (at, words)
}

/// What people call a rule of the grammar.
fn human(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name
        | Rule::picks
        | Rule::data
        | Rule::listed
        | Rule::labels
        | Rule::guards
        | Rule::any_of
        | Rule::node => "a name",
        Rule::any => "anything",
        Rule::text | Rule::host_line | Rule::path_line => "a text in quotes",
        Rule::date => "a date such as 2027-03-31",
        Rule::int | Rule::duration => "a number",
        Rule::unit => "hours, days, weeks, months or years",
        Rule::ground => "one of the six legal grounds",
        Rule::right | Rule::granted => "a right",
        Rule::role => "processor, controller or joint controller",
        Rule::rust | Rule::rust_line => "a Rust path",
        Rule::sql | Rule::sql_line => "a table or column",
        Rule::env | Rule::env_line => "the name of an environment variable",
        Rule::meaning => "what it means",
        Rule::flow | Rule::act => "use, share, show or keep",
        Rule::verb_use => "`use`",
        Rule::verb_share => "`share`",
        Rule::verb_keep => "`keep`",
        Rule::verb_show => "`show`",
        Rule::k_as => "`as`",
        Rule::k_of => "`of`",
        Rule::k_with => "`with`",
        Rule::k_to => "`to`",
        Rule::k_in => "`in`",
        Rule::spoken | Rule::k_dialect => "`dialect`",
        Rule::k_for | Rule::purposes | Rule::limit => "`for`",
        Rule::k_not => "`not`",
        Rule::k_turns => "`turns`",
        Rule::k_into => "`into`",
        Rule::k_than => "`than`",
        Rule::k_allow | Rule::k_deny | Rule::expect => "`allow` or `deny`",
        Rule::body | Rule::nodes | Rule::test_body | Rule::waiver_body => "{",
        _ => return None,
    })
}

impl Cx<'_> {
    /// The place of a pair, without the blank space that the grammar takes along.
    pub(super) fn at(&self, pair: &P<'_>) -> At {
        if let Some(fixed) = self.fixed {
            return At(fixed);
        }
        let lo = self.base + pair.as_span().start() as u32;
        let hi = self.base + pair.as_span().end() as u32;
        let trimmed = self.scan.trimmed(lo - self.scan_base, hi - self.scan_base) + self.scan_base;
        At(Span::new(self.file, lo, trimmed))
    }

    pub(super) fn name(&self, pair: &P<'_>) -> Name {
        Name { text: pair.as_str().to_owned(), at: self.at(pair) }
    }

    pub(super) fn text(&self, pair: &P<'_>) -> Text {
        let mut said = pair.as_str().chars();
        // One quotation mark at each end; more of them belong to the text.
        said.next();
        said.next_back();
        let text = said.as_str();
        Text { text: text.to_owned(), at: self.at(pair) }
    }
}

/// The pairs inside, without keywords.
pub(super) fn inner<'i>(pair: P<'i>) -> impl Iterator<Item = P<'i>> {
    pair.into_inner()
}

pub(super) fn meaning_kind(word: &str) -> MeaningKind {
    match word {
        "purpose" => MeaningKind::Purpose,
        "guard" => MeaningKind::Guard,
        "transform" => MeaningKind::Transform,
        "recipient" => MeaningKind::Recipient,
        "store" => MeaningKind::Store,
        "audience" => MeaningKind::Audience,
        _ => MeaningKind::Subject,
    }
}

/// Parses an annotation in code. `span` is its place; offsets in `text` count if it is as long as the text.
pub(crate) fn annotation(text: &str, span: Span) -> Result<Meaning, Diagnostic> {
    let (scan, fixed) = small(text, span)?;
    match Grammar::parse(Rule::annotation, text) {
        Ok(pairs) => {
            let (file, base) = (span.file, span.lo);
            let mut cx = Cx { file, base, scan: &scan, scan_base: base, fixed, problems: Vec::new() };
            let found = pairs.flat_map(inner).find(|p| p.as_rule() == Rule::meaning);
            let made = found.and_then(|p| bind::meaning(&mut cx, p));
            cx.problems.pop().map_or_else(|| made.ok_or_else(|| messages_fixed::no_meaning(span, text, None)), Err)
        }
        Err(_) => Err(messages_fixed::no_meaning(span, text, scan.tokens.first().map(|_| scan.text(text, 0)))),
    }
}

/// Parses a flow sentence.
pub(crate) fn question(text: &str, span: Span) -> Result<Flow, Diagnostic> {
    let (scan, fixed) = small(text, span)?;
    match Grammar::parse(Rule::question, text) {
        Ok(pairs) => {
            let (file, base) = (span.file, span.lo);
            let mut cx = Cx { file, base, scan: &scan, scan_base: base, fixed, problems: Vec::new() };
            let found = pairs.flat_map(inner).find(|p| p.as_rule() == Rule::flow);
            let made = found.and_then(|p| flow(&mut cx, p));
            cx.problems.pop().map_or_else(|| made.ok_or_else(|| messages_fixed::no_question(span)), Err)
        }
        Err(error) => {
            let (at, expected) = place(&error);
            let chunk = Chunk { from: 0, to: scan.tokens.len() };
            let stop = Stop { id: span.file, text, scan: &scan, chunk, at: scan.at(at), expected, forgotten: None };
            let mut problem = messages::explain(&stop);
            for label in &mut problem.labels {
                label.span = fixed.unwrap_or_else(|| {
                    Span::new(span.file, span.lo + label.span.lo, (span.lo + label.span.hi).min(span.hi))
                });
            }
            Err(problem)
        }
    }
}

/// Scans a sentence; the second is its place as a whole, where the text is not what stands there.
fn small(text: &str, span: Span) -> Result<(Scan, Option<Span>), Diagnostic> {
    let scan = lex::scan(text);
    if text.len() > 1 << 16 || scan.tokens.iter().any(|t| t.kind == Kind::Open) {
        return Err(messages_fixed::no_meaning(span, "", None));
    }
    Ok((scan, ((span.hi - span.lo) as usize != text.len()).then_some(span)))
}
