//! Method calls counted: how many are understood, how, and which are not.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::infer::{How, Site, Target, Typed};
use super::program::{FuncId, Program};
use super::ty::Ty;
use crate::ir::Name;
use crate::ir::body::{Callee, Func, Rvalue};
use crate::model::ModelSet;
use crate::source::Span;

/// A method call of a body that is no test.
#[derive(Clone, Copy, Debug)]
pub struct MethodCall<'a> {
    /// The function it stands in.
    pub func: FuncId,
    /// The method's name.
    pub method: &'a Name,
    /// Where it stands.
    pub span: Span,
    /// What is known of it; nothing where inference did not come by.
    pub site: Option<&'a Site>,
}

impl MethodCall<'_> {
    /// How it was understood. What was found by the name alone, whatever the receiver, is a guess.
    #[must_use]
    pub fn how(&self) -> How {
        match self.site {
            Some(s) if s.by_name || s.recv == Ty::Unknown => s.how.min(How::Guessed),
            Some(s) => s.how,
            None => How::Unknown,
        }
    }

    /// What it is called by in lists: the path where one is known, else the name.
    #[must_use]
    pub fn symbol(&self) -> Name {
        match self.site {
            Some(s) if !s.symbol.is_empty() => s.symbol.clone(),
            _ => self.method.clone(),
        }
    }

    /// Whom it reaches, as text.
    #[must_use]
    pub fn targets(&self, p: &Program, models: &ModelSet) -> String {
        let one = |t: &Target| match t {
            Target::Func(f) => p.func_path(*f).to_string(),
            Target::Row(r) => models.row(*r).map_or_else(String::new, |r| format!("model {}", r.path)),
            Target::Ctor(t, _) => p.type_path(*t).to_string(),
        };
        let all: Vec<String> = self.site.map(|s| s.targets.iter().map(one).collect()).unwrap_or_default();
        all.join(" | ")
    }
}

/// All method calls outside tests, in the order of functions and statements.
#[must_use]
pub fn method_calls<'a>(p: &'a Program, typed: &'a [Typed]) -> Vec<MethodCall<'a>> {
    let ids: Vec<FuncId> = p.func_ids().filter(|f| !p.is_test(*f)).collect();
    let of = |id: &FuncId| {
        let mut out = Vec::new();
        if let (Some(f), Some(t)) = (p.func(*id), typed.get(p.read_as(*id).0 as usize)) {
            calls_of(*id, f, t, &mut out);
        }
        out
    };
    ids.par_iter().flat_map_iter(of).collect()
}

fn calls_of<'a>(id: FuncId, f: &'a Func, typed: &'a Typed, out: &mut Vec<MethodCall<'a>>) {
    f.each(&mut |src, span| {
        if let Rvalue::Call { callee: Callee::Method { name, .. }, site, .. } = src {
            out.push(MethodCall { func: id, method: name, span, site: typed.sites.get(*site as usize) });
        }
    });
}

/// Method calls by how they were understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// By name and type.
    pub resolved: usize,
    /// By a model, on a receiver of known type.
    pub modelled: usize,
    /// By name alone.
    pub guessed: usize,
    /// Not at all.
    pub unknown: usize,
    /// Those not understood at all by symbol, the most frequent first: how many, and the first of them.
    pub unknowns: Vec<(Name, usize, Span)>,
}

impl Census {
    /// Counts calls.
    #[must_use]
    pub fn of(calls: &[MethodCall<'_>]) -> Census {
        let mut census = Census::default();
        let mut unknowns: BTreeMap<Name, (usize, Span)> = BTreeMap::new();
        for call in calls {
            match call.how() {
                How::Resolved => census.resolved += 1,
                How::Modelled => census.modelled += 1,
                How::Guessed => census.guessed += 1,
                How::Unknown => {
                    census.unknown += 1;
                    unknowns.entry(call.symbol()).or_insert((0, call.span)).0 += 1;
                }
            }
        }
        census.unknowns = unknowns.into_iter().map(|(symbol, (n, at))| (symbol, n, at)).collect();
        census.unknowns.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        census
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.resolved + self.modelled + self.guessed + self.unknown
    }
}

/// A draw of so many of the understood calls, the same for the same seed, in their order.
#[must_use]
pub fn sample(calls: Vec<MethodCall<'_>>, size: usize, seed: u64) -> Vec<MethodCall<'_>> {
    let mut drawn: Vec<(u64, MethodCall<'_>)> =
        calls.into_iter().filter(|c| c.how() >= How::Modelled).enumerate().map(|(i, c)| (mix(seed, i), c)).collect();
    drawn.sort_by_key(|(rank, c)| (*rank, c.span));
    drawn.truncate(size);
    drawn.sort_by_key(|(_, c)| c.span);
    drawn.into_iter().map(|(_, c)| c).collect()
}

/// The number of a seed with this index: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
#[must_use]
pub fn mix(seed: u64, index: usize) -> u64 {
    let mut z = seed.wrapping_add((index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
