//! Derives that write methods: constructors, builders, getters and conversions.
//!
//! What they write is known from the struct alone, so it is written here as they would: in the neutral form, at the
//! places of the fields.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ItemEnum, ItemStruct, Meta};

use super::Cx;
use super::attrs::{each, nested, string};
use super::items::{self, At, blank};
use super::types::position;
use crate::ir::Name;
use crate::ir::attr::args;
use crate::ir::body::{Aggregate, Func, Local, LocalDecl, Operand, Param, PathId, Place, RET, Rvalue, Sel, Stmt};
use crate::ir::case::snake;
use crate::ir::items::{FieldDef, Generic, ImplDef, Owner, Path, Storage, TypeDef, TypeKind, TypeRef, Use, VariantDef};
use crate::source::Span;

/// Derives that write methods.
const WRITE: [&str; 9] =
    ["new", "Constructor", "TypedBuilder", "Builder", "Getters", "CopyGetters", "Setters", "Into", "From"];

/// Writes the methods of a struct, the type at this index.
pub(super) fn methods(cx: &mut Cx<'_>, at: At, index: u32, item: &ItemStruct) {
    let writes = |d: &&TypeDef| d.derives.iter().any(|d| WRITE.contains(&d.as_str()));
    let Some(def) = cx.unit.types.get(index as usize).filter(writes).cloned() else { return };
    let TypeKind::Struct(fields) = &def.kind else { return };
    let has = |name: &str| def.derives.iter().any(|d| d == name);
    let marks: Vec<&[Attribute]> = item.fields.iter().map(|f| f.attrs.as_slice()).collect();
    let at = At { test: def.test, ..at };
    let mut out = Writer { cx, at, def: &def };
    if has("new") || has("Constructor") {
        out.constructor(fields, &marks);
    }
    if has("TypedBuilder") || has("Builder") {
        let lent = derives_of(&item.attrs, "derive_builder")
            || out.cx.unit.uses.iter().any(|u| u.path.first().is_some_and(|p| p == "derive_builder"));
        out.builder(fields, &marks, lent);
    }
    if has("Getters") || has("CopyGetters") || has("Setters") {
        out.accessors(fields, &marks, &item.attrs);
    }
    let left_out = |marks: &[Attribute], name: &str| says(marks, name, "skip") || says(marks, name, "ignore");
    if has("Into") {
        let given: Vec<&FieldDef> =
            fields.iter().zip(&marks).filter(|(_, m)| !left_out(m, "into")).map(|(f, _)| f).collect();
        match given.as_slice() {
            [] => {}
            [only] => out.unwrapping(only),
            several => out.as_tuple(several),
        }
    }
    if has("From") && !fields.is_empty() {
        out.made_of_all(fields);
    }
}

/// Whether a type is one that `pin_project` writes methods for.
pub(super) fn is_projected(def: &TypeDef) -> bool {
    def.attrs.iter().any(|a| a.name() == "pin_project")
}

/// `project()` of a pinned value gives its fields, each lent: the value itself. So does a type that is named for that.
pub(super) fn projection(cx: &mut Cx<'_>, at: At, index: u32) {
    let Some(def) = cx.unit.types.get(index as usize).cloned() else { return };
    let mut out = Writer { cx, at: At { test: def.test, ..at }, def: &def };
    let whole = out.ty(&def.name);
    let of = out.impl_of(whole.clone(), None);
    for name in ["project", "project_ref"] {
        let lent = |ty: TypeRef| TypeRef::RefMut(Box::new(ty));
        out.method(
            of,
            Method {
                name: name.into(),
                span: def.span,
                receiver: Some(lent(TypeRef::Infer)),
                params: Vec::new(),
                ret: lent(whole.clone()),
                paths: Vec::new(),
                body: vec![put(RET.into(), Local(1).into(), def.span)],
            },
        );
    }
    let said = def.attrs.iter().filter(|a| a.name() == "pin_project").flat_map(|a| args(&a.args));
    let said = said.filter(|a| a.name.starts_with("project")).map(|a| a.value);
    let lite = def.attrs.iter().filter(|a| a.path.starts_with("project")).map(|a| a.args.trim());
    for name in said.chain(lite).filter(|name| !name.is_empty()) {
        cx.unit.types.push(TypeDef {
            name: name.into(),
            kind: TypeKind::Alias(whole.clone()),
            derives: Vec::new(),
            attrs: Vec::new(),
            display: None,
            ..def.clone()
        });
    }
}

