//! Places: reading and writing what a local, its parts and its borrows stand for.

use std::borrow::Cow;
use std::sync::Arc;

use super::beside::{behind, beside, by_position, content as content_of};
use super::calls::Arg;
use super::conditions::people;
use super::derefs::Leads;
use super::fresh::as_told;
use super::interp::{Interp, MAX_TOUCHES, is_temp};
use super::kinds::is_kind;
use super::must::{Held, Must, When};
use super::path::{Path, What};
use super::rvalues::peel_outer;
use super::state::State;
use super::text::{Shelf, Text, TextPiece};
use super::types::Confidence;
use super::value::{Base, Fact, Info, MAX_NEST, Many, Origin, V, Value, Way, Way1, joined, many};
use super::waiting::fact_open;
use crate::ir::Name;
use crate::ir::body::{Index, Operand, Place, Rvalue, Sel};
use crate::ir::items::TypeKind;
use crate::limits::{ASKED, DEREFS};
use crate::link::derefs::{coercion, field_behind, indexed, lacks, own_deref, pointed};
use crate::link::infer::{Typed, newtype_variant};
use crate::link::program::{Def, Program, TypeId};
use crate::link::ty::{
    Ty, all_fields, asked, content, field_ty, foreign_variant, is_map, is_tree, is_tuple_wrapper, payload, peel,
};
use crate::model::{KEY, ModelSet, VEILED};
use crate::source::Span;

/// Whether a value, or a part of it, comes from somewhere that is not known: a newtype or a tuple around it says as
/// little.
pub(super) fn may_be_outside(v: &Value) -> bool {
    let around = |n: &Name| if v.adt.is_some() { !beside(n) } else { by_position(n) || is_kind(n) };
    v.unknown
        || v.facts.iter().any(|(f, _)| fact_open(f))
        || v.fields.iter().any(|(n, part)| around(n) && may_be_outside(part))
}

/// What of the caller decides whether a value is of unknown origin, if nothing else does.
pub(super) fn given_by_caller(v: &Value) -> Vec<Option<Arc<Origin>>> {
    if v.unknown {
        let known =
            |(f, i): &(Fact, Info)| matches!(f.origin, Origin::Source(..)) && i.confidence() != Confidence::Possible;
        let nobody = !v.facts.iter().any(known);
        return vec![nobody.then(|| Arc::new(Origin::Bare))];
    }
    let open: Vec<_> = v.facts.iter().filter(|(f, _)| fact_open(f)).map(|(f, _)| f.origin.clone()).collect();
    if open.is_empty() || open.len() > ASKED {
        return vec![None];
    }
    open.into_iter().map(|o| Some(Arc::new(o))).collect()
}

/// Labels a value of unknown origin and each of its parts, but for parts of which all is known.
pub(super) fn declare(v: &mut Value, fact: &Fact, info: &Info) {
    v.add(fact.clone(), info.clone());
    for (_, part) in v.fields.iter_mut().filter(|(n, part)| !beside(n) && (!part.has_data() || may_be_outside(part))) {
        declare(Arc::make_mut(part), fact, info);
    }
}

/// What was in `Some` or `Ok`: that there was something tells nothing of it, unless it is an answer itself.
fn taken_out(models: &ModelSet, v: V, ty: &Ty) -> V {
    if is_answer(models, ty)
        && let Some(inside) = v.told_inside()
    {
        return Arc::new(Value { when: Some(Box::new(inside)), own: false, there: false, ..(*v).clone() });
    }
    let always = |w: &When| w.yes.is_everything() || w.no.is_everything();
    let answer = match ty {
        Ty::Unknown => !v.when.as_deref().is_some_and(always),
        ty => content(ty) != ty || *ty == Ty::ext("bool"),
    };
    if v.when.is_none() || answer {
        return v.inside();
    }
    Arc::new(Value { when: None, own: false, there: false, ..(*v).clone() })
}

