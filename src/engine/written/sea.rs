//! SeaORM: entities, their columns and active models as SQL.

use super::node::{Does, Node, Query};
use super::render::{Token, Tokens, wrapped};
use super::sea_query::column_tokens;
use super::statement::row_type;
use super::tables::{ColumnRef, TableRef};
use super::{Body, Call};
use crate::ir::Name;
use crate::ir::body::Operand;
use crate::ir::items::TypeKind;
use crate::link::program::{Def, TypeId};
use crate::link::ty::{Ty, def_cx, peel, project};
use crate::source::Span;

/// Calls that run a statement.
const RUNS: &[&str] = &[
    "one",
    "all",
    "stream",
    "count",
    "exec",
    "exec_with_returning",
    "exec_without_returning",
    "num_items",
    "num_pages",
    "fetch_page",
    "fetch",
    "fetch_and_next",
    "into_stream",
];

/// Calls that make data of a column, where others only ask it.
const MADE: &[&str] = &[
    "add",
    "as_enum",
    "case",
    "cast_as",
    "concat",
    "div",
    "finally",
    "if_null",
    "left_shift",
    "max",
    "min",
    "modulo",
    "mul",
    "right_shift",
    "sub",
    "sum",
];

/// Calls that change neither what is selected or written nor which rows it is about.
const PASSES: &[&str] = &[
    "after",
    "as_ref",
    "asc",
    "before",
    "clone",
    "desc",
    "distinct",
    "do_nothing",
    "first",
    "into",
    "into_json",
    "into_tuple",
    "into_values",
    "last",
    "limit",
    "lock",
    "lock_exclusive",
    "lock_shared",
    "lock_with_behavior",
    "offset",
    "on_conflict",
    "on_conflict_do_nothing",
    "on_empty_do_nothing",
    "paginate",
    "to_owned",
    "validate",
];

impl Body<'_, '_> {
    /// A call of a row of SeaORM's; `entity` is the type that its path begins with.
    pub(super) fn sea(&mut self, path: &str, entity: Option<TypeId>, call: Call<'_>) -> Option<Node> {
        let name = path.rsplit("::").next().unwrap_or(path);
        let at = call.span;
        if !call.info.method {
            return self.sea_begins(name, entity, call);
        }
        if name == "find_linked" {
            return Some(Node::Query(Box::new(Query::new(Does::Select, self.linked(call)?))));
        }
        if matches!(name, "load_one" | "load_many")
            && let Some(Node::Table(other)) = self.arg(call, 1)
        {
            self.sea_runs(Query::new(Does::Select, other), true, call);
            return None;
        }
        if name == "find_related"
            && let Some(Node::Table(other)) = self.arg(call, 1)
        {
            return Some(Node::Query(Box::new(Query::new(Does::Select, other))));
        }
        if path == "sea_orm::DbBackend::build" {
            self.sea_given(call);
            return None;
        }
        if path.starts_with("sea_orm::ActiveModelTrait::") || path.starts_with("sea_orm::ModelTrait::") {
            self.row_of_its_own(name, call);
            return None;
        }
        let first = self.arg(call, 0)?;
        let Node::Query(mut q) = first else {
            if RUNS.contains(&name) && path.starts_with("sea_orm::") && !path.contains("Selector") {
                self.open(at);
            }
            return self.sea_expression(first, name, call);
        };
        match name {
            "filter" => {
                let condition = self.arg(call, 1)?;
                q.lost |= matches!(condition, Node::Value(Operand::Place(_), _) | Node::Lost(_));
                q.filters.push(self.tokens(condition));
            }
            // What is asked of groups says nothing of a row.
            "having" => {
                let condition = self.arg(call, 1)?;
                q.order.push(self.tokens(condition));
            }
            "order_by"
            | "order_by_asc"
            | "order_by_desc"
            | "order_by_with_nulls"
            | "group_by"
            | "distinct_on"
            | "cursor_by" => {
                let by = self.arg(call, 1)?;
                q.order.push(self.tokens(by));
            }
            "select_only" => q.shown = Some(Node::List(Vec::new())),
            "column" | "columns" | "column_as" | "expr" | "expr_as" | "exprs" => {
                let more = self.arg(call, 1)?;
                let more = if let Node::List(list) = more { list } else { vec![more] };
                let alias = self.arg(call, 2).and_then(|n| match n {
                    Node::Text(t) => Some(t.iter().map(Token::as_text).collect::<String>()),
                    _ => None,
                });
                let named = more.len();
                let more = more.into_iter().filter_map(|n| self.shown_as(n, alias.as_deref(), at));
                let more: Vec<Node> = more.collect();
                q.lost |= more.len() < named;
                match &mut q.shown {
                    Some(Node::List(list)) => list.extend(more),
                    // Beside all those of the model.
                    _ => q.lost = true,
                }
            }
            // What a relation goes back from is another table.
            "join" => match self.arg(call, 2) {
                Some(Node::Table(other)) => {
                    q.from.extend(wrapped(" LEFT JOIN ", other.tokens(), " ON (1 = 1)", at));
                }
                _ => q.lost = true,
            },
            "left_join" | "inner_join" | "right_join" | "find_also_related" | "find_with_related"
            | "find_both_related" => {
                if let Some(Node::Table(other)) = self.arg(call, 1) {
                    q.from.push(Token::text(" LEFT JOIN ", at));
                    q.from.extend(other.tokens());
                    q.from.push(Token::text(" ON (1 = 1)", at));
                    if name.starts_with("find") {
                        q.tables.push(other);
                    }
                } else {
                    q.lost = true;
                }
            }
            "into_partial_model" | "into_model" => {
                if let [Ty::Adt(t, _)] = call.info.ret.args()
                    && !matches!(&q.shown, Some(Node::List(_)))
                {
                    q.shown = Some(match name {
                        "into_model" => self.taken_by_name(&mut q, *t, at),
                        _ => Node::Selects(*t),
                    });
                }
            }
            "col_expr" => {
                let (column, value) = (self.arg(call, 1)?, self.arg(call, 2)?);
                if let Node::Column(c) = column {
                    let value = self.tokens(value);
                    q.sets.push((c, value));
                } else {
                    q.lost = true;
                }
            }
            "set" => {
                let node = self.arg(call, 1)?;
                let table = q.tables.first()?.clone();
                let (sets, whole) = self.fields_set(&table, &node);
                q.sets.extend(sets);
                q.lost |= !whole;
            }
            "from_raw_sql" => return None,
            "find_with_linked" | "find_also_linked" => match self.linked(call) {
                Some(other) => {
                    q.from.extend(wrapped(" LEFT JOIN ", other.tokens(), " ON (1 = 1)", at));
                    q.tables.push(other);
                }
                None => q.lost = true,
            },
            _ if RUNS.contains(&name) => {
                q.counts = matches!(name, "count" | "num_items" | "num_pages");
                let returns = q.does == Does::Select || name == "exec_with_returning";
                self.sea_runs(*q, returns, call);
                return None;
            }
            _ => q.lost |= !PASSES.contains(&name),
        }
        Some(Node::Query(q))
    }

