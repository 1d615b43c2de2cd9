//! Calls of functions: what models say of their results, and of the keys of JSON values.

use super::eval::Value;
use super::json;
use super::scope::Scope;
use super::{Lower, add};
use crate::ir::Name;
use crate::ir::sql::Expr;
use crate::limits;
use crate::link::sqlfn::{Flowing, Keys, Part, Passed};
use crate::model::sql::{Does, Function};
use crate::model::{PortBase, sql_functions};
use crate::source::Span;

/// A call, as far as a model needs it.
#[derive(Clone, Copy)]
pub(super) struct Call<'e> {
    pub schema: Option<&'e Name>,
    pub name: &'e Name,
    pub args: &'e [Expr],
    pub at: Span,
}

impl<'e> Call<'e> {
    fn shown(self) -> Name {
        match self.schema {
            Some(schema) => Name::new(format!("{schema}.{}", self.name)),
            None => self.name.clone(),
        }
    }

    pub(super) fn row(self) -> Option<&'static Function> {
        sql_functions().find(self.schema.map(Name::as_str), self.name, self.args.len())
    }

    /// The arguments that a port stands for.
    pub(super) fn port(self, port: PortBase) -> &'e [Expr] {
        let range = match port {
            PortBase::Arg(n) => n as usize..(n as usize).saturating_add(1),
            PortBase::Rest(n) => n as usize..self.args.len(),
            PortBase::Ret => 0..0,
        };
        self.args.get(range).unwrap_or_default()
    }

    pub(super) fn first(self, port: PortBase) -> &'e Expr {
        self.port(port).first().unwrap_or(&Expr::Const)
    }
}

/// Notes a function that values went through.
pub(super) fn passed(from: &mut [Flowing], name: &Name, kind: Option<&Name>) {
    for flow in from {
        if flow.functions.len() < limits::SQL_FUNCTIONS {
            flow.functions.push(Passed { name: name.clone(), kind: kind.cloned() });
        }
    }
}

impl Lower<'_> {
    /// The result of a call that no routine of the schema answers.
    pub(super) fn modelled(&mut self, call: Call<'_>, scope: &Scope<'_>, returned: bool) -> Value {
        let Some(row) = call.row() else {
            let mut value = self.all(call.args, scope, returned);
            value.keys = None;
            passed(&mut value.from, &call.shown(), None);
            return value.derived();
        };
        let mut out: Option<Value> = None;
        let mut looked = vec![false; call.args.len()];
        for does in &row.effects {
            for port in ports(does) {
                let (first, count) = (start(port), call.port(port).len());
                looked.iter_mut().skip(first).take(count).for_each(|l| *l = true);
            }
            let value = self.effect(does, call, scope, returned);
            match &mut out {
                Some(out) => out.join(value),
                None => out = Some(value),
            }
        }
        // What no effect names is looked at all the same.
        for (arg, _) in call.args.iter().zip(looked).filter(|(_, looked)| !looked) {
            self.eval(arg, scope, false);
        }
        out.unwrap_or_default().merged()
    }

    fn effect(&mut self, does: &Does, call: Call<'_>, scope: &Scope<'_>, returned: bool) -> Value {
        match does {
            Does::Pass { from, derived, kind } => {
                let mut value = self.all(call.port(*from), scope, returned);
                if *derived {
                    value.keys = None;
                    passed(&mut value.from, &call.shown(), kind.as_ref());
                    value = value.derived();
                }
                value
            }
            Does::Object(of) => match call.port(*of) {
                // A record is an object already.
                [row] => self.eval(row, scope, returned),
                pairs => self.object(pairs, scope, returned),
            },
            Does::Record(of) => self.eval(call.first(*of), scope, returned),
            Does::Get(of, path) => {
                let mut value = self.part(call, *of, *path, scope, returned);
                if !value.star {
                    self.used(&std::mem::take(&mut value.touch), call.at, returned);
                }
                value
            }
            Does::Drop(of, path) => {
                let base = call.first(*of);
                let mut value = self.held(base, scope, returned);
                for arg in call.port(*path) {
                    match (json::paths(arg), value.keys.take()) {
                        (Some(paths), Some(keys)) => {
                            let left = paths.iter().fold(keys.as_ref().clone(), |k, path| json::without(k, path));
                            value = Value { star: value.star, ..json::object(left) };
                        }
                        _ => {
                            self.eval(arg, scope, false);
                        }
                    }
                }
                self.settled(value, base, returned)
            }
            Does::Put(of, path, with) => {
                let base = call.first(*of);
                let with = self.all(call.port(*with), scope, returned);
                let mut value = self.held(base, scope, returned);
                match (json::path(call.port(*path)), value.keys.take()) {
                    (Some(path), Some(keys)) if !path.is_empty() => {
                        let now = json::with(keys.as_ref().clone(), &path, with.into_part());
                        value = Value { star: value.star, ..json::object(now) };
                    }
                    _ => {
                        self.all(call.port(*path), scope, false);
                        value.join(with);
                        value.keys = None;
                    }
                }
                self.settled(value, base, returned)
            }
            Does::Merge(of) => {
                let mut values = Vec::new();
                for arg in call.port(*of) {
                    let value = self.held(arg, scope, returned);
                    values.push(self.settled(value, arg, returned));
                }
                merge(values)
            }
        }
    }

    /// `'a', x, 'b', y`: an object.
    fn object(&mut self, args: &[Expr], scope: &Scope<'_>, returned: bool) -> Value {
        let mut keys: Option<Keys> = Some(Keys::new());
        let mut all = Value::default();
        for pair in args.chunks(2) {
            // What stands alone at the end filters or orders.
            let [key, value] = pair else {
                self.all(pair, scope, false);
                continue;
            };
            let value = self.eval(value, scope, returned);
            match (key, &mut keys) {
                (Expr::Text(key), Some(keys)) => json::insert(keys, key.clone(), value.clone().into_part()),
                (Expr::Text(_), None) => {}
                (key, _) => {
                    let key = self.eval(key, scope, returned);
                    all.join(key);
                    keys = None;
                }
            }
            all.join(value);
        }
        all.keys = keys.and_then(json::known);
        all
    }
}

