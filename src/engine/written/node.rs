//! What a value of a builder is: a table, a column, an expression, a statement in the making.

use std::borrow::Cow;

use super::render::{Token, Tokens, joined, wrapped};
use super::tables::{ColumnRef, TableRef};
use crate::ir::Name;
use crate::ir::body::{ClosureId, Operand, Place, Sel};
use crate::link::program::TypeId;
use crate::source::Span;

/// A value of a builder.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What it is by several ways through the code; the last is [`None`] if one of them is not known.
    Several(Vec<Option<Node>>),
    /// A table.
    Table(TableRef),
    /// Tables, and what they are joined by.
    On(Box<Query>, Tokens),
    /// A column.
    Column(ColumnRef),
    /// Several, as a tuple or a list.
    List(Vec<Node>),
    /// The columns that a struct of the workspace selects.
    Selects(TypeId),
    /// Columns, each with its way into the row.
    Ways(Vec<(Vec<Name>, ColumnRef)>),
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
    /// A value that is only known where it was made.
    Lost(Span),
}

impl Node {
    /// Whether it is part of an expression of SQL, and no plain value.
    pub(super) fn is_expression(&self) -> bool {
        matches!(self, Node::Column(_) | Node::Expr(_) | Node::Equal(..) | Node::Condition { .. })
    }

    /// Whether it is a statement or part of one, and no plain value.
    pub(super) fn is_part(&self) -> bool {
        self.is_expression() || self.is_statement() || matches!(self, Node::List(_) | Node::Selects(_))
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
            Node::Expr(t) | Node::Text(t) => t.len(),
            Node::On(q, t) => q.weight() + t.len(),
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
        self.with_values(&mut |_, at| Token::Lost(at))
    }

    /// The same with other values.
    pub(super) fn with_values(self, f: &mut dyn FnMut(Operand, Span) -> Token) -> Node {
        match self {
            Node::Value(op, at) => match f(op, at) {
                Token::Value(op, at) => Node::Value(op, at),
                other => Node::Lost(other.place()),
            },
            Node::Several(ways) => Node::Several(ways.into_iter().map(|n| n.map(|n| n.with_values(f))).collect()),
            Node::Expr(list) => Node::Expr(revalued(list, f)),
            Node::Text(list) => Node::Text(revalued(list, f)),
            Node::Condition { any, parts } => {
                Node::Condition { any, parts: parts.into_iter().map(|list| revalued(list, f)).collect() }
            }
            Node::On(q, list) => Node::On(Box::new(q.with_values(f)), revalued(list, f)),
            Node::List(list) => Node::List(list.into_iter().map(|n| n.with_values(f)).collect()),
            Node::Equal(a, b) => Node::Equal(Box::new(a.with_values(f)), Box::new(b.with_values(f))),
            Node::Query(q) => Node::Query(Box::new(q.with_values(f))),
            other => other,
        }
    }

    /// What a place holds: values that are only known where they were made are its parts. Of a statement they are not.
    pub(super) fn anchored(self, place: &Place) -> Node {
        let all = |list: Tokens| list.into_iter().map(|t| t.anchored(place)).collect();
        let part = |i: usize| {
            let mut place = place.clone();
            place.path.push(Sel::Field(i.to_string().into()));
            place
        };
        match self {
            Node::Lost(at) => Node::Value(Operand::Place(place.clone()), at),
            Node::Several(ways) => Node::Several(ways.into_iter().map(|n| n.map(|n| n.anchored(place))).collect()),
            Node::List(list) => Node::List(list.into_iter().enumerate().map(|(i, n)| n.anchored(&part(i))).collect()),
            // What an equation is worth is its value.
            Node::Equal(a, b) => Node::Equal(a, Box::new(b.anchored(place))),
            Node::Expr(list) => Node::Expr(all(list)),
            Node::Condition { any, parts } => Node::Condition { any, parts: parts.into_iter().map(all).collect() },
            other => other,
        }
    }

    /// The part that a place of what it is leads to.
    pub(super) fn at_path(&self, path: &[Sel]) -> Option<Cow<'_, Node>> {
        match (path, self) {
            ([], node) => Some(Cow::Borrowed(node)),
            ([Sel::Some | Sel::Deref, rest @ ..], node) => node.at_path(rest),
            ([Sel::Slice(ends), rest @ ..], Node::List(list)) => {
                let (from, to) = (*ends)?;
                let to = to.map_or(list.len(), |to| to as usize);
                let part = Node::List(list.get(from as usize..to)?.to_vec());
                part.at_path(rest).map(|node| Cow::Owned(node.into_owned()))
            }
            ([Sel::Slice(_), rest @ ..], node) => node.at_path(rest),
            ([Sel::Field(name), rest @ ..], Node::List(list)) => list.get(name.parse::<usize>().ok()?)?.at_path(rest),
            _ => None,
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
    /// The columns that values are given for by their positions.
    pub(super) columns: Vec<ColumnRef>,
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
            columns: Vec::new(),
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

    /// Whether it writes what is only known where it was made.
    pub(super) fn writes_lost(&self) -> bool {
        let sets = self.sets.iter().chain(self.conflict.iter().flatten());
        sets.into_iter().any(|(_, tokens)| tokens.iter().any(|t| matches!(t, Token::Lost(_))))
    }

    /// What was not understood may have taken its conditions back: they are asked, and establish nothing.
    pub(super) fn sure_part(mut self) -> Query {
        if self.lost {
            let asked = std::mem::take(&mut self.filters);
            self.order.extend(asked);
        }
        self
    }

    fn with_values(mut self, f: &mut dyn FnMut(Operand, Span) -> Token) -> Query {
        self.from = revalued(self.from, f);
        self.shown = self.shown.map(|n| n.with_values(f));
        self.filters = self.filters.into_iter().map(|t| revalued(t, f)).collect();
        self.order = self.order.into_iter().map(|t| revalued(t, f)).collect();
        self.sets = self.sets.into_iter().map(|(c, t)| (c, revalued(t, f))).collect();
        self.conflict = self.conflict.map(|sets| sets.into_iter().map(|(c, t)| (c, revalued(t, f))).collect());
        self.others = self.others.into_iter().map(|(op, t)| (op, revalued(t, f))).collect();
        self.source = self.source.map(|(columns, inner)| (columns, Box::new(inner.with_values(f))));
        self
    }
}

fn revalued(list: Tokens, f: &mut dyn FnMut(Operand, Span) -> Token) -> Tokens {
    let one = |t| match t {
        Token::Value(op, at) => f(op, at),
        Token::Put(op, at) => match f(op, at) {
            Token::Value(op, at) => Token::Put(op, at),
            other => Token::Hole(other.place()),
        },
        other => other,
    };
    list.into_iter().map(one).collect()
}
