//! Questions to a policy about itself: names, and what a declaration inherits.

use crate::source::Span;

use super::resolved::*;
use super::types::*;

macro_rules! named {
    ($($field:ident: $id:ident, $name:ident, $find:ident;)*) => {$(
        /// Full dotted name; `?` for an id of another policy.
        #[must_use]
        pub fn $name(&self, id: $id) -> &str {
            self.$field.name(id)
        }

        /// The id of a full dotted name.
        #[must_use]
        pub fn $find(&self, name: &str) -> Option<$id> {
            self.$field.find(name)
        }
    )*};
}

impl Policy {
    named! {
        categories: CategoryId, category_name, category;
        subjects: SubjectId, subject_name, subject;
        regions: RegionId, region_name, region;
        recipients: RecipientId, recipient_name, recipient;
        stores: StoreId, store_name, store;
        audiences: AudienceId, audience_name, audience;
        guards: GuardId, guard_name, guard;
        transforms: TransformId, transform_name, transform;
        purposes: PurposeId, purpose_name, purpose;
    }

    /// Whether a guard says of people to which group they belong.
    #[must_use]
    pub fn narrows(&self, guard: GuardId) -> bool {
        self.guards.info(guard).is_some_and(|g| g.narrows.is_some())
    }

    /// `contact.email of customer`.
    #[must_use]
    pub fn label_text(&self, label: Label) -> String {
        match label.subject {
            Some(s) => format!("{} of {}", self.category_name(label.category), self.subject_name(s)),
            None => self.category_name(label.category).to_owned(),
        }
    }

    /// The name of a target; `None` for `use` and for one that is not declared.
    #[must_use]
    pub fn target_name(&self, target: Target) -> Option<&str> {
        match target {
            Target::None | Target::Undeclared => None,
            Target::Recipient(r) => Some(self.recipient_name(r)),
            Target::Store(s) => Some(self.store_name(s)),
            Target::Audience(a) => Some(self.audience_name(a)),
        }
    }

    /// A flow as its sentence: `share contact.email of customer with mailgate for marketing`.
    #[must_use]
    pub fn claim_text(&self, claim: &Claim) -> String {
        let mut out = format!("{} {}", claim.verb.word(), self.label_text(claim.label));
        if let (Some(preposition), Some(name)) = (claim.verb.preposition(), self.target_name(claim.target)) {
            out.push_str(&format!(" {preposition} {name}"));
        }
        if let Some(p) = claim.purpose {
            out.push_str(&format!(" for {}", self.purpose_name(p)));
        }
        let guards: Vec<&str> = claim.guards.iter().map(|&g| self.guard_name(g)).collect();
        if !guards.is_empty() {
            out.push_str(&format!(" given {}", guards.join(", ")));
        }
        if let Some(r) = claim.origin {
            out.push_str(&format!(" from {}", self.region_name(r)));
        }
        out
    }

    /// The text of a category after its name, if it has one.
    #[must_use]
    pub fn category_text(&self, id: CategoryId) -> Option<&str> {
        self.categories.node(id).and_then(|n| n.text.as_deref())
    }

    /// Whether a category, or something above it, is marked `special`.
    #[must_use]
    pub fn is_special(&self, id: CategoryId) -> bool {
        self.compiled.special.contains(id.index())
    }

    /// `purpose name` in the declaration of a purpose.
    #[must_use]
    pub fn purpose_head(&self, id: PurposeId) -> Option<Span> {
        let name = self.purposes.node(id)?.span;
        let declared = self.purposes.info(id)?.declared?;
        Some(Span::new(name.file, declared.lo.min(name.lo), name.hi))
    }

    /// The role of a recipient: its own, else that of the nearest parent.
    #[must_use]
    pub fn acts(&self, id: RecipientId) -> Option<(Role, Span)> {
        self.recipients.chain(id).into_iter().find_map(|r| self.recipients.info(r)?.acts)
    }

    /// The contract with a recipient: its own, else that of the nearest parent.
    #[must_use]
    pub fn contract(&self, id: RecipientId) -> Option<&Contract> {
        self.recipients.chain(id).into_iter().find_map(|r| self.recipients.info(r)?.contract.as_ref())
    }

