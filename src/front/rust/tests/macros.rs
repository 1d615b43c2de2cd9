//! Macros: formatted texts, logs, JSON and the rest.

use super::{lowers, rust, unit};
use crate::ir::GapKind;

#[test]
fn formatted_texts() {
    lowers(
        "fn f(a: A, name: &str, w: usize) { let s = format!(\"{{{name:?}}} {:>w$} {0} {x} {MAX:#?} {1:.*}\", a.b, 3, x = a.c); }",
        "
        s = format \"{\" {name:?} \"} \" {a.b} \" \" {a.b} \" \" {a.c} \" \" {MAX:?} \" \" {3}",
    );
    lowers(
        "fn f(out: &mut String, a: A) -> R { write!(out, \"{a}\")?; writeln!(&mut buf); println!(\"x {}\", a.b); panic!(\"no {a}\") }",
        "
        _4 = format {a}
        _3 = write!(out, _4)
        if _3 is +
        else
          ret = Err(_3.Err)
          return
        _5 = &mut _6
        _7 = writeln!(_5)
        _8 = format \"x \" {a.b}
        _9 = println!(_8)
        _10 = format \"no \" {a}
        _11 = panic!(_10)
        unreachable"
            .replace("_5 = &mut _6", "_6 = buf\n        _5 = &mut _6")
            .as_str(),
    );
}

#[test]
fn errors_made_by_macros() {
    lowers(
        "fn f(u: U) -> Result<()> { ensure!(u.ok, \"bad {}\", u.email); if u.gone { bail!(E::Gone) } Err(anyhow!(\"x {u:?}\")) }",
        "
        if u.ok
        else
          _2 = format \"bad \" {u.email}
          ret = Err(_2)
          return
        if u.gone
          _3 = E::Gone
          ret = Err(_3)
          return
        _4 = format \"x \" {u:?}
        ret = Err(_4)",
    );
}

#[test]
fn assertions_stop() {
    lowers(
        "fn f(a: A) { assert!(a.ok && a.b, \"no {a}\"); assert_eq!(a.x, 1); debug_assert_ne!(a.x, 2, \"why {}\", a.y); }",
        "
        block '1
          block '0
            if a.ok
            else
              break '0
            if a.b
            else
              break '0
            break '1
          _2 = format \"no \" {a}
          _3 = assert!(_2)
          unreachable
        _4 = a.x == 1
        if _4
        else
          _5 = format {a.x:?} {1:?}
          _6 = assert_eq!(_5)
          unreachable
        if ?
          _7 = a.x == 2
          if _7
            _8 = format {a.x:?} {2:?} \"why \" {a.y}
            _9 = debug_assert_ne!(_8)
            unreachable",
    );
}

