//! Which names there are, and what to say when a name is not one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, suggest};
use crate::source::{FileId, Span};

use super::ast;
use super::resolved::{Picks, Policy};
use super::types::{Id, Node};

/// More names of one kind than this are a mistake, and would make the sets large.
const MAX_NAMES: usize = 10_000;

/// What a name may be the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Category,
    Subject,
    Region,
    Recipient,
    Store,
    Audience,
    Guard,
    Transform,
    Purpose,
}

impl Kind {
    pub(crate) const ALL: [Kind; 9] = [
        Kind::Category,
        Kind::Subject,
        Kind::Region,
        Kind::Recipient,
        Kind::Store,
        Kind::Audience,
        Kind::Guard,
        Kind::Transform,
        Kind::Purpose,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Category => "category",
            Kind::Subject => "subject",
            Kind::Region => "region",
            Kind::Recipient => "recipient",
            Kind::Store => "store",
            Kind::Audience => "audience",
            Kind::Guard => "guard",
            Kind::Transform => "transform",
            Kind::Purpose => "purpose",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Kind::Category => "categories",
            Kind::Subject => "subjects",
            Kind::Region => "regions",
            Kind::Recipient => "recipients",
            Kind::Store => "stores",
            Kind::Audience => "audiences",
            Kind::Guard => "guards",
            Kind::Transform => "transforms",
            Kind::Purpose => "purposes",
        }
    }

    fn article(self) -> &'static str {
        if self == Kind::Audience { "an" } else { "a" }
    }
}

/// The names of one kind.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub nodes: Vec<Node>,
    pub index: BTreeMap<String, u32>,
}

/// What stands before a name, for messages.
#[derive(Clone, Copy)]
pub(crate) struct Need<'a> {
    /// The word that asks for the name: `to`, `unless`, `uses`.
    pub word: &'a str,
    /// The data of the sentence, as written.
    pub data: &'a str,
}

impl<'a> Need<'a> {
    pub(crate) fn of(word: &'a str) -> Self {
        Need { word, data: "" }
    }
}

