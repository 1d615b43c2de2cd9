//! From the grammar's pairs to declarations, clauses and sentences.

use super::ast::{self, Act, At, Clause, Data, Flow, Item, Name, PartyClause, Picks, Text};
use super::messages_fixed;
use super::parse::{Cx, P, Rule, inner};
use super::parse_bind as bind;
use super::resolved::{Duration, Ground, Role, Unit};
use super::types::{Date, Verb};

fn names(cx: &Cx<'_>, pair: P<'_>) -> Vec<Name> {
    inner(pair).filter(|p| p.as_rule() == Rule::name).map(|p| cx.name(&p)).collect()
}

/// A declaration.
pub(super) fn item(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
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

fn date(cx: &mut Cx<'_>, pair: &P<'_>) -> Date {
    Date::parse(pair.as_str()).unwrap_or_else(|| {
        let problem = messages_fixed::no_such_day(cx.at(pair).0, pair.as_str());
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
        cx.problems.push(messages_fixed::too_long(at.0, &said));
    }
    Some(Duration { count: count.unwrap_or(0), unit: unit? })
}

/// A list of names.
fn picks(cx: &Cx<'_>, pair: P<'_>) -> Picks {
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

/// Data, perhaps of people.
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

/// A flow sentence.
pub(super) fn flow(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Flow> {
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
