//! Small programs, and how they are written in Rust.

use std::fmt::Write as _;

use super::routes::ROUTES;

/// A local or parameter, by its place in [`Program::vars`].
pub type Var = usize;

/// Types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `String`.
    Text,
    /// A struct of the program.
    Record(usize),
    /// A tuple of two.
    Pair(Box<Ty>, Box<Ty>),
    /// `Option`.
    Maybe(Box<Ty>),
    /// `Result` with a text as error.
    Fallible(Box<Ty>),
    /// The enum that all programs share: `Choice`.
    Choice,
    /// `Vec<String>`.
    List,
}

/// Fields of the variants of `Choice`.
pub const CHOICE: [usize; 3] = [1, 2, 0];

/// A variable, and fields of records or positions of pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub var: Var,
    pub path: Vec<usize>,
}

/// Expressions. Conditions are never known: `if` always stands for `if ask()`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant text.
    Text,
    /// Personal data of this kind.
    Source(usize),
    /// A copy of what a place holds.
    Read(Place),
    /// Two texts in one, written in one of several ways.
    Join(Box<Expr>, Box<Expr>, usize),
    /// Something made from a text, in one of several ways.
    Derive(Box<Expr>, usize),
    Record(usize, Vec<Expr>),
    /// `R { field: first, ..second }`.
    Update(usize, usize, Box<Expr>, Box<Expr>),
    Pair(Box<Expr>, Box<Expr>),
    /// A field of a value that has no name.
    Part(Box<Expr>, usize),
    Call(usize, Vec<Expr>),
    /// A generic function that returns its argument.
    Keep(Box<Expr>),
    /// A generic function that returns its first argument.
    First(Box<Expr>, Box<Expr>),
    /// A closure with a parameter, called with an argument, in one of several ways.
    Closure(Var, Box<Expr>, Box<Expr>, usize),
    If(Box<Expr>, Box<Expr>),
    Block(Vec<Stmt>, Box<Expr>),
    Some(Box<Expr>),
    None(Ty),
    Ok(Box<Expr>),
    Err(Box<Expr>, Ty),
    Variant(usize, Vec<Expr>),
    /// `match` with an arm for each case: variables and value.
    Match(Box<Expr>, Vec<(Vec<Var>, Expr)>),
    /// `unwrap_or`.
    Or(Box<Expr>, Box<Expr>),
    /// `map` of an option.
    Map(Box<Expr>, Var, Box<Expr>),
    /// The question mark.
    Try(Box<Expr>),
    /// `vec![..]`.
    List(Vec<Expr>),
    /// All elements in one text.
    Concat(Box<Expr>),
    /// The first element, if there is one.
    Head(Box<Expr>),
    /// Texts on one of the ways of [`ROUTES`].
    Route(usize, Vec<Expr>),
}

/// Statements.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Let(Var, Expr),
    LetPair(Var, Var, Expr),
    /// `let Some(var) = .. else { return .. };`
    LetElse(Var, Expr, Expr),
    Set(Place, Expr),
    /// The same through a reference.
    SetThrough(Place, Expr),
    /// Through a reference to one of two places.
    SetEither(Place, Place, Expr),
    /// The data leaves here.
    Out(usize, Expr),
    /// A call that may change a place; its result.
    Act(Var, usize, Vec<Expr>, Place),
    Swap(Place, Place),
    /// What was in the place before.
    Replace(Var, Place, Expr),
    If(Vec<Stmt>, Vec<Stmt>),
    IfSome(Var, Expr, Vec<Stmt>, Vec<Stmt>),
    /// `if ask() { return .. }`
    Return(Expr),
    While(Vec<Stmt>),
    ForEach(Var, Expr, Vec<Stmt>),
    Push(Place, Expr),
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Value,
    Shared,
    Mutable,
}

/// What kind of function; methods have the receiver as first parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Free,
    Method,
    /// A method of a trait with one impl.
    Trait,
}

#[derive(Clone, Debug)]
pub struct Function {
    pub kind: Kind,
    pub params: Vec<(Var, Mode)>,
    pub ret: Ty,
    pub body: Vec<Stmt>,
    pub tail: Expr,
}

