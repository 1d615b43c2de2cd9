//! Changes of a text that change nothing of what the program does.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Pat, Stmt};

use super::edit::{Edit, Editor, File, Piece, Rewritten};

/// A change of a whole project.
pub type Rewrite = fn(&[File]) -> Vec<Rewritten>;

/// All of them, by name.
pub const ALL: [(&str, Rewrite); 9] = [
    ("locals have other names", other_locals),
    ("blocks begin with something that does nothing", |old| in_rust(old, idle)),
    ("expressions stand in blocks of their own", |old| in_rust(old, wrap)),
    ("first arguments have a name", |old| in_rust(old, extract)),
    ("items stand in the other order", other_order),
    ("functions of impls stand in the other order", |old| in_rust(old, reverse_methods)),
    ("there are more comments and empty lines", |old| in_rust(old, comment)),
    ("lines end as on Windows", |old| in_rust(old, carriage_returns)),
    ("modules stand in one file", inline_modules),
];

/// Renames locals in every file.
pub fn other_locals(old: &[File]) -> Vec<Rewritten> {
    in_rust(old, rename)
}

/// Turns the order of items round in every file.
pub fn other_order(old: &[File]) -> Vec<Rewritten> {
    in_rust(old, reverse_items)
}

/// Edits every Rust file by itself.
fn in_rust(old: &[File], edit: fn(&syn::File, &mut Editor<'_>)) -> Vec<Rewritten> {
    let mut out = Vec::new();
    for (file, (path, text)) in old.iter().enumerate() {
        let mut editor = Editor::new(file, text);
        if path.ends_with(".rs") {
            edit(&syn::parse_file(text).expect("the code parses"), &mut editor);
        }
        out.push((path.clone(), editor.done()));
    }
    out
}

fn bytes(node: &impl Spanned) -> (usize, usize) {
    let range = node.span().byte_range();
    (range.start, range.end)
}

// ---- locals

/// Renames what `let` binds, where every use of the name is seen.
fn rename(tree: &syn::File, editor: &mut Editor<'_>) {
    struct Functions<'a, 'b>(&'a mut Editor<'b>);
    impl<'ast> Visit<'ast> for Functions<'_, '_> {
        fn visit_item_fn(&mut self, f: &'ast syn::ItemFn) {
            rename_in(&f.sig, &f.block, self.0);
        }
        fn visit_impl_item_fn(&mut self, f: &'ast syn::ImplItemFn) {
            rename_in(&f.sig, &f.block, self.0);
        }
    }
    Functions(editor).visit_file(tree);
}

#[derive(Default)]
struct Names {
    /// Bound by `let`.
    bound: BTreeSet<String>,
    /// Used in a way that is not seen, or by something else of that name.
    kept: BTreeSet<String>,
    /// Every place of a name.
    places: Vec<(String, usize, usize)>,
}

fn rename_in(signature: &syn::Signature, block: &Block, editor: &mut Editor<'_>) {
    let mut params = Names::default();
    params.visit_signature(signature);
    let mut names = Names::default();
    names.visit_block(block);
    names.kept.extend(params.places.into_iter().map(|(name, ..)| name));
    for (name, lo, hi) in names.places {
        if names.bound.contains(&name) && !names.kept.contains(&name) {
            editor.replace(lo, hi, format!("{name}_renamed"));
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        struct Bound<'a>(&'a mut BTreeSet<String>);
        impl<'ast> Visit<'ast> for Bound<'_> {
            fn visit_pat_ident(&mut self, p: &'ast syn::PatIdent) {
                // Names that begin with a capital are constants and variants.
                if p.ident.to_string().starts_with(|c: char| c.is_lowercase() || c == '_') {
                    self.0.insert(p.ident.to_string());
                }
            }
        }
        Bound(&mut self.bound).visit_pat(&local.pat);
        visit::visit_local(self, local);
    }

    fn visit_pat_ident(&mut self, p: &'ast syn::PatIdent) {
        let (lo, hi) = bytes(&p.ident);
        self.places.push((p.ident.to_string(), lo, hi));
        visit::visit_pat_ident(self, p);
    }

    fn visit_expr_path(&mut self, e: &'ast syn::ExprPath) {
        if let Some(ident) = e.path.get_ident() {
            let (lo, hi) = bytes(ident);
            self.places.push((ident.to_string(), lo, hi));
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(p) = &*call.func
            && let Some(ident) = p.path.get_ident()
        {
            self.kept.insert(ident.to_string());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_field_value(&mut self, f: &'ast syn::FieldValue) {
        if f.colon_token.is_none() {
            self.kept.extend(name_of(&f.member));
        }
        visit::visit_field_value(self, f);
    }

    fn visit_field_pat(&mut self, f: &'ast syn::FieldPat) {
        if f.colon_token.is_none() {
            self.kept.extend(name_of(&f.member));
        }
        visit::visit_field_pat(self, f);
    }

    fn visit_macro(&mut self, m: &'ast syn::Macro) {
        words(m.tokens.clone(), &mut self.kept);
    }
}

fn name_of(member: &syn::Member) -> Option<String> {
    match member {
        syn::Member::Named(name) => Some(name.to_string()),
        syn::Member::Unnamed(_) => None,
    }
}

/// All names in the tokens of a macro, those in its texts too.
fn words(tokens: TokenStream, out: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(g) => words(g.stream(), out),
            TokenTree::Punct(_) => {}
            other => {
                let text = other.to_string();
                out.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
            }
        }
    }
}

// ---- statements and expressions

fn idle(tree: &syn::File, editor: &mut Editor<'_>) {
    struct Blocks<'a, 'b>(&'a mut Editor<'b>);
    impl<'ast> Visit<'ast> for Blocks<'_, '_> {
        fn visit_block(&mut self, block: &'ast Block) {
            let at = block.brace_token.span.open().byte_range().end;
            self.0.insert(at, " let _idle = 1 + 1; ");
            visit::visit_block(self, block);
        }
    }
    Blocks(editor).visit_file(tree);
}

/// Whether an expression is a value of its own rather than a place.
fn is_value(e: &Expr) -> bool {
    match e {
        Expr::Call(_) | Expr::MethodCall(_) => true,
        Expr::Await(e) => is_value(&e.base),
        Expr::Try(e) => is_value(&e.expr),
        _ => false,
    }
}

fn wrap(tree: &syn::File, editor: &mut Editor<'_>) {
    struct Values<'a, 'b>(&'a mut Editor<'b>);
    impl Values<'_, '_> {
        fn wrap(&mut self, e: &Expr) {
            if is_value(e) {
                let (lo, hi) = bytes(e);
                self.0.insert(lo, "{ ");
                self.0.insert(hi, " }");
            }
        }
    }
    impl<'ast> Visit<'ast> for Values<'_, '_> {
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            call.args.iter().for_each(|e| self.wrap(e));
            visit::visit_expr_call(self, call);
        }
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            call.args.iter().for_each(|e| self.wrap(e));
            visit::visit_expr_method_call(self, call);
        }
        fn visit_local_init(&mut self, init: &'ast syn::LocalInit) {
            // No brace may stand before `else`.
            if init.diverge.is_none() {
                self.wrap(&init.expr);
            }
            visit::visit_local_init(self, init);
        }
    }
    Values(editor).visit_file(tree);
}