/// What Diesel and SeaORM select for the fields that say so themselves (`select_expression = users::name`,
/// `from_expr = "Column::Name.lower()"`): a constant for each, which the field names.
pub(super) fn selections(cx: &mut Cx<'_>, at: At, index: u32, item: &ItemStruct) {
    for (i, field) in item.fields.iter().enumerate() {
        let mut said = None;
        each(&field.attrs, |meta| {
            if let Meta::List(list) = meta
                && list.path.is_ident("diesel")
            {
                said = selected(&list.tokens).or(said.take());
            } else if meta.path().is_ident("sea_orm") {
                let parts = nested(meta);
                let named = parts.iter().find(|m| m.path().is_ident("from_expr"));
                said = named.and_then(written).or(said.take());
            }
        });
        let Some(said) = said else { continue };
        let Some(def) = cx.unit.types.get_mut(index as usize) else { return };
        let TypeKind::Struct(fields) = &mut def.kind else { return };
        let Some(field) = fields.get_mut(i) else { continue };
        let name: Name = format!("{}.{}", def.name, field.name).into();
        field.attrs.sql_expression = Some(name.clone());
        let (span, test) = (field.span, def.test);
        let new = items::Constant { name, ty: TypeRef::Infer, storage: Storage::Const, span };
        items::constant_of(cx, At { test, ..at }, Owner::Module, new, |b| b.run(Some(&RET.into()), &said));
    }
}

/// `strum::Display` and `EnumDisplay` print the name of a variant, or the words that stand at it.
pub(super) fn names(cx: &mut Cx<'_>, item: &ItemEnum) {
    let shown = |d: &Name| d == "Display" || d == "EnumDisplay";
    if !cx.unit.types.last().is_some_and(|d| d.derives.iter().any(shown)) {
        return;
    }
    let imported = |u: &Use| {
        let krate = u.path.first().is_some_and(|p| p == "strum" || p == "strum_macros");
        krate && u.path.last().is_some_and(|p| p == "Display")
    };
    let by_strum = ["strum", "strum_macros"].iter().any(|krate| derives_of(&item.attrs, krate));
    let by_strum = by_strum || cx.unit.uses.iter().any(imported);
    let names = |d: &Name| d == "EnumDisplay" || by_strum && d == "Display";
    let Some(def) = cx.unit.types.last_mut().filter(|d| d.derives.iter().any(names)) else { return };
    let TypeKind::Enum(variants) = &mut def.kind else { return };
    for (variant, written) in variants.iter_mut().zip(&item.variants) {
        variant.display.get_or_insert_with(|| words(&written.attrs).unwrap_or_default());
    }
}

