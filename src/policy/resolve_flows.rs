//! The meaning of sentences about flows: promises, tests, waivers, questions; and of `bind` lines.

use crate::diag::Diagnostic;
use crate::source::Span;

use super::ast::{self, At, Item, MeaningKind, Placed, WaiverClause};
use super::names::{Kind, Names, Need};
use super::resolve_clauses as clauses;
use super::resolved::*;
use super::types::*;

/// `must not` and `should not`.
pub(super) fn promises(cx: &mut Names<'_>, policy: &mut Policy, items: &[Placed]) {
    for Placed { item, at } in items {
        let Item::Rule { must, flow, unless, text } = item else { continue };
        let (what, whose) = clauses::data(cx, &flow.act.data, flow.act.verb.word());
        let made = Promise {
            must: *must,
            verb: flow.act.verb,
            what,
            whose,
            targets: clauses::targets(cx, &flow.act),
            outside: flow.outside.as_ref().and_then(|n| cx.find(Kind::Region, n, Need::of("outside"))),
            longer: flow.longer,
            purposes: flow.purposes.as_ref().map(|p| cx.picks(Kind::Purpose, p, Need::of("for"))),
            unless: clauses::guards(cx, unless, "unless"),
            text: text.as_ref().map(|t| t.text.clone()),
            span: at.0,
        };
        goes_with_verb(cx, flow);
        if made.longer.is_some() && !made.unless.is_empty() {
            let message = "`longer than` says how long, `unless` when";
            cx.report(Diagnostic::error("P06", message, at.0, "write two promises"));
        }
        policy.promises.push(made);
    }
}

fn goes_with_verb(cx: &mut Names<'_>, flow: &ast::Flow) {
    if let Some(region) = flow.outside.as_ref().filter(|_| flow.act.verb == Verb::Show) {
        let message = "an audience is nowhere in particular";
        cx.report(Diagnostic::error("P06", message, region.at.0, "`outside` goes with `share` and `keep`"));
    }
    if flow.longer.is_some() && flow.act.verb != Verb::Keep {
        let message = format!("`longer than` goes with `keep`, not with `{}`", flow.act.verb.word());
        cx.report(Diagnostic::error("P01", message, flow.act.at.0, "write: keep … longer than …"));
    }
}

/// A flow sentence.
pub(super) fn flow(cx: &mut Names<'_>, flow: &ast::Flow) -> FlowQuestion {
    let (what, whose) = clauses::data(cx, &flow.act.data, flow.act.verb.word());
    goes_with_verb(cx, flow);
    if flow.purposes.is_none() && flow.longer.is_none() {
        let problem = Diagnostic::error("P13", "for which purpose?", flow.at.0, "add a purpose: … for <purpose>")
            .help("to ask about all of them write: … for anything");
        cx.report(problem);
    }
    FlowQuestion {
        verb: flow.act.verb,
        what,
        whose,
        targets: clauses::targets(cx, &flow.act),
        outside: flow.outside.as_ref().and_then(|n| cx.find(Kind::Region, n, Need::of("outside"))),
        longer: flow.longer,
        purposes: flow.purposes.as_ref().map(|p| cx.picks(Kind::Purpose, p, Need::of("for"))),
        given: flow.given.iter().filter_map(|n| cx.find(Kind::Guard, n, Need::of("given"))).collect(),
        without: flow.without.iter().filter_map(|n| cx.find(Kind::Guard, n, Need::of("without"))).collect(),
        from: flow.from.as_ref().and_then(|n| cx.find(Kind::Region, n, Need::of("from"))),
        span: flow.at.0,
    }
}

/// `test "…" { … }`.
pub(super) fn tests(cx: &mut Names<'_>, policy: &mut Policy, items: &[Placed]) {
    for Placed { item, at } in items {
        let Item::Test { text, expectations } = item else { continue };
        let mut made = Vec::new();
        for (allow, sentence, At(span)) in expectations {
            let question = flow(cx, sentence);
            if *allow && !question.without.is_empty() {
                let label = "an `allow` already holds without any guard that it does not name after `given`";
                cx.report(Diagnostic::error("P06", "`without` only says something after `deny`", *span, label));
            }
            made.push(Expectation { allow: *allow, flow: question, span: *span });
        }
        policy.tests.push(Test { text: text.text.clone(), expectations: made, span: at.0 });
    }
}

