//! The meaning of what stands inside declarations: parties, guards, transforms and purposes.

use crate::diag::Diagnostic;
use crate::source::Span;

use super::ast::{self, At, Clause, PartyClause};
use super::names::{Kind, Names, Need};
use super::resolved::*;
use super::set::Tree;
use super::types::*;

/// Reports a clause that may stand once and stands twice; keeps the first.
fn once<T>(cx: &mut Names<'_>, slot: &mut Option<T>, made: T, what: &str, at: Span, seen: &mut Vec<(String, Span)>) {
    if slot.is_none() {
        *slot = Some(made);
        seen.push((what.to_owned(), at));
        return;
    }
    let mut problem = Diagnostic::error("P06", format!("`{what}` is said twice"), at, "one of the two has to go");
    if let Some((_, first)) = seen.iter().find(|(w, _)| w == what) {
        problem = problem.label(*first, "said here first");
    }
    cx.report(problem);
}

/// The rights of a subject.
pub(super) fn rights(cx: &mut Names<'_>, list: &[ast::Right]) -> Vec<Right> {
    let mut out: Vec<Right> = Vec::new();
    for right in list {
        let except = right
            .except
            .iter()
            .filter_map(|(name, text)| Some((cx.find(Kind::Purpose, name, Need::of("except for"))?, text.text.clone())))
            .collect();
        if out.iter().any(|r| r.name == right.right.text) {
            let message = format!("the right of `{}` is said twice", right.right.text);
            cx.report(Diagnostic::error("P06", message, right.right.at.0, "once is enough"));
            continue;
        }
        out.push(Right { name: right.right.text.clone(), except, span: right.right.at.0 });
    }
    out
}

/// The clauses of a recipient or a store; the grammar sees to it that a store has only its own.
pub(super) fn recipient(cx: &mut Names<'_>, list: &[(PartyClause, At)]) -> Recipient {
    let mut out = Recipient::default();
    let mut seen = Vec::new();
    for (clause, At(span)) in list {
        match clause {
            PartyClause::Acts(role) => once(cx, &mut out.acts, (*role, *span), "acts as", *span, &mut seen),
            PartyClause::Locally => out.located.push(Located { region: None, span: *span }),
            PartyClause::LocatedIn(names) => {
                for name in names {
                    let region = cx.find(Kind::Region, name, Need::of("located in"));
                    out.located.extend(region.map(|r| Located { region: Some(r), span: *span }));
                }
            }
            PartyClause::Contract(text, until) => {
                let made = Contract { text: text.text.clone(), until: until.map(|(d, _)| d), span: *span };
                once(cx, &mut out.contract, made, "contract", *span, &mut seen);
            }
            PartyClause::Transfer(text) => {
                once(cx, &mut out.transfer, (text.text.clone(), *span), "transfer", *span, &mut seen);
            }
        }
    }
    out
}

/// `narrows s to s.child`.
pub(super) fn narrows(
    cx: &mut Names<'_>,
    (from, to): &(ast::Name, ast::Name),
    subjects: &Tree<SubjectId, ()>,
) -> Option<(SubjectId, SubjectId)> {
    let a: Option<SubjectId> = cx.find(Kind::Subject, from, Need::of("narrows"));
    let b: Option<SubjectId> = cx.find(Kind::Subject, to, Need::of("narrows … to"));
    let (a, b) = (a?, b?);
    if !subjects.leq(b, a) {
        let problem = Diagnostic::error(
            "P06",
            format!("`{}` is not a kind of `{}`", to.text, from.text),
            to.at.0,
            "a guard narrows people to some of them",
        )
        .help(format!("declare a group below it: subject {}.<name> \"…\"", from.text));
        cx.report(problem);
        return None;
    }
    Some((a, b))
}

/// `turns a into b`.
pub(super) fn step(
    cx: &mut Names<'_>,
    from: &ast::Picks,
    into: Option<&ast::Name>,
    span: Span,
) -> Option<TransformStep> {
    let from = cx.picks(Kind::Category, from, Need::of("turns"));
    let into = match into {
        None => None,
        Some(name) => Some(cx.find(Kind::Category, name, Need::of("into"))?),
    };
    Some(TransformStep { from, into, span })
}

/// Guards with alternatives.
pub(super) fn guards(cx: &mut Names<'_>, list: &ast::Guards, word: &str) -> Guards {
    list.iter()
        .map(|group| group.iter().filter_map(|name| cx.find(Kind::Guard, name, Need::of(word))).collect::<Vec<_>>())
        .filter(|group| !group.is_empty())
        .collect()
}

/// The preposition of a verb, and the kind of name it asks for.
fn target_of(verb: Verb) -> Option<(&'static str, Kind)> {
    match verb {
        Verb::Use => None,
        Verb::Share => Some(("with", Kind::Recipient)),
        Verb::Show => Some(("to", Kind::Audience)),
        Verb::Keep => Some(("in", Kind::Store)),
    }
}

