//! From a place in a text to the values that stand there.

use std::collections::BTreeMap;

use crate::flow::{Job, Spot, SqlIndex};
use crate::ir::body::{Cond, Func, Operand, Piece, Rvalue, Stmt};
use crate::limits::TRACE_VALUES;
use crate::link::program::{FuncId, Program};
use crate::link::schema::Schemas;
use crate::link::sqlfn::{ColumnId, SqlFn, SqlSource};
use crate::project::Inputs;
use crate::source::{FileId, LineCol, SourceFile, Span};

/// A place as people type it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file, as given.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column; every value of the line that has a name if there is none.
    pub column: Option<u32>,
}

/// Why there is no value at a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    /// The file is not one of those that are read.
    #[error("{file} is no Rust or SQL file of this run{}", among(.near, "; did you mean "))]
    File {
        /// As given.
        file: String,
        /// Files that end alike.
        near: Vec<String>,
    },
    /// The file ends before.
    #[error("{file} has {lines} lines")]
    Line {
        /// The file.
        file: String,
        /// How many lines it has.
        lines: usize,
    },
    /// No value stands there.
    #[error("there is no value to trace at {at}{}", among(.near, "; the nearest are "))]
    Nothing {
        /// The place.
        at: String,
        /// Values before and after it, with their places.
        near: Vec<String>,
    },
    /// The code there is test code.
    #[error("{0} is test code, which is not followed")]
    Test(String),
    /// Too many values stand there.
    #[error("{count} values stand at {at}: give the column of one")]
    Many {
        /// The place.
        at: String,
        /// How many.
        count: usize,
    },
}

fn among(near: &[String], lead: &str) -> String {
    if near.is_empty() { String::new() } else { format!("{lead}{}", near.join(", ")) }
}

/// Where values stand: everything that a position is looked up in.
pub struct Map<'a> {
    /// The texts.
    pub inputs: &'a Inputs,
    /// Functions.
    pub program: &'a Program,
    /// Columns.
    pub schemas: &'a Schemas,
    /// Statements inside Rust.
    pub sql: &'a SqlIndex,
    /// Statements that run by themselves.
    pub jobs: &'a [Job],
}

/// A value that can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    span: Span,
    spot: Spot,
    /// A variable, a part of one, a column.
    named: bool,
}

/// The values at a position, each with its place, in the order of places.
pub fn find(map: &Map<'_>, file: FileId, at: &Position) -> Result<Vec<(Span, Spot)>, Missed> {
    let Some(source) = map.inputs.sources.get(file) else {
        return Err(Missed::File { file: at.file.clone(), near: Vec::new() });
    };
    // What follows the last line end is no line.
    let lines = source.text.lines().count();
    let Some(line) = (at.line as usize).checked_sub(1).filter(|l| *l < lines) else {
        return Err(Missed::Line { file: source.path.to_string(), lines });
    };
    let values = map.values(file);
    let (lo, hi) = source.line_range(line);
    let (lo, hi) = (lo as u32, hi as u32);
    let found = match at.column {
        Some(column) => column_of(source, line, column).map_or_else(Vec::new, |pos| map.at(source, &values, pos)),
        None => {
            let of_line = || values.iter().filter(|v| lo <= v.span.lo && v.span.lo <= hi);
            let named: Vec<Value> = of_line().filter(|v| v.named).cloned().collect();
            if named.is_empty() { of_line().filter(|v| is_word(source, v)).cloned().collect() } else { named }
        }
    };
    let shown = match at.column {
        Some(column) => format!("{}:{}:{column}", source.path, at.line),
        None => format!("{}:{}", source.path, at.line),
    };
    if found.is_empty() {
        if map.is_test(file, lo) {
            return Err(Missed::Test(shown));
        }
        return Err(Missed::Nothing { at: shown, near: nearest(source, &values, at) });
    }
    if found.len() > TRACE_VALUES {
        return Err(Missed::Many { at: shown, count: found.len() });
    }
    Ok(found.into_iter().map(|v| (v.span, v.spot)).collect())
}

