//! Runs programs on every path and notes which data leaves where: slow, and plainly right.

use std::collections::{BTreeMap, BTreeSet};

use super::program::{Expr, Place, Program, Stmt, Ty, Var};
use super::routes::ROUTES;

/// Paths followed from one function before the program is too large to be followed whole.
const PATHS: usize = 500;
/// Statements and expressions on one path, and on all of one function.
const STEPS: usize = 2_000;
const ALL_STEPS: usize = 50_000;
/// Calls inside each other.
const DEPTH: usize = 8;
/// Rounds of a loop.
const ROUNDS: usize = 3;

/// Data of this kind leaves at this place.
pub type Flows = BTreeSet<(usize, usize)>;

/// What all paths gave.
#[derive(Debug, Default)]
pub struct Paths {
    /// Flows on paths that can be taken from a function that no other one calls.
    pub real: Flows,
    /// And on those where an option was taken for full though it was empty, or the other way round: no one who
    /// does not follow paths can tell them from the others.
    pub imagined: Flows,
    /// Whether all paths were followed.
    pub complete: bool,
    /// Who calls whom.
    calls: BTreeSet<(usize, usize)>,
}

/// A value; a text is the set of the data in it, as bits.
#[derive(Clone, Debug)]
enum V {
    Text(u32),
    Parts(Vec<V>),
    /// Of an option, result or enum: the case, and what is in it.
    Case(usize, Vec<V>),
    List(Vec<V>),
}

impl V {
    fn all(&self) -> u32 {
        match self {
            V::Text(bits) => *bits,
            V::Parts(vs) | V::Case(_, vs) | V::List(vs) => vs.iter().fold(0, |bits, v| bits | v.all()),
        }
    }
}

/// Why a path does not go on.
enum Stop {
    Return(V),
    /// It panics, or is too long.
    End,
}

type Locals = BTreeMap<Var, V>;

/// Follows all paths of all functions; what they are given from outside holds no data.
pub fn follow(program: &Program, with_imagined: bool) -> Paths {
    let mut out = Paths { complete: true, ..Paths::default() };
    let mut from: Vec<Flows> = Vec::new();
    for f in 0..program.functions.len() {
        let mut choices: Vec<(usize, usize)> = Vec::new();
        let mut steps = 0;
        for path in 0.. {
            if path == PATHS || steps > ALL_STEPS {
                out.complete = false;
                break;
            }
            let mut run = Run {
                program,
                choices,
                next: 0,
                with_imagined,
                imagined: false,
                steps: 0,
                inside: Vec::new(),
                out: &mut out,
            };
            let args: Vec<V> =
                program.functions[f].params.iter().map(|(v, _)| run.clean(&program.vars[*v].ty)).collect();
            // How the path ends does not matter: what left before has left.
            let _end = run.call(f, args);
            steps += run.steps;
            choices = run.choices;
            while choices.last().is_some_and(|(taken, of)| taken + 1 == *of) {
                choices.pop();
            }
            match choices.last_mut() {
                Some((taken, _)) => *taken += 1,
                None => break,
            }
        }
        from.push(std::mem::take(&mut out.real));
    }
    out.imagined.extend(from.iter().flatten().copied());
    // What a function does only for what no caller gives it, it does for no one.
    let entries = entries(from.len(), &out.calls);
    out.real = entries.into_iter().flat_map(|f| from[f].iter().copied()).collect();
    out
}

/// Functions that no one calls but those that they call themselves.
fn entries(functions: usize, calls: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let reached = |from: usize| {
        let mut seen = BTreeSet::from([from]);
        let mut todo = vec![from];
        while let Some(f) = todo.pop() {
            todo.extend(calls.iter().filter(|(by, to)| *by == f && seen.insert(*to)).map(|(_, to)| *to));
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..functions).map(reached).collect();
    let called = |f: usize| (0..functions).any(|by| reached[by].contains(&f) && !reached[f].contains(&by));
    (0..functions).filter(|f| !called(*f)).collect()
}

struct Run<'a> {
    program: &'a Program,
    /// What was chosen, of how many.
    choices: Vec<(usize, usize)>,
    next: usize,
    with_imagined: bool,
    imagined: bool,
    steps: usize,
    /// The calls that it is inside of.
    inside: Vec<usize>,
    out: &'a mut Paths,
}