impl Function {
    /// The parameter through which the function may change a place.
    pub fn mutable(&self) -> Option<usize> {
        self.params.iter().position(|(_, mode)| *mode == Mode::Mutable)
    }
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub ty: Ty,
    /// Whether it holds a reference.
    pub reference: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Types of the fields of each record.
    pub records: Vec<Vec<Ty>>,
    pub functions: Vec<Function>,
    pub vars: Vec<Variable>,
    /// How many places data leaves at.
    pub outs: usize,
}

const FIELDS: [&str; 4] = ["a", "b", "c", "d"];

impl Program {
    /// Types of the parts of a record or pair.
    pub fn parts(&self, ty: &Ty) -> Vec<Ty> {
        match ty {
            Ty::Record(r) => self.records[*r].clone(),
            Ty::Pair(a, b) => vec![(**a).clone(), (**b).clone()],
            _ => Vec::new(),
        }
    }

    pub fn place_ty(&self, place: &Place) -> Ty {
        place.path.iter().fold(self.vars[place.var].ty.clone(), |ty, i| self.parts(&ty)[*i].clone())
    }

    /// The simplest value of a type.
    pub fn plain(&self, ty: &Ty) -> Expr {
        match ty {
            Ty::Text => Expr::Text,
            Ty::Record(r) => Expr::Record(*r, self.records[*r].iter().map(|t| self.plain(t)).collect()),
            Ty::Pair(a, b) => Expr::Pair(Box::new(self.plain(a)), Box::new(self.plain(b))),
            Ty::Maybe(inner) => Expr::None((**inner).clone()),
            Ty::Fallible(inner) => Expr::Err(Box::new(Expr::Text), (**inner).clone()),
            Ty::Choice => Expr::Variant(2, Vec::new()),
            Ty::List => Expr::List(Vec::new()),
        }
    }

    /// The type of an expression.
    pub fn ty(&self, e: &Expr) -> Ty {
        match e {
            Expr::Text | Expr::Source(_) | Expr::Join(..) | Expr::Derive(..) | Expr::Concat(_) | Expr::Route(..) => {
                Ty::Text
            }
            Expr::Read(place) => self.place_ty(place),
            Expr::Record(r, _) | Expr::Update(r, ..) => Ty::Record(*r),
            Expr::Pair(a, b) => Ty::Pair(Box::new(self.ty(a)), Box::new(self.ty(b))),
            Expr::Part(e, i) => self.parts(&self.ty(e))[*i].clone(),
            Expr::Call(f, _) => self.functions[*f].ret.clone(),
            Expr::Keep(e) | Expr::First(e, _) | Expr::If(e, _) | Expr::Block(_, e) | Expr::Or(_, e) => self.ty(e),
            Expr::Closure(_, body, ..) => self.ty(body),
            Expr::Some(e) => Ty::Maybe(Box::new(self.ty(e))),
            Expr::None(ty) => Ty::Maybe(Box::new(ty.clone())),
            Expr::Ok(e) => Ty::Fallible(Box::new(self.ty(e))),
            Expr::Err(_, ty) => Ty::Fallible(Box::new(ty.clone())),
            Expr::Variant(..) => Ty::Choice,
            Expr::Match(_, arms) => self.ty(&arms[0].1),
            Expr::Map(_, _, body) => Ty::Maybe(Box::new(self.ty(body))),
            Expr::Try(e) => match self.ty(e) {
                Ty::Maybe(inner) | Ty::Fallible(inner) => *inner,
                other => other,
            },
            Expr::List(_) => Ty::List,
            Expr::Head(_) => Ty::Maybe(Box::new(Ty::Text)),
        }
    }