/// What derives make of what a variant holds, and of that a variant; and what strum makes of a variant alone: a text
/// (`IntoStaticStr`), or one of an enum that it writes beside (`EnumDiscriminants`).
pub(super) fn of_variants(cx: &mut Cx<'_>, at: At, index: u32, item: &ItemEnum) {
    const KNOWN: [&str; 8] =
        ["From", "TryInto", "Unwrap", "TryUnwrap", "EnumTryAs", "EnumAsInner", "IntoStaticStr", "EnumDiscriminants"];
    let known = |def: &&TypeDef| def.derives.iter().any(|d| KNOWN.contains(&d.as_str()));
    let Some(def) = cx.unit.types.get(index as usize).filter(known).cloned() else { return };
    let TypeKind::Enum(variants) = &def.kind else { return };
    let has = |name: &str| def.derives.iter().any(|d| d == name);
    let at = At { test: def.test, ..at };
    let named_so = |name: &str| item.variants.iter().any(|v| says_plainly(&v.attrs, name));
    let (some_from, of) = (named_so("from"), variants.iter().zip(&item.variants));
    // Variants of one field, and whether no other has its type.
    let single: Vec<(&VariantDef, &FieldDef, &[Attribute])> = of
        .filter_map(|(v, written)| {
            Some((v, v.fields.first().filter(|_| v.fields.len() == 1)?, written.attrs.as_slice()))
        })
        .collect();
    let mut out = Writer { cx, at, def: &def };
    let methods = Taken::of(&has);
    let own = (!methods.is_empty()).then(|| out.impl_of(out.ty(&def.name), None));
    for (variant, field, marks) in &single {
        let left_out = |name: &str| says(marks, name, "skip") || says(marks, name, "ignore");
        if has("From") && !left_out("from") && (!some_from || says_plainly(marks, "from")) {
            out.made_of(variant, field);
        }
        let alone = single.iter().filter(|(_, f, _)| f.ty == field.ty).count() == 1;
        if has("TryInto") && alone && !left_out("try_into") {
            out.tried(variant, field);
        }
        for (of, taken) in own.iter().flat_map(|of| methods.iter().map(move |m| (*of, m))) {
            out.taken(of, variant, field, taken);
        }
    }
    if has("IntoStaticStr") {
        Writer { cx, at, def: &def }.variant_as(TypeRef::Path(named("str", Vec::new())));
    }
    if has("EnumDiscriminants") {
        let own = || format!("{}Discriminants", def.name);
        let name = def.said("strum_discriminants", "name").next().map_or_else(own, str::to_owned);
        let bare = |v: &VariantDef| VariantDef { fields: Vec::new(), relates: None, ..v.clone() };
        let kind = TypeKind::Enum(variants.iter().map(bare).collect());
        cx.unit.types.push(TypeDef {
            name: name.as_str().into(),
            kind,
            generics: Vec::new(),
            derives: Vec::new(),
            attrs: Vec::new(),
            display: None,
            ..def.clone()
        });
        Writer { cx, at, def: &def }.variant_as(TypeRef::Path(named(&name, Vec::new())));
    }
}

/// The expression of `select_expression = ..`, whatever types stand beside it.
fn selected(tokens: &TokenStream) -> Option<Expr> {
    let mut rest = tokens.clone().into_iter();
    rest.find(|t| matches!(t, TokenTree::Ident(i) if *i == "select_expression"))?;
    rest.next()?;
    let read = |input: ParseStream<'_>| {
        let said: Expr = input.parse()?;
        let _: TokenStream = input.parse()?;
        Ok(said)
    };
    read.parse2(rest.collect()).ok()
}

/// The expression that an attribute has as a text.
fn written(named: &Meta) -> Option<Expr> {
    let Meta::NameValue(pair) = named else { return None };
    match &pair.value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => text.parse().ok(),
        other => Some(other.clone()),
    }
}

/// The names that identifiers of SeaQuery stand for: those of the type and of its variants in lower case, `Table` that of
/// the type, unless they say others.
pub(super) fn identifiers(cx: &mut Cx<'_>, attrs: &[Attribute], variants: &[&[Attribute]]) {
    let known = ["Iden", "IdenStatic", "DeriveIden"];
    let Some(def) = cx.unit.types.last_mut().filter(|d| d.derives.iter().any(|d| known.contains(&d.as_str()))) else {
        return;
    };
    let own = identifier(attrs).unwrap_or_else(|| snake(&def.name));
    if let TypeKind::Enum(list) = &mut def.kind {
        for (variant, attrs) in list.iter_mut().zip(variants) {
            let named = || if variant.name == "Table" { own.clone() } else { snake(&variant.name) };
            variant.display = Some(identifier(attrs).unwrap_or_else(named));
        }
    } else {
        def.display = Some(own);
    }
}

/// `#[iden = ".."]`, `#[iden(rename = "..")]`, `#[sea_orm(iden = "..")]`.
fn identifier(attrs: &[Attribute]) -> Option<String> {
    let mut out = None;
    each(attrs, |meta| {
        let said = |names: [&str; 2]| {
            nested(meta).iter().find(|m| names.iter().any(|n| m.path().is_ident(n))).and_then(string)
        };
        if meta.path().is_ident("iden") {
            out = string(meta).or_else(|| said(["rename", "name"])).or(out.take());
        } else if meta.path().is_ident("sea_orm") {
            out = said(["iden", "iden"]).or(out.take());
        }
    });
    out
}

/// `#[strum(to_string = "..")]`.
fn words(attrs: &[Attribute]) -> Option<String> {
    let mut out = None;
    each(attrs, |meta| {
        if meta.path().is_ident("strum") {
            out = nested(meta).iter().find(|m| m.path().is_ident("to_string")).and_then(string).or(out.take());
        }
    });
    out
}