/// Whether a value of a type may be `None` or `Err`, and what is in it may not.
pub(super) fn is_answer(models: &ModelSet, ty: &Ty) -> bool {
    asked(models, ty).is_some_and(|of| asked(models, content(of)).is_none())
}

/// Whether a name on values of a type is a key of a map: `m["a"]`.
fn by_text(ty: &Ty) -> bool {
    matches!(peel_outer(ty), Ty::Ext(n, _) if is_map(n))
}

/// The part of a value that a question mark goes on with (`Ok`) or gives back (`Err`), where that is not the value itself.
pub(super) fn side<'m>(models: &'m ModelSet, ty: &Ty, of: &str) -> Option<&'m str> {
    let Ty::Ext(n, _) = peel(models, ty) else { return None };
    models.type_model(n)?.parts.get(of).map(|part| part.as_str())
}

/// The type that a step of a place leads to, and the variant that it has found.
pub(super) fn step_ty(
    p: &Program,
    models: &ModelSet,
    typed: &Typed,
    ty: &Ty,
    variant: Option<u32>,
    sel: &Sel,
) -> (Ty, Option<u32>) {
    match sel {
        Sel::Field(_) if by_text(ty) => (payload(models, ty).cloned().unwrap_or_default(), None),
        Sel::Field(n) if n == "0" && is_tuple_wrapper(models, ty) => {
            (payload(models, ty).cloned().unwrap_or_default(), None)
        }
        Sel::Field(n) => (field_behind(p, models, peel(models, ty), variant, n), None),
        Sel::Index(_) if is_tree(peel(models, ty)) => (ty.clone(), None),
        Sel::Index(_) => match indexed(p, models, ty) {
            Some(list) => (payload(models, &list).cloned().unwrap_or_default(), None),
            None => (payload(models, ty).cloned().unwrap_or_default(), None),
        },
        Sel::As(path) => match typed.paths.get(path.0 as usize).and_then(|r| r.def.as_ref()) {
            Some(Def::Variant(t, v)) => {
                let held = peel(models, ty);
                let behind = coercion(p, models, held, &Ty::Adt(*t, [].into())).pop();
                (behind.and_then(|last| own_deref(p, models, &last)).unwrap_or_else(|| held.clone()), Some(*v))
            }
            _ => {
                let path = typed.paths.get(path.0 as usize);
                let variant = || path.and_then(|r| foreign_variant(models, ty, r));
                (newtype_variant(p, models, path).or_else(variant).unwrap_or_else(|| ty.clone()), None)
            }
        },
        Sel::Err => (asked(models, ty).and_then(|t| t.args().get(1)).cloned().unwrap_or_default(), None),
        Sel::Some => (content(asked(models, ty).unwrap_or(ty)).clone(), None),
        Sel::Deref | Sel::Slice(_) => (ty.clone(), variant),
    }
}

/// A part of a list by a range: of elements that are told apart those that are in it.
fn sliced(v: V, ends: Option<(u32, Option<u32>)>) -> V {
    if v.items.is_empty() || ends == Some((0, None)) {
        return v;
    }
    let within = |(from, to): (u32, Option<u32>)| {
        let to = to.map_or(v.items.len(), |to| to as usize);
        v.items.get(from as usize..to)
    };
    let items = ends.and_then(within).unwrap_or_default().iter().cloned().collect();
    Arc::new(Value { items, ..(*v).clone() })
}

/// The one at an index of a list of borrows that is written out.
fn borrow_at(list: &V, index: Option<&Index>) -> Option<V> {
    let Some(Index::Number(n)) = index.filter(|_| !list.refs.is_empty()) else { return None };
    list.items.get(n.parse::<usize>().ok()?).cloned()
}

