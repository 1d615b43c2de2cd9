//! What a value of a builder is: a table, a column, an expression, a statement in the making.

use super::render::{Token, Tokens, joined, wrapped};
use super::tables::{ColumnRef, TableRef};
use crate::ir::body::{ClosureId, Operand};
use crate::link::program::TypeId;
use crate::source::Span;

/// A value of a builder.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What it is by several ways through the code; the last is [`None`] if one of them is not known.
    Several(Vec<Option<Node>>),
    /// A table.
    Table(TableRef),
    /// A table and what it is joined by.
    On(TableRef, Tokens),
    /// A column.
    Column(ColumnRef),
    /// Several, as a tuple or a list.
    List(Vec<Node>),
    /// The columns that a struct of the workspace selects.
    Selects(TypeId),
    /// An equation: in an assignment the column and its value.
    Equal(Box<Node>, Box<Node>),
    /// Conditions, of which all hold or any does.
    Condition { any: bool, parts: Vec<Tokens> },
    /// Any other expression.
    Expr(Tokens),
    /// A statement.
    Query(Box<Query>),
    /// A known text.
    Text(Tokens),
    /// A statement of text: where its literal stands.
    Prepared(Span),
    /// A text that is put together piece by piece.
    Builder(usize),
    /// A closure.
    Closure(ClosureId),
    /// Anything else.
    Value(Operand, Span),
}

impl Node {
    /// Whether it is part of an expression of SQL, and no plain value.
    pub(super) fn is_expression(&self) -> bool {
        matches!(self, Node::Column(_) | Node::Expr(_) | Node::Equal(..) | Node::Condition { .. })
    }

    /// Whether it is a statement, or a table that one begins with.
    pub(super) fn is_statement(&self) -> bool {
        matches!(self, Node::Table(_) | Node::On(..) | Node::Query(_))
    }

    /// The same, named at another place.
    pub(super) fn at(&self, at: Span) -> Node {
        match self {
            Node::Column(c) => Node::Column(c.at(at)),
            Node::Table(t) => Node::Table(t.at(at)),
            other => other.clone(),
        }
    }

    pub(super) fn column(self) -> Option<ColumnRef> {
        match self {
            Node::Column(c) => Some(c),
            _ => None,
        }
    }

    /// How many tokens it has.
    pub(super) fn weight(&self) -> usize {
        match self {
            Node::Expr(t) | Node::Text(t) | Node::On(_, t) => t.len(),
            Node::Condition { parts, .. } => parts.iter().map(Vec::len).sum(),
            Node::List(list) => list.iter().map(Node::weight).sum(),
            Node::Equal(a, b) => a.weight() + b.weight(),
            Node::Query(q) => q.weight(),
            Node::Several(ways) => ways.iter().flatten().map(Node::weight).sum(),
            _ => 1,
        }
    }

