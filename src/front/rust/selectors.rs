//! Selectors: what the derive of snafu writes beside an error, one for each variant (or for the struct).
//!
//! A selector has the fields of the variant, but those that are had of elsewhere: the error behind it, and where it came
//! of. It makes the error by methods of its own, and by those of what it is given to: `found.context(NoUserSnafu { id })`.

use proc_macro2::TokenStream;
use syn::{Attribute, ItemEnum, ItemStruct, Meta};

use super::Cx;
use super::attrs::{each, nested};
use super::derived::{Method, Writer, named, of_std, put};
use super::items::At;
use crate::ir::Name;
use crate::ir::body::{
    Aggregate, Callee, Cond, Local, LocalDecl, Operand, Place, Positive, RET, Rvalue, Sel, Stmt, Test,
};
use crate::ir::case::snake;
use crate::ir::items::{FieldDef, Generic, Module, Path, TypeDef, TypeKind, TypeRef, Use};
use crate::source::Span;

/// What the attributes of the derive say: each word, with what stands in its parentheses.
fn said(attrs: &[Attribute]) -> Vec<(Name, TokenStream)> {
    let mut out = Vec::new();
    each(attrs, |meta| {
        if !meta.path().is_ident("snafu") {
            return;
        }
        for part in nested(meta) {
            let word = part.path().segments.last().map(|s| s.ident.to_string().into());
            let within = if let Meta::List(list) = &part { list.tokens.clone() } else { TokenStream::new() };
            out.extend(word.map(|word| (word, within)));
        }
    });
    out
}

/// Whether a word is said, and not denied (`source(false)`).
fn says(said: &[(Name, TokenStream)], word: &str) -> Option<bool> {
    let found = said.iter().rev().find(|(w, _)| w == word);
    found.map(|(_, within)| within.to_string() != "false")
}

/// What `context(..)` says of the name of a selector.
#[derive(Clone)]
enum Named {
    Whole(String),
    Suffix(String),
}

fn named_by(said: &[(Name, TokenStream)]) -> Option<Named> {
    let within = |word: &str, tokens: &TokenStream| {
        let read = syn::parse2::<Meta>(tokens.clone()).ok()?;
        let Meta::List(list) = read else { return None };
        list.path.is_ident(word).then(|| list.tokens.to_string())
    };
    said.iter().filter(|(word, _)| word == "context").find_map(|(_, tokens)| {
        let suffix = || {
            let text = within("suffix", tokens)?;
            Some(Named::Suffix(if text == "false" { String::new() } else { text }))
        };
        within("name", tokens).map(Named::Whole).or_else(suffix)
    })
}

/// A variant of an error, or the error that is a struct.
struct Variant<'v> {
    name: &'v Name,
    span: Span,
    /// How it is written below the module of the error.
    path: Vec<Name>,
    fields: &'v [FieldDef],
    said: Vec<(Name, TokenStream)>,
    /// What attributes say of its fields.
    of_fields: Vec<Vec<(Name, TokenStream)>>,
}

/// Where a field of an error is had of.
#[derive(Clone, Copy, PartialEq)]
enum Had {
    /// The selector has it.
    Given,
    /// It is the error behind.
    Behind,
    /// It tells where the error came of.
    Made,
}

impl Variant<'_> {
    fn had(&self) -> Vec<Had> {
        let of = |(field, said): (&FieldDef, &Vec<(Name, TokenStream)>)| {
            let by_name = |word: &str| says(said, word).unwrap_or(field.name == word);
            if by_name("source") {
                Had::Behind
            } else if by_name("backtrace") || says(said, "implicit") == Some(true) {
                Had::Made
            } else {
                Had::Given
            }
        };
        self.fields.iter().zip(&self.of_fields).map(of).collect()
    }

    /// Whether a question mark makes it of the error behind, and nothing else does.
    fn has_no_selector(&self) -> bool {
        let opaque = self.fields.first().is_some_and(|f| f.name == "0");
        opaque || self.is_transparent() || says(&self.said, "context") == Some(false)
    }

    fn is_transparent(&self) -> bool {
        says(&self.said, "transparent") == Some(true)
    }
}

