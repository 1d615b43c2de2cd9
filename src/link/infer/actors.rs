//! Actors of actix: what a message that is sent reaches.

use super::calls::Args;
use super::{How, Site, Walk, signature};
use crate::link::program::FuncId;
use crate::link::ty::Ty;

/// Where the trait of those that take messages is.
const HANDLER: &str = "actix::Handler";

impl Walk<'_> {
    /// A message that is sent to an actor: whether it is one.
    pub(super) fn sent_to_actor(&mut self, recv: &Ty, name: &str, args: Args<'_>, out: &mut Site) -> bool {
        let ("send" | "do_send" | "try_send", [_, message]) = (name, args.tys) else { return false };
        let Ty::Ext(to, of) = self.behind_pointers(recv) else { return false };
        let actor = of.first().map(|t| self.head(t)).unwrap_or_default();
        let all: Vec<FuncId> = match (to.as_str(), &actor) {
            ("actix::Addr" | "actix::WeakAddr", Ty::Adt(t, _)) => {
                self.p.impls_for(*t, "Handler").iter().filter_map(|i| self.p.impl_method(*i, "handle")).collect()
            }
            ("actix::Recipient" | "actix::WeakRecipient", _) => {
                self.p.methods_of_foreign_trait(HANDLER, "handle").to_vec()
            }
            _ => return false,
        };
        let takes = |f: &FuncId| signature(self.p, self.models, *f).0.get(1).is_some_and(|m| self.may_fit(m, message));
        let found: Vec<FuncId> = all.into_iter().filter(takes).collect();
        if found.is_empty() {
            return false;
        }
        let own = matches!(actor, Ty::Adt(..)).then_some(actor).filter(|_| to.ends_with("Addr"));
        self.funcs(&found, own.as_ref(), args, How::Resolved, out);
        let given = if name == "send" { out.ret.clone() } else { Ty::Tuple([].into()) };
        if name != "do_send" {
            out.ret = Ty::Ext("Result".into(), [given, self.fresh()].into());
        } else {
            out.ret = given;
        }
        true
    }
}
