//! SeaQuery: statements whose tables and columns are names alone, as SQL. They are put together on a borrow, and
//! something is made of them by a call of their own (`build`, `to_string`).

use super::node::{Does, Node, Query};
use super::render::{Token, Tokens, joined, quoted, wrapped};
use super::tables::{ColumnRef, TableRef};
use super::{Body, Call};
use crate::ir::body::Operand;
use crate::link::ty::{Ty, peel};
use crate::source::Span;

/// Calls that make a text of a statement.
const MAKES: &[&str] = &[
    "build",
    "build_any",
    "build_collect",
    "build_collect_any",
    "build_collect_any_into",
    "build_postgres",
    "build_rusqlite",
    "build_sqlx",
    "to_string",
];

/// Calls that change neither what is selected or written nor which rows it is about.
const PASSES: &[&str] = &[
    "clear_order_by",
    "clone",
    "distinct",
    "do_nothing",
    "limit",
    "lock",
    "lock_exclusive",
    "lock_shared",
    "lock_with_behavior",
    "lock_with_tables",
    "offset",
    "or_default_values",
    "replace",
    "reset_limit",
    "reset_offset",
    "take",
    "to_owned",
    // Of a conflict: that columns take what would have been inserted.
    "column",
    "columns",
    "expr",
    "exprs",
    "update_column",
    "update_columns",
];

impl Body<'_, '_> {
    /// A call of a row of SeaQuery's.
    pub(super) fn sea_query(&mut self, path: &str, call: Call<'_>) -> Option<Node> {
        let mut parts = path.split("::").skip(1);
        let (of, name) = (parts.next()?, parts.next().unwrap_or_default());
        match (of, call.info.method) {
            ("all!" | "any!", _) => {
                let parts: Vec<Node> = (0..call.args.len()).filter_map(|i| self.arg(call, i)).collect();
                let parts = parts.into_iter().map(|node| self.tokens(node)).collect();
                Some(Node::Condition { any: of == "any!", parts })
            }
            ("Query", false) => begin(name),
            ("SelectStatement", false) => begin("select"),
            ("InsertStatement", false) => begin("insert"),
            ("UpdateStatement", false) => begin("update"),
            ("DeleteStatement", false) => begin("delete"),
            ("OnConflict", false) => begin("update"),
            ("Alias", false) => self.arg(call, 0).filter(|n| matches!(n, Node::Text(_))),
            ("Func", false) => {
                let parts: Vec<Node> = (0..call.args.len()).flat_map(|i| self.elements(call, i)).collect();
                let parts: Vec<Node> = parts.into_iter().map(|n| self.named_or(n)).collect();
                Some(Node::Expr(self.function_of(name, &parts, call.span)))
            }
            ("SelectStatement" | "InsertStatement" | "UpdateStatement" | "DeleteStatement" | "Returning", true) => {
                self.sea_statement(name, call)
            }
            ("OnConflict", true) => self.sea_statement(name, call),
            ("Condition" | "Expr" | "FunctionCall", _) => self.sea(path, None, call),
            _ => None,
        }
    }

    fn sea_statement(&mut self, name: &str, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        let Some(Node::Query(mut q)) = self.arg(call, 0) else {
            if MAKES.contains(&name) {
                self.open(at);
            }
            return None;
        };
        if MAKES.contains(&name) {
            self.sea_made(*q, at);
            return None;
        }
        if self.says(&mut q, name, call).is_none() {
            q.lost = true;
        }
        let node = Node::Query(q);
        if !matches!(name, "take" | "to_owned" | "clone") {
            self.written_to(call, &node);
        }
        Some(node)
    }

