//! Templates that code fills in by their names or texts (Jinja and its kin), and what each shows of its context.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::{Fillings, Templates, Ways as Shown};
use crate::front::template::ways::Ways;
use crate::ir::body::{Callee, Func, Lit, Local, Operand, PathId, Rvalue, Stmt};
use crate::link::infer::{Target, Typed};
use crate::link::program::{Def, FuncId, Program};
use crate::model::{Effect, ModelSet, Port, PortBase, Syntax};
use crate::project::Inputs;

/// The templates of a program that fills any in.
pub(super) fn templates(p: &Program, models: &ModelSet, typed: &[Typed], inputs: &Inputs) -> Fillings {
    let fills = |t: &Target| {
        let Target::Row(r) = t else { return None };
        let is_of = |e: &&Effect| matches!(e, Effect::Fill { .. } | Effect::Template { .. });
        models.row(*r).filter(|row| row.effects.iter().any(|e| is_of(&e)))
    };
    let mut known: BTreeMap<Syntax, Known> = BTreeMap::new();
    for (f, typed) in (0..).map(FuncId).zip(typed) {
        let targets = || typed.sites.iter().flat_map(|s| &s.targets);
        if !targets().any(|t| fills(t).is_some()) {
            continue;
        }
        let Some(def) = p.func(f) else { continue };
        let here = Here { p, inputs, def, typed, values: values(def) };
        def.each(&mut |src, _| {
            let Rvalue::Call { args, site, .. } = src else { return };
            let targets = typed.sites.get(*site as usize).map_or(&[][..], |s| s.targets.as_slice());
            for e in targets.iter().filter_map(fills).flat_map(|row| &row.effects) {
                let text = |port: &Port| match port.base {
                    PortBase::Arg(i) => here.text(args.get(i as usize)?),
                    _ => None,
                };
                let (Effect::Template { syntax, .. } | Effect::Fill { syntax, .. }) = e else { continue };
                let known = known.entry(*syntax).or_default();
                match e {
                    Effect::Template { name, text: of, .. } => known.name(text(name), text(of)),
                    Effect::Fill { template, named: false, .. } => known.text(text(template)),
                    _ => {}
                }
            }
        });
    }
    known.into_iter().map(|(syntax, known)| (syntax, known.all(syntax, inputs))).collect()
}

/// What the locals of a function are that are set once, as far as that is a path or a call.
fn values(def: &Func) -> BTreeMap<Local, &Rvalue> {
    let mut out = BTreeMap::new();
    let mut again = BTreeSet::new();
    def.each_stmt(&mut |s| {
        if let Stmt::Assign { dst, src, .. } = s
            && out.insert(dst.base, src).is_some()
        {
            again.insert(dst.base);
        }
    });
    out.retain(|local, _| !again.contains(local));
    out
}

/// One body.
struct Here<'a> {
    p: &'a Program,
    inputs: &'a Inputs,
    def: &'a Func,
    typed: &'a Typed,
    values: BTreeMap<Local, &'a Rvalue>,
}

impl Here<'_> {
    /// The text of an operand: a literal, a constant, a file that is included.
    fn text(&self, op: &Operand) -> Option<String> {
        match op {
            Operand::Lit(Lit::Str(text)) => Some(text.clone()),
            Operand::Lit(_) => None,
            Operand::Path(path) => self.constant(*path),
            Operand::Place(place) if place.path.is_empty() => match self.values.get(&place.base)? {
                Rvalue::Use(op @ (Operand::Lit(_) | Operand::Path(_))) => self.text(op),
                Rvalue::Call { callee: Callee::Macro(path), args, .. } => included(self.inputs, self.def, *path, args),
                _ => None,
            },
            Operand::Place(_) => None,
        }
    }

    fn constant(&self, path: PathId) -> Option<String> {
        let Some(Def::Const(c)) = self.typed.paths.get(path.0 as usize)?.def else { return None };
        let init = self.p.const_def(c)?.init.as_ref()?;
        let mut out = None;
        init.each(&mut |src, _| match src {
            Rvalue::Use(Operand::Lit(Lit::Str(text))) => out = Some(text.clone()),
            Rvalue::Call { callee: Callee::Macro(path), args, .. } => {
                out = included(self.inputs, init, *path, args);
            }
            _ => {}
        });
        out
    }
}

