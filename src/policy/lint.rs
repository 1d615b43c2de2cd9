//! Advice about a policy that is valid: it decides nothing.
//!
//! A lint is for what a careful colleague would say on reading the file. What is missing in the code (a name that
//! nothing binds, a permission that nothing uses) is not seen from here.

use crate::diag::Diagnostic;
use crate::source::Span;

use super::compile::list;
use super::lint_grants as grants;
use super::lint_unused::unused;
use super::resolved::*;
use super::types::*;

/// Days before the end of a contract, and of a waiver, when it begins to be mentioned.
const CONTRACT: i64 = 30;
const WAIVER: i64 = 14;

/// Advice on a policy, as of `day`, in the order of the files.
#[must_use]
pub fn lint(policy: &Policy, day: Date) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for p in policy.purposes.ids() {
        purpose(policy, p, &mut out);
    }
    grants::dead(policy, &mut out);
    unused(policy, &mut out);
    parties(policy, day, &mut out);
    promises(policy, &mut out);
    waivers(policy, day, &mut out);
    for t in policy.transforms.ids() {
        for step in policy.transforms.info(t).map_or(&[][..], |t| &t.steps) {
            if step.from.any && step.from.except.is_empty() {
                let message = format!("`{}` turns anything into something else", policy.transform_name(t));
                let label = "name what it turns, or everything that passes it is let go";
                out.push(Diagnostic::warning("P32", message, step.from.span, label));
            }
        }
    }
    super::resolve::sort(&mut out);
    out
}

/// Tests that hold for a reason that may pass.
#[must_use]
pub fn weak(results: &[TestResult]) -> Vec<Diagnostic> {
    let one = |result: &TestResult| {
        let codes: Vec<&str> = result.codes.iter().map(|r| r.code()).collect();
        let message = format!("this holds for some only by {}", codes.join(" and "));
        let label = "it fails once the contract or transfer is in order";
        Diagnostic::warning("P38", message, result.span, label).help("say it with `must not`")
    };
    results.iter().filter(|r| r.passed && r.weak).map(one).collect()
}

/// Whether a purpose is more than a heading for its children.
fn is_line(policy: &Policy, p: PurposeId) -> bool {
    let leaf = policy.purposes.down(p).len() == 1;
    leaf || policy.purposes.info(p).is_some_and(|i| !i.grants.is_empty())
}

fn purpose(policy: &Policy, p: PurposeId, out: &mut Vec<Diagnostic>) {
    let (Some(info), Some(node)) = (policy.purposes.info(p), policy.purposes.node(p)) else { return };
    if policy.forbidden_purpose(p).is_some() {
        return;
    }
    let name = &node.name;
    let line = is_line(policy, p);
    if line && policy.notice(p).is_none() && policy.on_behalf_of(p).is_none() {
        let label = "add: notice \"where people are told\"";
        let problem = Diagnostic::warning("P24", format!("nobody is told of purpose `{name}`"), node.span, label);
        out.push(problem.help("people are informed of every purpose when their data is collected (GDPR Art. 13, 14)"));
    }
    if line && !policy.subjects.is_empty() && policy.purposes.chain(p).iter().all(|q| about_of(policy, *q).is_none()) {
        let label = "add: about <people>";
        out.push(Diagnostic::warning("P30", format!("purpose `{name}` is about everybody"), node.span, label));
    }
    consent(policy, p, info, name, out);
    special(policy, p, name, node.span, out);
    widened(policy, p, info, out);
    objection(policy, p, name, node.span, out);
    if let Some((r, span)) = info.on_behalf_of
        && !matches!(policy.acts(r), Some((Role::Controller | Role::JointController, _)))
    {
        let who = policy.recipient_name(r);
        let problem = Diagnostic::warning("P35", format!("`{who}` is not said to be a controller"), span, "");
        out.push(problem.help(format!("in recipient `{who}` write: acts as controller")));
    }
    for grant in &info.grants {
        let dense = !grant.what.except.is_empty() && grant.whose.is_some();
        if dense && grant.span.hi - grant.span.lo > 80 {
            let label = "write two clauses, one without `except`";
            out.push(Diagnostic::warning("P34", "this clause is hard to read", grant.span, label));
        }
    }
}

fn about_of(policy: &Policy, p: PurposeId) -> Option<&Picks<SubjectId>> {
    policy.purposes.info(p)?.about.as_ref()
}

