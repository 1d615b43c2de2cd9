//! What a path means in a module: items, imports, globs, crates, and names outside the workspace.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use super::program::{CrateId, Def, Mod, ModId, Program, Res, TypeId};
use crate::ir::Name;
use crate::ir::items::RustUnit;

/// Names that every module sees.
const PRELUDE: &[&str] = &[
    "Option",
    "Result",
    "Vec",
    "String",
    "Box",
    "Some",
    "None",
    "Ok",
    "Err",
    "ToString",
    "ToOwned",
    "Into",
    "From",
    "TryFrom",
    "TryInto",
    "Iterator",
    "IntoIterator",
    "Clone",
    "Default",
    "PartialEq",
    "PartialOrd",
    "Ord",
    "Drop",
    "drop",
    "AsRef",
    "AsMut",
    "Send",
    "Sync",
    "Fn",
    "FnMut",
    "FnOnce",
    "Debug",
    "Display",
];

/// Derives and traits that every module sees, too: what is written by them is of no other crate.
const OF_STD: &[&str] = &[
    "Copy",
    "Eq",
    "Hash",
    "Sized",
    "Unpin",
    "Extend",
    "FromIterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Self",
];

/// The canonical form of a path outside the workspace: standard items go by their last segments.
#[must_use]
pub fn canonical(path: &str) -> Name {
    let mut segments = path.split("::");
    if !matches!(segments.next(), Some("std" | "core" | "alloc")) {
        return path.into();
    }
    let rest: Vec<&str> = segments.collect();
    let from = rest
        .iter()
        .position(|s| s.starts_with(|c: char| c.is_ascii_uppercase()))
        .unwrap_or(rest.len().saturating_sub(2));
    rest.get(from..).unwrap_or(&[]).join("::").into()
}
/// What was found of names while one path is resolved, by module and by whether the name can be followed by `::`; of
/// one that is still being sought, nothing. Modules that import from each other go in circles, and each name of each is
/// sought once.
type Sought = FxHashMap<(ModId, bool, Name), Option<Def>>;

/// What paths mean that were asked for in a module.
pub(super) type Asked = Mutex<FxHashMap<Vec<Name>, Res>>;

impl Program {
    /// Resolves a path as written in a module.
    #[must_use]
    pub fn resolve(&self, module: ModId, segments: &[Name]) -> Res {
        // Nothing that panicked can have left anything but whole answers.
        let asked = || self.asked.get(module.0 as usize).map(|a| a.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(res) = asked().and_then(|asked| asked.get(segments).cloned()) {
            return res;
        }
        let res = self.resolve_anew(module, segments);
        if let Some(mut asked) = asked() {
            asked.insert(segments.to_vec(), res.clone());
        }
        res
    }

    fn resolve_anew(&self, module: ModId, segments: &[Name]) -> Res {
        let mut res = self.resolve_within(module, segments, false, 0, &mut Sought::default());
        if let (None, [name]) = (&res.def, segments) {
            res.def = self.of_only_glob(module, name).map(Def::Ext);
        }
        if let Some(Def::Ext(p)) = &res.def {
            res.def = Some(Def::Ext(self.foreign_path(p)));
        }
        res
    }

    /// The module of a function's scope.
    fn written_in(&self, mut module: ModId) -> ModId {
        while let Some(around) = self.module(module).and_then(|m| m.around) {
            module = around;
        }
        module
    }

    /// Whether a trait of another crate is in scope in a module, by its name and that of the crate.
    #[must_use]
    pub fn has_foreign_trait(&self, module: ModId, path: &str) -> bool {
        let krate = path.split("::").next().unwrap_or(path);
        let name = Name::from(path.rsplit("::").next().unwrap_or(path));
        let named = self.resolve_within(module, std::slice::from_ref(&name), false, 0, &mut Sought::default());
        if let Some(Def::Ext(found)) = named.def {
            return self.foreign_path(&found).split("::").next() == Some(krate);
        }
        // Where all is imported that one module shows, anything may be called so.
        if let Some(found) = self.of_only_glob(module, &name) {
            return *self.foreign_path(&found) == *path;
        }
        // `use argon2::PasswordHasher as _`
        let mut at = Some(module);
        std::iter::from_fn(|| {
            let here = self.module(at?)?;
            at = here.around;
            Some(here)
        })
        .flat_map(|m| m.uses.get("_").into_iter().flatten())
        .any(|path| path.first().is_some_and(|c| c == krate) && path.last().is_some_and(|n| *n == name))
    }

    /// The canonical form of a path outside the workspace, of whatever crate shows it.
    #[must_use]
    pub fn foreign_path(&self, path: &str) -> Name {
        canonical(&self.shown_path(path))
    }

    /// A path outside the workspace, of the crate that has what another shows.
    pub(super) fn shown_path(&self, path: &str) -> Name {
        let krate = path.split("::").next().unwrap_or(path);
        for (from, to) in self.reexports.get(krate).into_iter().flatten() {
            if let Some(rest) = path.strip_prefix(from.as_str())
                && (rest.is_empty() || rest.starts_with("::"))
            {
                return format_smolstr!("{to}{rest}");
            }
        }
        self.models.and_then(|m| m.shown_by_unknown(path)).unwrap_or(path).into()
    }

    /// The crate that a path outside the workspace may name as a whole beside what it says: one that another crate shows.
    #[must_use]
    pub fn shown_crate<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.models.and_then(|m| m.crate_shown_by_unknown(path))
    }

