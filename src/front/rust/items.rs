//! Items: modules, imports, types, traits, impls, functions, constants.

use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, FnArg, ImplItem, Item, Signature, TraitItem, UseTree, Visibility};

use super::annotate::Site;
use super::body::Body;
use super::{Cx, attrs, types};
use crate::ir::body::{Func, LocalDecl};
use crate::ir::items::{
    ConstDef, FieldDef, Generic, ImplDef, Module, Owner, Path, Storage, TraitDef, TypeDef, TypeKind, TypeRef, Use,
    VariantDef,
};
use crate::ir::{GapKind, Name, Target};
use crate::source::Span;

/// Where an item stands.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// Its module.
    pub module: u32,
    /// Whether it stands under `#[cfg(test)]`.
    pub test: bool,
    /// The function it is written in.
    pub func: Option<u32>,
}

/// Lowers a file.
pub(super) fn file(cx: &mut Cx<'_>, tree: &syn::File) {
    let at = root(cx, &tree.attrs);
    all(cx, at, &tree.items);
}

/// Parses and lowers a file item by item: the less of its tree there is at a time, the faster is it reached. Imports
/// come first, so what stands before the last of them waits for it.
#[derive(Default)]
pub(super) struct Reading {
    /// Where the last import stands.
    imports: u32,
    /// The root module, once its attributes were read.
    root: Option<At>,
    /// Items that wait for the last import.
    waiting: Vec<Item>,
}

impl Reading {
    /// Of a file whose last import stands at this byte.
    pub(super) fn new(imports: u32) -> Reading {
        Reading { imports, ..Reading::default() }
    }

    /// The next piece of the file.
    pub(super) fn piece(&mut self, cx: &mut Cx<'_>, input: ParseStream<'_>) -> syn::Result<()> {
        let at = match self.root {
            Some(at) => at,
            None => root(cx, &input.call(Attribute::parse_inner)?),
        };
        self.root = Some(at);
        while !input.is_empty() && cx.span(input.span()).lo <= self.imports {
            self.waiting.push(input.parse()?);
        }
        if !input.is_empty() {
            self.end(cx);
        }
        while !input.is_empty() {
            item(cx, at, &input.parse()?);
        }
        Ok(())
    }

    /// Nothing follows.
    pub(super) fn end(&mut self, cx: &mut Cx<'_>) {
        if let Some(at) = self.root {
            all(cx, at, &std::mem::take(&mut self.waiting));
        }
    }
}

/// The root module, with the attributes of the file.
fn root(cx: &mut Cx<'_>, attrs: &[Attribute]) -> At {
    let test = attrs::for_test(attrs);
    if let Some(root) = cx.unit.modules.first_mut() {
        root.test = test;
    }
    cx.attach_root();
    At { module: 0, test, func: None }
}

/// Lowers a list of items; imports first, which say what macros mean.
pub(super) fn all(cx: &mut Cx<'_>, at: At, list: &[Item]) {
    let is_import = |item: &&Item| matches!(item, Item::Use(_) | Item::ExternCrate(_));
    for one in list.iter().filter(is_import) {
        item(cx, at, one);
    }
    for one in list.iter().filter(|item| !is_import(item)) {
        item(cx, at, one);
    }
}

fn projected(cx: &mut Cx<'_>, at: At, index: u32) {
    if cx.unit.types.get(index as usize).is_some_and(super::derived::is_projected) {
        super::derived::projection(cx, at, index);
    }
}

