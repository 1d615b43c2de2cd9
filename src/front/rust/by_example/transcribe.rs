//! Writing what a rule says, with the fragments of a call in it.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span as TokenSpan, TokenStream, TokenTree};

use super::matching::{Binding, Failure, Fragment};
use super::rules::{Part, Rule};

/// How tokens of an expansion are made.
pub(super) struct Writer<'a> {
    /// The span of tokens that the definition wrote.
    pub span: TokenSpan,
    /// The span of the next statement of SQL that the definition wrote: places tell statements apart.
    pub statement: &'a mut dyn FnMut() -> TokenSpan,
    /// The span of a name that the definition wrote of what is called: places tell calls apart.
    pub called: &'a mut dyn FnMut(&Ident) -> TokenSpan,
    /// `$crate`: another crate, or `None` for the caller's own.
    pub krate: Option<Ident>,
    /// The work that is still allowed.
    pub left: &'a mut usize,
}

/// The expansion of a call that matches a rule, and whether a semicolon stands before the end of it.
pub(super) fn transcribe(
    rule: &Rule,
    bindings: &[Binding],
    writer: &mut Writer<'_>,
) -> Result<(TokenStream, bool), Failure> {
    let mut out = Vec::new();
    writer.parts(&rule.transcriber, bindings, &mut Vec::new(), &mut out)?;
    let is_semicolon = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
    let several = out.split_last().is_some_and(|(_, before)| before.iter().any(is_semicolon));
    Ok((out.into_iter().collect(), several))
}

impl Writer<'_> {
    fn parts(
        &mut self,
        parts: &[Part],
        bindings: &[Binding],
        rounds: &mut Vec<usize>,
        out: &mut Vec<TokenTree>,
    ) -> Result<(), Failure> {
        for part in parts {
            self.spend(1)?;
            match part {
                Part::Token(token) => out.push(self.written(token)),
                Part::Called(name) => {
                    let mut name = name.clone();
                    name.set_span((self.called)(&name));
                    out.push(TokenTree::Ident(name));
                }
                Part::Statement(literal) => {
                    let mut literal = literal.clone();
                    literal.set_span((self.statement)());
                    out.push(TokenTree::Literal(literal));
                }
                Part::Crate => self.krate(out),
                Part::Group(delimiter, body) => {
                    let mut inner = Vec::new();
                    self.parts(body, bindings, rounds, &mut inner)?;
                    out.push(self.group(*delimiter, inner));
                }
                Part::Variable(variable) => match at(bindings, *variable, rounds) {
                    Some(Binding::Fragment(fragment)) => self.fragment(fragment, out)?,
                    _ => return Err(Failure::Unreadable),
                },
                Part::Repeat { body, separator, variables } => {
                    let counts = variables.iter().filter_map(|v| match at(bindings, *v, rounds) {
                        Some(Binding::Rounds(list)) => Some(list.len()),
                        // The last rounds around this one had none of it.
                        None => Some(0),
                        Some(Binding::Fragment(_)) => None,
                    });
                    let count = counts.max().ok_or(Failure::Unreadable)?;
                    for round in 0..count {
                        if round > 0 {
                            self.spend(separator.len())?;
                            out.extend(separator.iter().map(|token| self.written(token)));
                        }
                        rounds.push(round);
                        let done = self.parts(body, bindings, rounds, out);
                        rounds.pop();
                        done?;
                    }
                }
            }
        }
        Ok(())
    }

    fn spend(&mut self, tokens: usize) -> Result<(), Failure> {
        *self.left = self.left.checked_sub(tokens).ok_or(Failure::Limit)?;
        Ok(())
    }

    fn written(&self, token: &TokenTree) -> TokenTree {
        let mut token = token.clone();
        token.set_span(self.span);
        token
    }

    fn group(&self, delimiter: Delimiter, tokens: Vec<TokenTree>) -> TokenTree {
        let mut group = Group::new(delimiter, tokens.into_iter().collect());
        group.set_span(self.span);
        TokenTree::Group(group)
    }

    fn fragment(&mut self, fragment: &Fragment, out: &mut Vec<TokenTree>) -> Result<(), Failure> {
        self.spend(fragment.size)?;
        match fragment.tokens.as_slice() {
            // It is whole already.
            [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
                out.push(TokenTree::Group(group.clone()));
            }
            tokens if fragment.whole => out.push(self.group(Delimiter::None, tokens.to_vec())),
            tokens => out.extend_from_slice(tokens),
        }
        Ok(())
    }

    fn krate(&self, out: &mut Vec<TokenTree>) {
        let mut name = match &self.krate {
            Some(name) => {
                for spacing in [Spacing::Joint, Spacing::Alone] {
                    let mut colon = Punct::new(':', spacing);
                    colon.set_span(self.span);
                    out.push(TokenTree::Punct(colon));
                }
                name.clone()
            }
            None => Ident::new("crate", self.span),
        };
        name.set_span(self.span);
        out.push(TokenTree::Ident(name));
    }
}

/// What a variable stands for in these rounds of the repetitions around it.
fn at<'b>(bindings: &'b [Binding], variable: usize, rounds: &[usize]) -> Option<&'b Binding> {
    let mut at = bindings.get(variable)?;
    for round in rounds {
        match at {
            Binding::Rounds(list) => at = list.get(*round)?,
            Binding::Fragment(_) => break,
        }
    }
    Some(at)
}
