//! Crates of which nothing is known, and which show others: `facade::tokio::sync::RwLock` is `tokio::sync::RwLock`.
//!
//! A module of such a crate may have the name of a crate by chance (`facade::config`). So what stands behind it must be
//! something that the models know in the crate of that name.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::ModelSet;

/// What the models name.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// What paths begin with: crates, and modules of the standard library, which go by their last segments.
    heads: FxHashSet<SmolStr>,
    /// Crates.
    crates: FxHashSet<SmolStr>,
    /// Functions, macros, types, and the modules that they are in.
    paths: FxHashSet<SmolStr>,
}

impl ModelSet {
    /// The path in the crate that has it, of something that a crate shows of which nothing is known.
    #[must_use]
    pub fn shown_by_unknown<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (facade, rest) = path.split_once("::")?;
        let (krate, _) = rest.split_once("::")?;
        (self.may_show(facade, krate) && self.named().has(rest)).then_some(rest)
    }

    /// The crate that a path of two segments may name: one that a crate shows of which nothing is known.
    #[must_use]
    pub fn crate_shown_by_unknown<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (facade, krate) = path.split_once("::")?;
        self.may_show(facade, krate).then_some(krate)
    }

    fn may_show(&self, facade: &str, krate: &str) -> bool {
        let named = self.named();
        !named.heads.contains(facade) && named.crates.contains(krate) && !is_of_std(facade) && !is_of_std(krate)
    }

    fn named(&self) -> &Named {
        self.named.get_or_init(|| {
            let mut named = Named::default();
            for path in self.by_path.keys().chain(self.types.keys()) {
                let path = path.trim_end_matches('!');
                let mut ends = path.match_indices("::").map(|(end, _)| end);
                let head = ends.next().and_then(|end| path.get(..end)).unwrap_or(path);
                named.heads.insert(head.into());
                named.paths.extend(ends.chain([path.len()]).filter_map(|end| path.get(..end)).map(SmolStr::from));
            }
            let head = |path: &SmolStr| SmolStr::from(path.split("::").next().unwrap_or(path));
            named.crates.extend(self.crates.iter().chain(&self.sends).map(head));
            named.heads.extend(named.crates.iter().cloned());
            named.heads.extend(self.reexports.keys().map(head));
            named
        })
    }
}

impl Named {
    /// Whether this is named, or is of a type that is.
    fn has(&self, path: &str) -> bool {
        let is_type = |of: &str| of.rsplit("::").next().is_some_and(|last| last.starts_with(char::is_uppercase));
        let of_type = || path.rsplit_once("::").is_some_and(|(of, _)| is_type(of) && self.paths.contains(of));
        self.paths.contains(path) || of_type()
    }
}

fn is_of_std(krate: &str) -> bool {
    matches!(krate, "std" | "core" | "alloc")
}
