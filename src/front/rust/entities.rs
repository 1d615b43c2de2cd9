//! Entities of SeaORM: the table that a model stands for, and the items that its derives make beside it.

use super::Cx;
use super::items::At;
use crate::ir::Name;
use crate::ir::case::pascal;
use crate::ir::items::{FieldDef, ImplDef, Path, TypeDef, TypeKind, TypeRef, VariantDef};
use crate::ir::sql::{ColumnDef, Define, Embedded, Kind, SqlUnit, Statement, TableName};

/// Reads a type as a model of SeaORM, if it is one.
pub(super) fn model(cx: &mut Cx<'_>, at: At, index: u32) {
    let Some(def) = cx.unit.types.get(index as usize) else { return };
    let derives = |name: &str| def.derives.iter().any(|d| d == name);
    let (whole, active) = (derives("DeriveEntityModel"), derives("DeriveActiveModel"));
    if !whole && !derives("DeriveModel") {
        return;
    }
    let TypeKind::Struct(fields) = &def.kind else { return };
    let (def, fields) = (def.clone(), fields.clone());
    let value = |name| def.said("sea_orm", name).next().map(Name::from);
    if let Some(table) = value("table_name") {
        define(cx, &def, value("schema_name"), table, &fields);
    }
    // A field that is ignored is no column: a row has its default.
    let columns = fields.into_iter().filter(|f| !f.attrs.sql_skip);
    if whole {
        let variants = columns.clone().map(|f| VariantDef {
            name: pascal(&f.name).into(),
            fields: Vec::new(),
            display: None,
            relates: None,
            span: f.span,
        });
        let kind = TypeKind::Enum(variants.collect());
        made(cx, at, &def, "Entity", TypeKind::Struct(Vec::new()), &["DeriveEntity"], "EntityTrait");
        made(cx, at, &def, "Column", kind, &["DeriveColumn"], "ColumnTrait");
    }
    if whole || active {
        let values = columns.map(|f| {
            let path =
                Path { segments: vec!["sea_orm".into(), "ActiveValue".into()], args: vec![f.ty], ..Path::default() };
            FieldDef { ty: TypeRef::Path(path), ..f }
        });
        let kind = TypeKind::Struct(values.collect());
        made(cx, at, &def, "ActiveModel", kind, &["Clone", "Default", "DeriveActiveModel"], "ActiveModelTrait");
    }
    implement(cx, at, &def, def.name.clone(), "ModelTrait");
}

/// The table as its definition.
fn define(cx: &mut Cx<'_>, def: &TypeDef, schema: Option<Name>, table: Name, fields: &[FieldDef]) {
    let column = |f: &FieldDef| ColumnDef {
        name: f.attrs.sql_rename.clone().unwrap_or_else(|| f.name.clone()),
        ty: String::new(),
        comment: None,
        references: None,
        generated: None,
        span: f.span,
    };
    let columns = |of: &dyn Fn(&FieldDef) -> bool| {
        fields.iter().filter(|f| !f.attrs.sql_skip && of(f)).map(column).collect::<Vec<ColumnDef>>()
    };
    let define = Define::Table {
        name: TableName { schema, name: table, span: def.span },
        key: columns(&|f| f.attrs.sql_key).into_iter().map(|c| c.name).collect(),
        columns: columns(&|_| true),
        query: None,
        like: Vec::new(),
        parents: Vec::new(),
        temporary: false,
        foreign: Vec::new(),
    };
    let statement = Statement { span: def.span, kind: Kind::Define(define), named: Vec::new() };
    cx.unit.embedded.push(Embedded { span: def.span, unit: SqlUnit { statements: vec![statement] } });
}

/// A type that a derive makes, with the trait by which its methods are known.
fn made(cx: &mut Cx<'_>, at: At, def: &TypeDef, name: &str, kind: TypeKind, derives: &[&str], of: &str) {
    cx.unit.types.push(TypeDef {
        name: name.into(),
        kind,
        derives: derives.iter().map(|d| Name::from(*d)).collect(),
        generics: Vec::new(),
        display: None,
        attrs: Vec::new(),
        ..def.clone()
    });
    implement(cx, at, def, name.into(), of);
}

fn implement(cx: &mut Cx<'_>, at: At, def: &TypeDef, name: Name, of: &str) {
    let path = |segments: Vec<Name>| Path { segments, ..Path::default() };
    // What an active model is written as, and read back.
    let model = (of == "ActiveModelTrait").then(|| ("Model".into(), TypeRef::Path(path(vec![def.name.clone()]))));
    cx.unit.impls.push(ImplDef {
        module: at.module,
        parent: at.func,
        generics: Vec::new(),
        trait_: Some(path(vec!["sea_orm".into(), of.into()])),
        self_ty: TypeRef::Path(path(vec![name])),
        assoc: model.into_iter().collect(),
        test: def.test,
        span: def.span,
    });
}