/// The arguments that an effect speaks of.
fn ports(does: &Does) -> Vec<PortBase> {
    match does {
        Does::Pass { from: a, .. } | Does::Object(a) | Does::Merge(a) | Does::Record(a) => vec![*a],
        Does::Get(a, b) | Does::Drop(a, b) => vec![*a, *b],
        Does::Put(a, b, c) => vec![*a, *b, *c],
    }
}

fn start(port: PortBase) -> usize {
    match port {
        PortBase::Arg(n) | PortBase::Rest(n) => n as usize,
        PortBase::Ret => 0,
    }
}

/// `a || b`: of objects whose keys are known one object, else something derived from all.
fn merge(values: Vec<Value>) -> Value {
    let known = values.iter().all(|v| v.keys.is_some() || v.from.is_empty());
    if known && values.iter().any(|v| v.keys.is_some()) {
        let mut keys = Keys::new();
        let star = values.iter().any(|v| v.star);
        for (name, part) in values.iter().filter_map(|v| v.keys.as_ref()).flat_map(|k| k.iter()) {
            json::insert(&mut keys, name.clone(), part.clone());
        }
        return Value { star, ..json::object(keys) };
    }
    let mut out = Value::default();
    values.into_iter().for_each(|v| out.join(v));
    out.keys = None;
    out.derived()
}

impl Value {
    /// What stands under a key, as a value.
    pub(super) fn of(part: Part) -> Value {
        Value { from: part.from, touch: part.touch, keys: part.keys, ..Value::default() }
    }

    /// The value as what stands under a key.
    pub(super) fn into_part(self) -> Part {
        Part { from: self.from, touch: self.touch, keys: self.keys }
    }

    /// Something derived from the value.
    pub(super) fn derived(mut self) -> Value {
        self.from.iter_mut().for_each(|f| f.derived = true);
        self.merged()
    }

    /// Sources that have become equal are one.
    pub(super) fn merged(mut self) -> Value {
        for flow in std::mem::take(&mut self.from) {
            add(&mut self.from, flow);
        }
        self.id = None;
        self
    }
}
