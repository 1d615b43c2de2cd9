//! What macros of the workspace wrote, and where their definitions have it.

use super::program::Program;
use crate::ir::Content;
use crate::ir::items::Written;
use crate::source::Span;

impl Program {
    /// The call that a macro of the workspace wrote which has this place.
    #[must_use]
    pub fn call_written(&self, place: Span) -> Option<&Written> {
        let unit = self.units.binary_search_by_key(&place.file, |u| u.file).ok()?;
        let Content::Rust(rust) = &self.units.get(unit)?.content else { return None };
        let at = rust.written.binary_search_by_key(&place, |w| w.place).ok()?;
        rust.written.get(at)
    }

    /// The place to show for one: what a macro wrote stands where that is called.
    #[must_use]
    pub fn shown_at(&self, place: Span) -> Span {
        self.call_written(place).map_or(place, |w| w.call)
    }
}
