//! Random programs that compile.

use super::program::{CHOICE, Expr, Function, Kind, Mode, Place, Program, Stmt, Ty, Var, Variable};
use super::routes::ROUTES;
use crate::generate::Random;

/// Kinds of personal data.
pub const SOURCES: usize = 4;

/// What programs may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// No loops, no recursion, no collections: nothing that has to be guessed.
    Plain,
    /// These too.
    Rich,
    /// As the plain ones, with texts on the ways of [`ROUTES`].
    Routes,
}

/// The program of a seed.
pub fn program(fragment: Fragment, seed: u64) -> Program {
    let mut maker = Maker {
        random: Random(seed),
        rich: fragment == Fragment::Rich,
        routes: fragment == Fragment::Routes,
        program: Program::default(),
        scope: Vec::new(),
        at: 0,
        closures: 0,
        frozen: false,
    };
    maker.records();
    maker.signatures();
    for f in 0..maker.program.functions.len() {
        maker.function(f);
    }
    maker.program
}

struct Maker {
    random: Random,
    rich: bool,
    routes: bool,
    program: Program,
    /// Variables that can be named here.
    scope: Vec<Var>,
    /// The function that is being made.
    at: usize,
    /// Closures around this place: no returning from there.
    closures: usize,
    /// Whether nothing may be changed here, because a method's receiver is borrowed already.
    frozen: bool,
}

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        self.random.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T>(&mut self, mut list: Vec<T>) -> Option<T> {
        (!list.is_empty()).then(|| list.swap_remove(self.random.below(list.len())))
    }

    // ---- declarations

    fn records(&mut self) {
        for r in 0..1 + self.below(3) {
            let fields = (0..2 + self.below(2)).map(|_| self.field_ty(r)).collect();
            self.program.records.push(fields);
        }
    }

    fn field_ty(&mut self, below: usize) -> Ty {
        match self.below(8) {
            0 | 1 if below > 0 => Ty::Record(self.below(below)),
            2 => Ty::Maybe(Box::new(Ty::Text)),
            3 => Ty::Choice,
            4 if self.rich => Ty::List,
            _ => Ty::Text,
        }
    }

    /// Options and results inside each other are left out: the engine takes the inner one to be full because the
    /// outer one is.
    fn any_ty(&mut self, levels: usize) -> Ty {
        let records = self.program.records.len();
        match self.below(12) {
            0..=2 => Ty::Record(self.below(records)),
            3 if levels > 0 => Ty::Pair(Box::new(self.any_ty(levels - 1)), Box::new(self.any_ty(levels - 1))),
            4 | 5 if levels > 0 => Ty::Maybe(Box::new(self.any_ty(0))),
            6 if levels > 0 => Ty::Fallible(Box::new(self.any_ty(0))),
            7 => Ty::Choice,
            8 if self.rich => Ty::List,
            _ => Ty::Text,
        }
    }

    fn var(&mut self, ty: Ty, reference: bool) -> Var {
        let id = self.program.vars.len();
        self.program.vars.push(Variable { name: format!("v{id}"), ty, reference });
        id
    }

    fn signatures(&mut self) {
        for _ in 0..3 + self.below(4) {
            let kind = match self.below(6) {
                0 | 1 => Kind::Method,
                2 => Kind::Trait,
                _ => Kind::Free,
            };
            let changes = self.one_in(3);
            let mut params = Vec::new();
            if kind != Kind::Free {
                let record = self.below(self.program.records.len());
                let mode = if changes { Mode::Mutable } else { self.mode() };
                let v = self.var(Ty::Record(record), mode != Mode::Value);
                self.program.vars[v].name = "self".to_owned();
                params.push((v, mode));
            }
            for _ in 0..self.below(3) {
                // References beside a mutable one would have to differ from it.
                let mode = if changes { Mode::Value } else { self.mode() };
                let ty = self.any_ty(1);
                let v = self.var(ty, mode != Mode::Value);
                params.push((v, mode));
            }
            if kind == Kind::Free && changes {
                let ty = self.any_ty(1);
                let v = self.var(ty, true);
                params.push((v, Mode::Mutable));
            }
            let ret = self.any_ty(1);
            self.program.functions.push(Function { kind, params, ret, body: Vec::new(), tail: Expr::Text });
        }
    }

    fn mode(&mut self) -> Mode {
        if self.one_in(3) { Mode::Shared } else { Mode::Value }
    }

    fn function(&mut self, f: usize) {
        self.at = f;
        self.scope = self.program.functions[f].params.iter().map(|(v, _)| *v).collect();
        let n = 3 + self.below(5);
        let body = self.stmts(n, 2);
        let tail = self.expr(&self.program.functions[f].ret.clone(), 2);
        let function = &mut self.program.functions[f];
        function.body = body;
        function.tail = tail;
    }

    // ---- places

    /// Places that can be named, of one type or all.
    fn places(&self, of: Option<&Ty>, writable: bool) -> Vec<Place> {
        let mut out = Vec::new();
        for v in &self.scope {
            if writable && !self.is_writable(*v) {
                continue;
            }
            self.inside(Place { var: *v, path: Vec::new() }, &self.program.vars[*v].ty, of, &mut out);
        }
        out
    }

    fn inside(&self, place: Place, ty: &Ty, of: Option<&Ty>, out: &mut Vec<Place>) {
        for (i, part) in self.program.parts(ty).iter().enumerate() {
            let mut path = place.path.clone();
            path.push(i);
            self.inside(Place { var: place.var, path }, part, of, out);
        }
        if of.is_none_or(|of| of == ty) {
            out.push(place);
        }
    }

    fn is_writable(&self, v: Var) -> bool {
        let shared = |(p, mode): &(Var, Mode)| *p == v && *mode == Mode::Shared;
        !self.program.functions[self.at].params.iter().any(shared)
    }

    // ---- statements

    fn stmts(&mut self, n: usize, depth: usize) -> Vec<Stmt> {
        (0..n).map(|_| self.stmt(depth)).collect()
    }

    fn block(&mut self, depth: usize) -> Vec<Stmt> {
        let scope = self.scope.clone();
        let n = 1 + self.below(2);
        let out = self.stmts(n, depth);
        self.scope = scope;
        out
    }

    /// Lets a variable be named from here on, now and then by the name of another one.
    fn declare(&mut self, ty: Ty) -> Var {
        let v = self.var(ty, false);
        let olds: Vec<Var> = self.scope.iter().copied().filter(|o| self.program.vars[*o].name != "self").collect();
        if self.one_in(6)
            && let Some(old) = self.pick(olds)
        {
            self.program.vars[v].name = self.program.vars[old].name.clone();
            self.scope.retain(|o| *o != old);
        }
        self.scope.push(v);
        v
    }

    fn out(&mut self) -> Stmt {
        let ty = if self.one_in(3) { self.any_ty(1) } else { Ty::Text };
        let e = self.expr(&ty, 2);
        self.program.outs += 1;
        Stmt::Out(self.program.outs - 1, e)
    }

    fn let_any(&mut self, depth: usize) -> Stmt {
        let ty = self.any_ty(1);
        let e = self.expr(&ty, depth + 1);
        Stmt::Let(self.declare(ty), e)
    }

    fn stmt(&mut self, depth: usize) -> Stmt {
        let made = match self.below(22) {
            0..=3 => Some(self.let_any(depth)),
            4..=6 => Some(self.out()),
            7..=9 => self.set(),
            10 => self.let_pair(),
            11 | 12 => self.act(),
            13 => self.swap(),
            14 => self.replace(),
            15 | 16 if depth > 0 => {
                let a = self.block(depth - 1);
                let b = if self.one_in(2) { Vec::new() } else { self.block(depth - 1) };
                Some(Stmt::If(a, b))
            }
            17 if depth > 0 => Some(self.if_some(depth - 1)),
            18 if self.closures == 0 => Some(self.leave()),
            19 | 20 if self.rich && depth > 0 => Some(self.repeat(depth - 1)),
            21 if self.rich => self.push(),
            _ => None,
        };
        made.unwrap_or_else(|| self.out())
    }

    fn set(&mut self) -> Option<Stmt> {
        if self.frozen {
            return None;
        }
        let p = self.pick(self.places(None, true))?;
        let ty = self.program.place_ty(&p);
        let e = self.expr(&ty, 1);
        Some(match self.below(4) {
            0 => Stmt::SetThrough(p, e),
            1 if self.rich => match self.pick(self.places(Some(&ty), true)) {
                Some(q) => Stmt::SetEither(p, q, e),
                None => Stmt::Set(p, e),
            },
            _ => Stmt::Set(p, e),
        })
    }

    fn let_pair(&mut self) -> Option<Stmt> {
        let (a, b) = (self.any_ty(0), self.any_ty(0));
        let e = self.expr(&Ty::Pair(Box::new(a.clone()), Box::new(b.clone())), 2);
        let a = self.declare(a);
        let kept = self.scope.clone();
        let mut b = self.declare(b);
        // One pattern binds a name once.
        if self.program.vars[a].name == self.program.vars[b].name {
            self.program.vars[b].name = format!("v{b}");
            self.scope = kept;
            self.scope.push(b);
        }
        b = *self.scope.last()?;
        Some(Stmt::LetPair(a, b, e))
    }

    /// A call of a function that may change one of its arguments.
    fn act(&mut self) -> Option<Stmt> {
        let changing: Vec<usize> =
            self.callees().into_iter().filter(|f| self.program.functions[*f].mutable().is_some()).collect();
        let f = self.pick(changing).filter(|_| !self.frozen)?;
        let function = self.program.functions[f].clone();
        let at = function.mutable()?;
        let p = self.pick(self.places(Some(&self.program.vars[function.params[at].0].ty.clone()), true))?;
        self.frozen = function.kind != Kind::Free;
        let args = self.args(&function);
        self.frozen = false;
        Some(Stmt::Act(self.declare(function.ret), f, args, p))
    }

    fn swap(&mut self) -> Option<Stmt> {
        let p = self.pick(self.places(None, true)).filter(|_| !self.frozen)?;
        let others = self.places(Some(&self.program.place_ty(&p)), true);
        let q = self.pick(others.into_iter().filter(|q| are_apart(&p, q)).collect())?;
        Some(Stmt::Swap(p, q))
    }

    fn replace(&mut self) -> Option<Stmt> {
        let p = self.pick(self.places(None, true)).filter(|_| !self.frozen)?;
        let ty = self.program.place_ty(&p);
        let e = self.expr(&ty, 1);
        let v = self.var(ty, false);
        self.scope.push(v);
        Some(Stmt::Replace(v, p, e))
    }

    fn if_some(&mut self, depth: usize) -> Stmt {
        let ty = self.any_ty(0);
        let e = self.expr(&Ty::Maybe(Box::new(ty.clone())), 2);
        let scope = self.scope.clone();
        let v = self.declare(ty);
        let full = self.block(depth);
        self.scope = scope;
        let empty = self.block(depth);
        Stmt::IfSome(v, e, full, empty)
    }

    /// Something that may leave the function.
    fn leave(&mut self) -> Stmt {
        let ret = self.program.functions[self.at].ret.clone();
        if self.one_in(2) {
            return Stmt::Return(self.expr(&ret, 1));
        }
        let ty = self.any_ty(0);
        let e = self.expr(&Ty::Maybe(Box::new(ty.clone())), 2);
        let or = self.expr(&ret, 1);
        Stmt::LetElse(self.declare(ty), e, or)
    }

    fn repeat(&mut self, depth: usize) -> Stmt {
        if self.one_in(2) {
            return Stmt::While(self.block(depth));
        }
        let e = self.expr(&Ty::List, 1);
        let scope = self.scope.clone();
        let v = self.declare(Ty::Text);
        let body = self.block(depth);
        self.scope = scope;
        Stmt::ForEach(v, e, body)
    }

    fn push(&mut self) -> Option<Stmt> {
        let p = self.pick(self.places(Some(&Ty::List), true)).filter(|_| !self.frozen)?;
        // The list is borrowed while its new element is made.
        self.frozen = true;
        let e = self.expr(&Ty::Text, 1);
        self.frozen = false;
        Some(Stmt::Push(p, e))
    }

    // ---- expressions

    /// Functions that may be called here: later ones, so that nothing recurs, or any.
    fn callees(&self) -> Vec<usize> {
        let first = if self.rich { 0 } else { self.at + 1 };
        (first..self.program.functions.len()).collect()
    }

    fn args(&mut self, function: &Function) -> Vec<Expr> {
        let mut out = Vec::new();
        for (v, mode) in &function.params {
            if *mode != Mode::Mutable {
                let ty = self.program.vars[*v].ty.clone();
                out.push(self.expr(&ty, 1));
            }
        }
        out
    }

    fn boxed(&mut self, ty: &Ty, depth: usize) -> Box<Expr> {
        Box::new(self.expr(ty, depth))
    }

    fn expr(&mut self, ty: &Ty, depth: usize) -> Expr {
        if depth == 0 || self.one_in(3) {
            return self.leaf(ty);
        }
        let d = depth - 1;
        let made = match self.below(16) {
            0 => Some(Expr::If(self.boxed(ty, d), self.boxed(ty, d))),
            1 => Some(Expr::Keep(self.boxed(ty, d))),
            2 => {
                let other = self.any_ty(0);
                Some(Expr::First(self.boxed(ty, d), self.boxed(&other, d)))
            }
            3 => {
                let scope = self.scope.clone();
                let body = self.stmts(1, d);
                let tail = self.boxed(ty, d);
                self.scope = scope;
                Some(Expr::Block(body, tail))
            }
            4 => Some(self.closure(ty, d)),
            5 | 6 => self.call(ty),
            7 => self.part(ty, d),
            8 | 9 => Some(self.matched(ty, d)),
            10 if !is_optional(ty) => {
                Some(Expr::Or(self.boxed(&Ty::Maybe(Box::new(ty.clone())), d), self.boxed(ty, d)))
            }
            11 if self.closures == 0 && !is_optional(ty) => self.question(ty, d),
            _ => None,
        };
        made.unwrap_or_else(|| self.of(ty, d))
    }

    /// What is already there, or the simplest value.
    fn leaf(&mut self, ty: &Ty) -> Expr {
        if *ty == Ty::Text && self.one_in(5) {
            return Expr::Source(self.below(SOURCES));
        }
        match self.pick(self.places(Some(ty), false)) {
            Some(p) => Expr::Read(p),
            None => self.of(ty, 0),
        }
    }

    /// A value put together from others.
    fn of(&mut self, ty: &Ty, depth: usize) -> Expr {
        match ty {
            Ty::Text if self.routes && depth > 0 && self.one_in(2) => {
                let n = self.below(ROUTES.len());
                Expr::Route(n, (0..ROUTES[n].inputs).map(|_| self.expr(ty, depth - 1)).collect())
            }
            Ty::Text => match self.below(10) {
                0..=2 => Expr::Source(self.below(SOURCES)),
                3 | 4 if depth > 0 => {
                    let how = self.below(3);
                    Expr::Join(self.boxed(ty, depth - 1), self.boxed(ty, depth - 1), how)
                }
                5 if depth > 0 => {
                    let how = self.below(3);
                    Expr::Derive(self.boxed(ty, depth - 1), how)
                }
                6 if self.rich && depth > 0 => Expr::Concat(self.boxed(&Ty::List, depth - 1)),
                _ => Expr::Text,
            },
            Ty::Record(r) => {
                let fields = self.program.records[*r].clone();
                if depth > 0 && self.one_in(4) {
                    let i = self.below(fields.len());
                    return Expr::Update(*r, i, self.boxed(&fields[i], depth - 1), self.boxed(ty, depth - 1));
                }
                Expr::Record(*r, fields.iter().map(|t| self.expr(t, depth.saturating_sub(1))).collect())
            }
            Ty::Pair(a, b) => {
                let d = depth.saturating_sub(1);
                Expr::Pair(self.boxed(a, d), self.boxed(b, d))
            }
            Ty::Maybe(inner) => match self.below(4) {
                0 => Expr::None((**inner).clone()),
                1 if depth > 0 => self.mapped(inner, depth - 1),
                2 if self.rich && depth > 0 && **inner == Ty::Text => Expr::Head(self.boxed(&Ty::List, depth - 1)),
                _ => Expr::Some(self.boxed(inner, depth.saturating_sub(1))),
            },
            Ty::Fallible(inner) => match self.below(3) {
                0 => Expr::Err(self.boxed(&Ty::Text, depth.saturating_sub(1)), (**inner).clone()),
                _ => Expr::Ok(self.boxed(inner, depth.saturating_sub(1))),
            },
            Ty::Choice => {
                let case = self.below(CHOICE.len());
                let fields = (0..CHOICE[case]).map(|_| self.expr(&Ty::Text, depth.saturating_sub(1))).collect();
                Expr::Variant(case, fields)
            }
            Ty::List => {
                let n = self.below(3);
                Expr::List((0..n).map(|_| self.expr(&Ty::Text, depth.saturating_sub(1))).collect())
            }
        }
    }

    fn closure(&mut self, ty: &Ty, depth: usize) -> Expr {
        let given = self.any_ty(0);
        let arg = self.boxed(&given, depth);
        let (v, body) = self.in_closure(given, ty, depth);
        let how = self.below(3);
        Expr::Closure(v, body, arg, how)
    }

    fn mapped(&mut self, ty: &Ty, depth: usize) -> Expr {
        let given = self.any_ty(0);
        let from = self.boxed(&Ty::Maybe(Box::new(given.clone())), depth);
        let (v, body) = self.in_closure(given, ty, depth);
        Expr::Map(from, v, body)
    }

    fn in_closure(&mut self, given: Ty, ty: &Ty, depth: usize) -> (Var, Box<Expr>) {
        let scope = self.scope.clone();
        let v = self.declare(given);
        self.closures += 1;
        let body = self.boxed(ty, depth);
        self.closures -= 1;
        self.scope = scope;
        (v, body)
    }

    fn call(&mut self, ty: &Ty) -> Option<Expr> {
        let fits = |f: &usize| self.program.functions[*f].ret == *ty && self.program.functions[*f].mutable().is_none();
        let f = self.pick(self.callees().into_iter().filter(fits).collect())?;
        let function = self.program.functions[f].clone();
        Some(Expr::Call(f, self.args(&function)))
    }

    /// A part of something else.
    fn part(&mut self, ty: &Ty, depth: usize) -> Option<Expr> {
        let mut wholes: Vec<(Ty, usize)> = Vec::new();
        for r in 0..self.program.records.len() {
            let fields = self.program.records[r].iter().enumerate().filter(|(_, t)| *t == ty);
            wholes.extend(fields.map(|(i, _)| (Ty::Record(r), i)));
        }
        let other = self.any_ty(0);
        wholes.push((Ty::Pair(Box::new(ty.clone()), Box::new(other.clone())), 0));
        wholes.push((Ty::Pair(Box::new(other), Box::new(ty.clone())), 1));
        let (whole, i) = self.pick(wholes)?;
        Some(Expr::Part(self.boxed(&whole, depth), i))
    }

    fn matched(&mut self, ty: &Ty, depth: usize) -> Expr {
        let inner = self.any_ty(0);
        let (of, cases) = match self.below(3) {
            0 => (Ty::Maybe(Box::new(inner.clone())), vec![vec![inner], vec![]]),
            1 => (Ty::Fallible(Box::new(inner.clone())), vec![vec![inner], vec![Ty::Text]]),
            _ => (Ty::Choice, CHOICE.iter().map(|n| vec![Ty::Text; *n]).collect()),
        };
        let on = self.boxed(&of, depth);
        let mut arms = Vec::new();
        for case in cases {
            let scope = self.scope.clone();
            let vars: Vec<Var> = case.into_iter().map(|t| self.var(t, false)).collect();
            self.scope.extend(&vars);
            arms.push((vars, self.expr(ty, depth)));
            self.scope = scope;
        }
        Expr::Match(on, arms)
    }

    fn question(&mut self, ty: &Ty, depth: usize) -> Option<Expr> {
        let of = match self.program.functions[self.at].ret {
            Ty::Maybe(_) => Ty::Maybe(Box::new(ty.clone())),
            Ty::Fallible(_) => Ty::Fallible(Box::new(ty.clone())),
            _ => return None,
        };
        Some(Expr::Try(self.boxed(&of, depth)))
    }
}

/// Whether neither of two places is part of the other.
fn are_apart(p: &Place, q: &Place) -> bool {
    p.var != q.var || p.path.iter().zip(&q.path).any(|(a, b)| a != b)
}

fn is_optional(ty: &Ty) -> bool {
    matches!(ty, Ty::Maybe(_) | Ty::Fallible(_))
}
