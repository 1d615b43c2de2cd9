//! Data that is given to code of which nothing is known: what becomes of it cannot be seen, which is said.

use super::calls::Arg;
use super::interp::Interp;
use super::keyed::is_at;
use super::path::{Hop, Path, What};
use super::state::State;
use super::summary::{At, Closed, Kind, Outsider, Tgt};
use super::types::{Action, Confidence};
use super::value::{INSIDE, Info, Many, V, Value, join};
use super::waiting::{closed_leaves, fact_held, open_part, value_held, value_open, waiting_part};
use crate::ir::Name;
use crate::ir::body::View;
use crate::limits::WRAPPERS;
use crate::link::infer::Site;
use crate::link::names::is_primitive;
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, all_fields, is_foreign, payload, peel};
use crate::model::{CAUSE, Effect, ModelSet, PortBase, VEILED};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::Arc;

/// Types for which a crate without models, or one here that makes macros, may write methods, by a derive, an attribute
/// or a trait of its own, with that crate.
pub(super) fn written_by(p: &Program, models: &ModelSet) -> BTreeMap<TypeId, Name> {
    let unknown = |def: Option<&Def>| match def {
        Some(Def::Ext(path)) => {
            let (krate, _) = path.split_once("::")?;
            let ours = p.crates.iter().any(|c| c.name == krate);
            let unknown = !models.knows_crate(krate) || models.derive(path).is_some();
            (!ours && unknown).then(|| Name::from(krate))
        }
        _ => None,
    };
    let mut out = BTreeMap::new();
    for t in (0..p.types.len() as u32).map(TypeId) {
        let Some(def) = p.type_def(t) else { continue };
        let scope = p.type_module(t);
        let unknown = def.macros().find_map(|path| unknown(p.resolve(scope, &path).def.as_ref()));
        if let Some(krate) = unknown.or_else(|| p.macro_crates_of(t).first().map(|krate| (*krate).clone())) {
            out.insert(t, krate);
        }
    }
    for (of, by) in p.impl_self.iter().zip(&p.impl_trait) {
        if let (Ty::Adt(t, _), Some(krate)) = (of, unknown(by.as_ref())) {
            out.entry(*t).or_insert(krate);
        }
    }
    out
}

/// The data in a value, by its parts.
fn bare(v: &Value) -> V {
    let fields = v.fields.iter().map(|(n, part)| (n.clone(), bare(part))).collect();
    V::new(Value { facts: v.facts.clone(), fields, ..Value::default() })
}

/// The data in a part, as far as it is more than possible that it is there: of what is not, a method that is not known
/// says nothing new.
fn sure_part((name, part): &(Name, V)) -> (Name, V) {
    (name.clone(), bare(part).without_those(&|_, info| info.confidence() == Confidence::Possible))
}