#[test]
fn log_lines_and_their_fields() {
    lowers(
        "fn f(u: U, n: u8) { tracing::info!(target: \"t\", user.id = %u.id, mail = ?u.email, n, ?u, %n, \"key\" = n, \"loaded {} {n}\", u.name); }",
        "
        _3 = format {u.id}
        _4 = format {u.email:?}
        _5 = format {n} {n:sources}
        _6 = format {u:?}
        _7 = format {n}
        _8 = format {n} {n:sources}
        _9 = format \"loaded \" {u.name} \" \" {n}
        _10 = tracing::info!(_3, _4, _5, _6, _7, _8, _9)",
    );
    lowers(
        "fn f(u: U) { log::log!(Level::Info, \"a {u}\"); event!(Level::WARN, u.id, \"b\"); let s = info_span!(\"c\", otel.kind = \"x\", u = ?u.id); warn!(a:? = u.a, b = u.b; \"d {}\", u.c); error!({ id = u.id }, \"e\"); slog::info!(log, \"f\"; \"k\" => u.k); }",
        "
        _2 = format \"a \" {u}
        _3 = log::log!(_2)
        _4 = format {u.id} {u.id:sources}
        _5 = format \"b\"
        _6 = event!(_4, _5)
        _8 = format {\"x\"}
        _9 = format {u.id:?}
        s = info_span!(_8, _9)
        _10 = format {u.a:?}
        _11 = format {u.b} {u.b:sources}
        _12 = format \"d \" {u.c}
        _13 = warn!(_10, _11, _12)
        _14 = format {u.id} {u.id:sources}
        _15 = format \"e\"
        _16 = error!(_14, _15)
        _17 = format {log} {log:sources}
        _18 = format \"f\"
        _19 = format {u.k} {u.k:sources}
        _20 = slog::info!(_17, _18, _19)",
    );
}

#[test]
fn json_keeps_its_keys() {
    lowers(
        "fn f(u: U, t: T) { let j = json!({ \"email\": u.email, \"tags\": [t.a, null, { \"x\": 1 }], (t.k): u.v, \"n\": u.f(1)? }); doc! { \"a\": t.a, \"b\": { \"$in\": [u.b] } }; json!(u) }",
        "
        _4 = map { x: 1 }
        _5 = list { t.a, (), _4 }
        _6 = .f(u, 1)
        if _6 is +
        else
          ret = Err(_6.Err)
          return
        j = map { email: u.email, tags: _5, t.k, u.v, n: _6.Some }
        _7 = list { u.b }
        _8 = map { $in: _7 }
        _9 = map { a: t.a, b: _8 }
        ret = u",
    );
}

#[test]
fn calls_that_models_know() {
    lowers(
        "async fn f(id: Id) -> R { let u = sqlx::query_as!(User, \"SELECT 1\", id as _, id.x).fetch_one(&p).await?; let k = env!(\"KEY\"); metrics::counter!(\"n\", \"user\" => u.email); custom!(u.a, name = u.b; k); }",
        "
        _4 = id as _
        _3 = sqlx::query_as!(User, \"SELECT 1\", _4, id.x)
        _5 = .fetch_one(_3, p)
        _6 = await _5
        if _6 is +
        else
          ret = Err(_6.Err)
          return
        u = _6.Some
        k = env!(\"KEY\")
        _8 = metrics::counter!(\"n\", \"user\", u.email)
        _9 = custom!(u.a, u.b, k)",
    );
}

#[test]
fn waiting_for_several_things() {
    lowers(
        "async fn f(a: A) { tokio::select! { biased; Some(x) = a.rx.recv(), if a.on => { g(x) } _ = a.stop => return, else => {} } let (p, q) = tokio::join!(async { a.p }, a.q); }",
        "
        block '0
          block '1
            if ?
            else
              break '1
            if a.on
            else
              break '1
            _2 = .recv(a.rx)
            _3 = await _2
            if _3 is +
            else
              break '1
            x = _3.Some
            _5 = g(x)
            break '0
          if ?
            _6 = await a.stop
            return
          if ?
            break '0
          unreachable
        _8 = || -> _9
          _9 = a.p
        _10 = call _8()
        _11 = await a.q
        _7 = tuple { 0: _10, 1: _11 }
        p = _7.0
        q = _7.1",
    );
}

#[test]
fn macros_that_hold_statements_or_nothing_known() {
    lowers(
        "fn f(c: C, u: U) { db_run! { c: { let x = u.email; save(x) } } dbg!(u.a); vec![u.b, u.c]; quote!(#u); }",
        "
        x = u.email
        _4 = save(x)
        _5 = dbg!(u.a)
        _6 = list { u.b, u.c }
        _7 = opaque()",
    );
    let text = "fn f(u: U, n: u8) { html! { <p class=\"{n}\">{ u.email.clone() } u { \"x {u}\" }</p> } }";
    let unit = unit(text);
    assert_eq!(unit.gaps.iter().map(|g| g.kind).collect::<Vec<_>>(), [GapKind::Macro]);
    let printed = crate::ir::print::print_func(&rust(&unit).funcs[0]);
    assert!(printed.ends_with("_3 = .clone(u.email)\n  ret = opaque(n, u, _3)\n"), "{printed}");
    lowers(
        "fn f(name: &str, u: U) { report_to!(u.a, \"hello {name:?} {{u}} {other}\"); }",
        "_3 = report_to!(u.a, \"hello {name:?} {{u}} {other}\", name)",
    );
}
