//! Items of a Rust file: modules, imports, types, traits, impls, functions, constants.
//!
//! All lists are flat; `module` fields index [`RustUnit::modules`], whose entry 0 is the file's own module.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Name;
use super::attr::{Attr, args};
use super::body::Func;
use crate::source::Span;

/// A Rust file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RustUnit {
    /// Modules written in this file; entry 0 is the file itself.
    pub modules: Vec<Module>,
    /// `use` and `extern crate`, one entry a leaf.
    pub uses: Vec<Use>,
    /// Crates whose macros are in scope everywhere in this one: `#[macro_use] extern crate`, the last one first.
    #[serde(default)]
    pub macro_crates: Vec<Name>,
    /// Structs, enums, unions and type aliases.
    pub types: Vec<TypeDef>,
    /// Traits.
    pub traits: Vec<TraitDef>,
    /// Impl blocks.
    pub impls: Vec<ImplDef>,
    /// Functions, free and associated.
    pub funcs: Vec<Func>,
    /// Constants and statics.
    pub consts: Vec<ConstDef>,
    /// SQL in string literals (any literal that looks like SQL and parses).
    pub embedded: Vec<super::sql::Embedded>,
    /// Calls that macros of the workspace wrote, by their places.
    #[serde(default)]
    pub written: Vec<Written>,
    /// Functions that code here writes for a type, as a macro: what is quoted of an impl.
    #[serde(default)]
    pub quoted: Vec<Quoted>,
    /// Functions, by index, that are called as methods of whatever is given with a value of the type of their impl:
    /// `found.context(NoUserSnafu { id })`.
    #[serde(default)]
    pub by_argument: Vec<u32>,
    /// Whether item macros or `include!` were met that could hide items.
    pub hidden_items: bool,
    /// Names that stand in macros that were not read.
    #[serde(default)]
    pub unread: BTreeSet<Name>,
}

/// A call that a macro of the workspace wrote where that is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// Its place, which no other call has: a few characters longer than the name of the macro where that is called.
    pub place: Span,
    /// The name of the macro where that is called.
    pub call: Span,
    /// Where the definition of a macro has it.
    pub at: Span,
    /// The name of that macro.
    pub by: Name,
}

/// A function in quoted code, of an impl for the type that a macro is given: that is `Self`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quoted {
    /// Its name.
    pub name: Name,
    /// What it gives.
    pub ret: TypeRef,
}

/// A module: the file itself (entry 0) or `mod x { .. }` or the declaration `mod x;`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// Its name; empty for the file itself.
    pub name: Name,
    /// The enclosing module; entry 0 names itself.
    pub parent: u32,
    /// `mod x;`: the items stand in another file.
    pub external: bool,
    /// The value of `#[path = ".."]`.
    pub path_attr: Option<String>,
    /// Under `#[cfg(test)]`.
    pub test: bool,
    /// Its own `cfg`s, as they are written.
    #[serde(default)]
    pub cfgs: Vec<String>,
    /// Place of the name.
    pub span: Span,
}

/// One leaf of a `use` tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// Where it is written.
    pub module: u32,
    /// The path, as written: may begin with `crate`, `self`, `super` or a crate; `use a::b::self` is `a::b`.
    pub path: Vec<Name>,
    /// The name it binds; `None` for a glob; `_` for `as _`.
    pub name: Option<Name>,
    /// Whether it is re-exported (`pub`, `pub(crate)` ..).
    pub public: bool,
    /// The function it is written in, by index into `funcs`: it binds the name there only.
    pub func: Option<u32>,
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Path {
    /// Segments; a leading `::` is dropped and recorded in `global`.
    pub segments: Vec<Name>,
    /// Generic arguments of the last segment that has any (`Vec::<T>::new`, `parse::<T>`).
    pub args: Vec<TypeRef>,
    /// Whether that is the last segment of all (`parse::<T>`, and not `Vec::<T>::new`).
    pub args_last: bool,
    /// Whether the path began with `::`.
    pub global: bool,
    /// `<T as Trait>::f`: the type; the segments are then those of `Trait::f` (or of `f` alone).
    pub qself: Option<Box<TypeRef>>,
}

/// A type as written. References, `mut` and lifetimes are dropped: values are followed, not borrows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TypeRef {
    /// A named type, with its generic arguments in the path.
    Path(Path),
    /// `&mut T`; other references are dropped.
    RefMut(Box<TypeRef>),
    /// A tuple; the empty one is unit.
    Tuple(Vec<TypeRef>),
    /// `[T]`, `[T; n]`.
    Slice(Box<TypeRef>),
    /// `impl A + B` and `dyn A + B`: the bounds. `Fn(A) -> R` bounds are [`TypeRef::Fn`].
    Bounds {
        /// `dyn` (true) or `impl`.
        dynamic: bool,
        /// The traits.
        bounds: Vec<TypeRef>,
    },
    /// A function pointer or `Fn*(..) -> ..` bound.
    Fn(Vec<TypeRef>, Box<TypeRef>),
    /// An associated type binding inside bounds (`Item = T`), appears in `Path::args`.
    Assoc(Name, Box<TypeRef>),
    /// `!`.
    Never,
    /// `_`, or anything not expressible here.
    Infer,
}