    /// The text of the module.
    pub fn text(&self) -> String {
        let mut out = String::from("use crate::{Choice, apply, ask, first, keep, out};\n");
        for (r, fields) in self.records.iter().enumerate() {
            let _ = write!(out, "#[derive(Clone)]\npub struct R{r} {{ ");
            for (name, ty) in FIELDS.iter().zip(fields) {
                let _ = write!(out, "pub {name}: {}, ", show(ty));
            }
            out.push_str("}\n");
        }
        for (f, function) in self.functions.iter().enumerate() {
            let head = |mutable| {
                let params: Vec<String> = function.params.iter().map(|(v, m)| self.param(*v, *m, mutable)).collect();
                format!("fn f{f}({}) -> {}", params.join(", "), show(&function.ret))
            };
            let (head, declared) = (head("mut "), head(""));
            let body = self.block(&function.body, &function.tail);
            let owner = function.params.first().map_or_else(String::new, |(v, _)| show(&self.vars[*v].ty));
            let _ = match function.kind {
                Kind::Free => writeln!(out, "pub {head} {body}"),
                Kind::Method => writeln!(out, "impl {owner} {{\npub {head} {body}\n}}"),
                Kind::Trait => {
                    writeln!(out, "pub trait T{f} {{\n{declared};\n}}\nimpl T{f} for {owner} {{\n{head} {body}\n}}")
                }
            };
        }
        out
    }

    fn param(&self, v: Var, mode: Mode, mutable: &str) -> String {
        let var = &self.vars[v];
        let (name, ty) = (&var.name, show(&var.ty));
        match (mode, var.name == "self") {
            (Mode::Value, true) => format!("{mutable}self"),
            (Mode::Shared, true) => "&self".to_owned(),
            (Mode::Mutable, true) => "&mut self".to_owned(),
            (Mode::Value, false) => format!("{mutable}{name}: {ty}"),
            (Mode::Shared, false) => format!("{name}: &{ty}"),
            (Mode::Mutable, false) => format!("{name}: &mut {ty}"),
        }
    }

    fn block(&self, body: &[Stmt], tail: &Expr) -> String {
        format!("{{\n{}{}\n}}", self.stmts(body), self.expr(tail))
    }

    fn stmts(&self, body: &[Stmt]) -> String {
        body.iter().map(|s| self.stmt(s) + "\n").collect()
    }

    fn name(&self, v: Var) -> &str {
        &self.vars[v].name
    }

    /// A place as it is written before `=` and after `&mut`.
    fn place(&self, place: &Place) -> String {
        let mut out = String::from(self.name(place.var));
        if place.path.is_empty() && self.vars[place.var].reference {
            return format!("*{out}");
        }
        let mut ty = self.vars[place.var].ty.clone();
        for i in &place.path {
            out.push('.');
            out.push_str(&field(&ty, *i));
            ty = self.parts(&ty)[*i].clone();
        }
        out
    }

    fn stmt(&self, s: &Stmt) -> String {
        match s {
            Stmt::Let(v, e) => {
                format!("let mut {}: {} = {};", self.name(*v), show(&self.vars[*v].ty), self.expr(e))
            }
            Stmt::LetPair(a, b, e) => {
                format!("let (mut {}, mut {}) = {};", self.name(*a), self.name(*b), self.expr(e))
            }
            Stmt::LetElse(v, e, or) => {
                format!("let Some(mut {}) = ({}) else {{\nreturn {};\n}};", self.name(*v), self.expr(e), self.expr(or))
            }
            Stmt::Set(p, e) => format!("{} = {};", self.place(p), self.expr(e)),
            Stmt::SetThrough(p, e) => {
                format!("{{\nlet w = {};\nlet r = &mut {};\n*r = w;\n}}", self.expr(e), self.place(p))
            }
            Stmt::SetEither(p, q, e) => format!(
                "{{\nlet w = {};\nlet r = if ask() {{ &mut {} }} else {{ &mut {} }};\n*r = w;\n}}",
                self.expr(e),
                self.place(p),
                self.place(q)
            ),
            Stmt::Out(id, e) => format!("out(/*{id}*/ {});", self.expr(e)),
            Stmt::Act(v, f, args, p) => {
                format!("let mut {} = {};", self.name(*v), self.call(*f, args, Some(p)))
            }
            Stmt::Swap(p, q) => format!("std::mem::swap(&mut {}, &mut {});", self.place(p), self.place(q)),
            Stmt::Replace(v, p, e) => format!(
                "let w = {};\nlet mut {} = std::mem::replace(&mut {}, w);",
                self.expr(e),
                self.name(*v),
                self.place(p)
            ),
            Stmt::If(a, b) if b.is_empty() => format!("if ask() {{\n{}}}", self.stmts(a)),
            Stmt::If(a, b) => format!("if ask() {{\n{}}} else {{\n{}}}", self.stmts(a), self.stmts(b)),
            Stmt::IfSome(v, e, a, b) => format!(
                "if let Some(mut {}) = ({}) {{\n{}}} else {{\n{}}}",
                self.name(*v),
                self.expr(e),
                self.stmts(a),
                self.stmts(b)
            ),
            Stmt::Return(e) => format!("if ask() {{\nreturn {};\n}}", self.expr(e)),
            Stmt::While(body) => format!("while ask() {{\n{}}}", self.stmts(body)),
            Stmt::ForEach(v, e, body) => {
                format!("for mut {} in ({}) {{\n{}}}", self.name(*v), self.expr(e), self.stmts(body))
            }
            Stmt::Push(p, e) => format!("{}.push({});", self.place(p), self.expr(e)),
        }
    }