/// `waiver "…" { … }`.
pub(super) fn waivers(cx: &mut Names<'_>, policy: &mut Policy, items: &[Placed]) {
    for Placed { item, at } in items {
        let Item::Waiver { text, clauses } = item else { continue };
        policy.waivers.extend(waiver(cx, text, clauses, at.0));
    }
}

fn waiver(cx: &mut Names<'_>, text: &ast::Text, list: &[(WaiverClause, At)], span: Span) -> Option<Waiver> {
    let (mut permits, mut place, mut owner, mut until, mut because) = (None, None, None, None, None);
    let set = |cx: &mut Names<'_>, taken: bool, word: &str, at: Span| {
        if taken {
            cx.report(Diagnostic::error("P06", format!("`{word}` is said twice"), at, "one of the two has to go"));
        }
    };
    for (clause, At(at)) in list {
        match clause {
            WaiverClause::Permits(sentence) => {
                set(cx, permits.is_some(), "permits", *at);
                permits = Some(flow(cx, sentence));
            }
            WaiverClause::AtPath(path) => {
                set(cx, place.is_some(), "at", *at);
                place = Some(WaiverAt::Path(path.text.clone()));
            }
            WaiverClause::AtRust(target, said) => {
                set(cx, place.is_some(), "at", *at);
                let name = !said.contains("::") && said != "crate" && !said.contains('(');
                place = Some(if name { WaiverAt::Name(said.clone()) } else { WaiverAt::Rust(target.clone()) });
            }
            WaiverClause::AtSql(said) => {
                set(cx, place.is_some(), "at", *at);
                place = Some(WaiverAt::Name(said.clone()));
            }
            WaiverClause::Owner(text) => {
                set(cx, owner.is_some(), "owner", *at);
                owner = Some(text.text.clone());
            }
            WaiverClause::Until(date) => {
                set(cx, until.is_some(), "until", *at);
                until = Some(*date);
            }
            WaiverClause::Because(text) => {
                set(cx, because.is_some(), "because", *at);
                because = Some(text.text.clone());
            }
        }
    }
    let missing: Vec<&str> = [
        ("permits", permits.is_none()),
        ("owner", owner.is_none()),
        ("until", until.is_none()),
        ("because", because.is_none()),
    ]
    .into_iter()
    .filter_map(|(word, missing)| missing.then_some(word))
    .collect();
    if !missing.is_empty() {
        let problem = Diagnostic::error(
            "P13",
            format!("waiver \"{}\" does not say `{}`", text.text, missing.join("`, `")),
            text.at.0,
            format!("add: {}", missing.iter().map(|m| format!("{m} …")).collect::<Vec<_>>().join(", ")),
        )
        .help("an exception names what it permits, where, who answers for it, until when, and why");
        cx.report(problem);
    }
    Some(Waiver {
        text: text.text.clone(),
        permits: permits?,
        at: place,
        owner: owner?,
        until: until?,
        because: because?,
        span,
    })
}

/// `bind` lines.
pub(super) fn bindings(cx: &mut Names<'_>, policy: &mut Policy, items: &[Placed]) {
    for Placed { item, .. } in items {
        let Item::Bind(block) = item else { continue };
        policy.dialects.extend(block.dialect.as_ref().map(|name| SqlDialect {
            within: block.within.as_ref().map(|folder| folder.text.clone()),
            name: name.text.clone(),
            span: name.at.0,
        }));
        for line in &block.lines {
            let Some(meaning) = meaning(cx, &line.meaning, line.meaning_at.0) else { continue };
            let made =
                Binding { target: line.target.clone(), meaning, target_span: line.written.at.0, span: line.at.0 };
            policy.bindings.push(made);
        }
    }
    contradictions(cx, policy);
}

