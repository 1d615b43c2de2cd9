//! Calls: summaries applied, model rows carried out, callables run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interp::Interp;
use super::path::{Path, What};
use super::state::State;
use super::summary::{Actual, At, Kind, Tgt, fact_open};
use super::types::{Action, Confidence, Transform};
use super::value::{Origin, Text, TextPiece, V, Value, Way1, join};
use crate::ir::Name;
use crate::ir::body::{Callee, Operand, Place, Sel, View};
use crate::ir::items::TypeRef;
use crate::link::infer::{How, Site, Target};
use crate::link::program::FuncId;
use crate::link::ty::{Ty, payload, peel};
use crate::model::{ArriveKind, Effect, Port, PortBase};
use crate::source::Span;

/// One argument of a call.
pub(super) struct Arg {
    /// Its value, borrows included.
    pub v: V,
    /// The place it was read from.
    pub place: Option<Place>,
    /// Where it stands.
    pub span: Span,
    /// Its type.
    pub ty: Ty,
}

impl Interp<'_> {
    /// A call as written.
    pub(super) fn call(
        &mut self,
        callee: &Callee,
        ops: &[Operand],
        spans: &[Span],
        site: u32,
        span: Span,
        st: &mut State,
    ) -> V {
        let typed = self.typed;
        let none = Site::default();
        let info = typed.sites.get(site as usize).unwrap_or(&none);
        let mut args: Vec<Arg> = Vec::with_capacity(ops.len());
        for (i, op) in ops.iter().enumerate() {
            let at = spans.get(i).copied().unwrap_or(span);
            let mut v = self.operand(op, st);
            if let (Operand::Lit(_), [text]) = (op, v.texts.as_slice()) {
                let mut known = (*v).clone();
                known.texts = vec![Text { pieces: text.pieces.clone(), span: Some(at) }];
                v = Arc::new(known);
            }
            let (place, ty) = match op {
                Operand::Place(p) => (Some(p.clone()), self.place_ty(p)),
                _ => (None, Ty::Unknown),
            };
            args.push(Arg { v, place, span: at, ty });
        }
        let seeds = self.cx.seeds;
        let special = info.targets.iter().any(|t| match t {
            Target::Func(f) => seeds.guard_funcs.contains_key(f) || seeds.transforms.contains_key(f),
            _ => false,
        }) || seeds.guard_ext.contains_key(&info.symbol)
            || seeds.transform_ext.contains_key(&info.symbol);
        if !special {
            for a in &args {
                self.touch(&a.v, a.span, &info.symbol, st);
            }
        }
        if let Callee::Value(op) = callee {
            let f = self.operand(op, st);
            let values: Vec<V> = args.iter().map(|a| a.v.clone()).collect();
            return self.call_value(&f, &values, span, false, st);
        }
        self.bound_sink(callee, info, &args, span, st);
        if info.targets.is_empty() {
            let v = self.unknown_call(info, &args, span, st);
            let v = if matches!(callee, Callee::Macro(_)) { keep_items(v, &args) } else { v };
            return self.statement_given(info, &args, v, span, st);
        }
        let mut out: Option<(V, State)> = None;
        for t in &info.targets {
            let mut branch = st.clone();
            let v = match t {
                Target::Func(f) => self.func_call(*f, &args, span, &mut branch),
                Target::Row(r) => self.row_call(*r, info, &args, span, &mut branch),
                Target::Ctor(t, variant) => {
                    let values: Vec<V> = args.iter().map(|a| a.v.clone()).collect();
                    for a in &args {
                        self.touch(&a.v, a.span, "", &branch);
                    }
                    self.construct(*t, *variant, &values, span)
                }
            };
            let v = if info.how == How::Guessed { super::summary::doubt(&v, Confidence::Possible) } else { v };
            match &mut out {
                None => out = Some((v, branch)),
                Some((have, state)) => {
                    *have = join(have, &v);
                    state.join(&branch);
                }
            }
        }
        let Some((mut v, state)) = out else { return V::default() };
        *st = state;
        self.label_result(info, &mut v, &args, span, st);
        self.statement_given(info, &args, v, span, st)
    }

    /// A statement handed to a function that no model knows as one that runs statements (a wrapper of the project's
    /// own): it reads and writes all the same; lists beside it are its arguments, and the result its rows.
    fn statement_given(&mut self, info: &Site, args: &[Arg], v: V, span: Span, st: &mut State) -> V {
        let runs = info.targets.iter().any(|t| match t {
            Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.iter().any(|e| matches!(e, Effect::Sql { .. })))
            }
            Target::Func(f) => self.cx.seeds.transforms.contains_key(f),
            Target::Ctor(..) => false,
        });
        let known = |a: &Arg| a.v.texts.iter().any(|t| t.span.is_some_and(|s| self.cx.sql.by_span.contains_key(&s)));
        let modelled = info.how == How::Modelled;
        let Some(at) = args.iter().position(known).filter(|_| !runs && !modelled) else { return v };
        let mut query = args.get(at).map(|a| self.sql_start(&a.v, span, st)).unwrap_or_default();
        for a in args.iter().skip(at + 1) {
            for item in self.load(st, &a.v).items.clone() {
                let item = super::summary::doubt(&item, Confidence::Likely);
                query = self.sql_bind(&query, &item, a.span, st);
            }
        }
        let counts = matches!(&info.ret, Ty::Tuple(ts) if ts.is_empty())
            || matches!(peel(self.cx.models, &info.ret), Ty::Ext(n, _) if crate::link::names::is_primitive(n) && n != "str");
        if counts {
            return v;
        }
        let rows = self.sql_rows(&query, &info.ret, false, span, st);
        let mut out = (*join(&v, &super::summary::doubt(&rows, Confidence::Likely))).clone();
        // The value may also be the statement itself, still to be run.
        out.callees.extend(query.callees.iter().cloned());
        Arc::new(out)
    }

    /// Labels, guards and transforms bound to something outside the workspace.
    fn label_result(&self, info: &Site, v: &mut V, args: &[Arg], span: Span, st: &State) {
        let seeds = self.cx.seeds;
        if let Some(seed) = seeds.ext_results.get(&info.symbol) {
            let mut out = (**v).clone();
            self.add_entry(&mut out, *seed, span);
            *v = Arc::new(out);
        }
        if let Some(g) = seeds.guard_ext.get(&info.symbol) {
            let values: Vec<V> = args.iter().map(|a| a.v.clone()).collect();
            let mut out = (**v).clone();
            out.when = Some(Box::new(self.guard_value(*g, &values, st)));
            *v = Arc::new(out);
        }
        if let Some(t) = seeds.transform_ext.get(&info.symbol) {
            *v = self.transformed(args, &Transform::Bound(*t), span, st);
        }
    }

    /// Arguments after a transform.
    fn transformed(&self, args: &[Arg], t: &Transform, span: Span, st: &State) -> V {
        let mut flat = Value::default();
        for a in args {
            self.load(st, &a.v).flatten_into(View::Display, &mut flat);
        }
        let mut out = Value::default();
        for (mut f, mut i) in flat.facts {
            f.push_transform(t);
            i.path = i.path.then(&Path::hop(self.id, span, What::Transformed(transform_name(t))));
            out.add(f, i);
        }
        Arc::new(out)
    }

    /// Arguments of a call of something bound as recipient or store arrive there.
    fn bound_sink(&mut self, callee: &Callee, info: &Site, args: &[Arg], span: Span, st: &mut State) {
        let seeds = self.cx.seeds;
        let by_func = info.targets.iter().find_map(|t| match t {
            Target::Func(f) => seeds.sinks.get(f),
            _ => None,
        });
        let by_type = match (info.method, peel(self.cx.models, &info.recv)) {
            (true, Ty::Adt(t, _)) => seeds.sink_types.get(t),
            _ => None,
        };
        let external = !info.targets.iter().any(|t| matches!(t, Target::Func(_)));
        let by_path = if external { seeds.sink_of(&info.symbol) } else { None };
        let is_macro = matches!(callee, Callee::Macro(_));
        // Known macros and functions arrive by their rows, which know which arguments matter.
        let by_row = info.targets.iter().any(|t| match t {
            Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.iter().any(|e| matches!(e, Effect::Arrive { .. })))
            }
            _ => false,
        });
        let Some((action, target)) = by_func.copied().or(by_type.copied()).or(by_path) else { return };
        if by_row && by_func.is_none() && by_type.is_none() {
            return;
        }
        let skip = usize::from(info.method && by_func.is_none() && !is_macro);
        let mut data = V::default();
        for a in args.iter().skip(skip) {
            data = join(&data, &self.load(st, &a.v).data());
        }
        let kind = self.kind(action, Tgt::Bound(target), span, info.symbol.clone(), st);
        self.arrive(kind, data);
    }

    pub(super) fn kind(&self, action: Action, target: Tgt, span: Span, symbol: Name, st: &State) -> Kind {
        Kind {
            action,
            target,
            at: At { func: self.id, span, symbol },
            purpose: self.purpose(),
            guards: st.guards.clone(),
            load: false,
            home: None,
            view: Some(View::Serialize),
        }
    }

    /// A call of a function of the workspace.
    fn func_call(&mut self, f: FuncId, args: &[Arg], span: Span, st: &mut State) -> V {
        let seeds = self.cx.seeds;
        if let Some(t) = seeds.transforms.get(&f) {
            let t = Transform::Bound(*t);
            let out = self.transformed(args, &t, span, st);
            for (i, a) in args.iter().enumerate() {
                let writes = self
                    .cx
                    .program
                    .func(f)
                    .and_then(|f| f.params.get(i))
                    .is_some_and(|p| matches!(p.ty, TypeRef::RefMut(_)));
                if writes {
                    let v = self.transformed(std::slice::from_ref(a), &t, span, st);
                    self.write_arg(a, &[], &v, false, st);
                }
            }
            return out;
        }
        let params: Vec<V> = args.iter().map(|a| self.load(st, &a.v)).collect();
        let mut v = self.apply(f, &params, span, Some(args), st);
        // A result that borrows from an argument is an alias of it.
        if let Some(def) = self.cx.program.func(f)
            && matches!(def.ret, TypeRef::RefMut(_))
            && let Some(summary) = self.summary(f)
        {
            let mut refs = Vec::new();
            for (fact, _) in &summary.ret.facts {
                if let (Origin::Param(i, path), None) = (&fact.origin, fact.deep)
                    && let Some(a) = args.get(*i as usize)
                {
                    for (l, mut way) in self.arg_ways(a, st) {
                        way.extend(path.iter().cloned().map(Way1::Field));
                        refs.push((l, way));
                    }
                }
            }
            if !refs.is_empty() {
                let mut out = (*v).clone();
                out.refs = refs;
                v = Arc::new(out);
            }
        }
        v
    }

    /// The places that an argument passes by reference.
    fn arg_ways(&self, a: &Arg, st: &State) -> Vec<(crate::ir::body::Local, Vec<Way1>)> {
        if !a.v.refs.is_empty() {
            return a.v.refs.clone();
        }
        match &a.place {
            Some(p) => {
                let way = p
                    .path
                    .iter()
                    .filter_map(|s| match s {
                        Sel::Field(n) => Some(Way1::Field(n.clone())),
                        Sel::Index => Some(Way1::Element),
                        Sel::Err => Some(Way1::Field("Err".into())),
                        Sel::As(_) | Sel::Some | Sel::Deref => None,
                    })
                    .collect();
                let _ = st;
                vec![(p.base, way)]
            }
            None => Vec::new(),
        }
    }

    /// Writes back into an argument.
    fn write_arg(&mut self, a: &Arg, path: &[Name], v: &V, weak: bool, st: &mut State) {
        if a.v.refs.is_empty()
            && let Some(p) = &a.place
        {
            let mut place = p.clone();
            place.path.extend(path.iter().cloned().map(Sel::Field));
            self.write_ways(&place, v, weak, st);
            return;
        }
        let ways = a.v.refs.clone();
        let weak = weak || ways.len() > 1;
        for (l, mut way) in ways {
            way.extend(path.iter().cloned().map(Way1::Field));
            let new = super::value::write(&st.get(l), &way, v, weak, 0);
            st.set(l, new);
        }
    }

    /// A call of a function by its values alone.
    pub(super) fn inline(&mut self, f: FuncId, args: &[V], span: Span, st: &mut State) -> V {
        if let Some(t) = self.cx.seeds.transforms.get(&f) {
            let args: Vec<Arg> =
                args.iter().map(|v| Arg { v: v.clone(), place: None, span, ty: Ty::Unknown }).collect();
            return self.transformed(&args, &Transform::Bound(*t), span, st);
        }
        let params: Vec<V> = args.iter().map(|v| self.load(st, v)).collect();
        self.apply(f, &params, span, None, st)
    }

    /// Applies a summary.
    fn apply(&mut self, f: FuncId, params: &[V], span: Span, args: Option<&[Arg]>, st: &mut State) -> V {
        self.called(f, &st.guards, span);
        let seeds = self.cx.seeds;
        let hop_span = |i: usize| args.and_then(|a| a.get(i)).map_or(span, |a| a.span);
        let first = params.iter().position(|p| p.has_data()).unwrap_or(0);
        let mut actual =
            Actual { params, called: BTreeMap::new(), hop: Path::hop(self.id, hop_span(first), What::Into(f)) };
        let mut ret = V::default();
        if let Some(summary) = self.summary(f) {
            for (n, call) in summary.given.iter().enumerate() {
                let callee = actual.value_with_callables(&call.callee);
                let values: Vec<V> = call.args.iter().map(|a| actual.value(a)).collect();
                let held = st.guards.clone();
                st.guards.and(&actual.must(&call.guards));
                let v = self.call_value(&callee, &values, span, true, st);
                st.guards = held;
                actual.called.insert(n as u32, v);
            }
            for a in &summary.arrivals {
                self.steps += 1 + a.data.facts.len() as u64 + a.data.fields.len() as u64;
                if self.steps > crate::limits::FLOW_STEPS {
                    break;
                }
                self.lift(f, &a.kind, &actual.value(&a.data), &actual, span, st);
            }
            for (i, out) in &summary.outs {
                if let Some(a) = args.and_then(|a| a.get(*i as usize)) {
                    let v = actual.value(out);
                    self.write_arg(a, &[], &v, false, st);
                }
            }
            st.guards.and(&actual.must(&summary.must));
            if summary.diverges {
                *st = State::unreached(self.f.locals.len());
                return V::default();
            }
            for (key, text) in &summary.field_texts {
                for t in actual.text(text) {
                    self.field_text(key, &t);
                }
            }
            let from = Path::hop(self.id, span, What::From(f));
            ret = actual.value(&summary.ret);
            let through_source = summary.ret.has_data();
            if through_source {
                ret = ret.map_info(&|i| i.path = i.path.then(&from));
            }
        }
        let mut out = (*ret).clone();
        if let Some(seed) = seeds.results.get(&f) {
            self.add_entry(&mut out, *seed, span);
        }
        if let Some(g) = seeds.guard_funcs.get(&f) {
            let w = self.guard_value(*g, params, st);
            let unit =
                self.cx.typed.get(f.0 as usize).is_some_and(|t| matches!(&t.ret, Ty::Tuple(ts) if ts.is_empty()));
            if unit {
                st.guards.and(&w.yes);
            }
            match &mut out.when {
                Some(have) => {
                    have.yes.and(&w.yes);
                    have.no.and(&w.no);
                }
                None => out.when = Some(Box::new(w)),
            }
        }
        if let Some(Ty::Adt(t, _)) = self.cx.typed.get(f.0 as usize).map(|t| peel(self.cx.models, &t.ret)) {
            out.adt = out.adt.or(Some(*t));
        }
        Arc::new(out)
    }

    /// An arrival of a callee, seen from here.
    fn lift(&mut self, f: FuncId, kind: &Kind, data: &V, actual: &Actual<'_>, span: Span, st: &State) {
        let mut kind = kind.clone();
        kind.target = actual.target(&kind.target);
        let mut guards = actual.must(&kind.guards);
        guards.and(&st.guards);
        kind.guards = guards;
        if kind.action == Action::Use {
            if kind.purpose.is_none()
                && let Some(p) = self.purpose()
            {
                // The last step inside code bound to the purpose itself.
                kind.purpose = Some(p);
                kind.at = At { func: self.id, span, symbol: self.cx.program.func_path(f) };
            }
            for (fact, info) in &data.facts {
                if matches!(fact.origin, Origin::Declared(..)) || fact.deep.is_some() && fact_open(fact) {
                    continue;
                }
                if fact_open(fact) {
                    self.open_touch(fact, kind.clone(), info);
                } else {
                    self.close(kind.clone(), fact.clone(), info.clone());
                }
            }
            return;
        }
        if kind.purpose.is_none() {
            kind.purpose = self.purpose();
        }
        self.arrive(kind, data.clone());
    }

    /// A call of which nothing is known: its arguments may be in its result.
    fn unknown_call(&mut self, info: &Site, args: &[Arg], span: Span, st: &mut State) -> V {
        let nothing = matches!(&info.ret, Ty::Tuple(ts) if ts.is_empty()) || info.ret == Ty::ext("bool");
        let mut out = Value { unknown: true, ..Value::default() };
        if !nothing {
            for (i, a) in args.iter().enumerate() {
                let v = self.load(st, &a.v);
                if i == 0 && info.method {
                    let own = Value { facts: v.facts.clone(), ..Value::default() };
                    own.flatten_into(View::Display, &mut out);
                } else {
                    v.flatten_into(View::Display, &mut out);
                }
            }
            for (_, i) in &mut out.facts {
                i.derived = true;
                i.confidence = Confidence::Possible;
            }
        }
        for a in args {
            let v = self.load(st, &a.v);
            // Closures may run.
            for c in v.callees.clone() {
                if let super::value::Callable::Closure(id) = c {
                    self.closure(id, &[], true, st);
                }
            }
            // What is lent may be written.
            if !a.v.refs.is_empty() && out.has_data() {
                let mut all = Value::default();
                for other in args {
                    self.load(st, &other.v).flatten_into(View::Display, &mut all);
                }
                for (_, i) in &mut all.facts {
                    i.derived = true;
                    i.confidence = Confidence::Possible;
                }
                self.write_arg(a, &[], &Arc::new(all), true, st);
            }
        }
        let fresh = self.fresh(&info.ret, span);
        let mut v = join(&Arc::new(out), &fresh);
        self.label_result(info, &mut v, args, span, st);
        v
    }

    // ---- model rows

    fn port(&mut self, port: &Port, args: &[Arg], ret: &V, st: &mut State) -> V {
        let (mut v, ty, span) = match port.base {
            PortBase::Ret => (ret.clone(), Ty::Unknown, self.f.span),
            PortBase::Arg(i) => match args.get(i as usize) {
                Some(a) => (self.load(st, &a.v), a.ty.clone(), a.span),
                None => return V::default(),
            },
            PortBase::Rest(n) => {
                let mut out = V::default();
                for a in args.iter().skip(n as usize) {
                    out = join(&out, &self.load(st, &a.v));
                }
                return out;
            }
        };
        for n in &port.path {
            v = v.field(n);
        }
        match port.view {
            Some(view) => self.view(&v, &ty, view, span, st),
            None => v,
        }
    }

    /// Carries out a row by values alone.
    pub(super) fn row_value(&mut self, row: u32, args: &[V], span: Span, st: &mut State) -> V {
        let args: Vec<Arg> = args.iter().map(|v| Arg { v: v.clone(), place: None, span, ty: Ty::Unknown }).collect();
        self.row_call(row, &Site::default(), &args, span, st)
    }

    /// Carries out a row.
    fn row_call(&mut self, row: u32, info: &Site, args: &[Arg], span: Span, st: &mut State) -> V {
        let models = self.cx.models;
        let Some(row) = models.row(row) else { return V::default() };
        let mut ret = V::default();
        for effect in &row.effects {
            match effect {
                Effect::Flow { from, to, derived, replace } => {
                    let mut v = self.port(from, args, &ret, st);
                    if *derived {
                        let mut flat = Value::default();
                        v.flatten_into(View::Display, &mut flat);
                        for (_, i) in &mut flat.facts {
                            i.derived = true;
                        }
                        v = Arc::new(flat);
                    }
                    self.put(to, v, *replace, args, &mut ret, st);
                }
                Effect::Call { f, args: given, to } => {
                    let callee = self.port_raw(f, args, st);
                    // A future that is already a value has nothing to run.
                    if given.is_empty() && callee.callees.is_empty() && !super::summary::value_open(&callee) {
                        continue;
                    }
                    let values: Vec<V> = given.iter().map(|p| self.port(p, args, &ret, st)).collect();
                    let v = self.call_value(&callee, &values, span, true, st);
                    let v = self.load(st, &v);
                    if let Some(to) = to {
                        self.put(to, v, false, args, &mut ret, st);
                    }
                }
                Effect::Filter { f, from, to } => {
                    let callee = self.port_raw(f, args, st);
                    let v = self.port(from, args, &ret, st);
                    let verdict = self.call_value(&callee, std::slice::from_ref(&v), span, true, st);
                    let guards: Vec<u32> = match &verdict.when {
                        Some(w) if !w.yes.all => w.yes.set.keys().copied().collect(),
                        _ => Vec::new(),
                    };
                    let mut out = v.map_info(&|i| i.guards.extend(guards.iter().copied()));
                    // `filter_map` passes what the closure returns.
                    if verdict.has_data() {
                        out = join(&out, &verdict.data().map_info(&|i| i.guards.extend(guards.iter().copied())));
                    }
                    self.put(to, out, false, args, &mut ret, st);
                }
                Effect::Alias(p) => {
                    if let PortBase::Arg(i) = p.base
                        && let Some(a) = args.get(i as usize)
                    {
                        let mut refs = self.arg_ways(a, st);
                        for (_, way) in &mut refs {
                            way.extend(p.path.iter().cloned().map(Way1::Field));
                        }
                        if refs.is_empty() {
                            ret = self.port(p, args, &ret, st);
                        } else {
                            let mut out = (*ret).clone();
                            out.refs = refs;
                            ret = Arc::new(out);
                        }
                    }
                }
                Effect::Arrive { kind, data, url } => {
                    let mut all = V::default();
                    for p in data {
                        let v = self.port(p, args, &ret, st);
                        all = join(&all, &v.data());
                    }
                    self.row_arrival(*kind, url.as_ref(), all, info, row, args, span, st);
                }
                Effect::Sql { text, binds } => {
                    let text = self.port(text, args, &ret, st);
                    ret = join(&ret, &self.sql_start(&text, span, st));
                    match binds {
                        Some(Port { base: PortBase::Rest(n), .. }) => {
                            for a in args.iter().skip(*n as usize) {
                                let v = self.load(st, &a.v);
                                ret = self.sql_bind(&ret, &v, a.span, st);
                            }
                        }
                        Some(p) => {
                            let list = self.port(p, args, &ret, st);
                            let at = match p.base {
                                PortBase::Arg(i) => args.get(i as usize).map_or(span, |a| a.span),
                                _ => span,
                            };
                            let tuple = list.fields.iter().filter(|(n, _)| n.parse::<u32>().is_ok());
                            let items: Vec<V> = if list.items.is_empty() {
                                tuple.map(|(_, v)| v.clone()).collect()
                            } else {
                                list.items.clone()
                            };
                            for v in items {
                                ret = self.sql_bind(&ret, &v, at, st);
                            }
                        }
                        None => {}
                    }
                    // A macro's type argument, a turbofish.
                    if let Ty::Adt(t, _) = peel(models, info.ret.args().first().unwrap_or(&Ty::Unknown)) {
                        let mut out = (*ret).clone();
                        out.adt = Some(*t);
                        ret = Arc::new(out);
                    }
                }
                Effect::Bind(p) => {
                    let v = self.port(p, args, &ret, st);
                    let at = args.get(1).map_or(span, |a| a.span);
                    let query = args.first().map(|a| self.load(st, &a.v)).unwrap_or_default();
                    ret = self.sql_bind(&query, &v, at, st);
                    // `query.bind(x);` on a variable binds in place.
                    if let Some(a) = args.first()
                        && a.place.is_some()
                    {
                        let bound = ret.clone();
                        self.write_arg(a, &[], &bound, false, st);
                    }
                }
                Effect::Rows(p) => {
                    let query = self.port(p, args, &ret, st);
                    let rows = self.sql_rows(&query, &info.ret, false, span, st);
                    ret = join(&ret, &rows);
                }
                Effect::Scalar(p) => {
                    let query = self.port(p, args, &ret, st);
                    let rows = self.sql_rows(&query, &info.ret, true, span, st);
                    ret = join(&ret, &rows);
                }
                Effect::Get { of, key } => {
                    let v = self.port(of, args, &ret, st);
                    let key = self.port(key, args, &ret, st);
                    let literal = match key.texts.as_slice() {
                        [Text { pieces, .. }] => match pieces.as_slice() {
                            [TextPiece::Lit(s)] => Some(s.clone()),
                            _ => None,
                        },
                        _ => None,
                    };
                    let part = match literal {
                        Some(k) if k.chars().all(|c| c.is_ascii_digit()) => v.field(&format!("#{k}")),
                        Some(k) => v.field(&k),
                        None => {
                            let mut flat = Value::default();
                            v.flatten_into(View::Display, &mut flat);
                            super::summary::doubt(&Arc::new(flat), Confidence::Possible)
                        }
                    };
                    ret = join(&ret, &part);
                }
                Effect::Kind { name, from, to } => {
                    let v = self.port(from, args, &ret, st);
                    let t = match self.cx.seeds.transform_ext.get(name) {
                        Some(t) => Transform::Bound(*t),
                        None => Transform::Kind(name.to_string()),
                    };
                    let a = Arg { v, place: None, span, ty: Ty::Unknown };
                    let out = self.transformed(&[a], &t, span, st);
                    self.put(to, out, false, args, &mut ret, st);
                }
                Effect::Fresh => {
                    let v = self.fresh(&info.ret, span);
                    ret = join(&ret, &v);
                }
                Effect::Env(p) => {
                    let key = self.port(p, args, &ret, st);
                    let mut out = (*ret).clone();
                    out.unknown = true;
                    for t in &key.texts {
                        let piece = match t.pieces.as_slice() {
                            [TextPiece::Lit(s)] => TextPiece::Env(s.clone()),
                            [TextPiece::Param(i, path, _)] => TextPiece::EnvOf(*i, path.clone()),
                            _ => continue,
                        };
                        out.texts.push(Text { pieces: vec![piece], span: None });
                    }
                    ret = Arc::new(out);
                }
                Effect::Exit => {
                    *st = State::unreached(self.f.locals.len());
                    return V::default();
                }
            }
        }
        if info.ret == Ty::ext("bool") && ret.has_data() {
            let mut out = Value { when: ret.when.clone(), ..Value::default() };
            out.texts.clear();
            return Arc::new(out);
        }
        if ret.adt.is_none()
            && let Ty::Adt(t, _) = peel(models, &info.ret)
            && ret.has_data()
        {
            let mut out = (*ret).clone();
            out.adt = Some(*t);
            return Arc::new(out);
        }
        ret
    }

    /// An argument as it is, borrows and callables included.
    fn port_raw(&self, port: &Port, args: &[Arg], _st: &State) -> V {
        match port.base {
            PortBase::Arg(i) => args.get(i as usize).map(|a| a.v.clone()).unwrap_or_default(),
            _ => V::default(),
        }
    }

    /// Puts a value where an effect says.
    fn put(&mut self, to: &Port, v: V, replace: bool, args: &[Arg], ret: &mut V, st: &mut State) {
        match to.base {
            PortBase::Ret => {
                let way: Vec<Way1> = to.path.iter().cloned().map(Way1::Field).collect();
                let joined =
                    if way.is_empty() && ret.is_empty() { v } else { super::value::write(ret, &way, &v, !replace, 0) };
                *ret = joined;
            }
            PortBase::Arg(i) => {
                if let Some(a) = args.get(i as usize) {
                    self.write_arg(a, &to.path, &v.data(), !replace, st);
                }
            }
            PortBase::Rest(_) => {}
        }
    }

    #[allow(clippy::too_many_arguments, reason = "what an arrival is; a struct would only rename them")]
    fn row_arrival(
        &mut self,
        kind: ArriveKind,
        url: Option<&Port>,
        data: V,
        info: &Site,
        row: &crate::model::Row,
        args: &[Arg],
        span: Span,
        st: &mut State,
    ) {
        let symbol: Name = if info.symbol.is_empty() { row.path.clone() } else { info.symbol.clone() };
        let bound = self.cx.seeds.sink_of(&symbol).or_else(|| self.cx.seeds.sink_of(&row.path));
        let (action, target) = match (kind, bound) {
            (_, Some((action, target))) => (action, Tgt::Bound(target)),
            (ArriveKind::Http, None) => {
                let texts = match url {
                    Some(p) => self.port(p, args, &V::default(), st).texts.clone(),
                    None => Vec::new(),
                };
                (Action::Share, Tgt::Http(texts))
            }
            (ArriveKind::Log | ArriveKind::Print | ArriveKind::File, None) => {
                (Action::Keep, Tgt::Unbound(symbol.trim_end_matches('!').into()))
            }
        };
        // Whose arguments are passed through a variable: the arguments' own places are better than the macro's.
        let at = match kind {
            ArriveKind::Log | ArriveKind::Print => {
                args.iter().find(|a| self.load(st, &a.v).has_data()).map_or(span, |a| a.span)
            }
            _ => span,
        };
        let kind = self.kind(action, target, at, symbol, st);
        self.arrive(kind, data);
    }

    // ---- statements

    /// The value of a statement: what it reads and writes is noted.
    fn sql_start(&mut self, text: &V, span: Span, st: &mut State) -> V {
        let mut ids: Vec<u32> = Vec::new();
        for t in &text.texts {
            if let Some(list) = t.span.and_then(|s| self.cx.sql.by_span.get(&s)) {
                ids.extend(list);
            } else if let [TextPiece::Lit(s)] = t.pieces.as_slice()
                && let Some(list) = self.cx.sql.by_text.get(s.as_ref())
            {
                ids.extend(list);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut out = Value::default();
        for id in ids {
            self.sql_note(id, span, st);
            out.callees.push(super::value::Callable::Sql(id, 0));
        }
        Arc::new(out)
    }

    /// Notes the columns that a statement uses and those it copies.
    fn sql_note(&mut self, id: u32, _span: Span, st: &State) {
        let Some(f) = self.cx.sql.fns.get(id as usize) else { return };
        let seeds = self.cx.seeds;
        for u in &f.uses {
            let Some(seed) = seeds.columns.get(&u.column) else { continue };
            // Outside code with a purpose of its own, returned columns are used where they are touched.
            if u.returned && self.purpose().is_none() {
                continue;
            }
            let mut kind = self.kind(Action::Use, Tgt::Code, u.span, self.entry_name(*seed), st);
            kind.load = true;
            kind.view = None;
            let mut v = Value::default();
            self.add_entry(&mut v, *seed, u.span);
            for (fact, mut info) in v.facts {
                info.guards.extend(self.row_guards(f));
                self.close(kind.clone(), fact, info);
            }
        }
        for w in &f.writes {
            let mut data = Value::default();
            for from in &w.from {
                self.flowing(f, from, &V::default(), &mut data);
            }
            if data.has_data() {
                self.sql_write(w, Arc::new(data), st);
            }
        }
    }

    fn entry_name(&self, seed: u32) -> Name {
        self.cx.seeds.entries.get(seed as usize).map(|e| Name::from(e.name.as_str())).unwrap_or_default()
    }

    /// Guards that hold for the rows of a statement.
    fn row_guards(&self, f: &crate::link::sqlfn::SqlFn) -> Vec<u32> {
        f.row_guards
            .iter()
            .filter_map(|(c, truth)| {
                let (g, negated) = self.cx.seeds.guard_columns.get(c)?;
                (*truth != *negated).then_some(*g)
            })
            .collect()
    }

    /// Adds what flows from a column or bound argument.
    fn flowing(&self, f: &crate::link::sqlfn::SqlFn, from: &crate::link::sqlfn::Flowing, query: &V, out: &mut Value) {
        use crate::link::sqlfn::SqlSource;
        let mut part = Value::default();
        match from.source {
            SqlSource::Column(c) => {
                if let Some(seed) = self.cx.seeds.columns.get(&c) {
                    self.add_entry(&mut part, *seed, from.span);
                }
                if let Some(g) = self.cx.seeds.guard_columns.get(&c) {
                    let mut m = super::value::Must::default();
                    m.set.insert(g.0, [super::value::Root::Entry(from.span)].into());
                    let when = if g.1 {
                        super::value::When { no: m, ..Default::default() }
                    } else {
                        super::value::When { yes: m, ..Default::default() }
                    };
                    out.when = Some(Box::new(when));
                }
            }
            SqlSource::Param(n) => {
                query.field(&format!("${n}")).flatten_into(View::Display, &mut part);
            }
        }
        let guards = self.row_guards(f);
        for (mut fact, mut info) in part.facts {
            for name in &from.functions {
                if let Some(kind) = crate::link::lineage::is_transform_function(name) {
                    let t = match self.cx.seeds.transform_ext.get(name) {
                        Some(t) => Transform::Bound(*t),
                        None => Transform::Kind(kind.to_string()),
                    };
                    fact.push_transform(&t);
                }
            }
            info.derived |= from.derived;
            info.guards.extend(guards.iter().copied());
            out.add(fact, info);
        }
    }

    /// Data is written to a column.
    fn sql_write(&mut self, w: &crate::link::sqlfn::Write, data: V, st: &State) {
        let seeds = self.cx.seeds;
        let table = (w.column.schema, w.column.table);
        let name = seeds.table_names.get(&table).cloned().unwrap_or_default();
        let target = match seeds.tables.get(&table) {
            Some(store) => Tgt::Bound(*store),
            None => Tgt::Unbound(name.as_str().into()),
        };
        let mut kind = self.kind(Action::Keep, target, w.span, name.into(), st);
        kind.home = Some(w.column);
        kind.view = None;
        self.arrive(kind, data);
    }

    /// One more bound argument.
    fn sql_bind(&mut self, query: &V, v: &V, at: Span, st: &mut State) -> V {
        let mut out = (**query).clone();
        let mut data = Value::default();
        v.flatten_into(View::Display, &mut data);
        let data = Arc::new(data);
        for c in &mut out.callees {
            let super::value::Callable::Sql(id, n) = c else { continue };
            let (id, param) = (*id, *n);
            *n += 1;
            let Some(f) = self.cx.sql.fns.get(id as usize) else { continue };
            for w in &f.writes {
                for from in &w.from {
                    if from.source == crate::link::sqlfn::SqlSource::Param(param) {
                        let column = w.column;
                        let name: Name = self
                            .cx
                            .seeds
                            .columns
                            .get(&column)
                            .map(|s| self.entry_name(*s))
                            .or_else(|| {
                                self.cx.seeds.table_names.get(&(column.schema, column.table)).map(|s| s.as_str().into())
                            })
                            .unwrap_or_default();
                        let hop = Path::hop(self.id, at, What::Column(name));
                        let mut part = Value::default();
                        let mut holder = Value::default();
                        holder.set_field(&format!("${param}"), data.clone());
                        self.flowing(f, from, &Arc::new(holder), &mut part);
                        let part = Arc::new(part).map_info(&|i| i.path = i.path.then(&hop));
                        self.sql_write(w, part, st);
                    }
                }
            }
            if data.has_data() {
                out.fields.retain(|(k, _)| k.as_str() != format!("${param}"));
                out.fields.push((format!("${param}").into(), data.clone()));
                out.fields.sort_by(|a, b| a.0.cmp(&b.0));
            }
        }
        Arc::new(out)
    }

    /// The rows of a statement, as values of the type that takes them.
    fn sql_rows(&mut self, query: &V, ret: &Ty, scalar: bool, span: Span, st: &mut State) -> V {
        let row_ty = match (peel(self.cx.models, ret), query.adt) {
            (Ty::Unknown | Ty::Param(_), Some(t)) => Ty::Adt(t, Arc::from([])),
            (t, _) => t.clone(),
        };
        let mut out = V::default();
        for c in &query.callees {
            let super::value::Callable::Sql(id, _) = c else { continue };
            let Some(f) = self.cx.sql.fns.get(*id as usize) else { continue };
            let mut columns: Vec<(Name, V)> = Vec::new();
            for o in &f.outputs {
                let mut v = Value::default();
                for from in &o.from {
                    self.flowing(f, from, query, &mut v);
                }
                columns.push((o.name.clone(), Arc::new(v)));
            }
            let v = self.row_of(&columns, &row_ty, scalar, span, st);
            out = join(&out, &v);
        }
        out
    }

    fn row_of(&mut self, columns: &[(Name, V)], ty: &Ty, scalar: bool, span: Span, st: &mut State) -> V {
        use crate::ir::items::TypeKind;
        if scalar {
            return columns.first().map(|(_, v)| v.clone()).unwrap_or_default();
        }
        let mut row = Value::default();
        match ty {
            Ty::Tuple(ts) => {
                for (i, (_, v)) in columns.iter().enumerate().take(ts.len()) {
                    row.set_field(&i.to_string(), v.clone());
                }
            }
            Ty::Adt(t, _) => {
                row.adt = Some(*t);
                if let Some(i) = self.cx.program.impls_for(*t, "FromRow").first().copied()
                    && let Some(f) = self.cx.program.impl_method(i, "from_row")
                {
                    let raw = self.row_of(columns, &Ty::Unknown, false, span, st);
                    return self.inline(f, &[raw], span, st);
                }
                let Some(def) = self.cx.program.type_def(*t) else { return V::default() };
                let TypeKind::Struct(fields) = &def.kind else { return V::default() };
                // A newtype takes the single column.
                if let [only] = fields.as_slice()
                    && only.name == "0"
                    && let Some((_, v)) = columns.first()
                {
                    row.set_field("0", v.clone());
                    return Arc::new(row);
                }
                let rename = def.serde_attrs.iter().find_map(|a| rename_all(a));
                for field in fields {
                    if field.attrs.sql_skip {
                        continue;
                    }
                    if field.attrs.flatten {
                        let inner = crate::link::ty::field_ty(self.cx.program, self.cx.models, ty, None, &field.name);
                        let inner = peel(self.cx.models, &inner).clone();
                        let v = self.row_of(columns, &inner, false, span, st);
                        row.set_field(&field.name, v);
                        continue;
                    }
                    let wanted = field.attrs.sql_rename.as_ref().unwrap_or(&field.name);
                    let wanted = wanted.strip_prefix("r#").unwrap_or(wanted);
                    let found = columns.iter().find(|(n, _)| {
                        n.eq_ignore_ascii_case(wanted)
                            || rename.as_ref().is_some_and(|r| n.as_str() == apply_case(r, wanted))
                    });
                    let mut v = found.map(|(_, v)| v.clone()).unwrap_or_default();
                    // The row's own label, where the column has none.
                    if !v.has_data()
                        && found.is_some()
                        && let Some(seed) = self.cx.seeds.fields.get(&(*t, None, field.name.clone()))
                    {
                        let mut labelled = (*v).clone();
                        self.add_entry(&mut labelled, *seed, field.span);
                        v = Arc::new(labelled);
                    }
                    row.set_field(&field.name, v);
                }
            }
            _ => {
                for (i, (n, v)) in columns.iter().enumerate() {
                    row.set_field(n, v.clone());
                    row.set_field(&i.to_string(), v.clone());
                    row.set_field(&format!("#{i}"), v.clone());
                }
                // One column, asked for as one value.
                if matches!(ty, Ty::Ext(n, _) if !n.contains("Row") && payload(self.cx.models, ty).is_none() && !n.contains("::"))
                    && let [(_, v)] = columns
                {
                    return v.clone();
                }
            }
        }
        Arc::new(row)
    }
}

/// The arguments of a macro that only lists them (`params![a, b]`) as the items of its value.
fn keep_items(v: V, args: &[Arg]) -> V {
    let mut out = (*v).clone();
    out.items = args.iter().map(|a| a.v.data()).collect();
    Arc::new(out)
}

fn transform_name(t: &Transform) -> Name {
    match t {
        Transform::Bound(n) => format!("#{n}").into(),
        Transform::Kind(k) => k.as_str().into(),
    }
}

/// `#[sqlx(rename_all = "camelCase")]`.
fn rename_all(attr: &str) -> Option<String> {
    let at = attr.find("rename_all")?;
    let rest = attr.get(at..)?;
    let open = rest.find('"')?;
    let rest = rest.get(open + 1..)?;
    Some(rest.get(..rest.find('"')?)?.to_string())
}

fn apply_case(case: &str, field: &str) -> String {
    let words: Vec<&str> = field.split('_').filter(|w| !w.is_empty()).collect();
    let capital = |w: &str| {
        let mut c = w.chars();
        c.next().map(|f| f.to_uppercase().collect::<String>() + c.as_str()).unwrap_or_default()
    };
    match case {
        "camelCase" => {
            words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_string() } else { capital(w) }).collect()
        }
        "PascalCase" => words.iter().map(|w| capital(w)).collect(),
        "kebab-case" => words.join("-"),
        "SCREAMING_SNAKE_CASE" => field.to_uppercase(),
        "lowercase" => words.concat(),
        _ => field.to_string(),
    }
}
