//! Types that are not yet known, and what makes them known.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Walk;
use crate::ir::Name;
use crate::limits::TYPE_DEPTH;
use crate::link::names::is_primitive;
use crate::link::ty::{Ty, Tys, field_ty, head, is_map, payload, project};

/// What a variable may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any type.
    Any,
    /// A type of integers: a literal without suffix.
    Int,
    /// A type of floating-point numbers.
    Float,
}

#[derive(Clone, Debug)]
enum Slot {
    Free(Kind),
    Bound(Ty),
}

/// The variables of one function.
#[derive(Debug, Default)]
pub(super) struct Vars {
    slots: Vec<Slot>,
    /// Those that were asked to stand for two types: for the first of several objects of one trait, say.
    torn: FxHashSet<u32>,
}

/// What the generic parameters of one use of an item stand for.
pub(super) type Instance = Vec<(Name, Ty)>;

impl Vars {
    pub(super) fn fresh(&mut self, kind: Kind) -> Ty {
        self.slots.push(Slot::Free(kind));
        Ty::Var(self.slots.len() as u32 - 1)
    }

    /// A type with a variable for each part that is not known.
    pub(super) fn filled(&mut self, ty: &Ty) -> Ty {
        self.opened(ty, None)
    }

    /// A type with what its generic parameters stand for, and variables for what is not known.
    pub(super) fn instance(&mut self, ty: &Ty, of: &mut Instance) -> Ty {
        self.opened(ty, Some(of))
    }

    fn opened(&mut self, ty: &Ty, mut of: Option<&mut Instance>) -> Ty {
        let list = |vars: &mut Self, ts: &Tys, of: &mut Option<&mut Instance>| -> Tys {
            ts.iter().map(|t| vars.opened(t, of.as_deref_mut())).collect()
        };
        match ty {
            Ty::Unknown => self.fresh(Kind::Any),
            ty if ty.is_closed() => ty.clone(),
            Ty::Param(n) => match of {
                Some(of) => match of.iter().find(|(name, _)| name == n) {
                    Some((_, t)) => t.clone(),
                    None => {
                        let t = self.fresh(Kind::Any);
                        of.push((n.clone(), t.clone()));
                        t
                    }
                },
                None => ty.clone(),
            },
            Ty::Adt(t, a) if !a.is_empty() => Ty::Adt(*t, list(self, a, &mut of)),
            Ty::Ext(n, a) if !a.is_empty() => Ty::Ext(n.clone(), list(self, a, &mut of)),
            Ty::Tuple(a) if !a.is_empty() => Ty::Tuple(list(self, a, &mut of)),
            Ty::Fn(a, r) => Ty::Fn(list(self, a, &mut of), Arc::new(self.opened(r, of))),
            Ty::Assoc(x) => Ty::Assoc(Arc::new((self.opened(&x.0, of), x.1.clone()))),
            _ => ty.clone(),
        }
    }

    /// The type that a variable stands for, as far as it is known.
    fn follow(&self, ty: &Ty) -> Ty {
        self.meant(ty).clone()
    }

    fn meant<'t>(&'t self, mut ty: &'t Ty) -> &'t Ty {
        while let Some(t) = self.bound_to(ty) {
            ty = t;
        }
        ty
    }

    /// Whether nothing is known of a type.
    pub(super) fn is_open(&self, ty: &Ty) -> bool {
        matches!(self.meant(ty), Ty::Var(_) | Ty::Unknown)
    }

    fn bound_to(&self, ty: &Ty) -> Option<&Ty> {
        match ty {
            Ty::Var(v) => match self.slots.get(*v as usize) {
                Some(Slot::Bound(t)) => Some(t),
                _ => None,
            },
            _ => None,
        }
    }

    /// Notes that a variable should have stood for another type too.
    fn tear(&mut self, ty: &Ty) {
        let mut at = ty.clone();
        while let Ty::Var(v) = at {
            self.torn.insert(v);
            at = self.bound_to(&at).cloned().unwrap_or_default();
        }
    }

    fn is_torn(&self, ty: &Ty) -> bool {
        let mut at = Some(ty);
        while let Some(ty) = at {
            if matches!(ty, Ty::Var(v) if self.torn.contains(v)) {
                return true;
            }
            at = self.bound_to(ty);
        }
        false
    }