/// Lowers an item.
pub(super) fn item(cx: &mut Cx<'_>, at: At, item: &Item) {
    match item {
        Item::Fn(i) => {
            let at = At { test: at.test || attrs::for_test(&i.attrs), ..at };
            function(cx, at, Owner::Module, &i.attrs, Some(&i.vis), &i.sig, Some(&i.block));
        }
        Item::Struct(i) => {
            let index = cx.unit.types.len() as u32;
            let fields = fields(cx, index, None, &i.fields);
            let def = Def { at, ident: &i.ident, generics: &i.generics, attrs: &i.attrs, vis: &i.vis };
            type_def(cx, def, TypeKind::Struct(fields));
            super::derived::identifiers(cx, &i.attrs, &[]);
            super::derived::methods(cx, at, index, i);
            super::derived::selections(cx, at, index, i);
            super::entities::model(cx, at, index);
            super::selectors::of_struct(cx, at, index, i);
            projected(cx, at, index);
        }
        Item::Union(i) => {
            let index = cx.unit.types.len() as u32;
            let fields = fields(cx, index, None, &Fields::Named(i.fields.clone()));
            let def = Def { at, ident: &i.ident, generics: &i.generics, attrs: &i.attrs, vis: &i.vis };
            type_def(cx, def, TypeKind::Struct(fields));
        }
        Item::Enum(i) => {
            let index = cx.unit.types.len() as u32;
            let variants = i.variants.iter().map(|v| variant(cx, index, v)).collect();
            let def = Def { at, ident: &i.ident, generics: &i.generics, attrs: &i.attrs, vis: &i.vis };
            type_def(cx, def, TypeKind::Enum(variants));
            super::derived::names(cx, i);
            let said: Vec<&[syn::Attribute]> = i.variants.iter().map(|v| v.attrs.as_slice()).collect();
            super::derived::identifiers(cx, &i.attrs, &said);
            super::derived::of_variants(cx, at, index, i);
            super::selectors::of_enum(cx, at, index, i);
            projected(cx, at, index);
        }
        Item::Type(i) => {
            let def = Def { at, ident: &i.ident, generics: &i.generics, attrs: &i.attrs, vis: &i.vis };
            type_def(cx, def, TypeKind::Alias(types::ty(cx, &i.ty)));
        }
        Item::Mod(i) => module(cx, at, i),
        Item::Use(i) => {
            let public = is_public(&i.vis);
            use_tree(cx, at, public, &mut Vec::new(), &i.tree);
        }
        Item::ExternCrate(i) => {
            let krate = types::name(&i.ident);
            let bound = i.rename.as_ref().map_or_else(|| krate.clone(), |(_, n)| types::name(n));
            let public = is_public(&i.vis);
            if i.attrs.iter().any(|a| a.path().is_ident("macro_use")) {
                cx.unit.macro_crates.insert(0, krate.clone());
            }
            cx.unit.uses.push(Use { module: at.module, path: vec![krate], name: Some(bound), public, func: at.func });
        }
        Item::Trait(i) => trait_def(cx, at, i),
        Item::TraitAlias(i) => {
            let span = cx.word(&i.ident);
            cx.unit.traits.push(TraitDef {
                module: at.module,
                name: types::name(&i.ident),
                generics: types::generics(cx, &i.generics, &[]),
                supers: types::bounds(cx, &i.bounds),
                assoc: Vec::new(),
                attrs: Vec::new(),
                test: at.test || attrs::for_test(&i.attrs),
                span,
            });
        }
        Item::Impl(i) => impl_def(cx, at, i),
        Item::Const(i) => {
            let at = At { test: at.test || attrs::for_test(&i.attrs), ..at };
            let ty = types::ty(cx, &i.ty);
            constant(cx, at, Owner::Module, &i.ident, ty, Some(&i.expr), Storage::Const);
            under(cx, &i.attrs);
        }
        Item::Static(i) => {
            let at = At { test: at.test || attrs::for_test(&i.attrs), ..at };
            let ty = types::ty(cx, &i.ty);
            constant(cx, at, Owner::Module, &i.ident, ty, Some(&i.expr), storage(&i.mutability));
            under(cx, &i.attrs);
        }
        Item::ForeignMod(i) => {
            for foreign in &i.items {
                match foreign {
                    syn::ForeignItem::Fn(f) => {
                        function(cx, at, Owner::Module, &f.attrs, Some(&f.vis), &f.sig, None);
                    }
                    syn::ForeignItem::Static(s) => {
                        let ty = types::ty(cx, &s.ty);
                        constant(cx, at, Owner::Module, &s.ident, ty, None, storage(&s.mutability));
                    }
                    _ => {}
                }
            }
        }
        Item::Macro(i) => super::item_macros::item(cx, at, i),
        Item::Verbatim(tokens) => {
            let span =
                cx.span(tokens.clone().into_iter().next().map_or_else(proc_macro2::Span::call_site, |t| t.span()));
            cx.unit.hidden_items = true;
            cx.gap(span, GapKind::Code, "this item is not known");
        }
        other => {
            let span = cx.span(other.span());
            cx.gap(span, GapKind::Code, "this item is not known");
        }
    }
}

