//! Small functions and the bodies they become.

use super::lowers;

#[test]
fn a_name_bound_again_is_a_new_local() {
    lowers(
        "fn f(a: &str) -> String { let b = a; let b = redact(b); b }",
        "
        b#2 = a
        b#3 = redact(b#2)
        ret = b#3",
    );
}

#[test]
fn a_question_mark_returns_the_error() {
    lowers(
        "fn f(c: &Customer) -> Result<String, E> { let x = find(c.id)?.email.clone(); Ok(x) }",
        "
        _3 = find(c.id)
        if _3 is +
        else
          ret = Err(_3.Err)
          return
        x = .clone(_3.Some.email)
        ret = Ok(x)",
    );
}

#[test]
fn let_chains_share_one_way_out() {
    lowers(
        "fn f(x: Option<u8>) -> u8 { if let Some(y) = x && y > 3 { y } else { 0 } }",
        "
        block '1
          block '0
            if x is +
            else
              break '0
            y = x.Some
            _3 = y <> 3
            if _3
            else
              break '0
            ret = y
            break '1
          ret = 0",
    );
}

#[test]
fn plain_conditions_are_plain_branches() {
    lowers(
        "fn f(a: bool, b: bool) -> u8 { if a { 1 } else if !b { 2 } else { 3 } }",
        "
        if a
          ret = 1
        else
          if b
            ret = 3
          else
            ret = 2",
    );
    lowers(
        "fn f(x: Option<u8>) { if let Some(y) = x { g(y) } }",
        "
        if x is +
          y = x.Some
          ret = g(y)",
    );
}

#[test]
fn arms_follow_one_another() {
    lowers(
        "fn f(x: R) { match x { Ok(v) if v.good => a(v), Ok(_) | Err(E::Soft(_)) => b(), Err(e) => c(e) } }",
        "
        block '0
          block '1
            if x is +
            else
              break '1
            v = x.Some
            if v.good
            else
              break '1
            ret = a(v)
            break '0
          block '2
            block '3
              if x is +
                break '3
              if x is -
              else
                break '2
              if x.Err is E::Soft
              else
                break '2
            ret = b()
            break '0
          if x is -
            e = x.Err
            ret = c(e)
            break '0
          unreachable",
    );
}

#[test]
fn an_arm_that_takes_the_rest_ends_the_match() {
    lowers(
        "fn f(x: K) -> u8 { match x { K::A { n, .. } => n, K::B(m) => m, _ => 0 } }",
        "
        block '0
          if x is K::A
            n = x as K::A.n
            ret = n
            break '0
          if x is K::B
            m = x as K::B.0
            ret = m
            break '0
          ret = 0
          break '0",
    );
}

#[test]
fn a_match_on_a_tuple_tests_its_parts() {
    lowers(
        "fn f(a: Option<u8>, b: K) { match (a, &b) { (Some(x), K::A) => g(x), (None, _) => {} , other => h(other) } }",
        "
        block '0
          block '1
            if a is +
            else
              break '1
            x = a.Some
            if b is K::A
            else
              break '1
            ret = g(x)
            break '0
          if a is -
            break '0
          _5 = tuple { 0: a, 1: b }
          other = _5
          ret = h(other)
          break '0",
    );
}

#[test]
fn layers_of_options_are_one_place() {
    lowers(
        "fn f(x: R) { if let Ok(Some(true)) = x { g() } }",
        "
        block '0
          if ?
          else
            break '0
          if ?
          else
            break '0
          if x.Some.Some
          else
            break '0
          ret = g()",
    );
}

#[test]
fn a_mutable_scrutinee_lends_its_parts() {
    lowers(
        "fn f(s: &mut State) { match s { State::On(x) => *x = 1, State::Off => {} } if let Some(y) = &mut s.next { y.go() } }",
        "
        block '0
          if s is State::On
            x = &mut s as State::On.0
            x.* = 1
            break '0
          if s is State::Off
            break '0
          unreachable
        if s.next is +
          y = &mut s.next.Some
          ret = .go(y)",
    );
}

#[test]
fn loops() {
    lowers(
        "fn f(&mut self, mut v: Vec<u8>) { for (i, x) in v.iter_mut().enumerate() { self.n += i; *x = 1; } }",
        "
        _3 = .iter_mut(v)
        _4 = .enumerate(_3)
        loop '0
          if ?
          else
            break '0
          _5 = each _4
          i = _5.0
          x = _5.1
          self.n = self.n + i
          x.* = 1",
    );
    lowers(
        "fn f() -> u8 { let v = 'a: loop { while let Some(x) = c() { if x { continue 'a; } break 'a 1; } }; v }",
        "
        loop '0
          loop '1
            _2 = c()
            if _2 is +
            else
              break '1
            x = _2.Some
            if x
              continue '0
            v = 1
            break '0
        ret = v",
    );
}

#[test]
fn truth_as_a_value() {
    lowers(
        "fn f(a: bool, b: bool, c: bool) { let ok = a && !b || c; let m = matches!(c, true); g(ok, !m); }",
        "
        block '1
          block '0
            if a
            else
              break '0
            if b
              break '0
            ok = true
            break '1
          ok = c
        m = test c
        _6 = !m
        _7 = g(ok, _6)",
    );
}

#[test]
fn both_sides_of_a_negation() {
    lowers(
        "fn f(a: bool, b: bool) { if !(a || b) { g() } if !matches!(a, true | false) { h() } }",
        "
        block '0
          if a
            break '0
          if b
            break '0
          _3 = g()
        block '1
          block '2
            block '3
              if a
                break '3
              if a
                break '2
            break '1
          ret = h()",
    );
}