    fn sea_begins(&mut self, name: &str, entity: Option<TypeId>, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        let own = entity.and_then(|t| self.walk.tables.entity(t, at));
        let given = self.arg(call, 0);
        let of = |does, table| Some(Node::Query(Box::new(Query::new(does, table))));
        match name {
            "find" => of(Does::Select, own?),
            "find_by_id" | "delete_by_id" => {
                let does = if name == "find_by_id" { Does::Select } else { Does::Delete };
                let mut q = Query::new(does, own?);
                if let ([key], Some(value)) = (self.key(q.tables.first()?, at).as_slice(), given) {
                    let value = self.tokens(value);
                    let mut equal = key.tokens();
                    equal.extend(wrapped(" = ", value, "", at));
                    q.filters.push(equal);
                }
                Some(Node::Query(Box::new(q)))
            }
            "delete_many" => of(Does::Delete, own?),
            "update_many" => of(Does::Update, own?),
            "many" => match given? {
                Node::Table(t) if call.info.symbol.contains("Update") => of(Does::Update, t),
                Node::Table(t) => of(Does::Delete, t),
                _ => None,
            },
            "insert" | "insert_many" | "one" | "update" => {
                let node = given?;
                let table = match own {
                    Some(table) => table,
                    None => self.active_table(&node)?,
                };
                let updates = name == "update" || name == "one" && call.info.symbol.contains("Update");
                let does = if updates { Does::Update } else { Does::Insert };
                let mut q = Query::new(does, table.clone());
                let (sets, whole) = self.fields_set(&table, &node);
                (q.sets, q.lost) = (sets, !whole);
                if updates {
                    self.finds_by_key(&table, &mut q, at);
                }
                if let (Node::Value(op, _), true) = (&node, updates) {
                    self.only_set(op, &mut q.sets);
                }
                Some(Node::Query(Box::new(q)))
            }
            "all" | "any" => Some(Node::Condition { any: name == "any", parts: Vec::new() }),
            _ => self.sea_expression(given?, name, call),
        }
    }

