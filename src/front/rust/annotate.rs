//! `purlin` comments and attributes, and what they speak of.
//!
//! Only files that mention `purlin` come here. The tree is walked once for the *sites* that an annotation can
//! speak of; each annotation is attached to one of them by the rules of the language (trailing comment, comment
//! on a line of its own, `purlin!:`, attribute), and lowering asks for it when it reaches the site.

use std::collections::BTreeMap;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{AttrStyle, Attribute, Meta};

use super::{Cx, attrs, keys};
use crate::ir::{Annotation, Gap, GapKind, Target};
use crate::source::Span;

/// Kinds of places that an annotation can speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Site {
    /// The file.
    Root,
    /// An item, by its name (`impl`: by its keyword).
    Item,
    /// A field or variant, by its name.
    Field,
    /// A parameter, by its name or pattern.
    Param,
    /// A statement, by its first token.
    Statement,
    /// An arm of a `match`, by its pattern.
    Arm,
}

/// An annotation that waits for its site.
struct Pending {
    text: String,
    span: Span,
}

/// Annotations by site.
pub(super) struct Notes {
    waiting: BTreeMap<(Site, u32), Vec<Pending>>,
    gaps: Vec<Gap>,
}

impl Notes {
    /// Gaps for what was attached to nothing.
    pub(super) fn left(self) -> Vec<Gap> {
        let mut gaps = self.gaps;
        for pending in self.waiting.into_values().flatten() {
            gaps.push(dangling(pending.span));
        }
        gaps
    }
}

fn dangling(span: Span) -> Gap {
    Gap { span, what: "this `purlin:` comment belongs to nothing".to_owned(), kind: GapKind::Annotation }
}

impl Cx<'_> {
    /// Whether an annotation speaks of this site.
    pub(super) fn has_note(&self, site: Site, key: u32) -> bool {
        self.notes.as_ref().is_some_and(|n| n.waiting.contains_key(&(site, key)))
    }

    /// Takes the annotations of a site; their indices.
    pub(super) fn attach(&mut self, site: Site, key: u32, target: impl Fn(u32) -> Target) -> Vec<u32> {
        let Some(notes) = &mut self.notes else { return Vec::new() };
        let mut out = Vec::new();
        for pending in notes.waiting.remove(&(site, key)).unwrap_or_default() {
            let index = self.annotations.len() as u32;
            self.annotations.push(Annotation { text: pending.text, span: pending.span, target: target(index) });
            out.push(index);
        }
        out
    }

    /// Takes the annotations of the file.
    pub(super) fn attach_root(&mut self) {
        self.attach(Site::Root, 0, |_| Target::File);
    }
}

/// A place in the tree. `site` is `None` for a container that cannot be spoken of.
#[derive(Debug)]
struct Node {
    span: Span,
    site: Option<(Site, u32)>,
    /// Whether `purlin!:` may mean it.
    encloses: bool,
}

struct Walk<'c, 't> {
    cx: &'c Cx<'t>,
    nodes: Vec<Node>,
    attributes: Vec<(Span, bool, Pending)>,
}

impl Walk<'_, '_> {
    fn add(&mut self, span: Span, site: Option<(Site, u32)>, encloses: bool) {
        self.nodes.push(Node { span, site, encloses });
    }

    fn item(&mut self, span: Span, key: proc_macro2::Span, encloses: bool) {
        let key = self.cx.span(key).lo;
        self.add(span, Some((Site::Item, key)), encloses);
    }

    fn of(&self, node: &impl Spanned) -> Span {
        self.cx.span(node.span())
    }
}

impl<'ast> Visit<'ast> for Walk<'_, '_> {
    fn visit_item(&mut self, i: &'ast syn::Item) {
        use syn::Item as I;
        let span = self.of(i);
        match i {
            I::Fn(i) => self.item(span, i.sig.ident.span(), true),
            I::Struct(i) => self.item(span, i.ident.span(), false),
            I::Union(i) => self.item(span, i.ident.span(), false),
            I::Enum(i) => self.item(span, i.ident.span(), false),
            I::Type(i) => self.item(span, i.ident.span(), false),
            I::Mod(i) => self.item(span, i.ident.span(), i.content.is_some()),
            I::Trait(i) => self.item(span, i.ident.span(), false),
            I::Impl(i) => self.item(span, i.impl_token.span, false),
            I::Const(i) => self.item(span, i.ident.span(), false),
            I::Static(i) => self.item(span, i.ident.span(), false),
            _ => self.add(span, Some((Site::Item, u32::MAX)), false),
        }
        visit::visit_item(self, i);
    }

    fn visit_impl_item(&mut self, i: &'ast syn::ImplItem) {
        let span = self.of(i);
        match i {
            syn::ImplItem::Fn(f) => self.item(span, f.sig.ident.span(), true),
            syn::ImplItem::Const(c) => self.item(span, c.ident.span(), false),
            _ => self.add(span, Some((Site::Item, u32::MAX)), false),
        }
        visit::visit_impl_item(self, i);
    }

