//! Statements that Rust writes as calls: builders of texts, Diesel, SeaORM. Each is written out as the SQL that it
//! stands for, with a map from that text to the places in Rust, and read like any other text of SQL; so what holds of
//! columns, parameters and rows is said in one place.
//!
//! A function is walked in the order of its text. A local is what was last put into it; of branches, each counts.
//! What is not part of a statement is a value, and stands in the statement as a parameter.

mod active;
mod branches;
mod diesel;
mod env;
pub(super) mod files;
mod inline;
mod node;
mod pieces;
mod render;
mod rows;
mod sea;
mod sea_query;
mod statement;
mod tables;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::front::sql::Part;
use crate::ir::Name;
use crate::ir::body::{Aggregate, Callee, ClosureId, Func, Lit, Local, Operand, PathId, RET, Rvalue, Sel, Stmt};
use crate::ir::items::TypeKind;
use crate::limits;
use crate::link::callgraph::components;
use crate::link::infer::{Site, Target, Typed};
use crate::link::program::{ConstId, Def, FuncId, Program, TypeId};
use crate::link::ty::{Ty, fields_of, peel};
use crate::model::ModelSet;
use crate::source::Span;

use env::Env;
use node::Node;
use pieces::Builder;
use render::{Token, Tokens, wrapped};
use rows::{DIESEL, Rows, Says};
use tables::Tables;
pub use texts::Together;

/// Functions, structs and constants that are looked through, inside each other.
const DEPTH: usize = 8;

/// A statement that is written as calls.
#[derive(Debug)]
pub struct Written {
    /// The place of the call that runs it, or that makes a statement of it.
    pub call: Span,
    /// That call: the function as written, and the call's number in it.
    pub site: (FuncId, u32),
    /// As SQL.
    pub text: Vec<Part>,
    /// What stands for its parameters, in order.
    pub binds: Vec<Operand>,
    /// What is put into its text, by the places of its holes.
    pub puts: Vec<(Span, Operand)>,
    /// Whether the call runs it; otherwise what it gives is the statement.
    pub runs: bool,
    /// The places of its parts.
    pub parts: Vec<Span>,
    /// Columns only come along: whole rows are taken, and none of them is named.
    pub along: bool,
    /// The type of its rows, where it says more of them than the call.
    pub row: Option<Ty>,
}

/// What the walk over a program found.
#[derive(Debug, Default)]
pub struct Found {
    /// Statements, in the order of functions and calls.
    pub written: Vec<Written>,
    /// Texts that are put together.
    pub texts: Vec<Together>,
    /// Calls that run a statement which is not understood.
    pub open: Vec<Span>,
    /// Fields of structs that hold a statement, with the literal that it stands in.
    pub fields: Vec<((TypeId, Name), Span)>,
}

/// Every statement of a program that is written as calls.
#[must_use]
pub fn written(p: &Program, models: &ModelSet, typed: &[Typed]) -> Found {
    let tables = Tables::of(p);
    let rows = Rows::new(models);
    let targets = || typed.iter().flat_map(|t| &t.sites).flat_map(|s| &s.targets);
    let called = || targets().filter_map(|t| if let Target::Row(r) = t { rows.get(*r) } else { None });
    let builds = called().any(|r| r.concerns || r.prepares.is_some());
    let sets = called().any(|r| r.sea) || active::are_derived(p);
    let mut walk = Walk {
        p,
        models,
        typed,
        tables: &tables,
        rows,
        builds,
        sets,
        inlined: limits::SQL_INLINED,
        returned: FxHashMap::default(),
        active: FxHashMap::default(),
        found: Found::default(),
    };
    for f in callees_first(p, typed).filter(|f| !p.is_test(*f) && !p.is_template(*f)) {
        walk.function(f, 0);
    }
    let mut found = walk.found;
    found.written.sort_by_key(|w| (w.call, w.site));
    found.texts.sort_by_key(|t| t.at);
    found.open.sort_unstable();
    found.open.dedup();
    found
}