    fn sea_expression(&mut self, first: Node, name: &str, call: Call<'_>) -> Option<Node> {
        let at = call.span;
        match name {
            "def" if matches!(first, Node::Table(_)) => Some(first),
            "eq" => Some(Node::Equal(Box::new(first), Box::new(self.arg(call, 1)?))),
            "col" | "column" => Some(column_tokens(&first).map_or(first, Node::Expr)),
            "cust" => match first {
                Node::Text(text) => Some(Node::Expr(wrapped("(", text, ")", at))),
                _ => None,
            },
            "equals" => {
                let second = self.arg(call, 1)?;
                let second = column_tokens(&second).map_or(second, Node::Expr);
                Some(Node::Equal(Box::new(first), Box::new(second)))
            }
            "exists" | "not_exists" if matches!(first, Node::Query(_)) => self.expression(first, "exists", call),
            "is_null" | "is_not_null" | "not" if first.is_expression() => self.expression(first, name, call),
            "value" | "val" | "expr" | "into" | "into_expr" | "into_simple_expr" | "into_condition" => Some(first),
            "add" | "add_option" if matches!(first, Node::Condition { .. }) => {
                let Node::Condition { any, mut parts } = first else { return None };
                let second = self.arg(call, 1)?;
                let mut part = self.tokens(second);
                if name == "add_option" && !any {
                    part = wrapped("(", part, " OR TRUE)", at);
                }
                parts.push(part);
                Some(Node::Condition { any, parts })
            }
            "add" | "and" | "or" if matches!(first, Node::Expr(_) | Node::Equal(..) | Node::Condition { .. }) => {
                let (first, second) = (self.tokens(first), self.arg(call, 1)?);
                let mut out = wrapped("(", first, if name == "or" { " OR " } else { " AND " }, at);
                let second = self.tokens(second);
                out.extend(wrapped("", second, ")", at));
                Some(Node::Expr(out))
            }
            _ if first.is_expression() => {
                let mut parts = vec![first];
                parts.extend((1..call.args.len()).filter_map(|i| self.arg(call, i)));
                // What is asked of a column yields no data; what is made of it does.
                let made = MADE.contains(&name);
                let call = self.function_of(if made { name } else { "count" }, &parts, at);
                Some(Node::Expr(call))
            }
            _ => None,
        }
    }

    /// The table at the end of a link, as its type says.
    fn linked(&self, call: Call<'_>) -> Option<TableRef> {
        let Operand::Path(id) = call.args.get(1)? else { return None };
        let Some(Def::Type(link)) = self.typed.paths.get(id.0 as usize)?.def else { return None };
        let to = project(self.walk.p, self.walk.models, &Ty::Adt(link, [].into()), "ToEntity")?;
        match peel(self.walk.models, &to) {
            Ty::Adt(t, _) => self.walk.tables.entity(*t, call.span),
            _ => None,
        }
    }

    /// The table of the entity that a relation leads to.
    pub(super) fn relation(&self, t: TypeId, variant: u32, at: Span) -> Option<TableRef> {
        let def = self.walk.p.type_def(t)?;
        let TypeKind::Enum(variants) = &def.kind else { return None };
        let path = variants.get(variant as usize)?.relates.as_deref()?;
        let path: Vec<Name> = path.split("::").map(Name::from).collect();
        match self.walk.p.resolve(def_cx(self.walk.p, t, &[]).module?, &path).def? {
            Def::Type(entity) => self.walk.tables.entity(entity, at),
            _ => None,
        }
    }

    /// A column as it is selected: by its own name, or by another.
    fn shown_as(&mut self, node: Node, alias: Option<&str>, at: Span) -> Option<Node> {
        let name = match (&node, alias) {
            (_, Some(alias)) => alias.to_owned(),
            (Node::Column(c), None) => c.name.clone(),
            _ => return None,
        };
        let tokens = self.tokens(node);
        Some(Node::Text(vec![Token::Text(name, at)].into_iter().chain(tokens).collect()))
    }

    fn key(&self, table: &TableRef, at: Span) -> Vec<ColumnRef> {
        let key = self.walk.tables.list.get(table.index).map_or(&[][..], |t| t.key.as_slice());
        key.iter().map(|c| table.column(c, at)).collect()
    }

    /// The table of an active model, or of several.
    fn active_table(&self, node: &Node) -> Option<TableRef> {
        let Node::Value(op, at) = node else { return None };
        let ty = self.ty(op);
        let Ty::Adt(t, _) = self.element(&ty) else { return None };
        self.walk.tables.entity(t, *at)
    }

