//! Routers: which handlers a service runs, behind which layers.
//!
//! A router is a value that has a part for each handler that was given to it, named by the place where that was. A
//! layer adds what it establishes to the parts that are there when it is put around them. Where a router is served,
//! or returned to nobody here, its handlers are known to run behind their layers; a handler that is on several
//! roads runs behind what all of them have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{is_path, named};
use super::callee::Callable;
use super::interp::{Cx, Interp};
use super::must::{Held, Must, Of, What};
use super::value::{Fact, Info, Origin, V, Value};
use crate::ir::Name;
use crate::ir::attr::Attr;
use crate::ir::body::Rvalue;
use crate::link::infer::{Target, Typed};
use crate::link::program::{FuncId, Program};
use crate::link::ty::Ty;
use crate::model::{Effect, ModelSet, Port, PortBase};
use crate::source::Span;

/// Parts of a router are named so, and no field is.
const ROUTE: &str = "route:";

/// The part of a router that is a handler which was given to it at a place.
pub(super) fn route(at: Span) -> Name {
    format!("{ROUTE}{}:{}", at.file.0, at.lo).into()
}

impl Interp<'_> {
    /// A router with a handler more.
    pub(super) fn with_route(&self, router: &V, handler: &Value, span: Span) -> V {
        if !self.cx.guarded {
            return router.clone();
        }
        let funcs = handler.callees.iter().filter(|c| matches!(c, Callable::Func(_))).cloned().collect();
        let mut part = Value { callees: funcs, ..Value::default() };
        part.add(Fact::route(), Info::default());
        let mut out = (**router).clone();
        out.set_field(&route(span), Arc::new(part));
        Arc::new(out)
    }

    /// A router behind a layer.
    pub(super) fn with_layer(&self, router: &V, layer: &Value) -> V {
        if !self.cx.guarded {
            return router.clone();
        }
        let mut held = Must::default();
        for c in &layer.callees {
            match c {
                Callable::Func(f) => held.and(&self.lets_pass(*f)),
                Callable::Ctor(t, _) => {
                    held.and(&self.proof(&Ty::Adt(*t, [].into()), &Of::Everyone).map_or_else(Must::default, |(m, _)| m))
                }
                _ => {}
            }
        }
        if let Some(t) = layer.adt
            && let Some((m, _)) = self.proof(&Ty::Adt(t, [].into()), &Of::Everyone)
        {
            held.and(&m);
        }
        if held.is_nothing() {
            return router.clone();
        }
        let mut out = (**router).clone();
        for (_, part) in out.fields.iter_mut().filter(|(n, _)| n.starts_with(ROUTE)) {
            *part = part.map_info(&|i| i.guards.and(&held));
        }
        Arc::new(out)
    }

    /// What holds where a middleware runs the rest. Whom it asked about cannot be compared with what a handler is given.
    fn lets_pass(&self, middleware: FuncId) -> Must {
        if let Some((g, false)) = self.cx.seeds.guard_funcs.get(&middleware) {
            return Must::of(Held::guard(*g, Of::Everyone));
        }
        let (Some(summary), Some(typed), Some(def)) =
            (self.summary(middleware), self.cx.typed.get(middleware.0 as usize), self.cx.program.func(middleware))
        else {
            return Must::default();
        };
        let is_rest = |i: u32| {
            let local = def.params.get(i as usize).map(|p| p.local.0 as usize);
            is_rest(local.and_then(|l| typed.locals.get(l)))
        };
        let rest = summary.given.iter().filter(|call| {
            call.callee.facts.iter().any(|(f, _)| matches!(f.origin, Origin::Param(i, _) if is_rest(i)))
        });
        rest.map(|call| outside(&call.guards))
            .reduce(|mut a, b| {
                a.or(&b);
                a
            })
            .unwrap_or_default()
    }
}

/// Whether a middleware is given what comes behind it as a value of this type.
pub(super) fn is_rest(ty: Option<&Ty>) -> bool {
    matches!(ty, Some(Ty::Ext(n, _)) if n.ends_with("::Next"))
}