    fn expr(&self, e: &Expr) -> String {
        let list = |es: &[Expr]| es.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(", ");
        match e {
            Expr::Text => "\"x\".to_owned()".to_owned(),
            Expr::Source(n) => format!("crate::s{n}()"),
            Expr::Read(p) if p.path.is_empty() => format!("{}.clone()", self.name(p.var)),
            Expr::Read(p) => format!("{}.clone()", self.place(p)),
            Expr::Join(a, b, 0) => format!("format!(\"{{}}-{{}}\", {}, {})", self.expr(a), self.expr(b)),
            Expr::Join(a, b, 1) => format!("({} + &{})", self.expr(a), self.expr(b)),
            Expr::Join(a, b, _) => {
                format!("{{\nlet mut w = {};\nw.push_str(&{});\nw\n}}", self.expr(a), self.expr(b))
            }
            Expr::Derive(e, 0) => format!("{}.to_uppercase()", self.receiver(e)),
            Expr::Derive(e, 1) => format!("{}.trim().to_owned()", self.receiver(e)),
            Expr::Derive(e, _) => format!("{}.chars().rev().collect::<String>()", self.receiver(e)),
            Expr::Record(r, es) => {
                let fields: Vec<String> =
                    FIELDS.iter().zip(es).map(|(name, e)| format!("{name}: {}", self.expr(e))).collect();
                format!("R{r} {{ {} }}", fields.join(", "))
            }
            Expr::Update(r, i, e, base) => {
                format!("R{r} {{ {}: {}, ..{} }}", FIELDS[*i], self.expr(e), self.expr(base))
            }
            Expr::Pair(a, b) => format!("({}, {})", self.expr(a), self.expr(b)),
            Expr::Part(e, i) => format!("({}).{}", self.expr(e), field(&self.ty(e), *i)),
            Expr::Call(f, args) => self.call(*f, args, None),
            Expr::Keep(e) => format!("keep({})", self.expr(e)),
            Expr::First(a, b) => format!("first({}, {})", self.expr(a), self.expr(b)),
            Expr::Closure(v, body, arg, how) => {
                let closure = format!("|mut {}: {}| {}", self.name(*v), show(&self.vars[*v].ty), self.expr(body));
                let arg = self.expr(arg);
                match how {
                    0 => format!("{{\nlet w = {arg};\napply({closure}, w)\n}}"),
                    1 => format!("{{\nlet w = {arg};\nlet mut f = {closure};\nf(w)\n}}"),
                    _ => format!("{{\nlet w = {arg};\n({closure})(w)\n}}"),
                }
            }
            Expr::If(a, b) => format!("(if ask() {{ {} }} else {{ {} }})", self.expr(a), self.expr(b)),
            Expr::Block(body, tail) => self.block(body, tail),
            Expr::Some(e) => format!("Some({})", self.expr(e)),
            Expr::None(ty) => format!("None::<{}>", show(ty)),
            Expr::Ok(e) => format!("Ok::<_, String>({})", self.expr(e)),
            Expr::Err(e, ty) => format!("Err::<{}, String>({})", show(ty), self.expr(e)),
            Expr::Variant(0, es) => format!("Choice::One({})", list(es)),
            Expr::Variant(1, es) => {
                format!("Choice::Two {{ x: {}, y: {} }}", self.expr(&es[0]), self.expr(&es[1]))
            }
            Expr::Variant(..) => "Choice::Nothing".to_owned(),
            Expr::Match(e, arms) => {
                let mut out = format!("(match ({}) {{\n", self.expr(e));
                for (i, (vars, body)) in arms.iter().enumerate() {
                    let names: Vec<String> = vars.iter().map(|v| format!("mut {}", self.name(*v))).collect();
                    let pattern = match (self.ty(e), i) {
                        (Ty::Maybe(_), 0) => format!("Some({})", names[0]),
                        (Ty::Maybe(_), _) => "None".to_owned(),
                        (Ty::Fallible(_), 0) => format!("Ok({})", names[0]),
                        (Ty::Fallible(_), _) => format!("Err({})", names[0]),
                        (_, 0) => format!("Choice::One({})", names[0]),
                        (_, 1) => format!("Choice::Two {{ x: {}, y: {} }}", names[0], names[1]),
                        _ => "Choice::Nothing".to_owned(),
                    };
                    let _ = writeln!(out, "{pattern} => {},", self.expr(body));
                }
                out + "})"
            }
            Expr::Or(e, or) => format!("{}.unwrap_or({})", self.receiver(e), self.expr(or)),
            Expr::Map(e, v, body) => format!("{}.map(|mut {}| {})", self.receiver(e), self.name(*v), self.expr(body)),
            Expr::Try(e) => format!("{}?", self.receiver(e)),
            Expr::List(es) => format!("vec![{}]", list(es)),
            Expr::Concat(e) => format!("{}.concat()", self.receiver(e)),
            Expr::Head(e) => format!("{}.first().cloned()", self.receiver(e)),
            Expr::Route(n, es) => {
                let given: String =
                    es.iter().enumerate().map(|(i, e)| format!("let p{i} = {};\n", self.expr(e))).collect();
                format!("{{\n{given}{}\n}}", ROUTES[*n].text)
            }
        }
    }