fn is_public(vis: &Visibility) -> bool {
    !matches!(vis, Visibility::Inherited)
}

fn module(cx: &mut Cx<'_>, at: At, i: &syn::ItemMod) {
    let index = cx.unit.modules.len() as u32;
    let test = at.test || attrs::for_test(&i.attrs);
    let span = cx.word(&i.ident);
    let path_attr = cx.path_attr(&i.attrs);
    let cfgs = cx.attr_list(&attrs::said(&i.attrs)).into_iter().filter(|a| a.path == "cfg").map(|a| a.args).collect();
    cx.unit.modules.push(Module {
        name: types::name(&i.ident),
        parent: at.module,
        external: i.content.is_none(),
        path_attr,
        test,
        cfgs,
        span,
    });
    cx.attach(Site::Item, span.lo, |_| Target::Module(index));
    if let Some((_, items)) = &i.content {
        all(cx, At { module: index, test, func: at.func }, items);
    }
}

fn use_tree(cx: &mut Cx<'_>, at: At, public: bool, prefix: &mut Vec<Name>, tree: &UseTree) {
    let mut push = |path: Vec<Name>, name: Option<Name>| {
        cx.unit.uses.push(Use { module: at.module, path, name, public, func: at.func });
    };
    match tree {
        UseTree::Path(t) => {
            prefix.push(types::name(&t.ident));
            use_tree(cx, at, public, prefix, &t.tree);
            prefix.pop();
        }
        UseTree::Group(t) => {
            for tree in &t.items {
                use_tree(cx, at, public, prefix, tree);
            }
        }
        UseTree::Glob(_) => push(prefix.clone(), None),
        UseTree::Name(t) if t.ident == "self" && !prefix.is_empty() => push(prefix.clone(), prefix.last().cloned()),
        UseTree::Name(t) => {
            let name = types::name(&t.ident);
            let mut path = prefix.clone();
            path.push(name.clone());
            push(path, Some(name));
        }
        UseTree::Rename(t) => {
            let mut path = prefix.clone();
            if t.ident != "self" || prefix.is_empty() {
                path.push(types::name(&t.ident));
            }
            push(path, Some(types::name(&t.rename)));
            cx.renames = true;
        }
    }
}

fn fields(cx: &mut Cx<'_>, ty: u32, variant: Option<&Name>, list: &Fields) -> Vec<FieldDef> {
    let mut out = Vec::with_capacity(list.len());
    for (i, field) in list.iter().enumerate() {
        let (name, span) = match &field.ident {
            Some(ident) => (types::name(ident), cx.word(ident)),
            None => (types::position(i), cx.span(field.ty.span())),
        };
        cx.attach(Site::Field, span.lo, |_| Target::Field(ty, variant.cloned(), name.clone()));
        let (ty, lent) = (types::ty(cx, &field.ty), types::lends(&field.ty));
        out.push(FieldDef { name, ty, lent, attrs: attrs::field(&field.attrs), span });
    }
    out
}

