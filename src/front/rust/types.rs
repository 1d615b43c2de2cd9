//! Types, paths, bounds and generic parameters as written.

use smol_str::{SmolStr, ToSmolStr};
use syn::{GenericArgument, GenericParam, Generics, PathArguments, ReturnType, Type, TypeParamBound, WherePredicate};

use super::Cx;
use crate::ir::Name;
use crate::ir::items::{Generic, Path, TypeRef};

/// An identifier without `r#`.
pub(super) fn name(ident: &proc_macro2::Ident) -> Name {
    let name = ident.to_smolstr();
    match name.strip_prefix("r#") {
        Some(rest) => SmolStr::new(rest),
        None => name,
    }
}

/// A field's name or position.
pub(super) fn member(member: &syn::Member) -> Name {
    match member {
        syn::Member::Named(ident) => name(ident),
        syn::Member::Unnamed(index) => position(index.index as usize),
    }
}

/// The name of the field at a position.
pub(super) fn position(index: usize) -> Name {
    index.to_smolstr()
}

/// A path.
pub(super) fn path(cx: &Cx<'_>, path: &syn::Path) -> Path {
    let mut args = Vec::new();
    let mut args_last = false;
    let mut segments = Vec::with_capacity(path.segments.len());
    for segment in &path.segments {
        args_last = !segment.arguments.is_none();
        segments.push(name(&segment.ident));
        match &segment.arguments {
            PathArguments::None => {}
            PathArguments::AngleBracketed(list) => args = arguments(cx, &list.args),
            PathArguments::Parenthesized(list) => {
                args = list.inputs.iter().map(|arg| ty(cx, &arg.ty)).collect();
            }
        }
    }
    Path { segments, args, args_last, global: path.leading_colon.is_some(), qself: None }
}

/// A path with `<T as Trait>` in front: the segments are those from the trait's last on.
pub(super) fn qualified(cx: &Cx<'_>, qself: Option<&syn::QSelf>, p: &syn::Path) -> Path {
    let mut path = path(cx, p);
    if let Some(q) = qself {
        path.qself = Some(Box::new(ty(cx, &q.ty)));
    }
    path
}

/// Generic arguments, without lifetimes; constants are [`TypeRef::Infer`].
pub(super) fn arguments<'a>(cx: &Cx<'_>, args: impl IntoIterator<Item = &'a GenericArgument>) -> Vec<TypeRef> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            GenericArgument::Lifetime(_) => {}
            GenericArgument::Type(t) => out.push(ty(cx, t)),
            GenericArgument::AssocType(a) => out.push(TypeRef::Assoc(name(&a.ident), Box::new(ty(cx, &a.ty)))),
            GenericArgument::Constraint(c) => {
                let bounds = TypeRef::Bounds { dynamic: false, bounds: bounds(cx, &c.bounds) };
                out.push(TypeRef::Assoc(name(&c.ident), Box::new(bounds)));
            }
            _ => out.push(TypeRef::Infer),
        }
    }
    out
}

/// A type.
pub(super) fn ty(cx: &Cx<'_>, t: &Type) -> TypeRef {
    match t {
        Type::Path(t) => TypeRef::Path(qualified(cx, t.qself.as_ref(), &t.path)),
        Type::Reference(t) if t.mutability.is_some() => TypeRef::RefMut(Box::new(ty(cx, &t.elem))),
        Type::Reference(t) => ty(cx, &t.elem),
        Type::Ptr(t) => match t.mutability {
            syn::PointerMutability::Mut(_) => TypeRef::RefMut(Box::new(ty(cx, &t.elem))),
            syn::PointerMutability::Const(_) => ty(cx, &t.elem),
        },
        Type::Paren(t) => ty(cx, &t.elem),
        Type::Group(t) => ty(cx, &t.elem),
        Type::Tuple(t) => TypeRef::Tuple(t.elems.iter().map(|t| ty(cx, t)).collect()),
        Type::Slice(t) => TypeRef::Slice(Box::new(ty(cx, &t.elem))),
        Type::Array(t) => TypeRef::Slice(Box::new(ty(cx, &t.elem))),
        Type::ImplTrait(t) => bounded(cx, false, &t.bounds),
        Type::TraitObject(t) => bounded(cx, true, &t.bounds),
        Type::FnPtr(t) => {
            TypeRef::Fn(t.inputs.iter().map(|arg| ty(cx, &arg.ty)).collect(), Box::new(result(cx, &t.output)))
        }
        Type::Never(_) => TypeRef::Never,
        Type::Macro(t) => cx.expand_type(&t.mac).unwrap_or(TypeRef::Infer),
        _ => TypeRef::Infer,
    }
}