    /// An expression before a dot.
    fn receiver(&self, e: &Expr) -> String {
        let text = self.expr(e);
        if text.starts_with('{') { format!("({text})") } else { text }
    }

    fn call(&self, f: usize, args: &[Expr], place: Option<&Place>) -> String {
        let function = &self.functions[f];
        let mut rest = args.iter();
        let mut written: Vec<String> = Vec::new();
        for (i, (_, mode)) in function.params.iter().enumerate() {
            let receiver = i == 0 && function.kind != Kind::Free;
            written.push(match (mode, place) {
                (Mode::Mutable, Some(p)) if receiver && p.path.is_empty() => self.name(p.var).to_owned(),
                (Mode::Mutable, Some(p)) if receiver => self.place(p),
                (Mode::Mutable, Some(p)) => format!("&mut {}", self.place(p)),
                (mode, _) => {
                    let write = |e| if receiver { self.receiver(e) } else { self.expr(e) };
                    let arg = rest.next().map_or_else(String::new, write);
                    if *mode == Mode::Shared && !receiver { format!("&{arg}") } else { arg }
                }
            });
        }
        match function.kind {
            Kind::Free => format!("f{f}({})", written.join(", ")),
            _ => format!("{}.f{f}({})", written[0], written[1..].join(", ")),
        }
    }
}

fn field(ty: &Ty, i: usize) -> String {
    if matches!(ty, Ty::Record(_)) { FIELDS[i].to_owned() } else { i.to_string() }
}

/// A type as it is written.
fn show(ty: &Ty) -> String {
    match ty {
        Ty::Text => "String".to_owned(),
        Ty::Record(r) => format!("R{r}"),
        Ty::Pair(a, b) => format!("({}, {})", show(a), show(b)),
        Ty::Maybe(inner) => format!("Option<{}>", show(inner)),
        Ty::Fallible(inner) => format!("Result<{}, String>", show(inner)),
        Ty::Choice => "Choice".to_owned(),
        Ty::List => "Vec<String>".to_owned(),
    }
}