    /// `active.insert(db)`, `model.delete(db)`: a row that is written or deleted by itself.
    fn row_of_its_own(&mut self, name: &str, call: Call<'_>) {
        let Some(node) = self.arg(call, 0) else { return };
        let Some(table) = self.active_table(&node) else {
            self.open(call.span);
            return;
        };
        let does = match name {
            "insert" | "save" => Does::Insert,
            "update" => Does::Update,
            "delete" => Does::Delete,
            _ => return,
        };
        let mut q = Query::new(does, table.clone());
        if does != Does::Delete {
            let (sets, whole) = self.fields_set(&table, &node);
            (q.sets, q.lost) = (sets, !whole);
        }
        if does == Does::Update {
            self.finds_by_key(&table, &mut q, call.span);
        }
        if let (Node::Value(op, _), "update" | "save") = (&node, name) {
            self.only_set(op, &mut q.sets);
        }
        self.sea_runs(q, does != Does::Delete, call);
    }

    /// An update of a model finds the row by its key, and does not write that.
    fn finds_by_key(&self, table: &TableRef, q: &mut Query, at: Span) {
        let key = self.key(table, at);
        q.sets.retain(|(c, _)| key.iter().all(|k| k.name != c.name));
    }

    fn sea_runs(&mut self, q: Query, returns: bool, call: Call<'_>) {
        self.unclear = q.lost || q.writes_lost();
        if q.is_known() {
            self.sea_complete(q, returns, call);
        }
        if self.unclear {
            self.open(call.span);
        }
    }

    fn sea_complete(&mut self, q: Query, returns: bool, call: Call<'_>) {
        let made = || self.models_of(&q);
        let row = returns.then(|| match row_type(&call.info.ret) {
            Ty::Unknown => made(),
            row => row,
        });
        let along = !matches!(&q.shown, Some(Node::List(_)));
        let mut q = q.sure_part();
        if returns && q.shown.is_none() {
            let models: Vec<Node> = q.tables.iter().filter_map(|t| self.model_of(t)).collect();
            q.shown = match models.as_slice() {
                [one] => Some(one.clone()),
                _ => Some(Node::List(models)),
            };
        }
        let tokens = match (&q.shown, &row) {
            (Some(Node::List(list)), Some(row)) if q.does == Does::Select && !along => {
                let list = self.by_name(list.clone(), row);
                self.select_items(&q, list, call.span)
            }
            _ => self.statement(&q, row.as_ref(), call.span),
        };
        self.complete(&tokens, call.span, true, along);
        if !self.quiet
            && let Some(written) = self.walk.found.written.last_mut()
        {
            written.row = row;
        }
    }

    /// What a struct takes out of whole rows: of each of its fields the column of that name.
    fn taken_by_name(&self, q: &mut Query, t: TypeId, at: Span) -> Node {
        let mut fields = Vec::new();
        self.columns_of(t, &[], true, &mut fields);
        let mut ways = Vec::new();
        for (way, name) in fields {
            let has = |t: &&TableRef| {
                self.walk.tables.list.get(t.index).is_some_and(|t| t.columns.iter().any(|c| *c == name))
            };
            match q.tables.iter().find(has) {
                Some(table) => ways.push((way, table.column(&name, at))),
                None => q.lost = true,
            }
        }
        Node::Ways(ways)
    }

    /// The type of the rows of a statement: the model of its table, or a part for each of its tables.
    fn models_of(&self, q: &Query) -> Ty {
        let model = |t: &TableRef| {
            let model = self.walk.tables.model(t.index).filter(|_| q.shown.is_none());
            model.map_or(Ty::Unknown, |t| Ty::Adt(t, [].into()))
        };
        match q.tables.as_slice() {
            [one] => model(one),
            [] => Ty::Unknown,
            several => Ty::Tuple(several.iter().map(model).collect()),
        }
    }

    /// The model of an entity: its fields are the columns.
    fn model_of(&self, table: &TableRef) -> Option<Node> {
        self.walk.tables.model(table.index).map(Node::Selects)
    }

    /// What is selected by name, each with its way into a row of this type.
    fn by_name(&self, list: Vec<Node>, row: &Ty) -> Vec<(Vec<Name>, Tokens)> {
        let mut columns = Vec::new();
        if let Ty::Adt(t, _) = peel(self.walk.models, row) {
            self.columns_of(*t, &[], false, &mut columns);
        }
        let tuple = matches!(row, Ty::Tuple(_));
        let single = list.len() == 1 && !matches!(row, Ty::Tuple(_) | Ty::Adt(..) | Ty::Unknown);
        let mut out = Vec::new();
        for (i, node) in list.into_iter().enumerate() {
            let Node::Text(mut tokens) = node else { continue };
            let name = tokens.remove(0);
            let way = match columns.iter().find(|(_, c)| c == name.as_text()) {
                _ if single => Vec::new(),
                _ if tuple => vec![i.to_string().into()],
                Some((way, _)) => way.clone(),
                None => vec![name.as_text().into()],
            };
            out.push((way, tokens));
        }
        out
    }
}
