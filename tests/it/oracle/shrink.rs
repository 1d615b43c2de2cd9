//! Makes a program that shows an error smaller while it still shows one.

use super::program::{Expr, Program, Stmt, Var};

/// Reductions that are tried at once.
const AT_ONCE: usize = 40;

/// The smallest program found that still fails. `failing` gives the first program of several that does.
pub fn shrink(mut program: Program, failing: &dyn Fn(&[Program]) -> Option<usize>) -> Program {
    loop {
        let mut smaller = false;
        let mut at = 0;
        loop {
            let candidates: Vec<(usize, Option<Program>)> =
                (at..at + AT_ONCE).map_while(|n| Some((n, reduced(&program, n)?))).collect();
            let Some((last, _)) = candidates.last() else { break };
            let next = last + 1;
            let (numbers, programs): (Vec<usize>, Vec<Program>) =
                candidates.into_iter().filter_map(|(n, p)| Some((n, p?))).unzip();
            match failing(&programs) {
                Some(i) => {
                    program = programs[i].clone();
                    at = numbers[i];
                    smaller = true;
                }
                None => at = next,
            }
        }
        if !smaller {
            return program;
        }
    }
}

/// The program after its reduction number `at`; an inner `None` where that one does not apply.
fn reduced(program: &Program, at: usize) -> Option<Option<Program>> {
    let mut out = program.clone();
    let mut left = at;
    let mut applied = None;
    for f in 0..out.functions.len() {
        let mut body = std::mem::take(&mut out.functions[f].body);
        list(program, &mut body, &mut left, &mut applied);
        out.functions[f].body = body;
        if applied.is_none() {
            let mut tail = out.functions[f].tail.clone();
            expr(program, &mut tail, &mut left, &mut applied);
            out.functions[f].tail = tail;
        }
        if let Some(changed) = applied {
            return Some((changed && is_closed(&out)).then_some(out));
        }
    }
    None
}

/// Counts down to the reduction that is asked for.
fn is_it(left: &mut usize) -> bool {
    let hit = *left == 0;
    *left = left.wrapping_sub(1);
    hit
}

fn list(program: &Program, body: &mut Vec<Stmt>, left: &mut usize, applied: &mut Option<bool>) {
    let mut i = 0;
    while i < body.len() && applied.is_none() {
        if is_it(left) {
            body.remove(i);
            *applied = Some(true);
            return;
        }
        let inner: Option<Vec<Stmt>> = match &body[i] {
            Stmt::If(a, b) | Stmt::IfSome(_, _, a, b) => Some([a.as_slice(), b].concat()),
            Stmt::While(a) | Stmt::ForEach(_, _, a) => Some(a.clone()),
            _ => None,
        };
        if let Some(inner) = inner
            && is_it(left)
        {
            body.splice(i..=i, inner);
            *applied = Some(true);
            return;
        }
        for e in exprs_of(&mut body[i]) {
            if applied.is_none() {
                expr(program, e, left, applied);
            }
        }
        for inner in lists_of(&mut body[i]) {
            if applied.is_none() {
                list(program, inner, left, applied);
            }
        }
        i += 1;
    }
}

fn expr(program: &Program, e: &mut Expr, left: &mut usize, applied: &mut Option<bool>) {
    let ty = program.ty(e);
    let plain = program.plain(&ty);
    if *e != plain && is_it(left) {
        *e = plain;
        *applied = Some(true);
        return;
    }
    // A part of the same type in place of the whole.
    let parts: Vec<Expr> = parts_of(e).into_iter().map(|part| part.clone()).collect();
    for part in parts {
        if program.ty(&part) == ty && is_it(left) {
            *e = part;
            *applied = Some(true);
            return;
        }
    }
    if let Expr::Block(body, _) = e {
        list(program, body, left, applied);
    }
    for part in parts_of(e) {
        if applied.is_none() {
            expr(program, part, left, applied);
        }
    }
}

/// Expressions right below a statement.
fn exprs_of(s: &mut Stmt) -> Vec<&mut Expr> {
    match s {
        Stmt::Let(_, e)
        | Stmt::LetPair(_, _, e)
        | Stmt::Set(_, e)
        | Stmt::SetThrough(_, e)
        | Stmt::SetEither(_, _, e)
        | Stmt::Out(_, e)
        | Stmt::Replace(_, _, e)
        | Stmt::IfSome(_, e, ..)
        | Stmt::Return(e)
        | Stmt::ForEach(_, e, _)
        | Stmt::Push(_, e) => vec![e],
        Stmt::LetElse(_, e, or) => vec![e, or],
        Stmt::Act(_, _, args, _) => args.iter_mut().collect(),
        Stmt::Swap(..) | Stmt::If(..) | Stmt::While(_) => Vec::new(),
    }
}

