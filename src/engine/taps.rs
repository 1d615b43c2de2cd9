//! Where log lines go besides: a crate takes all of those that others write.

use crate::flow::{Seeds, Tap};
use crate::link::infer::{Target, Typed};
use crate::link::program::{FuncId, Program};
use crate::model::{Effect, ModelSet};

/// The places where a crate that the policy names is given the log lines.
pub(super) fn taps(p: &Program, models: &ModelSet, typed: &[Typed], seeds: &Seeds) -> Vec<Tap> {
    if seeds.sink_ext.is_empty() {
        return Vec::new();
    }
    let mut out: Vec<Tap> = Vec::new();
    for (f, typed) in (0..).map(FuncId).zip(typed).filter(|(f, _)| !p.is_test(*f)) {
        let rows = |t: &Target| if let Target::Row(r) = t { models.row(*r) } else { None };
        let tapped = |e: &Effect| matches!(e, Effect::Taps { .. });
        let taps = |t: &Target| rows(t).is_some_and(|row| row.effects.iter().any(tapped));
        if !typed.sites.iter().flat_map(|s| &s.targets).any(taps) {
            continue;
        }
        for (site, _, at) in p.func(f).map(|def| def.calls()).unwrap_or_default() {
            let Some(site) = typed.sites.get(site as usize) else { continue };
            for effect in site.targets.iter().filter_map(rows).flat_map(|row| &row.effects) {
                let Effect::Taps { to, rows } = effect else { continue };
                let Some(to) = seeds.sink_of(&site.symbol).or_else(|| seeds.sink_of(to)) else { continue };
                if !out.iter().any(|tap| tap.to == to && tap.rows == *rows) {
                    out.push(Tap { rows: rows.clone(), to, at });
                }
            }
        }
    }
    out
}