/// Consent that nothing checks.
fn consent(policy: &Policy, p: PurposeId, info: &Purpose, name: &str, out: &mut Vec<Diagnostic>) {
    let Some(basis) = policy.basis(p).filter(|b| b.ground == Ground::Consent) else { return };
    let checked = !policy.required_guards(p).is_empty()
        || (!info.grants.is_empty() && info.grants.iter().all(|g| !g.given.is_empty()));
    if checked
        || !is_line(policy, p)
        || out.iter().any(|d| d.code == "P25" && d.labels.iter().any(|l| l.span == basis.span))
    {
        return;
    }
    let mut problem = Diagnostic::warning(
        "P25",
        format!("purpose `{name}` rests on consent but nothing checks it"),
        basis.span,
        "add: requires <guard>",
    )
    .help("be able to demonstrate consent (GDPR Art. 7(1))");
    let guards: Vec<&str> = policy.guards.iter().take(8).map(|g| g.name.as_str()).collect();
    problem = match guards.as_slice() {
        [] => problem.help("no guard is declared yet: guard consent_given \"Ticked the box\""),
        guards => problem.help(format!("guards declared so far: {}", guards.join(", "))),
    };
    out.push(problem);
}

/// Special data without a condition.
fn special(policy: &Policy, p: PurposeId, name: &str, span: Span, out: &mut Vec<Diagnostic>) {
    if policy.condition(p).is_some() {
        return;
    }
    let info = policy.purposes.info(p);
    let mut uses = info.map_or(&[][..], |i| &i.grants).iter().filter(|g| g.verb == Verb::Use);
    let touched = uses.find(|g| list(&policy.categories, &g.what).meets(&policy.compiled.special));
    if let Some(grant) = touched {
        let label = "add: condition \"Art. 9(2)…\"";
        let problem =
            Diagnostic::warning("P28", format!("purpose `{name}` uses special data without a condition"), span, label)
                .label(grant.span, "this includes data marked special");
        out.push(problem.help("special data needs one of the conditions of GDPR Art. 9(2)"));
    }
}

/// A child that names people its parent is not about.
fn widened(policy: &Policy, p: PurposeId, info: &Purpose, out: &mut Vec<Diagnostic>) {
    let Some(about) = &info.about else { return };
    for q in policy.purposes.chain(p).into_iter().skip(1) {
        let Some(parent) = about_of(policy, q) else { continue };
        let mut extra = list(&policy.subjects, about);
        extra.minus(&list(&policy.subjects, parent));
        let names: Vec<&str> = policy
            .subjects
            .ids()
            .filter(|s| extra.contains(s.index()) && about.names.contains(s))
            .map(|s| policy.subject_name(s))
            .collect();
        if !names.is_empty() {
            let message = format!("`{}` is not about {}", policy.purpose_name(q), names.join(", "));
            let problem =
                Diagnostic::warning("P33", message, about.span, "a child may only narrow whom its parent is about");
            out.push(problem.help("these people are left out"));
            return;
        }
    }
}

/// The right to object, and no check of it.
fn objection(policy: &Policy, p: PurposeId, name: &str, span: Span, out: &mut Vec<Diagnostic>) {
    let ground = policy.basis(p).map(|b| b.ground);
    if !matches!(ground, Some(Ground::LegitimateInterests | Ground::PublicTask))
        || !is_line(policy, p)
        || !policy.required_guards(p).is_empty()
    {
        return;
    }
    let objects = |s: &SubjectId| {
        policy
            .rights(*s)
            .into_iter()
            .any(|r| r.name == "objection" && !r.except.iter().any(|(q, _)| policy.purposes.leq(p, *q)))
    };
    if let Some(who) = policy.about(p).into_iter().find(objects) {
        let who = policy.subject_name(who);
        let problem = Diagnostic::warning(
            "P37",
            format!("`{who}` may object to `{name}`, but nothing checks it"),
            span,
            "add: requires <guard>",
        );
        let except = format!("or say why not, at the subject: right objection except for {name} \"Art. 21(1) …\"");
        out.push(problem.help(except));
    }
}