fn variant(cx: &mut Cx<'_>, ty: u32, v: &syn::Variant) -> VariantDef {
    let name = types::name(&v.ident);
    let span = cx.word(&v.ident);
    cx.attach(Site::Field, span.lo, |_| Target::Variant(ty, name.clone()));
    let fields = fields(cx, ty, Some(&name), &v.fields);
    let said = attrs::said(&v.attrs);
    let attrs = cx.attr_list(&said);
    VariantDef { name, fields, display: said.display(), relates: attrs::relates(&v.attrs), attrs, span }
}

struct Def<'a> {
    at: At,
    ident: &'a syn::Ident,
    generics: &'a syn::Generics,
    attrs: &'a [Attribute],
    vis: &'a Visibility,
}

fn type_def(cx: &mut Cx<'_>, def: Def<'_>, kind: TypeKind) {
    let index = cx.unit.types.len() as u32;
    let span = cx.word(def.ident);
    cx.attach(Site::Item, span.lo, |_| Target::Type(index));
    let said = attrs::said(def.attrs);
    let (derives, by_path) = said.derives();
    let mut others = cx.attr_list(&said);
    others.retain(|attr| attr.path != "derive");
    others.extend(by_path);
    cx.unit.types.push(TypeDef {
        module: def.at.module,
        parent: def.at.func,
        name: types::name(def.ident),
        generics: types::generics(cx, def.generics, &[]),
        kind,
        derives,
        display: said.display(),
        attrs: others,
        test: def.at.test || said.for_test(),
        public: is_public(def.vis),
        span,
    });
}

fn trait_def(cx: &mut Cx<'_>, at: At, i: &syn::ItemTrait) {
    let index = cx.unit.traits.len() as u32;
    let test = at.test || attrs::for_test(&i.attrs);
    let span = cx.word(&i.ident);
    let def = TraitDef {
        module: at.module,
        name: types::name(&i.ident),
        generics: types::generics(cx, &i.generics, &[]),
        supers: types::bounds(cx, &i.supertraits),
        assoc: Vec::new(),
        attrs: cx.attr_list(&attrs::said(&i.attrs)),
        test,
        span,
    };
    cx.unit.traits.push(def);
    cx.attach(Site::Item, span.lo, |_| Target::Trait(index));
    for one in &i.items {
        trait_item(cx, At { test, ..at }, index, &i.vis, one);
    }
}

fn trait_item(cx: &mut Cx<'_>, at: At, index: u32, vis: &Visibility, item: &TraitItem) {
    match item {
        TraitItem::Fn(f) => {
            let at = At { test: at.test || attrs::for_test(&f.attrs), ..at };
            function(cx, at, Owner::Trait(index), &f.attrs, Some(vis), &f.sig, f.default.as_ref());
        }
        TraitItem::Const(c) => {
            let init = c.default.as_ref().map(|(_, e)| e);
            let ty = types::ty(cx, &c.ty);
            constant(cx, at, Owner::Trait(index), &c.ident, ty, init, Storage::Const);
        }
        TraitItem::Type(t) => {
            let name = types::name(&t.ident);
            let mut bounds = types::bounds(cx, &t.bounds);
            if let Some((_, default)) = &t.default {
                bounds.push(TypeRef::Assoc(name.clone(), Box::new(types::ty(cx, default))));
            }
            if let Some(def) = cx.unit.traits.get_mut(index as usize) {
                def.assoc.push(Generic { name, bounds, default: None });
            }
        }
        TraitItem::Macro(m) => {
            super::item_macros::members(cx, at, &m.mac, |cx, item| trait_item(cx, at, index, vis, item));
        }
        _ => {}
    }
}

