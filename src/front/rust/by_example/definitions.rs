//! The `macro_rules!` of a workspace, found before any file is lowered.
//!
//! Files are lowered one by one on many threads, and tokens never leave theirs. So a first pass over the few files
//! that define macros notes where each definition stands and where its name can be used; whoever needs one reads it
//! again on his own thread.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::str::FromStr;
use std::sync::Arc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use rustc_hash::{FxHashMap, FxHashSet};
use syn::parse::Parser;

use super::super::places::Places;
use super::super::{attrs, pieces, scan, types, without_head};
use crate::front::proto::Messages;
use crate::ir::Name;
use crate::limits;
use crate::source::FileId;

/// A definition and where it may be meant.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// Its name.
    pub(super) name: Name,
    /// Its file.
    pub(super) file: FileId,
    /// The text of the file.
    text: Arc<str>,
    /// Its rules, as bytes of the text.
    rules: (u32, u32),
    /// Where its name is in scope by the order of the text, as bytes.
    pub(super) scope: (u32, u32),
    /// `#[macro_export]`: other crates can name it.
    pub(super) exported: bool,
    /// Whether a `cfg` decides if it is there.
    pub(super) conditional: bool,
    /// Whether it is there in tests only.
    pub(super) test: bool,
}

impl Definition {
    /// Its rules as written.
    pub(super) fn rules(&self) -> &str {
        self.text.get(self.rules.0 as usize..self.rules.1 as usize).unwrap_or("")
    }

    /// Where its rules are: the file, and the byte at which they begin.
    pub(super) fn place(&self) -> (FileId, u32) {
        (self.file, self.rules.0)
    }

    /// Whether its name is in scope at a byte of its own file.
    pub(super) fn reaches(&self, at: u32) -> bool {
        self.scope.0 <= at && at < self.scope.1
    }
}

/// A package, as far as names of macros depend on it.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its name as code writes it.
    pub name: Name,
    /// Whether other packages can name it.
    pub lib: bool,
    /// Dependencies: the name that its code uses, the name of the package's own library.
    pub deps: BTreeMap<Name, Name>,
}

/// What a file says about macros.
#[derive(Clone, Debug, Default)]
pub struct FileMacros {
    definitions: Vec<Definition>,
    /// Modules in other files whose macros are in scope here as well (`#[macro_use] mod a;`): their paths below the
    /// folder of this file's modules.
    used: Vec<String>,
    /// Modules that stand in this file.
    modules: Vec<Name>,
}

/// A Rust file of a workspace.
#[derive(Clone, Debug)]
pub struct RustFile {
    /// The file.
    pub file: FileId,
    /// Its path.
    pub path: Arc<str>,
    /// Its package, by index.
    pub package: usize,
    /// What [`definitions`] found in it.
    pub macros: FileMacros,
}

/// All definitions of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    list: Vec<Definition>,
    by_name: FxHashMap<Name, Vec<usize>>,
    packages: Vec<Package>,
    /// Path and package of each Rust file.
    files: FxHashMap<FileId, (Arc<str>, usize)>,
    /// Names of the modules of each package; of those that stand in a file only where macros are defined in it, too.
    modules: FxHashSet<(usize, Name)>,
    /// Folders of modules that share the macros of one of their own, by the path of its file without `.rs`.
    shared: FxHashMap<String, String>,
    /// What build scripts write of the messages of each package.
    pub(super) messages: FxHashMap<String, Messages>,
}

impl Definitions {
    /// Puts together what was found in each file.
    #[must_use]
    pub fn new(packages: Vec<Package>, files: Vec<RustFile>) -> Self {
        let mut out = Definitions { packages, ..Definitions::default() };
        // Without a definition nothing is ever asked.
        if files.iter().all(|f| f.macros.definitions.is_empty()) {
            return out;
        }
        for RustFile { file, path, package, macros } in files {
            let folder = folder_of_children(&path);
            for module in macros.used {
                let child = if folder.is_empty() { module } else { format!("{folder}/{module}") };
                out.shared.insert(child, folder.to_owned());
            }
            let own = folder.rsplit('/').next().map(Name::from);
            out.modules.extend(macros.modules.into_iter().chain(own).map(|name| (package, name)));
            for definition in macros.definitions {
                out.by_name.entry(definition.name.clone()).or_default().push(out.list.len());
                out.list.push(definition);
            }
            out.files.insert(file, (path, package));
        }
        out
    }

