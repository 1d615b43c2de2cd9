//! Methods of receivers whose type is not known: what their name alone may mean, which is a guess, and those of constants
//! of other crates by their path.

use smol_str::format_smolstr;

use super::calls::Args;
use super::unify::is_text;
use super::{How, Site, Target, Walk, signature};
use crate::ir::Name;
use crate::ir::body::Operand;
use crate::ir::items::TypeKind;
use crate::limits::{BY_NAME, DISPATCH};
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, Res, TypeId};
use crate::link::ty::Ty;
use crate::model::Row;

impl Walk<'_> {
    /// What a name alone may mean: for receivers of unknown type.
    pub(super) fn named_method(&mut self, name: &Name, args: Args<'_>, site: u32, out: &mut Site) {
        out.symbol = name.clone();
        out.by_name = true;
        let count = args.ops.len();
        let blanket = self.p.blanket_methods(name);
        if !blanket.is_empty() {
            self.guessed(&blanket, out);
            return self.unseen(args.ops);
        }
        if let Some(row) = self.universal(name, args) {
            let recv = args.tys.first().cloned().unwrap_or_default();
            self.row_call(row, &recv, args, out);
            if let Some(maker) = self.maker(args.ops.first()) {
                if self.models.row(row).is_some_and(Row::hands_over) {
                    out.symbol = format_smolstr!("{maker}::{name}");
                }
                self.handed_on.insert(site, maker);
            }
            if matches!(name.as_str(), "into" | "try_into") {
                // Whatever it is made of: what it becomes says by whom.
                self.asked_for(name, args, site, out);
            }
            if is_comparison(name) {
                // Builders of queries have these names, too, and give conditions.
                out.ret = self.fresh();
            }
            return self.written_result(name, args, out);
        }
        if self.constant(args.ops.first()).is_some() {
            // A value of another crate has no method of ours, unless a trait of ours gives it.
            self.turbofish(name, args, out);
            return self.unseen(args.ops);
        }
        // What another crate makes is of none of our types, unless it was given it.
        let theirs = self.theirs(args.ops.first());
        // What a method asks a part of its own is not itself.
        let of_part = matches!(args.ops.first(), Some(Operand::Place(p)) if !p.is_whole());
        let itself = |f: &FuncId| of_part && *f == self.p.as_written(self.id);
        // Only what has generics can be given some.
        let told = !args.generics.is_empty();
        let fits = |f: &FuncId| {
            self.p.func(*f).is_some_and(|f| f.has_self && f.params.len() == count && !(told && f.generics.is_empty()))
        };
        let of_ours = |f: &FuncId| {
            let of = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize));
            matches!((of, &theirs), (Some(Ty::Adt(t, _)), Some(theirs)) if !theirs.contains(t))
        };
        let takes = |f: &FuncId| {
            fits(f) && !itself(f) && !of_ours(f) && self.may_take(*f, args.tys) && self.p.is_visible(*f, self.id)
        };
        let mut named: Vec<FuncId> = self.p.methods_named(name).iter().copied().filter(takes).collect();
        let is_async = |f: &FuncId| self.p.func(*f).is_some_and(|f| f.is_async);
        if named.iter().any(is_async) && self.is_no_future(site) {
            named.retain(|f| !is_async(f));
        }
        if !named.is_empty() && (named.len() <= BY_NAME || self.of_one_trait(&named)) {
            self.guessed(&named, out);
        } else {
            if let Some(maker) = self.maker(args.ops.first()) {
                out.symbol = format!("{maker}::{name}").into();
            }
            self.turbofish(name, args, out);
        }
        self.unseen(args.ops);
    }

    /// Whether a method may be given arguments of these types: a number is no text, and neither is a struct.
    fn may_take(&self, f: FuncId, tys: &[Ty]) -> bool {
        let takes = &signature(self.p, self.models, f).0;
        takes.iter().zip(tys).skip(1).all(|(takes, given)| match (self.plain(takes), self.plain(&self.head(given))) {
            // A struct may be borrowed as what it derefs to.
            (_, Some(Plain::Struct(_))) => true,
            (Some(takes), Some(given)) => takes == given,
            _ => true,
        })
    }

    /// What is plain about a type, if anything is.
    fn plain<'t>(&self, ty: &'t Ty) -> Option<Plain<'t>> {
        match ty {
            Ty::Ext(n, _) if is_text(n) => Some(Plain::Text),
            Ty::Ext(n, _) if matches!(n.as_str(), "bool" | "char") => Some(Plain::Other(n)),
            // Of a literal it may not be known which number it is.
            Ty::Ext(n, _) if is_primitive(n) => Some(Plain::Number),
            Ty::Adt(t, _) => match self.p.type_def(*t)?.kind {
                TypeKind::Struct(_) | TypeKind::Enum(_) => Some(Plain::Struct(*t)),
                TypeKind::Alias(_) => None,
            },
            _ => None,
        }
    }

    /// Whether functions are what impls make of one method of a trait here: then a call is dispatched to them.
    fn of_one_trait(&self, found: &[FuncId]) -> bool {
        let mut traits = found.iter().map(|f| self.p.trait_of_method(*f));
        found.len() <= DISPATCH && traits.next().is_some_and(|first| first.is_some() && traits.all(|t| t == first))
    }

    /// The call of another crate that gave a value of which nothing is known, or what it was taken out of, also where it
    /// was handed on since: what is called on it is below that, so that it is of that crate.
    fn maker(&self, op: Option<&Operand>) -> Option<Name> {
        let site = match op {
            Some(Operand::Place(p)) if p.is_whole() => {
                *self.made_by.get(&p.base).or_else(|| self.taken_from.get(&p.base))?
            }
            _ => return None,
        };
        let by = self.out.sites.get(site as usize)?;
        let own = || (by.targets.is_empty() && by.symbol.contains("::")).then(|| by.symbol.clone());
        self.handed_on.get(&site).cloned().or_else(own)
    }

    /// The path of a receiver that is a constant of another crate.
    fn constant(&self, receiver: Option<&Operand>) -> Option<&Name> {
        let Some(Operand::Path(id)) = receiver else { return None };
        match self.out.paths.get(id.0 as usize) {
            Some(Res { def: Some(Def::Ext(path)), .. }) => Some(path),
            _ => None,
        }
    }

    /// The row for a method of a constant of another crate of whose type nothing is said: `STANDARD.encode(x)`.
    pub(super) fn method_of_constant(&self, name: &str, args: Args<'_>) -> Option<(Name, u32)> {
        let path = format!("{}::{name}", self.constant(args.ops.first())?);
        let row = self.models.find_exact(&path, args.ops.len())?;
        Some((path.into(), row))
    }

    /// Functions that a name alone may mean. Nothing is built on a guess: their types say nothing.
    pub(super) fn guessed(&self, found: &[FuncId], out: &mut Site) {
        out.how = How::Guessed;
        out.targets = found.iter().flat_map(|f| self.p.reached(*f)).map(Target::Func).collect();
        if let Some(f) = found.first() {
            out.symbol = self.p.func_path(*f);
        }
    }
}

/// Types that are no others, whatever a call makes of its arguments.
#[derive(PartialEq, Eq)]
enum Plain<'t> {
    Text,
    Number,
    Other(&'t Name),
    Struct(TypeId),
}

/// Methods that compare.
fn is_comparison(name: &str) -> bool {
    matches!(name, "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "is_null" | "contains" | "like" | "is_in")
}