impl TypeRef {
    /// Whether it or a type in it is one of these; what functions take and give aside.
    pub fn holds(&self, is: &dyn Fn(&TypeRef) -> bool) -> bool {
        is(self)
            || match self {
                TypeRef::RefMut(t) | TypeRef::Slice(t) | TypeRef::Assoc(_, t) => t.holds(is),
                TypeRef::Path(path) => path.args.iter().any(|t| t.holds(is)),
                TypeRef::Tuple(ts) | TypeRef::Bounds { bounds: ts, .. } => ts.iter().any(|t| t.holds(is)),
                TypeRef::Fn(..) | TypeRef::Never | TypeRef::Infer => false,
            }
    }
}

/// How serde, Debug and friends see a field.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct FieldAttrs {
    /// `#[serde(skip)]` or `skip_serializing`: not in serialised output.
    pub serde_skip: bool,
    /// `#[serde(skip)]` or `skip_deserializing`: never read, it has its default.
    #[serde(default)]
    pub serde_unread: bool,
    /// `#[serde(default)]`: perhaps by a function of its own.
    #[serde(default)]
    pub serde_default: bool,
    /// `#[serde(rename = "..")]`.
    pub serde_rename: Option<Name>,
    /// Other names under which it is read: `#[serde(alias = "..")]`, `#[serde(rename(deserialize = ".."))]`.
    #[serde(default)]
    pub serde_alias: Vec<Name>,
    /// `#[serde(flatten)]`, `#[sqlx(flatten)]`.
    pub flatten: bool,
    /// `#[serde(with | serialize_with = "path")]`.
    pub serde_with: Option<String>,
    /// `#[sqlx(rename = "..")]`, `#[diesel(column_name = ..)]`.
    pub sql_rename: Option<Name>,
    /// `#[diesel(select_expression = users::email)]`: the path; empty for any other expression.
    #[serde(default)]
    pub sql_expression: Option<Name>,
    /// Part of the primary key of its table.
    pub sql_key: bool,
    /// `#[sqlx(skip)]`.
    pub sql_skip: bool,
    /// A derive of `Debug` that leaves it out: `#[derivative(Debug = "ignore")]`, `#[debug(skip)]`, `#[redact]`.
    pub debug_skip: bool,
    /// `#[from]`: an error is made of what the field holds.
    pub from: bool,
    /// Names in attributes that are read for nothing else: what a derive may make the field of (`#[map(id)]`).
    #[serde(default)]
    pub named: Vec<Name>,
    /// `#[source]`, `#[from]`: the error behind an error.
    #[serde(default)]
    pub source: bool,
    /// `#[graphql(skip)]`: no field of the object that is answered.
    #[serde(default)]
    pub answer_skip: bool,
    /// `#[validate(..)]`: its value is checked, and may be refused.
    #[serde(default)]
    pub validated: bool,
    /// Each of its checks has a message: the error that refuses the value has it, and does not print it.
    #[serde(default)]
    pub refused_silently: bool,
}

/// A field of a struct, union or variant. Tuple fields are named `0`, `1` ..
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDef {
    /// Name or position.
    pub name: Name,
    /// Declared type.
    pub ty: TypeRef,
    /// Whether it holds what is another's: a reference, at any depth.
    pub lent: bool,
    /// Attributes that change what leaves through it.
    pub attrs: FieldAttrs,
    /// Place of the name (of the type for tuple fields).
    pub span: Span,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantDef {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<FieldDef>,
    /// The format string of `#[error(".."), display(..)]`.
    pub display: Option<String>,
    /// The entity that a relation of SeaORM leads to, as it is written.
    pub relates: Option<String>,
    /// Its attributes.
    #[serde(default)]
    pub attrs: Vec<Attr>,
    /// Place of the name.
    pub span: Span,
}

impl VariantDef {
    /// What its attributes of a path set a name to.
    pub fn said<'a>(&'a self, path: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        said(&self.attrs, path, name)
    }
}

/// What attributes of a path set a name to.
fn said<'a>(attrs: &'a [Attr], path: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let of = attrs.iter().filter(move |attr| attr.path == path);
    of.flat_map(|attr| args(&attr.args)).filter(move |arg| arg.name == name).map(|arg| arg.value)
}