/// Whether an attribute of this name holds this word: `#[getset(get = "pub")]`.
fn says(attrs: &[Attribute], name: &str, word: &str) -> bool {
    let mut found = false;
    each(attrs, |meta| {
        found |= meta.path().is_ident(name) && nested(meta).iter().any(|m: &Meta| m.path().is_ident(word));
    });
    found
}

/// Whether an attribute of this name stands alone: `#[from]`.
fn says_plainly(attrs: &[Attribute], name: &str) -> bool {
    let mut found = false;
    each(attrs, |meta| found |= matches!(meta, Meta::Path(path) if path.is_ident(name)));
    found
}

/// A method that takes out what a variant holds: its name around that of the variant, and the wrapper of what it gives.
struct Taken(&'static str, &'static str, Option<&'static str>);

impl Taken {
    /// Those that the derives of an enum write.
    fn of(has: &dyn Fn(&str) -> bool) -> Vec<Taken> {
        let of = |derive: &str| match derive {
            "Unwrap" => {
                vec![Taken("unwrap_", "", None), Taken("unwrap_", "_ref", None), Taken("unwrap_", "_mut", None)]
            }
            "TryUnwrap" => ["", "_ref", "_mut"].map(|end| Taken("try_unwrap_", end, Some("Result"))).into(),
            "EnumTryAs" => ["", "_ref", "_mut"].map(|end| Taken("try_as_", end, Some("Option"))).into(),
            _ => vec![
                Taken("as_", "", Some("Option")),
                Taken("as_", "_mut", Some("Option")),
                Taken("into_", "", Some("Result")),
            ],
        };
        ["Unwrap", "TryUnwrap", "EnumTryAs", "EnumAsInner"].into_iter().filter(|d| has(d)).flat_map(of).collect()
    }
}

/// Whether a derive is written with the path of this crate.
fn derives_of(attrs: &[Attribute], krate: &str) -> bool {
    let mut found = false;
    each(attrs, |meta| {
        let of = |m: &Meta| m.path().segments.len() > 1 && m.path().segments.first().is_some_and(|s| s.ident == krate);
        found |= meta.path().is_ident("derive") && nested(meta).iter().any(of);
    });
    found
}

/// A path of one segment, with arguments.
pub(super) fn named(name: &str, args: Vec<TypeRef>) -> Path {
    Path { segments: vec![name.into()], args, ..Path::default() }
}

/// A trait of conversion of std, whatever a derive of its name is imported from.
pub(super) fn of_std(name: &str, args: Vec<TypeRef>) -> Path {
    Path { segments: vec!["std".into(), "convert".into(), name.into()], args, ..Path::default() }
}

/// What a method is made of.
pub(super) struct Method<'m> {
    pub name: Name,
    pub span: Span,
    /// The receiver, if it has one.
    pub receiver: Option<TypeRef>,
    pub params: Vec<(&'m Name, &'m TypeRef)>,
    pub ret: TypeRef,
    pub paths: Vec<Path>,
    pub body: Vec<Stmt>,
}

pub(super) struct Writer<'w, 'c> {
    pub cx: &'w mut Cx<'c>,
    pub at: At,
    pub def: &'w TypeDef,
}

impl Writer<'_, '_> {
    /// A type with the generic parameters of the struct.
    pub(super) fn ty(&self, name: &str) -> TypeRef {
        let param = |g: &Generic| TypeRef::Path(named(&g.name, Vec::new()));
        let params = self.def.generics.iter().filter(|g| !g.name.starts_with('\'')).map(param);
        TypeRef::Path(named(name, params.collect()))
    }

    pub(super) fn impl_of(&mut self, self_ty: TypeRef, trait_: Option<Path>) -> u32 {
        let index = self.cx.unit.impls.len() as u32;
        self.cx.unit.impls.push(ImplDef {
            module: self.at.module,
            parent: self.at.func,
            generics: self.def.generics.clone(),
            trait_,
            self_ty,
            assoc: Vec::new(),
            attrs: Vec::new(),
            test: self.at.test,
            span: self.def.span,
        });
        index
    }

