//! Programs: crates that are run, and not only used by others.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::program::{CrateId, FuncId, Mod, Program};
use crate::ir::Name;
use crate::ir::items::Owner;
use crate::source::FileId;

impl Program {
    /// Whether a function is the `main` of a program.
    #[must_use]
    pub fn is_main(&self, f: FuncId) -> bool {
        let of_program = |m: &Mod| m.path.is_empty() && self.crates.get(m.krate.0 as usize).is_some_and(|c| !c.lib);
        self.func(f).is_some_and(|def| def.name == "main" && def.owner == Owner::Module && def.parent.is_none())
            && self.module(self.func_module(f)).is_some_and(of_program)
    }

    /// Programs and the crates that they use.
    #[must_use]
    pub fn crates_of_programs(&self) -> BTreeSet<CrateId> {
        let mut out = BTreeSet::new();
        let mut todo: Vec<CrateId> =
            self.crates.iter().enumerate().filter(|(_, c)| !c.lib).map(|(i, _)| CrateId(i as u32)).collect();
        while let Some(c) = todo.pop() {
            if !out.insert(c) {
                continue;
            }
            let Some(krate) = self.crates.get(c.0 as usize) else { continue };
            for real in krate.deps.values() {
                let lib = self.crates.iter().position(|x| x.lib && x.name == *real);
                todo.extend(lib.map(|i| CrateId(i as u32)));
            }
        }
        out
    }

    /// Which crates may run together.
    #[must_use]
    pub fn together(&self) -> Together {
        let libs: FxHashMap<&Name, usize> =
            self.crates.iter().enumerate().filter(|(_, c)| c.lib).map(|(i, c)| (&c.name, i)).collect();
        let mut rows = vec![vec![false; self.crates.len()]; self.crates.len()];
        for (i, of) in self.crates.iter().enumerate() {
            // What is built with it: what it depends on, and what is of the same package. Of a file that no package has it
            // is not known.
            let near = self.crates.iter().enumerate();
            let near = near.filter(|(_, x)| x.deps == of.deps || x.deps.is_empty() || of.deps.is_empty());
            let mut todo: Vec<usize> = near.map(|(i, _)| i).chain([i]).collect();
            let mut all: BTreeSet<usize> = BTreeSet::new();
            while let Some(c) = todo.pop() {
                if all.insert(c)
                    && let Some(krate) = self.crates.get(c)
                {
                    todo.extend(krate.deps.values().filter_map(|name| libs.get(name)));
                }
            }
            for c in &all {
                let Some(row) = rows.get_mut(*c) else { continue };
                for other in &all {
                    if let Some(together) = row.get_mut(*other) {
                        *together = true;
                    }
                }
            }
        }
        let files = (0..self.units.len() as u32).filter_map(|u| {
            self.rust(u)?;
            Some((self.units.get(u as usize)?.file, self.module(self.module_at(u, 0))?.krate))
        });
        Together { files: files.collect(), rows }
    }
}

/// Which crates may be parts of one program: what the one puts somewhere the other may find there.
#[derive(Debug, Default)]
pub struct Together {
    files: FxHashMap<FileId, CrateId>,
    rows: Vec<Vec<bool>>,
}

impl Together {
    /// Whether what a file says may run together with a crate.
    #[must_use]
    pub fn may(&self, file: FileId, with: CrateId) -> bool {
        let row = self.files.get(&file).and_then(|c| self.rows.get(c.0 as usize));
        row.and_then(|row| row.get(with.0 as usize)).is_none_or(|together| *together)
    }
}
