//! The rows of a query: their columns and what they have established.

use std::rc::Rc;
use std::sync::Arc;

use super::eval::Value;
use super::functions::Call;
use super::people::keep;
use super::scope::{Col, Rel, Scope, rename};
use super::{Guards, Lower, add, json};
use crate::ir::Name;
use crate::ir::sql::{But, Cte, Expr, Item, Query, QueryBody, Relation, Select};
use crate::limits;
use crate::link::sqlfn::Flowing;
use crate::model::sql::Does;
use crate::source::Span;

/// What a query yields.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub cols: Vec<Col>,
    pub guards: Guards,
    /// Whether there may be columns that are not listed.
    pub open: bool,
    /// Tables that list no columns of which those would be.
    pub open_of: Vec<u32>,
}

impl Rows {
    /// As a relation: what was named inside is named, what came by `*` is not yet.
    pub(super) fn into_rel(self, alias: Name, columns: &[Name]) -> Rel {
        let mut cols = self.cols;
        for col in &mut cols {
            col.late = col.star;
            if !col.star {
                col.touch.clear();
                col.keys = col.keys.as_ref().map(json::named);
            }
        }
        let open = self.open.then(Vec::new);
        let mut rel = Rel {
            alias,
            schema: None,
            cols: Rc::new(cols),
            open,
            open_of: self.open_of,
            guards: self.guards,
            hidden: Vec::new(),
        };
        rename(&mut rel, columns);
        rel
    }
}