    pub(super) fn method(&mut self, of: u32, m: Method<'_>) {
        let mut func: Func = blank(m.name, self.at, Owner::Impl(of), m.span);
        let local = |ty: &TypeRef, name: Option<&Name>| LocalDecl::new(name.cloned(), Some(ty.clone()), m.span);
        func.locals.push(local(&m.ret, None));
        func.has_self = m.receiver.is_some();
        let this: Name = "self".into();
        let receiver = m.receiver.iter().map(|ty| (&this, ty));
        for (name, ty) in receiver.chain(m.params) {
            let at = Local(func.locals.len() as u32);
            func.locals.push(local(ty, Some(name)));
            let lent = matches!(ty, TypeRef::RefMut(_));
            func.params.push(Param { local: at, name: Some(name.clone()), ty: ty.clone(), lent, span: m.span });
        }
        func.public = true;
        func.exported = true;
        func.ret = m.ret;
        func.paths = m.paths;
        func.body = Some(m.body);
        self.cx.unit.funcs.push(func);
    }

    /// `Self { a, b }` of these values.
    fn whole(&self, values: Vec<(Name, Place)>) -> Stmt {
        let span = self.def.span;
        let fields = values.into_iter().map(|(name, place)| (Some(name), Operand::Place(place), span)).collect();
        let src = Rvalue::Aggregate { kind: Aggregate::Adt(PathId(0)), fields, base: None };
        Stmt::Assign { dst: RET.into(), src, span }
    }

    /// `fn new(a: A, b: B) -> Self`, without the fields that have a value of their own.
    fn constructor(&mut self, fields: &[FieldDef], marks: &[&[Attribute]]) {
        let own = |marks: &[Attribute]| says(marks, "new", "default") || says(marks, "new", "value");
        let given: Vec<&FieldDef> = fields.iter().zip(marks).filter(|(_, m)| !own(m)).map(|(f, _)| f).collect();
        let values = given.iter().enumerate().map(|(i, f)| (f.name.clone(), Local(1 + i as u32).into())).collect();
        let body = vec![self.whole(values)];
        let of = self.impl_of(self.ty(&self.def.name), None);
        self.method(
            of,
            Method {
                name: "new".into(),
                span: self.def.span,
                receiver: None,
                params: given.iter().map(|f| (&f.name, &f.ty)).collect(),
                ret: self.ty(&self.def.name),
                paths: vec![named(&self.def.name, Vec::new())],
                body,
            },
        );
    }

    /// `T::builder()` or `TBuilder::default()`, a setter for each field, and `build`, which may fail where the builder
    /// is lent to its setters.
    fn builder(&mut self, fields: &[FieldDef], marks: &[&[Attribute]], lent: bool) {
        let name: Name = format!("{}Builder", self.def.name).into();
        let (span, ty) = (self.def.span, self.ty(&name));
        let def = TypeDef { name: name.clone(), derives: Vec::new(), attrs: Vec::new(), ..self.def.clone() };
        self.cx.unit.types.push(def);
        let empty = |name: &str, ret: &TypeRef, path: &Name| Method {
            name: name.into(),
            span,
            receiver: None,
            params: Vec::new(),
            ret: ret.clone(),
            paths: vec![named(path, Vec::new())],
            body: Vec::new(),
        };
        let start = self.whole(Vec::new());
        let of = self.impl_of(self.ty(&self.def.name), None);
        self.method(of, Method { body: vec![start.clone()], ..empty("builder", &ty, &name) });
        let of = self.impl_of(ty.clone(), None);
        for start_of in ["new", "default"] {
            self.method(of, Method { body: vec![start.clone()], ..empty(start_of, &ty, &name) });
        }
        let borrowed = |ty: TypeRef| if lent { TypeRef::RefMut(Box::new(ty)) } else { ty };
        for (f, marks) in fields.iter().zip(marks) {
            let this = Local(1);
            let part = Place { base: this, path: vec![Sel::Field(f.name.clone())] };
            let mut setter = |name: Name, given: &TypeRef| {
                self.method(
                    of,
                    Method {
                        name,
                        span: f.span,
                        receiver: Some(borrowed(TypeRef::Infer)),
                        params: vec![(&f.name, given)],
                        ret: borrowed(ty.clone()),
                        paths: Vec::new(),
                        body: vec![put(part.clone(), Local(2).into(), f.span), put(RET.into(), this.into(), f.span)],
                    },
                );
            };
            setter(f.name.clone(), &f.ty);
            // What may be left out may be given as an option (bon).
            let option = TypeRef::Path(named("Option", vec![f.ty.clone()]));
            match &f.ty {
                _ if lent => {}
                TypeRef::Path(path) if path.segments.last().is_some_and(|s| s == "Option") => {
                    setter(format!("maybe_{}", f.name).into(), &f.ty);
                }
                _ if says(marks, "builder", "default") => setter(format!("maybe_{}", f.name).into(), &option),
                _ => {}
            }
        }
        let built = self.ty(&self.def.name);
        let ret = if lent { TypeRef::Path(named("Result", vec![built, TypeRef::Infer])) } else { built };
        let part = |f: &FieldDef| Place { base: Local(1), path: vec![Sel::Field(f.name.clone())] };
        let body = vec![self.whole(fields.iter().map(|f| (f.name.clone(), part(f))).collect())];
        let own = self.def.name.clone();
        self.method(of, Method { receiver: Some(TypeRef::Infer), body, ..empty("build", &ret, &own) });
    }

