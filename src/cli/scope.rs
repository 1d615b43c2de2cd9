//! What a check is about: the files as they are, those that are staged, or one that comes from standard input.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::{Ask, Check, Named};
use super::out::Out;
use crate::project::{Choice, Copy, Place, Repository, State};

/// What is read, and from where.
pub(super) struct Scope {
    /// The paths and settings, as they are called there.
    pub ask: Ask,
    /// There.
    pub place: Place,
    /// What must not be gone before the run is over.
    _copy: Option<Copy>,
}

/// The scope of a check; nothing if nothing that is staged is ever checked.
///
/// # Errors
/// One line that says why it cannot be read.
pub(super) fn of(args: &Check, out: &Out) -> Result<Option<Scope>, String> {
    let mut ask = args.ask.clone();
    if args.staged {
        return staged(&ask, out);
    }
    let mut place = Place { whole: true, ..ask.place() };
    let before = ask.paths.len();
    ask.paths.retain(|p| p != Path::new("-"));
    match &args.stdin_filename {
        Some(file) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| format!("cannot read standard input: {e}"))?;
            place.instead = vec![(file.clone(), text)];
            if ask.paths.is_empty() {
                ask.paths.push(file.clone());
            }
        }
        None if before > ask.paths.len() => {
            return Err("`-` needs --stdin-filename, which says what file it stands for".to_owned());
        }
        None => {}
    }
    Ok(Some(Scope { ask, place, _copy: None }))
}

/// The index as a copy, with a look at the files that are staged.
fn staged(ask: &Ask, out: &Out) -> Result<Option<Scope>, String> {
    let repository = Repository::here().map_err(|e| e.to_string())?;
    let staged = repository.staged().map_err(|e| e.to_string())?;
    if staged.is_empty() {
        return Ok(None);
    }
    let copy = repository.copy(&State::Index).map_err(|e| e.to_string())?;
    for module in &copy.absent {
        out.note(&format!("note: the submodule {module} is not here as it is staged, so it was not read"));
    }
    let there = moved(ask, &copy);
    let asked = Some(staged.iter().map(|path| copy.root().join(path)).collect());
    let place = Place { config: there.which.choice(), at: Some(copy.at()), asked, ..Place::default() };
    Ok(Some(Scope { ask: there, place, _copy: Some(copy) }))
}

/// What the command line names, in a copy; paths that are not there are left out.
pub(super) fn moved(ask: &Ask, copy: &Copy) -> Ask {
    let there =
        |paths: &[PathBuf]| -> Vec<PathBuf> { paths.iter().map(|p| copy.map(p)).filter(|p| p.exists()).collect() };
    let named = Named { policy: there(&ask.named.policy) };
    let mut moved = Ask { paths: there(&ask.paths), named, ..ask.clone() };
    if let Choice::File(file) = ask.which.choice() {
        moved.which.config = Some(copy.map(&file)).filter(|f| f.exists());
    }
    moved
}