impl<'a> Interp<'a> {
    /// The type of a place.
    pub(super) fn place_ty(&self, place: &Place) -> Cow<'a, Ty> {
        let mut ty = Cow::Borrowed(self.local_ty(place.base));
        let mut variant = None;
        for sel in &place.path {
            (ty, variant) = self.step_ty(&ty, variant, sel);
        }
        ty
    }

    /// The type of an operand that is a place; of others it is not asked.
    pub(super) fn operand_ty(&self, op: &Operand) -> Cow<'a, Ty> {
        match op {
            Operand::Place(p) => self.place_ty(p),
            _ => Cow::Borrowed(&Ty::Unknown),
        }
    }

    pub(super) fn step_ty(&self, ty: &Ty, variant: Option<u32>, sel: &Sel) -> (Cow<'a, Ty>, Option<u32>) {
        let (ty, variant) = step_ty(self.cx.program, self.cx.models, self.typed, ty, variant, sel);
        (Cow::Owned(ty), variant)
    }

    /// `.0` of a transparent wrapper is the value itself.
    fn is_wrapper_zero(&self, ty: &Ty, name: &str) -> bool {
        name == "0" && is_tuple_wrapper(self.cx.models, ty)
    }

    /// The name of a field inside a value of a type.
    fn part_name(&self, owner: &Ty, variant: Option<u32>, name: &Name) -> Name {
        let model = if let Ty::Ext(n, _) = owner { self.cx.models.type_model(n) } else { None };
        match model {
            Some(m) if name == "0" && m.veiled => VEILED.into(),
            Some(m) if let Some(part) = m.parts.get(name) => part.clone(),
            _ => field_name(self.cx.program, owner, variant, name),
        }
    }

    /// The value of a place.
    pub(super) fn read(&mut self, place: &Place, st: &mut State) -> V {
        let mut v = st.get(place.base);
        let mut ty = Cow::Borrowed(self.local_ty(place.base));
        let mut variant: Option<u32> = None;
        for sel in &place.path {
            match sel {
                Sel::Field(n) if self.is_wrapper_zero(&ty, n) => {}
                Sel::Field(n) if by_text(&ty) => {
                    let map = self.load(st, &v);
                    let map = self.at_of(&ty, n).map_or(map.clone(), |at| map.at_key(&at));
                    let list = content_of(self.cx.models, &map, &ty, KEY);
                    v = self.indexed(&list, None, st);
                }
                Sel::Field(n) => {
                    v = self.load(st, &v);
                    let owner = peel(self.cx.models, &ty);
                    let mut of_field = field_ty(self.cx.program, self.cx.models, owner, variant, n);
                    let lacks = of_field == Ty::Unknown && lacks(self.cx.program, owner, variant, n);
                    let behind = if lacks { self.having((owner, variant, n), &v, st) } else { None };
                    if let Some((through, target)) = behind {
                        of_field = field_ty(self.cx.program, self.cx.models, &target, variant, n);
                        v = self.field(&through, &target, variant, n, &of_field);
                    } else {
                        v = as_told(self.field(&v, owner, variant, n, &of_field));
                    }
                    (ty, variant) = (Cow::Owned(of_field), None);
                    continue;
                }
                Sel::Err => v = self.load(st, &v).field(side(self.cx.models, &ty, "Err").unwrap_or("Err")),
                Sel::Some if let Some(part) = side(self.cx.models, &ty, "Ok") => v = self.load(st, &v).field(part),
                Sel::Deref => v = behind(self.cx.models, &ty, &self.load(st, &v)),
                Sel::Slice(ends) => v = sliced(self.load(st, &v), *ends),
                Sel::Index(index) if let Some(one) = borrow_at(&v, index.as_ref()) => v = one,
                Sel::Index(index) => {
                    if let Some((list, of)) = self.of_elements(&v, &ty, st) {
                        (v, ty) = (list, Cow::Owned(of));
                    }
                    let mut list = self.load(st, &v);
                    let by = if let Some(Index::Local(l)) = index { st.get(*l) } else { V::default() };
                    let own = self.indexers(&ty, index.as_ref(), ("Index", "index"));
                    if !own.is_empty() {
                        let mut given = Vec::with_capacity(own.len());
                        for f in own {
                            given.push(self.inline(f, &[list.clone(), by.clone()], self.at, st));
                        }
                        v = joined(&given);
                        (ty, variant) = self.step_ty(&ty, variant, sel);
                        continue;
                    }
                    if matches!(peel_outer(&ty), Ty::Ext(n, _) if is_map(n)) {
                        self.looked_up(&ty, &list, &by, st);
                        list = content_of(self.cx.models, &list, &ty, KEY);
                    }
                    v = if is_tree(peel_outer(&ty)) {
                        self.in_tree(&list, index.as_ref(), st)
                    } else {
                        self.indexed(&list, index.as_ref(), st)
                    };
                }
                Sel::Some if matches!(asked(self.cx.models, &ty), Some(Ty::Ext(n, _)) if n == "Result") => {
                    v = content_of(self.cx.models, &v, &ty, "Err");
                }
                Sel::As(path) => {
                    if let Some(behind) = self.named_behind(*path, &ty, &v, st) {
                        v = behind;
                    }
                }
                Sel::Some => {}
            }
            (ty, variant) = self.step_ty(&ty, variant, sel);
            if *sel == Sel::Some {
                v = self.cx.as_chosen(taken_out(self.cx.models, v, &ty), &ty);
            }
        }
        v
    }

    /// A field of a value of a known type; `ty` is that of the field.
    pub(super) fn field(&self, v: &V, owner: &Ty, variant: Option<u32>, name: &Name, ty: &Ty) -> V {
        if let Ty::Ext(of, _) = owner
            && self.cx.seeds.foreign_fields.contains_key(of)
        {
            return self.foreign_field(v, of, name, self.at);
        }
        let part = v.field(&self.part_name(owner, variant, name));
        let Ty::Adt(t, _) = owner else { return part };
        let seed_key = (*t, variant, name.clone());
        let seeds = self.cx.seeds;
        let guard = seeds.guard_fields.get(&seed_key);
        let may_enter = v.unknown && !part.has_data() && !(v.read && self.cx.is_unread(*t, variant, name));
        let label = seeds.fields.get(&seed_key).filter(|_| may_enter);
        let part = if v.listed(name).is_none() { self.cx.as_chosen(part, ty) } else { part };
        let mut out = Arc::unwrap_or_clone(part);
        if let Some((g, negated)) = guard {
            let m = Must::of(Held::guard(*g, people(v.places())));
            let when = if *negated { When { no: m, ..When::default() } } else { When { yes: m, ..When::default() } };
            out.when = Some(Box::new(when));
        }
        if !self.cx.proofs.is_empty() {
            // One that is always there is held with the whole.
            if let Some((m, true)) = self.proof(ty, &people(v.places())) {
                out.add_truth(&m);
            }
        }
        if let Some(seed) = label
            && let Some(entry) = seeds.entries.get(*seed as usize)
        {
            self.add_entry(&mut out, *seed, entry.span, v.places());
        }
        let key = (*t, name.clone());
        let is_bound = |key: &(TypeId, Name)| seeds.address_fields.contains_key(key);
        for text in &mut out.texts {
            // Of what is within a bound address the binding stands.
            let around = text.field().is_some_and(|around| is_bound(&around));
            text.stands_in(&key, !around || is_bound(&key));
        }
        if out.texts.is_empty() {
            out.texts.push(Text { pieces: Arc::from([TextPiece::Field(*t, name.clone())]), span: None });
        }
        if let Ty::Adt(inner, _) = peel(self.cx.models, ty) {
            out.adt = Some(*inner);
        }
        match is_bound(&key) {
            true => self.within_address(&out, ty, &key, 0),
            false => Arc::new(out),
        }
    }

    /// What is bound as an address, with what is in it: the parts of a struct are that address.
    fn within_address(&self, v: &Value, ty: &Ty, key: &(TypeId, Name), depth: usize) -> V {
        let mut out = v.clone();
        let owner = peel(self.cx.models, ty);
        if let Ty::Adt(t, _) = owner
            && depth < MAX_NEST
        {
            let open = |text: &Text| matches!(&*text.pieces, [TextPiece::Param(..)]);
            for name in
                all_fields(self.cx.program, *t).into_iter().filter_map(|(of, name)| of.is_none().then_some(name))
            {
                let mut part = Arc::unwrap_or_clone(v.field(&name));
                if v.texts.iter().any(open) && part.texts.iter().all(open) && !part.texts.is_empty() {
                    part.texts.iter_mut().for_each(|text| text.stands_in(key, true));
                } else {
                    let text = Text { pieces: Arc::from([TextPiece::Field(key.0, key.1.clone())]), span: None };
                    part.texts = [text].into();
                }
                let inner = field_ty(self.cx.program, self.cx.models, owner, None, &name);
                out.set_field(&name, self.within_address(&part, &inner, key, depth + 1));
            }
        }
        Arc::new(out)
    }

    /// The places that a place may stand for, borrows followed, and whether a write there is weak.
    pub(super) fn ways(&self, place: &Place, st: &State) -> (Many<(Base, Way)>, bool) {
        let mut at: Many<(Base, Way)> = many![(Base::Local(place.base), Vec::new())];
        let mut weak = false;
        let mut ty = Cow::Borrowed(self.local_ty(place.base));
        let mut variant = None;
        for sel in &place.path {
            let mut next = Many::new();
            for (base, way) in &at {
                let held = self.held_at(base, way, st);
                let index = if let Sel::Index(index) = sel { index.as_ref() } else { None };
                let refs = borrow_at(&held, index).unwrap_or(held).refs.clone();
                if refs.is_empty() { next.push((base.clone(), way.clone())) } else { next.extend(refs) }
            }
            weak |= next.iter().filter(|(b, _)| !matches!(b, Base::Param(_))).count() > 1;
            at = next;
            let step = match sel {
                Sel::Field(n) if self.is_wrapper_zero(&ty, n) => None,
                Sel::Field(n) => {
                    let owner = peel(self.cx.models, &ty).clone();
                    let (lead, owner) = self.field_owner(owner, variant, n);
                    for (_, way) in &mut at {
                        way.extend(lead.iter().cloned().map(Way1::Field));
                    }
                    let step = Way1::Field(self.part_name(&owner, variant, n));
                    ty = Cow::Owned(owner);
                    Some(step)
                }
                Sel::Index(index) => match self.index_writes(&ty, index.as_ref()) {
                    Some(parts) => {
                        // One of many is written: the others stay.
                        weak = true;
                        let to = |(base, way): &(Base, Way), part: &Vec<Name>| {
                            let part = part.iter().cloned().map(Way1::Field);
                            (base.clone(), way.iter().cloned().chain(part).collect())
                        };
                        at = at.iter().flat_map(|from| parts.iter().map(move |part| to(from, part))).collect();
                        None
                    }
                    None => {
                        if let Some((lead, of)) = self.way_to_elements(&ty) {
                            for (_, way) in &mut at {
                                way.extend(lead.iter().cloned().map(Way1::Field));
                            }
                            ty = Cow::Owned(of);
                        }
                        Some(Way1::Element)
                    }
                },
                Sel::Err => Some(Way1::Field(side(self.cx.models, &ty, "Err").unwrap_or("Err").into())),
                Sel::Some => side(self.cx.models, &ty, "Ok").map(|part| Way1::Field(part.into())),
                Sel::As(_) | Sel::Deref | Sel::Slice(_) => None,
            };
            if let Some(s) = step {
                for (_, way) in &mut at {
                    way.push(s.clone());
                }
            }
            (ty, variant) = self.step_ty(&ty, variant, sel);
        }
        (at, weak)
    }

    /// The type that has a field, and the way to it: the type itself, or what it derefs to.
    fn field_owner(&self, owner: Ty, variant: Option<u32>, name: &Name) -> (Vec<Name>, Ty) {
        let (mut way, mut at) = (Vec::new(), owner.clone());
        for _ in 0..DEREFS {
            if !lacks(self.cx.program, &at, variant, name) {
                return (way, at);
            }
            let Some((Leads::To(lead), target)) = self.leads(&at) else { break };
            way.extend(lead);
            at = peel(self.cx.models, &target).clone();
        }
        (Vec::new(), owner)
    }

    /// The way to what has the elements of a value, and its type.
    fn way_to_elements(&self, ty: &Ty) -> Option<(Vec<Name>, Ty)> {
        let to = indexed(self.cx.program, self.cx.models, ty)?;
        let (mut way, mut at) = (Vec::new(), ty.clone());
        for _ in 0..DEREFS {
            let (Leads::To(lead), target) = self.leads(pointed(self.cx.models, &at))? else { return None };
            way.extend(lead);
            at = target;
            if at == to {
                return Some((way, to));
            }
        }
        None
    }

    /// Places are lent: what is in them may be read and written without being named.
    pub(super) fn lend(&mut self, places: &[(Base, Way)]) {
        for (base, _) in places {
            if let Base::Local(l) = base {
                self.live.lend(*l);
            }
        }
    }

    /// A pattern binds a part of what is lent to be written: that is lent as well.
    pub(super) fn taken_apart(&mut self, v: V, src: &Rvalue, dst: &Place, st: &State) -> V {
        let Rvalue::Use(Operand::Place(p)) = src else { return v };
        let binds = !p.path.is_empty() && is_temp(self.f, &p.base.into()) && !is_temp(self.f, dst);
        if !binds || !v.refs.is_empty() || st.get(p.base).refs.is_empty() {
            return v;
        }
        let (refs, _) = self.ways(p, st);
        self.lend(&refs);
        Arc::new(Value { refs, ..Value::default() })
    }

    /// What the value at a place of this function borrows.
    pub(super) fn refs_at(&self, base: &Base, way: &Way, st: &State) -> Many<(Base, Way)> {
        self.held_at(base, way, st).refs.clone()
    }

    fn held_at(&self, base: &Base, way: &Way, st: &State) -> V {
        let Base::Local(l) = base else { return V::default() };
        let mut v = st.get(*l);
        for w in way {
            if let Way1::Field(n) = w {
                v = v.field(n);
            }
        }
        v
    }

    pub(super) fn assign(&mut self, dst: &Place, v: &V, span: Span, st: &mut State) {
        if dst.path.is_empty() {
            st.set(dst.base, v.clone());
            return;
        }
        let mut v = v.clone();
        if let Some(Sel::Field(n)) = dst.path.last() {
            let owner_place = Place { base: dst.base, path: dst.path[..dst.path.len() - 1].to_vec() };
            let owner = peel(self.cx.models, &self.place_ty(&owner_place)).clone();
            v = match self.stays_own(&owner_place, &owner, n, st) {
                true => self.named_in_field(&v, &owner, None, n, span),
                false => self.put_in_field(&v, &owner, None, n, span, st),
            };
        }
        self.write_ways(dst, &v, false, span, st);
    }

    /// Writes to a place, weakly where it may stand for several.
    pub(super) fn write_ways(&mut self, dst: &Place, v: &V, weak: bool, span: Span, st: &mut State) {
        let (ways, several) = self.ways(dst, st);
        for (base, way) in ways {
            // A write through a variable that borrows goes to what it borrows.
            let refs = if way.is_empty() { self.refs_at(&base, &way, st) } else { Many::new() };
            if refs.is_empty() {
                self.put_at(&base, &way, v, weak || several, span, st);
            } else {
                self.put_all(&refs, &[], &v.data(), weak || several, span, st);
            }
        }
    }

    /// A value as it is put into a field, which others may share.
    pub(super) fn put_in_field(
        &mut self,
        v: &V,
        owner: &Ty,
        variant: Option<u32>,
        name: &Name,
        span: Span,
        st: &mut State,
    ) -> V {
        if let Ty::Adt(t, _) = owner
            && let Some(cell) = self.cx.sharing.kept(self.cx.program, *t, name)
        {
            self.write_far((Base::Cell(cell), Arc::from([])), v, span, st);
        }
        self.named_in_field(v, owner, variant, name, span)
    }

    /// A value as it is in a field: a step of the path, and the field's own label where nothing better is known.
    fn named_in_field(&mut self, v: &V, owner: &Ty, variant: Option<u32>, name: &Name, span: Span) -> V {
        let Ty::Adt(t, _) = owner else { return v.clone() };
        let shelf = Shelf::Field(*t, name.clone());
        for text in &v.texts {
            self.kept_text(&shelf, text);
        }
        // A field that is bound as an address is that, whatever it is filled with.
        let key = (*t, name.clone());
        let address = self.cx.seeds.address_fields.contains_key(&key).then(|| {
            let text = Text { pieces: Arc::from([TextPiece::Field(key.0, key.1)]), span: None };
            Arc::new(Value { texts: [text].into(), ..(**v).clone() })
        });
        let v = address.as_ref().unwrap_or(v);
        let label = self.cx.seeds.fields.get(&(*t, variant, name.clone()));
        if !v.has_data() && label.is_none() {
            return v.clone();
        }
        let hop = || {
            let ty = self.cx.program.type_def(*t).map(|d| d.name.clone()).unwrap_or_default();
            Path::hop(self.id, span, What::Field(format!("{ty}.{name}").into()))
        };
        let mut out = (*v.map_info(&|i| i.path = i.path.then(&hop()))).clone();
        if let Some(seed) = label
            && may_be_outside(v)
        {
            let info = Info { path: Path::hop(self.id, span, What::Enters(*seed)), ..Info::default() };
            for of in given_by_caller(v) {
                declare(&mut out, &Fact::new(Origin::Declared(*seed, span, of)), &info);
            }
        }
        Arc::new(out)
    }

    /// Notes a text that is put somewhere: addresses travel in the fields of clients and states, and in statics.
    pub(super) fn kept_text(&mut self, shelf: &Shelf, text: &Text) {
        let own = shelf.piece();
        let useful = text.pieces.first().is_some_and(|p| match p {
            TextPiece::Lit(s) => s.contains("://"),
            TextPiece::Hole => false,
            _ => true,
        });
        if useful && !text.pieces.contains(&own) && self.kept_texts.len() < MAX_TOUCHES {
            self.kept_texts.insert((shelf.clone(), text.clone()));
        }
    }

    /// The places that an argument passes by reference.
    pub(super) fn arg_ways(&self, a: &Arg, st: &State) -> Many<(Base, Way)> {
        if !a.v.refs.is_empty() {
            return a.v.refs.clone();
        }
        a.place.as_ref().map(|p| self.ways(p, st).0).unwrap_or_default()
    }

    /// Writes back into an argument.
    pub(super) fn write_arg(&mut self, a: &Arg, path: &[Name], v: &V, weak: bool, st: &mut State) {
        if path.is_empty() && self.written_out(a, v, st) {
            return;
        }
        if a.v.refs.is_empty()
            && let Some(p) = &a.place
        {
            let mut place = p.clone();
            place.path.extend(path.iter().cloned().map(Sel::Field));
            self.write_ways(&place, v, weak, a.span, st);
            return;
        }
        self.put_all(&a.v.refs, path, v, weak, a.span, st);
    }
}

/// The name of a field inside a value: variants are part of it.
#[must_use]
pub fn field_name(p: &Program, owner: &Ty, variant: Option<u32>, name: &Name) -> Name {
    match (owner, variant) {
        (Ty::Adt(t, _), Some(v)) => match p.type_def(*t).map(|d| &d.kind) {
            Some(TypeKind::Enum(vs)) => match vs.get(v as usize) {
                Some(v) => format!("{}.{name}", v.name).into(),
                None => name.clone(),
            },
            _ => name.clone(),
        },
        _ => name.clone(),
    }
}
