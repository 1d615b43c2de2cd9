//! Statements that Rust writes as calls: builders of texts, Diesel, SeaORM. Each is written out as the SQL that it
//! stands for, with a map from that text to the places in Rust, and read like any other text of SQL; so what holds of
//! columns, parameters and rows is said in one place.
//!
//! A function is walked in the order of its text. A local is what was last put into it; of branches, each counts.
//! What is not part of a statement is a value, and stands in the statement as a parameter.

mod branches;
mod diesel;
pub(super) mod files;
mod node;
mod pieces;
mod render;
mod sea;
mod statement;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use crate::front::text_map::TextMap;
use crate::ir::Name;
use crate::ir::body::{Aggregate, Callee, ClosureId, Func, Lit, Local, Operand, PathId, Piece, RET, Rvalue, Sel, Stmt};
use crate::limits;
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, fields_of, peel};
use crate::model::{Effect, ModelSet, PortBase, Row};
use crate::source::Span;

use node::Node;
use pieces::Builder;
use render::{Token, Tokens, wrapped};
use tables::Tables;

/// Functions that return parts of statements, inside each other.
const DEPTH: usize = 8;

/// A statement that is written as calls.
#[derive(Debug)]
pub struct Written {
    /// The call that runs it, or that makes a statement of it.
    pub call: Span,
    /// As SQL.
    pub text: String,
    /// Where its parts stand in Rust.
    pub map: TextMap,
    /// What stands for its parameters, in order.
    pub binds: Vec<Operand>,
    /// Whether the call runs it; otherwise what it gives is the statement.
    pub runs: bool,
    /// The places of its parts.
    pub parts: Vec<Span>,
    /// Columns only come along: whole rows are taken, and none of them is named.
    pub along: bool,
}

/// What the walk over a program found.
#[derive(Debug, Default)]
pub struct Found {
    /// Statements, in the order of functions and calls.
    pub written: Vec<Written>,
    /// Formatted texts: where, and the text if all its holes are known.
    pub texts: Vec<(Span, Option<String>)>,
    /// Calls that run a statement which is not understood.
    pub open: Vec<Span>,
    /// Fields of structs that hold a statement, with the literal that it stands in.
    pub fields: Vec<((TypeId, Name), Span)>,
}

/// Every statement of a program that is written as calls.
#[must_use]
pub fn written(p: &Program, models: &ModelSet, typed: &[Typed]) -> Found {
    let tables = Tables::of(p);
    let builds = typed.iter().flat_map(|t| &t.sites).flat_map(|s| &s.targets).any(|t| match t {
        Target::Row(r) => models.row(*r).is_some_and(|r| concerns(&r.path) || prepares(r).is_some()),
        _ => false,
    });
    let mut walk =
        Walk { p, models, typed, tables: &tables, builds, returned: BTreeMap::new(), found: Found::default() };
    for f in p.func_ids().filter(|f| !p.is_test(*f) && !p.is_template(*f)) {
        walk.function(f, 0);
    }
    walk.found.open.dedup();
    walk.found
}

/// A call as the walk sees it.
#[derive(Clone, Copy)]
struct Call<'a> {
    info: &'a Site,
    args: &'a [Operand],
    spans: &'a [Span],
    span: Span,
}

impl Call<'_> {
    fn at(&self, i: usize) -> Span {
        self.spans.get(i).copied().unwrap_or(self.span)
    }
}

struct Walk<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    typed: &'a [Typed],
    tables: &'a Tables,
    /// Whether any code runs statements or writes them as calls; otherwise only texts are of interest.
    builds: bool,
    /// What functions return that is part of a statement.
    returned: BTreeMap<FuncId, Option<Node>>,
    found: Found,
}