    /// What a path means that is followed by `::`, as in `use a::b::*`.
    pub(super) fn resolve_leading(&self, module: ModId, segments: &[Name]) -> Option<Def> {
        self.resolve_within(module, segments, true, 1, &mut Sought::default()).def
    }

    /// What a path means; with `more`, what can be followed by `::`.
    fn resolve_within(&self, module: ModId, segments: &[Name], more: bool, depth: u32, sought: &mut Sought) -> Res {
        let Some(first) = segments.first() else { return Res::default() };
        if depth > 24 {
            return Res::default();
        }
        let Some(m) = self.module(module) else { return Res::default() };
        let (mut def, mut next) = match first.as_str() {
            "crate" | "$crate" => (self.crates.get(m.krate.0 as usize).map(|c| Def::Mod(c.root)), 1),
            "self" => (Some(Def::Mod(self.written_in(module))), 1),
            "super" => (m.parent.map(Def::Mod), 1),
            _ => (self.lookup_in(module, first, more || segments.len() > 1, depth + 1, sought), 1),
        };
        if def.is_none() {
            def = self.extern_crate(m.krate, first);
            if def.is_none() {
                if PRELUDE.contains(&first.as_str()) || segments.len() > 1 || is_primitive(first) {
                    let joined = segments.join("::");
                    return Res { def: Some(Def::Ext(joined.as_str().into())), rest: Vec::new() };
                }
                return Res::default();
            }
        }
        while let Some(segment) = segments.get(next) {
            let step = match &def {
                Some(Def::Mod(id)) if segment == "super" => self.module(*id).and_then(|m| m.parent).map(Def::Mod),
                Some(Def::Mod(id)) if segment == "self" => Some(Def::Mod(*id)),
                Some(Def::Mod(id)) => {
                    self.lookup_in(*id, segment, more || segments.len() > next + 1, depth + 1, sought)
                }
                Some(Def::Type(t)) => self.variant(*t, segment).map(|v| Def::Variant(*t, v)),
                Some(Def::Ext(p)) => Some(Def::Ext(format_smolstr!("{p}::{segment}"))),
                _ => None,
            };
            match step {
                Some(d) => def = Some(d),
                None => {
                    if matches!(def, Some(Def::Mod(_))) {
                        return Res::default();
                    }
                    break;
                }
            }
            next += 1;
        }
        Res { def, rest: segments.get(next..).unwrap_or(&[]).to_vec() }
    }

    /// What a name means in a module; `more` prefers what can be followed by `::`.
    #[must_use]
    pub fn lookup(&self, module: ModId, name: &str, more: bool) -> Option<Def> {
        self.lookup_in(module, name, more, 0, &mut Sought::default())
    }

    fn lookup_in(&self, module: ModId, name: &str, more: bool, depth: u32, sought: &mut Sought) -> Option<Def> {
        let m = self.module(module)?;
        let items = m.items.get(name).filter(|defs| defs.iter().any(|def| may_lead(def, more)));
        // Where nothing else can name it, what stands here is all that there is.
        if !m.uses.contains_key(name) && (items.is_some() || m.glob_targets.is_empty() && m.around.is_none()) {
            return nearest(items.cloned().unwrap_or_default(), more);
        }
        let key = (module, more, Name::from(name));
        if let Some(known) = sought.get(&key) {
            return known.clone();
        }
        if depth > 24 {
            return None;
        }
        sought.insert(key.clone(), None);
        let found = self.lookup_anew(module, name, more, depth, sought);
        if found.is_some() {
            sought.insert(key, found.clone());
        }
        found
    }