    /// Outside the function that made it: values of it are not known there.
    pub(super) fn without_values(self) -> Node {
        match self {
            Node::Value(_, at) => Node::Expr(vec![Token::text("NULL", at)]),
            Node::Several(ways) => Node::Several(ways.into_iter().map(|n| n.map(Node::without_values)).collect()),
            Node::Expr(list) => Node::Expr(valueless(list)),
            Node::Text(list) => Node::Text(valueless(list)),
            Node::Condition { any, parts } => {
                Node::Condition { any, parts: parts.into_iter().map(valueless).collect() }
            }
            Node::On(t, list) => Node::On(t, valueless(list)),
            Node::List(list) => Node::List(list.into_iter().map(Node::without_values).collect()),
            Node::Equal(a, b) => Node::Equal(Box::new(a.without_values()), Box::new(b.without_values())),
            Node::Query(q) => Node::Query(Box::new(q.without_values())),
            other => other,
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Select,
    Insert,
    Update,
    Delete,
}

/// A statement in the making.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub(super) does: Does,
    /// The tables, the first that it is about.
    pub(super) tables: Vec<TableRef>,
    /// `FROM` with its joins.
    pub(super) from: Tokens,
    /// What it selects or returns, if that is said.
    pub(super) shown: Option<Node>,
    pub(super) filters: Vec<Tokens>,
    pub(super) order: Vec<Tokens>,
    /// Assignments of an insert or update.
    pub(super) sets: Vec<(ColumnRef, Tokens)>,
    /// Assignments where the row is there already.
    pub(super) conflict: Option<Vec<(ColumnRef, Tokens)>>,
    /// Number of rows only.
    pub(super) counts: bool,
    /// The query whose rows an insert writes, and into which columns.
    pub(super) source: Option<(Vec<ColumnRef>, Box<Query>)>,
    /// Queries whose rows are added or taken away: the operator, and the query.
    pub(super) others: Vec<(&'static str, Tokens)>,
    /// Something was said of it that is not understood.
    pub(super) lost: bool,
}

impl Query {
    pub(super) fn new(does: Does, table: TableRef) -> Query {
        let from = table.tokens();
        Query { does, tables: vec![table], from, shown: None, ..Query::of_nothing(Node::List(Vec::new())) }
    }

    /// Values that come from no table.
    pub(super) fn of_nothing(shown: Node) -> Query {
        Query {
            does: Does::Select,
            tables: Vec::new(),
            from: Tokens::new(),
            shown: Some(shown),
            filters: Vec::new(),
            order: Vec::new(),
            sets: Vec::new(),
            conflict: None,
            counts: false,
            source: None,
            others: Vec::new(),
            lost: false,
        }
    }

    /// How many tokens it has.
    fn weight(&self) -> usize {
        let sets = self.sets.iter().chain(self.conflict.iter().flatten()).map(|(_, t)| t.len());
        let lists = self.filters.iter().chain(&self.order).chain(self.others.iter().map(|(_, t)| t)).map(Vec::len);
        let inner = self.shown.as_ref().map_or(0, Node::weight) + self.source.as_ref().map_or(0, |(_, q)| q.weight());
        self.from.len() + inner + sets.chain(lists).sum::<usize>()
    }

    /// Whether something is known of what it does; an insert or update of which no value is known does nothing that
    /// could be said.
    pub(super) fn is_known(&self) -> bool {
        let writes = matches!(self.does, Does::Insert | Does::Update);
        !(self.lost && writes && self.sets.is_empty() && self.source.is_none())
    }

    /// One more condition, which need not hold if those before it do.
    pub(super) fn or(&mut self, condition: Tokens, at: Span) {
        let mut all = std::mem::take(&mut self.filters);
        if !all.is_empty() {
            let before = joined(&all, " AND ", at);
            all = vec![wrapped("((", before, ") OR ", at)];
        }
        let mut one = all.pop().unwrap_or_else(|| vec![Token::text("(", at)]);
        one.extend(wrapped("", condition, ")", at));
        self.filters.push(one);
    }

    /// What was not understood may have taken its conditions back: they are asked, and establish nothing.
    pub(super) fn sure_part(mut self) -> Query {
        if self.lost {
            let asked = std::mem::take(&mut self.filters);
            self.order.extend(asked);
        }
        self
    }

    fn without_values(mut self) -> Query {
        let set = |sets: Vec<(ColumnRef, Tokens)>| sets.into_iter().map(|(c, t)| (c, valueless(t))).collect();
        self.from = valueless(self.from);
        self.shown = self.shown.map(Node::without_values);
        self.filters = self.filters.into_iter().map(valueless).collect();
        self.order = self.order.into_iter().map(valueless).collect();
        self.sets = set(self.sets);
        self.conflict = self.conflict.map(set);
        self.others = self.others.into_iter().map(|(op, t)| (op, valueless(t))).collect();
        self.source = self.source.map(|(columns, inner)| (columns, Box::new(inner.without_values())));
        self
    }
}

fn valueless(list: Tokens) -> Tokens {
    list.into_iter().map(Token::without_value).collect()
}
