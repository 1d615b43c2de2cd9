//! Bodies as text, for tests, dumps and bug reports.

use std::fmt::Write;

use super::body::{
    Aggregate, BinOp, Callee, Cond, Func, Index, Lit, Local, Operand, PathId, Piece, Place, Positive, RET, Rvalue, Sel,
    Stmt, Test, View,
};
use super::items::{Path, TypeRef};

/// A function as text: one statement a line, indented by block.
#[must_use]
pub fn print_func(func: &Func) -> String {
    let mut printer = Printer { func, out: String::new() };
    let params: Vec<String> =
        func.params.iter().map(|p| format!("{}: {}", printer.local(p.local), print_type(&p.ty))).collect();
    let _ = writeln!(printer.out, "fn {}({}) -> {}", func.name, params.join(", "), print_type(&func.ret));
    match &func.body {
        Some(body) => printer.stmts(body, 1),
        None => printer.out.push_str("  no body\n"),
    }
    printer.out
}

/// A type as text.
#[must_use]
pub fn print_type(ty: &TypeRef) -> String {
    let list = |list: &[TypeRef]| list.iter().map(print_type).collect::<Vec<_>>().join(", ");
    match ty {
        TypeRef::Path(path) => print_path(path),
        TypeRef::RefMut(inner) => format!("&mut {}", print_type(inner)),
        TypeRef::Tuple(parts) => format!("({})", list(parts)),
        TypeRef::Slice(inner) => format!("[{}]", print_type(inner)),
        TypeRef::Bounds { dynamic, bounds } => {
            let word = if *dynamic { "dyn" } else { "impl" };
            format!("{word} {}", bounds.iter().map(print_type).collect::<Vec<_>>().join(" + "))
        }
        TypeRef::Fn(args, result) => format!("Fn({}) -> {}", list(args), print_type(result)),
        TypeRef::Assoc(name, ty) => format!("{name} = {}", print_type(ty)),
        TypeRef::Never => "!".to_owned(),
        TypeRef::Infer => "_".to_owned(),
    }
}

/// A path as text.
#[must_use]
pub fn print_path(path: &Path) -> String {
    let mut out = String::new();
    if let Some(ty) = &path.qself {
        let _ = write!(out, "<{}>::", print_type(ty));
    }
    if path.global {
        out.push_str("::");
    }
    out.push_str(&path.segments.join("::"));
    if !path.args.is_empty() {
        let _ = write!(out, "<{}>", path.args.iter().map(print_type).collect::<Vec<_>>().join(", "));
    }
    out
}

struct Printer<'f> {
    func: &'f Func,
    out: String,
}

