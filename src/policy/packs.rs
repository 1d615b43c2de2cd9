//! The policies that ship with the program: `import "purlin:eu"`.

const PACKS: &[(&str, &str, &str)] = &[
    ("common", "purlin:common", include_str!("../../policies/common.purlin")),
    ("eu", "purlin:eu", include_str!("../../policies/eu.purlin")),
];

/// The text of a pack by its name without `purlin:`.
#[must_use]
pub fn pack(name: &str) -> Option<&'static str> {
    PACKS.iter().find(|(n, ..)| *n == name).map(|(_, _, text)| *text)
}

/// The names of all packs, without `purlin:`.
#[must_use]
pub fn names() -> Vec<&'static str> {
    PACKS.iter().map(|(n, ..)| *n).collect()
}

/// Whether a path is that of a pack.
pub(crate) fn is_pack(path: &str) -> bool {
    path.starts_with("purlin:")
}

/// Path, text and number of a pack.
pub(crate) fn pack_entry(name: &str) -> Option<(&'static str, &'static str, u32)> {
    PACKS.iter().enumerate().find(|(_, (n, ..))| *n == name).map(|(i, (_, path, text))| (*path, *text, i as u32))
}
