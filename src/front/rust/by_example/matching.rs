//! Matching a call against the rules of a definition.
//!
//! As the compiler does it: all ways through a matcher are followed side by side, token by token. A fragment is
//! parsed only where it is the one way left, so nothing is ever taken back and the work is proportional to the call.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Expr, Pat, Token, Type};

use super::rules::{Glyph, Kind, Rule, Rules, Step, between, glyph};

/// What a variable stands for.
#[derive(Clone, Debug)]
pub(super) enum Binding {
    /// A fragment.
    Fragment(Fragment),
    /// One binding for each round of a repetition.
    Rounds(Vec<Binding>),
}

/// Tokens of a call that a variable took.
#[derive(Clone, Debug)]
pub(super) struct Fragment {
    /// The tokens.
    pub tokens: Vec<TokenTree>,
    /// Whether they stay together wherever they are put: `$a * 2` with `1 + 1` is `(1 + 1) * 2`.
    pub whole: bool,
    /// How many tokens they are, inside brackets as well.
    pub size: usize,
}

/// Why a call has no expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No rule matches.
    NoRule,
    /// A fragment cannot be read, or the rule leaves open what a token is.
    Unreadable,
    /// Too much work.
    Limit,
}

/// The first rule that matches, and what its variables stand for. `left` is the work that is still allowed.
pub(super) fn matching<'r>(
    rules: &'r Rules,
    call: &TokenStream,
    left: &mut usize,
) -> Result<(&'r Rule, Vec<Binding>), Failure> {
    let mut found = Err(Failure::NoRule);
    let read = |input: ParseStream<'_>| {
        for rule in &rules.0 {
            match Automaton::run(rule, input.fork(), left) {
                Ok(bindings) => found = Ok((rule, bindings)),
                Err(Failure::NoRule) => continue,
                Err(failure) => found = Err(failure),
            }
            break;
        }
        let _: TokenStream = input.parse()?;
        Ok(())
    };
    match read.parse2(call.clone()) {
        Ok(()) => found,
        Err(_) => Err(Failure::Unreadable),
    }
}

/// One way through a matcher.
#[derive(Clone, Debug)]
struct Way {
    step: usize,
    /// The round of each repetition that it is in.
    rounds: Vec<usize>,
}

/// What comes next in a call.
enum Next {
    End,
    Group(Delimiter),
    Token(Glyph),
}

struct Automaton<'r> {
    rule: &'r Rule,
    bindings: Vec<Binding>,
    /// Ways that wait for a token, a bracket or an end.
    waiting: Vec<Way>,
    /// Ways that wait for a fragment.
    fragments: Vec<(Way, usize, Kind)>,
}

impl<'r> Automaton<'r> {
    fn run(rule: &'r Rule, call: ParseBuffer<'_>, left: &mut usize) -> Result<Vec<Binding>, Failure> {
        let bindings = rule.variables.iter().map(|_| Binding::Rounds(Vec::new())).collect();
        let mut automaton = Automaton { rule, bindings, waiting: Vec::new(), fragments: Vec::new() };
        automaton.enter(vec![Way { step: 0, rounds: Vec::new() }]);
        let mut open = vec![call];
        while let Some(input) = open.last() {
            *left = left.checked_sub(1).ok_or(Failure::Limit)?;
            let next = next(input);
            automaton.fragments.retain(|(_, _, kind)| may_begin(*kind, &next, input));
            let waiting = std::mem::take(&mut automaton.waiting);
            let fits: Vec<Way> = waiting.into_iter().filter(|w| automaton.fits(w, &next)).collect();
            match (fits.is_empty(), automaton.fragments.as_slice()) {
                (true, []) => return Err(Failure::NoRule),
                (true, [(way, variable, kind)]) => {
                    let (way, variable) = (way.clone(), *variable);
                    let fragment = fragment(*kind, input)?;
                    *left = left.checked_sub(fragment.size).ok_or(Failure::Limit)?;
                    automaton.bind(variable, &way.rounds, fragment);
                    automaton.enter(vec![way.after()]);
                }
                (false, []) => {
                    match next {
                        Next::End => drop(open.pop()),
                        Next::Group(delimiter) => {
                            let inner = inside(input, delimiter).map_err(|_| Failure::Unreadable)?;
                            open.push(inner);
                        }
                        Next::Token(_) => skip(input).map_err(|_| Failure::Unreadable)?,
                    }
                    automaton.enter(fits.into_iter().map(Way::after).collect());
                }
                _ => return Err(Failure::Unreadable),
            }
        }
        Ok(automaton.bindings)
    }

