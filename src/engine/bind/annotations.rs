//! Annotations: what comments say of the item, the statement or the file that they stand at.

use super::{Binder, Place, Spot, Start, duty, rows_go_to};
use crate::diag::Diagnostic;
use crate::ir::sql::{Define, Kind};
use crate::ir::{Annotation, Content, Name, Target};
use crate::judge::Line;
use crate::link::program::{Def, FuncId};
use crate::link::schema::Schemas;
use crate::link::sqlfn::ColumnId;
use crate::policy::{Meaning, parse_meaning};
use crate::source::{FileId, Span};

impl Binder<'_> {
    /// What an annotation means, if the configuration lets comments say so (else B02).
    fn meaning(&self, text: &str, span: Span) -> Result<Meaning, Diagnostic> {
        let meaning = parse_meaning(self.policy, text, span).map_err(|d| Diagnostic { code: "B02", ..d })?;
        match self.carried {
            Some(carried) if !carried.iter().any(|c| c == meaning.kind()) => {
                let message = format!("comments may not say `{}` here", meaning.kind());
                Err(Diagnostic::error("B02", message, span, "purlin.toml limits what annotations may mean")
                    .help("say it in the bindings, or add it to `annotations` there"))
            }
            _ => Ok(meaning),
        }
    }

    pub(super) fn annotations(&mut self) {
        for (u, unit) in self.p.units.iter().enumerate() {
            let Content::Rust(_) = &unit.content else { continue };
            for (i, a) in unit.annotations.iter().enumerate() {
                match self.meaning(&a.text, a.span) {
                    Err(d) => self.out.problems.push(d),
                    Ok(m) => {
                        self.annotation(u as u32, i as u32, a, &m);
                        self.out.lines.push(Line { meaning: m, span: a.span, in_code: true });
                    }
                }
            }
        }
    }

    fn annotation(&mut self, u: u32, index: u32, a: &Annotation, m: &Meaning) {
        let p = self.p;
        match &a.target {
            Target::File => {
                let module = p.module_at(u, 0);
                if let (Meaning::Purpose(purpose), Some(unit)) = (m, p.units.get(u as usize)) {
                    self.file_purpose(unit.file, purpose.0, a.span);
                } else {
                    self.def(&Def::Mod(module), m, a.span);
                }
            }
            Target::Module(i) => self.comment_def(&Def::Mod(p.module_at(u, *i)), m, a.span),
            Target::Type(i) => self.comment_def(&Def::Type(p.type_id(u, *i)), m, a.span),
            Target::Field(i, variant, name) => {
                let t = p.type_id(u, *i);
                let v = variant.as_ref().and_then(|v| p.variant(t, v));
                self.field((t, v, name.clone()), m, a.span);
            }
            Target::Variant(i, name) => {
                let t = p.type_id(u, *i);
                if let Some(v) = p.variant(t, name) {
                    self.def(&Def::Variant(t, v), m, a.span);
                }
            }
            Target::Trait(i) => self.comment_def(&Def::Trait(p.trait_id(u, *i)), m, a.span),
            Target::Impl(i) => {
                let id = p.impl_id(u, *i);
                if let Meaning::Purpose(purpose) = m {
                    self.purposes.impls.insert(id, (purpose.0, a.span));
                } else {
                    let funcs: Vec<FuncId> = p.func_ids().filter(|f| p.func_impl(*f) == Some(id)).collect();
                    for f in funcs {
                        self.def(&Def::Func(f), m, a.span);
                    }
                }
            }
            Target::Func(i) => self.comment_def(&Def::Func(p.func_id(u, *i)), m, a.span),
            Target::Param(f, i) => self.apply_rust(&Place::Param(p.func_id(u, *f), *i), m, a.span),
            Target::Local(f, l) => {
                let id = p.func_id(u, *f);
                if let Meaning::Purpose(purpose) = m {
                    self.out.seeds.scopes.insert((u, index), (purpose.0, a.span));
                }
                if let Meaning::Data(labels) = m {
                    let decl = p.func(id).and_then(|d| d.locals.get(l.0 as usize));
                    let name = decl.and_then(|d| d.name.clone()).map(|n| n.to_string()).unwrap_or_default();
                    let span = decl.map(|d| d.span);
                    self.label(Spot::Local(id, *l), labels, name, span, a.span);
                }
            }
            Target::Statement(_) => {
                if let Meaning::Purpose(purpose) = m {
                    self.out.seeds.scopes.insert((u, index), (purpose.0, a.span));
                }
            }
            Target::Const(i) => self.comment_def(&Def::Const(p.const_id(u, *i)), m, a.span),
            Target::Table(_) | Target::Column(..) | Target::Sql(_) => {}
        }
    }

    /// A comment at an item comes before the bind line that names the same item.
    fn comment_def(&mut self, def: &Def, m: &Meaning, at: Span) {
        if let Meaning::Purpose(purpose) = m {
            let entry = (purpose.0, at);
            match def {
                Def::Func(f) => self.purposes.funcs.insert(*f, entry),
                Def::Mod(x) => self.purposes.mods.insert(*x, entry),
                Def::Type(t) => self.purposes.types.insert(*t, entry),
                Def::Trait(t) => self.purposes.traits.insert(*t, entry),
                _ => None,
            };
            return;
        }
        self.def(def, m, at);
    }

    pub(super) fn file_purpose(&mut self, file: FileId, purpose: u32, at: Span) {
        self.out.file_purposes.insert(file, (purpose, at));
        if let Some(u) = self.p.units.iter().position(|x| x.file == file)
            && matches!(self.p.units.get(u).map(|x| &x.content), Some(Content::Rust(_)))
        {
            let module = self.p.module_at(u as u32, 0);
            self.purposes.mods.entry(module).or_insert((purpose, at));
        }
    }

    pub(super) fn sql_annotations(&mut self, schemas: &mut Schemas) {
        let mut todo = Vec::new();
        for (s, schema) in schemas.list.iter().enumerate() {
            for (t, table) in schema.tables.iter().enumerate() {
                for (text, span) in &table.annotations {
                    todo.push((None, (s as u32, t as u32), text.clone(), *span));
                }
                for (c, column) in table.live() {
                    for (text, span) in &column.annotations {
                        let id = ColumnId { schema: s as u32, table: t as u32, column: c, part: 0 };
                        todo.push((Some(schemas.annotated(id, *span)), (s as u32, t as u32), text.clone(), *span));
                    }
                }
            }
        }
        for (column, table, text, span) in todo {
            match self.meaning(&text, span) {
                Err(d) => self.out.problems.push(d),
                Ok(m) => {
                    match (column, &m) {
                        (Some(c), _) => self.apply_column(c, &m, span, schemas),
                        (None, Meaning::Purpose(purpose)) => {
                            let models = schemas.list.get(table.0 as usize).map_or(&[][..], |s| &s.models);
                            let files = models.iter().filter(|model| model.table == table.1).map(|model| model.file);
                            self.out.file_purposes.extend(files.map(|f| (f, (purpose.0, span))));
                        }
                        (None, _) => self.apply_table(table, &m, span),
                    }
                    self.out.lines.push(Line { meaning: m, span, in_code: true });
                }
            }
        }
        for unit in &self.p.units {
            let Content::Sql(_) = &unit.content else { continue };
            for a in &unit.annotations {
                match (&a.target, self.meaning(&a.text, a.span)) {
                    (Target::Sql(_) | Target::File, Err(d)) => self.out.problems.push(d),
                    (Target::Sql(i), Ok(Meaning::Purpose(purpose))) => {
                        self.out.sql_purposes.insert((unit.file, *i), (purpose.0, a.span));
                    }
                    (Target::File, Ok(Meaning::Purpose(purpose))) => {
                        self.out.file_purposes.insert(unit.file, (purpose.0, a.span));
                    }
                    (Target::Sql(i), Ok(m @ (Meaning::Right(..) | Meaning::Purge(_)))) => {
                        let Content::Sql(sql) = &unit.content else { continue };
                        let start = sql.statements.get(*i as usize).map(|s| Start::Statement(unit.file, s.span));
                        self.out.duties.extend(start.and_then(|s| Some((duty(&m)?, s, a.span))));
                    }
                    (Target::File, Ok(m @ (Meaning::Right(..) | Meaning::Purge(_)))) => {
                        self.out.duties.extend(duty(&m).map(|d| (d, Start::File(unit.file), a.span)));
                    }
                    (Target::Sql(i), Ok(Meaning::Transform(t))) => {
                        let Content::Sql(sql) = &unit.content else { continue };
                        match sql.statements.get(*i as usize).map(|s| &s.kind) {
                            Some(Kind::Define(Define::Routine(routine))) => {
                                let name = Name::new(routine.name.name.to_lowercase());
                                self.out.seeds.transform_sql.insert(name, t.0);
                            }
                            _ => self.wrong(a.span, "a transform is a function"),
                        }
                    }
                    (Target::Sql(i), Ok(m)) => {
                        self.out.sql_targets.extend(rows_go_to(&m).map(|t| ((unit.file, *i), t)));
                    }
                    (Target::File, Ok(m)) => {
                        self.out.file_targets.extend(rows_go_to(&m).map(|t| (unit.file, t)));
                    }
                    _ => {}
                }
            }
        }
    }
}
