//! What a meaning says of the place that it is written for, in a bind line or in an annotation.

use super::{Binder, Place, Spot, Start, address, duty};
use crate::flow::{Action, AddressSeed, FieldKey};
use crate::ir::items::TypeKind;
use crate::link::program::{Def, FuncId, TypeId};
use crate::link::schema::Schemas;
use crate::link::sqlfn::ColumnId;
use crate::policy::{Label, Meaning};
use crate::source::Span;

impl Binder<'_> {
    pub(super) fn apply_rust(&mut self, place: &Place, meaning: &Meaning, at: Span) {
        match (place, meaning) {
            (Place::Field(key), m) => self.field(key.clone(), m, at),
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
        match meaning {
            Meaning::Data(labels) => match def {
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
                Def::Ext(n) => {
                    let shown = n.to_string();
                    self.label(Spot::ExtResult(n.clone()), labels, shown, None, at);
                }
                _ => self.wrong(at, "data is carried by fields, parameters, results, types and columns"),
            },
            Meaning::Purpose(purpose) => {
                let entry = (purpose.0, at);
                match def {
                    Def::Func(f) => {
                        for f in self.with_impls(*f) {
                            self.purposes.funcs.entry(f).or_insert(entry);
                        }
                    }
                    Def::Mod(m) => {
                        self.purposes.mods.entry(*m).or_insert(entry);
                    }
                    Def::Type(t) => {
                        self.purposes.types.entry(*t).or_insert(entry);
                    }
                    Def::Trait(t) => {
                        self.purposes.traits.entry(*t).or_insert(entry);
                    }
                    _ => self.wrong(at, "a purpose belongs to a function, a type, a module or a crate"),
                }
            }
            Meaning::Guard(g, negated) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.guard_funcs.insert(f, (g.0, *negated));
                    }
                }
                Def::Type(t) => {
                    self.out.seeds.guard_types.insert(*t, g.0);
                }
                Def::Variant(t, v) => {
                    self.out.seeds.guard_variants.insert((*t, *v), (g.0, *negated));
                }
                Def::Ext(n) => {
                    self.out.seeds.guard_ext.insert(n.clone(), (g.0, *negated));
                }
                _ => self.wrong(at, "a guard is a function, a field, a variant or a type"),
            },
            Meaning::Transform(t) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.transforms.insert(f, t.0);
                    }
                }
                Def::Ext(n) => {
                    self.out.seeds.transform_ext.insert(n.clone(), t.0);
                }
                _ => self.wrong(at, "a transform is a function"),
            },
            Meaning::Recipient(r) => self.sink(def, Action::Share, r.0, at),
            Meaning::Store(s) => self.sink(def, Action::Keep, s.0, at),
            Meaning::Audience(a) => match def {
                Def::Func(f) => {
                    for f in self.with_impls(*f) {
                        self.out.seeds.audiences.insert(f, a.0);
                    }
                }
                Def::Mod(m) => self.out.audience_mods.push((*m, a.0)),
                Def::Type(t) => {
                    for f in self.methods(*t) {
                        self.out.seeds.audiences.insert(f, a.0);
                    }
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
            Meaning::Ours => {
                if let Def::Const(c) = def {
                    self.out.seeds.address_consts.insert(*c, AddressSeed::Ours);
                }
            }
            Meaning::Right(..) | Meaning::Purge(_) => match (def, duty(meaning)) {
                (Def::Func(f), Some(duty)) => {
                    for f in self.with_impls(*f) {
                        self.out.duties.push((duty.clone(), Start::Func(f), at));
                    }
                }
                (Def::Func(_), None) => {}
                _ => self.wrong(at, "a right or a purge is fulfilled by a function or a file of SQL"),
            },
            Meaning::NotPersonal => {
                if let Def::Type(t) = def {
                    self.not_personal.insert(Spot::Type(*t));
                }
            }
        }
    }

    fn sink(&mut self, def: &Def, action: Action, target: u32, at: Span) {
        match def {
            Def::Func(f) => {
                for f in self.with_impls(*f) {
                    self.out.seeds.sinks.insert(f, (action, target));
                }
            }
            Def::Type(t) => {
                self.out.seeds.sink_types.insert(*t, (action, target));
            }
            Def::Trait(t) => {
                let methods: Vec<FuncId> = self.p.func_ids().filter(|f| self.p.func_trait(*f) == Some(*t)).collect();
                for m in methods {
                    for f in self.with_impls(m) {
                        self.out.seeds.sinks.insert(f, (action, target));
                    }
                }
            }
            Def::Mod(m) => {
                let funcs: Vec<FuncId> = self
                    .p
                    .func_ids()
                    .filter(|f| {
                        self.p.is_within(self.p.func_module(*f), *m) && self.p.func(*f).is_some_and(|d| d.public)
                    })
                    .collect();
                for f in funcs {
                    self.out.seeds.sinks.insert(f, (action, target));
                }
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

    fn methods(&self, t: TypeId) -> Vec<FuncId> {
        self.p
            .func_ids()
            .filter(|f| {
                let self_ty = self.p.func_impl(*f).and_then(|i| self.p.impl_self.get(i.0 as usize));
                matches!(self_ty, Some(crate::link::ty::Ty::Adt(x, _)) if *x == t)
            })
            .collect()
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
                self.not_personal.insert(Spot::Column(c));
            }
            _ => self.wrong(at, "a column carries data or is a guard"),
        }
    }

    pub(super) fn apply_table(&mut self, table: (u32, u32), meaning: &Meaning) {
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
            _ => {}
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

fn field_span(kind: &TypeKind, variant: Option<u32>, name: &str) -> Option<Span> {
    let fields = match (kind, variant) {
        (TypeKind::Struct(f), _) => f,
        (TypeKind::Enum(vs), Some(v)) => &vs.get(v as usize)?.fields,
        _ => return None,
    };
    fields.iter().find(|f| f.name == name).map(|f| f.span)
}
