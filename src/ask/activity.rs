//! One line of the record of processing, with everything it inherits, in words.

use super::words::{and, human};
use crate::policy::{
    AudienceId, CategoryId, Date, Grant, Ground, GuardId, Id, Picks, Policy, PurposeId, RecipientId, RegionId, Role,
    StoreId, SubjectId, Target, Targets, Tree, Verb,
};

/// A purpose that is more than a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Activity {
    pub id: PurposeId,
    pub name: String,
    /// Its description, else its name.
    pub title: String,
    /// `consent`, `legal obligation (Bookkeeping Act …)`.
    pub basis: Option<String>,
    /// The controller for whom it is done.
    pub behalf: Option<String>,
    pub condition: Option<String>,
    pub notice: Option<String>,
    pub people: Vec<String>,
    pub data: Vec<String>,
    pub special: Vec<String>,
    pub compatible: Vec<String>,
    pub shares: Vec<Move>,
    pub shows: Vec<Move>,
    pub keeps: Vec<Move>,
    /// What is checked first.
    pub guards: Vec<String>,
    /// Parents on another basis: what they permit is permitted here too, and stands in their own line.
    pub also: Vec<String>,
}

/// Data that goes somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub data: String,
    /// The people, where they are not those of the purpose.
    pub people: Option<String>,
    pub target: Option<Target>,
    /// The target in words.
    pub to: String,
    /// `24 months after the last newsletter was opened`.
    pub limit: Option<String>,
    /// The law that sets the time, or another remark.
    pub text: Option<String>,
    /// `given …`.
    pub given: Option<String>,
}

/// All lines of the record, in the order of declaration.
pub(super) fn activities(policy: &Policy) -> Vec<Activity> {
    policy.purposes.ids().filter(|&p| is_line(policy, p)).map(|p| activity(policy, p)).collect()
}

fn is_line(policy: &Policy, p: PurposeId) -> bool {
    let own = policy.purposes.info(p).is_some_and(|i| !i.grants.is_empty() || !i.compatible.is_empty());
    policy.forbidden_purpose(p).is_none() && (own || policy.purposes.down(p).len() == 1)
}

fn activity(policy: &Policy, id: PurposeId) -> Activity {
    let node = policy.purposes.node(id);
    let name = policy.purpose_name(id).to_owned();
    let same =
        |q: &PurposeId| policy.basis(*q) == policy.basis(id) && policy.on_behalf_of(*q) == policy.on_behalf_of(id);
    let (chain, other): (Vec<PurposeId>, Vec<PurposeId>) = policy.purposes.chain(id).into_iter().partition(same);
    // The most general clause first, as the file would be read.
    let infos = || chain.iter().rev().filter_map(|q| policy.purposes.info(*q));
    let grants = |verb: Verb| infos().flat_map(|i| &i.grants).filter(move |g| g.verb == verb);
    let moves = |verb| grants(verb).flat_map(|g| movements(policy, g)).collect::<Vec<Move>>();
    let mut data: Vec<String> = Vec::new();
    let mut special: Vec<String> = Vec::new();
    for grant in grants(Verb::Use) {
        let whose = grant.whose.as_ref().map_or(String::new(), |w| format!(" of {}", people(policy, w)));
        data.push(format!("{}{whose}", categories(policy, &grant.what)));
        for c in grant.what.names.iter().filter(|c| policy.is_special(**c)) {
            special.push(category(policy, *c));
        }
    }
    Activity {
        title: node.and_then(|n| n.text.clone()).unwrap_or_else(|| human(&name)),
        basis: policy.basis(id).map(|b| {
            let text = b.text.as_ref().map_or(String::new(), |t| format!(" ({t})"));
            format!("{}{text}", b.ground.words())
        }),
        behalf: policy.on_behalf_of(id).map(|r| recipient(policy, r)),
        condition: policy.condition(id).map(|(t, _)| t.clone()),
        notice: policy.notice(id).map(|(t, _)| t.clone()),
        people: whose(policy, id),
        compatible: infos()
            .flat_map(|i| &i.compatible)
            .map(|c| format!("what {} uses ({})", policy.purpose_name(c.with), c.text))
            .collect(),
        shares: moves(Verb::Share),
        shows: moves(Verb::Show),
        keeps: moves(Verb::Keep),
        guards: guards(policy, &policy.required_guards(id)),
        also: other
            .into_iter()
            .filter(|q| policy.purposes.info(*q).is_some_and(|i| !i.grants.is_empty()))
            .map(|q| policy.purpose_name(q).to_owned())
            .collect(),
        id,
        name,
        data: unique(data),
        special: unique(special),
    }
}

/// Whom a purpose is about: the topmost groups.
fn whose(policy: &Policy, id: PurposeId) -> Vec<String> {
    let all = policy.about(id);
    let top = |s: &&SubjectId| !all.iter().any(|t| t != *s && policy.subjects.leq(**s, *t));
    all.iter().filter(top).map(|s| described(&policy.subjects, *s)).collect()
}