/// The walk over one function.
struct Body<'w, 'a> {
    walk: &'w mut Walk<'a>,
    f: &'a Func,
    typed: &'a Typed,
    env: BTreeMap<Local, Node>,
    builders: Vec<Builder>,
    walked: BTreeSet<ClosureId>,
    /// Locals that were given something that is not known.
    blank: BTreeSet<Local>,
    /// What returns gave so far.
    left: Vec<Option<Node>>,
    /// Where it is returned.
    ret: Local,
    depth: usize,
}

impl<'a> Walk<'a> {
    /// Walks a function, unless that has been done; what it returns.
    fn function(&mut self, id: FuncId, depth: usize) -> Option<Node> {
        if let Some(known) = self.returned.get(&id) {
            return known.clone();
        }
        self.returned.insert(id, None);
        let f = self.p.func(id)?;
        let typed = self.typed.get(self.p.read_as(id).0 as usize)?;
        if !self.builds && !f.body.as_deref().is_some_and(has_format) {
            return None;
        }
        let mut body = Body {
            walk: self,
            f,
            typed,
            env: BTreeMap::new(),
            builders: Vec::new(),
            walked: BTreeSet::new(),
            blank: BTreeSet::new(),
            left: Vec::new(),
            ret: RET,
            depth,
        };
        let out = body.returned(f.body.as_deref()?);
        for c in (0..f.closures.len() as u32).map(ClosureId) {
            body.closure(c);
        }
        let out = out.filter(|n| !matches!(n, Node::Builder(_) | Node::Closure(_) | Node::Value(..)));
        let out = out.map(|n| n.without_values());
        self.returned.insert(id, out.clone());
        out
    }
}

/// Methods that derives of Diesel make, whatever the type.
const DIESEL: &[&str] = &["as_select", "as_returning", "query", "belonging_to", "save_changes", "insert_into"];
/// Methods that derives of SeaORM make.
const SEA: &[&str] = &["find", "find_by_id", "delete_by_id", "delete_many", "update_many", "insert_many"];

/// Whether a row is about statements that are written as calls.
fn concerns(path: &str) -> bool {
    ["diesel", "sea_orm::", "sea_query::Condition", "sea_query::Expr", "sqlx::QueryBuilder"]
        .iter()
        .any(|p| path.starts_with(p))
        || path.strip_prefix("_::").is_some_and(|name| DIESEL.contains(&name) || SEA.contains(&name))
}

fn has_format(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|s| match s {
        Stmt::Assign { src: Rvalue::Format(_), .. } => true,
        Stmt::If { then, els, .. } => has_format(then) || has_format(els),
        Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => has_format(body),
        _ => false,
    })
}