    /// The same with what build scripts write of messages, by their packages.
    #[must_use]
    pub fn with_messages(mut self, messages: FxHashMap<String, Messages>) -> Self {
        self.messages = messages;
        self
    }

    /// The folder of the modules in which the macros of a file are in scope by the order of the text.
    pub(super) fn scope(&self, file: FileId) -> &str {
        let mut folder = folder_of_children(self.path(file));
        while let Some(around) = self.shared.get(folder).filter(|around| around.len() < folder.len()) {
            folder = around;
        }
        folder
    }

    pub(super) fn get(&self, index: usize) -> Option<&Definition> {
        self.list.get(index)
    }

    /// Definitions of this name, in the order of their files and places.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a definition is known whose rules begin at this byte of a file.
    pub(super) fn knows(&self, name: &str, file: FileId, rules: u32) -> bool {
        let here = |i: &usize| self.get(*i).is_some_and(|d| d.file == file && d.rules.0 == rules);
        self.named(name).iter().any(here)
    }

    pub(super) fn package_of(&self, file: FileId) -> Option<usize> {
        self.files.get(&file).map(|(_, package)| *package)
    }

    pub(super) fn path(&self, file: FileId) -> &str {
        self.files.get(&file).map_or("", |(path, _)| path)
    }

    pub(super) fn package(&self, index: usize) -> Option<&Package> {
        self.packages.get(index)
    }

    /// Whether a package has a module of this name, as far as that is known.
    pub(super) fn has_module(&self, package: usize, name: &Name) -> bool {
        self.modules.contains(&(package, name.clone()))
    }

    /// The package of the workspace that code of another one calls by this name.
    pub(super) fn dependency(&self, of: usize, name: &str) -> Option<usize> {
        let renamed = self.package(of).and_then(|p| p.deps.get(name));
        let real = renamed.map_or(name, Name::as_str);
        self.packages.iter().position(|p| p.lib && p.name == real)
    }
}

/// The folder in which the modules of a file are sought.
pub(super) fn folder_of_children(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "mod.rs" | "lib.rs" | "main.rs" => folder,
        _ => path.strip_suffix(".rs").unwrap_or(path),
    }
}

/// The definitions of a file; those inside bodies of functions are for their bodies only and are not among them.
/// Never fails: where a file cannot be read, which its unit says, it defines nothing.
#[must_use]
pub fn definitions(file: FileId, text: &Arc<str>) -> FileMacros {
    if !(text.contains("macro_rules!") || text.contains("#[macro_use]")) || text.len() > limits::RUST_BYTES {
        return FileMacros::default();
    }
    let found = catch_unwind(|| collect(file, text)).unwrap_or_default();
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

fn collect(file: FileId, text: &Arc<str>) -> FileMacros {
    let mut out = FileMacros::default();
    let source = without_head(text);
    let seen = scan::scan(&source, limits::RUST_HEIGHT, false);
    if seen.too_high_at.is_some() {
        return out;
    }
    let Ok(tokens) = TokenStream::from_str(&pieces::some(&source, &seen, concerns)) else { return out };
    let whole = Context { end: text.len() as u32, loose: false, conditional: false, test: false };
    let places = Places::new(file, &source);
    Collector { places, file, text, modules: Vec::new(), out: &mut out }.items(tokens, whole);
    out
}

/// Whether an item may be or hold a definition, or a module.
fn concerns(item: &str) -> bool {
    let has_module =
        || item.match_indices("mod").any(|(at, word)| item[at + word.len()..].starts_with(char::is_whitespace));
    item.contains("macro_rules") || item.contains("macro_use") || has_module()
}

struct Collector<'t> {
    places: Places<'t>,
    file: FileId,
    text: &'t Arc<str>,
    /// Modules around the place that is read.
    modules: Vec<String>,
    out: &'t mut FileMacros,
}