/// The text of a file that `include_str!` names.
fn included(inputs: &Inputs, def: &Func, path: PathId, args: &[Operand]) -> Option<String> {
    let name = def.paths.get(path.0 as usize)?.segments.last()?;
    let [Operand::Lit(Lit::Str(of))] = args else { return None };
    if name != "include_str" {
        return None;
    }
    let here = inputs.sources.path(def.span.file);
    let mut folders: Vec<&str> = here.split('/').collect();
    folders.pop();
    for step in of.split('/') {
        match step {
            ".." => drop(folders.pop()),
            "." => {}
            step => folders.push(step),
        }
    }
    let path = folders.join("/");
    let file = inputs.templates.iter().filter_map(|id| inputs.sources.get(*id)).find(|f| *f.path == *path)?;
    Some(file.text.to_string())
}

/// The templates of a syntax that are known.
#[derive(Default)]
struct Known {
    texts: BTreeSet<String>,
    /// By the names that code gives them, with their texts; nothing where that is not known.
    named: BTreeMap<String, Vec<Option<String>>>,
}

impl Known {
    fn name(&mut self, name: Option<String>, text: Option<String>) {
        if let Some(name) = name {
            self.named.entry(name).or_default().push(text);
        }
    }

    fn text(&mut self, text: Option<String>) {
        self.texts.extend(text);
    }

    fn all(self, syntax: Syntax, inputs: &Inputs) -> Templates {
        let ways = match syntax {
            Syntax::Statements => Ways::read,
            Syntax::Blocks => Ways::read_blocks,
        };
        let mut read: BTreeMap<&str, Option<Ways>> = BTreeMap::new();
        for file in inputs.templates.iter().filter_map(|id| inputs.sources.get(*id)) {
            let shown = Some(ways(&file.text));
            // Their names leave out how the file's ends.
            if let Some((name, end)) = file.path.rsplit_once('.').filter(|_| syntax == Syntax::Blocks)
                && !end.contains('/')
            {
                read.insert(name, shown.clone());
            }
            read.insert(&file.path, shown);
        }
        for (name, texts) in &self.named {
            let mut all: Option<Ways> = Some(Ways::default());
            for text in texts {
                match (&mut all, text) {
                    (Some(all), Some(text)) => all.add(ways(text)),
                    _ => all = None,
                }
            }
            // What is read from a file at run time is read here where it lies under this name.
            if all.is_some() || !read.keys().any(|path| ends_in(path, name)) {
                read.insert(name, all);
            }
        }
        let named = read.iter().map(|(name, shown)| ((*name).to_owned(), whole(&read, shown.as_ref()))).collect();
        let texts = self.texts.iter().map(|text| (text.clone(), whole(&read, Some(&ways(text))))).collect();
        Templates { named, texts }
    }
}

/// Whether a path is that of a name: the name, or the end of it.
fn ends_in(path: &str, name: &str) -> bool {
    path == name || path.strip_suffix(name).is_some_and(|before| before.ends_with('/'))
}

/// What a template shows with those that it is made of; nothing if all may be shown, or one of them is not there.
fn whole(read: &BTreeMap<&str, Option<Ways>>, ways: Option<&Ways>) -> Shown {
    let mut all = ways?.clone();
    let mut seen = BTreeSet::new();
    while let Some(other) = all.others.pop() {
        if !seen.insert(other.clone()) {
            continue;
        }
        let mut found = false;
        for (_, ways) in read.iter().filter(|(path, _)| ends_in(path, &other)) {
            all.add(ways.as_ref()?.clone());
            found = true;
        }
        if !found {
            return None;
        }
    }
    all.resolved()
}
