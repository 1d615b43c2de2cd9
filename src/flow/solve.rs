//! From a program to its flows: types, summaries from callees to callers, then purposes and guards from callers
//! to callees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::answers::with_answers;
use super::compared::comparing;
use super::doubt::too_many_targets;
use super::drops::Dropping;
use super::faint::{self, Room};
use super::finish::finish;
use super::forward::pass_over;
use super::holders::{carrying, proofs};
use super::interp::{Cx, SqlIndex};
use super::jobs::{Job, job_flows};
use super::opaque::written_by;
use super::order::Order;
use super::ran::{self, Ran, Unread};
use super::seeds::Seeds;
use super::sharing::Sharing;
use super::summary::Summary;
use super::taken::taken;
use super::text::const_values;
use super::together::{Done, component};
use super::trace::Traced;
use super::types::{Action, Arriving, Flow, GivenAway, HandOver, Purposeless, Site, Stats};
use super::value::V;
use crate::ir::{Gap, GapKind, Name};
use crate::link::census::{Census, method_calls};
use crate::link::dispatch::gather;
use crate::link::infer::{How, Typed, infer};
use crate::link::program::{ConstId, FuncId, ModId, Program, TypeId};
use crate::link::specialise::{specialise, unhide};
use crate::model::ModelSet;

/// What the engine found.
#[derive(Clone, Debug, Default)]
pub struct Solved {
    /// Flows.
    pub flows: Vec<Flow>,
    /// What is given to code of which nothing is known.
    pub given_away: BTreeSet<GivenAway>,
    /// Roots that handle labelled data without a purpose.
    pub purposeless: Vec<Purposeless>,
    /// Calls from code of one purpose into code that is bound to another.
    pub hand_overs: Vec<HandOver>,
    /// Numbers.
    pub stats: Stats,
    /// Method calls by how they were understood.
    pub methods: Census,
    /// Functions that the engine failed on.
    pub gaps: Vec<Gap>,
    /// What is not known of statements that run.
    pub unread: Unread,
    /// What was found of each probe.
    pub traced: Vec<Traced>,
}

/// Types of all functions, and of the instances that their calls ask for.
#[must_use]
pub fn infer_all(p: &mut Program, models: &ModelSet) -> Vec<Typed> {
    let one = |p: &Program, id: FuncId| {
        if p.is_test(id) || p.is_template(id) {
            return Typed::default();
        }
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| infer(p, models, id))).unwrap_or_default()
    };
    let ids: Vec<FuncId> = p.all_ids().collect();
    let program = &*p;
    let mut typed: Vec<Typed> = ids.par_iter().map(|id| one(program, *id)).collect();
    unhide(p, &mut typed, &one);
    specialise(p, models, &mut typed, &one);
    gather(p, &mut typed);
    typed
}

/// Types of all functions as the engine takes them: calls go past impls that only hand on.
#[must_use]
pub fn passed_over(p: &Program, mut typed: Vec<Typed>, seeds: &Seeds) -> Vec<Typed> {
    pass_over(p, &mut typed, seeds);
    typed
}

/// A program of which every function has its summary.
pub struct Summed<'a> {
    program: &'a Program,
    models: &'a ModelSet,
    typed: &'a [Typed],
    sql: &'a SqlIndex,
    seeds: Seeds,
    consts: BTreeMap<ConstId, V>,
    carrying: BTreeSet<TypeId>,
    sharing: Sharing,
    guarded: bool,
    proofs: BTreeMap<TypeId, BTreeSet<u32>>,
    order: Order,
    summaries: Vec<Option<Arc<Summary>>>,
    recursive: BTreeMap<u32, Arc<Summary>>,
    dropping: Dropping,
    comparing: BTreeSet<TypeId>,
    written_by: BTreeMap<TypeId, Name>,
}

impl<'a> Summed<'a> {
    /// A program that is ready to be interpreted.
    #[must_use]
    pub fn new(
        program: &'a Program,
        models: &'a ModelSet,
        typed: &'a [Typed],
        seeds: &Seeds,
        audience_mods: &[(ModId, u32)],
        sql: &'a SqlIndex,
    ) -> Self {
        let mut seeds = with_answers(program, models, typed, seeds, audience_mods);
        seeds.extend_to_instances(program);
        seeds.taken = taken(program, models, typed, &seeds);
        let (dropping, comparing) = (Dropping::of(program, models, typed), comparing(program, models));
        Summed {
            program,
            models,
            typed,
            sql,
            consts: const_values(program, &seeds),
            carrying: carrying(program, models, &seeds),
            sharing: Sharing::of(program, models, typed),
            guarded: seeds.has_guards(),
            proofs: proofs(program, models, &seeds),
            seeds,
            order: Order::of(program, models, typed, &dropping, &comparing),
            summaries: vec![None; program.funcs.len()],
            recursive: BTreeMap::new(),
            dropping,
            comparing,
            written_by: written_by(program, models),
        }
    }