/// The targets of a verb.
pub(super) fn targets(cx: &mut Names<'_>, act: &ast::Act) -> Option<Targets> {
    let list = act.target.as_ref()?;
    let (word, kind) = target_of(act.verb)?;
    let data = cx.slice(act.data.at.0);
    let need = Need { word, data };
    Some(match act.verb {
        Verb::Use => return None,
        Verb::Share => Targets::Recipients(cx.picks(kind, list, need)),
        Verb::Show => Targets::Audiences(cx.picks(kind, list, need)),
        Verb::Keep => Targets::Stores(cx.picks(kind, list, need)),
    })
}

/// Data and people of a sentence.
pub(super) fn data(cx: &mut Names<'_>, data: &ast::Data, word: &str) -> (Picks<CategoryId>, Option<Picks<SubjectId>>) {
    let what = cx.picks(Kind::Category, &data.what, Need::of(word));
    let whose = data.of.as_ref().map(|of| cx.picks(Kind::Subject, of, Need::of("of")));
    (what, whose)
}

/// The clauses of a purpose.
pub(super) fn purpose(cx: &mut Names<'_>, list: &[(Clause, At)]) -> Purpose {
    let mut out = Purpose::default();
    let mut seen = Vec::new();
    for (clause, At(span)) in list {
        match clause {
            Clause::About(picks) => {
                let made = cx.picks(Kind::Subject, picks, Need::of("about"));
                once(cx, &mut out.about, made, "about", *span, &mut seen);
            }
            Clause::Basis(ground, text, _) => {
                let made = Basis { ground: *ground, text: text.as_ref().map(|t| t.text.clone()), span: *span };
                once(cx, &mut out.basis, made, "basis", *span, &mut seen);
            }
            Clause::Behalf(name) => {
                if let Some(r) = cx.find(Kind::Recipient, name, Need::of("on behalf of")) {
                    once(cx, &mut out.on_behalf_of, (r, *span), "on behalf of", *span, &mut seen);
                }
            }
            Clause::Condition(text) => {
                once(cx, &mut out.condition, (text.text.clone(), *span), "condition", *span, &mut seen);
            }
            Clause::Notice(text) => once(cx, &mut out.notice, (text.text.clone(), *span), "notice", *span, &mut seen),
            Clause::Requires(list) => {
                let guards = guards(cx, list, "requires");
                out.requires.push(Requires { guards, span: *span });
            }
            Clause::Compatible(name, text) => {
                if let Some(with) = cx.find(Kind::Purpose, name, Need::of("compatible with")) {
                    out.compatible.push(Compatible { with, text: text.text.clone(), span: *span });
                }
            }
            Clause::Grant { act, limit, after, given, text } => {
                let made = grant(cx, act, *limit, after.as_ref(), given, text.as_ref(), *span);
                out.grants.push(made);
            }
        }
    }
    if let (Some(basis), Some((_, behalf))) = (&out.basis, &out.on_behalf_of) {
        let problem = Diagnostic::error(
            "P06",
            "this purpose has a legal basis and is somebody else's",
            *behalf,
            "`on behalf of` stands instead of `basis`",
        )
        .label(basis.span, "the basis")
        .help("as a processor you act on the controller's basis (GDPR Art. 28, 30(2))");
        cx.report(problem);
    }
    out
}

fn grant(
    cx: &mut Names<'_>,
    act: &ast::Act,
    limit: Option<Duration>,
    after: Option<&ast::Text>,
    given: &ast::Guards,
    text: Option<&ast::Text>,
    span: Span,
) -> Grant {
    let (what, whose) = data(cx, &act.data, act.verb.third());
    let targets = targets(cx, act);
    let said = cx.slice(act.data.at.0);
    match act.verb {
        Verb::Use => {}
        Verb::Share if act.target.is_none() => {
            no_target(cx, span, "with whom?", format!("add a recipient: shares {said} with <recipient>"));
        }
        Verb::Show if act.target.is_none() => {
            no_target(cx, span, "to whom?", format!("add an audience: shows {said} to <audience>"));
        }
        Verb::Keep if act.target.is_none() => {
            no_target(cx, span, "where?", format!("add a store: keeps {said} in <store> for 24 months"));
        }
        Verb::Keep if limit.is_none() => {
            let problem = Diagnostic::error("P05", "for how long?", span, "add a limit: … for 24 months").help(
                "storage must be limited (GDPR Art. 5(1)(e)); if the law sets it: … for 7 years \"Bookkeeping Act 7:2\"",
            );
            cx.report(problem);
        }
        Verb::Share | Verb::Show | Verb::Keep => {}
    }
    if let Some(limit) = limit.filter(|_| act.verb != Verb::Keep) {
        let message = format!("`{}` takes no time", act.verb.third());
        let label = format!("remove `for {limit}`, or write: keeps … in … for {limit}");
        cx.report(Diagnostic::error("P01", message, span, label));
    }
    Grant {
        verb: act.verb,
        what,
        whose,
        targets,
        limit,
        after: after.map(|t| t.text.clone()),
        given: guards(cx, given, "given"),
        text: text.map(|t| t.text.clone()),
        span,
    }
}

fn no_target(cx: &mut Names<'_>, span: Span, message: &str, label: String) {
    cx.report(Diagnostic::error("P13", message, span, label));
}
