//! Whether the files of a run have changed: their sizes and times, as the system has them.
//!
//! Asked again and again rather than told by the system: it is the same on every machine, in containers and on network
//! drives, and a few thousand files take a few milliseconds.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::discover::{Place, Request, Run};
use super::found::Found;

/// What is known of every file that a run could read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, u64, Option<Duration>)>);

impl Stamp {
    /// The state of now; that of nothing where the paths cannot be found.
    #[must_use]
    pub fn now(request: &Request, place: &Place, more: &[PathBuf]) -> Stamp {
        let Ok(run) = Run::new(&request.paths, place) else { return Stamp::default() };
        let found = Found::of(&run);
        let walked = found.files.iter().map(|f| run.full(f));
        let config = run.config.shown.iter().map(|shown| run.current.join(shown));
        let all = walked.chain(config).chain(request.policy.iter().cloned()).chain(more.iter().cloned());
        let state = |file: PathBuf| {
            let meta = std::fs::metadata(&file).ok()?;
            let at = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            Some((file, meta.len(), at))
        };
        Stamp(all.filter_map(state).collect())
    }
}