/// The selectors of an enum.
pub(super) fn of_enum(cx: &mut Cx<'_>, at: At, index: u32, item: &ItemEnum) {
    let Some(def) = derived(cx, index) else { return };
    let TypeKind::Enum(variants) = &def.kind else { return };
    let list = variants.iter().zip(&item.variants).map(|(v, written)| Variant {
        name: &v.name,
        span: v.span,
        path: vec![def.name.clone(), v.name.clone()],
        fields: &v.fields,
        said: said(&written.attrs),
        of_fields: written.fields.iter().map(|f| said(&f.attrs)).collect(),
    });
    written(cx, at, (&def, index), &said(&item.attrs), &list.collect::<Vec<_>>());
}

/// The selector of a struct.
pub(super) fn of_struct(cx: &mut Cx<'_>, at: At, index: u32, item: &ItemStruct) {
    let Some(def) = derived(cx, index) else { return };
    let TypeKind::Struct(fields) = &def.kind else { return };
    let said_of = said(&item.attrs);
    let one = Variant {
        name: &def.name,
        span: def.span,
        path: vec![def.name.clone()],
        fields,
        said: said_of.clone(),
        of_fields: item.fields.iter().map(|f| said(&f.attrs)).collect(),
    };
    written(cx, at, (&def, index), &said_of, &[one]);
}

fn derived(cx: &Cx<'_>, index: u32) -> Option<TypeDef> {
    let is = |def: &&TypeDef| def.derives.iter().any(|d| d == "Snafu");
    cx.unit.types.get(index as usize).filter(is).cloned()
}

