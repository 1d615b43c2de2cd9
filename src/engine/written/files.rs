//! Statements in files of their own that Rust names: `query_file!("queries/a.sql")`, `include_str!("a.sql")`.

use crate::ir::body::{Lit, Operand, Rvalue};
use crate::ir::sql::SqlUnit;
use crate::ir::{Content, Unit};
use crate::link::program::Program;
use crate::source::{SourceMap, Span};

/// The literals that name a file of SQL, each with that file.
pub(in crate::engine) fn named<'p>(p: &'p Program, sources: &SourceMap) -> Vec<(Span, &'p SqlUnit)> {
    if !p.units.iter().any(|u| matches!(u.content, Content::Sql(_))) {
        return Vec::new();
    }
    let mut literals = Vec::new();
    for f in p.func_ids().filter_map(|id| p.func(id)) {
        f.each(&mut |src, span| match src {
            Rvalue::Use(op) => literals.extend(file(op, span)),
            Rvalue::Call { args, spans, .. } => {
                literals.extend(args.iter().zip(spans).filter_map(|(op, at)| file(op, *at)));
            }
            _ => {}
        });
    }
    literals.sort_unstable();
    literals.dedup();
    let of = |(span, name): (Span, &str)| {
        let unit = find(&p.units, sources, sources.path(span.file), name)?;
        Some((span, unit))
    };
    literals.into_iter().filter_map(of).collect()
}

fn file(op: &Operand, at: Span) -> Option<(Span, &str)> {
    match op {
        Operand::Lit(Lit::Str(s)) if s.ends_with(".sql") => Some((at, s)),
        _ => None,
    }
}

/// The file of this name, from the folder of the Rust file upwards: that of the package is one of them.
fn find<'p>(units: &'p [Unit], sources: &SourceMap, from: &str, name: &str) -> Option<&'p SqlUnit> {
    let mut folder: Vec<&str> = from.split('/').collect();
    while folder.pop().is_some() {
        let mut path = folder.clone();
        for part in name.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    path.pop();
                }
                part => path.push(part),
            }
        }
        let path = path.join("/");
        let found = units.iter().find(|u| sources.path(u.file) == path);
        if let Some(Content::Sql(sql)) = found.map(|u| &u.content) {
            return Some(sql);
        }
    }
    None
}