fn movements(policy: &Policy, grant: &Grant) -> Vec<Move> {
    let one = |target: Option<Target>, to: String| Move {
        data: categories(policy, &grant.what),
        people: grant.whose.as_ref().map(|w| people(policy, w)),
        target,
        to,
        limit: grant.limit.map(|l| {
            let after = grant.after.as_ref().map_or(String::new(), |a| format!(" after {a}"));
            format!("{l}{after}")
        }),
        text: grant.text.clone(),
        given: (!grant.given.is_empty()).then(|| and(&guards(policy, &grant.given))),
    };
    match &grant.targets {
        Some(Targets::Recipients(p)) if single(p) => {
            p.names.iter().map(|r| one(Some(Target::Recipient(*r)), recipient(policy, *r))).collect()
        }
        Some(Targets::Stores(p)) if single(p) => {
            p.names.iter().map(|s| one(Some(Target::Store(*s)), store(policy, *s))).collect()
        }
        Some(Targets::Audiences(p)) if single(p) => {
            p.names.iter().map(|a| one(Some(Target::Audience(*a)), audience(policy, *a))).collect()
        }
        Some(Targets::Recipients(p)) => vec![one(None, list(p, "anyone", &|r| recipient(policy, r)))],
        Some(Targets::Stores(p)) => vec![one(None, list(p, "anywhere", &|s| store(policy, s)))],
        Some(Targets::Audiences(p)) => vec![one(None, list(p, "anyone", &|a| audience(policy, a)))],
        None => Vec::new(),
    }
}

fn single<I>(picks: &Picks<I>) -> bool {
    !picks.any && picks.except.is_empty()
}

fn list<I: Id>(picks: &Picks<I>, any: &str, word: &dyn Fn(I) -> String) -> String {
    let names = |ids: &[I]| and(&ids.iter().map(|i| word(*i)).collect::<Vec<_>>());
    let all = if picks.any { any.to_owned() } else { names(&picks.names) };
    if picks.except.is_empty() { all } else { format!("{all} (except {})", names(&picks.except)) }
}

/// Data in words.
pub(super) fn categories(policy: &Policy, picks: &Picks<CategoryId>) -> String {
    list(picks, "all data", &|c| category(policy, c))
}

/// People in words.
pub(super) fn people(policy: &Policy, picks: &Picks<SubjectId>) -> String {
    list(picks, "everybody", &|s| human(policy.subject_name(s)))
}

/// A kind of data in words: its description, else its name.
pub(super) fn category(policy: &Policy, id: CategoryId) -> String {
    match policy.category_text(id) {
        Some(text) => text.to_owned(),
        None => human(policy.category_name(id)),
    }
}

fn described<I: Id, T>(tree: &Tree<I, T>, id: I) -> String {
    match tree.node(id) {
        Some(node) => match &node.text {
            Some(text) => format!("{} ({text})", human(&node.name)),
            None => human(&node.name),
        },
        None => String::new(),
    }
}

pub(super) fn recipient(policy: &Policy, id: RecipientId) -> String {
    human(policy.recipient_name(id))
}

fn store(policy: &Policy, id: StoreId) -> String {
    described(&policy.stores, id)
}

fn audience(policy: &Policy, id: AudienceId) -> String {
    described(&policy.audiences, id)
}

/// `Switched on news` or `Ticked the box`: one text for each group of guards.
fn guards(policy: &Policy, groups: &[Vec<GuardId>]) -> Vec<String> {
    let one = |g: &GuardId| match policy.guards.node(*g).and_then(|n| n.text.clone()) {
        Some(text) => text,
        None => human(policy.guard_name(*g)),
    };
    unique(groups.iter().map(|group| group.iter().map(one).collect::<Vec<_>>().join(" or ")).collect())
}

fn unique(mut words: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|w| seen.insert(w.clone()));
    words
}

/// The article of a ground.
pub(super) fn article(ground: Ground) -> &'static str {
    match ground {
        Ground::Consent => "Art. 6(1)(a)",
        Ground::Contract => "Art. 6(1)(b)",
        Ground::LegalObligation => "Art. 6(1)(c)",
        Ground::VitalInterests => "Art. 6(1)(d)",
        Ground::PublicTask => "Art. 6(1)(e)",
        Ground::LegitimateInterests => "Art. 6(1)(f)",
    }
}

/// The role of a recipient in words.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Processor => "processor",
        Role::Controller => "controller",
        Role::JointController => "joint controller",
    }
}

/// Where a target is, in words.
pub(super) fn places(policy: &Policy, target: Target) -> Vec<String> {
    let located = policy.located(target).iter();
    unique(
        located
            .map(|l| l.region.map_or_else(|| "where the data comes from".to_owned(), |r| region(policy, r)))
            .collect(),
    )
}

fn region(policy: &Policy, id: RegionId) -> String {
    match policy.regions.node(id).and_then(|n| n.text.clone()) {
        Some(text) => text,
        None => policy.region_name(id).to_uppercase(),
    }
}

/// The places of a target outside of home, each with what covers it: a decision or a safeguard.
pub(super) fn abroad(policy: &Policy, target: Target) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for place in policy.located(target) {
        let Some(id) = place.region else { continue };
        let above = policy.regions.chain(id);
        if above.iter().any(|r| policy.regions.info(*r).is_some_and(|i| i.home)) {
            continue;
        }
        let decision = above.iter().find_map(|r| policy.regions.info(*r)?.adequate.clone());
        let safeguard = policy.transfer(target).map(|(t, _)| t.clone());
        let cover = safeguard.or(decision).unwrap_or_else(|| "no decision and no safeguard".to_owned());
        out.push((region(policy, id), cover));
    }
    out.dedup();
    out
}

/// Role, place, contract and safeguard of a recipient: `processor, US, DPA-2024-117, …`.
pub(super) fn particulars(policy: &Policy, id: RecipientId, day: Date) -> String {
    let mut out = Vec::new();
    out.extend(policy.acts(id).map(|(r, _)| role(r).to_owned()));
    out.extend(places(policy, Target::Recipient(id)));
    if let Some(contract) = policy.contract(id) {
        let ended = contract.until.is_some_and(|until| until < day);
        out.push(format!("{}{}", contract.text, if ended { " (ended)" } else { "" }));
    }
    out.extend(policy.transfer(Target::Recipient(id)).map(|(t, _)| t.clone()));
    out.join(", ")
}
