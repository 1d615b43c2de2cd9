//! Models of SeaORM: how a table is written in Rust. A label on a field is one on its column.

use super::{Binder, Labelled, Spot};
use crate::flow::FieldKey;
use crate::ir::Content;
use crate::ir::sql::{Define, Kind};
use crate::link::schema::Schemas;
use crate::link::sqlfn::ColumnId;
use crate::policy::Label;

impl Binder<'_> {
    /// Labels the columns of the fields that are labelled, where nothing is said of the columns themselves.
    pub(super) fn label_columns(&mut self, schemas: &mut Schemas) {
        let of = |(spot, labelled): (&Spot, &Labelled)| match spot {
            Spot::Field(key) if !self.not_personal.contains(spot) => {
                let id = self.column_of(key, schemas)?;
                let column = Spot::Column(id);
                let of = column.clone()..=Spot::Column(ColumnId { part: u32::MAX, ..id });
                let said = self.spots.range(of).next().is_some() || self.not_personal.contains(&column);
                (!said).then(|| (spot.clone(), column, labelled.clone()))
            }
            _ => None,
        };
        let found: Vec<(Spot, Spot, Labelled)> = self.spots.iter().filter_map(of).collect();
        for (field, column, mut labelled) in found {
            let subject = self.subject_of(&field);
            for label in &mut labelled.labels {
                *label = Label { subject: label.subject.or(subject), ..*label };
            }
            if let Spot::Column(c) = column {
                schemas.note_label(c, None);
                schemas.set_opaque(c);
            }
            self.spots.insert(column, labelled);
        }
    }

    /// The column that a field of a model stands for.
    fn column_of(&self, (t, variant, name): &FieldKey, schemas: &Schemas) -> Option<ColumnId> {
        let (unit, _) = *self.p.types.get(t.0 as usize)?;
        let def = self.p.type_def(*t).filter(|d| variant.is_none() && d.derives.iter().any(|d| is_model(d)))?;
        let unit = self.p.units.get(unit as usize)?;
        let Content::Rust(rust) = &unit.content else { return None };
        let field = match &def.kind {
            crate::ir::items::TypeKind::Struct(fields) => fields.iter().find(|f| f.name == *name)?,
            _ => return None,
        };
        let statements = rust.embedded.iter().filter(|e| e.span == def.span).flat_map(|e| &e.unit.statements);
        let (table, column) = statements.into_iter().find_map(|s| match &s.kind {
            Kind::Define(Define::Table { name, columns, .. }) => {
                Some((name, columns.iter().find(|c| c.span == field.span)?))
            }
            _ => None,
        })?;
        schemas.for_path(self.sources.path(unit.file)).into_iter().find_map(|s| {
            let schema = schemas.list.get(s)?;
            let t = schema.table(table)?;
            let c = schema.tables.get(t as usize)?.column(&column.name)?;
            Some(ColumnId { schema: s as u32, table: t, column: c, part: 0 })
        })
    }
}

/// Whether a derive makes a model of a struct.
fn is_model(derive: &str) -> bool {
    matches!(derive, "DeriveEntityModel" | "DeriveModel")
}