impl Run<'_> {
    fn choose(&mut self, of: usize) -> usize {
        if self.next == self.choices.len() {
            self.choices.push((0, of));
        }
        self.next += 1;
        self.choices[self.next - 1].0
    }

    fn ask(&mut self) -> bool {
        self.choose(2) == 1
    }

    /// Which case of a value is taken, and what is in it.
    fn case(&mut self, value: V, ty: &Ty) -> (usize, Vec<V>) {
        let V::Case(actual, inside) = value else { return (0, Vec::new()) };
        if !self.with_imagined {
            return (actual, inside);
        }
        let cases = match ty {
            Ty::Maybe(inner) => vec![vec![(**inner).clone()], vec![]],
            Ty::Fallible(inner) => vec![vec![(**inner).clone()], vec![Ty::Text]],
            _ => vec![vec![Ty::Text], vec![Ty::Text, Ty::Text], vec![]],
        };
        let taken = (actual + self.choose(cases.len())) % cases.len();
        if taken == actual {
            return (actual, inside);
        }
        self.imagined = true;
        (taken, cases[taken].iter().map(|ty| self.clean(ty)).collect())
    }

    /// A value without data.
    fn clean(&self, ty: &Ty) -> V {
        match ty {
            Ty::Text => V::Text(0),
            Ty::Record(_) | Ty::Pair(..) => V::Parts(self.program.parts(ty).iter().map(|t| self.clean(t)).collect()),
            Ty::Maybe(_) => V::Case(1, Vec::new()),
            Ty::Fallible(_) => V::Case(1, vec![V::Text(0)]),
            Ty::Choice => V::Case(2, Vec::new()),
            Ty::List => V::List(vec![V::Text(0)]),
        }
    }

    /// Calls a function: what it returns, and what its parameters hold at the end.
    fn call(&mut self, f: usize, args: Vec<V>) -> Result<(V, Locals), Stop> {
        if self.inside.len() == DEPTH {
            return Err(Stop::End);
        }
        self.out.calls.extend(self.inside.last().map(|by| (*by, f)));
        self.inside.push(f);
        let function = &self.program.functions[f];
        let mut locals: Locals = function.params.iter().map(|(v, _)| *v).zip(args).collect();
        let done = self.body(&mut locals, &function.body).and_then(|()| self.eval(&mut locals, &function.tail));
        self.inside.pop();
        match done {
            Ok(v) | Err(Stop::Return(v)) => Ok((v, locals)),
            Err(Stop::End) => Err(Stop::End),
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > STEPS { Err(Stop::End) } else { Ok(()) }
    }

    fn body(&mut self, locals: &mut Locals, body: &[Stmt]) -> Result<(), Stop> {
        body.iter().try_for_each(|s| self.stmt(locals, s))
    }

    fn stmt(&mut self, locals: &mut Locals, s: &Stmt) -> Result<(), Stop> {
        self.step()?;
        match s {
            Stmt::Let(v, e) => {
                let value = self.eval(locals, e)?;
                locals.insert(*v, value);
            }
            Stmt::LetPair(a, b, e) => {
                if let V::Parts(parts) = self.eval(locals, e)? {
                    locals.extend([*a, *b].into_iter().zip(parts));
                }
            }
            Stmt::LetElse(v, e, or) => match self.open(locals, e)? {
                (0, mut inside) => {
                    locals.insert(*v, inside.remove(0));
                }
                _ => return Err(Stop::Return(self.eval(locals, or)?)),
            },
            Stmt::Set(p, e) | Stmt::SetThrough(p, e) => {
                let value = self.eval(locals, e)?;
                *place(locals, p) = value;
            }
            Stmt::SetEither(p, q, e) => {
                let value = self.eval(locals, e)?;
                let to = if self.ask() { p } else { q };
                *place(locals, to) = value;
            }
            Stmt::Out(id, e) => {
                let bits = self.eval(locals, e)?.all();
                let flows = if self.imagined { &mut self.out.imagined } else { &mut self.out.real };
                flows.extend((0..32).filter(|s| bits & (1 << s) != 0).map(|s| (*id, s)));
            }
            Stmt::Act(v, f, args, p) => {
                let function = &self.program.functions[*f];
                let mut values = args.iter().map(|e| self.eval(locals, e)).collect::<Result<Vec<V>, Stop>>()?;
                let at = function.mutable().unwrap_or(0);
                values.insert(at, place(locals, p).clone());
                let (result, mut theirs) = self.call(*f, values)?;
                if let Some(changed) = theirs.remove(&function.params[at].0) {
                    *place(locals, p) = changed;
                }
                locals.insert(*v, result);
            }
            Stmt::Swap(p, q) => {
                let (a, b) = (place(locals, p).clone(), place(locals, q).clone());
                *place(locals, p) = b;
                *place(locals, q) = a;
            }
            Stmt::Replace(v, p, e) => {
                let value = self.eval(locals, e)?;
                let before = std::mem::replace(place(locals, p), value);
                locals.insert(*v, before);
            }
            Stmt::If(a, b) => {
                let body = if self.ask() { a } else { b };
                self.body(locals, body)?;
            }
            Stmt::IfSome(v, e, a, b) => match self.open(locals, e)? {
                (0, mut inside) => {
                    locals.insert(*v, inside.remove(0));
                    self.body(locals, a)?;
                }
                _ => self.body(locals, b)?,
            },
            Stmt::Return(e) => {
                if self.ask() {
                    return Err(Stop::Return(self.eval(locals, e)?));
                }
            }
            Stmt::While(body) => {
                for _ in 0..ROUNDS {
                    if !self.ask() {
                        break;
                    }
                    self.body(locals, body)?;
                }
            }
            Stmt::ForEach(v, e, body) => {
                if let V::List(elements) = self.eval(locals, e)? {
                    for element in elements {
                        locals.insert(*v, element);
                        self.body(locals, body)?;
                    }
                }
            }
            Stmt::Push(p, e) => {
                let value = self.eval(locals, e)?;
                if let V::List(elements) = place(locals, p) {
                    elements.push(value);
                }
            }
        }
        Ok(())
    }

    /// Evaluates an expression of several cases and takes one.
    fn open(&mut self, locals: &mut Locals, e: &Expr) -> Result<(usize, Vec<V>), Stop> {
        let value = self.eval(locals, e)?;
        Ok(self.case(value, &self.program.ty(e)))
    }

    fn list(&mut self, locals: &mut Locals, es: &[Expr]) -> Result<Vec<V>, Stop> {
        es.iter().map(|e| self.eval(locals, e)).collect()
    }

    fn eval(&mut self, locals: &mut Locals, e: &Expr) -> Result<V, Stop> {
        self.step()?;
        Ok(match e {
            Expr::Text => V::Text(0),
            Expr::Source(n) => V::Text(1 << n),
            Expr::Read(p) => place(locals, p).clone(),
            Expr::Join(a, b, _) => {
                let a = self.eval(locals, a)?.all();
                V::Text(a | self.eval(locals, b)?.all())
            }
            Expr::Derive(e, _) | Expr::Concat(e) => V::Text(self.eval(locals, e)?.all()),
            Expr::Record(_, es) => V::Parts(self.list(locals, es)?),
            Expr::Update(_, i, e, base) => {
                let value = self.eval(locals, e)?;
                let mut base = self.eval(locals, base)?;
                *part(&mut base, *i) = value;
                base
            }
            Expr::Pair(a, b) => V::Parts(vec![self.eval(locals, a)?, self.eval(locals, b)?]),
            Expr::Part(e, i) => part(&mut self.eval(locals, e)?, *i).clone(),
            Expr::Call(f, args) => {
                let args = self.list(locals, args)?;
                self.call(*f, args)?.0
            }
            Expr::Keep(e) => self.eval(locals, e)?,
            Expr::First(a, b) => {
                let a = self.eval(locals, a)?;
                self.eval(locals, b)?;
                a
            }
            Expr::Closure(v, body, arg, _) => {
                let arg = self.eval(locals, arg)?;
                locals.insert(*v, arg);
                self.eval(locals, body)?
            }
            Expr::If(a, b) => {
                let e = if self.ask() { a } else { b };
                self.eval(locals, e)?
            }
            Expr::Block(body, tail) => {
                self.body(locals, body)?;
                self.eval(locals, tail)?
            }
            Expr::Some(e) | Expr::Ok(e) => V::Case(0, vec![self.eval(locals, e)?]),
            Expr::None(_) => V::Case(1, Vec::new()),
            Expr::Err(e, _) => V::Case(1, vec![self.eval(locals, e)?]),
            Expr::Variant(n, es) => V::Case(*n, self.list(locals, es)?),
            Expr::Match(e, arms) => {
                let (taken, inside) = self.open(locals, e)?;
                let (vars, body) = &arms[taken];
                locals.extend(vars.iter().copied().zip(inside));
                self.eval(locals, body)?
            }
            Expr::Or(e, or) => {
                let value = self.eval(locals, e)?;
                let or = self.eval(locals, or)?;
                match self.case(value, &self.program.ty(e)) {
                    (0, mut inside) => inside.remove(0),
                    _ => or,
                }
            }
            Expr::Map(e, v, body) => match self.open(locals, e)? {
                (0, mut inside) => {
                    locals.insert(*v, inside.remove(0));
                    V::Case(0, vec![self.eval(locals, body)?])
                }
                _ => V::Case(1, Vec::new()),
            },
            Expr::Try(e) => match self.open(locals, e)? {
                (0, mut inside) => inside.remove(0),
                (case, inside) => return Err(Stop::Return(V::Case(case, inside))),
            },
            Expr::List(es) => V::List(self.list(locals, es)?),
            Expr::Route(n, es) => {
                let given: Vec<u32> = self.list(locals, es)?.iter().map(V::all).collect();
                let route = &ROUTES[*n];
                let mut all: u32 = route.reaches.iter().map(|i| given[*i]).fold(0, |a, b| a | b);
                if self.with_imagined && !route.maybe.is_empty() && self.ask() {
                    self.imagined = true;
                    all |= route.maybe.iter().map(|i| given[*i]).fold(0, |a, b| a | b);
                }
                V::Text(all)
            }
            Expr::Head(e) => match self.eval(locals, e)? {
                V::List(mut es) if !es.is_empty() => V::Case(0, vec![es.remove(0)]),
                _ => V::Case(1, Vec::new()),
            },
        })
    }
}

fn part(value: &mut V, i: usize) -> &mut V {
    match value {
        V::Parts(parts) => &mut parts[i],
        other => other,
    }
}

fn place<'a>(locals: &'a mut Locals, p: &Place) -> &'a mut V {
    let root = locals.entry(p.var).or_insert(V::Text(0));
    p.path.iter().fold(root, |v, i| part(v, *i))
}
