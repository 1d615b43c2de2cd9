//! Rows of the models that make statements, bind and run them, and read what they give.

use super::doubt::Why;
use super::elements::any_part;
use super::fetched::Taken;
use super::interp::Interp;
use super::rows::RowCall;
use super::state::State;
use super::statements::{Slot, known_text};
use super::summary::doubted;
use super::text::{Text, TextPiece};
use super::value::{V, Value, join};
use super::waiting::value_open;
use crate::ir::Name;
use crate::ir::body::View;
use crate::link::ty::{Ty, is_tree, peel};
use crate::model::{Port, PortBase};
use crate::source::Span;

impl Interp<'_> {
    /// The result is the statement of a text, with what it is bound to.
    pub(super) fn starts(&mut self, text: &Port, binds: Option<&Port>, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let RowCall { info, args, span, .. } = call;
        let text = self.port(text, args, ret, st);
        *ret = join(ret, &self.sql_start(&text, true, span, st));
        match binds {
            Some(Port { base: PortBase::Rest(n), .. }) => {
                for (nth, a) in (0..).zip(args.iter().skip(*n as usize)) {
                    let v = self.load(st, &a.v);
                    self.kept_in_column(ret, a.place.as_ref(), &v);
                    *ret = self.sql_bind(ret, &Slot::Next(nth), &v, a.span, st);
                }
            }
            Some(p) => {
                let list = self.port(p, args, ret, st);
                let at = call.arg(p).map_or(span, |a| a.span);
                *ret = self.sql_bind_all(ret, &list, at, st);
            }
            None => {}
        }
        *ret = self.of_type(std::mem::take(ret), &info.ret);
    }

    /// The result is the statement that is called on, bound to one more, or to each of these.
    pub(super) fn binds(
        &mut self,
        of: &Port,
        (all, by): (bool, Option<&Port>),
        call: RowCall<'_>,
        ret: &mut V,
        st: &mut State,
    ) {
        let RowCall { args, span, .. } = call;
        let v = self.port(of, args, ret, st);
        let given = call.arg(of);
        let at = given.map_or(span, |a| a.span);
        let query = args.first().map(|a| self.load(st, &a.v)).unwrap_or_default();
        *ret = match all {
            true => self.sql_bind_all(&query, &v, at, st),
            false => {
                self.kept_in_column(&query, given.and_then(|a| a.place.as_ref()), &v);
                match by {
                    Some(by) => {
                        let by = self.port(by, args, ret, st);
                        self.sql_bind_at(&query, &v, &by, at, st)
                    }
                    None => self.sql_bind(&query, &Slot::Next(0), &v, at, st),
                }
            }
        };
        // `query.bind(x);` on a variable binds in place; what is prepared is bound anew each time.
        if !all
            && let Some(a) = args.first()
            && a.place.is_some()
        {
            let bound = ret.clone();
            self.write_arg(a, &[], &bound, false, st);
        }
    }

    /// The result has the rows of a statement.
    pub(super) fn gives_rows(&mut self, of: &Port, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let query = self.port(of, call.args, ret, st);
        // A closure is given the row as it is, or as the type that the statement says.
        let to_closure = match query.adt {
            Some(t) => Ty::Adt(t, [].into()),
            None => Ty::ext("Row"),
        };
        let ty = if call.row.called().next().is_some() { &to_closure } else { &call.info.ret };
        let rows = self.sql_rows(&query, ty, Taken::Rows, call.span, st);
        // The rows of the statement that the result was: no longer the statement, nor what was bound to it.
        *ret = if of.base == PortBase::Ret { rows } else { join(ret, &rows) };
    }

    /// The column of a row that a key names, taken as a type.
    pub(super) fn column(&mut self, row: &V, key: &V, ty: &Ty, span: Span) -> V {
        let named = |k: Name| match row.listed(&k) {
            _ if k.chars().all(|c| c.is_ascii_digit()) => format!("#{k}").into(),
            Some(_) => k,
            // Columns go by their names in whatever letters.
            None => row.fields.iter().map(|(n, _)| n).find(|n| n.eq_ignore_ascii_case(&k)).cloned().unwrap_or(k),
        };
        if let Some(k) = known_text(key).map(named) {
            let part = row.field(&k);
            let known = row.listed(&k).is_some() || value_open(row);
            return if known { self.decoded(&part, ty, span) } else { part };
        }
        if let Some(end) = known_end(key) {
            return self.decoded(&row.field_ending(&end), ty, span);
        }
        let any = if is_tree(peel(self.cx.models, ty)) { any_part(row) } else { row.flat(View::Full) };
        let any = doubted(&any, &Why::Key.at(span));
        // Of a row of which nothing is known the type that takes the column says what it is.
        match row.unknown || row.fields.is_empty() {
            true => join(&any, &self.fresh(ty, row.places(), span)),
            false => any,
        }
    }
}

/// The end of a text, where only its beginning is not known.
fn known_end(v: &Value) -> Option<Name> {
    match v.texts.as_slice() {
        [Text { pieces, .. }] => match pieces.last()? {
            TextPiece::Lit(end) if !end.is_empty() => Some(end.as_ref().into()),
            _ => None,
        },
        _ => None,
    }
}