    pub(super) fn kind(&self, ty: &Ty) -> Kind {
        match ty {
            Ty::Var(v) => match self.slots.get(*v as usize) {
                Some(Slot::Free(k)) => *k,
                _ => Kind::Any,
            },
            _ => Kind::Any,
        }
    }

    fn bind(&mut self, var: u32, ty: Ty) {
        let fits = match (self.kind(&Ty::Var(var)), &ty) {
            (Kind::Any, t) => !self.occurs(var, t, 0),
            (kind, Ty::Var(other)) => {
                // A number stays one.
                if let Some(slot) = self.slots.get_mut(*other as usize)
                    && matches!(slot, Slot::Free(Kind::Any))
                {
                    *slot = Slot::Free(kind);
                }
                *other != var
            }
            (_, Ty::Ext(n, _)) => is_primitive(n) && !matches!(n.as_str(), "str" | "bool" | "char"),
            _ => false,
        };
        if let Some(slot) = self.slots.get_mut(var as usize)
            && fits
        {
            *slot = Slot::Bound(ty);
        }
    }

    pub(super) fn occurs(&self, var: u32, ty: &Ty, depth: u32) -> bool {
        let ty = self.meant(ty);
        match ty {
            Ty::Var(v) => *v == var,
            _ if depth > TYPE_DEPTH => true,
            Ty::Fn(a, r) => a.iter().chain([&**r]).any(|t| self.occurs(var, t, depth + 1)),
            Ty::Assoc(of) => self.occurs(var, &of.0, depth + 1),
            _ => ty.args().iter().any(|t| self.occurs(var, t, depth + 1)),
        }
    }
}