/// The file of a run that was meant: by its path, or by the end of it if that is clear.
pub fn file(inputs: &Inputs, given: &str) -> Result<FileId, Missed> {
    let plain = given.replace('\\', "/");
    let plain = plain.trim_start_matches("./");
    let code = || inputs.rust.iter().chain(&inputs.sql).copied();
    if let Some(id) = code().find(|id| inputs.sources.path(*id) == plain) {
        return Ok(id);
    }
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|head| head.ends_with('/'));
    let near: Vec<FileId> = code()
        .filter(|id| {
            let path = inputs.sources.path(*id);
            ends(path, plain) || ends(plain, path)
        })
        .collect();
    match near.as_slice() {
        [one] => Ok(*one),
        _ => {
            let mut near: Vec<String> = near.iter().take(4).map(|id| inputs.sources.path(*id).to_owned()).collect();
            if near.is_empty() {
                let name = plain.rsplit('/').next().unwrap_or(plain);
                let same = code().map(|id| inputs.sources.path(id)).filter(|p| p.rsplit('/').next() == Some(name));
                near.extend(same.take(4).map(str::to_owned));
            }
            near.sort();
            Err(Missed::File { file: given.to_owned(), near })
        }
    }
}

/// The byte at a column of a line; the line's end counts.
fn column_of(source: &SourceFile, line: usize, column: u32) -> Option<u32> {
    let (lo, hi) = source.line_range(line);
    let text = source.text.get(lo..hi)?;
    let skip = (column as usize).checked_sub(1)?;
    let mut ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
    ends.nth(skip).map(|i| (lo + i) as u32)
}

/// Whether a value is known by a word, and not by an operator or bracket.
fn is_word(source: &SourceFile, value: &Value) -> bool {
    let text = source.text.get(value.span.lo as usize..).unwrap_or("");
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The values nearest to a place, with their places.
fn nearest(source: &SourceFile, values: &[Value], at: &Position) -> Vec<String> {
    let far = |v: &Value| {
        let LineCol { line, column } = source.line_col(v.span.lo);
        (line.abs_diff(at.line), column.abs_diff(at.column.unwrap_or(1)), v.span)
    };
    let mut sorted: Vec<&Value> = values.iter().filter(|v| is_word(source, v)).collect();
    sorted.sort_by_key(|v| far(v));
    sorted.dedup_by_key(|v| v.span);
    let shown = |v: &&Value| {
        let LineCol { line, column } = source.line_col(v.span.lo);
        let text = source.text.get(v.span.lo as usize..v.span.hi as usize).unwrap_or("");
        format!("`{text}` at {line}:{column}")
    };
    sorted.iter().take(3).map(shown).collect()
}

impl Map<'_> {
    /// All values of a file, in the order of their places.
    fn values(&self, file: FileId) -> Vec<Value> {
        let mut out = Vec::new();
        for id in self.funcs(file) {
            if let Some(f) = self.program.func(id).filter(|_| !self.program.is_test(id)) {
                Walk { func: id, f, out: &mut out }.function();
            }
        }
        let statements = self.sql.fns.iter().chain(self.jobs.iter().map(|j| &j.sql));
        for (span, column) in statements.flat_map(columns).chain(self.defined()).filter(|(s, _)| s.file == file) {
            out.push(Value { span, spot: Spot::Column(column), named: true });
        }
        out.retain(|v| v.span.hi > v.span.lo);
        out.sort_by(|a, b| (a.span, &a.spot, !a.named).cmp(&(b.span, &b.spot, !b.named)));
        out.dedup_by(|a, b| a.span == b.span && a.spot == b.spot);
        out
    }

    fn funcs(&self, file: FileId) -> impl Iterator<Item = FuncId> {
        self.program.func_ids().filter(move |id| self.program.func(*id).is_some_and(|f| f.span.file == file))
    }

    /// Columns at their definitions.
    fn defined(&self) -> impl Iterator<Item = (Span, ColumnId)> {
        self.schemas.list.iter().enumerate().flat_map(|(s, schema)| {
            let tables = schema.tables.iter().enumerate().filter(|(_, t)| !t.dropped);
            tables.flat_map(move |(t, table)| {
                let id = move |column| ColumnId { schema: s as u32, table: t as u32, column, part: 0 };
                table.live().filter(|(_, c)| !c.implied).map(move |(i, c)| (c.span, id(i)))
            })
        })
    }

    /// What stands at a byte: the smallest place that holds it, else the variable that is named there.
    fn at(&self, source: &SourceFile, values: &[Value], pos: u32) -> Vec<Value> {
        let holding = |v: &&Value, end: u32| v.span.lo <= pos && pos < v.span.hi + end;
        let smallest = |end: u32| values.iter().filter(|v| holding(v, end)).map(|v| v.span.hi - v.span.lo).min();
        let (end, len) = match (smallest(0), smallest(1)) {
            (Some(len), _) => (0, len),
            (None, Some(len)) => (1, len),
            (None, None) => return self.variable(source, values, pos).into_iter().collect(),
        };
        values.iter().filter(|v| holding(v, end) && v.span.hi - v.span.lo == len).cloned().collect()
    }

    /// The variable named at a byte, where it is bound.
    fn variable(&self, source: &SourceFile, values: &[Value], pos: u32) -> Option<Value> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (before, after) = source.text.split_at_checked(pos as usize)?;
        let lo = before.rfind(|c| !is_word(c)).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let hi = pos as usize + after.find(|c| !is_word(c)).unwrap_or(after.len());
        let word = source.text.get(lo..hi).filter(|w| !w.is_empty())?;
        let bound = values
            .iter()
            .filter(|v| v.span.lo <= pos && source.text.get(v.span.lo as usize..v.span.hi as usize) == Some(word));
        let bound = bound.filter(|v| match v.spot {
            Spot::Value(f, span) => self.program.func(f).is_some_and(|f| {
                let here = f.extent.lo <= pos && pos < f.extent.hi;
                here && f.locals.iter().any(|l| l.span == span && l.name.as_deref() == Some(word))
            }),
            Spot::Column(_) => false,
        });
        bound.max_by_key(|v| v.span.lo).cloned()
    }

    /// Whether a byte lies in test code.
    fn is_test(&self, file: FileId, pos: u32) -> bool {
        let holds = |f: &Func| f.extent.lo <= pos && pos < f.extent.hi;
        self.funcs(file).any(|id| self.program.is_test(id) && self.program.func(id).is_some_and(holds))
    }
}