#[test]
fn let_else_leaves() {
    lowers(
        "fn f(y: Option<u8>) -> u8 { let Some(x) = y else { return 0 }; x }",
        "
        if y is +
        else
          ret = 0
          return
        x = y.Some
        ret = x",
    );
    lowers(
        "fn f(y: R) -> u8 { let (Ok(x) | Err(E(x))) = y else { panic!() }; x }",
        "
        block '3
          block '0
            block '1
              block '2
                if y is +
                else
                  break '2
                x = y.Some
                break '1
              if y is -
              else
                break '0
              if y.Err is E
              else
                break '0
              x = y.Err as E.0
            break '3
          _2 = panic!()
          unreachable
        ret = x",
    );
}

#[test]
fn closures_and_async_blocks() {
    lowers(
        "fn f() { let fut = async move { send(email).await }; spawn(fut); let x = async { 1 }.await; }",
        "
        fut = || -> _2
          _3 = send(email)
          _4 = await _3
          _2 = _4
        _5 = spawn(fut)
        _7 = || -> _8
          _8 = 1
        _9 = call _7()
        x = _9",
    );
    lowers(
        "fn f(n: u8) { let c = |(a, b): (u8, u8), Json(x)| { if a { return b; } n + x }; c((1, 2), 3); }",
        "
        c = |_3, _4| -> _5
          a = _3.0
          b = _3.1
          x = _4 as Json.0
          if a
            _5 = b
            return
          _5 = n + x
        _9 = tuple { 0: 1, 1: 2 }
        _10 = call c(_9, 3)",
    );
}

#[test]
fn places_are_written_where_they_are() {
    lowers(
        "fn f(mut v: V, u: U) { v.a.b = u.c; v[\"k\"] = 1; v.list[0].x = 2; *v.p = 3; v.n += 1; v.items.push(u.d); g(&mut v.a); }",
        "
        v.a.b = u.c
        v.k = 1
        v.list[0].x = 2
        v.p.* = 3
        v.n = v.n + 1
        _3 = .push(v.items, u.d)
        _4 = &mut v.a
        _5 = g(_4)",
    );
}

#[test]
fn a_value_assigned_to_several_places() {
    lowers(
        "fn f() { let (a, Foo { b, .. }) = g(); let (mut x, y); (x, y.z) = (b, a); [x, _] = h(); }",
        "
        _1 = g()
        a = _1.0
        b = _1.1 as Foo.b
        _6 = tuple { 0: b, 1: a }
        x = _6.0
        y.z = _6.1
        _7 = h()
        x = _7[]",
    );
}

#[test]
fn literals_of_structs() {
    lowers(
        "fn f(a: A) -> S { S { a, b: vec![1; 2], c: [a.x, 2], ..S::default() } }",
        "
        _2 = list { 1 }
        _3 = list { a.x, 2 }
        _4 = S::default()
        ret = S { a: a, b: _2, c: _3, .._4 }",
    );
}

#[test]
fn the_library_s_own_variants() {
    lowers(
        "fn f(x: u8) -> Option<u8> { let a = Some(x); let b: Option<u8> = None; let c = std::result::Result::Err(x); let d = My::Err(x); g(None, Option::Some(a)) }",
        "
        a = Some(x)
        b = None
        c = Err(x)
        d = My::Err(x)
        _6 = None
        _7 = Some(a)
        ret = g(_6, _7)",
    );
}

#[test]
fn paths_that_are_no_locals() {
    lowers(
        "fn f(g: G) { g(1); h::<u8>(LIMIT); <T as Trait<u8>>::make(T::X); (g.call)(); Self::new(); x.parse::<u32>(); }",
        "
        _2 = call g(1)
        _3 = h<u8>(LIMIT)
        _4 = <T>::Trait::make<u8>(T::X)
        _5 = call g.call()
        _6 = Self::new()
        _7 = .parse::<u32>(x)",
    );
}

#[test]
fn values_read_before_they_change() {
    lowers(
        "fn f(mut n: u8) { g(n, { n = 2; n }); let s = n + if n > 1 { n } else { 0 }; }",
        "
        _2 = n
        n = 2
        _3 = n
        _4 = g(_2, _3)
        _6 = n
        _8 = n <> 1
        if _8
          _7 = n
        else
          _7 = 0
        s = _6 + _7",
    );
}

#[test]
fn patterns_at_and_by_reference() {
    lowers(
        "fn f(n: u8, s: S, l: &[u8]) { if let x @ (1..=5 | 7) = n { g(x) } let S { ref mut a, .. } = s; if let [first, .., last] = l { g(first, last) } }",
        "
        if n is literal
          x = n
          _5 = g(x)
        a = &mut s as S.a
        if l is literal
          first = l[0]
          last = l[-1]
          ret = g(first, last)",
    );
}

#[test]
fn items_inside_a_body_know_their_function() {
    let unit = super::unit("fn f() { use a::b; fn g() { fn h() {} } g() } impl X { fn m() { const C: u8 = 1; } }");
    let rust = super::rust(&unit);
    let parent = |name: &str| super::func(&unit, name).parent;
    assert_eq!((parent("f"), parent("g"), parent("h")), (None, Some(0), Some(1)));
    assert_eq!(rust.uses[0].func, Some(0));
    assert_eq!(rust.consts[0].init.as_ref().map(|i| i.parent), Some(Some(3)));
}