impl<'a> Body<'_, 'a> {
    /// Walks statements; whether what stands behind them is reached.
    fn stmts(&mut self, stmts: &'a [Stmt]) -> bool {
        for s in stmts {
            match s {
                Stmt::Assign { dst, src, span } => {
                    // What is used again and again doubles with each use.
                    let node = self.rvalue(src, *span).filter(|n| n.weight() <= limits::SQL_TOKENS);
                    if dst.path.is_empty() {
                        match node {
                            Some(n) => self.env.insert(dst.base, n),
                            None => {
                                // `None` is no statement; anything else may be one.
                                if !matches!(src, Rvalue::Negative) {
                                    self.blank.insert(dst.base);
                                }
                                self.env.remove(&dst.base)
                            }
                        };
                    }
                }
                Stmt::If { then, els, .. } => {
                    if !self.branches(then, els) {
                        return false;
                    }
                }
                Stmt::Loop { body, .. } | Stmt::Block { body, .. } | Stmt::Scope { body, .. } => {
                    self.stmts(body);
                }
                Stmt::Return => {
                    let left = self.env.get(&self.ret).cloned();
                    self.left.push(left);
                    return false;
                }
                Stmt::Unreachable => return false,
                Stmt::Break(_) | Stmt::Continue(_) => {}
            }
        }
        true
    }

    /// What the body of a function or closure returns, by whatever way.
    fn returned(&mut self, stmts: &'a [Stmt]) -> Option<Node> {
        if self.stmts(stmts) {
            let last = self.env.get(&self.ret).cloned();
            self.left.push(last);
        }
        // Errors and the absence of a statement are none.
        let left: Vec<Option<Node>> = std::mem::take(&mut self.left).into_iter().filter(Option::is_some).collect();
        left.into_iter().reduce(branches::either).flatten()
    }

    fn closure(&mut self, id: ClosureId) {
        if self.walked.insert(id)
            && let Some(def) = self.f.closures.get(id.0 as usize)
        {
            let left = std::mem::take(&mut self.left);
            let ret = std::mem::replace(&mut self.ret, def.ret);
            match self.returned(&def.body) {
                Some(node) => self.env.insert(def.ret, node),
                None => self.env.remove(&def.ret),
            };
            (self.left, self.ret) = (left, ret);
        }
    }

    fn rvalue(&mut self, src: &'a Rvalue, span: Span) -> Option<Node> {
        match src {
            Rvalue::Use(op) => self.known(op, span),
            Rvalue::Positive(_, op) | Rvalue::Cast(op, _) => self.known(op, span),
            Rvalue::RefMut(place) => self.known(&Operand::Place(place.clone()), span),
            Rvalue::Closure(c) => Some(Node::Closure(*c)),
            Rvalue::Format(pieces) => self.format(pieces, span),
            Rvalue::Aggregate { kind: Aggregate::Tuple | Aggregate::List, fields, .. } => {
                let list: Vec<Node> = fields.iter().map(|(_, op, at)| self.node(op, *at)).collect();
                let known = list.iter().any(|n| !matches!(n, Node::Value(..)));
                // What is several things is not known as a part.
                let several = list.iter().any(|n| matches!(n, Node::Several(_)));
                (known && !several).then_some(Node::List(list))
            }
            Rvalue::Aggregate { kind: Aggregate::Adt(path), fields, .. } => {
                let of = self.entity(*path)?;
                for (name, op, at) in fields {
                    if let (Some(name), Some(Node::Prepared(literal))) = (name, self.known(op, *at)) {
                        self.walk.found.fields.push(((of, name.clone()), literal));
                    }
                }
                None
            }
            Rvalue::Binary(crate::ir::body::BinOp::Arith(_), a, b) => {
                let (a, b) = (self.known(a, span), self.known(b, span));
                let parts: Vec<Node> = [a, b].into_iter().flatten().filter(Node::is_expression).collect();
                (!parts.is_empty()).then(|| Node::Expr(self.function_of("purlin", &parts, span)))
            }
            Rvalue::Not(op) => {
                let node = self.known(op, span).filter(Node::is_expression)?;
                Some(Node::Expr(wrapped("(NOT ", self.tokens(node), ")", span)))
            }
            Rvalue::Call { callee, args, spans, site } => {
                let none = &Site::default();
                let typed = self.typed;
                let info = typed.sites.get(*site as usize).unwrap_or(none);
                self.call(callee, Call { info, args, spans, span })
            }
            _ => None,
        }
    }

    fn call(&mut self, callee: &'a Callee, call: Call<'_>) -> Option<Node> {
        if let Some((local, ways)) = self.several(call) {
            return self.each(local, ways, callee, call);
        }
        let row = call.info.targets.iter().find_map(|t| match t {
            Target::Row(r) => self.walk.models.row(*r),
            _ => None,
        });
        if let Some(row) = row.filter(|r| concerns(&r.path)) {
            let (path, name) = (row.path.as_str(), row.path.rsplit("::").next().unwrap_or_default());
            if path.starts_with("sqlx::QueryBuilder::") {
                return self.piece(name, call);
            }
            if path.starts_with("diesel") || DIESEL.contains(&name) {
                return self.diesel(path, call);
            }
            let entity = if let Callee::Path(id) = callee { self.entity(*id) } else { None };
            return self.sea(path, entity, call);
        }
        if let Callee::Value(op) = callee
            && let Some(Node::Closure(id)) = self.known(op, call.span)
        {
            self.closure(id);
            let ret = self.f.closures.get(id.0 as usize)?.ret;
            return self.env.get(&ret).cloned();
        }
        if let [Target::Func(f)] = call.info.targets.as_slice() {
            return if self.depth < DEPTH { self.walk.function(*f, self.depth + 1) } else { None };
        }
        if let Some(i) = row.and_then(prepares) {
            let Some(Node::Text(text)) = self.arg(call, i) else { return None };
            return match text.as_slice() {
                [one] => Some(Node::Prepared(one.place())),
                _ => None,
            };
        }
        // What is asked of a column, whatever the name of the method stands for elsewhere.
        let first = self.known(call.args.first()?, call.at(0))?;
        match callee {
            Callee::Method { name, .. } if first.is_expression() => self.expression(first, name, call),
            // The type of a statement is not always known; what it is is.
            Callee::Method { name, .. } if first.is_statement() && row.is_none_or(by_name) => {
                match self.is_entity(&first) {
                    true => self.sea(name, None, call),
                    false => self.diesel(name, call),
                }
            }
            _ => row.is_some_and(hands_on).then_some(first),
        }
    }

    /// What an operand is, if that is more than a value.
    fn known(&mut self, op: &Operand, at: Span) -> Option<Node> {
        match op {
            Operand::Place(p) if p.path.iter().all(|s| matches!(s, Sel::Some | Sel::Deref)) => {
                self.env.get(&p.base).map(|n| n.at(at))
            }
            Operand::Place(_) => None,
            Operand::Lit(Lit::Str(s)) => Some(Node::Text(vec![Token::text(s, at)])),
            Operand::Lit(_) => None,
            Operand::Path(id) => self.path(*id, at),
        }
    }

    fn node(&mut self, op: &Operand, at: Span) -> Node {
        self.known(op, at).unwrap_or_else(|| Node::Value(op.clone(), at))
    }

    fn arg(&mut self, call: Call<'_>, i: usize) -> Option<Node> {
        let op = call.args.get(i)?;
        Some(self.node(op, call.at(i)))
    }

    fn path(&mut self, id: PathId, at: Span) -> Option<Node> {
        let res = self.typed.paths.get(id.0 as usize)?;
        match (&res.def, res.rest.as_slice()) {
            (Some(Def::Const(c)), []) => match self.walk.tables.constant(*c) {
                Some(named) => Some(named.node(at)),
                None => {
                    let (text, literal) = literal_of(self.walk.p, *c)?;
                    Some(Node::Text(vec![Token::text(text, literal)]))
                }
            },
            (Some(Def::Variant(t, i)), []) => self.walk.tables.variant(*t, *i).map(|c| Node::Column(c.at(at))),
            (Some(Def::Type(t)), []) => self.walk.tables.entity(*t).map(|table| Node::Table(table.at(at))),
            _ => None,
        }
    }

    /// Whether a statement is about an entity of SeaORM.
    fn is_entity(&self, node: &Node) -> bool {
        let table = match node {
            Node::Table(t) | Node::On(t, _) => Some(t),
            Node::Query(q) => q.tables.first(),
            _ => None,
        };
        table.is_some_and(|t| self.walk.tables.model(t.index).is_some())
    }

    /// The entity that a path of a function begins with.
    fn entity(&self, id: PathId) -> Option<TypeId> {
        match self.typed.paths.get(id.0 as usize)?.def {
            Some(Def::Type(t)) => Some(t),
            _ => None,
        }
    }

    /// A formatted text: known where all its holes are.
    fn format(&mut self, pieces: &'a [Piece], span: Span) -> Option<Node> {
        let mut out = Tokens::new();
        for piece in pieces {
            match piece {
                Piece::Text(s) => out.push(Token::text(s, span)),
                Piece::Arg(op, _, at) => match self.known(op, *at) {
                    Some(Node::Text(tokens)) => out.extend(tokens),
                    _ => out.push(Token::Hole(*at)),
                },
            }
        }
        let known = !out.iter().any(|t| matches!(t, Token::Hole(_)))
            && out.iter().map(|t| t.as_text().len()).sum::<usize>() <= limits::SQL_STATEMENT_BYTES;
        let text = known.then(|| out.iter().map(Token::as_text).collect());
        self.walk.found.texts.push((span, text));
        Some(Node::Text(out))
    }

    /// A statement is complete: a call runs it, or takes it as what it is.
    fn complete(&mut self, tokens: &Tokens, span: Span, runs: bool, along: bool) {
        let (text, map, binds) = render::render(tokens, span);
        let parts = tokens.iter().map(Token::place).collect();
        self.walk.found.written.push(Written { call: span, text, map, binds, runs, parts, along });
    }

    /// The type of what an operand holds.
    fn ty(&self, op: &Operand) -> Ty {
        match op {
            Operand::Place(p) if p.path.is_empty() => {
                self.typed.locals.get(p.base.0 as usize).cloned().unwrap_or_default()
            }
            _ => Ty::Unknown,
        }
    }

    /// What a struct of the workspace has for each column: the way to it, and the column's name.
    fn columns_of(&self, t: TypeId, way: &[Name], skip: bool, out: &mut Vec<(Vec<Name>, String)>) {
        let owner = Ty::Adt(t, std::sync::Arc::from([]));
        for field in fields_of(self.walk.p, t, None).unwrap_or_default() {
            let mut way = way.to_vec();
            way.push(field.name.clone());
            if field.attrs.sql_skip && skip {
                continue;
            }
            if field.attrs.flatten {
                let inner = crate::link::ty::field_ty(self.walk.p, self.walk.models, &owner, None, &field.name);
                if let Ty::Adt(inner, _) = peel(self.walk.models, &inner)
                    && way.len() < DEPTH
                {
                    self.columns_of(*inner, &way, skip, out);
                }
                continue;
            }
            let name = field.attrs.sql_expression.as_ref().or(field.attrs.sql_rename.as_ref()).unwrap_or(&field.name);
            out.push((way, name.strip_prefix("r#").unwrap_or(name).to_owned()));
        }
    }
}

