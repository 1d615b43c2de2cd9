//! Macros by example: the `macro_rules!` of the workspace, expanded where they are called.
//!
//! | File | Does |
//! |---|---|
//! | `definitions` | finds the definitions of a workspace, before any file is lowered |
//! | `find` | says which of them a call means |
//! | `rules` | reads a definition |
//! | `matching` | matches a call against its rules |
//! | `transcribe` | writes the expansion |
//! | `positions` | lowers it as a value, statements, items, a pattern or a type |
//!
//! A call is expanded when lowering reaches it, so macros inside an expansion come by themselves. What the caller
//! wrote keeps its place; what the definition wrote stands at the place of the outermost call in the file, which is
//! what a person can act on ([`super::places`]). Variables and labels that an expansion brings along are its own
//! ([`super::body::Var`]).
//!
//! A call that cannot be expanded is a gap, and is read as that of a macro from elsewhere.

mod definitions;
mod find;
mod matching;
mod positions;
mod rules;
mod transcribe;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::str::FromStr;

use proc_macro2::{Ident, TokenStream};
use rustc_hash::FxHashMap;
use syn::{ItemMacro, Macro};

pub use definitions::{Definitions, Package, RustFile, definitions};
use find::Found;
use matching::Failure;
use rules::Rules;
use transcribe::Writer;

use super::body::{Scope, Var};
use super::literal::Text;
use super::places::Places;
use super::{Cx, keys, scan, types};
use crate::front::proto::Messages;
use crate::ir::body::Local;
use crate::ir::items::Written;
use crate::ir::{Gap, GapKind, Name};
use crate::limits;
use crate::source::Span;

/// The macros that a file sees, and what was expanded in it so far.
pub(super) struct Macros<'t> {
    table: &'t Definitions,
    /// Definitions that were read; `None` if one has another form.
    read: RefCell<FxHashMap<usize, Option<Rc<Rules>>>>,
    /// Definitions in bodies and in expansions, innermost last.
    locals: RefCell<Vec<LocalMacro>>,
    /// Number 1 is the first.
    expansions: RefCell<Vec<Expansion>>,
    /// The place of the last statement of SQL that the expansions of a call wrote.
    statements: RefCell<FxHashMap<Span, Span>>,
    /// Calls that the expansions of a call wrote, by their places.
    written: RefCell<BTreeMap<Span, Written>>,
    /// The last of those of each call of the file.
    calls: RefCell<FxHashMap<Span, Span>>,
    /// Tables of the texts of definitions.
    texts: RefCell<FxHashMap<usize, Rc<Places<'t>>>>,
    bodies: Cell<u32>,
    /// Tokens that may still be read and written.
    left: Cell<usize>,
    /// Expansions around the place that is lowered.
    depth: Cell<u32>,
    /// How high their trees are together, down to that place.
    height: Cell<u32>,
    /// A limit was hit: nothing more is expanded inside this outermost call.
    stopped: Cell<bool>,
    gaps: RefCell<Vec<Gap>>,
}

/// Variables of a body where a macro was defined in it.
type Site = (u32, Rc<Scope>);

/// A definition that only a part of the file sees.
struct LocalMacro {
    name: Name,
    rules: Option<Rc<Rules>>,
    /// Where it was defined, if in a body.
    site: Option<Site>,
    /// The expansion that wrote it.
    by: u32,
}

/// Who wrote the tokens of an expansion.
struct Expansion {
    /// The package of the definition.
    package: Option<usize>,
    /// Where it was defined, if in a body.
    site: Option<Site>,
    /// The expansion that wrote the definition.
    outer: u32,
}

/// What a call became.
pub(super) struct Expanded {
    tokens: TokenStream,
    /// Whether a semicolon stands before its end: then it is no single value.
    several: bool,
    /// How high its tree is above the calls of macros in it.
    reach: u32,
}

/// Why a call has no expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// No macro of the workspace is meant.
    Ours,
    /// One is, and cannot be expanded; this is said.
    Possible,
}

