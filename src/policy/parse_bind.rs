//! The syntax of `bind` lines and of annotations in code.

use super::ast::{Bind, BindKind, BindLine, Item, Meaning, Text};
use super::parse::{Cx, P, Rule, inner, meaning_kind};
use super::parse_items::data;
use super::types::BindTarget;

/// A `bind` block.
pub(super) fn block(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Item> {
    let mut kind = None;
    let mut within = None;
    let mut dialect = None;
    let mut lines = Vec::new();
    for p in inner(pair) {
        match p.as_rule() {
            Rule::k_rust => kind = Some(BindKind::Rust),
            Rule::k_sql => kind = Some(BindKind::Sql),
            Rule::k_host => kind = Some(BindKind::Host),
            Rule::k_env => kind = Some(BindKind::Env),
            Rule::k_path => kind = Some(BindKind::Path),
            Rule::within => within = inner(p).find(|p| p.as_rule() == Rule::text).map(|p| cx.text(&p)),
            Rule::spoken => dialect = inner(p).find(|p| p.as_rule() == Rule::name).map(|p| cx.name(&p)),
            Rule::rust_line | Rule::sql_line | Rule::host_line | Rule::env_line | Rule::path_line => {
                lines.extend(line(cx, p, kind?, within.as_ref()));
            }
            _ => {}
        }
    }
    Some(Item::Bind(Bind { kind: kind?, within, dialect, lines }))
}

fn line(cx: &mut Cx<'_>, pair: P<'_>, kind: BindKind, within: Option<&Text>) -> Option<BindLine> {
    let at = cx.at(&pair);
    let mut target = None;
    let mut written = None;
    let mut meant = None;
    let mut meaning_at = at;
    for p in inner(pair) {
        match p.as_rule() {
            Rule::meaning => {
                meaning_at = cx.at(&p);
                meant = meaning(cx, p);
            }
            Rule::rust | Rule::sql | Rule::env | Rule::text => {
                written = Some(Text { text: as_written(cx, &p), at: cx.at(&p) });
                target = match (p.as_rule(), kind) {
                    (Rule::rust, _) => rust(p),
                    (Rule::sql, _) => sql(p, within),
                    (Rule::env, _) => Some(BindTarget::Env(p.as_str().to_owned())),
                    (_, BindKind::Path) => Some(BindTarget::Path(cx.text(&p).text)),
                    (_, _) => Some(BindTarget::Host(cx.text(&p).text.to_lowercase())),
                };
            }
            _ => {}
        }
    }
    Some(BindLine { target: target?, written: written?, meaning: meant?, meaning_at, at })
}

/// The left-hand side as it is printed: quotation marks straight, blanks single where they mean nothing.
fn as_written(cx: &Cx<'_>, pair: &P<'_>) -> String {
    let said = pair.as_str();
    if pair.as_rule() == Rule::text {
        let text = cx.text(pair).text;
        return if text.contains('"') { said.to_owned() } else { format!("\"{text}\"") };
    }
    if said.contains(['"', '`', '\'']) {
        return said.to_owned();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A segment without the `r#` that lets it be a keyword.
fn plain(segment: &str) -> String {
    segment.strip_prefix("r#").unwrap_or(segment).to_owned()
}

fn path(pair: P<'_>) -> Vec<String> {
    inner(pair).filter(|p| p.as_rule() == Rule::rseg).map(|p| plain(p.as_str())).collect()
}

/// A Rust path.
pub(super) fn rust(pair: P<'_>) -> Option<BindTarget> {
    let (mut segments, mut qself, mut field, mut param, mut glob) = (Vec::new(), None, None, None, false);
    for p in inner(pair) {
        match p.as_rule() {
            Rule::qself => {
                let mut paths = inner(p).filter(|p| p.as_rule() == Rule::rpath).map(path);
                qself = Some((paths.next()?, paths.next()?));
            }
            Rule::rseg => segments.push(plain(p.as_str())),
            Rule::star => glob = true,
            Rule::field => field = inner(p).next().map(|p| plain(p.as_str())),
            Rule::param => param = inner(p).next().map(|p| plain(p.as_str())),
            _ => {}
        }
    }
    Some(BindTarget::Rust { segments, qself, field, param, glob })
}

/// A table, a column, or `*`.
fn sql(pair: P<'_>, within: Option<&Text>) -> Option<BindTarget> {
    let (mut parts, mut glob, mut json) = (Vec::new(), false, None);
    for p in inner(pair) {
        match p.as_rule() {
            Rule::spart => {
                let part = inner(p).next()?;
                parts.push(match part.as_rule() {
                    Rule::squoted => part.as_str().trim_matches(['"', '`']).to_owned(),
                    _ => part.as_str().to_lowercase(),
                });
            }
            Rule::star => glob = true,
            Rule::arrow => {
                let key = inner(p).next().map(|p| p.as_str().trim_matches('\'').to_owned());
                json = key;
            }
            _ => {}
        }
    }
    Some(BindTarget::Sql { parts, glob, json, within: within.map(|t| t.text.clone()) })
}

/// What follows `as`.
pub(super) fn meaning(cx: &mut Cx<'_>, pair: P<'_>) -> Option<Meaning> {
    let p = inner(pair).next()?;
    Some(match p.as_rule() {
        Rule::not_personal => Meaning::NotPersonal,
        Rule::ours => Meaning::Ours,
        Rule::library => Meaning::Library,
        Rule::purge => Meaning::Purge(inner(p).find(|p| p.as_rule() == Rule::name).map(|p| cx.name(&p))?),
        Rule::right_of => {
            let mut right = None;
            let mut name = None;
            for p in inner(p) {
                match p.as_rule() {
                    Rule::right => right = Some(cx.name(&p)),
                    Rule::name => name = Some(cx.name(&p)),
                    _ => {}
                }
            }
            Meaning::Right(right?, name?)
        }
        Rule::kinded => {
            let mut kind = None;
            let mut name = None;
            let mut negated = false;
            for p in inner(p) {
                match p.as_rule() {
                    Rule::kind => kind = Some(meaning_kind(p.as_str())),
                    Rule::name => name = Some(cx.name(&p)),
                    Rule::negated => negated = true,
                    _ => {}
                }
            }
            Meaning::Kind(kind?, name?, negated)
        }
        Rule::labels => Meaning::Labels(data(cx, p)?),
        _ => return None,
    })
}