    /// What a call says of a statement; nothing where that is not known.
    fn says(&mut self, q: &mut Query, name: &str, call: Call<'_>) -> Option<()> {
        let at = call.span;
        match name {
            "columns" if q.does == Does::Insert => {
                for node in self.elements(call, 1) {
                    q.columns.push(self.column_named(node)?);
                }
            }
            "column" | "columns" | "expr" | "exprs" | "returning_col"
                if q.does != Does::Update || name == "returning_col" =>
            {
                for node in self.elements(call, 1) {
                    let shown = self.named_or(node);
                    shows(q, self.known_tokens(shown)?);
                }
            }
            "expr_as" => {
                let (shown, alias) = (self.arg(call, 1)?, name_of(&self.arg(call, 2)?)?);
                let shown = self.named_or(shown);
                let mut tokens = self.known_tokens(shown)?;
                tokens.push(Token::Text(format!(" AS {}", quoted(&alias)), at));
                shows(q, tokens);
            }
            "returning_all" | "all" => shows(q, vec![Token::text("*", at)]),
            "returning" => match self.arg(call, 1)? {
                Node::Query(returned) => q.shown = returned.shown,
                _ => return None,
            },
            "from" | "from_as" | "from_table" | "into_table" | "table" if q.tables.is_empty() || name == "from" => {
                if q.does == Does::Update && !q.tables.is_empty() {
                    return None;
                }
                let mut table = table_named(&self.arg(call, 1)?)?;
                if name == "from_as" {
                    table.alias = Some(name_of(&self.arg(call, 2)?)?);
                }
                if !q.from.is_empty() {
                    q.from.push(Token::text(", ", at));
                }
                q.from.extend(table.tokens());
                q.tables.push(table);
            }
            "from_subquery" => {
                let (Node::Query(inner), alias) = (self.arg(call, 1)?, name_of(&self.arg(call, 2)?)?) else {
                    return None;
                };
                self.also_sub(q, &inner, &alias, at)?;
            }
            "and_where" | "cond_where" => {
                let condition = self.arg(call, 1)?;
                q.filters.push(self.known_tokens(condition)?);
            }
            "and_where_option" => {
                let condition = self.arg(call, 1)?;
                let asked = self.known_tokens(condition)?;
                q.filters.push(wrapped("(", asked, " OR TRUE)", at));
            }
            "and_having"
            | "cond_having"
            | "and_having_option"
            | "add_group_by"
            | "group_by_col"
            | "group_by_columns"
            | "order_by"
            | "order_by_columns"
            | "order_by_expr"
            | "order_by_with_nulls"
            | "order_by_expr_with_nulls"
            | "distinct_on" => {
                for node in self.elements(call, 1) {
                    let by = self.named_or(node);
                    q.order.push(self.known_tokens(by)?);
                }
            }
            "left_join" | "right_join" | "inner_join" | "full_outer_join" | "cross_join" => {
                let table = table_named(&self.arg(call, 1)?)?;
                self.joined_by(q, table, name == "inner_join", 2, call)?;
            }
            // Of which kind it is stands in a value.
            "join" => {
                let table = table_named(&self.arg(call, 2)?)?;
                self.joined_by(q, table, false, 3, call)?;
            }
            "join_as" => {
                let table = table_named(&self.arg(call, 2)?)?;
                let alias = Some(name_of(&self.arg(call, 3)?)?);
                self.joined_by(q, TableRef { alias, ..table }, false, 4, call)?;
            }
            "union" => match self.arg(call, 2)? {
                Node::Query(other) if !other.lost => q.others.push((" UNION ALL ", self.select(&other, None, at))),
                _ => return None,
            },
            "select_from" => match self.arg(call, 1)? {
                Node::Query(inner) => {
                    q.lost |= inner.lost;
                    q.source = Some((q.columns.clone(), inner));
                }
                _ => return None,
            },
            "values" | "values_panic" if q.does == Does::Insert => {
                let values = self.elements(call, 1);
                if values.len() != q.columns.len() {
                    return None;
                }
                for (column, value) in q.columns.clone().into_iter().zip(values) {
                    q.sets.push((column, self.tokens(value)));
                }
            }
            "values" => {
                for node in self.elements(call, 1) {
                    let Node::List(pair) = node else { return None };
                    let [column, value] = <[Node; 2]>::try_from(pair).ok()?;
                    q.sets.push((self.column_named(column)?, self.tokens(value)));
                }
            }
            "value" | "value_expr" => {
                let (column, value) = (self.arg(call, 1)?, self.arg(call, 2)?);
                q.sets.push((self.column_named(column)?, self.tokens(value)));
            }
            "on_conflict" => match self.arg(call, 1)? {
                Node::Query(conflict) => {
                    q.lost |= conflict.lost;
                    q.conflict = Some(conflict.sets);
                }
                _ => return None,
            },
            _ if PASSES.contains(&name) => {}
            _ => return None,
        }
        Some(())
    }

    fn joined_by(&mut self, q: &mut Query, table: TableRef, inner: bool, on: usize, call: Call<'_>) -> Option<()> {
        let at = call.span;
        let on = match self.arg(call, on) {
            Some(node) => self.known_tokens(node)?,
            None => vec![Token::text("(1 = 1)", at)],
        };
        q.from.push(Token::text(if inner { " INNER JOIN " } else { " LEFT JOIN " }, at));
        q.from.extend(table.tokens());
        q.from.extend(wrapped(" ON ", on, "", at));
        Some(())
    }

    fn also_sub(&mut self, q: &mut Query, inner: &Query, alias: &str, at: Span) -> Option<()> {
        if inner.lost || !q.from.is_empty() {
            return None;
        }
        let select = self.select(inner, None, at);
        q.from = wrapped("(", select, &format!(") AS {}", quoted(alias)), at);
        Some(())
    }