/// Columns by the places where a statement names them.
fn columns(f: &SqlFn) -> Vec<(Span, ColumnId)> {
    let mut out: BTreeMap<(Span, ColumnId), ()> = BTreeMap::new();
    let flowing = f.outputs.iter().flat_map(|o| &o.from).chain(f.writes.iter().flat_map(|w| &w.from));
    let read = flowing.filter_map(|from| match from.source {
        SqlSource::Column(c) => Some((from.span, c)),
        SqlSource::Param(_) | SqlSource::Hole(_) => None,
    });
    let used = f.uses.iter().map(|u| (u.span, u.column));
    out.extend(used.chain(f.writes.iter().map(|w| (w.span, w.column))).chain(read).map(|at| (at, ())));
    out.into_keys().collect()
}

/// Collects the values of one function.
struct Walk<'a> {
    func: FuncId,
    f: &'a Func,
    out: &'a mut Vec<Value>,
}

impl Walk<'_> {
    fn function(&mut self) {
        let f = self.f;
        f.params.iter().for_each(|p| self.add(p.span, p.name.is_some()));
        f.locals.iter().skip(1).filter(|l| l.name.is_some()).for_each(|l| self.add(l.span, true));
        f.each_stmt(&mut |s| match s {
            Stmt::Assign { src, span, .. } => self.assigned(src, *span),
            Stmt::If { cond: Cond::True(op), span, .. } => self.operand(op, *span),
            _ => {}
        });
    }

    fn add(&mut self, span: Span, named: bool) {
        self.out.push(Value { span, spot: Spot::Value(self.func, span), named });
    }

    /// An operand; literals and paths of items have no value to trace.
    fn operand(&mut self, op: &Operand, span: Span) {
        if let Operand::Place(p) = op {
            let named = self.f.locals.get(p.base.0 as usize).is_some_and(|l| l.name.is_some());
            self.add(span, named);
        }
    }

    fn assigned(&mut self, src: &Rvalue, span: Span) {
        match src {
            Rvalue::Use(op) | Rvalue::Cast(op, _) | Rvalue::Elem(op) | Rvalue::Await(op) => {
                return self.operand(op, span);
            }
            Rvalue::RefMut(place) => return self.operand(&Operand::Place(place.clone()), span),
            Rvalue::Closure(_) | Rvalue::Negative | Rvalue::Test(_) => return,
            Rvalue::Call { args, spans, .. } => {
                args.iter().zip(spans).for_each(|(op, span)| self.operand(op, *span));
            }
            Rvalue::Aggregate { fields, .. } => fields.iter().for_each(|(_, op, span)| self.operand(op, *span)),
            Rvalue::Format(pieces) => {
                for piece in pieces {
                    if let Piece::Arg(op, _, span) = piece {
                        self.operand(op, *span);
                    }
                }
            }
            _ => {}
        }
        self.add(span, false);
    }
}