    fn visit_trait_item(&mut self, i: &'ast syn::TraitItem) {
        let span = self.of(i);
        match i {
            syn::TraitItem::Fn(f) => self.item(span, f.sig.ident.span(), true),
            syn::TraitItem::Const(c) => self.item(span, c.ident.span(), false),
            _ => self.add(span, Some((Site::Item, u32::MAX)), false),
        }
        visit::visit_trait_item(self, i);
    }

    fn visit_field(&mut self, f: &'ast syn::Field) {
        let span = self.of(f);
        let key = match &f.ident {
            Some(ident) => self.cx.span(ident.span()).lo,
            None => self.of(&f.ty).lo,
        };
        self.add(span, Some((Site::Field, key)), false);
        visit::visit_field(self, f);
    }

    fn visit_variant(&mut self, v: &'ast syn::Variant) {
        let span = self.of(v);
        let key = self.cx.span(v.ident.span()).lo;
        self.add(span, Some((Site::Field, key)), false);
        visit::visit_variant(self, v);
    }

    fn visit_fn_arg(&mut self, a: &'ast syn::FnArg) {
        let span = self.of(a);
        let key = match a {
            syn::FnArg::Receiver(r) => self.cx.span(r.self_token.span).lo,
            syn::FnArg::Typed(t) => match super::body::simple(&t.pat) {
                Some(ident) => self.cx.span(ident.span()).lo,
                None => self.of(&t.pat).lo,
            },
        };
        self.add(span, Some((Site::Param, key)), false);
        visit::visit_fn_arg(self, a);
    }

    fn visit_block(&mut self, b: &'ast syn::Block) {
        let span = self.cx.span(b.brace_token.span.join());
        self.add(span, None, false);
        visit::visit_block(self, b);
    }

    fn visit_stmt(&mut self, s: &'ast syn::Stmt) {
        if let Some(key) = keys::statement(self.cx, s) {
            let span = self.of(s);
            self.add(span, Some((Site::Statement, key)), false);
        }
        visit::visit_stmt(self, s);
    }

    fn visit_arm(&mut self, a: &'ast syn::Arm) {
        let span = self.of(a);
        let key = self.of(&a.pat).lo;
        self.add(span, Some((Site::Arm, key)), false);
        visit::visit_arm(self, a);
    }

    fn visit_attribute(&mut self, a: &'ast Attribute) {
        if a.path().is_ident("cfg_attr") {
            let parts = attrs::nested(&a.meta);
            let never = parts.first().is_some_and(|m| m.path().is_ident("any") || m.path().is_ident("purlin"));
            for part in parts.iter().skip(1) {
                if never
                    && part.path().is_ident("purlin")
                    && let Meta::List(list) = part
                {
                    let delim = list.delimiter.span();
                    let open = self.cx.span(delim.open());
                    let close = self.cx.span(delim.close());
                    let inner = Span::new(open.file, open.hi, close.lo);
                    let pending = match syn::parse2::<syn::LitStr>(list.tokens.clone()) {
                        Ok(s) => {
                            let span = self.cx.span(s.span());
                            let text = self.cx.token_text(s.span(), || s.token().to_string());
                            let span = text.map_or(span, |t| t.map.span(0, t.text.len() as u32));
                            Pending { text: s.value().trim().to_owned(), span }
                        }
                        Err(_) => trimmed(self.cx, inner),
                    };
                    let span = self.of(a);
                    self.attributes.push((span, matches!(a.style, AttrStyle::Inner(_)), pending));
                }
            }
        }
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {}
}

/// The text under a span, without the blanks around it.
fn trimmed(cx: &Cx<'_>, span: Span) -> Pending {
    let text = cx.slice(span);
    let lo = span.lo + (text.len() - text.trim_start().len()) as u32;
    let text = text.trim();
    Pending { text: text.to_owned(), span: Span::new(span.file, lo, lo + text.len() as u32) }
}

/// Finds the annotations of a file and what they speak of.
pub(super) fn collect(cx: &Cx<'_>, tree: &syn::File, comments: &[(u32, u32)]) -> Notes {
    let mut walk = Walk { cx, nodes: Vec::new(), attributes: Vec::new() };
    walk.visit_file(tree);
    let Walk { mut nodes, attributes, .. } = walk;
    // Outer before inner.
    nodes.sort_by_key(|n| (n.span.lo, std::cmp::Reverse(n.span.hi)));
    let mut notes = Notes { waiting: BTreeMap::new(), gaps: Vec::new() };
    let mut put = |site: Option<(Site, u32)>, pending: Pending, gaps: &mut Vec<Gap>| match site {
        Some(site) => notes.waiting.entry(site).or_default().push(pending),
        None => gaps.push(dangling(pending.span)),
    };
    let mut gaps = Vec::new();
    for &(lo, hi) in comments {
        let Some((enclosing, block, pending)) = comment(cx, lo, hi) else { continue };
        let whole = Span::new(cx.file, lo, hi);
        let site = if enclosing {
            Some(enclosing_site(&nodes, whole))
        } else if let Some(before) = text_before(cx, lo) {
            trailing(cx, &nodes, whole, before, block)
        } else {
            following(&nodes, whole)
        };
        put(site, pending, &mut gaps);
    }
    for (span, inner, pending) in attributes {
        let site = if inner { Some(enclosing_site(&nodes, span)) } else { around(&nodes, span).and_then(|n| n.site) };
        put(site, pending, &mut gaps);
    }
    notes.gaps = gaps;
    notes
}

/// Whether a comment is `purlin!:`, whether it is a block comment, and its meaning.
fn comment(cx: &Cx<'_>, lo: u32, hi: u32) -> Option<(bool, bool, Pending)> {
    let whole = cx.slice(Span::new(cx.file, lo, hi));
    let block = whole.starts_with("/*");
    let body = if block { whole.get(2..)?.strip_suffix("*/")? } else { whole.get(2..)? };
    // `///`, `//!`, `/**`, `/*!` are documentation.
    if body.starts_with('!') || (body.starts_with(['/', '*']) && !body.starts_with("//") && !body.starts_with("**")) {
        return None;
    }
    let text = body.trim_start();
    let rest = text.strip_prefix("purlin")?;
    let (enclosing, rest) = match rest.strip_prefix('!') {
        Some(rest) => (true, rest.strip_prefix(':')?),
        None => (false, rest.strip_prefix(':')?),
    };
    let end = hi - if block { 2 } else { 0 };
    let start = end - rest.len() as u32;
    Some((enclosing, block, trimmed(cx, Span::new(cx.file, start, end))))
}

/// What stands before a comment on its line; `None` if nothing does.
fn text_before<'t>(cx: &Cx<'t>, lo: u32) -> Option<&'t str> {
    let (start, text) = cx.places.line_text(cx.places.line(lo));
    let before = text.get(..(lo - start) as usize).unwrap_or("");
    (!before.trim().is_empty()).then_some(before)
}