/// Two purposes at one place, or data that is also said not to be personal.
fn contradictions(cx: &mut Names<'_>, policy: &Policy) {
    let mut order: Vec<(String, usize)> =
        policy.bindings.iter().enumerate().map(|(i, b)| (format!("{:?}", b.target), i)).collect();
    order.sort();
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let lines: Vec<&Binding> = group.iter().filter_map(|(_, i)| policy.bindings.get(*i)).collect();
        let purpose = |b: &&&Binding| matches!(b.meaning, Meaning::Purpose(_));
        if let Some(first) = lines.iter().find(purpose)
            && let Some(other) = lines.iter().find(|b| purpose(b) && b.meaning != first.meaning)
        {
            let problem = Diagnostic::error(
                "P06",
                "two purposes are bound to one place",
                other.span,
                "name the one this code runs for",
            )
            .help(format!("the other is bound in {}", cx.place(first.span)));
            cx.report(problem);
        }
        let data = lines.iter().find(|b| matches!(b.meaning, Meaning::Data(_)));
        let not = lines.iter().find(|b| matches!(b.meaning, Meaning::NotPersonal));
        if let (Some(data), Some(not)) = (data, not) {
            let problem = Diagnostic::error(
                "P06",
                "this is bound to data and said not to be personal",
                not.span,
                "one of the two is wrong",
            )
            .help(format!("it is bound to data in {}", cx.place(data.span)));
            cx.report(problem);
        }
    }
}

/// What a place means.
pub(super) fn meaning(cx: &mut Names<'_>, said: &ast::Meaning, at: Span) -> Option<Meaning> {
    Some(match said {
        ast::Meaning::NotPersonal => Meaning::NotPersonal,
        ast::Meaning::Ours => Meaning::Ours,
        ast::Meaning::Library => Meaning::Library,
        ast::Meaning::Purge(name) => Meaning::Purge(cx.find(Kind::Store, name, Need::of("purge of"))?),
        ast::Meaning::Right(right, name) => {
            Meaning::Right(right.text.clone(), cx.find(Kind::Subject, name, Need::of("of"))?)
        }
        ast::Meaning::Labels(data) => Meaning::Data(labels(cx, data)?),
        ast::Meaning::Kind(kind, name, negated) => {
            if *negated && *kind != MeaningKind::Guard {
                cx.report(Diagnostic::error("P01", "only a guard can hold `if false`", at, "remove `if false`"));
                return None;
            }
            match kind {
                MeaningKind::Purpose => Meaning::Purpose(cx.find(Kind::Purpose, name, Need::of("purpose"))?),
                MeaningKind::Guard => Meaning::Guard(cx.find(Kind::Guard, name, Need::of("guard"))?, *negated),
                MeaningKind::Transform => Meaning::Transform(cx.find(Kind::Transform, name, Need::of("transform"))?),
                MeaningKind::Recipient => Meaning::Recipient(cx.find(Kind::Recipient, name, Need::of("recipient"))?),
                MeaningKind::Store => Meaning::Store(cx.find(Kind::Store, name, Need::of("store"))?),
                MeaningKind::Audience => Meaning::Audience(cx.find(Kind::Audience, name, Need::of("audience"))?),
                MeaningKind::Subject => Meaning::Subject(cx.find(Kind::Subject, name, Need::of("subject"))?),
            }
        }
    })
}

fn labels(cx: &mut Names<'_>, data: &ast::Data) -> Option<Vec<Label>> {
    for list in std::iter::once(&data.what).chain(&data.of) {
        let word = list.any.as_deref().or(if list.except.is_empty() { None } else { Some("except") });
        if let Some(word) = word {
            let problem = Diagnostic::error(
                "P15",
                format!("`{word}` is not a label"),
                list.at.0,
                "name what this place holds: contact.email of customer",
            );
            cx.report(problem);
            return None;
        }
    }
    let what: Vec<CategoryId> =
        data.what.names.iter().filter_map(|n| cx.find(Kind::Category, n, Need::of("as"))).collect();
    let whose: Vec<Option<SubjectId>> = match &data.of {
        None => vec![None],
        Some(of) => of.names.iter().filter_map(|n| cx.find(Kind::Subject, n, Need::of("of"))).map(Some).collect(),
    };
    let labels: Vec<Label> =
        what.iter().flat_map(|&category| whose.iter().map(move |&subject| Label { category, subject })).collect();
    (!labels.is_empty()).then_some(labels)
}
