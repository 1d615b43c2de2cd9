//! What a meaning says of the place that it is written for, in a bind line or in an annotation.

use super::{Binder, Place, Spot, Start, address, duty};
use crate::flow::{Action, AddressSeed, FieldKey};
use crate::ir::items::TypeKind;
use crate::link::program::{Def, FuncId};
use crate::link::schema::Schemas;
use crate::link::sqlfn::ColumnId;
use crate::policy::{GuardId, Label, Meaning};
use crate::source::Span;

impl Binder<'_> {
    pub(super) fn apply_rust(&mut self, place: &Place, meaning: &Meaning, at: Span) {
        match (place, meaning) {
            (Place::Field(key), m) => self.field(key.clone(), m, at),
            (Place::ForeignField(of, name), Meaning::Data(labels)) if is_type(of) => {
                let last = of.rsplit("::").next().unwrap_or(of);
                self.out.foreign_types.push((of.clone(), at));
                self.label(Spot::ForeignField(of.clone(), name.clone()), labels, format!("{last}.{name}"), None, at);
            }
            (Place::ForeignField(..), _) => self.wrong(at, OF_ANOTHER_CRATE),
            (Place::Param(f, i), Meaning::Data(labels)) => {
                for f in self.with_impls(*f) {
                    let name = self.param_name(f, *i);
                    let span = self.p.func(f).and_then(|d| d.params.get(*i as usize)).map(|p| p.span);
                    self.label(Spot::Param(f, *i), labels, name, span, at);
                }
            }
            (Place::Param(f, i), Meaning::NotPersonal) => {
                let of_all = self.with_impls(*f).into_iter().map(|f| Spot::Param(f, *i));
                self.not_personal.extend(of_all);
            }
            (Place::Variable(f, l), Meaning::Data(labels)) => {
                let decl = self.p.func(*f).and_then(|d| d.locals.get(l.0 as usize));
                let variable = decl.and_then(|d| d.name.as_deref()).unwrap_or_default();
                let name = format!("{}({variable})", self.p.func_local_name(*f));
                self.label(Spot::Local(*f, *l), labels, name, decl.map(|d| d.span), at);
            }
            (Place::Variable(f, l), Meaning::NotPersonal) => {
                self.not_personal.insert(Spot::Local(*f, *l));
            }
            (Place::Param(..) | Place::Variable(..), _) => self.wrong(at, "a parameter can carry data"),
            (Place::Def(def), m) => self.def(def, m, at),
        }
    }

    pub(super) fn field(&mut self, key: FieldKey, meaning: &Meaning, at: Span) {
        let (t, variant, name) = key.clone();
        match meaning {
            Meaning::Data(labels) => {
                let def = self.p.type_def(t);
                let span = def.and_then(|d| field_span(&d.kind, variant, &name));
                let shown = format!("{}.{name}", def.map_or("?", |d| d.name.as_str()));
                self.label(Spot::Field(key), labels, shown, span, at);
            }
            Meaning::Guard(g, negated) => {
                self.out.seeds.guard_fields.insert(key, (g.0, *negated));
            }
            Meaning::NotPersonal => {
                self.not_personal.insert(Spot::Field(key));
            }
            m => match address(m) {
                Some(a) => {
                    self.out.seeds.address_fields.insert((t, name), a);
                }
                None => self.wrong(at, "a field can carry data, be a guard, or hold the address of a recipient"),
            },
        }
    }

    pub(super) fn def(&mut self, def: &Def, meaning: &Meaning, at: Span) {
        if let Def::Ext(path) = def
            && path.contains("::")
            && *meaning != Meaning::Library
            && self.p.shown_crate(path).is_none()
        {
            self.out.foreign.push((path.clone(), at));
        }
        match meaning {
            Meaning::Data(labels) => self.data(def, labels, at),
            Meaning::Purpose(purpose) => self.purpose(def, (purpose.0, at)),
            Meaning::Guard(g, negated) => self.guard(def, (g.0, *negated), at),
            Meaning::Transform(t) => match def {
                Def::Func(f) => {
                    let all = self.with_impls(*f);
                    self.out.seeds.transforms.extend(all.into_iter().map(|f| (f, t.0)));
                }
                // A crate is none.
                Def::Ext(n) if n.contains("::") => {
                    self.out.seeds.transform_ext.insert(n.clone(), t.0);
                }
                _ => self.wrong(at, "a transform is a function"),
            },
            Meaning::Recipient(r) => self.sink(def, Action::Share, r.0, at),
            Meaning::Store(s) => self.sink(def, Action::Keep, s.0, at),
            Meaning::Audience(a) => match def {
                Def::Mod(m) => self.out.audience_mods.push((*m, a.0)),
                Def::Func(_) | Def::Type(_) => {
                    let all = if let Def::Func(f) = def { self.with_impls(*f) } else { self.methods(def) };
                    self.out.seeds.audiences.extend(all.into_iter().map(|f| (f, a.0)));
                }
                _ => self.wrong(at, "an audience sees what functions and modules return"),
            },
            Meaning::Subject(s) => match def {
                Def::Type(t) => {
                    self.subjects.types.insert(*t, *s);
                }
                Def::Mod(m) => {
                    self.subjects.mods.insert(*m, *s);
                }
                _ => self.wrong(at, "a subject belongs to a type, a module or a table"),
            },
            Meaning::Library => match def {
                Def::Ext(n) => self.out.seeds.libraries.push(n.clone()),
                _ => self.wrong(at, "a library is a crate or path outside the workspace"),
            },
            Meaning::Ours => match def {
                Def::Const(c) => {
                    self.out.seeds.address_consts.insert(*c, AddressSeed::Ours);
                }
                _ => self.wrong(at, "ours is an address: of a host, a variable, a constant or a field"),
            },
            Meaning::Right(..) | Meaning::Purge(_) => match (def, duty(meaning)) {
                (Def::Func(f), Some(duty)) => {
                    let all = self.with_impls(*f);
                    self.out.duties.extend(all.into_iter().map(|f| (duty.clone(), Start::Func(f), at)));
                }
                (Def::Func(_), None) => {}
                _ => self.wrong(at, "a right or a purge is fulfilled by a function or a file of SQL"),
            },
            Meaning::NotPersonal => match def {
                Def::Type(t) => {
                    self.not_personal.insert(Spot::Type(*t));
                }
                _ => self.wrong(at, "not personal are fields, parameters, types, columns and tables"),
            },
        }
    }

    fn data(&mut self, def: &Def, labels: &[Label], at: Span) {
        match def {
            Def::Func(f) => {
                for f in self.with_impls(*f) {
                    let name = self.p.func_local_name(f).to_string();
                    let span = self.p.func(f).map(|d| d.span);
                    self.label(Spot::Result(f), labels, name, span, at);
                }
            }
            Def::Type(t) => {
                let d = self.p.type_def(*t);
                let (name, span) = (d.map(|d| d.name.to_string()).unwrap_or_default(), d.map(|d| d.span));
                self.label(Spot::Type(*t), labels, name, span, at);
            }
            Def::Ext(n) if is_type(n) => self.wrong(at, OF_ANOTHER_CRATE),
            Def::Ext(n) => self.label(Spot::ExtResult(n.clone()), labels, n.to_string(), None, at),
            _ => self.wrong(at, "data is carried by fields, parameters, results, types and columns"),
        }
    }

    /// A purpose, with where that is said; the first one said of a place holds.
    fn purpose(&mut self, def: &Def, said: (u32, Span)) {
        match def {
            Def::Func(f) => {
                for f in self.with_impls(*f) {
                    self.purposes.funcs.entry(f).or_insert(said);
                }
            }
            Def::Mod(m) => {
                self.purposes.mods.entry(*m).or_insert(said);
            }
            Def::Type(t) => {
                self.purposes.types.entry(*t).or_insert(said);
            }
            Def::Trait(t) => {
                self.purposes.traits.entry(*t).or_insert(said);
            }
            _ => self.wrong(said.1, "a purpose belongs to a function, a type, a module or a crate"),
        }
    }

    /// A guard, and whether it holds where the answer is no.
    fn guard(&mut self, def: &Def, guard: (u32, bool), at: Span) {
        if self.policy.narrows(GuardId(guard.0)) {
            self.out.seeds.narrowing.insert(guard.0);
        }
        match def {
            Def::Func(f) => {
                let all = self.with_impls(*f);
                self.out.seeds.guard_funcs.extend(all.into_iter().map(|f| (f, guard)));
            }
            Def::Type(t) => {
                self.out.seeds.guard_types.insert(*t, guard.0);
            }
            Def::Variant(t, v) => {
                self.out.seeds.guard_variants.insert((*t, *v), guard);
            }
            Def::Ext(n) => {
                self.out.seeds.guard_ext.insert(n.clone(), guard);
            }
            _ => self.wrong(at, "a guard is a function, a field, a variant or a type"),
        }
    }

    fn sink(&mut self, def: &Def, action: Action, target: u32, at: Span) {
        match def {
            Def::Func(_) | Def::Trait(_) | Def::Mod(_) => {
                let all: Vec<FuncId> = match def {
                    Def::Func(f) => self.with_impls(*f),
                    Def::Trait(_) => self.methods(def).into_iter().flat_map(|f| self.with_impls(f)).collect(),
                    _ => self.methods(def),
                };
                self.out.seeds.sinks.extend(all.into_iter().map(|f| (f, (action, target))));
            }
            Def::Type(t) => {
                self.out.seeds.sink_types.insert(*t, (action, target));
            }
            Def::Ext(n) => {
                self.out.seeds.sink_ext.insert(n.clone(), (action, target));
            }
            Def::Const(c) => {
                self.out.seeds.address_consts.insert(*c, AddressSeed::Bound(action, target));
            }
            Def::Variant(..) => self.wrong(at, "a variant receives nothing"),
        }
    }

    /// The functions of a type or trait, and those that a module offers.
    fn methods(&self, of: &Def) -> Vec<FuncId> {
        let p = self.p;
        let is_of = |f: &FuncId| match of {
            Def::Type(t) => {
                let self_ty = p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize));
                matches!(self_ty, Some(crate::link::ty::Ty::Adt(x, _)) if x == t)
            }
            Def::Trait(t) => p.func_trait(*f) == Some(*t),
            Def::Mod(m) => p.is_within(p.func_module(*f), *m) && p.func(*f).is_some_and(|d| d.public),
            _ => false,
        };
        p.func_ids().filter(is_of).collect()
    }

    /// A trait's method stands for every impl of it.
    fn with_impls(&self, f: FuncId) -> Vec<FuncId> {
        let mut out = vec![f];
        if self.p.func_trait(f).is_some() {
            out.extend(self.p.dispatch(f));
        }
        out.sort();
        out.dedup();
        out
    }

    fn param_name(&self, f: FuncId, i: u32) -> String {
        let name = self.p.func(f).and_then(|d| d.params.get(i as usize)).and_then(|p| p.name.clone());
        format!("{}({})", self.p.func_local_name(f), name.unwrap_or_else(|| i.to_string().into()))
    }

    pub(super) fn apply_column(&mut self, c: ColumnId, meaning: &Meaning, at: Span, schemas: &mut Schemas) {
        match meaning {
            Meaning::Data(labels) => {
                // A label on a column of a view speaks of the view.
                schemas.set_opaque(c);
                let span = schemas.column(c).map(|x| x.span);
                self.label(Spot::Column(c), labels, schemas.show(c), span, at);
            }
            Meaning::Guard(g, negated) => {
                self.out.seeds.guard_columns.insert(c, (g.0, *negated));
            }
            Meaning::NotPersonal => {
                // So does this.
                schemas.set_opaque(c);
                self.not_personal.insert(Spot::Column(c));
            }
            _ => self.wrong(at, "a column carries data or is a guard"),
        }
    }

    pub(super) fn apply_table(&mut self, table: (u32, u32), meaning: &Meaning, at: Span) {
        match meaning {
            Meaning::Store(s) => {
                self.out.seeds.tables.insert(table, s.0);
            }
            Meaning::Subject(s) => {
                self.subjects.tables.insert(table, *s);
            }
            Meaning::NotPersonal => {
                self.out.not_personal.tables.insert(table);
            }
            _ => self.wrong(at, "a table can be a store, of a subject, or not personal"),
        }
    }

    pub(super) fn label(&mut self, spot: Spot, labels: &[Label], name: String, span: Option<Span>, at: Span) {
        let have = self.spots.entry(spot).or_default();
        for l in labels {
            if !have.labels.contains(l) {
                have.labels.push(*l);
            }
        }
        if have.name.is_empty() {
            have.name = name;
        }
        have.span = have.span.or(span);
        have.labelled = have.labelled.or(Some(at));
    }
}

/// What is said of a label on a type of another crate, or on a field of one.
pub(in crate::engine) const OF_ANOTHER_CRATE: &str =
    "its type is of another crate: label the functions that give it, or the types and fields here that take it";

/// Whether a path outside the workspace is that of a type, as its last segment is written.
fn is_type(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    path.contains("::")
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && last.contains(|c: char| c.is_ascii_lowercase())
}

fn field_span(kind: &TypeKind, variant: Option<u32>, name: &str) -> Option<Span> {
    let fields = match (kind, variant) {
        (TypeKind::Struct(f), _) => f,
        (TypeKind::Enum(vs), Some(v)) => &vs.get(v as usize)?.fields,
        _ => return None,
    };
    fields.iter().find(|f| f.name == name).map(|f| f.span)
}
