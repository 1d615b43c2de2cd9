//! Writers: what is put into a file, standard output or a connection arrives there, whoever puts it in (`write!`,
//! `io::copy`, `serde_json::to_writer`, a function that is lent the writer).

use std::sync::Arc;

use super::calls::Arg;
use super::interp::Interp;
use super::state::State;
use super::summary::Tgt;
use super::types::Action;
use super::value::V;
use crate::ir::Name;
use crate::link::ty::{Ty, peel};
use crate::model::ArriveKind;

impl Interp<'_> {
    /// Lets what is put into an argument arrive, if that is a writer; whether it is one, so that nothing stays in it.
    pub(super) fn written_out(&mut self, a: &Arg, v: &V, st: &mut State) -> bool {
        let models = self.cx.models;
        let Ty::Ext(name, _) = peel(models, &a.ty) else { return false };
        let Some(kind) = models.type_model(name).and_then(|m| m.writes) else { return false };
        let v = self.whole(st, v).data();
        if !v.has_data() {
            return false;
        }
        // As the method by which it is written is called.
        let symbol: Name = format!("{name}::write_all").into();
        let (action, target) = match (self.cx.seeds.sink_of(&symbol), kind) {
            (Some((action, target)), _) => (action, Tgt::Bound(target)),
            (None, ArriveKind::Http) => {
                let url = self.load(st, &a.v).field("url");
                (Action::Share, Tgt::Http(url.texts.to_vec()))
            }
            (None, _) => (Action::Keep, Tgt::Unbound(symbol.clone())),
        };
        let kind = self.kind(action, target, a.span, symbol);
        self.arrive(Arc::new(kind), v, st);
        true
    }
}
