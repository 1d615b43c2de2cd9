//! What the truth of a value tells: that it is `Some`, `Ok`, `true` or a variant.

use std::sync::Arc;

use super::must::{Answer, Held, Must, When};
use super::roots::Place;
use super::value::{Info, Many, V, Value};

impl Value {
    /// What follows if it is what is asked.
    #[must_use]
    pub fn if_it_is(&self, answer: Answer) -> Must {
        match &self.when {
            _ if self.there && answer == Answer::There(false) => Must::everything(),
            _ if self.there && answer == Answer::There(true) => Must::default(),
            Some(w) => w.if_it_is(answer),
            None => self.given_place().map_or_else(Must::default, |p| Must::of(Held::given(p, answer))),
        }
    }

    /// The place of what the caller gave, if it is just that.
    fn given_place(&self) -> Option<Place> {
        let given = self.facts.iter().filter(|(f, _)| self.own && f.deep.is_none() && f.transforms.is_empty());
        let mut places = given.flat_map(|(f, _)| f.places(&Info::default()));
        match (places.next(), places.next()) {
            (Some(place), None) => Some(place),
            _ => None,
        }
    }

    /// What follows from its truth, if anything may.
    #[must_use]
    pub fn told(&self) -> Option<When> {
        match &self.when {
            Some(w) => Some((**w).clone()),
            None => self.given_place().map(When::given),
        }
    }

    /// What follows from the truth of the answer that is in it, if anything may: of what the caller gave it is asked then.
    #[must_use]
    pub fn told_inside(&self) -> Option<When> {
        match &self.when {
            Some(w) => Some(w.inside()),
            None => {
                let place = self.given_place()?;
                let within = |truth| Must::of(Held::given(place.clone(), Answer::Within(truth)));
                Some(When { yes: within(true), no: within(false), ..When::default() })
            }
        }
    }

    /// Adds what follows if it is true.
    pub fn add_truth(&mut self, yes: &Must) {
        let mut told = self.told().unwrap_or_default();
        told.yes.and(yes);
        self.when = Some(Box::new(told));
    }

    /// The value as what was in it: that it was `Some` or `Ok` tells nothing of that.
    #[must_use]
    pub fn inside(self: Arc<Self>) -> V {
        if self.there { Arc::new(Value { there: false, ..(*self).clone() }) } else { self }
    }

    /// The value as one of many: that it is true says nothing of the others, so nothing of what the caller gave.
    #[must_use]
    pub fn one_of_many(self: &Arc<Self>) -> V {
        if !self.owns() {
            return self.clone();
        }
        let fields = self.fields.iter().map(|(n, v)| (n.clone(), v.one_of_many())).collect();
        Arc::new(Value { own: false, there: false, fields, ..(**self).clone() })
    }

    fn owns(&self) -> bool {
        self.own || self.there || self.fields.iter().any(|(_, v)| v.owns())
    }

    /// Whether something may follow from its truth, or from that of a part of it.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.when.is_some() || self.own || self.there || self.fields.iter().any(|(_, v)| v.tells())
    }

    /// The value when nothing is known of its truth any more.
    #[must_use]
    pub fn without_truth(self: &Arc<Self>) -> V {
        let said = |v: &Value| v.when.is_some() || v.own || v.there;
        let node = |v: &Value| said(v).then(|| Value { when: None, own: false, there: false, ..v.clone() });
        self.rewritten(&node).unwrap_or_else(|| self.clone())
    }

    /// The value when neither its truth nor its text is known any more.
    pub(super) fn unsaid(self: &Arc<Self>) -> V {
        let node = |v: &Value| {
            let said = v.when.is_some() || v.own || v.there || !v.texts.is_empty();
            said.then(|| {
                let said = Value { when: None, own: false, there: false, texts: Many::new(), ..v.clone() };
                Value { unknown: true, read: false, ..said }
            })
        };
        self.rewritten(&node).unwrap_or_else(|| self.clone())
    }
}