/// Where a list of items stands.
#[derive(Clone, Copy)]
struct Context {
    /// Where names that are defined in it end.
    end: u32,
    /// Inside the call of a macro: items may stand in any braces.
    loose: bool,
    conditional: bool,
    test: bool,
}

impl Collector<'_> {
    /// A list of items. Attributes stand before the item that they speak of, which ends at `;` or a brace.
    fn items(&mut self, tokens: TokenStream, context: Context) {
        let mut attributes: Vec<TokenTree> = Vec::new();
        let mut before: Vec<TokenTree> = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let group = match &token {
                TokenTree::Punct(p) if p.as_char() == '#' && before.is_empty() => {
                    let inner = tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '!')).is_some();
                    if let Some(group) = tokens.next_if(|t| matches!(t, TokenTree::Group(_)))
                        && !inner
                    {
                        attributes.extend([token, group]);
                    }
                    continue;
                }
                TokenTree::Punct(p) if p.as_char() == ';' => {
                    if let [.., TokenTree::Ident(module), TokenTree::Ident(name)] = before.as_slice()
                        && module == "mod"
                        && Attributes::read(&attributes, context).macro_use
                    {
                        let path = self.modules.iter().cloned().chain([types::name(name).to_string()]);
                        self.out.used.push(path.collect::<Vec<_>>().join("/"));
                    }
                    attributes.clear();
                    before.clear();
                    continue;
                }
                TokenTree::Group(group) => group,
                _ => {
                    before.push(token);
                    continue;
                }
            };
            let here = Attributes::read(&attributes, context);
            match before.as_slice() {
                [.., TokenTree::Ident(rules), TokenTree::Punct(_), TokenTree::Ident(name)]
                    if rules == "macro_rules" =>
                {
                    let inner = group.delim_span();
                    let (open, close) = (self.places.span(inner.open()), self.places.span(inner.close()));
                    self.out.definitions.push(Definition {
                        name: types::name(name),
                        file: self.file,
                        text: Arc::clone(self.text),
                        rules: (open.hi, close.lo),
                        scope: (close.hi, context.end),
                        exported: here.exported,
                        conditional: here.context.conditional,
                        test: here.context.test,
                    });
                }
                [.., TokenTree::Ident(module), TokenTree::Ident(name)]
                    if module == "mod" && group.delimiter() == Delimiter::Brace =>
                {
                    let end = self.places.span(group.span_close()).lo;
                    let end = if here.macro_use { context.end } else { end };
                    self.out.modules.push(types::name(name));
                    self.modules.push(types::name(name).to_string());
                    self.items(group.stream(), Context { end, ..here.context });
                    self.modules.pop();
                }
                // `cfg_if! { if #[cfg(..)] { .. } }` and other macros that hold items.
                [.., TokenTree::Ident(_), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
                    self.items(group.stream(), Context { loose: true, conditional: true, ..here.context });
                }
                _ if group.delimiter() != Delimiter::Brace => {
                    before.push(token);
                    continue;
                }
                _ if context.loose => self.items(group.stream(), context),
                _ => {}
            }
            attributes.clear();
            before.clear();
        }
    }
}

/// What the attributes of an item say.
struct Attributes {
    context: Context,
    exported: bool,
    macro_use: bool,
}

impl Attributes {
    fn read(tokens: &[TokenTree], context: Context) -> Self {
        let mut out = Attributes { context, exported: false, macro_use: false };
        if tokens.is_empty() {
            return out;
        }
        let stream: TokenStream = tokens.iter().cloned().collect();
        let list = syn::Attribute::parse_outer.parse2(stream).unwrap_or_default();
        out.context.test |= attrs::for_test(&list);
        for attribute in &list {
            out.context.conditional |= attribute.path().is_ident("cfg");
        }
        attrs::each(&list, |meta| {
            out.exported |= meta.path().is_ident("macro_export");
            out.macro_use |= meta.path().is_ident("macro_use");
        });
        out
    }
}