/// Every function after those that it calls, where they do not call each other: what a call gives is known by then.
fn callees_first(p: &Program, typed: &[Typed]) -> impl Iterator<Item = FuncId> {
    let count = p.func_ids().count();
    let called = |f: FuncId| {
        let sites = typed.get(p.read_as(f).0 as usize).map_or(&[][..], |t| t.sites.as_slice());
        let targets = sites.iter().flat_map(|s| &s.targets);
        let funcs = targets.filter_map(|t| if let Target::Func(f) = t { Some(p.as_written(*f).0) } else { None });
        funcs.filter(|f| (*f as usize) < count).collect()
    };
    let edges: Vec<Vec<u32>> = p.func_ids().map(called).collect();
    components(&edges, &[]).into_iter().flatten().map(FuncId)
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
    rows: Rows<'a>,
    /// Whether any code runs statements or writes them as calls; otherwise only texts are of interest.
    builds: bool,
    /// Whether there may be active models of SeaORM, in which fields are set.
    sets: bool,
    /// How many calls are still followed with what they are given.
    inlined: usize,
    /// What functions return that is part of a statement.
    returned: FxHashMap<FuncId, Option<Node>>,
    /// Functions that return an active model of a row, with what may be set of it.
    active: FxHashMap<FuncId, active::Made>,
    found: Found,
}

/// The walk over one function.
struct Body<'w, 'a> {
    walk: &'w mut Walk<'a>,
    id: FuncId,
    f: &'a Func,
    typed: &'a Typed,
    /// The number of the call at hand: its place may be that of others, where a macro wrote them.
    site: u32,
    env: Env,
    builders: Vec<Builder>,
    walked: BTreeSet<ClosureId>,
    /// Locals that were given something that is not known.
    blank: Vec<bool>,
    /// What returns gave so far.
    left: Vec<Option<Node>>,
    /// Where it is returned.
    ret: Local,
    /// Something that is selected is not understood.
    unclear: bool,
    /// Lists that are written out, by the locals that hold them.
    lists: BTreeMap<Local, Vec<(Operand, Span)>>,
    /// What is known of active models.
    active: active::Active,
    /// The active model that returns gave so far.
    made: Option<active::Made>,
    /// Locals that borrow a statement, each with the local that holds it.
    borrows: BTreeMap<Local, Local>,
    /// The local whose statement the call borrows that was walked last.
    lent: Option<Local>,
    /// Types of parameters, as the caller knows them.
    types: BTreeMap<Local, TypeId>,
    /// Nothing is noted: the body was walked before, without what it is given now.
    quiet: bool,
    /// It runs a statement that it is given.
    runs_given: bool,
    depth: usize,
}

