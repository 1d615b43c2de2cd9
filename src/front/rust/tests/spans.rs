//! Every place lies in the text and covers what it should.

use super::{rust, under, unit};
use crate::ir::body::{Callee, Func, LabelId, Piece, Rvalue, Stmt};
use crate::source::Span;

/// Calls `f` with every span of a function.
fn spans(func: &Func, f: &mut dyn FnMut(Span)) {
    f(func.span);
    f(func.extent);
    func.params.iter().for_each(|p| f(p.span));
    func.locals.iter().for_each(|l| f(l.span));
    func.closures.iter().for_each(|c| {
        f(c.span);
        walk(&c.body, &mut Vec::new(), f);
    });
    walk(func.body.as_deref().unwrap_or(&[]), &mut Vec::new(), f);
}

/// Also checks that every jump leaves something that is around it.
fn walk(list: &[Stmt], labels: &mut Vec<LabelId>, f: &mut dyn FnMut(Span)) {
    for stmt in list {
        match stmt {
            Stmt::Assign { src, span, .. } => {
                f(*span);
                match src {
                    Rvalue::Call { spans, args, .. } => {
                        assert_eq!(spans.len(), args.len());
                        spans.iter().for_each(|s| f(*s));
                    }
                    Rvalue::Aggregate { fields, .. } => fields.iter().for_each(|(_, _, s)| f(*s)),
                    Rvalue::Format(pieces) => pieces.iter().for_each(|p| {
                        if let Piece::Arg(_, _, s) = p {
                            f(*s);
                        }
                    }),
                    _ => {}
                }
            }
            Stmt::If { then, els, span, .. } => {
                f(*span);
                walk(then, labels, f);
                walk(els, labels, f);
            }
            Stmt::Loop { label, body } | Stmt::Block { label, body } => {
                labels.push(*label);
                walk(body, labels, f);
                labels.pop();
            }
            Stmt::Scope { body, .. } => walk(body, labels, f),
            Stmt::Break(label) | Stmt::Continue(label) => assert!(labels.contains(label)),
            Stmt::Return | Stmt::Unreachable => {}
        }
    }
}

/// Checks that every span of a text lies in it, at characters, and is not empty.
#[track_caller]
pub(super) fn check(text: &str) {
    let unit = unit(text);
    for func in &rust(&unit).funcs {
        spans(func, &mut |span| {
            let part = under(text, span);
            assert!(!part.is_empty() && part.trim() == part, "{span:?} covers {part:?} in {}", func.name);
        });
    }
}

#[test]
fn this_front_end_s_own_files() {
    for text in [
        include_str!("../mod.rs"),
        include_str!("../expr.rs"),
        include_str!("../macros.rs"),
        include_str!("../annotate.rs"),
        include_str!("../../../ir/print.rs"),
    ] {
        check(text);
        assert_eq!(unit(text).gaps.iter().filter(|g| g.kind == crate::ir::GapKind::Code).count(), 0);
    }
}

#[test]
fn after_letters_of_several_bytes() {
    let text = "// äöü 漢字 😀\nfn größe(ä: &str) { let ö = \"😀\"; sende(ä, ö.länge, \"ß {ä}\"); info!(\"é {ö}\"); }";
    check(text);
    let unit = unit(text);
    let func = &rust(&unit).funcs[0];
    assert_eq!(under(text, func.span), "größe");
    let mut seen = Vec::new();
    spans(func, &mut |span| seen.push(under(text, span).to_owned()));
    for expected in ["ä", "ö.länge", "\"ß {ä}\"", "sende", "ö"] {
        assert!(seen.iter().any(|s| s == expected), "{expected} not in {seen:?}");
    }
}

#[test]
fn a_byte_order_mark_and_a_hash_bang_line() {
    for head in ["\u{feff}", "#!/usr/bin/env run ä\n", "#!/bin/sh\n---\n[dependencies]\na = 'b\n---\n"] {
        let text = format!("{head}fn main() {{ hello(name.first); }}");
        check(&text);
        let unit = unit(&text);
        assert_eq!(unit.gaps, []);
        assert_eq!(under(&text, rust(&unit).funcs[0].span), "main");
    }
}

#[test]
fn arguments_and_names() {
    let text = "fn f(u: U) { a::b(u.email, &u.x.y, \"lit\", u.go(1)?.z, &mut u.w, [1]); u.first().second(u.third); format!(\"{u:?} {}\", u.q.r); }";
    check(text);
    let unit = unit(text);
    let mut calls = Vec::new();
    let body = rust(&unit).funcs[0].body.as_ref().unwrap();
    for stmt in body {
        if let Stmt::Assign { src, span, .. } = stmt {
            match src {
                Rvalue::Call { callee: Callee::Path(_) | Callee::Method { .. }, spans, .. } => {
                    let args: Vec<&str> = spans.iter().map(|s| under(text, *s)).collect();
                    calls.push((under(text, *span), args.join(" | ")));
                }
                Rvalue::Format(pieces) => {
                    let args: Vec<&str> = pieces
                        .iter()
                        .filter_map(|p| match p {
                            Piece::Arg(_, _, s) => Some(under(text, *s)),
                            Piece::Text(_) => None,
                        })
                        .collect();
                    calls.push(("format", args.join(" | ")));
                }
                _ => {}
            }
        }
    }
    assert_eq!(
        calls,
        [
            ("go", "u | 1".to_owned()),
            ("b", "u.email | u.x.y | \"lit\" | go(1)?.z | u.w | [1]".to_owned()),
            ("first", "u".to_owned()),
            ("second", "first | u.third".to_owned()),
            ("format", "u | u.q.r".to_owned()),
        ]
    );
}