impl Lower<'_> {
    /// The rows of `q`. `returned` says whether its select list counts as one.
    pub(super) fn query(&mut self, q: &Query, parent: Option<&Scope<'_>>, returned: bool) -> Rows {
        if !self.step() || !self.enter() {
            return Rows::default();
        }
        let before = self.ctes.len();
        for cte in &q.ctes {
            self.cte(cte, parent, returned);
        }
        let rows = self.body(q, parent, returned);
        self.ctes.truncate(before);
        self.leave();
        rows
    }

    fn body(&mut self, q: &Query, parent: Option<&Scope<'_>>, returned: bool) -> Rows {
        match &q.body {
            QueryBody::Select(select) => self.select(select, &q.order_by, parent, returned),
            QueryBody::Values(list) => {
                let rows = self.values(list, parent);
                self.ordered(&q.order_by, &rows, parent);
                rows
            }
            QueryBody::Set(left, right) => {
                let mut rows = self.query(left, parent, returned);
                let other = self.query(right, parent, returned);
                unite(&mut rows, other);
                self.ordered(&q.order_by, &rows, parent);
                rows
            }
            QueryBody::Nested(inner) => {
                let rows = self.query(inner, parent, returned);
                self.ordered(&q.order_by, &rows, parent);
                rows
            }
            QueryBody::Insert { .. } | QueryBody::Update { .. } | QueryBody::Delete { .. } => {
                self.modify(&q.body, parent, returned)
            }
        }
    }

    /// `ORDER BY` and `LIMIT` of what is not a plain `SELECT` name its result columns.
    fn ordered(&mut self, order_by: &[Expr], rows: &Rows, parent: Option<&Scope<'_>>) {
        if order_by.is_empty() {
            return;
        }
        let mut scope = Scope::new(parent);
        scope.rels.push(rows.clone().into_rel(Name::default(), &[]));
        for e in order_by {
            self.eval(e, &scope, false);
        }
    }

    fn cte(&mut self, cte: &Cte, parent: Option<&Scope<'_>>, returned: bool) {
        if !cte.recursive {
            let rows = self.query(&cte.query, parent, returned);
            self.ctes.push((cte.name.clone(), rows.into_rel(cte.name.clone(), &cte.columns)));
            return;
        }
        // The columns of a recursive query are settled in rounds that record nothing.
        let slot = self.ctes.len();
        let start = Rows { open: true, ..Rows::default() };
        self.ctes.push((cte.name.clone(), start.into_rel(cte.name.clone(), &cte.columns)));
        let rounds = if self.rounds == 0 { limits::SQL_RECURSIVE_ROUNDS } else { 1 };
        self.rounds += 1;
        let mut last = 0;
        for _ in 0..rounds {
            let rows = self.query(&cte.query, parent, returned);
            let size: usize = rows.cols.iter().map(|c| c.from.len() + 1).sum();
            self.bind(slot, cte, rows);
            if size == last {
                break;
            }
            last = size;
        }
        self.rounds -= 1;
        let rows = self.query(&cte.query, parent, returned);
        self.bind(slot, cte, rows);
    }

    fn bind(&mut self, slot: usize, cte: &Cte, rows: Rows) {
        self.ctes.truncate(slot + 1);
        if let Some(entry) = self.ctes.get_mut(slot) {
            entry.1 = rows.into_rel(cte.name.clone(), &cte.columns);
        }
    }

    pub(super) fn values(&mut self, list: &[Vec<Expr>], parent: Option<&Scope<'_>>) -> Rows {
        let scope = Scope::new(parent);
        let mut rows = Rows::default();
        let alone = list.len() == 1;
        for list in list {
            for (i, e) in list.iter().enumerate() {
                if rows.cols.len() <= i {
                    let name = Name::new(format!("column{}", i + 1));
                    rows.cols.push(named(name, Vec::new(), self.span));
                }
                if *e == Expr::Const {
                    continue;
                }
                let value = self.eval(e, &scope, false);
                if let (Some(col), true) = (rows.cols.get_mut(i), alone) {
                    col.keys.clone_from(&value.keys);
                }
                if let (Some(col), Some(first)) = (rows.cols.get_mut(i), value.from.first())
                    && col.from.is_empty()
                {
                    col.span = first.span;
                }
                if let Some(col) = rows.cols.get_mut(i) {
                    value.from.into_iter().for_each(|f| add(&mut col.from, f));
                }
            }
        }
        rows
    }

    fn select(&mut self, s: &Select, order_by: &[Expr], parent: Option<&Scope<'_>>, returned: bool) -> Rows {
        let mut scope = Scope::new(parent);
        let mut rows = Rows { guards: self.from(&s.from, &mut scope), ..Rows::default() };
        self.items(&s.items, &mut scope, &mut rows, returned);
        // Some dialects let conditions name result columns.
        for filter in &s.filters {
            let mut guards = self.condition(filter, &scope);
            rows.guards.append(&mut guards);
        }
        // What an outer join is on holds where it finds a row.
        for e in &s.uses {
            self.condition(e, &scope);
        }
        self.tell_apart(&mut rows);
        for e in order_by {
            self.eval(e, &scope, false);
        }
        rows
    }

    /// Puts the relations of a `FROM` into the scope; what they establish for every row.
    pub(super) fn from(&mut self, list: &[Relation], scope: &mut Scope<'_>) -> Guards {
        let mut guards = Vec::new();
        for relation in list {
            let mut relation = relation;
            let mut optional = false;
            while let Relation::Optional(inner) = relation {
                optional = true;
                relation = inner;
            }
            if let Relation::Using(names) = relation {
                hide(scope, names);
                self.joined_by(scope);
                continue;
            }
            let rel = match relation {
                Relation::Table { name, alias, columns } => self.table(name, alias.as_ref(), columns),
                Relation::Sub { query, alias, columns, lateral } => {
                    let rows = if *lateral {
                        self.query(query, Some(scope), true)
                    } else {
                        self.query(query, scope.parent, true)
                    };
                    rows.into_rel(alias.clone().unwrap_or_default(), columns)
                }
                Relation::Function { args, name, alias, columns } => {
                    self.function(args, name, alias.as_ref(), columns, scope)
                }
                Relation::Using(_) | Relation::Optional(_) => continue,
            };
            if !optional {
                guards.extend(rel.guards.iter().copied());
            }
            scope.rels.push(rel);
        }
        guards
    }

    /// A function in `FROM`: its columns derive from its arguments; those of `unnest` one by one.
    fn function(
        &mut self,
        args: &[Expr],
        name: &Name,
        alias: Option<&Name>,
        columns: &[Name],
        scope: &Scope<'_>,
    ) -> Rel {
        if self.knows_routine(name) {
            let given: Vec<Vec<Flowing>> = args.iter().map(|a| self.eval(a, scope, true).from).collect();
            if let Some(rows) = self.call_routine(name, &given, self.span) {
                let mut rel = rows.into_rel(alias.unwrap_or(name).clone(), columns);
                // A function of one value is a column of its own name.
                if let ([_], true) = (rel.cols.as_slice(), columns.is_empty()) {
                    let shown = rel.alias.clone();
                    rename(&mut rel, &[shown]);
                }
                rel.open = Some(Vec::new());
                return rel;
            }
        }
        let call = Call { schema: None, name, args, at: self.span };
        let shown = alias.unwrap_or(name).clone();
        // `SELECT * FROM unnest($1, $2)` has a column for each argument.
        let each: Vec<Value> = if name == "unnest" {
            args.iter().map(|a| self.eval(a, scope, true)).collect()
        } else {
            vec![self.modelled(call, scope, true)]
        };
        let record = call.row().is_some_and(|r| r.effects.iter().any(|d| matches!(d, Does::Record(_))));
        let mut whole = Value::default();
        each.iter().for_each(|v| whole.join(v.clone()));
        let names = if columns.is_empty() { vec![shown.clone(); each.len().max(1)] } else { columns.to_vec() };
        let value = |i: usize, column: &Name| match (&whole.keys, each.as_slice()) {
            (Some(keys), _) if record => json::under(keys, column).unwrap_or_default(),
            (_, [_, _, ..]) => each.get(i).cloned().unwrap_or_default(),
            _ => whole.clone(),
        };
        let cols = names.iter().enumerate().map(|(i, column)| {
            let Value { from, touch, star, keys, .. } = value(i, column);
            Col { touch, star, late: star, keys, ..named(column.clone(), from, self.span) }
        });
        let cols: Vec<Col> = cols.collect();
        let all = whole.from.clone();
        Rel {
            alias: shown,
            schema: None,
            cols: Rc::new(cols),
            open: Some(all),
            guards: Vec::new(),
            hidden: Vec::new(),
            open_of: Vec::new(),
        }
    }

    /// A select list or `RETURNING`.
    pub(super) fn items(&mut self, items: &[Item], scope: &mut Scope<'_>, rows: &mut Rows, returned: bool) {
        for item in items {
            match item {
                Item::Expr { expr, alias, span } => {
                    let value = self.eval(expr, scope, returned);
                    let name = alias.clone().unwrap_or_else(|| default_name(expr));
                    let col = Col {
                        name,
                        from: value.from,
                        touch: value.touch,
                        late: false,
                        star: value.star,
                        id: value.id,
                        keys: value.keys,
                        span: *span,
                    };
                    let mut known = col.clone();
                    known.touch.clear();
                    known.star = false;
                    scope.aliases.push(known);
                    rows.cols.push(col);
                }
                Item::Star { qualifier, but, span } => {
                    let before = rows.cols.len();
                    self.star(qualifier.as_ref(), *span, scope, rows);
                    self.but(but, before, scope, rows, returned);
                }
            }
        }
    }

    /// What becomes of columns that came by `*`, from the one at `first` on.
    fn but(&mut self, but: &[(Name, But)], first: usize, scope: &Scope<'_>, rows: &mut Rows, returned: bool) {
        for (name, but) in but {
            let of = |c: &Col| c.name.eq_ignore_ascii_case(name);
            match but {
                But::Not => {
                    let mut at = 0;
                    rows.cols.retain(|c| {
                        at += 1;
                        at <= first || !of(c)
                    });
                }
                But::Called(other) => {
                    rows.cols.iter_mut().skip(first).filter(|c| of(c)).for_each(|c| c.name = other.clone());
                }
                But::Instead(expr, span) => {
                    let value = self.eval(expr, scope, returned);
                    let col = Col {
                        from: value.from,
                        touch: value.touch,
                        star: value.star,
                        keys: value.keys,
                        ..named(name.clone(), Vec::new(), *span)
                    };
                    match rows.cols.iter_mut().skip(first).find(|c| of(c)) {
                        Some(there) => *there = col,
                        // Of a relation whose columns are not listed.
                        None => rows.cols.push(col),
                    }
                }
            }
        }
    }

    fn star(&mut self, qualifier: Option<&crate::ir::sql::TableName>, span: Span, scope: &Scope<'_>, rows: &mut Rows) {
        let rels: Vec<&Rel> = match qualifier {
            None => scope.rels.iter().collect(),
            Some(q) => {
                let parts: Vec<Name> = q.schema.iter().cloned().chain([q.name.clone()]).collect();
                match scope.rel(&parts) {
                    Some(rel) => vec![rel],
                    None => {
                        self.unresolved(&q.name, q.span);
                        return;
                    }
                }
            }
        };
        for rel in rels {
            rows.open |= rel.open.is_some();
            for table in &rel.open_of {
                if !rows.open_of.contains(table) {
                    rows.open_of.push(*table);
                }
            }
            for col in rel.cols.iter() {
                if qualifier.is_none() && rel.hidden.contains(&col.name) {
                    continue;
                }
                if !self.step() {
                    return;
                }
                rows.cols.push(Col { from: col.at(span), late: false, span, ..col.clone() });
            }
        }
    }
}