/// Whether a row hands on its receiver.
fn hands_on(row: &Row) -> bool {
    let same = |e: &Effect| match e {
        Effect::Flow { from, to, derived: false, .. } => {
            from.base == PortBase::Arg(0) && from.path.is_empty() && to.base == PortBase::Ret && to.path.is_empty()
        }
        Effect::Same(p) | Effect::Alias { of: p, .. } => p.base == PortBase::Arg(0),
        _ => false,
    };
    row.has_self && row.effects.iter().any(same)
}

/// Whether a row was found by its name alone.
fn by_name(row: &Row) -> bool {
    row.path.starts_with("_::")
}

/// The parameter that a row takes the text of a statement in.
fn prepares(row: &Row) -> Option<usize> {
    row.effects.iter().find_map(|e| match e {
        Effect::Sql { text, .. } if text.path.is_empty() => match text.base {
            PortBase::Arg(i) => Some(i as usize),
            _ => None,
        },
        _ => None,
    })
}

/// The text of a constant, and where it stands.
fn literal_of(p: &Program, c: crate::link::program::ConstId) -> Option<(&str, Span)> {
    let body = p.const_def(c)?.init.as_ref()?.body.as_deref()?;
    match body {
        [Stmt::Assign { src: Rvalue::Use(Operand::Lit(Lit::Str(s) | Lit::Num(s))), span, .. }] => Some((s, *span)),
        _ => None,
    }
}