/// Writes what the derive does: what is said of the error itself, then its selectors.
fn written(
    cx: &mut Cx<'_>,
    at: At,
    (def, index): (&TypeDef, u32),
    said: &[(Name, TokenStream)],
    variants: &[Variant<'_>],
) {
    for (i, variant) in variants.iter().enumerate() {
        of_error(cx, index, i, variant);
    }
    let mut at = At { test: def.test, ..at };
    let within = says(said, "module") == Some(true);
    if within {
        let own = said.iter().find(|(word, within)| word == "module" && !within.is_empty());
        let name = own.map_or_else(|| snake(&def.name), |(_, within)| within.to_string());
        let module = cx.unit.modules.len() as u32;
        cx.unit.modules.push(Module {
            name: name.into(),
            parent: at.module,
            external: false,
            path_attr: None,
            test: at.test,
            cfgs: Vec::new(),
            span: def.span,
        });
        at.module = module;
        cx.unit.uses.push(Use { module, path: vec!["super".into()], name: None, public: false, func: None });
    }
    let of_all = named_by(said).filter(|named| matches!(named, Named::Suffix(_)));
    for variant in variants.iter().filter(|v| !v.has_no_selector() && says(&v.said, "whatever").is_none()) {
        let suffix = named_by(&variant.said).or_else(|| of_all.clone());
        let name = match suffix.unwrap_or_else(|| Named::Suffix("Snafu".to_owned())) {
            Named::Whole(name) => name,
            Named::Suffix(suffix) => format!("{}{suffix}", variant.name.trim_end_matches("Error")),
        };
        selector(cx, at, def, &name.into(), variant);
    }
}

/// What the derive says of a variant of the error: what it prints, and what a question mark makes it of.
fn of_error(cx: &mut Cx<'_>, index: u32, nth: usize, variant: &Variant<'_>) {
    let had = variant.had();
    let no_selector = variant.has_no_selector();
    let opaque = no_selector && variant.fields.iter().all(|f| f.name == "0");
    let behind = variant.fields.iter().zip(&had).find(|(_, had)| **had == Had::Behind).map(|(f, _)| &f.name);
    // Without a message it prints its name, and the error behind it.
    let plain = match behind {
        _ if opaque || variant.is_transparent() => None,
        Some(source) => Some(format!("{}: {{{source}}}", variant.name)),
        None => Some(variant.name.to_string()),
    };
    let Some(def) = cx.unit.types.get_mut(index as usize) else { return };
    let (display, fields) = match &mut def.kind {
        TypeKind::Struct(fields) => (&mut def.display, fields),
        TypeKind::Enum(variants) => match variants.get_mut(nth) {
            Some(v) => (&mut v.display, &mut v.fields),
            None => return,
        },
        TypeKind::Alias(_) => return,
    };
    *display = display.take().or(plain);
    for (field, had) in fields.iter_mut().zip(had) {
        let is_behind = had == Had::Behind || opaque;
        field.attrs.source |= is_behind;
        field.attrs.from |= is_behind && no_selector;
    }
}

/// A selector and its functions.
fn selector(cx: &mut Cx<'_>, at: At, error: &TypeDef, name: &Name, variant: &Variant<'_>) {
    let had = variant.had();
    let given: Vec<&FieldDef> =
        variant.fields.iter().zip(&had).filter(|(_, h)| **h == Had::Given).map(|(f, _)| f).collect();
    let behind = variant.fields.iter().zip(&had).find(|(_, h)| **h == Had::Behind).map(|(f, _)| f);
    let param = |i: usize| -> Name { format!("__{i}").into() };
    let into = |f: &FieldDef| TypeRef::Path(of_std("Into", vec![f.ty.clone()]));
    let of_field = |(i, f): (usize, &&FieldDef)| Generic { name: param(i), bounds: vec![into(f)], default: None };
    let mut def = TypeDef {
        name: name.clone(),
        module: at.module,
        span: variant.span,
        kind: TypeKind::Struct(Vec::new()),
        derives: vec!["Debug".into(), "Clone".into()],
        attrs: Vec::new(),
        display: None,
        public: true,
        ..error.clone()
    };
    def.generics.extend(given.iter().enumerate().map(of_field));
    let own = |(i, f): (usize, &&FieldDef)| FieldDef {
        name: f.name.clone(),
        ty: TypeRef::Path(named(&param(i), Vec::new())),
        lent: false,
        attrs: Default::default(),
        span: f.span,
    };
    def.kind = TypeKind::Struct(given.iter().enumerate().map(own).collect());
    cx.unit.types.push(def.clone());
    let up = if at.module == error.module { None } else { Some(Name::from("super")) };
    let path = |segments: &[Name]| Path { segments: up.iter().chain(segments).cloned().collect(), ..Path::default() };
    let made = TypeRef::Path(Path {
        args: error.generics.iter().filter(|g| !g.name.starts_with('\'')).map(|_| TypeRef::Infer).collect(),
        ..path(std::slice::from_ref(&error.name))
    });
    let making = Making { given, behind: behind.map(|f| &f.name), path: path(&variant.path), made };
    let mut out = Writer { cx, at, def: &def };
    let this = out.ty(name);
    let of = out.impl_of(this.clone(), None);
    for way in [Way::Build, Way::Fail, Way::IntoError, Way::Context, Way::WithContext] {
        making.function(&mut out, of, &this, way);
    }
}

/// What a result holds that a context is put on, or that nobody says.
const VALUE: &str = "__T";
/// The error of one that a context is put on.
const ERROR: &str = "__E";

/// How a selector makes its error.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// `selector.build()`
    Build,
    /// `selector.fail()`
    Fail,
    /// `selector.into_error(source)`
    IntoError,
    /// `result.context(selector)`
    Context,
    /// `result.with_context(|source| selector)`
    WithContext,
}

struct Making<'m> {
    given: Vec<&'m FieldDef>,
    behind: Option<&'m Name>,
    path: Path,
    made: TypeRef,
}