    /// Getters and setters by the attributes of a field or of the whole.
    fn accessors(&mut self, fields: &[FieldDef], marks: &[&[Attribute]], all: &[Attribute]) {
        let of = self.impl_of(self.ty(&self.def.name), None);
        let any = |marks: &[Attribute], words: &[&str]| {
            words.iter().any(|w| says(marks, "getset", w) || says(all, "getset", w)) && !says(marks, "getset", "skip")
        };
        let by_getset = marks.iter().any(|m| any(m, &["set", "get", "get_copy", "get_mut"]));
        let setters = self.def.derives.iter().any(|d| d == "Setters");
        for (f, marks) in fields.iter().zip(marks) {
            let part = Place { base: Local(1), path: vec![Sel::Field(f.name.clone())] };
            let base = |name: Name, ret: TypeRef, body: Vec<Stmt>| Method {
                name,
                span: f.span,
                receiver: Some(TypeRef::Infer),
                params: Vec::new(),
                ret,
                paths: Vec::new(),
                body,
            };
            if any(marks, &["get", "get_copy", "get_clone"]) {
                self.method(of, base(f.name.clone(), f.ty.clone(), vec![put(RET.into(), part.clone(), f.span)]));
            }
            let set = any(marks, &["set"]);
            if set || setters && !by_getset {
                let name = if set { format!("set_{}", f.name).into() } else { f.name.clone() };
                let this: Place = Local(1).into();
                let ret = self.ty(&self.def.name);
                let (receiver, ret) = if set {
                    (TypeRef::RefMut(Box::new(TypeRef::Infer)), TypeRef::RefMut(Box::new(ret)))
                } else {
                    (TypeRef::Infer, ret)
                };
                let body = vec![put(part, Local(2).into(), f.span), put(RET.into(), this, f.span)];
                let params = vec![(&f.name, &f.ty)];
                self.method(of, Method { receiver: Some(receiver), params, ..base(name, ret, body) });
            }
        }
    }

    /// `impl From<A> for Self` of what a variant holds.
    fn made_of(&mut self, variant: &VariantDef, field: &FieldDef) {
        let (own, span) = (self.ty(&self.def.name), variant.span);
        let fields = vec![(Some(field.name.clone()), Operand::Place(Local(1).into()), span)];
        let src = Rvalue::Aggregate { kind: Aggregate::Adt(PathId(0)), fields, base: None };
        self.made_from(
            &field.ty,
            own,
            span,
            vec![self.path_of(variant)],
            vec![Stmt::Assign { dst: RET.into(), src, span }],
        );
    }

    /// `impl TryFrom<Self> for` what one variant holds.
    fn tried(&mut self, variant: &VariantDef, field: &FieldDef) {
        let (own, given): (_, Name) = (self.ty(&self.def.name), "from".into());
        let of = self.impl_of(field.ty.clone(), Some(of_std("TryFrom", vec![own.clone()])));
        self.method(
            of,
            Method {
                name: "try_from".into(),
                span: variant.span,
                receiver: None,
                params: vec![(&given, &own)],
                ret: TypeRef::Path(named("Result", vec![field.ty.clone(), TypeRef::Infer])),
                paths: vec![self.path_of(variant)],
                body: vec![put(RET.into(), held(field), variant.span)],
            },
        );
    }