fn named(name: Name, from: Vec<Flowing>, span: Span) -> Col {
    Col { name, from, touch: Vec::new(), late: false, star: false, id: None, keys: None, span }
}

/// The name a database gives to an expression without alias.
fn default_name(e: &Expr) -> Name {
    match e {
        Expr::Column { name, .. } | Expr::Row(name, _) | Expr::Call { name, .. } => name.clone(),
        Expr::Same(list) => match list.as_slice() {
            [one] => default_name(one),
            _ => "coalesce".into(),
        },
        Expr::Exists(..) => "exists".into(),
        Expr::Sub(q) => match &q.body {
            QueryBody::Select(s) => match s.items.first() {
                Some(Item::Expr { alias: Some(alias), .. }) => alias.clone(),
                Some(Item::Expr { expr, .. }) => default_name(expr),
                _ => "?column?".into(),
            },
            _ => "?column?".into(),
        },
        Expr::Const | Expr::Text(_) | Expr::Param(..) | Expr::Hole(_) | Expr::Derived(_) | Expr::Test(_) => {
            "?column?".into()
        }
    }
}

/// Rows of both sides, position by position; a row has established only what both sides have.
fn unite(rows: &mut Rows, mut other: Rows) {
    let of_one = |one: &Rows, other: &Rows| -> Guards {
        one.guards.iter().filter(|g| !other.guards.iter().any(|o| o.of == g.of)).copied().collect()
    };
    let (here, there) = (of_one(rows, &other), of_one(&other, rows));
    keep(&mut rows.cols, &here);
    keep(&mut other.cols, &there);
    rows.open |= other.open;
    rows.open_of.extend(other.open_of.iter().filter(|t| !rows.open_of.contains(t)).copied().collect::<Vec<_>>());
    rows.guards.retain(|g| other.guards.iter().any(|o| o.of == g.of));
    let more = other.cols.len().saturating_sub(rows.cols.len());
    // A recursive query's first round knows the columns of one side only.
    let from = other.cols.len() - more;
    for (col, second) in rows.cols.iter_mut().zip(&other.cols) {
        col.keys = match (col.keys.take(), &second.keys) {
            (Some(a), Some(b)) => json::known(json::either(&a, b)),
            (a @ Some(_), None) if second.from.is_empty() => a,
            (None, Some(b)) if col.from.is_empty() => Some(Arc::clone(b)),
            _ => None,
        };
        for flow in &second.from {
            add(&mut col.from, flow.clone());
        }
        for id in &second.touch {
            if !col.touch.contains(id) {
                col.touch.push(*id);
            }
        }
        col.star &= second.star || second.from.is_empty();
        if col.id != second.id {
            col.id = None;
        }
    }
    rows.cols.extend(other.cols.into_iter().skip(from));
}

/// `USING (a)`, or `NATURAL` where `names` is empty: the last relation's columns of these names stand once.
fn hide(scope: &mut Scope<'_>, names: &[Name]) {
    let Some((last, before)) = scope.rels.split_last_mut() else { return };
    if names.is_empty() {
        let shared = last.cols.iter().filter(|c| before.iter().any(|r| r.col(&c.name).is_some()));
        last.hidden = shared.map(|c| c.name.clone()).collect();
    } else {
        last.hidden = names.to_vec();
    }
}
