//! Small functions and the bodies they become.

use super::show;

#[test]
fn dump() {
    for text in [
        "fn f(a: &str) -> String { let b = a; let b = redact(b); b }",
        "fn f(c: &Customer) -> Result<String, E> { let x = find(c.id)?.email.clone(); Ok(x) }",
        "fn f(x: Option<u8>) -> u8 { if let Some(y) = x && y > 3 { y } else { 0 } }",
        "fn f(x: R) { match x { Ok(v) if v.good => a(v), Ok(_) | Err(E::Soft(_)) => b(), Err(e) => c(e) } }",
        "async fn f() { let email = x().await; info!(user = %email, \"sent {email:?} {}\", y.z); }",
        "fn f(&mut self, mut v: Vec<u8>) { for (i, x) in v.iter_mut().enumerate() { self.n += i; *x = 1; } }",
        "fn f() -> u8 { let v = 'a: loop { while c() { break 'a 1; } }; v }",
        "fn f() { let Some(x) = y() else { return; }; let ok = a && !b || c; g(x, ok); }",
        "fn f() { let fut = async move { send(email).await }; spawn(fut); async { 1 }.await; }",
        "fn f() { let j = json!({\"email\": u.email, \"tags\": [1, t]}); write!(s, \"{j}\")?; let c = |(a, b), x: u8| a + x; c((1, 2), 3); }",
        "fn f() { tokio::select! { x = rx.recv() => { g(x); } _ = stop.changed() => {} } }",
        "fn f() { if matches!(x.status, Status::Active | Status::New) && !x.gone { send(&mut x.y); } }",
        "fn f() { let (a, Foo { b, .. }) = g(); v[\"k\"] = a; v[0] = b; let s = S { a, ..Default::default() }; (a, _) = (b, 1); }",
    ] {
        println!("{text}\n{}", show(text));
    }
}