    /// Where a target is: its own places, else those of the nearest parent that says.
    #[must_use]
    pub fn located(&self, target: Target) -> &[Located] {
        let found = match target {
            Target::Recipient(id) => {
                let chain = self.recipients.chain(id).into_iter();
                chain.filter_map(|r| self.recipients.info(r)).map(|r| &r.located).find(|l| !l.is_empty())
            }
            Target::Store(id) => {
                let chain = self.stores.chain(id).into_iter();
                chain.filter_map(|s| self.stores.info(s)).map(|s| &s.located).find(|l| !l.is_empty())
            }
            Target::None | Target::Audience(_) | Target::Undeclared => None,
        };
        found.map_or(&[], Vec::as_slice)
    }

    /// The safeguard of Art. 46 for a target: its own, else that of the nearest parent.
    #[must_use]
    pub fn transfer(&self, target: Target) -> Option<&(String, Span)> {
        match target {
            Target::Recipient(id) => {
                self.recipients.chain(id).into_iter().find_map(|r| self.recipients.info(r)?.transfer.as_ref())
            }
            Target::Store(id) => self.stores.chain(id).into_iter().find_map(|s| self.stores.info(s)?.transfer.as_ref()),
            Target::None | Target::Audience(_) | Target::Undeclared => None,
        }
    }

    /// Whether data may be in a region that comes from `origin` (`None` is home) without a safeguard.
    #[must_use]
    pub fn is_covered(&self, region: RegionId, origin: Option<RegionId>) -> bool {
        self.regions
            .chain(region)
            .into_iter()
            .any(|r| Some(r) == origin || self.regions.info(r).is_some_and(|i| i.home || i.adequate.is_some()))
    }

    /// Whether a target is outside a region, where a promise names one.
    pub(crate) fn is_outside(&self, verb: Verb, target: Target, region: Option<RegionId>) -> bool {
        let Some(region) = region else { return true };
        match target {
            Target::None | Target::Audience(_) => false,
            Target::Undeclared => verb == Verb::Share,
            Target::Recipient(_) | Target::Store(_) => {
                let located = self.located(target);
                let out = |l: &Located| l.region.is_some_and(|r| !self.regions.leq(r, region));
                located.is_empty() || located.iter().any(out)
            }
        }
    }

    /// R08: the places of a target to which data from `origin` may not go, for want of a decision or a safeguard.
    #[must_use]
    pub fn transfer_missing(&self, target: Target, origin: Option<RegionId>) -> Vec<Span> {
        if self.transfer(target).is_some() {
            return Vec::new();
        }
        let located = self.located(target).iter();
        let mut out: Vec<Span> =
            located.filter(|l| l.region.is_some_and(|r| !self.is_covered(r, origin))).map(|l| l.span).collect();
        out.dedup();
        out
    }

    /// R09: where it is said that a target is a processor without a contract, or with one that ended before `day`.
    #[must_use]
    pub fn contract_missing(&self, target: Target, day: Date) -> Option<Span> {
        let Target::Recipient(r) = target else { return None };
        let (Role::Processor, acts) = self.acts(r)? else { return None };
        match self.contract(r) {
            None => Some(acts),
            Some(contract) => contract.until.is_some_and(|until| until < day).then_some(contract.span),
        }
    }

    /// The legal basis of a purpose: its own, else that of the nearest parent.
    #[must_use]
    pub fn basis(&self, id: PurposeId) -> Option<&Basis> {
        // A purpose that acts for somebody else does not take the basis of its parent.
        for p in self.purposes.chain(id) {
            let info = self.purposes.info(p)?;
            if info.basis.is_some() || info.on_behalf_of.is_some() {
                return info.basis.as_ref();
            }
        }
        None
    }

    /// The controller for whom a purpose is carried out: its own, else that of the nearest parent.
    #[must_use]
    pub fn on_behalf_of(&self, id: PurposeId) -> Option<RecipientId> {
        for p in self.purposes.chain(id) {
            let info = self.purposes.info(p)?;
            if info.basis.is_some() || info.on_behalf_of.is_some() {
                return info.on_behalf_of.map(|(r, _)| r);
            }
        }
        None
    }

    /// The notice of a purpose: its own, else that of the nearest parent.
    #[must_use]
    pub fn notice(&self, id: PurposeId) -> Option<&(String, Span)> {
        self.purposes.chain(id).into_iter().find_map(|p| self.purposes.info(p)?.notice.as_ref())
    }