/// Whether a type has a reference or a raw pointer in it: what it holds is another's.
pub(super) fn lends(t: &Type) -> bool {
    let argument = |arg: &GenericArgument| match arg {
        GenericArgument::Type(t) => lends(t),
        GenericArgument::AssocType(a) => lends(&a.ty),
        _ => false,
    };
    let path = |path: &syn::Path| {
        path.segments.iter().any(|s| match &s.arguments {
            syn::PathArguments::AngleBracketed(args) => args.args.iter().any(argument),
            _ => false,
        })
    };
    match t {
        Type::Reference(_) | Type::Ptr(_) => true,
        Type::Path(t) => path(&t.path),
        Type::Paren(t) => lends(&t.elem),
        Type::Group(t) => lends(&t.elem),
        Type::Slice(t) => lends(&t.elem),
        Type::Array(t) => lends(&t.elem),
        Type::Tuple(t) => t.elems.iter().any(lends),
        Type::ImplTrait(t) => t.bounds.iter().any(|b| matches!(b, TypeParamBound::Trait(b) if path(&b.path))),
        _ => false,
    }
}

fn bounded<'a>(cx: &Cx<'_>, dynamic: bool, list: impl IntoIterator<Item = &'a TypeParamBound>) -> TypeRef {
    TypeRef::Bounds { dynamic, bounds: bounds(cx, list) }
}

/// Trait bounds, without lifetimes and `?Sized`.
pub(super) fn bounds<'a>(cx: &Cx<'_>, list: impl IntoIterator<Item = &'a TypeParamBound>) -> Vec<TypeRef> {
    let mut out = Vec::new();
    for bound in list {
        let TypeParamBound::Trait(bound) = bound else { continue };
        if bound.maybe.is_some() {
            continue;
        }
        match bound.path.segments.last().map(|s| &s.arguments) {
            Some(PathArguments::Parenthesized(f)) => {
                let inputs = f.inputs.iter().map(|arg| ty(cx, &arg.ty)).collect();
                out.push(TypeRef::Fn(inputs, Box::new(result(cx, &f.output))));
            }
            _ => out.push(TypeRef::Path(path(cx, &bound.path))),
        }
    }
    out
}

/// What a type with this bound is made of, if that is named by itself: `From<T>`.
fn made_from(bound: &TypeRef) -> Option<&Name> {
    let TypeRef::Path(path) = bound else { return None };
    match (path.segments.last()?.as_str(), path.args.as_slice()) {
        ("From", [TypeRef::Path(of)]) => of.segments.first().filter(|_| of.segments.len() == 1),
        _ => None,
    }
}

/// A result type; unit where none is written.
pub(super) fn result(cx: &Cx<'_>, output: &ReturnType) -> TypeRef {
    match output {
        ReturnType::Default => TypeRef::Tuple(Vec::new()),
        ReturnType::Type(_, t) => ty(cx, t),
    }
}

/// Generic parameters with the bounds of the list and of `where`; `around` are those of the impl or trait. A bound on
/// what a parameter names (`T::Item: Debug`) is an entry of its own, under that path. A bound on a type
/// (`Person: Serialize`) makes no parameter of it; one by which it is made of a parameter (`Fault: From<T>`) says what
/// that becomes.
pub(super) fn generics(cx: &Cx<'_>, list: &Generics, around: &[Generic]) -> Vec<Generic> {
    let mut out: Vec<Generic> = Vec::new();
    for param in &list.params {
        match param {
            GenericParam::Type(p) => out.push(Generic {
                name: name(&p.ident),
                bounds: bounds(cx, &p.bounds),
                default: p.default.as_ref().map(|(_, t)| ty(cx, t)),
            }),
            GenericParam::Const(p) => out.push(Generic { name: name(&p.ident), bounds: Vec::new(), default: None }),
            GenericParam::Lifetime(_) => {}
        }
    }
    for predicate in list.where_clause.iter().flat_map(|w| &w.predicates) {
        let WherePredicate::Type(p) = predicate else { continue };
        let TypeRef::Path(path) = ty(cx, &p.bounded_ty) else { continue };
        let Some(first) = path.segments.first() else { continue };
        if first.as_str() != "Self" && !out.iter().chain(around).any(|g| g.name == *first) {
            for from in bounds(cx, &p.bounds).iter().filter_map(made_from) {
                if let Some(generic) = out.iter_mut().find(|g| g.name == *from) {
                    let args = vec![TypeRef::Path(path.clone())];
                    let into = Path { segments: vec!["Into".into()], args, args_last: true, ..Path::default() };
                    generic.bounds.push(TypeRef::Path(into));
                }
            }
            continue;
        }
        let key = path.segments.join("::");
        let bounds = bounds(cx, &p.bounds);
        match out.iter_mut().find(|g| g.name == key) {
            Some(generic) => generic.bounds.extend(bounds),
            None => out.push(Generic { name: key.into(), bounds, default: None }),
        }
    }
    out
}