impl Interp<'_> {
    /// A call that nothing explains is given its arguments.
    pub(super) fn given_away(&mut self, info: &Site, args: &[Arg], span: Span, st: &mut State) {
        let seeds = self.cx.seeds;
        let bound = seeds.sink_of(&info.symbol).is_some()
            || seeds.guard_ext.contains_key(&info.symbol)
            || seeds.transform_ext.contains_key(&info.symbol);
        if bound {
            return;
        }
        let Some(to) = self.outsider(info) else { return };
        let mut data = V::default();
        for (i, a) in args.iter().enumerate() {
            let v = self.whole(st, &a.v).data();
            let v = match i == 0 && info.method && !self.may_read_all(info) {
                true => V::new(Value { fields: v.fields.iter().map(sure_part).collect(), ..(*v).clone() }),
                false => v,
            };
            data = join(&data, &v);
        }
        self.give(to, &info.symbol, span, &data);
    }

    /// Whether a method that nothing explains is one of a value that it was made for: of another crate, or one of the
    /// workspace for which an unknown crate may write methods.
    fn may_read_all(&self, info: &Site) -> bool {
        match peel(self.cx.models, &info.recv) {
            Ty::Ext(n, _) => n.contains("::"),
            _ => self.may_be_written_by(info).is_some(),
        }
    }

    /// Adds what a method that nothing explains may give of its receiver: all that is in it, and its parts under their
    /// names, if it is the receiver in another form. What such a part is known for besides its data is not kept.
    pub(super) fn may_give(&self, v: &Value, ty: &Ty, out: &mut Value) {
        let told = |n: &str| n != INSIDE && !is_at(n);
        let parts: Many<(Name, V)> = v.fields.iter().filter(|(n, _)| told(n)).map(sure_part).collect();
        let all = Value { facts: v.facts.clone(), fields: parts, ..Value::default() };
        all.flatten_into(View::Full, out);
        v.field(VEILED).flatten_into(View::Full, out);
        let named = |name: &str| ![CAUSE, VEILED].contains(&name);
        if !all.fields.iter().any(|(n, part)| named(n) && part.has_facts()) {
            return;
        }
        for (name, part) in all.fields.iter().filter(|(n, _)| named(n)) {
            out.set_field(name, part.clone());
        }
        let Ty::Adt(t, _) = peel(self.cx.models, ty) else { return };
        for (_, name) in all_fields(self.cx.program, *t) {
            if v.listed(&name).is_none() {
                out.set_field(&name, bare(&v.field(&name)));
            }
        }
    }

    /// The crate without models that may write a method of a type of the workspace which nothing explains.
    fn may_be_written_by(&self, info: &Site) -> Option<&Name> {
        let Ty::Adt(t, _) = peel(self.cx.models, &info.recv) else { return None };
        let of_type = || info.symbol.starts_with(&*self.cx.program.type_path(*t));
        self.cx.written_by.get(t).filter(|_| info.method && of_type())
    }

    /// What a value of an unknown crate keeps by a row for receivers of which nothing is known is given to that crate.
    pub(super) fn kept_by_unknown(&mut self, row: u32, info: &Site, args: &[Arg], span: Span, st: &mut State) {
        let models = self.cx.models;
        let keeps = |e: &Effect| match e {
            Effect::Flow { from, to, .. } => from.base != to.base && to.base == PortBase::Arg(0),
            _ => false,
        };
        let Some(row) = models.row(row).filter(|row| row.path.starts_with("_::") && row.effects.iter().any(keeps))
        else {
            return;
        };
        let mut around = successors(Some(&info.recv), |ty| payload(models, ty)).take(WRAPPERS);
        let Some(Ty::Ext(ty, _)) = around.find(|ty| is_foreign(models, ty)) else { return };
        let name = row.path.trim_start_matches('_');
        let site = Site { symbol: format!("{ty}{name}").into(), ..info.clone() };
        self.given_away(&site, args, span, st);
    }

    /// A value that may be any function is called with these values.
    pub(super) fn given_to_any(&mut self, args: &[V], span: Span, st: &mut State) {
        let mut data = V::default();
        for a in args {
            data = join(&data, &self.whole(st, a).data());
        }
        let to = Outsider::Unknown(self.krate());
        self.give(to, &Name::default(), span, &data);
    }

    /// Notes what is given away: what is known here, and what depends on the callers or on what cells hold. For these it
    /// is one place for each crate, with the call as the last step to it. What a bound function does with what it is
    /// given, the line says that binds it.
    fn give(&mut self, to: Outsider, symbol: &Name, span: Span, data: &V) {
        if !self.gives_away() || !data.has_data() {
            return;
        }
        self.known_given(gives(self.id, to.clone(), symbol.clone(), span), data);
        if value_open(data) || value_held(data) {
            let hop = Path::hop(self.id, span, What::Through(symbol.clone()));
            let given = |i: &mut Info| {
                i.path = i.path.then(&hop);
                i.whose = None;
            };
            self.waiting_given(given_there(to), &data.map_info(&given));
        }
    }

    /// What a callee gives away, seen from here.
    pub(super) fn given_below(&mut self, kind: Arc<Kind>, data: &V) {
        if !self.gives_away() {
            return;
        }
        self.known_given(kind.clone(), data);
        self.waiting_given(kind, data);
    }

    /// Notes what is given away and depends on the caller, or on what cells hold.
    fn waiting_given(&mut self, kind: Arc<Kind>, data: &V) {
        if value_held(data) {
            self.keep_held(kind.clone(), waiting_part(data, fact_held));
        }
        if value_open(data) {
            self.keep_open(kind, open_part(data));
        }
    }

    /// Notes what is given away and known here: the first way there stands for all.
    fn known_given(&mut self, kind: Arc<Kind>, data: &V) {
        let mut leaves = Vec::new();
        closed_leaves(self.cx, data, false, &|_, _| false, &mut leaves);
        for (fact, info) in leaves {
            self.closed.entry((kind.clone(), fact)).or_insert(info);
        }
    }

    /// Whether what a callee gives away is told of it: where this function is bound it is not.
    pub(super) fn gives_away(&self) -> bool {
        !self.is_bound() && self.cx.seeds.probes.is_empty()
    }

    /// Whose code it is that a call which nothing explains runs. Nobody's that matters if models say that nothing of the
    /// crate keeps or sends, or it is a method of a number.
    fn outsider(&self, info: &Site) -> Option<Outsider> {
        let models = self.cx.models;
        let first = |path: &str| path.split_once("::").map(|(first, _)| Name::from(first));
        let by_type = || match peel(self.cx.models, &info.recv) {
            Ty::Ext(n, _) if info.method => first(n),
            _ => None,
        };
        if let Some(krate) = self.may_be_written_by(info) {
            return (!self.cx.seeds.libraries.contains(krate)).then(|| Outsider::Crate(krate.clone()));
        }
        let number = |ty: &Ty| matches!(peel(self.cx.models, ty), Ty::Ext(n, _) if n != "str" && is_primitive(n));
        // A map of numbers is none.
        let foreign = matches!(&info.recv, Ty::Ext(n, _) if n.contains("::"));
        if info.method && !foreign && number(&info.recv) {
            return None;
        }
        let named = first(info.symbol.trim_end_matches('!')).or_else(by_type);
        let program = self.cx.program;
        let Some(krate) = named.filter(|n| program.depends_on(program.func_module(self.id), n)) else {
            // A method of a type of std that no row has is one of a trait of somebody.
            let of_type = |n: &Name| n == "str" || n.starts_with(char::is_uppercase);
            let plain = |n: Name| !of_type(&n) && self.cx.models.is_plain(&n);
            return (!first(&info.symbol).is_some_and(plain)).then(|| Outsider::Unknown(self.krate()));
        };
        let ours = program.crates.iter().any(|c| c.name == krate);
        let library = |l: &Name| *l == info.symbol || *l == krate || info.symbol.starts_with(&format!("{l}::"));
        let may_keep =
            matches!(peel(models, &info.recv), Ty::Ext(n, _) if info.method && n.contains("::") && !models.is_plain(n));
        if models.is_plain(&info.symbol) && !may_keep || self.cx.seeds.libraries.iter().any(library) {
            return None;
        }
        Some(if ours { Outsider::Unknown(self.krate()) } else { Outsider::Crate(krate) })
    }

    /// Whether a line says what this function does with what it is given.
    fn is_bound(&self) -> bool {
        let (program, seeds) = (self.cx.program, self.cx.seeds);
        let own = program.func_impl(self.id).and_then(|i| program.impl_self.get(i.0 as usize));
        seeds.sinks.contains_key(&self.id)
            || seeds.transforms.contains_key(&self.id)
            || matches!(own, Some(Ty::Adt(t, _)) if seeds.sink_types.contains_key(t))
    }

    fn krate(&self) -> Name {
        let module = self.cx.program.func_module(self.id);
        self.cx.program.crate_of(module).map(|c| c.name.clone()).unwrap_or_default()
    }
}

/// The place of what is given away by a callee.
const NOWHERE: Span = Span { file: FileId(0), lo: 0, hi: 0 };

/// Something is given away by a callee: the last step says where.
fn given_there(to: Outsider) -> Arc<Kind> {
    gives(FuncId(0), to, Name::default(), NOWHERE)
}

/// Where something was given away: what is called, and the place.
pub(super) fn given_at(c: &Closed) -> (&Name, Span) {
    let at = &c.kind.at;
    match c.info.path.last() {
        Some(Hop { span, what: What::Through(symbol), .. }) if at.span == NOWHERE => (symbol, *span),
        _ => (&at.symbol, at.span),
    }
}

/// Something is given away here.
pub(super) fn gives(func: FuncId, to: Outsider, symbol: Name, span: Span) -> Arc<Kind> {
    Arc::new(Kind {
        action: Action::Share,
        target: Tgt::Opaque(to),
        at: At { func, span, symbol },
        purpose: None,
        load: false,
        home: None,
        view: None,
    })
}