    /// The condition of Art. 9(2): its own, else that of the nearest parent.
    #[must_use]
    pub fn condition(&self, id: PurposeId) -> Option<&(String, Span)> {
        self.purposes.chain(id).into_iter().find_map(|p| self.purposes.info(p)?.condition.as_ref())
    }

    /// Whether a purpose or a parent of it is forbidden: where that is said.
    #[must_use]
    pub fn forbidden_purpose(&self, id: PurposeId) -> Option<Span> {
        self.compiled.purposes.get(id.index()).and_then(|p| p.forbidden)
    }

    /// Whether a recipient or a parent of it is forbidden: where that is said.
    #[must_use]
    pub fn forbidden_recipient(&self, id: RecipientId) -> Option<Span> {
        self.recipients.chain(id).into_iter().find_map(|r| self.recipients.info(r)?.forbidden)
    }

    /// The declared people a purpose is about, in the order of declaration.
    #[must_use]
    pub fn about(&self, id: PurposeId) -> Vec<SubjectId> {
        let about = self.compiled.purposes.get(id.index()).map(|p| &p.about);
        self.subjects.ids().filter(|s| about.is_some_and(|a| a.contains(s.index()))).collect()
    }

    /// The guards a purpose requires, with those of its parents and of what it is compatible with.
    #[must_use]
    pub fn required_guards(&self, id: PurposeId) -> Guards {
        let requires = self.compiled.purposes.get(id.index()).map_or(&[][..], |p| &p.requires);
        requires.iter().flat_map(|(groups, _)| groups.iter().cloned()).collect()
    }

    /// The rights of a group of people, with those of the groups above it.
    #[must_use]
    pub fn rights(&self, id: SubjectId) -> Vec<&Right> {
        let mut out: Vec<&Right> = Vec::new();
        for s in self.subjects.chain(id) {
            for right in self.subjects.info(s).map_or(&[][..], |i| &i.rights) {
                if !out.iter().any(|r| r.name == right.name) {
                    out.push(right);
                }
            }
        }
        out
    }

    /// Stores in which data may be kept for some time only, with the first clause that says so.
    #[must_use]
    pub fn limited_stores(&self) -> Vec<(StoreId, Span)> {
        let grants = self.purposes.ids().filter_map(|p| self.purposes.info(p)).flat_map(|i| &i.grants);
        let mut out: Vec<(StoreId, Span)> = Vec::new();
        for grant in grants.filter(|g| g.verb == Verb::Keep && g.limit.is_some()) {
            let Some(Targets::Stores(stores)) = &grant.targets else { continue };
            for store in &stores.names {
                if !out.iter().any(|(s, _)| s == store) {
                    out.push((*store, grant.span));
                }
            }
        }
        out
    }

    /// All `keeps` clauses that put data of this label into a store, with the purpose that says so.
    #[must_use]
    pub fn limits(&self, label: Label, store: StoreId) -> Vec<(PurposeId, &Grant)> {
        let mut out = Vec::new();
        for p in self.purposes.ids() {
            let grants = self.purposes.info(p).map_or(&[][..], |i| &i.grants);
            for grant in grants.iter().filter(|g| g.verb == Verb::Keep) {
                let compiled = self.compiled.purposes.get(p.index());
                let found = compiled.and_then(|c| c.grants.iter().find(|g| g.own && g.span == grant.span));
                let Some(set) = found else { continue };
                let whose = label.subject.is_none_or(|s| set.whose.meets(self.subjects.down(s)));
                if whose
                    && set.what.meets(self.categories.down(label.category))
                    && set.targets.meets(self.stores.down(store))
                {
                    out.push((p, grant));
                }
            }
        }
        out
    }

    /// The members of a list of categories, in the order of declaration.
    #[must_use]
    pub fn categories_in(&self, picks: &Picks<CategoryId>) -> Vec<CategoryId> {
        super::compile::list(&self.categories, picks)
            .iter()
            .filter(|&i| i < self.categories.top())
            .map(|i| CategoryId(i as u32))
            .collect()
    }

    /// Path of a file of this policy; `?` for another.
    #[must_use]
    pub fn path(&self, span: Span) -> &str {
        self.paths.get(&span.file.0).map_or("?", String::as_str)
    }
}