/// The function, module or file around a place.
fn enclosing_site(nodes: &[Node], at: Span) -> (Site, u32) {
    let inner = nodes.iter().rfind(|n| n.encloses && n.span.contains(at) && n.span != at);
    inner.and_then(|n| n.site).unwrap_or((Site::Root, 0))
}

/// The smallest node around a place, containers included.
fn around(nodes: &[Node], at: Span) -> Option<&Node> {
    nodes.iter().filter(|n| n.span.contains(at)).min_by_key(|n| n.span.hi - n.span.lo)
}

/// The smallest site around a place.
fn site_around(nodes: &[Node], at: Span) -> Option<(Site, u32)> {
    let sites = nodes.iter().filter(|n| n.site.is_some() && n.span.contains(at));
    sites.min_by_key(|n| n.span.hi - n.span.lo).and_then(|n| n.site)
}

/// A comment after something on its line: what ends there, else what opens there, else what it stands in.
fn trailing(cx: &Cx<'_>, nodes: &[Node], at: Span, before: &str, block: bool) -> Option<(Site, u32)> {
    let line = cx.places.line(at.lo);
    let ended = nodes
        .iter()
        .filter(|n| n.site.is_some() && n.span.hi <= at.lo && cx.places.line(n.span.hi.saturating_sub(1)) == line)
        .max_by_key(|n| (n.span.hi, std::cmp::Reverse(n.span.hi - n.span.lo)));
    if let Some(ended) = ended {
        let between = cx.slice(Span::new(at.file, ended.span.hi, at.lo));
        let closed = |text: &str| text.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
        // Other block comments may stand between.
        let between = between.split("/*").map(|p| p.split_once("*/").map_or(p, |(_, rest)| rest)).collect::<String>();
        if closed(&between) {
            return ended.site;
        }
    }
    let last = before.trim_end();
    if last.ends_with('{') && !block {
        // `fn f() { // purlin: ..`
        let brace = Span::new(at.file, at.lo - (before.len() - last.len()) as u32 - 1, at.lo);
        return site_around(nodes, brace);
    }
    site_around(nodes, at)
}

/// A comment on a line of its own: the next site in the same place, else the statement it stands in.
fn following(nodes: &[Node], at: Span) -> Option<(Site, u32)> {
    let holder = around(nodes, at);
    // Between an item's documentation or attributes and its head: the item itself.
    if let Some(Node { site: Some((_, key)), .. }) = holder
        && *key >= at.hi
        && *key != u32::MAX
    {
        return holder.and_then(|h| h.site);
    }
    let inside = |n: &&Node| holder.is_none_or(|h| h.span.contains(n.span) && h.span != n.span);
    let next = nodes.iter().filter(|n| n.site.is_some() && n.span.lo >= at.hi).find(inside);
    if let Some(next) = next {
        // Nothing between it and the place may hold it: not the body of a closure further on.
        let held =
            nodes.iter().any(|c| c.span.lo >= at.hi && c.span.contains(next.span) && c.span != next.span && inside(&c));
        if !held {
            return next.site;
        }
    }
    match holder {
        // An attribute or a part of it stands before: the item itself.
        Some(Node { site: Some((Site::Statement | Site::Arm | Site::Field | Site::Param, _)), .. }) => {
            holder.and_then(|h| h.site)
        }
        _ => None,
    }
}