fn impl_def(cx: &mut Cx<'_>, at: At, i: &syn::ItemImpl) {
    if i.modifiers.polarity.is_some() {
        return;
    }
    let index = cx.unit.impls.len() as u32;
    let said = attrs::said(&i.attrs);
    let test = at.test || said.for_test();
    let span = cx.span(i.impl_token.span);
    let def = ImplDef {
        module: at.module,
        parent: at.func,
        generics: types::generics(cx, &i.generics, &[]),
        trait_: i.trait_.as_ref().map(|(p, _)| types::path(cx, p)),
        self_ty: types::ty(cx, &i.self_ty),
        assoc: Vec::new(),
        attrs: cx.attr_list(&said),
        test,
        span,
    };
    cx.unit.impls.push(def);
    cx.attach(Site::Item, span.lo, |_| Target::Impl(index));
    for one in &i.items {
        impl_item(cx, At { test, ..at }, index, one);
    }
}

fn impl_item(cx: &mut Cx<'_>, at: At, index: u32, item: &ImplItem) {
    match item {
        ImplItem::Fn(f) => {
            let at = At { test: at.test || attrs::for_test(&f.attrs), ..at };
            function(cx, at, Owner::Impl(index), &f.attrs, Some(&f.vis), &f.sig, Some(&f.block));
        }
        ImplItem::Const(c) => {
            let ty = types::ty(cx, &c.ty);
            constant(cx, at, Owner::Impl(index), &c.ident, ty, Some(&c.expr), Storage::Const);
        }
        ImplItem::Type(t) => {
            let ty = types::ty(cx, &t.ty);
            if let Some(def) = cx.unit.impls.get_mut(index as usize) {
                def.assoc.push((types::name(&t.ident), ty));
            }
        }
        ImplItem::Macro(m) => {
            super::item_macros::members(cx, at, &m.mac, |cx, item| impl_item(cx, at, index, item));
        }
        ImplItem::Verbatim(_) => {
            let span = cx.unit.impls.get(index as usize).map_or_else(|| Span::new(cx.file, 0, 0), |i| i.span);
            cx.gap(span, GapKind::Code, "this impl holds an item that is not known");
        }
        _ => {}
    }
}

/// A constant or static; its initialiser becomes a function without parameters.
pub(super) fn constant(
    cx: &mut Cx<'_>,
    at: At,
    owner: Owner,
    ident: &syn::Ident,
    ty: TypeRef,
    init: Option<&syn::Expr>,
    storage: Storage,
) {
    let span = cx.word(ident);
    let new = Constant { name: types::name(ident), ty, storage, span };
    match init {
        Some(init) => constant_of(cx, at, owner, new, |b| b.run(Some(&crate::ir::body::RET.into()), init)),
        None => declared(cx, at, owner, new, None),
    }
}

/// A constant to be.
pub(super) struct Constant {
    pub name: Name,
    pub ty: TypeRef,
    pub storage: Storage,
    pub span: Span,
}

/// A constant whose value is what `init` writes into the place of results.
pub(super) fn constant_of(cx: &mut Cx<'_>, at: At, owner: Owner, new: Constant, init: impl FnOnce(&mut Body<'_, '_>)) {
    let mut func = blank(new.name.clone(), at, owner, new.span);
    func.ret = new.ty.clone();
    func.locals.push(LocalDecl::new(None, Some(new.ty.clone()), new.span));
    let known = cx.unit.embedded.len();
    let mut body = Body::new(cx, at, None, std::mem::take(&mut func.locals));
    init(&mut body);
    body.fill(&mut func);
    // The end of an expression is dear; that of its statements of SQL is at hand.
    let statements = cx.unit.embedded.get(known..).unwrap_or_default();
    func.extent = statements.iter().fold(func.extent, |extent, e| extent.to(e.span));
    declared(cx, at, owner, new, Some(Box::new(func)));
}

/// Notes what the last constant stands under.
fn under(cx: &mut Cx<'_>, attrs: &[Attribute]) {
    let cfgs = cx.attr_list(&attrs::said(attrs)).into_iter().filter(|a| a.path == "cfg").collect();
    if let Some(init) = cx.unit.consts.last_mut().and_then(|c| c.init.as_mut()) {
        init.attrs = cfgs;
    }
}