/// The first argument of the call that a statement is, if it is evaluated before everything else.
fn first_argument(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Await(e) => first_argument(&e.base),
        Expr::Try(e) => first_argument(&e.expr),
        Expr::Call(call) if matches!(&*call.func, Expr::Path(_)) => {
            let first = call.args.first()?;
            (is_value(first) || matches!(first, Expr::Reference(_) | Expr::Field(_))).then_some(first)
        }
        _ => None,
    }
}

fn extract(tree: &syn::File, editor: &mut Editor<'_>) {
    struct Statements<'a, 'b>(&'a mut Editor<'b>);
    impl<'ast> Visit<'ast> for Statements<'_, '_> {
        fn visit_block(&mut self, block: &'ast Block) {
            for s in &block.stmts {
                let e = match s {
                    Stmt::Local(local) => local.init.as_ref().map(|init| &*init.expr),
                    Stmt::Expr(e, _) => Some(e),
                    _ => None,
                };
                let Some(arg) = e.and_then(first_argument) else { continue };
                let ((at, _), (lo, hi)) = (bytes(s), bytes(arg));
                let with = vec![
                    self.0.new_piece(at, "let extracted = "),
                    self.0.old_piece(lo, hi),
                    self.0.new_piece(hi, "; "),
                ];
                self.0.edits.push(Edit { lo: at, hi: at, with });
                self.0.replace(lo, hi, "extracted");
            }
            visit::visit_block(self, block);
        }
    }
    Statements(editor).visit_file(tree);
}

// ---- order

