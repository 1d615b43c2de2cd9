//! Puts what `sqlparser` does not take, but real code writes, into words that it takes.
//!
//! Tokens keep their places, so what is lowered afterwards still points to what was written. Nothing is mended that
//! changes where data comes from or goes to.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::parse::blank;

fn word(token: Option<&TokenWithSpan>) -> Option<String> {
    match &token?.token {
        Token::Word(w) if w.quote_style.is_none() => Some(w.value.to_ascii_lowercase()),
        _ => None,
    }
}

/// The tokens in other words; `None` where there is nothing to mend.
pub(super) fn mend(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let solid: Vec<TokenWithSpan> = tokens.iter().filter(|t| !blank(&t.token)).cloned().collect();
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(solid.len());
    let mut changed = false;
    let mut depth = 0usize;
    let mut where_at_top = false;
    let mut selects = false;
    let mut sets = false;
    let updates = word(solid.first()).as_deref() == Some("update");
    let mut i = 0;
    while let Some(token) = solid.get(i) {
        let here = word(Some(token));
        let next = word(solid.get(i + 1));
        let third = word(solid.get(i + 2));
        let is = |w: &Option<String>, s: &str| w.as_deref() == Some(s);
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            where_at_top |= here.as_deref().is_some_and(|w| matches!(w, "where" | "group" | "having" | "limit"));
            selects |= is(&here, "select");
        }
        // `INSERT .. SELECT .. FROM unnest($1) ON CONFLICT`: the parser reads a join's `ON`.
        if is(&here, "on") && is(&next, "conflict") && depth == 0 && selects && !where_at_top {
            for keyword in ["WHERE", "TRUE"] {
                out.push(TokenWithSpan::new(Token::make_keyword(keyword), token.span));
            }
            where_at_top = true;
            changed = true;
            continue;
        }
        // PostgreSQL's `TABLE t`.
        if i == 0 && is(&here, "table") && next.is_some() {
            let words = [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")];
            out.extend(words.map(|word| TokenWithSpan::new(word, token.span)));
            i += 1;
            changed = true;
            continue;
        }
        // MySQL's `UPDATE a, b SET ..`.
        sets |= depth == 0 && is(&here, "set");
        if depth == 0 && updates && !sets && token.token == Token::Comma {
            out.extend(["CROSS", "JOIN"].map(|w| TokenWithSpan::new(Token::make_keyword(w), token.span)));
            i += 1;
            changed = true;
            continue;
        }
        // MySQL's `SELECT .. INTO OUTFILE 'x' FIELDS .. FROM t`: where the rows go is said by a binding.
        if depth == 0 && is(&here, "into") && next.as_deref().is_some_and(|w| matches!(w, "outfile" | "dumpfile")) {
            let ends =
                |t: &TokenWithSpan| matches!(t.token, Token::EOF | Token::SemiColon) || is(&word(Some(t)), "from");
            while solid.get(i).is_some_and(|t| !ends(t)) {
                i += 1;
            }
            changed = true;
            continue;
        }
        // DuckDB's `ASOF JOIN b USING (c)`.
        if is(&here, "asof") && is(&next, "join") {
            i += 1;
            changed = true;
            continue;
        }
        // `FOR NO KEY UPDATE`, `FOR KEY SHARE`.
        if is(&here, "for") && is(&next, "no") && is(&third, "key") {
            out.push(token.clone());
            i += 3;
            changed = true;
            continue;
        }
        if is(&here, "for") && is(&next, "key") && is(&third, "share") {
            out.push(token.clone());
            i += 2;
            changed = true;
            continue;
        }
        // `(f(x)).*`: the parts of a value are the value.
        if matches!(token.token, Token::Period)
            && matches!(solid.get(i + 1).map(|t| &t.token), Some(Token::Mul))
            && matches!(out.last().map(|t| &t.token), Some(Token::RParen))
        {
            i += 2;
            changed = true;
            continue;
        }
        // `CREATE MATERIALIZED VIEW v AS .. WITH NO DATA`.
        let last = |n: usize| matches!(solid.get(i + n).map(|t| &t.token), None | Some(Token::EOF | Token::SemiColon));
        if depth == 0 && is(&here, "with") && is(&next, "data") && last(2) {
            i += 2;
            changed = true;
            continue;
        }
        if depth == 0 && is(&here, "with") && is(&next, "no") && is(&third, "data") && last(3) {
            i += 3;
            changed = true;
            continue;
        }
        // `INDEXED BY i`, `NOT INDEXED`.
        if is(&here, "indexed") && is(&next, "by") {
            i += 3;
            changed = true;
            continue;
        }
        if is(&here, "not") && is(&next, "indexed") {
            i += 2;
            changed = true;
            continue;
        }
        // `a GLOB b` as a comparison, `REPLACE INTO` as an insert.
        if is(&here, "glob") && !matches!(solid.get(i + 1).map(|t| &t.token), Some(Token::LParen)) {
            out.push(TokenWithSpan::new(Token::make_keyword("LIKE"), token.span));
            i += 1;
            changed = true;
            continue;
        }
        if i == 0 && is(&here, "replace") && is(&next, "into") {
            out.push(TokenWithSpan::new(Token::make_keyword("INSERT"), token.span));
            i += 1;
            changed = true;
            continue;
        }
        // `IS 1`, `IS ?`, `IS NOT 1` (SQLite): equality.
        if is(&here, "is") {
            let negated = is(&next, "not");
            let at = i + 1 + usize::from(negated);
            let value = solid.get(at).is_some_and(|t| match &t.token {
                Token::Number(..) | Token::Placeholder(_) | Token::SingleQuotedString(_) | Token::Colon => true,
                Token::Word(w) => w.keyword == Keyword::NoKeyword,
                _ => false,
            });
            if value {
                out.push(TokenWithSpan::new(if negated { Token::Neq } else { Token::Eq }, token.span));
                i = at;
                changed = true;
                continue;
            }
        }
        // `x IN rarray(?)`, `x IN temp.t`: a table in place of a list.
        if is(&here, "in")
            && matches!(solid.get(i + 1).map(|t| &t.token), Some(Token::Word(_)))
            && next.as_deref() != Some("unnest")
        {
            let mut end = i + 2;
            while matches!(solid.get(end).map(|t| &t.token), Some(Token::Period)) {
                end += 2;
            }
            if matches!(solid.get(end).map(|t| &t.token), Some(Token::LParen)) {
                let mut open = 0i32;
                while let Some(t) = solid.get(end) {
                    match t.token {
                        Token::LParen => open += 1,
                        Token::RParen => open -= 1,
                        _ => {}
                    }
                    end += 1;
                    if open == 0 {
                        break;
                    }
                }
            }
            out.push(token.clone());
            let at = token.span;
            for t in [
                Token::LParen,
                Token::make_keyword("SELECT"),
                Token::Number("1".into(), false),
                Token::make_keyword("FROM"),
            ] {
                out.push(TokenWithSpan::new(t, at));
            }
            out.extend(solid.get(i + 1..end.min(solid.len())).unwrap_or_default().iter().cloned());
            out.push(TokenWithSpan::new(Token::RParen, at));
            i = end;
            changed = true;
            continue;
        }
        out.push(token.clone());
        i += 1;
    }
    changed.then_some(out)
}