fn lists_of(s: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    match s {
        Stmt::If(a, b) | Stmt::IfSome(_, _, a, b) => vec![a, b],
        Stmt::While(a) | Stmt::ForEach(_, _, a) => vec![a],
        _ => Vec::new(),
    }
}

/// Expressions right below an expression.
fn parts_of(e: &mut Expr) -> Vec<&mut Expr> {
    match e {
        Expr::Text | Expr::Source(_) | Expr::Read(_) | Expr::None(_) => Vec::new(),
        Expr::Join(a, b, _)
        | Expr::Update(_, _, a, b)
        | Expr::Pair(a, b)
        | Expr::First(a, b)
        | Expr::Closure(_, a, b, _)
        | Expr::If(a, b)
        | Expr::Or(a, b)
        | Expr::Map(a, _, b) => vec![a, b],
        Expr::Derive(a, _)
        | Expr::Part(a, _)
        | Expr::Keep(a)
        | Expr::Block(_, a)
        | Expr::Some(a)
        | Expr::Ok(a)
        | Expr::Err(a, _)
        | Expr::Try(a)
        | Expr::Concat(a)
        | Expr::Head(a) => vec![a],
        Expr::Record(_, es) | Expr::Call(_, es) | Expr::Variant(_, es) | Expr::List(es) | Expr::Route(_, es) => {
            es.iter_mut().collect()
        }
        Expr::Match(on, arms) => {
            let mut out = vec![&mut **on];
            out.extend(arms.iter_mut().map(|(_, e)| e));
            out
        }
    }
}

/// Whether every variable is declared where it is named.
fn is_closed(program: &Program) -> bool {
    let mut program = program.clone();
    let functions = std::mem::take(&mut program.functions);
    functions.into_iter().all(|mut f| {
        let mut known: Vec<Var> = f.params.iter().map(|(v, _)| *v).collect();
        stmts_closed(&mut f.body, &mut known) && expr_closed(&mut f.tail, &mut known)
    })
}

fn stmts_closed(body: &mut [Stmt], known: &mut Vec<Var>) -> bool {
    body.iter_mut().all(|s| {
        let named: Vec<Var> = match s {
            Stmt::Set(p, _) | Stmt::SetThrough(p, _) | Stmt::Act(_, _, _, p) | Stmt::Replace(_, p, _) => vec![p.var],
            Stmt::Push(p, _) => vec![p.var],
            Stmt::SetEither(p, q, _) | Stmt::Swap(p, q) => vec![p.var, q.var],
            _ => Vec::new(),
        };
        let bound: Vec<Var> = match s {
            Stmt::Let(v, _) | Stmt::LetElse(v, ..) | Stmt::Act(v, ..) | Stmt::Replace(v, ..) => vec![*v],
            Stmt::LetPair(a, b, _) => vec![*a, *b],
            _ => Vec::new(),
        };
        let inner: Option<Var> = match s {
            Stmt::IfSome(v, ..) | Stmt::ForEach(v, ..) => Some(*v),
            _ => None,
        };
        let fine = named.iter().all(|v| known.contains(v))
            && exprs_of(s).into_iter().all(|e| expr_closed(e, known))
            && lists_of(s).into_iter().all(|body| {
                let mut known: Vec<Var> = known.iter().copied().chain(inner).collect();
                stmts_closed(body, &mut known)
            });
        known.extend(bound);
        fine
    })
}

fn expr_closed(e: &mut Expr, known: &mut [Var]) -> bool {
    let mut known: Vec<Var> = known.to_vec();
    if let Expr::Read(p) = e {
        return known.contains(&p.var);
    }
    if let Expr::Block(body, _) = e
        && !stmts_closed(body, &mut known)
    {
        return false;
    }
    if let Expr::Match(_, arms) = e {
        known.extend(arms.iter().flat_map(|(vars, _)| vars));
    }
    if let Expr::Closure(v, ..) | Expr::Map(_, v, _) = e {
        known.push(*v);
    }
    parts_of(e).into_iter().all(|part| expr_closed(part, &mut known))
}