impl Walk<'_> {
    pub(super) fn fresh(&mut self) -> Ty {
        self.vars.fresh(Kind::Any)
    }

    /// The outermost layer of a type, as far as it is known.
    pub(super) fn head(&self, ty: &Ty) -> Ty {
        let ty = self.vars.follow(ty);
        match &ty {
            // A future is what it comes to.
            Ty::Param(n) => match self.promised.iter().find(|(name, _)| name == n) {
                Some((_, t)) => t.clone(),
                None => ty,
            },
            Ty::Assoc(of) => {
                let base = self.head(&of.0);
                let base = if matches!(base, Ty::Param(_)) { self.bound(&base) } else { base };
                project(self.p, self.models, &base, &of.1).map_or(ty, |t| self.vars.follow(&t))
            }
            Ty::Ext(n, args) => match self.once(n, args) {
                Some(inner) => inner,
                None => ty,
            },
            _ => ty,
        }
    }

    /// What is in a wrapper that is never put around itself, if that is the same wrapper.
    fn once(&self, name: &Name, args: &Tys) -> Option<Ty> {
        let [only] = &**args else { return None };
        let inner = self.vars.meant(only);
        let same = matches!(inner, Ty::Ext(n, _) if n == name);
        (same && self.models.type_model(name).is_some_and(|m| m.once)).then(|| self.head(inner))
    }

    /// As [`Walk::head`]; what says itself what it is is not copied.
    fn outermost<'t>(&self, ty: &'t Ty) -> Cow<'t, Ty> {
        match ty {
            Ty::Var(_) | Ty::Assoc(_) => Cow::Owned(self.head(ty)),
            Ty::Param(_) if !self.promised.is_empty() => Cow::Owned(self.head(ty)),
            Ty::Ext(n, args) => self.once(n, args).map_or(Cow::Borrowed(ty), Cow::Owned),
            ty => Cow::Borrowed(ty),
        }
    }

    /// A type without variables: what was never found is unknown, a number of no certain type the usual one.
    pub(super) fn known(&self, ty: &Ty) -> Ty {
        self.known_at(ty, false, 0)
    }

    /// As [`Walk::known`]; what was asked to be two types is not known.
    pub(super) fn sure(&self, ty: &Ty) -> Ty {
        self.known_at(ty, true, 0)
    }

    fn known_at(&self, ty: &Ty, sure: bool, depth: u32) -> Ty {
        if depth <= TYPE_DEPTH / 2 && ty.is_closed() {
            return ty.clone();
        }
        if depth > TYPE_DEPTH || sure && self.vars.is_torn(ty) {
            return Ty::Unknown;
        }
        let ty = self.head(ty);
        let list = |ts: &Tys| -> Tys { ts.iter().map(|t| self.known_at(t, sure, depth + 1)).collect() };
        match &ty {
            Ty::Var(_) => match self.vars.kind(&ty) {
                Kind::Any => Ty::Unknown,
                Kind::Int => Ty::ext("i32"),
                Kind::Float => Ty::ext("f64"),
            },
            Ty::Adt(t, a) if !a.is_empty() => Ty::Adt(*t, list(a)),
            Ty::Ext(n, a) if !a.is_empty() => Ty::Ext(n.clone(), list(a)),
            Ty::Tuple(a) if !a.is_empty() => Ty::Tuple(list(a)),
            Ty::Fn(a, r) => Ty::Fn(list(a), Arc::new(self.known_at(r, sure, depth + 1))),
            Ty::Assoc(of) => match self.known_at(&of.0, sure, depth + 1) {
                Ty::Unknown => Ty::Unknown,
                base => Ty::Assoc(Arc::new((base, of.1.clone()))),
            },
            _ => ty,
        }
    }

    /// A value of the type `have` goes where `want` is asked for.
    pub(super) fn unify(&mut self, want: &Ty, have: &Ty) {
        self.unify_at(want, have, 0);
    }

    /// Whether they are one type, as far as can be told; otherwise what asks for it may be any of two.
    fn unify_at(&mut self, want: &Ty, have: &Ty, depth: u32) -> bool {
        let fits = depth > TYPE_DEPTH || self.unify_heads(want, have, depth);
        if !fits {
            self.vars.tear(want);
        }
        fits
    }

    fn unify_heads(&mut self, want: &Ty, have: &Ty, depth: u32) -> bool {
        let (want, have) = (self.outermost(want), self.outermost(have));
        match (&*want, &*have) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (Ty::Var(a), Ty::Var(b)) if a == b => true,
            (Ty::Var(v), t) | (t, Ty::Var(v)) => {
                self.vars.bind(*v, t.clone());
                true
            }
            (Ty::Adt(a, x), Ty::Adt(b, y)) if a == b => self.unify_all(x, y, depth),
            (Ty::Ext(a, x), Ty::Ext(b, y)) if a == b => self.unify_all(x, y, depth),
            (Ty::Tuple(x), Ty::Tuple(y)) => self.unify_all(x, y, depth),
            (Ty::Fn(x, r), Ty::Fn(y, q)) => {
                let fits = self.unify_all(x, y, depth);
                self.unify_at(r, q, depth + 1) && fits
            }
            // A future given where something is run.
            (Ty::Fn(x, r), t) if x.is_empty() => self.unify_at(r, t, depth + 1),
            (Ty::Ext(n, x), t) if n == "Iter" => match (x.first(), self.item(t)) {
                (Some(x), Some(item)) => self.unify_at(x, &item, depth + 1),
                _ => true,
            },
            (want, have) => {
                // What is asked for may be behind a pointer.
                let mut at = have.clone();
                for _ in 0..4 {
                    match self.deref(&at) {
                        Some(t) => at = self.head(&t),
                        None => break,
                    }
                    if head(&at).is_some() && head(&at) == head(want) {
                        return self.unify_at(want, &at, depth + 1);
                    }
                }
                matches!(want, Ty::Traits(_) | Ty::Param(_) | Ty::Assoc(_)) || want == have
            }
        }
    }

    fn unify_all(&mut self, x: &[Ty], y: &[Ty], depth: u32) -> bool {
        x.iter().zip(y).fold(true, |fits, (a, b)| self.unify_at(a, b, depth + 1) && fits)
    }

    /// Whether a value of the type `have` may go where `want` is asked for, as far as can be told.
    pub(super) fn may_fit(&self, want: &Ty, have: &Ty) -> bool {
        self.may_fit_at(want, have, 0)
    }

    /// Whether it does without anything about `have` being taken for granted.
    pub(super) fn surely_fits(&self, want: &Ty, have: &Ty) -> bool {
        self.assumes_nothing(want, have, 0) && self.may_fit(want, have)
    }

    fn assumes_nothing(&self, want: &Ty, have: &Ty, depth: u32) -> bool {
        let (want, have) = (self.outermost(want), self.outermost(have));
        match (&*want, &*have) {
            _ if depth > TYPE_DEPTH => true,
            (Ty::Param(_) | Ty::Unknown | Ty::Var(_), _) => true,
            (_, Ty::Unknown | Ty::Var(_) | Ty::Param(_) | Ty::Assoc(_) | Ty::Traits(_)) => false,
            (x, y) => x.args().iter().zip(y.args()).all(|(a, b)| self.assumes_nothing(a, b, depth + 1)),
        }
    }

    fn may_fit_at(&self, want: &Ty, have: &Ty, depth: u32) -> bool {
        if depth > TYPE_DEPTH {
            return true;
        }
        let (want, have) = (self.outermost(want), self.outermost(have));
        let text = |t: &Ty| matches!(t, Ty::Ext(n, _) if is_text(n));
        match (&*want, &*have) {
            (Ty::Var(_), Ty::Ext(..)) if self.vars.kind(&want) != Kind::Any => true,
            (Ty::Ext(n, _), Ty::Var(_)) if self.vars.kind(&have) != Kind::Any => {
                is_primitive(n) && !matches!(n.as_str(), "str" | "bool" | "char")
            }
            (Ty::Adt(..), Ty::Var(_)) if self.vars.kind(&have) != Kind::Any => false,
            (Ty::Adt(a, x), Ty::Adt(b, y)) if self.p.may_be_another(*a, *b) => self.all_fit(x, y, depth),
            (Ty::Ext(a, x), Ty::Ext(b, y)) if a == b => self.all_fit(x, y, depth),
            (Ty::Tuple(x), Ty::Tuple(y)) => x.len() == y.len() && self.all_fit(x, y, depth),
            (Ty::Ext(..) | Ty::Adt(..) | Ty::Tuple(_), Ty::Ext(..) | Ty::Adt(..) | Ty::Tuple(_)) => {
                (text(&want) && text(&have)) || self.deref(&have).is_some_and(|t| self.may_fit_at(&want, &t, depth + 1))
            }
            _ => true,
        }
    }

    fn all_fit(&self, x: &[Ty], y: &[Ty], depth: u32) -> bool {
        x.iter().zip(y).all(|(a, b)| self.may_fit_at(a, b, depth + 1))
    }

    /// What iterating over a value of a type yields.
    pub(super) fn item(&self, ty: &Ty) -> Option<Ty> {
        let mut at = self.head(ty);
        for _ in 0..6 {
            match &at {
                Ty::Ext(n, args) if is_map(n) || self.models.is_keyed(n) => {
                    return Some(Ty::Tuple(args.iter().take(2).cloned().collect()));
                }
                Ty::Ext(n, args) if matches!(n.as_str(), "Arc" | "Rc" | "Box" | "Pin" | "Cow") => {
                    at = self.head(args.first()?);
                }
                Ty::Adt(..) => match project(self.p, self.models, &at, "Item") {
                    Some(t) => return Some(t),
                    None => at = self.head(&self.user_deref(&at)?),
                },
                Ty::Param(_) | Ty::Assoc(_) => {
                    let bound = self.bound(&at);
                    if matches!(bound, Ty::Unknown | Ty::Param(_) | Ty::Assoc(_)) {
                        return None;
                    }
                    at = bound;
                }
                _ => match payload(self.models, &at) {
                    Some(t) => return Some(t.clone()),
                    None => at = self.head(&self.deref(&at)?),
                },
            }
        }
        None
    }

    /// A field's type, with variables for what is not known.
    pub(super) fn field_of(&mut self, ty: &Ty, variant: Option<u32>, name: &str) -> Ty {
        let found = field_ty(self.p, self.models, ty, variant, name);
        self.vars.filled(&found)
    }
}

/// Whether a type is a text: which of them a value is may be told by what it derefs to.
pub(super) fn is_text(name: &str) -> bool {
    matches!(name, "str" | "String")
}