    fn lookup_anew(&self, module: ModId, name: &str, more: bool, depth: u32, sought: &mut Sought) -> Option<Def> {
        let m = self.module(module)?;
        let mut found: Vec<Def> = m.items.get(name).cloned().unwrap_or_default();
        found.retain(|def| may_lead(def, more));
        if let Some(paths) = m.uses.get(name) {
            for path in paths {
                // `use a::b as a;` must not resolve through itself.
                if path.first().is_some_and(|f| f == name) && path.len() == 1 {
                    if let Some(d) = self.extern_crate(m.krate, name) {
                        found.push(d);
                    }
                    continue;
                }
                // `use anyhow::anyhow;` names a macro or function: what is followed by `::` is the crate.
                if more
                    && path.len() > 1
                    && path.first() == path.last()
                    && path.first().is_some_and(|f| f == name)
                    && let Some(d) = self.extern_crate(m.krate, name)
                {
                    found.push(d);
                    continue;
                }
                let through_itself = path.first().is_some_and(|f| f == name) && !m.items.contains_key(name);
                let res = if through_itself {
                    self.resolve_extern(m.krate, path, more, sought)
                } else {
                    self.resolve_within(module, path, more, depth + 1, sought)
                };
                if res.rest.is_empty()
                    && let Some(d) = res.def.filter(|def| may_lead(def, more))
                {
                    found.push(d);
                }
            }
        }
        if found.is_empty() {
            for target in &m.glob_targets {
                let hit = match target {
                    Def::Mod(id) => self.lookup_in(*id, name, more, depth + 1, sought),
                    Def::Type(t) => self.variant(*t, name).map(|v| Def::Variant(*t, v)),
                    Def::Ext(of) => self.of_foreign_glob(of, name).map(Def::Ext),
                    _ => None,
                };
                if let Some(d) = hit {
                    found.push(d);
                }
            }
        }
        if let (true, Some(around)) = (found.is_empty(), m.around) {
            return self.lookup_in(around, name, more, depth + 1, sought);
        }
        nearest(found, more)
    }

    /// What a foreign `use a::*` means by a name, if the models know it or the policy names it: a prelude names what stands beside it.
    fn of_foreign_glob(&self, of: &str, name: &str) -> Option<Name> {
        let beside = of.strip_suffix("::prelude");
        [Some(of), beside].into_iter().flatten().find_map(|at| {
            let path = format_smolstr!("{at}::{name}");
            self.foreign.contains(&self.foreign_path(&path)).then_some(path)
        })
    }

    /// What of other crates is in scope with all that it has, the nearest first.
    #[must_use]
    pub fn foreign_globs(&self, module: ModId) -> Vec<&Name> {
        let (mut found, mut seen, mut at) = (Vec::new(), vec![module], 0);
        while let Some(m) = seen.get(at).and_then(|id| self.module(*id)) {
            at += 1;
            for target in &m.glob_targets {
                match target {
                    Def::Ext(of) => found.push(of),
                    Def::Mod(inner) if !seen.contains(inner) => seen.push(*inner),
                    _ => {}
                }
            }
            seen.extend(m.around.filter(|around| !seen.contains(around)));
        }
        found
    }

    /// Whether a trait of another crate whose name ends so may be in scope: it is imported, or all that is of a module which
    /// may show it.
    #[must_use]
    pub fn may_see_trait(&self, module: ModId, ends: &str) -> bool {
        let (mut seen, mut at) = (vec![module], 0);
        while let Some(m) = seen.get(at).and_then(|id| self.module(*id)) {
            at += 1;
            let named = m.uses.values().flatten().filter_map(|path| path.last()).any(|name| name.ends_with(ends));
            if named || m.globs.len() > m.glob_targets.len() {
                return true;
            }
            for target in &m.glob_targets {
                match target {
                    Def::Ext(of) if matches!(of.rsplit("::").next(), Some("prelude" | "future")) => return true,
                    Def::Mod(inner) if !seen.contains(inner) => seen.push(*inner),
                    _ => {}
                }
            }
            seen.extend(m.around.filter(|around| !seen.contains(around)));
        }
        false
    }