/// All names, the texts they stand in, and what was wrong.
#[derive(Debug)]
pub(crate) struct Names<'t> {
    kinds: BTreeMap<Kind, Declared>,
    files: BTreeMap<FileId, (String, &'t str)>,
    /// Words of declarations that could not be read.
    lost: BTreeSet<String>,
    /// An import is missing, so that unknown names mean nothing.
    pub incomplete: bool,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'t> Names<'t> {
    pub(crate) fn new() -> Self {
        let kinds = Kind::ALL.into_iter().map(|k| (k, Declared::default())).collect();
        Self { kinds, files: BTreeMap::new(), lost: BTreeSet::new(), incomplete: false, diagnostics: Vec::new() }
    }

    pub(crate) fn add_file(&mut self, id: FileId, path: &str, text: &'t str) {
        self.files.insert(id, (path.to_owned(), text));
    }

    pub(crate) fn lose(&mut self, words: impl IntoIterator<Item = String>) {
        self.lost.extend(words);
    }

    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// The text under a span.
    pub(crate) fn slice(&self, span: Span) -> &'t str {
        self.files.get(&span.file).and_then(|(_, t)| t.get(span.lo as usize..span.hi as usize)).unwrap_or("")
    }

    /// `privacy.purlin:10`.
    pub(crate) fn place(&self, span: Span) -> String {
        let Some((path, text)) = self.files.get(&span.file) else { return "?".to_owned() };
        if text.is_empty() {
            return path.clone();
        }
        let before = text.get(..span.lo as usize).unwrap_or("");
        format!("{path}:{}", before.bytes().filter(|b| *b == b'\n').count() + 1)
    }

    /// Takes the names of a policy that is loaded already.
    pub(crate) fn adopt(&mut self, policy: &Policy) {
        let all: [(Kind, &[Node]); 9] = [
            (Kind::Category, &policy.categories),
            (Kind::Subject, &policy.subjects),
            (Kind::Region, &policy.regions),
            (Kind::Recipient, &policy.recipients),
            (Kind::Store, &policy.stores),
            (Kind::Audience, &policy.audiences),
            (Kind::Guard, &policy.guards),
            (Kind::Transform, &policy.transforms),
            (Kind::Purpose, &policy.purposes),
        ];
        for (id, path) in &policy.paths {
            self.files.insert(FileId(*id), (path.clone(), ""));
        }
        for (kind, nodes) in all {
            let index = nodes.iter().enumerate().map(|(i, n)| (n.name.clone(), i as u32)).collect();
            self.kinds.insert(kind, Declared { nodes: nodes.to_vec(), index });
        }
    }

    pub(crate) fn take(&mut self, kind: Kind) -> Vec<Node> {
        self.kinds.get(&kind).map(|d| d.nodes.clone()).unwrap_or_default()
    }

    /// Declares a name. `None` if it was declared before.
    pub(crate) fn declare(&mut self, kind: Kind, name: String, text: Option<&ast::Text>, span: Span) -> Option<u32> {
        let declared = self.kinds.entry(kind).or_default();
        if let Some(&before) = declared.index.get(&name) {
            let first = declared.nodes.get(before as usize).map(|n| n.span);
            let place = first.map_or(String::new(), |s| self.place(s));
            let mut problem = Diagnostic::error(
                "P04",
                format!("{} `{name}` is declared twice", kind.word()),
                span,
                "a name is declared once",
            )
            .help(format!("the first declaration is {place}; say everything there"));
            if let Some(first) = first.filter(|f| f.file == span.file) {
                problem = problem.label(first, "first declared here");
            }
            self.report(problem);
            return None;
        }
        let id = declared.nodes.len() as u32;
        if declared.nodes.len() == MAX_NAMES {
            let message = format!("there are more than {MAX_NAMES} {}", kind.plural());
            self.report(Diagnostic::error("P14", message, span, "this is one too many"));
            return None;
        }
        declared.index.insert(name.clone(), id);
        let text = text.map(|t| t.text.clone());
        declared.nodes.push(Node { name, text, parents: Vec::new(), span });
        Some(id)
    }

    /// The index of a name that is known to be declared.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<u32> {
        self.kinds.get(&kind).and_then(|d| d.index.get(name)).copied()
    }

    /// Adds the parents that dots say, and reports those that are not declared.
    pub(crate) fn link(&mut self) {
        for kind in Kind::ALL {
            let Some(declared) = self.kinds.get(&kind) else { continue };
            let mut orphans = Vec::new();
            let mut parents = Vec::new();
            for (i, node) in declared.nodes.iter().enumerate() {
                let Some((above, _)) = node.name.rsplit_once('.') else { continue };
                match declared.index.get(above) {
                    Some(&p) => parents.push((i, p)),
                    None => orphans.push((node.name.clone(), above.to_owned(), node.span)),
                }
            }
            if let Some(declared) = self.kinds.get_mut(&kind) {
                for (i, p) in parents {
                    if let Some(node) = declared.nodes.get_mut(i) {
                        node.parents.insert(0, p);
                    }
                }
            }
            for (name, above, span) in orphans {
                self.orphan(kind, &name, &above, span);
            }
        }
    }

    fn orphan(&mut self, kind: Kind, name: &str, above: &str, span: Span) {
        if self.forgiven(above) {
            return;
        }
        let (word, article) = (kind.word(), kind.article());
        let label = match self.nearest(kind, above) {
            Some(near) => format!("did you mean `{near}.{}`?", name.rsplit('.').next().unwrap_or(name)),
            None => format!("declare it first: {word} {above} \"…\""),
        };
        let message = format!("`{name}` is {article} {word} below `{above}`, which is not declared");
        self.report(Diagnostic::error("P11", message, span, label));
    }

    /// Adds a second parent.
    pub(crate) fn also(&mut self, kind: Kind, child: u32, parent: u32) {
        if let Some(node) = self.kinds.get_mut(&kind).and_then(|d| d.nodes.get_mut(child as usize))
            && !node.parents.contains(&parent)
        {
            node.parents.push(parent);
        }
    }

    /// Reports names that are kinds of themselves.
    pub(crate) fn circles(&mut self, kind: Kind) {
        let Some(declared) = self.kinds.get(&kind) else { return };
        let n = declared.nodes.len();
        // 0: not seen, 1: on the way, 2: done. The way is kept by hand: chains may be long.
        let mut state = vec![0u8; n];
        let mut found = Vec::new();
        for start in 0..n {
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            if state.get(start).copied() != Some(0) {
                continue;
            }
            while let Some((at, next)) = way.pop() {
                if let Some(s) = state.get_mut(at) {
                    *s = 1;
                }
                let parents = declared.nodes.get(at).map_or(&[][..], |n| &n.parents);
                match parents.get(next) {
                    None => {
                        if let Some(s) = state.get_mut(at) {
                            *s = 2;
                        }
                    }
                    Some(&p) => {
                        way.push((at, next + 1));
                        match state.get(p as usize) {
                            Some(0) => way.push((p as usize, 0)),
                            Some(1) => {
                                let from = way.iter().position(|(w, _)| *w == p as usize).unwrap_or(0);
                                found.push(way.iter().skip(from).map(|(w, _)| *w).collect::<Vec<_>>());
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        for circle in found {
            let names: Vec<&str> =
                circle.iter().filter_map(|&i| declared.nodes.get(i)).map(|n| n.name.as_str()).collect();
            let Some(first) = circle.first().and_then(|&i| declared.nodes.get(i)) else { continue };
            let round =
                names.iter().chain(names.first()).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" is also ");
            self.diagnostics.push(
                Diagnostic::error("P07", format!("`{}` would be a kind of itself", first.name), first.span, round)
                    .help("remove one `also` of this circle"),
            );
        }
    }

    /// Whether an unknown name may have been declared where nothing could be read.
    fn forgiven(&self, name: &str) -> bool {
        self.incomplete
            || (!self.lost.is_empty()
                && (self.lost.contains(name) || name.split('.').next().is_some_and(|s| self.lost.contains(s))))
    }

    /// The declared name that a wrong one probably means.
    fn nearest(&self, kind: Kind, name: &str) -> Option<&str> {
        let names = || self.kinds.get(&kind).into_iter().flat_map(|d| d.nodes.iter()).map(|n| n.name.as_str());
        let tail = format!(".{name}");
        names().find(|n| n.ends_with(&tail)).or_else(|| suggest(name, names())).or_else(|| {
            // `contact.emial` where only `contact_details.email` exists: compare what comes last.
            let last = name.rsplit('.').next().filter(|l| l.len() > 2 && *l != name)?;
            names().find(|n| n.rsplit('.').next() == Some(last))
        })
    }

    /// Resolves a name, or says why it cannot be.
    pub(crate) fn find<I: Id>(&mut self, kind: Kind, name: &ast::Name, need: Need<'_>) -> Option<I> {
        if let Some(id) = self.get(kind, &name.text) {
            return Some(I::new(id));
        }
        let other = Kind::ALL.into_iter().find(|&k| k != kind && self.get(k, &name.text).is_some());
        if let Some(other) = other {
            let problem = self.wrong_kind(kind, other, name, need);
            self.report(problem);
        } else if !self.forgiven(&name.text) {
            let problem = self.unknown(kind, name, need);
            self.report(problem);
        }
        None
    }

    fn unknown(&self, kind: Kind, name: &ast::Name, need: Need<'_>) -> Diagnostic {
        // `uses` on a line of its own takes the word that begins the next clause for a name.
        if super::stop::PURPOSE.contains(&name.text.as_str()) && !need.word.is_empty() {
            let message = format!("a name is missing after `{}`", need.word);
            return Diagnostic::error("P01", message, name.at.0, format!("`{}` begins the next clause", name.text));
        }
        let message = format!("there is no {} `{}`", kind.word(), name.text);
        match self.nearest(kind, &name.text) {
            Some(near) => {
                let place = self
                    .get(kind, near)
                    .and_then(|id| self.kinds.get(&kind)?.nodes.get(id as usize))
                    .map_or(String::new(), |n| self.place(n.span));
                Diagnostic::error("P02", message, name.at.0, format!("did you mean `{near}`?"))
                    .help(format!("`{near}` is declared in {place}"))
            }
            None => {
                let label = format!("declare it: {} {} \"…\"", kind.word(), name.text);
                let problem = Diagnostic::error("P02", message, name.at.0, label);
                match self.so_far(kind) {
                    Some(known) => problem.help(known),
                    None => problem,
                }
            }
        }
    }

    /// `guards declared so far: …`.
    pub(crate) fn so_far(&self, kind: Kind) -> Option<String> {
        let nodes = &self.kinds.get(&kind)?.nodes;
        if nodes.is_empty() {
            return Some(format!("no {} is declared yet", kind.word()));
        }
        let mut names: Vec<&str> = nodes.iter().take(8).map(|n| n.name.as_str()).collect();
        if nodes.len() > 8 {
            names.push("…");
        }
        Some(format!("{} declared so far: {}", kind.plural(), names.join(", ")))
    }

    fn wrong_kind(&self, kind: Kind, found: Kind, name: &ast::Name, need: Need<'_>) -> Diagnostic {
        let said = &name.text;
        let data = if need.data.is_empty() { "…" } else { need.data };
        let message = if need.word == "unless" {
            format!(
                "`unless` needs {} {}, and `{said}` is {} {}",
                kind.article(),
                kind.word(),
                found.article(),
                found.word()
            )
        } else {
            format!(
                "`{said}` is {} {}, but `{}` needs {} {}",
                found.article(),
                found.word(),
                need.word,
                kind.article(),
                kind.word()
            )
        };
        let s = if need.word == "to" || need.word == "with" || need.word == "in" { "s" } else { "" };
        let mut help = None;
        let label = match (kind, found) {
            (Kind::Audience | Kind::Store, Kind::Recipient) => {
                format!("to disclose to a recipient write: share{s} {data} with {said}")
            }
            (Kind::Recipient | Kind::Store, Kind::Audience) => {
                format!("to show to an audience write: show{s} {data} to {said}")
            }
            (Kind::Recipient | Kind::Audience, Kind::Store) => {
                format!("to keep in a store write: keep{s} {data} in {said} for <how long>")
            }
            (Kind::Category, Kind::Subject) if need.word != "as" => format!("people come after `of`: … of {said}"),
            (Kind::Subject, Kind::Category) => "data comes after the verb, people after `of`".to_owned(),
            (Kind::Guard, Kind::Purpose) if need.word == "unless" => {
                help = Some(format!("to except a purpose write: … for anything except {said}"));
                String::new()
            }
            (Kind::Purpose, Kind::Guard) => {
                format!("a guard comes after `requires`, `given` or `unless`: … given {said}")
            }
            (Kind::Category, other) if need.word == "as" => format!("write: {} {said}", other.word()),
            (_, Kind::Region) => format!("a place comes after `located in`, `outside` or `from`: … outside {said}"),
            _ => String::new(),
        };
        let mut problem = Diagnostic::error("P03", message, name.at.0, label);
        problem.help.extend(help);
        problem.help.extend(self.so_far(kind));
        problem
    }

    /// Resolves a list.
    pub(crate) fn picks<I: Id>(&mut self, kind: Kind, list: &ast::Picks, need: Need<'_>) -> Picks<I> {
        Picks {
            any: list.any.is_some(),
            names: list.names.iter().filter_map(|n| self.find(kind, n, need)).collect(),
            except: list.except.iter().filter_map(|n| self.find(kind, n, need)).collect(),
            span: list.at.0,
        }
    }
}
