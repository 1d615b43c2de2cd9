//! Where a request goes: from what is known of its URL to a host, a binding, or "unknown".

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::interp::Cx;
use super::seeds::AddressSeed;
use super::summary::Tgt;
use super::text::{Shelf, Text, TextPiece};
use super::types::{Action, Arriving};
use super::value::Value;

/// Texts that fields and statics are given anywhere in the program.
pub type KeptTexts = BTreeMap<Shelf, Vec<Text>>;

/// Where an arrival goes; several places where its address may be one of several.
#[must_use]
pub fn arriving(cx: Cx<'_>, kept: &KeptTexts, target: &Tgt, action: Action) -> Vec<Arriving> {
    match target {
        Tgt::Code | Tgt::Probe(_) => vec![Arriving::Code],
        // These are no arrivals.
        Tgt::Opaque(_) | Tgt::Loaded | Tgt::Elsewhere(_) => Vec::new(),
        Tgt::Bound(n) => vec![Arriving::Bound(*n)],
        Tgt::Vendor(n) => vec![Arriving::Vendor(n.to_string())],
        Tgt::Unbound(n) => vec![Arriving::Unbound(n.to_string())],
        Tgt::Http(texts) => {
            let mut out: Vec<Arriving> = texts.iter().flat_map(|t| address(cx, kept, t, action, 0)).collect();
            out.sort();
            out.dedup();
            // One unknown among known ones is a field that is filled elsewhere too.
            if out.len() > 1 {
                out.retain(|a| *a != Arriving::UnknownHost);
            }
            if out.is_empty() {
                out.push(Arriving::UnknownHost);
            }
            out
        }
    }
}

fn bound(seed: AddressSeed, action: Action) -> Arriving {
    match seed {
        AddressSeed::Bound(a, n) if a == action => Arriving::Bound(n),
        AddressSeed::Bound(..) | AddressSeed::Ours => Arriving::Internal,
    }
}

fn address(cx: Cx<'_>, kept: &KeptTexts, text: &Text, action: Action, depth: u32) -> Vec<Arriving> {
    let seeds = cx.seeds;
    // The beginning that is known, up to the first piece that is not.
    let mut known = String::new();
    let mut complete = true;
    for (i, piece) in text.pieces.iter().enumerate() {
        match piece {
            TextPiece::Lit(s) => known.push_str(s),
            other => {
                let scheme_only = known.is_empty() || known.ends_with("://");
                if scheme_only || i == 0 {
                    let seed = match other {
                        TextPiece::Env(n) => seeds.envs.get(n.as_ref()).copied(),
                        TextPiece::Field(t, n) | TextPiece::Param(_, _, Some((t, n))) => {
                            seeds.address_fields.get(&(*t, n.clone())).copied()
                        }
                        TextPiece::Const(c) => seeds.address_consts.get(c).copied(),
                        _ => None,
                    };
                    if let Some(seed) = seed {
                        return vec![bound(seed, action)];
                    }
                    // `{scheme}://..`: the host is behind it, whatever the scheme is.
                    if i == 0 && matches!(text.pieces.get(1), Some(TextPiece::Lit(s)) if s.starts_with("://")) {
                        known.push_str("scheme");
                        continue;
                    }
                    // What is put there elsewhere, and the rest of the text.
                    let shelf = match other {
                        TextPiece::Field(t, n) | TextPiece::Param(_, _, Some((t, n))) => Shelf::Field(*t, n.clone()),
                        TextPiece::Const(c) => Shelf::Static(*c),
                        _ => return vec![Arriving::UnknownHost],
                    };
                    let given = kept.get(&shelf).map_or(&[][..], Vec::as_slice);
                    if depth > 4 || given.is_empty() {
                        return vec![Arriving::UnknownHost];
                    }
                    return given
                        .iter()
                        .flat_map(|g| {
                            let mut pieces = text.pieces.get(..i).unwrap_or(&[]).to_vec();
                            pieces.extend(g.pieces.iter().cloned());
                            pieces.extend(text.pieces.iter().skip(i + 1).cloned());
                            address(cx, kept, &Text { pieces: pieces.into(), span: None }, action, depth + 1)
                        })
                        .collect();
                }
                complete = false;
                break;
            }
        }
    }
    let Some(host) = host_of(&known, complete) else { return vec![Arriving::UnknownHost] };
    vec![match seeds.host(&host) {
        Some(seed) => bound(seed, action),
        None if is_internal(&host) => Arriving::Internal,
        None => Arriving::Host(host),
    }]
}

/// Whether a part of an address has none of the data that was put into its text: it stands before that, written out.
pub(super) fn is_written_out(v: &Value, part: &str) -> bool {
    let lit = |piece: &TextPiece| if let TextPiece::Lit(s) = piece { Some(s.clone()) } else { None };
    let ends: &[char] = match part {
        "host" | "username" | "password" => &['/', '?', '#'],
        "path" => &['?', '#'],
        _ => return false,
    };
    let is_there = |text: &Text| {
        let written = text.pieces.iter().map_while(lit).fold(String::new(), |all, s| all + &s);
        written.split_once("://").is_some_and(|(_, rest)| rest.contains(ends))
    };
    let plain = v.fields.is_empty() && v.facts.iter().all(|(_, info)| info.within);
    plain && !v.facts.is_empty() && !v.texts.is_empty() && v.texts.iter().all(is_there)
}

/// The host of a URL of which only the beginning may be known.
fn host_of(url: &str, complete: bool) -> Option<String> {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest,
        // `api.x.example:443`: where a connection goes.
        None if complete && is_socket(url) => url,
        None => url.strip_prefix("//")?,
    };
    let end = rest.find(['/', '?', '#']);
    if end.is_none() && !complete {
        return None;
    }
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host =
        if host.starts_with('[') { host.get(1..host.find(']')?)? } else { host.split(':').next().unwrap_or(host) };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Whether a text is a host and a port.
fn is_socket(text: &str) -> bool {
    let port = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    text.rsplit_once(':').is_some_and(|(host, p)| port(p) && !host.is_empty() && !host.contains('/'))
}

/// Loopback, private addresses, single-label names and the names of clusters.
fn is_internal(host: &str) -> bool {
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified();
    }
    if let Ok(ip) = host.parse::<Ipv6Addr>() {
        return ip.is_loopback() || ip.is_unspecified() || (ip.segments()[0] & 0xfe00) == 0xfc00;
    }
    !host.contains('.') || [".local", ".internal", ".svc", ".localhost"].iter().any(|s| host.ends_with(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url() {
        assert_eq!(host_of("https://api.mailgate.example/v1", true).as_deref(), Some("api.mailgate.example"));
        assert_eq!(host_of("https://user@Api.x.example:8443", true).as_deref(), Some("api.x.example"));
        assert_eq!(host_of("https://api.x.exa", false), None);
        assert_eq!(host_of("/relative", true), None);
        assert_eq!(host_of("Api.x.example:443", true).as_deref(), Some("api.x.example"));
        assert_eq!(host_of("api.x.example:4", false), None);
    }

    #[test]
    fn internal_hosts() {
        assert!(is_internal("localhost") && is_internal("10.1.2.3") && is_internal("db") && is_internal("a.svc"));
        assert!(!is_internal("8.8.8.8") && !is_internal("x.example"));
    }
}
