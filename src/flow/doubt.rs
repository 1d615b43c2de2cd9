//! Why the engine is not certain of a flow: what on the way was guessed, cut or could be one of several.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interp::Cx;
use super::types::{Confidence, Reason};
use crate::ir::{Gap, GapKind, Name};
use crate::limits::DISPATCH;
use crate::link::infer::{How, Site, Target};
use crate::link::program::{Def, FuncId, Program, short};
use crate::source::Span;

/// A doubt, shared by all that it holds of.
pub type Doubt = Arc<Doubtful>;

/// What is not known, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubtful {
    /// What.
    pub why: Why,
    /// Where: the call or expression, if it is one.
    pub at: Option<Span>,
}

/// Whether a call is known by its name alone.
#[must_use]
pub(super) fn is_guessed(doubt: Option<&Doubt>) -> bool {
    doubt.is_some_and(|d| matches!(d.why, Why::Guessed(_)))
}

/// What is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A call of which nothing is known.
    Unknown(Name),
    /// A call of a value that may be any function.
    Callable,
    /// A call that is known by its name alone.
    Guessed(Name),
    /// An expression that is read past.
    Expression,
    /// A part by a key that is not written there.
    Key,
    /// A path of so many parts was cut.
    Cut(usize),
    /// Which part of a value it is was not kept apart.
    Merged,
    /// Recursive functions that were summed up to come to an end.
    Recursion,
    /// A call that may reach one of so many: impls of a trait, or functions of one name.
    Dispatch {
        /// How many.
        targets: usize,
        /// The trait; the function's name if they are not of one trait.
        name: Name,
        /// Whether they are impls of one trait.
        of_trait: bool,
    },
    /// A callable that is one of so many.
    Several(usize),
    /// Which channel of such messages it is.
    Channel,
    /// A value of another crate's generic type, of which nothing is known: it may be an id of what it names.
    Wrapper,
    /// A value of another crate's type, of which it is not known whether `{:?}` shows what it holds.
    Shown(Name),
    /// A call of which nothing is known but the type that it is told.
    Told(Name),
    /// A value of which a method may have taken hold before it went.
    Gone,
    /// An error of which type is not known, so neither what a question mark makes of it.
    Error,
    /// An answer that is made of an error, and of what a macro of the workspace puts beside it.
    Beside,
    /// A function that nothing here starts or calls.
    Uncalled(Name),
    /// Whether the template that is filled in shows this.
    Template {
        /// Whether there is none of which it is known that does not.
        known: bool,
    },
    /// Whether a log line goes to where all may go is decided where that is set up.
    Tapped,
    /// An attribute that may have what it stands on called from outside.
    Attribute(Name),
    /// A statement in the hands of a call that no model knows as one that runs statements.
    Wrapped(Name),
}

impl Why {
    /// How sure a flow is that rests on this.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        match self {
            Why::Dispatch { targets, .. } if *targets <= DISPATCH => Confidence::Likely,
            Why::Several(_)
            | Why::Channel
            | Why::Template { known: true }
            | Why::Tapped
            | Why::Wrapped(_)
            | Why::Attribute(_)
            | Why::Shown(_) => Confidence::Likely,
            _ => Confidence::Possible,
        }
    }

    /// This, at a place.
    #[must_use]
    pub fn at(self, span: Span) -> Doubt {
        Arc::new(Doubtful { why: self, at: Some(span) })
    }

    /// This, at no place of the code.
    #[must_use]
    pub fn anywhere(self) -> Doubt {
        Arc::new(Doubtful { why: self, at: None })
    }

    fn text(&self) -> String {
        let called = |name: &Name| match name.as_str() {
            "" => "a call".to_owned(),
            name => format!("`{}`", short(name)),
        };
        match self {
            Why::Unknown(name) => format!("{} is not understood", called(name)),
            Why::Callable => "what is called here is not known".to_owned(),
            Why::Guessed(name) => format!("{} is known by its name alone", called(name)),
            Why::Expression => "this expression is not understood".to_owned(),
            Why::Key => "which part this reads is not known".to_owned(),
            Why::Cut(parts) => format!("a path was cut at {parts} parts"),
            Why::Merged => "which part of a large value this is was not kept apart".to_owned(),
            Why::Recursion => "functions that call each other were summed up".to_owned(),
            Why::Dispatch { targets, name, of_trait: true } => format!("dispatched to {targets} impls of `{name}`"),
            Why::Dispatch { targets, name, .. } => format!("may reach any of {targets} functions named `{name}`"),
            Why::Several(n) => format!("what is called here is one of {n} functions"),
            Why::Channel => "which channel of such messages it is, is not known".to_owned(),
            Why::Wrapper => "what this type of another crate shows of what it names is not known".to_owned(),
            Why::Shown(name) => format!("whether `{{:?}}` of `{}` shows what it holds is not known", short(name)),
            Why::Gone => "whether this is still here when it goes is not known".to_owned(),
            Why::Beside => "what a macro puts beside this error in its answer is not read".to_owned(),
            Why::Error => "what this error becomes is not known".to_owned(),
            Why::Template { .. } => "whether the template that is filled in here shows this is not known".to_owned(),
            Why::Tapped => "which log lines go there is decided here".to_owned(),
            Why::Told(name) => format!("{} is told this type, and may give something else", called(name)),
            Why::Attribute(name) => format!("whether `#[{name}]` has this called from outside is not known"),
            Why::Uncalled(name) => format!("nothing here is seen to call {}", called(name)),
            Why::Wrapped(name) => format!("{} is given a statement, and may run it or not", called(name)),
        }
    }
}