    /// What a name of a type means that nothing here has, where all that is in scope besides is what one foreign crate
    /// shows: it can be nothing else than that crate's, unless a macro may have made it.
    fn of_only_glob(&self, module: ModId, name: &str) -> Option<Name> {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || OF_STD.contains(&name) {
            return None;
        }
        let mut found: Option<&Name> = None;
        let mut seen = vec![module];
        let mut at = 0;
        while let Some(id) = seen.get(at).copied() {
            at += 1;
            let m = self.module(id)?;
            if m.globs.len() > m.glob_targets.len() || self.may_be_made(m, name) {
                return None;
            }
            for target in &m.glob_targets {
                match target {
                    Def::Ext(of) if found.is_some_and(|had| had != of) => return None,
                    Def::Ext(of) => found = Some(of),
                    Def::Mod(inner) if !seen.contains(inner) => seen.push(*inner),
                    _ => {}
                }
            }
            seen.extend(m.around.filter(|around| !seen.contains(around)));
        }
        Some(format_smolstr!("{}::{name}", found?))
    }

    /// Whether a macro may have made a type of this name in a module: a derive, which adds to the name of what it is for,
    /// or one for items that names it or a part of it, or nothing at all (`include!`).
    fn may_be_made(&self, m: &Mod, name: &str) -> bool {
        let is_derived = |t: TypeId| self.type_def(t).is_some_and(|d| d.macros().next().is_some());
        let derived = |def: &Def| matches!(def, Def::Type(t) if is_derived(*t));
        let adds = |(of, defs): (&Name, &Vec<Def>)| name.starts_with(of.as_str()) && defs.iter().any(derived);
        let hides = |r: &RustUnit| {
            r.hidden_items && (r.unread.is_empty() || r.unread.iter().any(|part| name.contains(part.as_str())))
        };
        self.rust(m.unit).is_some_and(hides) || m.items.iter().any(adds)
    }

    fn resolve_extern(&self, krate: CrateId, path: &[Name], more: bool, sought: &mut Sought) -> Res {
        let Some(first) = path.first() else { return Res::default() };
        match self.extern_crate(krate, first) {
            Some(Def::Mod(root)) => {
                let mut rest: Vec<Name> = vec!["self".into()];
                rest.extend(path.iter().skip(1).cloned());
                self.resolve_within(root, &rest, more, 1, sought)
            }
            Some(Def::Ext(p)) => {
                let mut joined = p.to_string();
                for s in path.iter().skip(1) {
                    joined.push_str("::");
                    joined.push_str(s);
                }
                Res { def: Some(Def::Ext(joined.as_str().into())), rest: Vec::new() }
            }
            _ => Res { def: Some(Def::Ext(path.join("::").into())), rest: Vec::new() },
        }
    }

    /// A crate by the name that another crate uses for it.
    fn extern_crate(&self, krate: CrateId, name: &str) -> Option<Def> {
        if matches!(name, "std" | "core" | "alloc") {
            return Some(Def::Ext(name.into()));
        }
        let c = self.crates.get(krate.0 as usize)?;
        let real = c.deps.get(name).map_or(name, Name::as_str);
        if let Some(lib) = self.crates.iter().find(|c| c.lib && c.name == real) {
            return Some(Def::Mod(lib.root));
        }
        c.deps.contains_key(name).then(|| Def::Ext(real.into()))
    }
}

/// Whether something may be followed by `::`, if that is asked: no path begins with a function or a constant.
fn may_lead(def: &Def, more: bool) -> bool {
    !more || !matches!(def, Def::Func(_) | Def::Const(_))
}

/// Of several meanings of a name the one that is meant; `more` prefers what can be followed by `::`.
fn nearest(mut found: Vec<Def>, more: bool) -> Option<Def> {
    if found.len() < 2 {
        return found.pop();
    }
    let rank = |d: &Def| match d {
        Def::Type(_) | Def::Mod(_) | Def::Trait(_) => u8::from(!more),
        Def::Func(_) | Def::Const(_) | Def::Variant(..) => u8::from(more),
        Def::Ext(_) => 2,
    };
    found.into_iter().min_by_key(|d| (rank(d), d.clone()))
}

/// Primitive types.
#[must_use]
pub fn is_primitive(name: &str) -> bool {
    matches!(
        name,
        "str"
            | "bool"
            | "char"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
    )
}