impl Printer<'_> {
    fn local(&self, local: Local) -> String {
        if local == RET {
            return "ret".to_owned();
        }
        match self.func.locals.get(local.0 as usize).and_then(|l| l.name.as_ref()) {
            // A name may be bound again.
            Some(name) if self.func.locals.iter().filter(|l| l.name.as_ref() == Some(name)).count() == 1 => {
                name.to_string()
            }
            Some(name) => format!("{name}#{}", local.0),
            None => format!("_{}", local.0),
        }
    }

    fn path(&self, id: PathId) -> String {
        self.func.paths.get(id.0 as usize).map_or_else(|| "?".to_owned(), print_path)
    }

    fn place(&self, place: &Place) -> String {
        let mut out = self.local(place.base);
        for sel in &place.path {
            match sel {
                Sel::Field(name) => {
                    let _ = write!(out, ".{name}");
                }
                Sel::Index(None) => out.push_str("[]"),
                Sel::Index(Some(Index::Number(n))) => {
                    let _ = write!(out, "[{n}]");
                }
                Sel::Index(Some(Index::Local(l))) => {
                    let _ = write!(out, "[{}]", self.local(*l));
                }
                Sel::As(id) => {
                    let _ = write!(out, " as {}", self.path(*id));
                }
                Sel::Some => out.push_str(".Some"),
                Sel::Err => out.push_str(".Err"),
                Sel::Deref => out.push_str(".*"),
                Sel::Slice(None) => out.push_str("[..]"),
                Sel::Slice(Some((from, to))) => {
                    let _ = write!(out, "[{from}..{}]", to.map(|n| n.to_string()).unwrap_or_default());
                }
            }
        }
        out
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Place(place) => self.place(place),
            Operand::Lit(Lit::Str(s)) => format!("{s:?}"),
            Operand::Lit(Lit::Num(n)) => n.clone(),
            Operand::Lit(Lit::Bool(b)) => b.to_string(),
            Operand::Lit(Lit::Unit) => "()".to_owned(),
            Operand::Path(id) => self.path(*id),
        }
    }

    fn operands(&self, list: &[Operand]) -> String {
        list.iter().map(|o| self.operand(o)).collect::<Vec<_>>().join(", ")
    }

    fn cond(&self, cond: &Cond) -> String {
        match cond {
            Cond::True(operand) => self.operand(operand),
            Cond::Unknown => "?".to_owned(),
            Cond::Is(place, test) => {
                let test = match test {
                    Test::Positive => "+".to_owned(),
                    Test::Negative => "-".to_owned(),
                    Test::Path(id) => self.path(*id),
                    Test::Literal => "literal".to_owned(),
                };
                format!("{} is {test}", self.place(place))
            }
        }
    }

    fn rvalue(&self, src: &Rvalue, depth: usize) -> String {
        match src {
            Rvalue::Use(operand) => self.operand(operand),
            Rvalue::RefMut(place) => format!("&mut {}", self.place(place)),
            Rvalue::Not(operand) => format!("!{}", self.operand(operand)),
            Rvalue::Neg(operand) => format!("-{}", self.operand(operand)),
            Rvalue::Binary(op, a, b) => {
                let op = match op {
                    BinOp::Arith(_) => "+",
                    BinOp::Compare(true) => "==",
                    BinOp::Compare(false) => "<>",
                };
                format!("{} {op} {}", self.operand(a), self.operand(b))
            }
            Rvalue::Cast(operand, ty) => format!("{} as {}", self.operand(operand), print_type(ty)),
            Rvalue::Aggregate { kind, fields, base } => {
                let kind = match kind {
                    Aggregate::Tuple => "tuple".to_owned(),
                    Aggregate::List => "list".to_owned(),
                    Aggregate::Range => "range".to_owned(),
                    Aggregate::Map => "map".to_owned(),
                    Aggregate::Adt(id) => self.path(*id),
                };
                let mut parts: Vec<String> = fields
                    .iter()
                    .map(|(name, operand, _)| match name {
                        Some(name) => format!("{name}: {}", self.operand(operand)),
                        None => self.operand(operand),
                    })
                    .collect();
                parts.extend(base.iter().map(|b| format!("..{}", self.operand(b))));
                format!("{kind} {{ {} }}", parts.join(", "))
            }
            Rvalue::Err(operand) => format!("Err({})", self.operand(operand)),
            Rvalue::Positive(of, operand) => {
                let name = if *of == Positive::Some { "Some" } else { "Ok" };
                format!("{name}({})", self.operand(operand))
            }
            Rvalue::Negative => "None".to_owned(),
            Rvalue::Elem(operand) => format!("each {}", self.operand(operand)),
            Rvalue::Await(operand) => format!("await {}", self.operand(operand)),
            Rvalue::Closure(id) => match self.func.closures.get(id.0 as usize) {
                Some(closure) => {
                    let params: Vec<String> = closure.params.iter().map(|p| self.local(*p)).collect();
                    let mut inner = Printer { func: self.func, out: String::new() };
                    inner.stmts(&closure.body, depth + 1);
                    format!("|{}| -> {}\n{}", params.join(", "), self.local(closure.ret), inner.out.trim_end())
                }
                None => "closure ?".to_owned(),
            },
            Rvalue::Call { callee, args, .. } => {
                let args = self.operands(args);
                match callee {
                    Callee::Path(id) => format!("{}({args})", self.path(*id)),
                    Callee::Macro(id) => format!("{}!({args})", self.path(*id)),
                    Callee::Value(operand) => format!("call {}({args})", self.operand(operand)),
                    Callee::Method { name, generics } if generics.is_empty() => format!(".{name}({args})"),
                    Callee::Method { name, generics } => {
                        let generics: Vec<String> = generics.iter().map(print_type).collect();
                        format!(".{name}::<{}>({args})", generics.join(", "))
                    }
                }
            }
            Rvalue::Format(pieces) => {
                let mut out = "format".to_owned();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => {
                            let _ = write!(out, " {text:?}");
                        }
                        Piece::Arg(operand, view, _) => {
                            let view = match view {
                                View::Display => "",
                                View::Full => ":#",
                                View::Debug => ":?",
                                View::Serialize => ":serde",
                                View::Sources => ":sources",
                                View::Refused => ":refused",
                            };
                            let _ = write!(out, " {{{}{view}}}", self.operand(operand));
                        }
                    }
                }
                out
            }
            Rvalue::Test(cond) => format!("test {}", self.cond(cond)),
            Rvalue::Opaque(operands) => format!("opaque({})", self.operands(operands)),
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn stmts(&mut self, list: &[Stmt], depth: usize) {
        for stmt in list {
            match stmt {
                Stmt::Assign { dst, src, .. } => {
                    let text = format!("{} = {}", self.place(dst), self.rvalue(src, depth));
                    self.line(depth, &text);
                }
                Stmt::If { cond, then, els, .. } => {
                    let text = format!("if {}", self.cond(cond));
                    self.line(depth, &text);
                    self.stmts(then, depth + 1);
                    if !els.is_empty() {
                        self.line(depth, "else");
                        self.stmts(els, depth + 1);
                    }
                }
                Stmt::Loop { label, body } => {
                    self.line(depth, &format!("loop '{}", label.0));
                    self.stmts(body, depth + 1);
                }
                Stmt::Block { label, body } => {
                    self.line(depth, &format!("block '{}", label.0));
                    self.stmts(body, depth + 1);
                }
                Stmt::Scope { annotation, body } => {
                    self.line(depth, &format!("scope @{annotation}"));
                    self.stmts(body, depth + 1);
                }
                Stmt::Break(label) => self.line(depth, &format!("break '{}", label.0)),
                Stmt::Continue(label) => self.line(depth, &format!("continue '{}", label.0)),
                Stmt::Return => self.line(depth, "return"),
                Stmt::Unreachable => self.line(depth, "unreachable"),
            }
        }
    }
}