/// Turns the order of neighbours around. What stands before one, and behind it on its line, goes with it.
fn reverse(ends: &[(usize, usize)], start: usize, editor: &mut Editor<'_>) {
    let Some((_, last)) = ends.last() else { return };
    let line_end = |at: usize| at + editor.text[at..].find('\n').unwrap_or(0);
    let mut pieces = Vec::new();
    let mut at = start;
    for (i, (_, end)) in ends.iter().enumerate() {
        let next = ends.get(i + 1).map_or(usize::MAX, |(lo, _)| *lo);
        let end = line_end(*end).min(next);
        pieces.push(editor.new_piece(at, "\n"));
        pieces.push(editor.old_piece(at, end));
        at = end;
    }
    pieces.reverse();
    let hi = at.max(*last);
    editor.edits.push(Edit { lo: start, hi, with: pieces });
}

fn reverse_items(tree: &syn::File, editor: &mut Editor<'_>) {
    // Macros are known from where they stand on.
    if tree.items.iter().any(|i| matches!(i, Item::Macro(_))) {
        return;
    }
    let head = tree.attrs.iter().map(|a| bytes(a).1).max().unwrap_or(0);
    let ends: Vec<(usize, usize)> = tree.items.iter().map(bytes).collect();
    reverse(&ends, head, editor);
}

fn reverse_methods(tree: &syn::File, editor: &mut Editor<'_>) {
    for item in &tree.items {
        if let Item::Impl(item) = item {
            let ends: Vec<(usize, usize)> = item.items.iter().map(bytes).collect();
            reverse(&ends, item.brace_token.span.open().byte_range().end, editor);
        }
    }
}

// ---- layout

fn comment(tree: &syn::File, editor: &mut Editor<'_>) {
    struct Places<'a, 'b>(&'a mut Editor<'b>);
    impl<'ast> Visit<'ast> for Places<'_, '_> {
        fn visit_stmt(&mut self, s: &'ast Stmt) {
            self.0.insert(bytes(s).0, "/* now */ ");
            visit::visit_stmt(self, s);
        }
        fn visit_item(&mut self, item: &'ast Item) {
            self.0.insert(bytes(item).1, "\n\n// as said\n");
            visit::visit_item(self, item);
        }
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            self.0.insert(call.dot_token.span.byte_range().start, "\n\n");
            visit::visit_expr_method_call(self, call);
        }
        fn visit_pat(&mut self, p: &'ast Pat) {
            self.0.insert(bytes(p).0, "/* what */ ");
        }
    }
    Places(editor).visit_file(tree);
}

fn carriage_returns(_: &syn::File, editor: &mut Editor<'_>) {
    let ends: Vec<usize> = editor.text.match_indices('\n').map(|(i, _)| i).collect();
    for at in ends {
        editor.insert(at, "\r");
    }
}

// ---- files

/// Puts every `mod x;` into the file that names it.
fn inline_modules(old: &[File]) -> Vec<Rewritten> {
    let mut inlined: BTreeSet<usize> = BTreeSet::new();
    let mut out: Vec<Option<Rewritten>> = Vec::new();
    for (file, (path, _)) in old.iter().enumerate() {
        let is_root = ["lib.rs", "main.rs"].iter().any(|n| path.ends_with(&format!("src/{n}")));
        out.push(is_root.then(|| (path.clone(), whole(old, file, &folder(path), &mut inlined))));
    }
    for (file, slot) in out.iter_mut().enumerate() {
        if slot.is_none() && !inlined.contains(&file) {
            let (path, text) = &old[file];
            *slot = Some((path.clone(), Editor::new(file, text).done()));
        }
    }
    out.into_iter().flatten().collect()
}

fn folder(path: &str) -> String {
    path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// A file with its modules, which stand in `folder`.
fn whole(old: &[File], file: usize, folder: &str, inlined: &mut BTreeSet<usize>) -> Vec<Piece> {
    let text = &old[file].1;
    let mut editor = Editor::new(file, text);
    for item in &syn::parse_file(text).expect("the code parses").items {
        let Item::Mod(module) = item else { continue };
        let Some(semi) = module.semi.filter(|_| module.content.is_none()) else { continue };
        let below = format!("{folder}/{}", module.ident);
        let paths = [format!("{below}.rs"), format!("{below}/mod.rs")];
        let Some(inner) = old.iter().position(|(path, _)| paths.contains(path)) else { continue };
        inlined.insert(inner);
        let (lo, hi) = bytes(&semi);
        let mut with = vec![editor.new_piece(lo, " {\n")];
        with.extend(whole(old, inner, &below, inlined));
        with.push(editor.new_piece(hi, "\n}"));
        editor.edits.push(Edit { lo, hi, with });
    }
    editor.done()
}
