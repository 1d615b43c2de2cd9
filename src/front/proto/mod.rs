//! Messages of protocol buffers to the Rust that prost writes of them when a project is built.
//!
//! [`read`] parses the files (`parse`) and writes, for each package, what code includes (`write`): a struct for each
//! message, an enum for each enum and each `oneof`, a module for what stands inside of a message. What a build script
//! chooses besides (other types for fields, attributes) is not known. Services are traits of another crate as before.

mod names;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

/// What is written of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The Rust.
    pub text: String,
    /// Whether there are services, for which more is written.
    pub serves: bool,
    /// Whether a file of the package could not be read.
    pub broken: bool,
}

/// The Rust that is written of these files, by the names of their packages.
#[must_use]
pub fn read<'t>(texts: impl Iterator<Item = &'t str>) -> FxHashMap<String, Messages> {
    let (mut packages, mut broken): (BTreeMap<&str, Vec<parse::File<'t>>>, Vec<Option<&str>>) = Default::default();
    for text in texts {
        match parse::file(text) {
            Ok(file) => packages.entry(file.package).or_default().push(file),
            Err(package) => broken.push(package),
        }
    }
    let known = write::Known::of(&packages);
    let is_broken = |name: &str| broken.iter().any(|of| of.is_none_or(|of| of == name));
    let written = packages.iter().map(|(package, files)| {
        let serves = files.iter().any(|f| f.serves);
        let written = Messages { text: known.package(package, files), serves, broken: is_broken(package) };
        ((*package).to_owned(), written)
    });
    written.collect()
}
