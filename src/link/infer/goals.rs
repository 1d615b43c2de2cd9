//! What waits until a type is known: collections, conversions, what an impl says.

use super::{Goal, Walk, Wanted};
use crate::link::ty::{Ty, is_map, payload};

impl Walk<'_> {
    pub(super) fn wanted(&mut self, on: &Ty, what: Wanted) {
        self.goals.push(Goal { on: on.clone(), what });
    }

    /// Does what waited for types that are known by now; at the end also what still waits.
    pub(super) fn settle(&mut self, end: bool) {
        if !end && self.goals.iter().all(|goal| self.vars.is_open(&goal.on)) {
            return;
        }
        for goal in std::mem::take(&mut self.goals) {
            let on = self.head(&goal.on);
            if matches!(on, Ty::Var(_) | Ty::Unknown) && !end {
                self.goals.push(goal);
                continue;
            }
            match goal.what {
                Wanted::Items(item) => self.collected(&on, &item, 0),
                Wanted::Conversion(at, from) => self.converted(&at, &from, &on),
                Wanted::Implemented(t, args) => self.implemented(t, &args, &on),
                Wanted::Given(path, made) => self.named_for(path, &on, &made),
                Wanted::Of(site, method, args) => self.of_type(site, method, args, &on),
                Wanted::Made(site, by) => self.made(site, by, &on),
            }
        }
    }

    /// A collection made of items.
    fn collected(&mut self, whole: &Ty, item: &Ty, depth: u32) {
        match self.head(whole) {
            Ty::Ext(n, args) if is_map(&n) => {
                self.unify(&Ty::Tuple(args), item);
            }
            Ty::Ext(n, args) if matches!(n.as_str(), "Result" | "Option") && depth < 4 => {
                let item = self.head(item);
                let inner = self.payload_of(&item, 0);
                if let Some(whole) = args.first() {
                    self.collected(whole, &inner, depth + 1);
                }
                if let (Some(e), "Result") = (args.get(1), n.as_str()) {
                    let error = self.payload_of(&item, 1);
                    self.unify(e, &error);
                }
            }
            Ty::Ext(n, args) if n == "Box" => {
                if let Some(whole) = args.first() {
                    self.collected(whole, item, depth + 1);
                }
            }
            t => {
                if let Some(want) = payload(self.models, &t).cloned() {
                    self.unify(&want, item);
                }
            }
        }
    }
}