/// One definition, ready for use.
struct Chosen {
    rules: Option<Rc<Rules>>,
    package: Option<usize>,
    krate: Option<Ident>,
    site: Option<Site>,
    outer: u32,
    /// Which one of the table of the workspace.
    index: Option<usize>,
}

impl<'t> Macros<'t> {
    pub(super) fn new(table: &'t Definitions) -> Self {
        Macros {
            table,
            read: RefCell::default(),
            locals: RefCell::default(),
            expansions: RefCell::default(),
            statements: RefCell::default(),
            written: RefCell::default(),
            calls: RefCell::default(),
            texts: RefCell::default(),
            bodies: Cell::new(0),
            left: Cell::new(limits::MACRO_TOKENS),
            depth: Cell::new(0),
            height: Cell::new(0),
            stopped: Cell::new(false),
            gaps: RefCell::default(),
        }
    }

    /// What a build script writes of the messages of a package.
    pub(super) fn written_of(&self, package: &str) -> Option<&'t Messages> {
        self.table.messages.get(package)
    }

    /// A number for a body of the file.
    pub(super) fn next_body(&self) -> u32 {
        self.bodies.set(self.bodies.get() + 1);
        self.bodies.get()
    }

    /// How many local definitions are in scope.
    pub(super) fn locals(&self) -> usize {
        self.locals.borrow().len()
    }

    /// Ends the scope of all local definitions but the first ones.
    pub(super) fn keep_locals(&self, first: usize) {
        self.locals.borrow_mut().truncate(first);
    }

    /// The local of this body that a variable of an expansion means where its macro was defined.
    pub(super) fn outside(&self, body: u32, by: u32, name: &Name) -> Option<Local> {
        let expansions = self.expansions.borrow();
        let mut by = by;
        loop {
            let expansion = expansions.get(by.checked_sub(1)? as usize)?;
            let (home, scope) = expansion.site.as_ref()?;
            if *home != body {
                return None;
            }
            if let Some(local) = scope.get(&Var { name: name.clone(), by: expansion.outer }) {
                return Some(*local);
            }
            by = expansion.outer;
        }
    }

    /// Whether it was just said of this place that a macro was not expanded.
    pub(super) fn said(&self, place: Span) -> bool {
        self.gaps.borrow().last().is_some_and(|gap| gap.span == place)
    }

    /// The calls that expansions wrote.
    pub(super) fn take_written(&self) -> Vec<Written> {
        self.written.take().into_values().collect()
    }

    /// Where a token of a definition of the workspace stands.
    fn place_in(&self, index: usize, token: &Ident) -> Option<Span> {
        let definition = self.table.get(index)?;
        let (file, begins) = definition.place();
        let mut texts = self.texts.borrow_mut();
        let text = texts.entry(index).or_insert_with(|| Rc::new(Places::new(file, definition.rules())));
        let at = text.span(token.span());
        Some(Span::new(file, begins + at.lo, begins + at.hi))
    }

    /// What was not understood.
    pub(super) fn take_gaps(&self) -> Vec<Gap> {
        self.gaps.take()
    }

    fn package_of_writer(&self, by: u32) -> Option<usize> {
        self.expansions.borrow().get(by.checked_sub(1)? as usize)?.package
    }

    /// Enters an expansion; what it gives goes to [`Macros::leave`].
    fn enter(&self, expanded: &Expanded) -> u32 {
        let before = self.height.get();
        self.depth.set(self.depth.get() + 1);
        self.height.set(before.saturating_add(expanded.reach));
        before
    }

    fn leave(&self, height: u32) {
        self.height.set(height);
        self.depth.set(self.depth.get().saturating_sub(1));
        if self.depth.get() == 0 {
            self.stopped.set(false);
        }
    }

    fn rules(&self, index: usize) -> Option<Rc<Rules>> {
        if let Some(read) = self.read.borrow().get(&index) {
            return read.clone();
        }
        let text = self.table.get(index)?.rules();
        let read = TokenStream::from_str(text).ok().and_then(rules::read).map(Rc::new);
        self.read.borrow_mut().insert(index, read.clone());
        read
    }
}