fn parties(policy: &Policy, day: Date, out: &mut Vec<Diagnostic>) {
    let home = policy.regions.ids().any(|r| policy.regions.info(r).is_some_and(|i| i.home));
    for (i, node) in policy.recipients.iter().enumerate() {
        let id = RecipientId(i as u32);
        let Some(info) = policy.recipients.info(id) else { continue };
        if policy.forbidden_recipient(id).is_some() {
            continue;
        }
        place(policy, Target::Recipient(id), "recipient", node, info.located.is_empty(), home, out);
        contract(policy, id, info, node, day, out);
    }
    for (i, node) in policy.stores.iter().enumerate() {
        let id = StoreId(i as u32);
        let own = policy.stores.info(id).is_some_and(|s| s.located.is_empty());
        place(policy, Target::Store(id), "store", node, own, home, out);
    }
}

/// Where a recipient or store is; `inherits` where it does not say so itself.
fn place(
    policy: &Policy,
    target: Target,
    kind: &str,
    node: &Node,
    inherits: bool,
    home: bool,
    out: &mut Vec<Diagnostic>,
) {
    let located = policy.located(target);
    if located.is_empty() {
        let message = format!("it is not said where {kind} `{}` is", node.name);
        out.push(Diagnostic::warning("P29", message, node.span, "add: located in <region>, or located locally"));
        return;
    }
    if inherits || policy.transfer(target).is_some() {
        return;
    }
    for place in located {
        let Some(region) = place.region.filter(|r| !policy.is_covered(*r, None)) else { continue };
        if home {
            let message =
                format!("`{}` is in `{}`, for which nothing is adequate", node.name, policy.region_name(region));
            let problem = Diagnostic::warning("P27", message, place.span, "add: transfer \"the safeguard\"");
            out.push(problem.help("data may leave with a decision or safeguards only (GDPR Art. 44 to 49)"));
        } else {
            let message = "no region is your home";
            out.push(Diagnostic::warning("P36", message, place.span, "write at one region: home"));
            return;
        }
    }
}

fn contract(policy: &Policy, id: RecipientId, info: &Recipient, node: &Node, day: Date, out: &mut Vec<Diagnostic>) {
    let Some((Role::Processor, acts)) = policy.acts(id) else { return };
    let Some(contract) = policy.contract(id) else {
        if info.acts.is_some() {
            let message = format!("processor `{}` has no contract", node.name);
            let problem = Diagnostic::warning("P26", message, acts, "add: contract \"its reference\"");
            out.push(problem.help("a processor acts under a contract (GDPR Art. 28(3))"));
        }
        return;
    };
    let Some(until) = contract.until.filter(|_| info.contract.is_some()) else { return };
    let left = day.days_until(until);
    if left < 0 {
        let message = format!("the contract with `{}` ended on {until}", node.name);
        out.push(Diagnostic::warning("P21", message, contract.span, "renew it, or stop sharing"));
    } else if left <= CONTRACT {
        let message = format!("the contract with `{}` ends in {}", node.name, days(left));
        out.push(Diagnostic::warning("P21", message, contract.span, format!("its last day is {until}")));
    }
}

fn days(n: i64) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

fn promises(policy: &Policy, out: &mut Vec<Diagnostic>) {
    for promise in policy.promises.iter().filter(|p| p.text.is_none()) {
        let label = "add the reason at its end: \"Privacy notice 4\"";
        let problem = Diagnostic::warning("P23", "this promise does not say why", promise.span, label);
        out.push(problem.help("whoever meets it in a report wants to know what was promised, and where"));
    }
}

fn waivers(policy: &Policy, day: Date, out: &mut Vec<Diagnostic>) {
    for waiver in &policy.waivers {
        let left = day.days_until(waiver.until);
        let name = &waiver.text;
        if left < 0 {
            let message = format!("waiver \"{name}\" ended on {}", waiver.until);
            out.push(Diagnostic::warning("P22", message, waiver.span, "remove it; it permits nothing any more"));
        } else if left <= WAIVER {
            let message = format!("waiver \"{name}\" ends in {}", days(left));
            out.push(Diagnostic::warning("P22", message, waiver.span, format!("ask {}", waiver.owner)));
        }
        let any = waiver.permits.purposes.as_ref().is_none_or(|p| p.any);
        let whole = match &waiver.at {
            Some(WaiverAt::Rust(BindTarget::Rust { segments, .. })) => segments.len() < 2,
            Some(WaiverAt::Path(path)) => path.trim_matches(['*', '/']).is_empty(),
            Some(WaiverAt::Rust(_) | WaiverAt::Name(_)) | None => false,
        };
        if any || whole {
            let what = if any { "every purpose" } else { "a whole crate" };
            let message = format!("waiver \"{name}\" is for {what}");
            let label = "name the purpose and the module that need it";
            out.push(Diagnostic::warning("P31", message, waiver.permits.span, label));
        }
    }
}

