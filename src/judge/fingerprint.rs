//! Fingerprints of findings: the same while the finding is the same, whatever moves around it.

use super::finding::Finding;

/// Counts up when the ingredients change, so that old baselines are told apart instead of silently unmatched.
const FORMAT: &str = "1";

/// The fingerprint of a finding. Lines, files and modules are left out: code may move.
pub(super) fn fingerprint(finding: &Finding) -> String {
    let verb = format!("{:?}", finding.verb);
    let function = short_function(&finding.arrival.function);
    let parts = [
        FORMAT,
        finding.rule.code(),
        &verb,
        finding.purpose_name.as_deref().unwrap_or(""),
        finding.target_name.as_deref().unwrap_or(""),
        &finding.arrival.krate,
        &function,
        &finding.arrival.symbol,
    ];
    fingerprint_of(&parts)
}

/// The hash of some texts, as 16 hexadecimal digits.
#[must_use]
pub fn fingerprint_of(parts: &[&str]) -> String {
    let mut hash = FNV_OFFSET;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    format!("{:016x}", (hash >> 64) as u64 ^ hash as u64)
}

// FNV-1a with 128 bits: stable by definition, unlike the hashers of libraries, and nobody attacks a baseline.
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// `crate::a::Type::f` as `Type::f`, `crate::a::f` as `f`.
pub(super) fn short_function(path: &str) -> String {
    let mut parts: Vec<&str> = path.rsplitn(3, "::").collect();
    parts.truncate(2);
    match parts[..] {
        [name, owner] if owner.starts_with(|c: char| c.is_uppercase() || c == '<') => format!("{owner}::{name}"),
        [name, ..] => name.to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_its_module() {
        assert_eq!(short_function("crate::a::b::Mailer::send"), "Mailer::send");
        assert_eq!(short_function("crate::a::run"), "run");
        assert_eq!(short_function("main"), "main");
    }
}