    /// Follows ways up to where they wait.
    fn enter(&mut self, mut ways: Vec<Way>) {
        self.waiting.clear();
        self.fragments.clear();
        let mut seen = vec![false; self.rule.matcher.len()];
        ways.reverse();
        while let Some(mut way) = ways.pop() {
            let Some(step) = self.rule.matcher.get(way.step) else { continue };
            match seen.get_mut(way.step) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match step {
                Step::Token(_) | Step::Open(_) | Step::Close => self.waiting.push(way),
                Step::Fragment(variable, kind) => self.fragments.push((way, *variable, *kind)),
                Step::Jump(to) => ways.push(Way { step: *to, ..way }),
                Step::Enter { skip } => {
                    if let Some(skip) = skip {
                        ways.push(Way { step: *skip, rounds: way.rounds.clone() });
                    }
                    way.rounds.push(0);
                    ways.push(way.after());
                }
                Step::Round { again, end } => {
                    let round = way.rounds.pop().unwrap_or(0);
                    ways.push(Way { step: *end, rounds: way.rounds.clone() });
                    if let Some(again) = again {
                        way.rounds.push(round + 1);
                        ways.push(Way { step: *again, ..way });
                    }
                }
            }
        }
    }

    fn fits(&self, way: &Way, next: &Next) -> bool {
        match (self.rule.matcher.get(way.step), next) {
            (Some(Step::Token(token)), Next::Token(found)) => token == found,
            (Some(Step::Open(delimiter)), Next::Group(found)) => delimiter == found,
            (Some(Step::Close), Next::End) => true,
            _ => false,
        }
    }

    fn bind(&mut self, variable: usize, rounds: &[usize], fragment: Fragment) {
        let Some(mut at) = self.bindings.get_mut(variable) else { return };
        for round in rounds {
            let Binding::Rounds(list) = at else { return };
            if list.len() <= *round {
                list.resize(round + 1, Binding::Rounds(Vec::new()));
            }
            let Some(next) = list.get_mut(*round) else { return };
            at = next;
        }
        *at = Binding::Fragment(fragment);
    }
}

impl Way {
    fn after(self) -> Way {
        Way { step: self.step + 1, ..self }
    }
}

fn next(input: &ParseBuffer<'_>) -> Next {
    let at = input.cursor();
    match (glyph(at), at.any_group()) {
        (Some((token, _)), _) => Next::Token(token),
        (None, Some((_, delimiter, ..))) => Next::Group(delimiter),
        (None, None) => Next::End,
    }
}

/// Goes into the bracket that comes next.
fn inside<'a>(input: &ParseBuffer<'a>, delimiter: Delimiter) -> syn::Result<ParseBuffer<'a>> {
    let content;
    match delimiter {
        Delimiter::Parenthesis => drop(syn::parenthesized!(content in input)),
        Delimiter::Brace => drop(syn::braced!(content in input)),
        Delimiter::Bracket => drop(syn::bracketed!(content in input)),
        Delimiter::None => return Err(input.error("expected a bracket")),
    }
    Ok(content)
}

/// Takes one token.
fn skip(input: &ParseBuffer<'_>) -> syn::Result<()> {
    input.step(|at| match glyph(*at) {
        Some((_, rest)) => Ok(((), rest)),
        None => Err(at.error("expected a token")),
    })
}

/// Whether a fragment of this kind may begin with what comes next.
fn may_begin(kind: Kind, next: &Next, input: &ParseBuffer<'_>) -> bool {
    let among = |sign: &str, list: &[&str]| list.contains(&sign);
    match next {
        Next::End => kind == Kind::Vis,
        // A fragment that another macro took as a whole.
        Next::Group(Delimiter::None) => match kind {
            Kind::Tt | Kind::Vis => true,
            Kind::Ident | Kind::Lifetime => false,
            _ => parse(kind, &input.fork()).is_ok(),
        },
        Next::Group(delimiter) => match kind {
            Kind::Expr | Kind::Tt | Kind::Item | Kind::Stmt => true,
            Kind::Block => *delimiter == Delimiter::Brace,
            Kind::Ty | Kind::Pat | Kind::PatParam | Kind::Vis => *delimiter != Delimiter::Brace,
            _ => false,
        },
        Next::Token(Glyph::Lifetime(_)) => {
            matches!(kind, Kind::Lifetime | Kind::Tt | Kind::Expr | Kind::Ty | Kind::Item | Kind::Stmt)
        }
        Next::Token(Glyph::Literal(_)) => {
            matches!(kind, Kind::Literal | Kind::Expr | Kind::Tt | Kind::Pat | Kind::PatParam | Kind::Item | Kind::Stmt)
        }
        Next::Token(Glyph::Word(word)) => match kind {
            Kind::Lifetime | Kind::Block => false,
            Kind::Literal => word == "true" || word == "false",
            Kind::Ident => word != "_",
            Kind::Expr => !NO_EXPRESSION.contains(&word.as_str()),
            Kind::Ty => !NO_TYPE.contains(&word.as_str()),
            Kind::Pat | Kind::PatParam | Kind::Path | Kind::Meta | Kind::Vis => true,
            Kind::Tt | Kind::Item | Kind::Stmt => true,
        },
        Next::Token(Glyph::Sign(sign)) => match kind {
            Kind::Tt | Kind::Item | Kind::Stmt => true,
            Kind::Expr => among(sign, &["!", "-", "*", "|", "||", "&", "&&", "..", "...", "..=", "<", "<<", "::", "#"]),
            Kind::Ty => among(sign, &["!", "*", "&", "&&", "?", "<", "<<", "::"]),
            Kind::Vis => among(sign, &[",", "!", "*", "&", "&&", "?", "<", "<<", "::"]),
            Kind::Pat | Kind::PatParam => {
                (kind == Kind::Pat && sign == "|")
                    || among(sign, &["&", "&&", "-", "..", "...", "..=", "<", "<<", "::"])
            }
            Kind::Path | Kind::Meta => sign == "::" || (kind == Kind::Path && among(sign, &["<", "<<"])),
            Kind::Literal => sign == "-",
            Kind::Ident | Kind::Lifetime | Kind::Block => false,
        },
    }
}