/// What a code of a policy finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// `P05`.
    pub code: &'static str,
    /// `no-limit`.
    pub name: &'static str,
    /// Whether the policy is rejected; else it is advice.
    pub error: bool,
    /// One sentence.
    pub meaning: &'static str,
}

/// All codes that this room reports.
#[must_use]
pub fn codes() -> &'static [CodeInfo] {
    const fn code(code: &'static str, name: &'static str, error: bool, meaning: &'static str) -> CodeInfo {
        CodeInfo { code, name, error, meaning }
    }
    const CODES: &[CodeInfo] = &[
        code("B02", "bad-annotation", true, "An annotation in code cannot be read, or names nothing."),
        code("P01", "syntax", true, "A sentence cannot be read."),
        code("P02", "unknown-name", true, "A name is not declared."),
        code("P03", "wrong-kind", true, "A name is declared as something else than its place needs."),
        code("P04", "declared-twice", true, "A name is declared twice."),
        code("P05", "no-limit", true, "A `keeps` clause does not say for how long."),
        code("P06", "contradiction", true, "Two clauses say the same thing twice, or opposite things."),
        code("P07", "circle", true, "A category would be a kind of itself."),
        code("P08", "incompatible", true, "A purpose is compatible with one whose basis forbids it."),
        code("P09", "version", true, "The file does not begin with `purlin 1`."),
        code("P10", "import", true, "An imported file does not exist."),
        code("P11", "no-parent", true, "The parent of a dotted name is not declared."),
        code("P12", "kept-too-long", true, "A `keeps` clause is longer than a promise allows."),
        code("P13", "incomplete", true, "A clause or declaration lacks a part that it needs."),
        code("P14", "too-large", true, "A file or declaration is beyond what can be read."),
        code("P15", "not-a-label", true, "A place is bound to `anything` or to a list with `except`."),
        code("P16", "overlap", true, "One transform turns the same data into two things."),
        code("P20", "dead-permission", false, "A permission that can never count."),
        code("P21", "contract-ends", false, "A contract ended, or ends within 30 days."),
        code("P22", "waiver-ends", false, "A waiver ended, or ends within 14 days."),
        code("P23", "no-reason", false, "A promise does not say why."),
        code("P24", "no-notice", false, "A purpose does not say where people are told of it."),
        code("P25", "unchecked-consent", false, "A purpose rests on consent and requires no guard."),
        code("P26", "no-contract", false, "A processor has no contract."),
        code("P27", "no-safeguard", false, "A place outside home has neither decision nor safeguard."),
        code("P28", "no-condition", false, "A purpose uses special data and states no condition."),
        code("P29", "no-place", false, "A recipient or store does not say where it is."),
        code("P30", "about-everybody", false, "A purpose does not say whom it is about."),
        code("P31", "wide-waiver", false, "A waiver is for every purpose or a whole crate."),
        code("P32", "turns-anything", false, "A transform turns anything into something else."),
        code("P33", "wider-than-parent", false, "A purpose names people whom its parent is not about."),
        code("P34", "dense", false, "A long clause has both `except` and `of`."),
        code("P35", "not-a-controller", false, "A purpose acts on behalf of somebody who is not a controller."),
        code("P36", "no-home", false, "No region is `home`."),
        code("P37", "unchecked-objection", false, "People may object to a purpose, and no guard checks it."),
        code("P38", "weak-test", false, "A `deny` holds only because of a contract or a transfer."),
        code("P39", "unused-name", false, "A name that no sentence of the policy needs."),
        code("P40", "permits-nothing", false, "A purpose permits nothing."),
    ];
    CODES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_sorted() {
        let codes: Vec<&str> = codes().iter().map(|c| c.code).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
        let names: BTreeSet<&str> = super::codes().iter().map(|c| c.name).collect();
        assert_eq!(names.len(), codes.len());
    }
}