    /// A text is made of a statement.
    fn sea_made(&mut self, q: Query, at: Span) {
        self.unclear = q.lost || q.writes_lost();
        if q.is_known() && (q.does == Does::Select || !q.tables.is_empty()) {
            let q = q.sure_part();
            let shown = match &q.shown {
                Some(Node::List(list)) if q.does != Does::Select && !list.is_empty() => {
                    let list: Vec<Tokens> = list.iter().map(|n| self.tokens(n.clone())).collect();
                    wrapped(" RETURNING ", joined(&list, ", ", at), "", at)
                }
                _ => Tokens::new(),
            };
            let mut tokens = match q.does {
                Does::Select => self.select(&q, None, at),
                _ => self.statement(&q, None, at),
            };
            tokens.extend(shown);
            self.complete(&tokens, at, false, false);
        } else {
            self.unclear = true;
        }
        if self.unclear {
            self.open(at);
        }
    }

    /// A statement that a method of another type makes a text of: `backend.build(&query)`.
    pub(super) fn sea_given(&mut self, call: Call<'_>) {
        match self.arg(call, 1) {
            Some(Node::Query(q)) => self.sea_made(*q, call.span),
            _ => {
                let ty = call.args.get(1).map(|op| self.ty(op)).unwrap_or_default();
                let changes = ["Select", "Insert", "Update", "Delete"];
                // Tables are made and altered by it too.
                if let Ty::Ext(n, _) = peel(self.walk.models, &ty)
                    && changes.iter().any(|of| n.as_str() == format!("sea_query::{of}Statement"))
                {
                    self.open(call.span);
                }
            }
        }
    }

    /// The elements of a list that is written out, or one value.
    fn elements(&mut self, call: Call<'_>, i: usize) -> Vec<Node> {
        let Some(op) = call.args.get(i) else { return Vec::new() };
        if let Operand::Place(p) = op
            && p.path.is_empty()
            && let Some(list) = self.lists.get(&p.base).cloned()
        {
            return list.into_iter().map(|(op, at)| self.node(&op, at)).collect();
        }
        vec![self.node(op, call.at(i))]
    }

    /// A name as a column; anything else as it is.
    fn named_or(&mut self, node: Node) -> Node {
        match column_tokens(&node) {
            Some(tokens) => Node::Expr(tokens),
            None => node,
        }
    }

    fn column_named(&self, node: Node) -> Option<ColumnRef> {
        match node {
            Node::Column(c) => Some(c),
            Node::Text(ref tokens) => {
                let place = tokens.first()?.place();
                Some(ColumnRef { table: String::new(), name: name_of(&node)?, place })
            }
            _ => None,
        }
    }

    /// An expression, unless it is a value of which nothing is known.
    fn known_tokens(&mut self, node: Node) -> Option<Tokens> {
        match node {
            Node::Value(Operand::Place(_), _) | Node::Lost(_) | Node::Several(_) => None,
            node => Some(self.tokens(node)),
        }
    }
}

fn begin(name: &str) -> Option<Node> {
    let does = match name {
        "select" | "returning" => Does::Select,
        "insert" => Does::Insert,
        "update" | "new" | "column" | "columns" => Does::Update,
        "delete" => Does::Delete,
        _ => return None,
    };
    Some(Node::Query(Box::new(Query { does, ..Query::of_nothing(Node::List(Vec::new())) })))
}

fn shows(q: &mut Query, tokens: Tokens) {
    match &mut q.shown {
        Some(Node::List(list)) => list.push(Node::Expr(tokens)),
        _ => q.lost = true,
    }
}

/// A name, as an identifier or a text says it.
fn name_of(node: &Node) -> Option<String> {
    match node {
        Node::Text(tokens) if !tokens.iter().any(Token::is_hole) => Some(tokens.iter().map(Token::as_text).collect()),
        Node::Column(c) => Some(c.name.clone()),
        _ => None,
    }
}

/// A table by its name: `Users::Table`, or with its schema.
fn table_named(node: &Node) -> Option<TableRef> {
    let (name, place) = match node {
        Node::Table(t) => return Some(t.clone()),
        Node::List(parts) => {
            let names: Vec<String> = parts.iter().map(|n| name_of(n).map(|n| quoted(&n))).collect::<Option<_>>()?;
            let Some(Node::Text(last)) = parts.last() else { return None };
            (names.join("."), last.first()?.place())
        }
        Node::Text(tokens) => (quoted(&name_of(node)?), tokens.first()?.place()),
        _ => return None,
    };
    Some(TableRef { index: usize::MAX, name, alias: None, place })
}

/// A column by its name, perhaps with that of its table.
pub(super) fn column_tokens(node: &Node) -> Option<Tokens> {
    match node {
        Node::Text(tokens) => Some(vec![Token::Text(quoted(&name_of(node)?), tokens.first()?.place())]),
        Node::List(parts) => {
            let mut out = Tokens::new();
            for part in parts {
                let name = match part {
                    Node::Expr(star) => star.clone(),
                    part => column_tokens(part)?,
                };
                if !out.is_empty() {
                    out.push(Token::Text(".".to_owned(), name.first()?.place()));
                }
                out.extend(name);
            }
            Some(out)
        }
        _ => None,
    }
}
