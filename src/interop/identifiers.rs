//! What the names of the packs are called in fideslang and in the Data Privacy Vocabulary.

/// One row of `policies/identifiers.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// `category` or `subject`.
    pub kind: &'static str,
    /// The name in the pack.
    pub name: &'static str,
    /// The key in fideslang.
    pub fides: &'static str,
    /// Whether that means the same, and not something broader.
    pub fides_exact: bool,
    /// The term in DPV, with its prefix.
    pub dpv: &'static str,
}

const TABLE: &str = include_str!("../../policies/identifiers.csv");

/// All rows.
pub fn all() -> impl Iterator<Item = Identifier> {
    TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let (kind, name, fides, dpv) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        // A `>` says that the vocabulary has only something broader.
        let (exact, fides) = fides.strip_prefix('>').map_or((true, fides), |broader| (false, broader));
        Some(Identifier { kind, name, fides, fides_exact: exact, dpv: dpv.trim_start_matches('>') })
    })
}

/// The row of a name, or of the nearest name above it.
#[must_use]
pub fn of(kind: &str, name: &str) -> Option<Identifier> {
    let mut asked = name;
    loop {
        if let Some(found) = all().find(|i| i.kind == kind && i.name == asked) {
            return Some(found);
        }
        asked = asked.rsplit_once('.')?.0;
    }
}

/// The name in a pack that means exactly a key of fideslang.
#[must_use]
pub fn from_fides(kind: &str, key: &str) -> Option<&'static str> {
    all().find(|i| i.kind == kind && i.fides == key && i.fides_exact).map(|i| i.name)
}
