//! Seeds of all that was found: the labels of each place with whom its data is about, and the nearest purpose of each
//! function.

use super::{Binder, Bound, Spot};
use crate::flow::EntrySeed;
use crate::link::program::{Def, FuncId, ModId, TypeId};
use crate::link::schema::Schemas;
use crate::policy::{Label, SubjectId};
use crate::source::{FileId, Span};

impl Binder<'_> {
    pub(super) fn finish(mut self, schemas: &Schemas) -> Bound {
        let p = self.p;
        for (spot, labelled) in std::mem::take(&mut self.spots) {
            let all = if let Spot::Column(c) = &spot { Spot::Column(c.whole()) } else { spot.clone() };
            if self.not_personal.contains(&all) {
                if let Some(at) = labelled.labelled {
                    self.wrong(at, "one line says that this is personal data and another that it is not");
                }
                continue;
            }
            let subject = self.subject_of(&spot);
            let labels: Vec<Label> = labelled
                .labels
                .iter()
                .map(|l| Label { category: l.category, subject: l.subject.or(subject) })
                .collect();
            let set = match self.out.labels.iter().position(|x| *x == labels) {
                Some(i) => i,
                None => {
                    self.out.labels.push(labels);
                    self.out.labels.len() - 1
                }
            };
            let at = labelled.labelled.unwrap_or(Span::new(FileId(0), 0, 0));
            let seed = self.out.seeds.entries.len() as u32;
            self.out.seeds.entries.push(EntrySeed {
                labels: set as u32,
                name: labelled.name.into(),
                span: labelled.span.unwrap_or(at),
                labelled: at,
            });
            let seeds = &mut self.out.seeds;
            match spot {
                Spot::Field(k) => {
                    seeds.fields.insert(k, seed);
                }
                Spot::ForeignField(of, name) => {
                    seeds.foreign_fields.entry(of).or_default().insert(name, seed);
                }
                Spot::Param(f, i) => {
                    seeds.params.insert((f, i), seed);
                }
                Spot::Result(f) => {
                    seeds.results.insert(f, seed);
                }
                Spot::ExtResult(n) => {
                    seeds.ext_results.insert(n, seed);
                }
                Spot::Type(t) => {
                    seeds.types.insert(t, seed);
                }
                Spot::Column(c) => {
                    seeds.columns.insert(c, seed);
                }
                Spot::Local(f, l) => {
                    seeds.locals.insert((f, l), seed);
                }
            }
        }
        for spot in &self.not_personal {
            let out = &mut self.out.not_personal;
            match spot {
                Spot::Column(c) => {
                    out.columns.insert(*c);
                }
                Spot::Field(f) => {
                    out.fields.insert(f.clone());
                }
                Spot::Type(t) => {
                    out.types.insert(*t);
                }
                Spot::ForeignField(..) | Spot::Param(..) | Spot::Result(_) | Spot::ExtResult(_) | Spot::Local(..) => {}
            }
        }
        for f in p.func_ids() {
            if let Some(purpose) = self.purpose_of(f) {
                self.out.seeds.purposes.insert(f, purpose);
                if let Some(c) = p.crate_of(p.func_module(f)) {
                    self.out.bound_crates.insert(c.name.to_string());
                }
            }
        }
        for (s, schema) in schemas.list.iter().enumerate() {
            for (t, table) in schema.tables.iter().enumerate() {
                self.out.seeds.table_names.insert((s as u32, t as u32), table.name.to_string());
            }
        }
        self.out
    }

    pub(super) fn subject_of(&self, spot: &Spot) -> Option<SubjectId> {
        let p = self.p;
        let of_module = |mut m: ModId| loop {
            if let Some(s) = self.subjects.mods.get(&m) {
                return Some(*s);
            }
            m = p.module(m)?.parent?;
        };
        let of_type = |t: TypeId| {
            self.subjects.types.get(&t).copied().or_else(|| {
                let (u, _) = *p.types.get(t.0 as usize)?;
                of_module(p.module_at(u, p.type_def(t)?.module))
            })
        };
        match spot {
            Spot::Field((t, ..)) | Spot::Type(t) => of_type(*t),
            Spot::Param(f, _) | Spot::Result(f) | Spot::Local(f, _) => {
                let own = p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize));
                match own {
                    Some(crate::link::ty::Ty::Adt(t, _)) => of_type(*t),
                    _ => of_module(p.func_module(*f)),
                }
            }
            Spot::Column(c) => self.subjects.tables.get(&(c.schema, c.table)).copied(),
            Spot::ExtResult(_) | Spot::ForeignField(..) => None,
        }
    }

    /// The nearest purpose: at the function, around it, at its impl or type, at its modules from inside out.
    fn purpose_of(&self, f: FuncId) -> Option<(u32, Span)> {
        let p = self.p;
        let (u, _) = *p.funcs.get(f.0 as usize)?;
        let mut at = Some(f);
        for _ in 0..16 {
            let Some(here) = at else { break };
            if let Some(x) = self.purposes.funcs.get(&here) {
                return Some(*x);
            }
            at = p.func(here).and_then(|d| d.parent).map(|i| p.func_id(u, i));
        }
        if let Some(i) = p.func_impl(f) {
            if let Some(x) = self.purposes.impls.get(&i) {
                return Some(*x);
            }
            if let Some(crate::link::ty::Ty::Adt(t, _)) = p.impl_self.get(i.0 as usize)
                && let Some(x) = self.purposes.types.get(t)
            {
                return Some(*x);
            }
            if let Some(Some(Def::Trait(t))) = p.impl_trait.get(i.0 as usize)
                && let Some(x) = self.purposes.traits.get(t)
            {
                return Some(*x);
            }
        }
        if let Some(t) = p.func_trait(f)
            && let Some(x) = self.purposes.traits.get(&t)
        {
            return Some(*x);
        }
        let mut module = Some(p.func_module(f));
        while let Some(m) = module {
            if let Some(x) = self.purposes.mods.get(&m) {
                return Some(*x);
            }
            module = p.module(m).and_then(|m| m.parent);
        }
        None
    }
}
