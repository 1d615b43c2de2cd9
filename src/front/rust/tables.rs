//! Diesel's `table!`: a schema written in Rust, read as `CREATE TABLE` and as the module that it makes.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Lit, LitStr, Macro, Meta, Token, Type, token};

use super::body::{Body, Dst};
use super::items::{self, At, Constant};
use super::{Cx, keys, types};
use crate::ir::Name;
use crate::ir::body::{self as ir, Callee, Operand, Rvalue};
use crate::ir::items::{ConstDef, Module, Owner, Path, Storage, TypeDef, TypeKind, TypeRef, Use};
use crate::ir::sql::{ColumnDef, Define, Embedded, Kind, SqlUnit, Statement, TableName};
use crate::source::Span;

struct Table {
    schema: Option<Ident>,
    name: Ident,
    sql_name: Option<String>,
    key: Vec<Ident>,
    columns: Vec<(Ident, Option<String>, Type)>,
}

fn sql_name(attrs: &[Attribute]) -> Option<String> {
    attrs.iter().find_map(|attr| match &attr.meta {
        Meta::NameValue(nv) if nv.path.is_ident("sql_name") => match &nv.value {
            syn::Expr::Lit(l) => match &l.lit {
                Lit::Str(s) => Some(s.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

fn read(input: ParseStream<'_>) -> syn::Result<Table> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    while input.peek(Token![use]) {
        let _: syn::ItemUse = input.parse()?;
    }
    attrs.extend(input.call(Attribute::parse_outer)?);
    let mut name: Ident = input.parse()?;
    let mut schema = None;
    if input.peek(Token![.]) {
        let _: Token![.] = input.parse()?;
        schema = Some(name);
        name = input.parse()?;
    }
    let mut key = Vec::new();
    if input.peek(token::Paren) {
        let names;
        syn::parenthesized!(names in input);
        key.extend(names.parse_terminated(Ident::parse_any, Token![,])?);
    }
    let body;
    syn::braced!(body in input);
    let mut columns = Vec::new();
    while !body.is_empty() {
        let attrs = body.call(Attribute::parse_outer)?;
        let column: Ident = body.parse()?;
        let _: Token![->] = body.parse()?;
        let ty: Type = body.parse()?;
        columns.push((column, sql_name(&attrs), ty));
        if !body.is_empty() {
            let _: Token![,] = body.parse()?;
        }
    }
    let _: Option<LitStr> = input.parse()?;
    Ok(Table { schema, name, sql_name: sql_name(&attrs), key, columns })
}

/// `Nullable<Text>` is `text`.
fn type_name(ty: &TypeRef) -> String {
    match ty {
        TypeRef::Path(p) => match (p.segments.last(), p.args.first()) {
            (Some(name), Some(inner)) if name == "Nullable" => type_name(inner),
            (Some(name), _) => name.to_lowercase(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The module that `table!` makes: the table, its columns, and both again in `dsl` and `columns`.
fn module(cx: &mut Cx<'_>, table: &Table, parent: u32) {
    let span = cx.span(table.name.span());
    let new = |name: Name, parent| Module {
        name,
        parent,
        external: false,
        path_attr: None,
        test: false,
        cfgs: Vec::new(),
        span,
    };
    let module = cx.unit.modules.len() as u32;
    cx.unit.modules.push(new(types::name(&table.name), parent));
    for inner in ["dsl", "columns"] {
        let at = cx.unit.modules.len() as u32;
        cx.unit.modules.push(new(inner.into(), module));
        cx.unit.uses.push(Use { module: at, path: vec!["super".into()], name: None, public: true, func: None });
        if inner == "dsl" {
            let path = vec!["super".into(), "table".into()];
            cx.unit.uses.push(Use { module: at, path, name: Some(types::name(&table.name)), public: true, func: None });
        }
    }
    let statement =
        Path { segments: vec!["diesel".into(), "Query".into()], args: vec![TypeRef::Infer], ..Path::default() };
    cx.unit.types.push(TypeDef {
        module,
        parent: None,
        name: "BoxedQuery".into(),
        generics: Vec::new(),
        kind: TypeKind::Alias(TypeRef::Path(statement)),
        derives: Vec::new(),
        display: None,
        attrs: Vec::new(),
        test: false,
        public: true,
        span,
    });
    let mut constant = |name: Name, ty: &str, span| {
        let path = Path { segments: vec!["diesel".into(), ty.into()], ..Path::default() };
        let ty = TypeRef::Path(path);
        cx.unit.consts.push(ConstDef {
            module,
            owner: Owner::Module,
            name,
            ty,
            init: None,
            storage: Storage::Const,
            span,
        });
    };
    constant("table".into(), "Table", span);
    constant("all_columns".into(), "Columns", span);
    constant("star".into(), "Columns", span);
    for (ident, ..) in &table.columns {
        constant(types::name(ident), "Column", span);
    }
}

/// The functions of SQL that Diesel declares, as what the models know.
pub(super) fn functions(cx: &mut Cx<'_>, at: At, mac: &Macro) {
    let mut tokens = mac.tokens.clone().into_iter();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Ident(i) if *i == "fn")
            && let Some(TokenTree::Ident(name)) = tokens.next()
        {
            let path = vec!["diesel".into(), "sql_function".into()];
            let name = Some(types::name(&name));
            cx.unit.uses.push(Use { module: at.module, path, name, public: true, func: at.func });
        }
    }
}

/// One alias of a table: its module, the name of the alias, and that of the constant.
type Alias = (syn::Path, Ident, Ident);

/// `alias!(users as first_user, users as second_user: SecondUser)`, and
/// `alias!(pub const FIRST: Alias<FirstUser> = users as first_user;)`.
fn aliases(mac: &Macro) -> Option<Vec<Alias>> {
    let read = |input: ParseStream<'_>| {
        let mut out = Vec::new();
        while !input.is_empty() {
            input.call(Attribute::parse_outer)?;
            let _: syn::Visibility = input.parse()?;
            let mut constant: Option<Ident> = None;
            if input.peek(Token![const]) {
                let _: Token![const] = input.parse()?;
                constant = Some(input.parse()?);
                let _: Token![:] = input.parse()?;
                let _: Type = input.parse()?;
                let _: Token![=] = input.parse()?;
            }
            let table: syn::Path = input.parse()?;
            let _: Token![as] = input.parse()?;
            let name: Ident = input.parse()?;
            out.push((table, name.clone(), constant.unwrap_or(name)));
            if input.peek(Token![:]) {
                let _: Token![:] = input.parse()?;
                let _: Type = input.parse()?;
            }
            if input.peek(Token![;]) {
                let _: Token![;] = input.parse()?;
            } else if !input.is_empty() {
                let _: Token![,] = input.parse()?;
            }
        }
        Ok(out)
    };
    read.parse2(mac.tokens.clone()).ok().filter(|list| !list.is_empty())
}

/// A call that makes an alias: `diesel::alias(users::table, "first_user")`.
fn alias(b: &mut Body<'_, '_>, (table, name, _): &Alias) -> Rvalue {
    let mut path = types::path(b.cx, table);
    path.segments.push("table".into());
    let callee = Path { segments: vec!["diesel".into(), "alias".into()], ..Path::default() };
    let callee = Callee::Path(b.path_id(callee));
    let args = vec![Operand::Path(b.path_id(path)), Operand::Lit(ir::Lit::Str(types::name(name).to_string()))];
    let spans = vec![keys::path(b.cx, table), b.cx.span(name.span())];
    Rvalue::Call { callee, args, spans, site: 0 }
}

/// Aliases of tables as constants; `false` if they have another form.
pub(super) fn named_aliases(cx: &mut Cx<'_>, at: At, mac: &Macro) -> bool {
    let Some(list) = aliases(mac) else { return false };
    for one in &list {
        let span = cx.span(one.2.span());
        let ty = Path { segments: vec!["diesel".into(), "Alias".into()], ..Path::default() };
        let new = Constant { name: types::name(&one.2), ty: TypeRef::Path(ty), storage: Storage::Const, span };
        items::constant_of(cx, at, Owner::Module, new, |b| {
            let call = alias(b, one);
            b.assign(Some(&ir::RET.into()), call, span);
        });
    }
    true
}

/// Aliases of tables as a value, or a tuple of several; `false` if they have another form.
pub(super) fn alias_values(b: &mut Body<'_, '_>, dst: Dst<'_>, mac: &Macro, at: Span) -> bool {
    let Some(list) = aliases(mac) else { return false };
    let mut values: Vec<(Operand, Span)> = Vec::new();
    for one in &list {
        let call = alias(b, one);
        values.push((b.value(call, at), b.cx.span(one.1.span())));
    }
    let src = match values.as_slice() {
        [(one, _)] => Rvalue::Use(one.clone()),
        _ => super::macros::tuple(values),
    };
    b.assign(dst, src, at);
    true
}

/// Reads `table! { .. }` in a module; `false` if it has another form.
pub(super) fn table(cx: &mut Cx<'_>, at_module: u32, mac: &Macro) -> bool {
    let Ok(table) = read.parse2(mac.tokens.clone()) else { return false };
    module(cx, &table, at_module);
    let at = cx.span(keys::last(&mac.path));
    let span = cx.span(table.name.span());
    let name = TableName {
        schema: table.schema.as_ref().map(types::name),
        name: table.sql_name.map_or_else(|| types::name(&table.name), Name::from),
        span,
    };
    let called = |ident: &Ident, sql_name: Option<&str>| sql_name.map_or_else(|| types::name(ident), Name::new);
    let named = |key: &Ident| {
        let column = table.columns.iter().find(|(ident, ..)| ident == key);
        column.map_or_else(|| types::name(key), |(ident, sql_name, _)| called(ident, sql_name.as_deref()))
    };
    // Without a word, `id` is.
    let key = if table.key.is_empty() { vec!["id".into()] } else { table.key.iter().map(named).collect() };
    let columns = table
        .columns
        .iter()
        .map(|(ident, sql_name, ty)| ColumnDef {
            name: called(ident, sql_name.as_deref()),
            ty: type_name(&types::ty(cx, ty)),
            comment: None,
            references: None,
            generated: None,
            span: cx.span(ident.span()),
        })
        .collect();
    let define = Define::Table {
        name,
        columns,
        query: None,
        like: Vec::new(),
        parents: Vec::new(),
        temporary: false,
        foreign: Vec::new(),
        key,
    };
    let statement = Statement { span, kind: Kind::Define(define), named: Vec::new() };
    cx.unit.embedded.push(Embedded { span: at, unit: SqlUnit { statements: vec![statement] } });
    true
}
