//! From text to syntax tree: the only file that knows `pest`.
//!
//! A file is cut into declarations first (`lex`), each is given to the grammar by itself, and after a mistake
//! reading goes on at the next declaration. What to say about a mistake is decided in `messages`, from the words
//! around it.

use pest::Parser;
use pest::iterators::Pair;

use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

use super::ast::{
    self, Act, At, Clause, Data, Flow, Item, Meaning, MeaningKind, Name, PartyClause, Picks, Placed, Text,
};
use super::lex::{self, Chunk, Kind, Scan};
use super::messages;
use super::parse_bind as bind;
use super::resolved::{Duration, Ground, Role, Unit};
use super::types::{Date, Verb};

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
        out.diagnostics.push(messages::too_large(Span::new(id, 0, 0), text.len()));
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
            out.diagnostics.push(messages::too_many(span_of(id, &scan, next)));
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
        out.diagnostics.insert(0, messages::no_header(span_of(id, scan, 0)));
    }
    let mut seen = false;
    for placed in &out.items {
        if let Item::Header(version) = &placed.item {
            if seen {
                out.diagnostics.push(messages::second_header(placed.at.0));
            } else if version.text != "1" {
                out.diagnostics.push(messages::other_version(version.at.0, &version.text));
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
        let problem = messages::too_deep(span_of(id, scan, chunk.from), MAX_DEPTH);
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
            let stop = messages::Stop { id, text, scan, chunk, at: scan.at(lo + at), expected, forgotten };
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

fn names(cx: &Cx<'_>, pair: P<'_>) -> Vec<Name> {
    inner(pair).filter(|p| p.as_rule() == Rule::name).map(|p| cx.name(&p)).collect()
}

fn item(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let rule = pair.as_rule();
    match rule {
        Rule::header => {
            let version = inner(pair).find(|p| p.as_rule() == Rule::int)?;
            Some(Item::Header(Text { text: version.as_str().to_owned(), at: cx.at(&version) }))
        }
        Rule::category => Some(Item::Category(node(cx, inner(pair).find(|p| p.as_rule() == Rule::node)?)?)),
        Rule::purpose => purpose(cx, pair),
        Rule::promise => promise(cx, pair),
        Rule::bind => bind::block(cx, pair),
        Rule::test => test(cx, pair),
        Rule::waiver => waiver(cx, pair),
        Rule::forbidden => {
            let purpose = inner(pair.clone())
                .filter(|p| p.as_rule() == Rule::forbidden_kind)
                .flat_map(inner)
                .any(|p| p.as_rule() == Rule::k_purpose);
            let Head { name, text, .. } = head(cx, pair);
            let name = name?;
            Some(if purpose { Item::ForbiddenPurpose { name, text } } else { Item::ForbiddenRecipient { name, text } })
        }
        _ => declaration(cx, pair),
    }
}

/// What most declarations begin with.
#[derive(Default)]
struct Head<'i> {
    name: Option<Name>,
    text: Option<Text>,
    rest: Vec<P<'i>>,
}

fn head<'i>(cx: &Cx<'_>, pair: P<'i>) -> Head<'i> {
    let mut out = Head::default();
    for p in inner(pair) {
        match p.as_rule() {
            Rule::name if out.name.is_none() => out.name = Some(cx.name(&p)),
            Rule::text if out.text.is_none() => out.text = Some(cx.text(&p)),
            _ => out.rest.push(p),
        }
    }
    out
}

fn declaration(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let rule = pair.as_rule();
    let Head { name, text, rest } = head(cx, pair);
    let rest: Vec<P<'_>> = rest.into_iter().filter(|p| !p.as_str().is_empty()).collect();
    Some(match rule {
        Rule::import => Item::Import(text?),
        Rule::controller => {
            let dpo = rest.into_iter().find(|p| p.as_rule() == Rule::dpo);
            Item::Controller(text?, dpo.and_then(|p| texts(cx, p).pop()))
        }
        Rule::subject => {
            let mut rights = Vec::new();
            let mut block = false;
            for p in rest {
                match p.as_rule() {
                    Rule::rights => {
                        for r in inner(p).filter(|p| p.as_rule() == Rule::right) {
                            rights.push(ast::Right { right: cx.name(&r), except: Vec::new(), at: cx.at(&r) });
                        }
                    }
                    Rule::granted => {
                        block = true;
                        rights.extend(inner(p).filter_map(|p| granted(cx, p)));
                    }
                    _ => {}
                }
            }
            Item::Subject { name: name?, text, rights, block }
        }
        Rule::region => {
            let home = rest.iter().any(|p| p.as_rule() == Rule::home);
            let adequate = rest.into_iter().find(|p| p.as_rule() == Rule::adequate).and_then(|p| texts(cx, p).pop());
            Item::Region { name: name?, text, home, adequate }
        }
        Rule::recipient => {
            let body = rest.into_iter().find(|p| p.as_rule() == Rule::recipient_body);
            Item::Recipient { name: name?, text, clauses: body.map(|p| party(cx, p)) }
        }
        Rule::store => {
            let body = rest.into_iter().find(|p| p.as_rule() == Rule::store_body);
            Item::Store { name: name?, text, clauses: body.map(|p| party(cx, p)) }
        }
        Rule::audience => Item::Audience { name: name?, text },
        Rule::guard => {
            let narrows = rest.into_iter().find(|p| p.as_rule() == Rule::narrows).and_then(|p| {
                let mut names = names(cx, p).into_iter();
                Some((names.next()?, names.next()?))
            });
            Item::Guard { name: name?, text, narrows }
        }
        Rule::transform => {
            let mut from = None;
            let mut into = None;
            for p in rest {
                match p.as_rule() {
                    Rule::picks => from = Some(picks(cx, p)),
                    Rule::into => into = names(cx, p).pop(),
                    _ => {}
                }
            }
            Item::Transform { name: name?, text, from: from?, into }
        }
        _ => return None,
    })
}

fn texts(cx: &Cx<'_>, pair: P<'_>) -> Vec<Text> {
    inner(pair).filter(|p| p.as_rule() == Rule::text).map(|p| cx.text(&p)).collect()
}

fn node(cx: &Cx<'_>, pair: P<'_>) -> Option<ast::Node> {
    let at = cx.at(&pair);
    let Head { name, text, rest } = head(cx, pair);
    let mut out = ast::Node { name: name?, text, special: false, also: Vec::new(), children: Vec::new(), at };
    for p in rest {
        match p.as_rule() {
            Rule::special => out.special = true,
            Rule::also => out.also.extend(names(cx, p)),
            Rule::nodes => out.children.extend(inner(p).filter_map(|p| node(cx, p))),
            _ => {}
        }
    }
    Some(out)
}

fn granted(cx: &Cx<'_>, pair: P<'_>) -> Option<ast::Right> {
    let at = cx.at(&pair);
    let mut right = None;
    let mut except = Vec::new();
    for p in inner(pair) {
        match p.as_rule() {
            Rule::right => right = Some(cx.name(&p)),
            Rule::excepted => {
                let Head { name, text, .. } = head(cx, p);
                except.push((name?, text?));
            }
            _ => {}
        }
    }
    Some(ast::Right { right: right?, except, at })
}

fn party(cx: &mut Cx<'_>, pair: P<'_>) -> Vec<(PartyClause, At)> {
    let mut out = Vec::new();
    for p in inner(pair) {
        let at = cx.at(&p);
        let clause = match p.as_rule() {
            Rule::acts => {
                let said = p.as_str();
                Some(PartyClause::Acts(if said.ends_with("processor") {
                    Role::Processor
                } else if inner(p).any(|p| p.as_rule() == Rule::role && p.as_str().starts_with("joint")) {
                    Role::JointController
                } else {
                    Role::Controller
                }))
            }
            Rule::located if inner(p.clone()).any(|p| p.as_rule() == Rule::locally) => Some(PartyClause::Locally),
            Rule::located => Some(PartyClause::LocatedIn(names(cx, p))),
            Rule::contract => {
                let until = inner(p.clone()).find(|p| p.as_rule() == Rule::date).map(|p| (date(cx, &p), cx.at(&p)));
                texts(cx, p).pop().map(|text| PartyClause::Contract(text, until))
            }
            Rule::transfer => texts(cx, p).pop().map(PartyClause::Transfer),
            _ => None,
        };
        out.extend(clause.map(|c| (c, at)));
    }
    out
}

pub(super) fn date(cx: &mut Cx<'_>, pair: &P<'_>) -> Date {
    Date::parse(pair.as_str()).unwrap_or_else(|| {
        let problem = messages::no_such_day(cx.at(pair).0, pair.as_str());
        cx.problems.push(problem);
        Date { year: 1, month: 1, day: 1 }
    })
}

fn duration(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Duration> {
    let at = cx.at(&pair);
    let said = pair.as_str().to_owned();
    let mut count = None;
    let mut unit = None;
    for p in inner(pair) {
        match p.as_rule() {
            Rule::int => count = p.as_str().parse::<u32>().ok().filter(|&n| n <= 1_000_000),
            Rule::unit => {
                unit = match p.as_str().trim_end_matches('s') {
                    "hour" => Some(Unit::Hour),
                    "day" => Some(Unit::Day),
                    "week" => Some(Unit::Week),
                    "month" => Some(Unit::Month),
                    _ => Some(Unit::Year),
                }
            }
            _ => {}
        }
    }
    if count.is_none() {
        cx.problems.push(messages::too_long(at.0, &said));
    }
    Some(Duration { count: count.unwrap_or(0), unit: unit? })
}

pub(super) fn picks(cx: &Cx<'_>, pair: P<'_>) -> Picks {
    let mut out = Picks { any: None, names: Vec::new(), except: Vec::new(), at: cx.at(&pair) };
    for p in inner(pair) {
        match p.as_rule() {
            Rule::any => out.any = Some(p.as_str().to_owned()),
            Rule::name => out.names.push(cx.name(&p)),
            Rule::except | Rule::listed_except => out.except = names(cx, p),
            _ => {}
        }
    }
    out
}

pub(super) fn data(cx: &Cx<'_>, pair: P<'_>) -> Option<Data> {
    let at = cx.at(&pair);
    let mut lists = inner(pair).filter(|p| matches!(p.as_rule(), Rule::picks | Rule::listed)).map(|p| picks(cx, p));
    Some(Data { what: lists.next()?, of: lists.next(), at })
}

fn act(cx: &Cx<'_>, pair: P<'_>) -> Option<Act> {
    let at = cx.at(&pair);
    let mut verb = None;
    let mut what = None;
    let mut target = None;
    for p in inner(pair) {
        match p.as_rule() {
            Rule::verb_use => verb = Some(Verb::Use),
            Rule::verb_share => verb = Some(Verb::Share),
            Rule::verb_keep => verb = Some(Verb::Keep),
            Rule::verb_show => verb = Some(Verb::Show),
            Rule::data => what = data(cx, p),
            Rule::picks => target = Some(picks(cx, p)),
            _ => {}
        }
    }
    Some(Act { verb: verb?, data: what?, target, at })
}

fn guards(cx: &Cx<'_>, pair: P<'_>) -> ast::Guards {
    inner(pair)
        .filter(|p| p.as_rule() == Rule::guards)
        .flat_map(inner)
        .filter(|p| p.as_rule() == Rule::any_of)
        .map(|p| names(cx, p))
        .collect()
}

/// Gathers the parts of a flow or of a rule; `true` where the pair was one of them.
fn flow_part(cx: &mut Cx<'_>, flow: &mut Flow, p: P<'_>) {
    match p.as_rule() {
        Rule::outside => flow.outside = names(cx, p).pop(),
        Rule::longer => flow.longer = inner(p).find(|p| p.as_rule() == Rule::duration).and_then(|p| duration(cx, p)),
        Rule::purposes => flow.purposes = inner(p).find(|p| p.as_rule() == Rule::picks).map(|p| picks(cx, p)),
        Rule::given => flow.given.extend(names(cx, p)),
        Rule::without => flow.without.extend(names(cx, p)),
        Rule::from => flow.from = names(cx, p).pop(),
        _ => {}
    }
}

fn empty_flow(act: Act, at: At) -> Flow {
    Flow { act, outside: None, longer: None, purposes: None, given: Vec::new(), without: Vec::new(), from: None, at }
}

fn flow(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Flow> {
    let at = cx.at(&pair);
    let mut parts = inner(pair);
    let mut out = empty_flow(act(cx, parts.next()?)?, at);
    for p in parts {
        flow_part(cx, &mut out, p);
    }
    Some(out)
}

fn promise(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let at = cx.at(&pair);
    let must = pair.as_str().starts_with("must");
    let mut out = None;
    let mut unless = Vec::new();
    let mut text = None;
    for p in inner(pair) {
        match (p.as_rule(), &mut out) {
            (Rule::act, _) => out = Some(empty_flow(act(cx, p)?, at)),
            (Rule::unless, _) => unless = guards(cx, p),
            (Rule::text, _) => text = Some(cx.text(&p)),
            (_, Some(flow)) => flow_part(cx, flow, p),
            (_, None) => {}
        }
    }
    Some(Item::Rule { must, flow: out?, unless, text })
}

fn purpose(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let Head { name, text, rest } = head(cx, pair);
    let mut clauses = Vec::new();
    for p in rest.into_iter().filter(|p| p.as_rule() == Rule::body).flat_map(inner) {
        let at = cx.at(&p);
        let made = match p.as_rule() {
            Rule::about => inner(p).find(|p| p.as_rule() == Rule::picks).map(|p| Clause::About(picks(cx, p))),
            Rule::basis => basis(cx, p),
            Rule::behalf => names(cx, p).pop().map(Clause::Behalf),
            Rule::condition => texts(cx, p).pop().map(Clause::Condition),
            Rule::notice => texts(cx, p).pop().map(Clause::Notice),
            Rule::requires => Some(Clause::Requires(guards(cx, p))),
            Rule::compatible => {
                let Head { name, text, .. } = head(cx, p);
                name.zip(text).map(|(n, t)| Clause::Compatible(n, t))
            }
            Rule::grant => grant(cx, p),
            _ => None,
        };
        clauses.extend(made.map(|c| (c, at)));
    }
    Some(Item::Purpose { name: name?, text, clauses })
}

fn basis(cx: &Cx<'_>, pair: P<'_>) -> Option<Clause> {
    let mut ground = None;
    let mut text = None;
    for p in inner(pair) {
        match p.as_rule() {
            Rule::ground => {
                let found = match p.as_str().get(..3) {
                    Some("con") if p.as_str() == "consent" => Ground::Consent,
                    Some("con") => Ground::Contract,
                    Some("vit") => Ground::VitalInterests,
                    Some("pub") => Ground::PublicTask,
                    _ if p.as_str().starts_with("legal") => Ground::LegalObligation,
                    _ => Ground::LegitimateInterests,
                };
                ground = Some((found, cx.at(&p)));
            }
            Rule::text => text = Some(cx.text(&p)),
            _ => {}
        }
    }
    ground.map(|(g, at)| Clause::Basis(g, text, at))
}

fn grant(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Clause> {
    let (mut done, mut limit, mut after, mut given, mut text) = (None, None, None, Vec::new(), None);
    for p in inner(pair) {
        match p.as_rule() {
            Rule::act => done = act(cx, p),
            Rule::limit => {
                for p in inner(p) {
                    match p.as_rule() {
                        Rule::duration => limit = duration(cx, p),
                        Rule::text => after = Some(cx.text(&p)),
                        _ => {}
                    }
                }
            }
            Rule::given_all => given = guards(cx, p),
            Rule::text => text = Some(cx.text(&p)),
            _ => {}
        }
    }
    Some(Clause::Grant { act: done?, limit, after, given, text })
}

fn test(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let Head { text, rest, .. } = head_text(cx, pair);
    let mut expectations = Vec::new();
    for p in rest.into_iter().filter(|p| p.as_rule() == Rule::test_body).flat_map(inner) {
        let at = cx.at(&p);
        let allow = p.as_str().starts_with("allow");
        let flow = inner(p).find(|p| p.as_rule() == Rule::flow).and_then(|p| flow(cx, p));
        expectations.extend(flow.map(|f| (allow, f, at)));
    }
    Some(Item::Test { text: text?, expectations })
}

/// Like [`head`], for declarations that begin with a keyword and a text.
fn head_text<'i>(cx: &Cx<'_>, pair: P<'i>) -> Head<'i> {
    let mut out = Head::default();
    for p in inner(pair) {
        match p.as_rule() {
            Rule::text if out.text.is_none() => out.text = Some(cx.text(&p)),
            _ => out.rest.push(p),
        }
    }
    out
}

fn waiver(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let Head { text, rest, .. } = head_text(cx, pair);
    let mut clauses = Vec::new();
    for p in rest.into_iter().filter(|p| p.as_rule() == Rule::waiver_body).flat_map(inner) {
        let at = cx.at(&p);
        let rule = p.as_rule();
        let mut made = None;
        for p in inner(p) {
            made = match (rule, p.as_rule()) {
                (Rule::permits, Rule::flow) => flow(cx, p).map(ast::WaiverClause::Permits),
                (Rule::at, Rule::text) => Some(ast::WaiverClause::AtPath(cx.text(&p))),
                (Rule::at, Rule::rust) => {
                    let said = p.as_str().to_owned();
                    bind::rust(p).map(|t| ast::WaiverClause::AtRust(t, said))
                }
                (Rule::at, Rule::sql) => Some(ast::WaiverClause::AtSql(p.as_str().to_owned())),
                (Rule::owner, Rule::text) => Some(ast::WaiverClause::Owner(cx.text(&p))),
                (Rule::until, Rule::date) => Some(ast::WaiverClause::Until(date(cx, &p))),
                (Rule::because, Rule::text) => Some(ast::WaiverClause::Because(cx.text(&p))),
                _ => continue,
            };
        }
        clauses.extend(made.map(|c| (c, at)));
    }
    Some(Item::Waiver { text: text?, clauses })
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
            cx.problems.pop().map_or_else(|| made.ok_or_else(|| messages::no_meaning(span, text, None)), Err)
        }
        Err(_) => Err(messages::no_meaning(span, text, scan.tokens.first().map(|_| scan.text(text, 0)))),
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
            cx.problems.pop().map_or_else(|| made.ok_or_else(|| messages::no_question(span)), Err)
        }
        Err(error) => {
            let (at, expected) = place(&error);
            let chunk = Chunk { from: 0, to: scan.tokens.len() };
            let stop =
                messages::Stop { id: span.file, text, scan: &scan, chunk, at: scan.at(at), expected, forgotten: None };
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
        return Err(messages::no_meaning(span, "", None));
    }
    Ok((scan, ((span.hi - span.lo) as usize != text.len()).then_some(span)))
}
