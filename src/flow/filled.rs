//! What a template shows of the context that it is filled in with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::beside::by_position;
use super::doubt::Why;
use super::interp::Interp;
use super::rows::RowCall;
use super::state::State;
use super::summary::doubted;
use super::text::{Text, TextPiece};
use super::value::{MAX_OPEN, MAX_PATH, V, Value, join};
use crate::ir::Name;
use crate::ir::body::View;
use crate::model::{Port, Syntax};

/// Ways into a context that are told apart where only the caller knows it: beside them is room for what the text has else.
const MAX_WAYS: usize = MAX_OPEN - 8;

/// Ways into a context of which all is shown; none if all of it may be.
pub type Ways = Option<BTreeSet<Vec<Name>>>;

/// The templates of each syntax that code fills in.
pub type Fillings = BTreeMap<Syntax, Templates>;

/// The templates of a syntax that the code and the files beside it have, with what each shows.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// By the name that code gives them, or by the path of the file.
    pub named: BTreeMap<String, Ways>,
    /// By their texts.
    pub texts: BTreeMap<String, Ways>,
}

impl Templates {
    /// What the template of which this is the name shows, or what each of those does that it may be the name of.
    fn by_name(&self, name: &Text) -> Vec<&Ways> {
        if let [TextPiece::Lit(name)] = &*name.pieces
            && let Some(ways) = self.named.get(name.as_ref())
        {
            return vec![ways];
        }
        let open = |p: &TextPiece| matches!(p, TextPiece::Param(..));
        // A text of which nothing is known may be the name of something that is not here.
        let known = name.pieces.iter().any(|p| matches!(p, TextPiece::Lit(_))) || name.pieces.iter().all(open);
        let named = self.named.iter().filter(|(path, _)| known && is_named(path, &name.pieces));
        named.map(|(_, ways)| ways).collect()
    }

    /// What each of the templates shows that this may be; none of one of which it is not known. Nothing if one may be
    /// meant that is not here.
    fn shown(&self, of: &[Text], named: bool) -> Option<Vec<&Ways>> {
        let mut out = Vec::new();
        for text in of {
            let found: Vec<&Ways> = match (named, &*text.pieces) {
                (true, _) => self.by_name(text),
                (false, [TextPiece::Lit(text)]) => self.texts.get(text.as_ref()).into_iter().collect(),
                (false, _) => Vec::new(),
            };
            if found.is_empty() {
                return None;
            }
            out.extend(found);
        }
        out.iter().any(|ways| ways.is_some()).then_some(out)
    }
}

/// So few ways that all are told apart in a text; longer ones stand together for what lies before them.
fn few<'w>(ways: impl Iterator<Item = &'w Vec<Name>>) -> BTreeSet<&'w [Name]> {
    let mut out: BTreeSet<&[Name]> = ways.map(Vec::as_slice).collect();
    for steps in (1..MAX_PATH).rev() {
        if out.len() <= MAX_WAYS {
            break;
        }
        out = out.into_iter().map(|way| way.get(..steps).unwrap_or(way)).collect();
    }
    if out.len() > MAX_WAYS { BTreeSet::from([&[][..]]) } else { out }
}

/// A part of a context: of a list whose elements are told apart that of any of them.
fn part(v: &V, way: &[Name]) -> V {
    let (mut v, mut rest) = (v, way);
    while let Some((name, tail)) = rest.split_first() {
        let elements: Vec<&V> = v.fields.iter().filter(|(n, _)| by_position(n)).map(|(_, element)| element).collect();
        if !elements.is_empty() {
            return elements.into_iter().fold(v.part(rest), |all, element| join(&all, &part(element, rest)));
        }
        match v.listed(name) {
            Some(listed) => (v, rest) = (listed, tail),
            None => break,
        }
    }
    v.part(rest)
}

/// Whether a path ends in a name, of which not all may be known.
fn is_named(path: &str, name: &[TextPiece]) -> bool {
    let ends = std::iter::once(path).chain(path.match_indices('/').filter_map(|(at, _)| path.get(at + 1..)));
    ends.into_iter().any(|end| fits(end, name))
}

fn fits(text: &str, pieces: &[TextPiece]) -> bool {
    match pieces {
        [] => text.is_empty(),
        [TextPiece::Lit(lit), rest @ ..] => text.strip_prefix(lit.as_ref()).is_some_and(|text| fits(text, rest)),
        [_] => true,
        [_, TextPiece::Lit(lit), rest @ ..] => {
            text.match_indices(lit.as_ref()).any(|(at, _)| fits(text.get(at + lit.len()..).unwrap_or_default(), rest))
        }
        [_, rest @ ..] => fits(text, rest),
    }
}

impl Interp<'_> {
    /// What a template shows: what it names of its context; all of that where it is not known which template it is.
    pub(super) fn shown_by_template(
        &mut self,
        template: &Port,
        (syntax, named): (Syntax, bool),
        with: &Port,
        call: RowCall<'_>,
        ret: &V,
        st: &mut State,
    ) -> V {
        let of = self.port(template, call.args, ret, st);
        let v = self.port(with, call.args, ret, st);
        let doubt = |known| Why::Template { known }.at(call.span);
        let templates = self.cx.seeds.templates.get(&syntax);
        let shown = match templates.and_then(|t| t.shown(&of.texts, named)) {
            None => doubted(&v, &doubt(true)),
            Some(all) => {
                let known: Vec<_> = all.iter().filter_map(|ways| ways.as_ref()).collect();
                let each = few(known.iter().copied().flatten());
                let parts = each.iter().map(|way| {
                    match all.iter().all(|ways| ways.as_ref().is_some_and(|ways| ways.contains(*way))) {
                        true => part(&v, way),
                        // Only some of the templates that it may be show this.
                        false => doubted(&part(&v, way), &doubt(true)),
                    }
                });
                // One that is not known may show all, and so may one of a name that only the caller knows.
                let open = named && of.texts.iter().any(|t| !t.pieces.iter().any(|p| matches!(p, TextPiece::Lit(_))));
                let rest = (open || all.len() > known.len()).then(|| doubted(&v, &doubt(false)));
                parts.chain(rest).reduce(|a, b| join(&a, &b)).unwrap_or_default()
            }
        };
        let mut flat = Value::default();
        shown.flatten_into(with.view.unwrap_or(View::Full), &mut flat);
        for (_, info) in &mut flat.facts {
            info.derived = true;
            info.within = true;
        }
        self.keep_put_in(&mut flat, &shown);
        Arc::new(flat)
    }
}

#[cfg(test)]
mod tests {
    use super::{TextPiece, is_named};

    #[test]
    fn a_name_is_the_end_of_a_path() {
        let lit = |s: &str| TextPiece::Lit(s.into());
        assert!(is_named("src/mail/welcome/body.txt", &[lit("welcome/body.txt")]));
        assert!(!is_named("src/mail/welcome/body.txt", &[lit("come/body.txt")]));
        assert!(is_named("src/mail/welcome/body.txt", &[TextPiece::Hole, lit("/body.txt")]));
        assert!(is_named("src/mail/welcome/body.txt", &[lit("welcome/"), TextPiece::Hole, lit(".txt")]));
        assert!(!is_named("src/mail/welcome/body.html", &[lit("welcome/"), TextPiece::Hole, lit(".txt")]));
    }
}