    /// Every function interpreted, callees first.
    #[must_use]
    pub fn interpreted(mut self) -> Self {
        let mut faint = 0;
        for level in self.order.levels(self.program, self.models) {
            let room = Room::behind(faint);
            let of = |scc: &&Vec<u32>| {
                let done = component(Cx { together: scc, room, ..self.cx() }, scc, &self.order);
                (done.iter().map(|(_, s)| s.faint()).sum::<usize>(), done)
            };
            let done: Vec<(usize, Done)> = level.par_iter().map(of).collect();
            faint += done.iter().map(|(faint, _)| faint).sum::<usize>();
            for (f, s) in done.into_iter().flat_map(|(_, done)| done) {
                if let Some(slot) = self.summaries.get_mut(f as usize) {
                    *slot = Some(s);
                }
            }
        }
        self
    }

    fn cx(&self) -> Cx<'_> {
        Cx {
            program: self.program,
            models: self.models,
            seeds: &self.seeds,
            typed: self.typed,
            sql: self.sql,
            carrying: &self.carrying,
            consts: &self.consts,
            sharing: &self.sharing,
            guarded: self.guarded,
            proofs: &self.proofs,
            summaries: &self.summaries,
            dropping: &self.dropping,
            comparing: &self.comparing,
            written_by: &self.written_by,
            together: &[],
            recursive: &self.recursive,
            room: Room::Bounded,
        }
    }

    /// The summary of a function; none for test code.
    #[must_use]
    pub fn summary(&self, f: FuncId) -> Option<&Summary> {
        self.summaries.get(f.0 as usize)?.as_deref()
    }

    /// What becomes of each statement.
    #[must_use]
    pub fn ran(&self) -> Ran {
        let mut out = Ran::new();
        self.summaries.iter().flatten().for_each(|s| ran::join(&mut out, &s.ran));
        out
    }

    /// What all of it comes to.
    #[must_use]
    pub fn flows(&self, jobs: &[Job]) -> Solved {
        let cx = self.cx();
        let mut solved = finish(cx, &self.order.components);
        job_flows(cx, jobs, &mut solved);
        self.count(&mut solved);
        solved
    }

    /// What is to be said where nothing is labelled: there is nothing to follow, and all is counted.
    #[must_use]
    pub fn nothing(program: &Program, typed: &[Typed], sql: &SqlIndex) -> Solved {
        let mut solved = Solved::default();
        count_calls(program, typed, sql, &mut solved);
        solved
    }

    /// Numbers and gaps.
    fn count(&self, solved: &mut Solved) {
        let (cx, p) = (self.cx(), self.program);
        count_calls(p, self.typed, self.sql, solved);
        solved.stats.labelled_places = cx.seeds.entries.len();
        let sites: FxHashSet<(&Site, Option<u32>, &Arriving)> =
            solved.flows.iter().filter(|f| f.action != Action::Use).map(|f| (&f.site, f.purpose, &f.target)).collect();
        solved.stats.arrivals = sites.len();
        solved.gaps.extend(faint::gap(cx));
        solved.gaps.extend(too_many_targets(cx));
        solved.unread.extend(cx.summaries.iter().flatten().flat_map(|s| s.unread.iter().cloned()));
        for (f, s) in p.all_ids().zip(cx.summaries) {
            let (Some(s), Some(f)) = (s, p.func(f)) else { continue };
            let mut say = |kind: GapKind, what: String| solved.gaps.push(Gap { span: f.span, what, kind });
            let name = &f.name;
            if s.failed {
                say(GapKind::Panic, format!("Purlin failed on `{name}`: its flows are missing"));
            }
            if s.limited {
                say(GapKind::Limit, format!("`{name}` does too much for one function: some of its flows are missing"));
            }
            if s.crowded {
                let what = format!("too much of `{name}` depends on what it is given");
                say(GapKind::Limit, format!("{what}: some of its flows are only possible"));
            }
            if s.coarse > 0 {
                let others = if s.coarse > 1 { format!(" and {} more", s.coarse - 1) } else { String::new() };
                let what = format!("`{name}`{others} call each other in too many ways");
                say(GapKind::Limit, format!("{what}: their flows are only possible"));
            }
        }
    }
}

/// How much code there is, and how it was understood.
fn count_calls(p: &Program, typed: &[Typed], sql: &SqlIndex, solved: &mut Solved) {
    solved.methods = Census::of(&method_calls(p, typed));
    let s = &mut solved.stats;
    for (i, t) in typed.iter().enumerate() {
        let f = FuncId(i as u32);
        if p.is_dispatcher(f) {
            continue;
        }
        if p.is_test(f) {
            s.test_functions += usize::from(!p.is_initialiser(f));
            continue;
        }
        s.functions += usize::from(!p.is_initialiser(f));
        for site in &t.sites {
            match site.how {
                How::Resolved => s.calls_resolved += 1,
                How::Modelled => s.calls_modelled += 1,
                How::Guessed => s.calls_guessed += 1,
                How::Unknown => s.calls_unknown += 1,
            }
        }
    }
    let methods = &solved.methods;
    s.methods_resolved = methods.resolved;
    s.methods_modelled = methods.modelled;
    s.methods_guessed = methods.guessed;
    s.methods_unknown = methods.unknown;
    s.sql_statements = sql.fns.len();
    s.sql_unresolved = sql.fns.iter().filter(|f| !f.unresolved.is_empty()).count();
}