fn declared(cx: &mut Cx<'_>, at: At, owner: Owner, new: Constant, init: Option<Box<Func>>) {
    let index = cx.unit.consts.len() as u32;
    cx.attach(Site::Item, new.span.lo, |_| Target::Const(index));
    let Constant { name, ty, storage, span } = new;
    cx.unit.consts.push(ConstDef { module: at.module, owner, name, ty, init, storage, span });
}

fn storage(mutability: &syn::StaticMutability) -> Storage {
    if matches!(mutability, syn::StaticMutability::Mut(_)) { Storage::Mut } else { Storage::Static }
}

pub(super) fn blank(name: Name, at: At, owner: Owner, span: Span) -> Func {
    Func {
        name,
        module: at.module,
        owner,
        parent: at.func,
        generics: Vec::new(),
        params: Vec::new(),
        has_self: false,
        ret: TypeRef::Tuple(Vec::new()),
        is_async: false,
        public: false,
        exported: false,
        test: at.test,
        attrs: Vec::new(),
        locals: Vec::new(),
        paths: Vec::<Path>::new(),
        closures: Vec::new(),
        body: None,
        sites: 0,
        span,
        extent: span,
    }
}

/// A function; its slot is taken before its body is read, so that items inside know their parent.
pub(super) fn function(
    cx: &mut Cx<'_>,
    at: At,
    owner: Owner,
    attrs: &[Attribute],
    vis: Option<&Visibility>,
    sig: &Signature,
    block: Option<&syn::Block>,
) {
    let index = cx.unit.funcs.len() as u32;
    let span = cx.word(&sig.ident);
    let mut func = blank(types::name(&sig.ident), at, owner, span);
    let first = match vis {
        Some(Visibility::Public(token)) => token.span,
        Some(Visibility::Restricted(r)) => r.pub_token.span,
        _ => match (&sig.constness, &sig.asyncness, &sig.abi) {
            (Some(token), ..) => token.span,
            (_, Some(token), _) => token.span,
            (.., Some(abi)) => abi.extern_token.span,
            _ => sig.fn_token.span,
        },
    };
    let last = block.map_or_else(|| sig.paren_token.span.close(), |b| b.brace_token.span.close());
    func.extent = cx.span(first).to(cx.span(last)).to(span);
    func.attrs = cx.attr_list(&attrs::said(attrs));
    func.public = vis.is_some_and(is_public);
    func.exported = matches!(vis, Some(Visibility::Public(_)));
    func.is_async = sig.asyncness.is_some();
    let around = match owner {
        Owner::Impl(i) => cx.unit.impls.get(i as usize).map(|i| &i.generics),
        Owner::Trait(t) => cx.unit.traits.get(t as usize).map(|t| &t.generics),
        Owner::Module => None,
    };
    func.generics = types::generics(cx, &sig.generics, around.map_or(&[], Vec::as_slice));
    func.ret = types::result(cx, &sig.output);
    let decl = LocalDecl::new(None, Some(func.ret.clone()), span);
    func.has_self = matches!(sig.inputs.first(), Some(FnArg::Receiver(_)));
    cx.unit.funcs.push(func);
    cx.attach(Site::Item, span.lo, |_| Target::Func(index));
    let mut body = Body::new(cx, at, Some(index), vec![decl]);
    let params = body.params(sig, index);
    if let Some(block) = block {
        body.function_body(attrs, sig, block);
    }
    let mut done = blank(Name::default(), at, owner, span);
    body.fill(&mut done);
    if let Some(func) = cx.unit.funcs.get_mut(index as usize) {
        func.params = params;
        func.locals = done.locals;
        func.paths = done.paths;
        func.closures = done.closures;
        func.body = if block.is_some() { done.body } else { None };
    }
}