/// What kind of type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeKind {
    /// A struct or union.
    Struct(Vec<FieldDef>),
    /// An enum.
    Enum(Vec<VariantDef>),
    /// `type A<T> = ..`.
    Alias(TypeRef),
}

/// A struct, enum, union or alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Where it is written.
    pub module: u32,
    /// The function that it is written in, by index into `funcs`.
    pub parent: Option<u32>,
    /// Its name.
    pub name: Name,
    /// Generic parameters.
    pub generics: Vec<Generic>,
    /// Fields, variants or the aliased type.
    pub kind: TypeKind,
    /// Last segments of derived traits (`Debug`, `Serialize`, `FromRow` ..).
    pub derives: Vec<Name>,
    /// The format string of `#[error("..")]` on a struct.
    pub display: Option<String>,
    /// Its attributes but those that derive, and the derives that are written as paths.
    pub attrs: Vec<Attr>,
    /// Under `#[cfg(test)]`.
    pub test: bool,
    /// Whether it is `pub` in any form.
    pub public: bool,
    /// Place of the name.
    pub span: Span,
}

impl TypeDef {
    /// What its attributes of a path set a name to: `users` of `#[diesel(table_name = users)]`.
    pub fn said<'a>(&'a self, path: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        said(&self.attrs, path, name)
    }

    /// The paths of its derives and attributes: of what may write code for it.
    pub fn macros(&self) -> impl Iterator<Item = Vec<Name>> {
        let attrs = self.attrs.iter().map(|a| a.path.split("::").map(Name::from).collect());
        self.derives.iter().map(|d| vec![d.clone()]).chain(attrs)
    }

    /// Its fields, those of an enum with the number of their variant.
    pub fn fields(&self) -> impl Iterator<Item = (Option<u32>, &FieldDef)> {
        let (own, variants): (&[FieldDef], &[VariantDef]) = match &self.kind {
            TypeKind::Struct(fields) => (fields, &[]),
            TypeKind::Enum(variants) => (&[], variants),
            TypeKind::Alias(_) => (&[], &[]),
        };
        let of_variants = (0..).zip(variants).flat_map(|(i, v)| v.fields.iter().map(move |f| (Some(i), f)));
        own.iter().map(|f| (None, f)).chain(of_variants)
    }
}

/// A generic parameter with its bounds (from the list and from `where`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generic {
    /// Its name.
    pub name: Name,
    /// Its bounds.
    pub bounds: Vec<TypeRef>,
    /// What it is where it is not written: `T = u8`.
    #[serde(default)]
    pub default: Option<TypeRef>,
}

/// A trait. Its methods are in `funcs`, with `owner = Owner::Trait`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitDef {
    /// Where it is written.
    pub module: u32,
    /// Its name.
    pub name: Name,
    /// Generic parameters.
    pub generics: Vec<Generic>,
    /// Supertraits.
    pub supers: Vec<TypeRef>,
    /// Associated types with their bounds; a default is the last of them, as [`TypeRef::Assoc`] of the same name.
    pub assoc: Vec<Generic>,
    /// Its attributes.
    #[serde(default)]
    pub attrs: Vec<Attr>,
    /// Under `#[cfg(test)]`.
    pub test: bool,
    /// Place of the name.
    pub span: Span,
}

/// An impl block. Its methods are in `funcs`, with `owner = Owner::Impl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImplDef {
    /// Where it is written.
    pub module: u32,
    /// The function that it is written in, by index into `funcs`.
    pub parent: Option<u32>,
    /// Generic parameters.
    pub generics: Vec<Generic>,
    /// The trait, if any.
    pub trait_: Option<Path>,
    /// The type.
    pub self_ty: TypeRef,
    /// Associated types.
    pub assoc: Vec<(Name, TypeRef)>,
    /// Its attributes.
    #[serde(default)]
    pub attrs: Vec<Attr>,
    /// Under `#[cfg(test)]`.
    pub test: bool,
    /// Place of the `impl` keyword.
    pub span: Span,
}

/// Where the value of a [`ConstDef`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// `const`: wherever it is named.
    Const,
    /// `static`, also of `thread_local!` and the like: in one place.
    Static,
    /// `static mut`.
    Mut,
}

/// A constant or static. Its initialiser is lowered as the body of `init`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConstDef {
    /// Where it is written.
    pub module: u32,
    /// The impl or trait it belongs to.
    pub owner: Owner,
    /// Its name.
    pub name: Name,
    /// Declared type.
    pub ty: TypeRef,
    /// Initialiser: a function without parameters.
    pub init: Option<Box<Func>>,
    /// Whether there is one of it, and whether it is assigned to.
    pub storage: Storage,
    /// Place of the name.
    pub span: Span,
}

/// What an associated item belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// A free item of its module.
    Module,
    /// An impl block, by index.
    Impl(u32),
    /// A trait, by index.
    Trait(u32),
}
