//! Programs: crates that are run, and not only used by others.

use std::collections::BTreeSet;

use super::program::{CrateId, FuncId, Mod, Program};
use crate::ir::items::Owner;

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
}