/// What a function that runs first has established, for one that runs then.
pub(super) fn outside(m: &Must) -> Must {
    m.map(&mut |h| match (&h.what, &h.of) {
        (What::Given(..), _) => Some(Must::default()),
        (What::Guard(_), Of::Everyone) | (What::Routed(_), _) => None,
        (What::Guard(_), Of::People(_)) => Some(Must::of(Held { of: Of::Everyone, sure: false, ..h.clone() })),
    })
}

/// What holds whenever a handler runs.
#[derive(Debug, Default)]
pub(super) struct Routed {
    /// Of functions that are routed.
    pub(super) handlers: BTreeMap<FuncId, Must>,
    /// Of whatever was given to a router at a place: closures have no other name.
    routes: BTreeMap<Name, Must>,
}

impl Routed {
    /// By the routers that are served, or returned to nobody.
    pub(super) fn of(cx: Cx<'_>, roots: &[FuncId]) -> Self {
        let mut out = Routed::default();
        for s in cx.summaries.iter().flatten() {
            s.served.iter().for_each(|router| out.gather(router));
        }
        for r in roots {
            if let Some(s) = cx.summaries.get(r.0 as usize).and_then(Option::as_ref) {
                out.gather(&s.ret);
            }
        }
        out
    }

    fn gather(&mut self, router: &Value) {
        for (name, part) in &router.fields {
            if !name.starts_with(ROUTE) {
                self.gather(part);
                continue;
            }
            let Some((_, info)) = part.facts.first() else { continue };
            let funcs = part.callees.iter().filter_map(|c| if let Callable::Func(f) = c { Some(*f) } else { None });
            let also = |m: &mut Must| m.or(&info.guards);
            for f in funcs {
                self.handlers.entry(f).and_modify(also).or_insert_with(|| info.guards.clone());
            }
            self.routes.entry(name.clone()).and_modify(also).or_insert_with(|| info.guards.clone());
        }
    }

    /// What is established, with what the layers ask around handlers.
    pub(super) fn told(&self, m: &Must) -> Must {
        m.map(&mut |h| match &h.what {
            What::Routed(route) => Some(self.routes.get(route).cloned().unwrap_or_default()),
            What::Guard(_) | What::Given(..) => None,
        })
    }
}

/// The handlers that are given to routers, each with the function that does it; those that an attribute makes handlers,
/// with their module.
pub(super) fn handlers(p: &Program, models: &ModelSet, typed: &[Typed]) -> BTreeMap<FuncId, Name> {
    let mut out = BTreeMap::new();
    for f in p.func_ids().filter(|f| !p.is_test(*f)) {
        let (Some(def), Some(t)) = (p.func(f), typed.get(f.0 as usize)) else { continue };
        if def.attrs.iter().any(|a| is_route(a) && a.args.trim_start().starts_with('"')) {
            out.insert(f, p.mod_path(p.func_module(f)));
        }
        def.each(&mut |src, _| {
            let Rvalue::Call { args, site, .. } = src else { return };
            let site = t.sites.get(*site as usize).filter(|_| args.iter().any(is_path));
            let rows = site.into_iter().flat_map(|s| &s.targets);
            let rows = rows.filter_map(|t| if let Target::Row(r) = t { models.row(*r) } else { None });
            for effect in rows.flat_map(|r| &r.effects) {
                if let Effect::Route(Port { base: PortBase::Arg(i), .. }) = effect
                    && let Some(op) = args.get(*i as usize)
                {
                    out.extend(named(p, t, op).into_iter().map(|h| (h, p.func_path(f))));
                }
            }
        });
    }
    out
}

/// Whether an attribute makes a handler: `#[get("/mail")]`.
pub(super) fn is_route(attr: &Attr) -> bool {
    ["get", "post", "put", "patch", "delete", "head", "options", "route"].contains(&attr.name())
}
