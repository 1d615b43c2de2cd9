//! Types, paths, bounds and generic parameters as written.

use smol_str::{SmolStr, ToSmolStr};
use syn::{GenericArgument, GenericParam, Generics, PathArguments, ReturnType, Type, TypeParamBound, WherePredicate};

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
pub(super) fn path(path: &syn::Path) -> Path {
    let mut args = Vec::new();
    let mut segments = Vec::with_capacity(path.segments.len());
    for segment in &path.segments {
        segments.push(name(&segment.ident));
        match &segment.arguments {
            PathArguments::None => {}
            PathArguments::AngleBracketed(list) => args = arguments(&list.args),
            PathArguments::Parenthesized(list) => {
                args = list.inputs.iter().map(|arg| ty(&arg.ty)).collect();
            }
        }
    }
    Path { segments, args, global: path.leading_colon.is_some(), qself: None }
}

/// A path with `<T as Trait>` in front: the segments are those from the trait's last on.
pub(super) fn qualified(qself: Option<&syn::QSelf>, p: &syn::Path) -> Path {
    let mut path = path(p);
    if let Some(q) = qself {
        path.qself = Some(Box::new(ty(&q.ty)));
    }
    path
}

/// Generic arguments, without lifetimes; constants are [`TypeRef::Infer`].
pub(super) fn arguments<'a>(args: impl IntoIterator<Item = &'a GenericArgument>) -> Vec<TypeRef> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            GenericArgument::Lifetime(_) => {}
            GenericArgument::Type(t) => out.push(ty(t)),
            GenericArgument::AssocType(a) => out.push(TypeRef::Assoc(name(&a.ident), Box::new(ty(&a.ty)))),
            GenericArgument::Constraint(c) => {
                let bounds = TypeRef::Bounds { dynamic: false, bounds: bounds(&c.bounds) };
                out.push(TypeRef::Assoc(name(&c.ident), Box::new(bounds)));
            }
            _ => out.push(TypeRef::Infer),
        }
    }
    out
}

/// A type.
pub(super) fn ty(t: &Type) -> TypeRef {
    match t {
        Type::Path(t) => TypeRef::Path(qualified(t.qself.as_ref(), &t.path)),
        Type::Reference(t) if t.mutability.is_some() => TypeRef::RefMut(Box::new(ty(&t.elem))),
        Type::Reference(t) => ty(&t.elem),
        Type::Ptr(t) => match t.mutability {
            syn::PointerMutability::Mut(_) => TypeRef::RefMut(Box::new(ty(&t.elem))),
            syn::PointerMutability::Const(_) => ty(&t.elem),
        },
        Type::Paren(t) => ty(&t.elem),
        Type::Group(t) => ty(&t.elem),
        Type::Tuple(t) => TypeRef::Tuple(t.elems.iter().map(ty).collect()),
        Type::Slice(t) => TypeRef::Slice(Box::new(ty(&t.elem))),
        Type::Array(t) => TypeRef::Slice(Box::new(ty(&t.elem))),
        Type::ImplTrait(t) => bounded(false, &t.bounds),
        Type::TraitObject(t) => bounded(true, &t.bounds),
        Type::FnPtr(t) => TypeRef::Fn(t.inputs.iter().map(|arg| ty(&arg.ty)).collect(), Box::new(result(&t.output))),
        Type::Never(_) => TypeRef::Never,
        _ => TypeRef::Infer,
    }
}

fn bounded<'a>(dynamic: bool, list: impl IntoIterator<Item = &'a TypeParamBound>) -> TypeRef {
    TypeRef::Bounds { dynamic, bounds: bounds(list) }
}

/// Trait bounds, without lifetimes and `?Sized`.
pub(super) fn bounds<'a>(list: impl IntoIterator<Item = &'a TypeParamBound>) -> Vec<TypeRef> {
    let mut out = Vec::new();
    for bound in list {
        let TypeParamBound::Trait(bound) = bound else { continue };
        if bound.maybe.is_some() {
            continue;
        }
        match bound.path.segments.last().map(|s| &s.arguments) {
            Some(PathArguments::Parenthesized(f)) => {
                let inputs = f.inputs.iter().map(|arg| ty(&arg.ty)).collect();
                out.push(TypeRef::Fn(inputs, Box::new(result(&f.output))));
            }
            _ => out.push(TypeRef::Path(path(&bound.path))),
        }
    }
    out
}

/// A result type; unit where none is written.
pub(super) fn result(output: &ReturnType) -> TypeRef {
    match output {
        ReturnType::Default => TypeRef::Tuple(Vec::new()),
        ReturnType::Type(_, t) => ty(t),
    }
}

/// Generic parameters with the bounds of the list and of `where`. A bound on anything but a parameter
/// (`T::Item: Debug`) is an entry of its own, under that path.
pub(super) fn generics(list: &Generics) -> Vec<Generic> {
    let mut out: Vec<Generic> = Vec::new();
    for param in &list.params {
        match param {
            GenericParam::Type(p) => out.push(Generic { name: name(&p.ident), bounds: bounds(&p.bounds) }),
            GenericParam::Const(p) => out.push(Generic { name: name(&p.ident), bounds: Vec::new() }),
            GenericParam::Lifetime(_) => {}
        }
    }
    for predicate in list.where_clause.iter().flat_map(|w| &w.predicates) {
        let WherePredicate::Type(p) = predicate else { continue };
        let TypeRef::Path(path) = ty(&p.bounded_ty) else { continue };
        let key = path.segments.join("::");
        let bounds = bounds(&p.bounds);
        match out.iter_mut().find(|g| g.name == key) {
            Some(generic) => generic.bounds.extend(bounds),
            None => out.push(Generic { name: key.into(), bounds }),
        }
    }
    out
}