impl Doubtful {
    /// As it is said to people.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason { what: self.why.text(), at: self.at }
    }
}

/// How sure a flow is, given its doubt.
#[must_use]
pub fn confidence(doubt: Option<&Doubt>) -> Confidence {
    doubt.map_or(Confidence::Certain, |d| d.why.confidence())
}

/// Adds a doubt on the way: the graver one stays; of equals the first.
pub fn add(have: &mut Option<Doubt>, more: Option<&Doubt>) {
    if confidence(more) < confidence(have.as_ref()) {
        *have = more.cloned();
    }
}

/// What a call as a whole leaves in doubt: it was found by name alone, or reaches one of several functions.
pub(super) fn of_call(cx: Cx<'_>, site: &Site, span: Span) -> Option<Doubt> {
    if site.how == How::Guessed {
        return Some(Why::Guessed(site.symbol.clone()).at(span));
    }
    let funcs: Vec<FuncId> =
        site.targets.iter().filter_map(|t| if let Target::Func(f) = t { Some(*f) } else { None }).collect();
    let first = funcs.first().filter(|_| funcs.len() > 1)?;
    let of =
        trait_of(cx.program, *first).filter(|t| funcs.iter().all(|f| trait_of(cx.program, *f).as_ref() == Some(t)));
    let of_trait = of.is_some();
    let name = of.or_else(|| cx.program.func(*first).map(|f| f.name.clone())).unwrap_or_default();
    Some(Why::Dispatch { targets: funcs.len(), name, of_trait }.at(span))
}

/// Calls that may reach more functions than are believed: one gap for each function that is called so.
pub(super) fn too_many_targets(cx: Cx<'_>) -> Vec<Gap> {
    let mut found: BTreeMap<&Name, (usize, Span)> = BTreeMap::new();
    for site in cx.typed.iter().flat_map(|t| &t.sites).filter(|s| s.targets.len() > DISPATCH) {
        if let Some(Target::Func(f)) = site.targets.first()
            && let Some(def) = cx.program.func(*f)
        {
            found.entry(&site.symbol).or_insert((site.targets.len(), def.span));
        }
    }
    let gap = |(name, (targets, span)): (&Name, (usize, Span))| Gap {
        span,
        what: format!("`{}` may be any of {targets} functions: what passes through it is only possible", short(name)),
        kind: GapKind::Limit,
    };
    found.into_iter().map(gap).collect()
}

/// The name of the trait that a function is declared in or implements.
fn trait_of(p: &Program, f: FuncId) -> Option<Name> {
    if let Some(t) = p.trait_of_method(f) {
        return p.trait_def(t).map(|d| d.name.clone());
    }
    match p.impl_trait.get(p.func_impl(f)?.0 as usize)?.as_ref()? {
        Def::Ext(path) => Some(path.rsplit("::").next().unwrap_or(path).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn the_graver_doubt_stays_and_of_equals_the_first() {
        let at = |lo| Span::new(FileId(0), lo, lo + 1);
        let several = |targets| Why::Dispatch { targets, name: "Repo".into(), of_trait: true }.at(at(1));
        let mut have = None;
        assert_eq!(confidence(have.as_ref()), Confidence::Certain);
        add(&mut have, Some(&several(40)));
        assert_eq!(confidence(have.as_ref()), Confidence::Likely);
        add(&mut have, Some(&Why::Key.at(at(2))));
        add(&mut have, Some(&several(41)));
        assert_eq!(have, Some(Why::Key.at(at(2))));
        add(&mut have, Some(&several(2)));
        add(&mut have, None);
        assert_eq!(have, Some(Why::Key.at(at(2))));
        assert_eq!(several(41).reason().what, "dispatched to 41 impls of `Repo`");
    }
}