impl<'w, 'a> Body<'w, 'a> {
    fn new(walk: &'w mut Walk<'a>, id: FuncId, f: &'a Func, typed: &'a Typed, depth: usize) -> Self {
        Body {
            walk,
            id,
            f,
            typed,
            site: 0,
            env: Env::default(),
            builders: Vec::new(),
            walked: BTreeSet::new(),
            blank: vec![false; f.locals.len()],
            left: Vec::new(),
            ret: RET,
            unclear: false,
            lists: BTreeMap::new(),
            active: active::Active::default(),
            made: None,
            borrows: BTreeMap::new(),
            lent: None,
            types: BTreeMap::new(),
            quiet: false,
            runs_given: false,
            depth,
        }
    }
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
        let mut body = Body::new(self, id, f, typed, depth);
        let out = body.returned(f.body.as_deref()?);
        for c in (0..f.closures.len() as u32).map(ClosureId) {
            body.closure(c);
        }
        let made = body.made.flatten();
        self.active.insert(id, made);
        let nothing = |n: &Node| match n {
            Node::Text(tokens) => tokens.is_empty(),
            n => matches!(n, Node::Builder(_) | Node::Closure(_) | Node::Value(..)),
        };
        let out = out.filter(|n| !nothing(n));
        let out = out.map(|n| n.without_values());
        self.returned.insert(id, out.clone());
        out
    }
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
                    self.lists.remove(&dst.base);
                    self.borrows.remove(&dst.base);
                    if self.walk.sets {
                        self.activated(s);
                    }
                    match src {
                        Rvalue::Aggregate { kind: Aggregate::List, fields, .. } if dst.path.is_empty() => {
                            self.lists.insert(dst.base, fields.iter().map(|(_, op, at)| (op.clone(), *at)).collect());
                        }
                        Rvalue::RefMut(place) if place.path.is_empty() => {
                            self.borrows.insert(dst.base, place.base);
                        }
                        _ => {}
                    }
                    self.lent = None;
                    // What is used again and again doubles with each use.
                    let node = self.rvalue(src, *span).filter(|n| n.weight() <= limits::SQL_TOKENS);
                    if let Some(lender) = self.lent.take() {
                        self.borrows.insert(dst.base, lender);
                    }
                    if dst.path.is_empty() {
                        // `None` is no statement; anything else may be one.
                        if node.is_none()
                            && !matches!(src, Rvalue::Negative)
                            && let Some(blank) = self.blank.get_mut(dst.base.0 as usize)
                        {
                            *blank = true;
                        }
                        self.env.set(dst.base, node.map(|n| n.anchored(dst)));
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
                    self.active_returned();
                    let left = self.env.get(self.ret).cloned();
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
            self.active_returned();
            let last = self.env.get(self.ret).cloned();
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
            let node = self.returned(&def.body);
            self.env.set(def.ret, node);
            (self.left, self.ret) = (left, ret);
        }
    }

    fn rvalue(&mut self, src: &'a Rvalue, span: Span) -> Option<Node> {
        match src {
            Rvalue::Use(op) => self.known(op, span),
            Rvalue::Positive(_, op) | Rvalue::Cast(op, _) | Rvalue::Await(op) => self.known(op, span),
            Rvalue::RefMut(place) => self.known(&Operand::Place(place.clone()), span),
            Rvalue::Closure(c) => Some(Node::Closure(*c)),
            Rvalue::Elem(op) => self.known(op, span).and_then(texts::element),
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
                    if let (Some(name), Some(Node::Prepared(literal))) = (name, self.known(op, *at))
                        && !self.quiet
                    {
                        self.walk.found.fields.push(((of, name.clone()), literal));
                    }
                }
                None
            }
            Rvalue::Binary(crate::ir::body::BinOp::Arith(_), a, b) => {
                if let Some(text) = self.sum(a, b, span) {
                    return Some(text);
                }
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
                let around = std::mem::replace(&mut self.site, *site);
                let node = self.call(callee, Call { info, args, spans, span });
                self.site = around;
                node
            }
            _ => None,
        }
    }

    fn call(&mut self, callee: &'a Callee, call: Call<'_>) -> Option<Node> {
        if self.grows(callee, call) {
            return None;
        }
        if let Some((local, ways)) = self.several(call) {
            return self.each(local, ways, callee, call);
        }
        let row = call.info.targets.iter().find_map(|t| match t {
            Target::Row(r) => self.walk.rows.get(*r),
            _ => None,
        });
        if let Some(Says { row, .. }) = row.filter(|r| r.concerns) {
            let (path, name) = (row.path.as_str(), row.path.rsplit("::").next().unwrap_or_default());
            if path.starts_with("sqlx::QueryBuilder::") {
                return self.piece(name, call);
            }
            if path == "diesel::sql_function" {
                let Callee::Path(id) = callee else { return None };
                let name = self.f.paths.get(id.0 as usize)?.segments.last()?;
                let parts: Vec<Node> = (0..call.args.len()).filter_map(|i| self.arg(call, i)).collect();
                return Some(Node::Expr(self.function_of(name, &parts, call.span)));
            }
            if path.starts_with("sea_query::") {
                return self.sea_query(path, call);
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
            return self.env.get(ret).cloned();
        }
        if let Some(f) = self.target(call) {
            if self.depth >= DEPTH {
                return None;
            }
            let alone = self.walk.function(f, self.depth + 1);
            return self.inlined(f, call).unwrap_or(alone);
        }
        if let Some(i) = row.and_then(|r| r.prepares) {
            let Some(Node::Text(text)) = self.arg(call, i) else { return None };
            return match text.as_slice() {
                [one] => Some(Node::Prepared(one.place())),
                _ => None,
            };
        }
        if let Some(made) = row.and_then(|r| self.made_by_closure(r, call)) {
            return Some(made);
        }
        if let Callee::Method { name, .. } = callee
            && let Some(text) = self.list_of_texts(name, call).or_else(|| self.replaced(name, call))
        {
            return Some(text);
        }
        if let Some(text) = row.and_then(|r| self.begun(&r.row.path, call)) {
            return Some(text);
        }
        // A value of Rust, as an expression.
        if let Callee::Method { name, .. } = callee
            && name == "into_sql"
        {
            let value = self.arg(call, 0)?;
            return Some(Node::Expr(self.tokens(value)));
        }
        // What is asked of a column, whatever the name of the method stands for elsewhere.
        let first = self.known(call.args.first()?, call.at(0))?;
        if let (Callee::Method { name, .. }, Node::List(list)) = (callee, &first)
            && let Some(part) = texts::part_of_list(name, list, call.args.get(1))
        {
            return part;
        }
        match callee {
            _ if row.is_some_and(|r| r.unwraps) => Some(first),
            Callee::Method { name, .. }
                if matches!(first, Node::List(_)) && matches!(name.as_str(), "nullable" | "assume_not_null") =>
            {
                Some(first)
            }
            Callee::Method { name, .. } if first.is_expression() => self.expression(first, name, call),
            // The type of a statement is not always known; what it is is.
            Callee::Method { name, .. } if first.is_statement() && row.is_none_or(|r| r.by_name) => {
                match self.is_entity(&first) {
                    true => self.sea(name, None, call),
                    false => self.diesel(name, call),
                }
            }
            _ => row.is_some_and(|r| r.hands_on).then_some(first),
        }
    }

    /// What a closure makes that a function of a library calls, handing its result on: `rows.iter().map(|r| ..)`.
    fn made_by_closure(&mut self, row: Says<'_>, call: Call<'_>) -> Option<Node> {
        let i = row.hands_result?;
        let Node::Closure(id) = self.arg(call, i)? else { return None };
        self.closure(id);
        let ret = self.f.closures.get(id.0 as usize)?.ret;
        let node = self.env.get(ret).filter(|n| n.is_expression() || n.is_statement() || matches!(n, Node::List(_)));
        node.cloned().map(Node::without_values)
    }

    /// What an operand is, if that is more than a value.
    fn known(&mut self, op: &Operand, at: Span) -> Option<Node> {
        match op {
            Operand::Place(p) => self.env.get(p.base)?.at_path(&p.path).map(|n| n.at(at)),
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
            (Some(Def::Const(c)), []) => self.constant(*c, at),
            (Some(Def::Variant(t, i)), []) => match self.walk.tables.variant(*t, *i, at) {
                Some(column) => Some(Node::Column(column)),
                None => self.relation(*t, *i, at).map(Node::Table).or_else(|| self.identifier(*t, Some(*i), at)),
            },
            (Some(Def::Type(t)), []) => match self.walk.tables.entity(*t, at) {
                Some(table) => Some(Node::Table(table)),
                None => self.identifier(*t, None, at),
            },
            _ => None,
        }
    }

    /// The name that a type or a variant stands for, if it is an identifier of SeaQuery's.
    fn identifier(&self, t: TypeId, variant: Option<u32>, at: Span) -> Option<Node> {
        let def = self.walk.p.type_def(t)?;
        if !def.derives.iter().any(|d| matches!(d.as_str(), "Iden" | "IdenStatic" | "DeriveIden")) {
            return None;
        }
        let name = match (&def.kind, variant) {
            (TypeKind::Enum(variants), Some(i)) => variants.get(i as usize)?.display.clone()?,
            (TypeKind::Struct(_), None) => def.display.clone()?,
            _ => return None,
        };
        Some(Node::Text(vec![Token::Text(name, at)]))
    }

    /// A constant: of a builder by its name, any other by what it is made of.
    fn constant(&mut self, c: ConstId, at: Span) -> Option<Node> {
        if let Some(named) = self.walk.tables.constant(c) {
            return Some(named.node(at));
        }
        if let Some((text, literal)) = literal_of(self.walk.p, c) {
            return Some(Node::Text(vec![Token::text(text, literal)]));
        }
        let init = self.walk.p.initialiser(c).filter(|_| self.depth < DEPTH)?;
        self.walk.function(init, self.depth + 1).map(|n| n.at(at))
    }

    /// Whether a statement is about an entity of SeaORM.
    fn is_entity(&self, node: &Node) -> bool {
        let table = match node {
            Node::Table(t) => Some(t),
            Node::On(q, _) | Node::Query(q) => q.tables.first(),
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

    /// A call runs a statement that is not understood.
    fn open(&mut self, at: Span) {
        match self.quiet {
            true => self.ran_given(at),
            false => self.walk.found.open.push(at),
        }
    }

    /// The call at hand.
    fn site(&self) -> (FuncId, u32) {
        (self.walk.p.as_written(self.id), self.site)
    }

    /// A call runs a statement that was none when the body was walked alone.
    fn ran_given(&mut self, at: Span) {
        let found = &self.walk.found;
        let site = self.site();
        self.runs_given |= !found.open.contains(&at) && found.written.iter().all(|w| w.site != site);
    }

    /// A local is now this, and what it borrows.
    fn put(&mut self, local: Local, node: Option<Node>) {
        let mut at = Some(local);
        for _ in 0..DEPTH {
            let Some(local) = at else { return };
            self.env.set(local, node.clone());
            at = self.borrows.get(&local).copied();
        }
    }

    /// A call goes on with a statement on a borrow, and lends it on.
    fn written_to(&mut self, call: Call<'_>, node: &Node) {
        if let Some(Operand::Place(p)) = call.args.first()
            && p.is_held()
        {
            self.put(p.base, Some(node.clone()));
            self.lent = Some(p.base);
        }
    }

    /// A statement is complete: a call runs it, or takes it as what it is.
    fn complete(&mut self, tokens: &Tokens, span: Span, runs: bool, along: bool) {
        let render::Rendered { text, binds, puts } = render::render(tokens, span);
        let parts = tokens.iter().map(Token::place).collect();
        if self.quiet {
            self.ran_given(span);
            return;
        }
        let site = self.site();
        self.walk.found.written.push(Written { call: span, site, text, binds, puts, runs, parts, along, row: None });
    }

    /// The type of what an operand holds.
    fn ty(&self, op: &Operand) -> Ty {
        let Operand::Place(p) = op else { return Ty::Unknown };
        let mut ty = self.typed.locals.get(p.base.0 as usize).cloned().unwrap_or_default();
        for part in &p.path {
            ty = match (part, self.element(&ty)) {
                (Sel::Some | Sel::Deref | Sel::Slice(_), _) => ty,
                (Sel::Field(n), Ty::Tuple(ts)) => {
                    n.parse::<usize>().ok().and_then(|i| ts.get(i).cloned()).unwrap_or_default()
                }
                _ => Ty::Unknown,
            };
        }
        ty
    }

    /// What a struct of the workspace has for each column: the way to it, and the column's name.
    fn columns_of(&self, t: TypeId, way: &[Name], skip: bool, out: &mut Vec<(Vec<Name>, String)>) {
        let owner = Ty::Adt(t, [].into());
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
            let name = field.attrs.sql_rename.as_ref().unwrap_or(&field.name);
            out.push((way, name.strip_prefix("r#").unwrap_or(name).to_owned()));
        }
    }
}

/// The text of a constant, and where it stands.
fn literal_of(p: &Program, c: crate::link::program::ConstId) -> Option<(&str, Span)> {
    let body = p.const_def(c)?.init.as_ref()?.body.as_deref()?;
    match body {
        [Stmt::Assign { src: Rvalue::Use(Operand::Lit(Lit::Str(s) | Lit::Num(s))), span, .. }] => Some((s, *span)),
        _ => None,
    }
}
