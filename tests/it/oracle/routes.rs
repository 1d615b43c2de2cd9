//! Ways that a text takes through cells, channels, collections, callables and traits.

/// One way, from one or two texts to one.
pub struct Route {
    /// How it is written, for `p0` and `p1`.
    pub text: &'static str,
    /// How many texts it takes.
    pub inputs: usize,
    /// Those that reach the result.
    pub reaches: &'static [usize],
    /// Those that no one can tell from them who does not know which impl, key or element it is, or what a cell held
    /// before.
    pub maybe: &'static [usize],
}

const fn route(text: &'static str, inputs: usize, reaches: &'static [usize], maybe: &'static [usize]) -> Route {
    Route { text, inputs, reaches, maybe }
}

/// What the ways need.
pub const ITEMS: &str = "
pub struct Wrap(pub String);
impl From<String> for Wrap { fn from(s: String) -> Self { Wrap(s) } }
impl From<Wrap> for String { fn from(w: Wrap) -> Self { w.0 } }
impl std::fmt::Display for Wrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, \"<{}>\", self.0) }
}
impl std::str::FromStr for Wrap { type Err = String; fn from_str(s: &str) -> Result<Self, String> { Ok(Wrap(s.to_owned())) } }
impl AsRef<str> for Wrap { fn as_ref(&self) -> &str { &self.0 } }
impl std::ops::Deref for Wrap { type Target = String; fn deref(&self) -> &String { &self.0 } }
impl Iterator for Wrap {
    type Item = String;
    fn next(&mut self) -> Option<String> { if self.0.is_empty() { None } else { Some(std::mem::take(&mut self.0)) } }
}
pub trait Say {
    fn say(&self, x: String) -> String;
    fn twice(&self, x: String) -> String { let once = self.say(x); self.say(once) }
}
pub struct Plain;
impl Say for Plain { fn say(&self, x: String) -> String { x } }
pub struct Mute;
impl Say for Mute { fn say(&self, _: String) -> String { String::new() } }
pub struct Holds(pub String);
impl Say for Holds { fn say(&self, _: String) -> String { self.0.clone() } }
pub fn tell<S: Say>(s: &S, x: String) -> String { s.say(x) }
pub fn tell_any(s: &dyn Say, x: String) -> String { s.say(x) }
pub struct Teller<S> { pub say: S }
impl<S: Say> Teller<S> { pub fn tell(&self, x: String) -> String { self.say.say(x) } }
pub struct Task { pub run: Box<dyn Fn(String) -> String> }
pub struct Slot { pub held: std::sync::Mutex<Option<String>> }
impl Slot {
    pub fn put(&self, x: String) { *self.held.lock().unwrap() = Some(x); }
    pub fn take(&self) -> String { self.held.lock().unwrap().take().unwrap_or_default() }
}
pub fn adder(c: String) -> impl Fn(String) -> String { move |x| format!(\"{c}{x}\") }
pub fn holder(c: String) -> Box<dyn Fn(String) -> String> { Box::new(move |_| c.clone()) }
pub fn each(xs: Vec<String>, f: &mut dyn FnMut(String)) { for x in xs { f(x) } }
pub fn checked(a: String, ok: bool) -> Result<String, Wrap> { if ok { Ok(a) } else { Err(Wrap(a)) } }
pub fn asked(a: String) -> Result<String, String> { let b = checked(a, ask())?; Ok(b) }
impl std::ops::Add for Wrap { type Output = Wrap; fn add(self, o: Wrap) -> Wrap { Wrap(self.0 + &o.0) } }
pub struct Row { pub cells: Vec<String> }
impl std::ops::Index<usize> for Row { type Output = String; fn index(&self, i: usize) -> &String { &self.cells[i] } }
pub trait Make { fn make(x: String) -> Self; }
impl Make for Wrap { fn make(x: String) -> Self { Wrap(x) } }
pub fn made<M: Make>(x: String) -> M { M::make(x) }
impl<S: Say> Say for Vec<S> { fn say(&self, x: String) -> String { self.iter().map(|s| s.say(x.clone())).collect() } }
impl<S: Say + ?Sized> Say for Box<S> { fn say(&self, x: String) -> String { (**self).say(x) } }
pub struct Tree { pub text: String, pub below: Vec<Tree> }
impl Tree { pub fn all(&self) -> String { self.below.iter().map(Tree::all).fold(self.text.clone(), |a, b| a + &b) } }
pub fn depth(x: String, n: u8) -> String { if n == 0 { x } else { depth(x + \"-\", n - 1) } }
";

pub const ROUTES: &[Route] = &[
    // Channels and cells.
    route(
        "let (tx, rx) = std::sync::mpsc::channel();\ntx.send(p0).unwrap();\nrx.recv().unwrap_or_default()",
        1,
        &[0],
        &[],
    ),
    route(
        "let (tx, rx) = std::sync::mpsc::channel();\nlet other = tx.clone();\ntx.send(p0).unwrap();\nother.send(p1).unwrap();\ndrop((tx, other));\nrx.iter().collect::<Vec<String>>().concat()",
        2,
        &[0, 1],
        &[],
    ),
    route("let c = std::cell::RefCell::new(p0);\n*c.borrow_mut() = p1;\nc.into_inner()", 2, &[1], &[0]),
    route(
        "let a = std::rc::Rc::new(std::cell::RefCell::new(p0));\nlet b = std::rc::Rc::clone(&a);\nb.replace(p1);\nlet out = a.borrow().clone();\nout",
        2,
        &[1],
        &[0],
    ),
    route(
        "let m = std::sync::Arc::new(std::sync::Mutex::new(p0));\nlet n = m.clone();\nstd::thread::spawn(move || n.lock().unwrap().push_str(&p1)).join().unwrap();\nlet out = m.lock().unwrap().clone();\nout",
        2,
        &[0, 1],
        &[],
    ),
    route("let c = std::cell::Cell::new(Some(p0));\nc.take().unwrap_or_default()", 1, &[0], &[]),
    route("let s = crate::Slot { held: std::sync::Mutex::new(None) };\ns.put(p0);\ns.take()", 1, &[0], &[]),
    route("let c = std::sync::OnceLock::new();\nc.get_or_init(|| p0).clone()", 1, &[0], &[]),
    // Collections.
    route(
        "let mut m = std::collections::HashMap::new();\nm.insert(p0, p1);\nm.into_values().next().unwrap_or_default()",
        2,
        &[1],
        &[],
    ),
    route(
        "let mut m = std::collections::BTreeMap::new();\nm.insert(p0, p1);\nm.into_keys().next().unwrap_or_default()",
        2,
        &[0],
        &[],
    ),
    route(
        "let mut m: std::collections::HashMap<u8, String> = std::collections::HashMap::new();\nm.entry(1).or_default().push_str(&p0);\nm.entry(1).and_modify(|w| w.push_str(&p1)).or_default();\nm.remove(&1).unwrap_or_default()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let v = vec![p0, p1];\nv.into_iter().map(|w| w.to_lowercase()).collect::<Vec<_>>().join(\",\")",
        2,
        &[0, 1],
        &[],
    ),
    route("[p0].into_iter().zip([p1]).map(|(a, _)| a).next().unwrap_or_default()", 2, &[0], &[1]),
    route("[p0, p1].iter().fold(String::new(), |all, w| all + w)", 2, &[0, 1], &[]),
    route("let mut v = vec![p0];\nv.extend([p1]);\nv.pop().unwrap_or_default()", 2, &[1], &[0]),
    route(
        "let mut q = std::collections::VecDeque::new();\nq.push_back(p0);\nq.push_front(p1);\nq.pop_back().unwrap_or_default()",
        2,
        &[0],
        &[1],
    ),
    route(
        "let v = vec![Some(p0), None];\nv.into_iter().flatten().chain(Some(p1)).collect::<String>()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let mut v = vec![p0, p1];\nv.retain(|w| !w.is_empty());\nlet mut out = String::new();\nwhile let Some(w) = v.pop() {\nout.push_str(&w);\n}\nout",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let (a, b): (Vec<String>, Vec<String>) = [p0, p1].into_iter().partition(|w| w.len() > 3);\na.concat() + &b.concat()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let all: std::collections::BTreeSet<String> = [p0, p1].into();\nall.first().cloned().unwrap_or_default() + all.last().map_or(\"\", String::as_str)",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let r: Result<Vec<String>, String> = [Ok(p0), Err(p1)].into_iter().collect();\nr.unwrap_or_else(|e| vec![e]).concat()",
        2,
        &[1],
        &[0],
    ),
    // Options, results and the question mark.
    route(
        "let f = |a: Option<String>| -> Option<String> { Some(a? + \"x\") };\nf(Some(p0)).unwrap_or_default()",
        1,
        &[0],
        &[],
    ),
    route("crate::asked(p0).unwrap_or_else(|e| e)", 1, &[0], &[]),
    route("Some(p0).zip(Some(p1)).map_or(String::new(), |(a, b)| b + &a)", 2, &[0, 1], &[]),
    route(
        "crate::checked(p0, crate::ask()).map_err(|w| w.0).or_else(|e| Ok::<_, ()>(e)).unwrap_or_default()",
        1,
        &[0],
        &[],
    ),
    route("Some(p0).filter(|w| w.len() > 1).or(Some(p1)).unwrap_or_default()", 2, &[0, 1], &[]),
    route("let mut o = Some(p0);\nlet old = o.replace(p1);\nold.unwrap_or_default()", 2, &[0], &[]),
    route(
        "let mut o = None;\no.get_or_insert_with(|| p0).push_str(&p1);\no.take().unwrap_or_default()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "match Some(p0).as_deref() {\nSome(w) if w.len() > 1 => w.to_owned(),\nSome(w) => w.repeat(2),\nNone => p1,\n}",
        2,
        &[0],
        &[1],
    ),
    // Callables.
    route("crate::adder(p0)(p1)", 2, &[0, 1], &[]),
    route("crate::holder(p0)(p1)", 2, &[0], &[]),
    route("let t = crate::Task { run: Box::new(move |x| p0.clone() + &x) };\n(t.run)(p1)", 2, &[0, 1], &[]),
    route(
        "let fs: Vec<Box<dyn Fn(String) -> String>> = vec![Box::new(|x| x), crate::holder(p0)];\nfs.iter().map(|f| f(\"x\".to_owned())).collect::<String>() + &p1",
        2,
        &[0, 1],
        &[],
    ),
    route("let mut all = String::new();\ncrate::each(vec![p0, p1], &mut |x| all.push_str(&x));\nall", 2, &[0, 1], &[]),
    route("let f: fn(String) -> String = crate::keep::<String>;\n[p0].map(f).concat()", 1, &[0], &[]),
    route("let add = |a: String| move |b: String| a.clone() + &b;\nadd(p0)(p1)", 2, &[0, 1], &[]),
    route(
        "let mut kept = Vec::new();\nlet mut keep_it = |x: String| kept.push(x);\nkeep_it(p0);\nkeep_it(p1);\nkept.concat()",
        2,
        &[0, 1],
        &[],
    ),
    // Traits and generics.
    route("crate::tell(&crate::Holds(p0), p1)", 2, &[0], &[1]),
    route("crate::tell(&crate::Plain, p0)", 1, &[0], &[]),
    route("crate::tell_any(if crate::ask() { &crate::Plain } else { &crate::Mute }, p0)", 1, &[0], &[]),
    route("let s: Box<dyn crate::Say> = Box::new(crate::Holds(p0));\ns.say(p1)", 2, &[0], &[1]),
    route("use crate::Say as _;\ncrate::Plain.twice(p0)", 1, &[0], &[]),
    route("crate::Teller { say: crate::Holds(p0) }.tell(p1)", 2, &[0], &[1]),
    route(
        "let all: Vec<std::rc::Rc<dyn crate::Say>> = vec![std::rc::Rc::new(crate::Plain), std::rc::Rc::new(crate::Holds(p0))];\nall.iter().map(|s| s.say(p1.clone())).collect::<Vec<_>>().concat()",
        2,
        &[0, 1],
        &[],
    ),
    route("let w: crate::Wrap = p0.into();\nString::from(w)", 1, &[0], &[]),
    route("crate::Wrap(p0).to_string()", 1, &[0], &[]),
    route("p0.parse::<crate::Wrap>().map(|w| w.0).unwrap_or_default()", 1, &[0], &[]),
    route("crate::Wrap(p0).collect::<Vec<_>>().concat()", 1, &[0], &[]),
    route("crate::Wrap(p0).trim().to_owned()", 1, &[0], &[]),
    route("let w = crate::Wrap(p0);\nlet s: &str = w.as_ref();\ns.to_owned()", 1, &[0], &[]),
    route("let w: crate::Wrap = std::convert::From::from(p0);\nw.0", 1, &[0], &[]),
    // Texts.
    route("String::from_utf8(p0.into_bytes()).unwrap_or_default()", 1, &[0], &[]),
    route("p0.split('-').map(str::to_owned).collect::<Vec<String>>().concat()", 1, &[0], &[]),
    route(
        "let mut out = String::new();\nuse std::fmt::Write as _;\nwrite!(out, \"{p0:>5}{}\", p1).unwrap();\nout",
        2,
        &[0, 1],
        &[],
    ),
    route("let (a, b) = p0.split_once('-').unwrap_or((&p0, &p1));\nformat!(\"{a}{b}\")", 2, &[0], &[1]),
    route("let mut a = p0;\na.insert_str(0, &p1);\na.split_off(0)", 2, &[0, 1], &[]),
    route(
        "let c: std::borrow::Cow<'_, str> = if p0.is_empty() { p1.into() } else { (&p0).into() };\nc.into_owned()",
        2,
        &[0, 1],
        &[],
    ),
    route("let mut a = p0;\nlet b = std::mem::take(&mut a);\na.push_str(&p1);\nb", 2, &[0], &[]),
    route("p0.chars().filter(|c| c.is_alphanumeric()).chain(p1.chars()).collect()", 2, &[0, 1], &[]),
    route("p0.replace('x', &p1)", 2, &[0, 1], &[]),
    route(
        "let m = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));\nlet n = std::rc::Rc::downgrade(&m);\nm.borrow_mut().push(p0);\nn.upgrade().map(|v| v.borrow().concat()).unwrap_or_default()",
        1,
        &[0],
        &[],
    ),
    route(
        "let mut out = String::new();\nstd::thread::scope(|s| {\ns.spawn(|| out.push_str(&p0));\n});\nout",
        1,
        &[0],
        &[],
    ),
    route(
        "let (tx, rx) = std::sync::mpsc::sync_channel(1);\nstd::thread::spawn(move || tx.send(p0).unwrap());\nrx.into_iter().next().unwrap_or_default()",
        1,
        &[0],
        &[],
    ),
    route(
        "let mut by: std::collections::BTreeMap<usize, Vec<String>> = Default::default();\nfor w in [p0, p1] {\nby.entry(w.len()).or_default().push(w);\n}\nby.into_values().flatten().collect()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let mut it = vec![p0, p1].into_iter().peekable();\nlet head = it.peek().cloned().unwrap_or_default();\nhead + &it.last().unwrap_or_default()",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let mut left = Some(p0);\nstd::iter::from_fn(move || left.take()).collect::<Vec<String>>().concat()",
        1,
        &[0],
        &[],
    ),
    route(
        "std::iter::successors(Some(p0), |w| (w.len() < 3).then(|| w.clone() + &p1)).last().unwrap_or_default()",
        2,
        &[0, 1],
        &[],
    ),
    route("let mut v = vec![p0, p1];\nv.sort_by_key(|w| w.len());\nv.dedup();\nv.swap_remove(0)", 2, &[0, 1], &[]),
    route("[p0, p1].into_iter().max_by_key(|w| w.len()).unwrap_or_default()", 2, &[0, 1], &[]),
    route("let v = [p0, p1];\nv.chunks(1).map(|c| c.concat()).rev().skip(1).collect()", 2, &[0], &[1]),
    route(
        "let all: Box<dyn Iterator<Item = String>> = if crate::ask() { Box::new(std::iter::once(p0)) } else { Box::new(std::iter::empty()) };\nall.collect()",
        1,
        &[0],
        &[],
    ),
    route("let out = 'a: {\nif crate::ask() {\nbreak 'a p0;\n}\np1\n};\nout", 2, &[0, 1], &[]),
    route("let (mut a, mut b) = (p0, p1);\nstd::mem::swap(&mut a, &mut b);\nlet out = b;\nout", 2, &[0], &[]),
    route("fn inner(x: String) -> String { x.trim_end().to_owned() }\ninner(p0)", 1, &[0], &[]),
    route(
        "use std::io::Write as _;\nlet mut bytes = Vec::new();\nwrite!(bytes, \"{p0}\").unwrap();\nbytes.write_all(p1.as_bytes()).unwrap();\nString::from_utf8_lossy(&bytes).into_owned()",
        2,
        &[0, 1],
        &[],
    ),
    route("use std::io::BufRead as _;\nstd::io::Cursor::new(p0).lines().map_while(Result::ok).collect()", 1, &[0], &[]),
    route("let b: Box<str> = p0.into_boxed_str();\nlet r: std::rc::Rc<str> = b.into();\nr.to_string()", 1, &[0], &[]),
    route("(crate::Wrap(p0) + crate::Wrap(p1)).0", 2, &[0, 1], &[]),
    route("crate::Row { cells: vec![p0, p1] }[0].clone()", 2, &[0], &[1]),
    route("<crate::Wrap as crate::Make>::make(p0).0", 1, &[0], &[]),
    route("crate::made::<crate::Wrap>(p0).0", 1, &[0], &[]),
    route("crate::Say::say(&vec![crate::Holds(p0)], p1)", 2, &[0], &[1]),
    route("let b: Box<crate::Holds> = Box::new(crate::Holds(p0));\ncrate::tell(&b, p1)", 2, &[0], &[1]),
    route(
        "let mut hooks: std::collections::HashMap<&str, Box<dyn Fn(String) -> String>> = Default::default();\nhooks.insert(\"a\", Box::new(move |x| x + &p0));\nhooks.get(\"a\").map(|f| f(p1)).unwrap_or_default()",
        2,
        &[0, 1],
        &[],
    ),
    route("crate::Tree { text: p0, below: vec![crate::Tree { text: p1, below: Vec::new() }] }.all()", 2, &[0, 1], &[]),
    route("crate::depth(p0, 3)", 1, &[0], &[]),
    route("let crate::Wrap(inner) = crate::Wrap(p0);\nlet [a, b] = [inner, p1];\na + &b", 2, &[0, 1], &[]),
    route(
        "let s = &mut crate::Slot { held: Default::default() };\ns.held.get_mut().unwrap().replace(p0);\ns.take()",
        1,
        &[0],
        &[],
    ),
    route(
        "let t = (p0, Some((p1, 1)));\nmatch &t {\n(a, Some((b, n))) if *n > 0 => format!(\"{a}{b}\"),\n(a, _) => a.clone(),\n}",
        2,
        &[0, 1],
        &[],
    ),
    route(
        "let v: Vec<(String, String)> = vec![(p0, p1)];\nlet (a, _): (Vec<String>, Vec<String>) = v.into_iter().unzip();\na.concat()",
        2,
        &[0],
        &[],
    ),
    route("let x = std::cell::LazyCell::new(|| p0);\nx.clone()", 1, &[0], &[]),
];