impl Cx<'_> {
    /// A variable or label by its name.
    pub(super) fn var(&self, ident: &Ident) -> Var {
        Var { name: types::name(ident), by: self.places.writer(ident.span()) }
    }

    /// Notes a definition that the table of the workspace does not hold; `site` is where in a body it stands.
    pub(super) fn define(&self, item: &ItemMacro, site: Option<Site>) {
        let Some(ident) = &item.ident else { return };
        let name = types::name(ident);
        let by = self.places.writer(ident.span());
        let open = self.span(item.mac.delimiter.span().open()).hi;
        if by == 0 && self.macros.table.knows(&name, self.file, open) {
            return;
        }
        let rules = rules::read(item.mac.tokens.clone()).map(Rc::new);
        self.macros.locals.borrow_mut().push(LocalMacro { name, rules, site, by });
    }

    /// What a call of a macro of the workspace becomes that is in scope, imported or named by its path: one
    /// expansion, or several of which a `cfg` chooses one.
    fn expand_near(&self, mac: &Macro, test: bool) -> Result<Vec<Expanded>, Not> {
        let local = mac.path.get_ident().and_then(|ident| {
            let locals = self.macros.locals.borrow();
            let name = types::name(ident);
            locals.iter().rev().find(|l| l.name == name).map(|l| Chosen {
                rules: l.rules.clone(),
                package: self.macros.table.package_of(self.file),
                krate: None,
                site: l.site.clone(),
                outer: l.by,
                index: None,
            })
        });
        match local {
            Some(local) => self.expand_all(mac, vec![local], test),
            None => self.expand_found(mac, self.macro_near(mac), test),
        }
    }

    /// The text that a macro of the workspace writes, if it writes one and nothing else.
    pub(super) fn text_written(&self, mac: &Macro) -> Option<Text> {
        let list = self.expand_any(mac, false).ok()?;
        let [one] = list.as_slice() else { return None };
        let e: syn::Expr = syn::parse2(one.tokens.clone()).ok()?;
        let height = self.macros.enter(one);
        let text = self.text_of(&e);
        self.macros.leave(height);
        text
    }

    /// As [`Cx::expand_near`], for a name that has no other meaning.
    fn expand_far(&self, mac: &Macro, test: bool) -> Result<Vec<Expanded>, Not> {
        self.expand_found(mac, self.macro_far(mac), test)
    }

    /// What a call becomes where no macro of a library can be meant.
    fn expand_any(&self, mac: &Macro, test: bool) -> Result<Vec<Expanded>, Not> {
        match self.expand_near(mac, test) {
            Err(Not::Ours) => self.expand_far(mac, test),
            near => near,
        }
    }

    fn expand_found(&self, mac: &Macro, found: Found, test: bool) -> Result<Vec<Expanded>, Not> {
        match found {
            Found::Nothing => Err(Not::Ours),
            Found::These(list) => self.expand_all(mac, list.iter().map(|i| self.chosen(*i)).collect(), test),
            Found::Open => Err(self.not_expanded(mac, test, GapKind::Macro, "several definitions have this name")),
        }
    }

    fn chosen(&self, index: usize) -> Chosen {
        let table = self.macros.table;
        let own = table.package_of(self.file);
        let definition = table.get(index);
        let package = definition.and_then(|d| table.package_of(d.file));
        let krate = match (definition, package.and_then(|p| table.package(p))) {
            // A program sees its own modules as `crate` and those of its library by the library's name.
            (Some(d), Some(p)) if d.file != self.file && (package != own || (d.exported && p.lib)) => {
                syn::parse_str::<Ident>(&p.name).ok()
            }
            _ => None,
        };
        Chosen { rules: self.macros.rules(index), package, krate, site: None, outer: 0, index: Some(index) }
    }

    fn expand_all(&self, mac: &Macro, list: Vec<Chosen>, test: bool) -> Result<Vec<Expanded>, Not> {
        let macros = &self.macros;
        if macros.stopped.get() {
            return Err(Not::Possible);
        }
        let mut out = Vec::with_capacity(list.len());
        for chosen in list {
            match self.expand_one(mac, chosen) {
                Ok(expanded) => out.push(expanded),
                Err(failure) => {
                    let (kind, why) = match failure {
                        Failure::NoRule => (GapKind::Macro, "none of its rules matches this call"),
                        Failure::Unreadable => (GapKind::Macro, "its definition or this call cannot be read"),
                        Failure::Limit => (GapKind::Limit, "it writes too much or calls itself too often"),
                    };
                    macros.stopped.set(failure == Failure::Limit && macros.depth.get() > 0);
                    return Err(self.not_expanded(mac, test, kind, why));
                }
            }
        }
        Ok(out)
    }

    fn expand_one(&self, mac: &Macro, chosen: Chosen) -> Result<Expanded, Failure> {
        let macros = &self.macros;
        if macros.depth.get() >= limits::MACRO_DEPTH {
            return Err(Failure::Limit);
        }
        let rules = chosen.rules.ok_or(Failure::Unreadable)?;
        let mut left = macros.left.get();
        let matched = matching::matching(&rules, &mac.tokens, &mut left);
        macros.left.set(left);
        let (rule, bindings) = matched?;
        let place = self.span(keys::last(&mac.path));
        let index = chosen.index;
        let by = {
            let mut expansions = macros.expansions.borrow_mut();
            expansions.push(Expansion { package: chosen.package, site: chosen.site, outer: chosen.outer });
            expansions.len() as u32
        };
        let mut writer = Writer {
            span: self.places.write(place, by),
            statement: &mut || self.places.write(self.place_of_statement(place), by),
            called: &mut |name| self.places.write(self.place_of_call(place, name, &mac.path, index), by),
            krate: chosen.krate,
            left: &mut left,
        };
        let written = transcribe::transcribe(rule, &bindings, &mut writer);
        macros.left.set(left);
        let (tokens, several) = written?;
        let seen = scan::scan_calls(&tokens.to_string(), limits::RUST_HEIGHT);
        let reach = seen.reach.max(limits::MACRO_LEVEL);
        if seen.too_high_at.is_some() || macros.height.get().saturating_add(reach) > limits::RUST_HEIGHT {
            return Err(Failure::Limit);
        }
        Ok(Expanded { tokens, several, reach })
    }

    /// A place for the next statement of SQL that a call writes. The first stands at the macro's name, each further
    /// one a character longer: places tell statements apart.
    fn place_of_statement(&self, place: Span) -> Span {
        let mut statements = self.macros.statements.borrow_mut();
        let last = statements.get(&place).map_or(place, |last| longer(self.text(), *last));
        statements.insert(place, last);
        last
    }

    /// A place for a call that a definition wrote: it stands at the macro's name, a few characters longer, so that places
    /// tell calls apart.
    fn place_of_call(&self, place: Span, name: &Ident, of: &syn::Path, index: Option<usize>) -> Span {
        let at = match index {
            Some(index) => self.macros.place_in(index, name),
            None => Some(self.span(name.span())),
        };
        let (Some(at), Some(of)) = (at, of.segments.last()) else { return place };
        let mut written = self.macros.written.borrow_mut();
        let call = written.get(&place).map_or(place, |w| w.call);
        let mut calls = self.macros.calls.borrow_mut();
        let last = calls.entry(call).or_insert(call);
        *last = longer(self.text(), *last);
        let place = *last;
        written.insert(place, Written { place, call, at, by: types::name(&of.ident) });
        place
    }

    /// Says that a call was not expanded, except in tests.
    fn not_expanded(&self, mac: &Macro, test: bool, kind: GapKind, why: &str) -> Not {
        if !test {
            let name = types::path(self, &mac.path).segments.join("::");
            let what = format!("macro `{name}!` was not expanded: {why}");
            self.macros.gaps.borrow_mut().push(Gap { span: self.span(keys::last(&mac.path)), what, kind });
        }
        Not::Possible
    }
}

/// A place that is one character longer, if the text is.
fn longer(text: &str, place: Span) -> Span {
    let next = text.get(place.hi as usize..).and_then(|rest| rest.chars().next());
    Span::new(place.file, place.lo, place.hi + next.map_or(0, char::len_utf8) as u32)
}