    /// A method that gives what a variant holds.
    fn taken(&mut self, of: u32, variant: &VariantDef, field: &FieldDef, Taken(before, behind, wrapper): &Taken) {
        let lent = |ty: TypeRef| if *behind == "_mut" { TypeRef::RefMut(Box::new(ty)) } else { ty };
        let given = lent(field.ty.clone());
        let ret = match wrapper {
            Some("Result") => TypeRef::Path(named("Result", vec![given, TypeRef::Infer])),
            Some(wrapper) => TypeRef::Path(named(wrapper, vec![given])),
            None => given,
        };
        self.method(
            of,
            Method {
                name: format!("{before}{}{behind}", snake(&variant.name)).into(),
                span: variant.span,
                receiver: Some(lent(TypeRef::Infer)),
                params: Vec::new(),
                ret,
                paths: vec![self.path_of(variant)],
                body: vec![put(RET.into(), held(field), variant.span)],
            },
        );
    }

    fn path_of(&self, variant: &VariantDef) -> Path {
        Path { segments: vec![self.def.name.clone(), variant.name.clone()], ..Path::default() }
    }

    /// `impl From<Self> for` what tells variants apart and holds nothing.
    fn variant_as(&mut self, made: TypeRef) {
        let own = self.ty(&self.def.name);
        self.made_from(&own, made, self.def.span, Vec::new(), Vec::new());
    }

    /// `impl From<Self> for (A, B)`.
    fn as_tuple(&mut self, fields: &[&FieldDef]) {
        let (span, ty) = (self.def.span, self.ty(&self.def.name));
        let tuple = TypeRef::Tuple(fields.iter().map(|f| f.ty.clone()).collect());
        let part = |(i, f): (usize, &&FieldDef)| {
            let part = Place { base: Local(1), path: vec![Sel::Field(f.name.clone())] };
            (Some(position(i)), Operand::Place(part), span)
        };
        let fields = fields.iter().enumerate().map(part).collect();
        let src = Rvalue::Aggregate { kind: Aggregate::Tuple, fields, base: None };
        self.made_from(&ty, tuple, span, Vec::new(), vec![Stmt::Assign { dst: RET.into(), src, span }]);
    }

    /// `impl From<(A, B)> for Self`; of a single field without the tuple.
    fn made_of_all(&mut self, fields: &[FieldDef]) {
        let (span, own) = (self.def.span, self.ty(&self.def.name));
        let (taken, values) = match fields {
            [only] => (only.ty.clone(), vec![(only.name.clone(), Local(1).into())]),
            several => {
                let part = |i: usize| Place { base: Local(1), path: vec![Sel::Field(position(i))] };
                let values = several.iter().enumerate().map(|(i, f)| (f.name.clone(), part(i))).collect();
                (TypeRef::Tuple(several.iter().map(|f| f.ty.clone()).collect()), values)
            }
        };
        let body = vec![self.whole(values)];
        self.made_from(&taken, own, span, vec![named(&self.def.name, Vec::new())], body);
    }

    /// `impl From<Self> for` what a newtype holds.
    fn unwrapping(&mut self, only: &FieldDef) {
        let from = Place { base: Local(1), path: vec![Sel::Field(only.name.clone())] };
        let body = vec![put(RET.into(), from, only.span)];
        self.made_from(&self.ty(&self.def.name), only.ty.clone(), only.span, Vec::new(), body);
    }

    /// `impl From<A> for B`.
    fn made_from(&mut self, taken: &TypeRef, made: TypeRef, span: Span, paths: Vec<Path>, body: Vec<Stmt>) {
        let of = self.impl_of(made.clone(), Some(of_std("From", vec![taken.clone()])));
        let given: Name = "from".into();
        let params = vec![(&given, taken)];
        self.method(of, Method { name: given.clone(), span, receiver: None, params, ret: made, paths, body });
    }
}

/// What the first parameter holds as the variant that the first path names.
fn held(field: &FieldDef) -> Place {
    Place { base: Local(1), path: vec![Sel::As(PathId(0)), Sel::Field(field.name.clone())] }
}

/// One place is given what another holds.
pub(super) fn put(dst: Place, src: Place, span: Span) -> Stmt {
    Stmt::Assign { dst, src: Rvalue::Use(Operand::Place(src)), span }
}