/// Keywords that begin no expression of a macro's argument.
const NO_EXPRESSION: &[&str] = &[
    "_", "as", "else", "enum", "extern", "fn", "impl", "in", "let", "mod", "mut", "pub", "ref", "struct", "trait",
    "type", "use", "where",
];

/// Keywords that begin no type.
const NO_TYPE: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "else", "enum", "false", "if", "in", "let", "loop", "match",
    "mod", "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "true", "type", "use", "where", "while",
];

/// Takes a fragment.
fn fragment(kind: Kind, input: &ParseBuffer<'_>) -> Result<Fragment, Failure> {
    let from = input.cursor();
    parse(kind, input).map_err(|_| Failure::Unreadable)?;
    let tokens = between(from, input.cursor());
    let size = size(&tokens);
    Ok(Fragment { tokens, whole: matches!(kind, Kind::Expr | Kind::Ty), size })
}

fn parse(kind: Kind, input: &ParseBuffer<'_>) -> syn::Result<()> {
    match kind {
        Kind::Block => input.parse::<syn::Block>().map(drop),
        Kind::Expr => input.parse::<Expr>().map(drop),
        Kind::Item => input.parse::<syn::Item>().map(drop),
        Kind::Meta => input.parse::<syn::Meta>().map(drop),
        Kind::Pat => Pat::parse_multi_with_leading_vert(input).map(drop),
        Kind::PatParam => Pat::parse_single(input).map(drop),
        Kind::Path => input.parse::<syn::Path>().map(drop),
        Kind::Ty => input.parse::<Type>().map(drop),
        Kind::Vis => input.parse::<syn::Visibility>().map(drop),
        Kind::Literal => {
            let _: Option<Token![-]> = input.parse()?;
            input.parse::<syn::Lit>().map(drop)
        }
        Kind::Stmt => statement(input),
        Kind::Ident | Kind::Lifetime => skip(input),
        Kind::Tt if glyph(input.cursor()).is_some() => skip(input),
        Kind::Tt => input.parse::<TokenTree>().map(drop),
    }
}

/// A statement without its semicolon.
fn statement(input: ParseStream<'_>) -> syn::Result<()> {
    let fork = input.fork();
    fork.call(syn::Attribute::parse_outer)?;
    if fork.peek(Token![let]) {
        input.call(syn::Attribute::parse_outer)?;
        let _: Token![let] = input.parse()?;
        Pat::parse_single(input)?;
        if input.peek(Token![:]) {
            let _: Token![:] = input.parse()?;
            let _: Type = input.parse()?;
        }
        if input.peek(Token![=]) {
            let _: Token![=] = input.parse()?;
            let _: Expr = input.parse()?;
        }
        if input.peek(Token![else]) {
            let _: Token![else] = input.parse()?;
            let _: syn::Block = input.parse()?;
        }
        return Ok(());
    }
    let fork = input.fork();
    if matches!(fork.parse::<syn::Item>(), Ok(item) if !matches!(item, syn::Item::Macro(_) | syn::Item::Verbatim(_))) {
        return input.parse::<syn::Item>().map(drop);
    }
    input.parse::<Expr>().map(drop)
}

/// How many tokens, inside brackets as well.
pub(super) fn size(tokens: &[TokenTree]) -> usize {
    let mut count = tokens.len();
    let mut groups: Vec<TokenStream> = tokens.iter().filter_map(inner).collect();
    while let Some(stream) = groups.pop() {
        for token in stream {
            count += 1;
            groups.extend(inner(&token));
        }
    }
    count
}

fn inner(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    }
}