impl Making<'_> {
    fn function(&self, out: &mut Writer<'_, '_>, of: u32, this: &TypeRef, way: Way) {
        let span = out.def.span;
        let any = |name: &str| TypeRef::Path(named(name, Vec::new()));
        let result = |error: TypeRef| TypeRef::Path(named("Result", vec![any(VALUE), error]));
        let (result, put_on) = (|| result(self.made.clone()), result(any(ERROR)));
        let (first, second): (Name, Name) = ("given".into(), "selector".into());
        let infer = TypeRef::Infer;
        let (name, params, ret) = match way {
            Way::Build => ("build", Vec::new(), self.made.clone()),
            Way::Fail => ("fail", Vec::new(), result()),
            Way::IntoError => ("into_error", vec![(&first, &infer)], self.made.clone()),
            Way::Context => ("context", vec![(&first, &put_on), (&second, this)], result()),
            Way::WithContext => ("with_context", vec![(&first, &put_on), (&second, &infer)], result()),
        };
        let of_selector = !matches!(way, Way::Context | Way::WithContext);
        let index = out.cx.unit.funcs.len() as u32;
        out.method(
            of,
            Method {
                name: name.into(),
                span,
                receiver: of_selector.then_some(TypeRef::Infer),
                params,
                ret,
                paths: vec![self.path.clone()],
                body: Vec::new(),
            },
        );
        if !of_selector {
            out.cx.unit.by_argument.push(index);
        }
        let Some(func) = out.cx.unit.funcs.get_mut(index as usize) else { return };
        func.generics =
            [VALUE, ERROR].map(|name| Generic { name: name.into(), bounds: Vec::new(), default: None }).into();
        let body = self.body(&mut func.locals, this, way, span);
        func.body = Some(body);
    }

    fn body(&self, locals: &mut Vec<LocalDecl>, this: &TypeRef, way: Way, span: Span) -> Vec<Stmt> {
        let mut new = |ty: TypeRef| {
            locals.push(LocalDecl::new(None, Some(ty), span));
            Local(locals.len() as u32 - 1)
        };
        let call = |callee: Callee, args: Vec<Operand>| {
            let spans = args.iter().map(|_| span).collect();
            Rvalue::Call { callee, args, spans, site: 0 }
        };
        let assign = |dst: Place, src: Rvalue| Stmt::Assign { dst, src, span };
        let mut body = Vec::new();
        let given = Place::from(Local(1));
        let error = given.clone().part(Sel::Err);
        let selector = match way {
            Way::Build | Way::Fail | Way::IntoError => Local(1),
            Way::Context => Local(2),
            Way::WithContext => {
                let selector = new(this.clone());
                let callee = Callee::Value(Operand::Place(Local(2).into()));
                body.push(assign(selector.into(), call(callee, vec![Operand::Place(error.clone())])));
                selector
            }
        };
        let mut fields = Vec::new();
        for field in &self.given {
            let held = new(field.ty.clone());
            let part = Place::from(selector).part(Sel::Field(field.name.clone()));
            let into = Callee::Method { name: "into".into(), generics: Vec::new() };
            body.push(assign(held.into(), call(into, vec![Operand::Place(part)])));
            fields.push((Some(field.name.clone()), Operand::Place(held.into()), field.span));
        }
        let behind = match way {
            Way::Build | Way::Fail => None,
            Way::IntoError => Some(Place::from(Local(2))),
            Way::Context | Way::WithContext => Some(error),
        };
        if let (Some(name), Some(error)) = (self.behind, behind) {
            fields.push((Some(name.clone()), Operand::Place(error), span));
        }
        let made = new(self.made.clone());
        let kind = Aggregate::Adt(crate::ir::body::PathId(0));
        body.push(assign(made.into(), Rvalue::Aggregate { kind, fields, base: None }));
        let fails = assign(RET.into(), Rvalue::Err(Operand::Place(made.into())));
        match way {
            Way::Build | Way::IntoError => body.push(put(RET.into(), made.into(), span)),
            Way::Fail => body.push(fails),
            Way::Context | Way::WithContext => {
                body.push(fails);
                let cond = Cond::Is(given.clone(), Test::Positive);
                let value = Rvalue::Positive(Positive::Ok, Operand::Place(given.part(Sel::Some)));
                let then = vec![assign(RET.into(), value)];
                body = vec![Stmt::If { cond, then, els: body, span }];
            }
        }
        body
    }
}
