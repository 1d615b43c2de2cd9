//! The builder of a body: locals, scopes, labels, statements, blocks and closures.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, FnArg, Item, Pat, Signature};

use super::annotate::Site;
use super::chosen::{self, Stands};
use super::items::At;
use super::{Cx, items, keys, types};
use crate::ir::body::{
    Closure, ClosureId, Func, LabelId, Lit, Local, LocalDecl, Operand, Param, PathId, Place, RET, Rvalue, Stmt,
};
use crate::ir::items::{Path, TypeRef};
use crate::ir::{Name, Target};
use crate::source::Span;

/// Where a value goes; [`None`] where nobody wants it.
pub(super) type Dst<'d> = Option<&'d Place>;

/// A variable or label as its scope knows it: those that a macro brings along are not those of its caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Var {
    /// Its name.
    pub name: Name,
    /// The expansion that wrote it; 0 if it stands in the file.
    pub by: u32,
}

/// What variables mean at a place.
pub(super) type Scope = FxHashMap<Var, Local>;

/// A loop or labelled block around the place being lowered.
pub(super) struct Frame {
    /// Its label as written.
    pub name: Option<Var>,
    /// Its label.
    pub label: LabelId,
    /// Where `break value` goes.
    pub dst: Option<Place>,
    /// Whether a `break` without a label leaves it.
    pub is_loop: bool,
}

/// Lowers one body.
pub(super) struct Body<'c, 't> {
    pub cx: &'c mut Cx<'t>,
    /// Tells it apart from the other bodies of its file.
    id: u32,
    pub at: At,
    /// The function, unless this is a constant's initialiser.
    pub func: Option<u32>,
    locals: Vec<LocalDecl>,
    paths: Vec<Path>,
    path_ids: FxHashMap<Path, PathId>,
    closures: Vec<Closure>,
    names: Scope,
    undo: Vec<(Var, Option<Local>)>,
    pub frames: Vec<Frame>,
    /// How many `Break`s each label has.
    pub uses: Vec<u32>,
    pub out: Vec<Stmt>,
    /// Where `return` puts its value: that of the function or closure.
    pub ret: Local,
    /// Where `?` goes inside a `try` block.
    pub try_to: Option<(Option<Place>, LabelId)>,
    /// Variables of the or-pattern being read: its alternatives share them.
    pub shared: Option<Vec<(Var, Local)>>,
    /// The items of the stream whose block is read: `yield` adds to them.
    pub items: Option<Local>,
    /// Locals that hold an `async` block that did not run yet.
    pub futures: FxHashSet<Local>,
}

impl<'c, 't> Body<'c, 't> {
    /// A body whose local 0 is in `locals`.
    pub(super) fn new(cx: &'c mut Cx<'t>, at: At, func: Option<u32>, locals: Vec<LocalDecl>) -> Self {
        let id = cx.macros.next_body();
        Body {
            cx,
            id,
            at,
            func,
            locals,
            paths: Vec::new(),
            path_ids: FxHashMap::default(),
            closures: Vec::new(),
            names: Scope::default(),
            undo: Vec::new(),
            frames: Vec::new(),
            uses: Vec::new(),
            out: Vec::new(),
            ret: RET,
            try_to: None,
            shared: None,
            items: None,
            futures: FxHashSet::default(),
        }
    }

    /// Hands over what was built.
    pub(super) fn fill(self, func: &mut Func) {
        func.locals = self.locals;
        func.paths = self.paths;
        func.closures = self.closures;
        func.body = Some(self.out);
    }

    // Locals, names, labels, paths.

    /// A new local.
    pub(super) fn local(&mut self, name: Option<Name>, ty: Option<TypeRef>, span: Span) -> Local {
        let id = Local(self.locals.len() as u32);
        self.locals.push(LocalDecl::new(name, ty, span));
        id
    }

    /// A local is `mut`, or lent.
    pub(super) fn changeable(&mut self, local: Local) {
        if let Some(decl) = self.locals.get_mut(local.0 as usize) {
            decl.mutable = true;
        }
    }

    /// A new temporary.
    pub(super) fn temp(&mut self, span: Span) -> Local {
        self.local(None, None, span)
    }

    /// Binds a variable from here to the end of the scope.
    pub(super) fn bind(&mut self, var: Var, local: Local) {
        let before = self.names.insert(var.clone(), local);
        self.undo.push((var, before));
    }

    /// The local that a variable means here. One that an expansion wrote and did not bind is sought where its macro
    /// was defined, if that is in this body.
    pub(super) fn lookup(&self, var: &Var) -> Option<Local> {
        self.names.get(var).copied().or_else(|| match var.by {
            0 => None,
            by => self.cx.macros.outside(self.id, by, &var.name),
        })
    }

    /// Declared type of a local.
    pub(super) fn declared(&self, local: Local) -> Option<&TypeRef> {
        self.locals.get(local.0 as usize).and_then(|l| l.ty.as_deref())
    }

    /// Runs `f` in a scope of its own.
    pub(super) fn scope<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.undo.len();
        let macros = self.cx.macros.locals();
        let result = f(self);
        self.cx.macros.keep_locals(macros);
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some((var, Some(before))) => drop(self.names.insert(var, before)),
                Some((var, None)) => drop(self.names.remove(&var)),
                None => break,
            }
        }
        result
    }

    /// A new label.
    pub(super) fn label(&mut self) -> LabelId {
        let id = LabelId(self.uses.len() as u32);
        self.uses.push(0);
        id
    }

    /// How many `Break`s a label has so far.
    pub(super) fn uses(&self, label: LabelId) -> u32 {
        self.uses.get(label.0 as usize).copied().unwrap_or(0)
    }

    /// A `Break` of a label.
    pub(super) fn jump(&mut self, label: LabelId) -> Stmt {
        if let Some(uses) = self.uses.get_mut(label.0 as usize) {
            *uses += 1;
        }
        Stmt::Break(label)
    }

    /// The number of a path.
    pub(super) fn path_id(&mut self, path: Path) -> PathId {
        // What a conversion is (`Into::into`, `String::from`) depends on where it stands.
        let last = path.segments.last().map_or("", Name::as_str);
        let shared = !matches!(last, "into" | "try_into" | "from" | "try_from");
        if let Some(&id) = self.path_ids.get(&path).filter(|_| shared) {
            return id;
        }
        let id = self.new_path_id(path.clone());
        self.path_ids.insert(path, id);
        id
    }

    /// A number of its own for a path: which types a function is for as a value depends on where it stands.
    pub(super) fn new_path_id(&mut self, path: Path) -> PathId {
        let id = PathId(self.paths.len() as u32);
        self.paths.push(path);
        id
    }

    // Statements.

    /// Statements that `f` emits, apart.
    pub(super) fn buffer<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> (Vec<Stmt>, R) {
        let before = std::mem::take(&mut self.out);
        let result = f(self);
        (std::mem::replace(&mut self.out, before), result)
    }

    /// Assigns; a value that nobody wants is kept only if making it does something.
    pub(super) fn assign(&mut self, dst: Dst<'_>, src: Rvalue, span: Span) {
        let dst = match dst {
            Some(place) => place.clone(),
            None => match &src {
                Rvalue::Use(_) | Rvalue::Negative | Rvalue::RefMut(_) | Rvalue::Closure(_) => return,
                _ => self.temp(span).into(),
            },
        };
        self.out.push(Stmt::Assign { dst, src, span });
    }

    /// A value in a new temporary.
    pub(super) fn value(&mut self, src: Rvalue, span: Span) -> Operand {
        let temp = Place::from(self.temp(span));
        self.out.push(Stmt::Assign { dst: temp.clone(), src, span });
        Operand::Place(temp)
    }

    /// `return`, of the function or closure.
    pub(super) fn leave(&mut self) {
        self.out.push(Stmt::Return);
    }

    /// Lowers parameters.
    pub(super) fn params(&mut self, sig: &Signature, func: u32) -> Vec<Param> {
        let mut out = Vec::with_capacity(sig.inputs.len());
        for (i, input) in sig.inputs.iter().enumerate() {
            let param = match input {
                FnArg::Receiver(r) => {
                    let span = self.cx.span(r.self_token.span);
                    let ty = match &r.kind {
                        syn::ReceiverKind::Reference(_, _, Some(_)) => TypeRef::RefMut(Box::new(TypeRef::Infer)),
                        syn::ReceiverKind::Typed(_, ty) => types::ty(self.cx, ty),
                        _ => TypeRef::Infer,
                    };
                    let name = Name::new_static("self");
                    let local = self.local(Some(name.clone()), Some(ty.clone()), span);
                    if r.mutability.is_some() {
                        self.changeable(local);
                    }
                    self.bind(Var { name: name.clone(), by: self.cx.places.writer(r.self_token.span) }, local);
                    let lent = match &r.kind {
                        syn::ReceiverKind::Reference(..) => true,
                        syn::ReceiverKind::Typed(_, ty) => types::lends(ty),
                        _ => false,
                    };
                    Param { local, name: Some(name), ty, lent, span }
                }
                FnArg::Typed(arg) => {
                    let ty = types::ty(self.cx, &arg.ty);
                    let (var, span) = match simple(&arg.pat) {
                        Some(ident) => (Some(self.cx.var(ident)), self.cx.word(ident)),
                        None => (None, self.cx.span(arg.pat.span())),
                    };
                    let name = var.as_ref().map(|v| v.name.clone());
                    let local = self.local(name.clone(), Some(ty.clone()), span);
                    if is_mut(&arg.pat) {
                        self.changeable(local);
                    }
                    if let Some(var) = var {
                        self.bind(var, local);
                    }
                    let name = name.or_else(|| only_variable(self.cx, &arg.pat));
                    Param { local, name, ty, lent: types::lends(&arg.ty), span }
                }
            };
            self.cx.attach(Site::Param, param.span.lo, |_| Target::Param(func, i as u32));
            out.push(param);
        }
        out
    }

    /// Lowers the block of a function whose parameters are read.
    pub(super) fn function_body(&mut self, attrs: &[Attribute], sig: &Signature, block: &Block) {
        for (i, input) in sig.inputs.iter().enumerate() {
            if let FnArg::Typed(arg) = input
                && simple(&arg.pat).is_none()
            {
                self.destructure(&arg.pat, &Place::from(Local(i as u32 + 1)));
            }
        }
        let at = self.cx.word(&sig.ident);
        self.span_fields(attrs, at);
        self.block(Some(&RET.into()), block);
    }

    /// A block.
    pub(super) fn block(&mut self, dst: Dst<'_>, block: &Block) {
        self.scope(|b| b.statements(dst, &block.stmts));
    }

    /// Statements of a block; the value of the last goes to `dst`.
    pub(super) fn statements(&mut self, dst: Dst<'_>, list: &[syn::Stmt]) {
        let at = At { func: self.func.or(self.at.func), ..self.at };
        let macros = self.cx.macros.locals();
        for stmt in list {
            if let syn::Stmt::Item(item) = stmt {
                items::item(self.cx, at, item);
            }
        }
        // From here on a macro is known from where it is defined, and with it the variables there.
        self.cx.macros.keep_locals(macros);
        let tail = chosen::tail(list);
        let mut rest = list.iter().enumerate().peekable();
        while let Some((i, stmt)) = rest.next() {
            let dst = if i >= tail { dst } else { None };
            let ways = chosen::ways_of_let(self.cx, list.iter().skip(i));
            if ways > 1 {
                self.one_of(&list.iter().skip(i).take(ways).collect::<Vec<_>>());
                rest.by_ref().take(ways - 1).for_each(drop);
                continue;
            }
            match rest.next_if(|(_, next)| chosen::either_or(stmt, next)) {
                Some((_, other)) => self.either_or(dst, stmt, other),
                None if self.cx.notes.is_some() => self.noted(dst, stmt),
                None => drop(self.statement(dst, stmt)),
            }
        }
    }

    /// A statement; the variable that it binds, if there is just one.
    fn statement(&mut self, dst: Dst<'_>, stmt: &syn::Stmt) -> Option<Local> {
        match chosen::stands(chosen::of_statement(stmt)) {
            Stands::Always => self.certainly(dst, stmt),
            Stands::Perhaps(at) => self.perhaps(dst, stmt, at),
            Stands::Never => None,
        }
    }

    /// A statement, whatever a `cfg` says of it.
    pub(super) fn certainly(&mut self, dst: Dst<'_>, stmt: &syn::Stmt) -> Option<Local> {
        match stmt {
            syn::Stmt::Item(Item::Macro(i)) => {
                self.cx.define(i, Some((self.id, Rc::new(self.names.clone()))));
                None
            }
            syn::Stmt::Item(_) => None,
            syn::Stmt::Local(local) => self.let_(local),
            syn::Stmt::Expr(e, semi) => {
                self.run(if semi.is_none() { dst } else { None }, e);
                None
            }
            syn::Stmt::Macro(m) => {
                super::macros::call(self, if m.semi_token.is_none() { dst } else { None }, &m.mac, true);
                None
            }
        }
    }

    /// Runs `f`; the variables that it binds in this scope, each with what its name meant before.
    pub(super) fn binding<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> (R, Vec<(Local, Option<Local>)>) {
        let mark = self.undo.len();
        let result = f(self);
        let bound = self.undo.get(mark..).unwrap_or_default();
        (result, bound.iter().filter_map(|(var, before)| Some((self.lookup(var)?, *before))).collect())
    }

    /// Runs `f`; the variables that it binds in this scope, which do not stay bound.
    pub(super) fn apart(&mut self, f: impl FnOnce(&mut Self)) -> Vec<(Var, Local)> {
        let mark = self.undo.len();
        self.scope(|b| {
            f(b);
            let bound = b.undo.get(mark..).unwrap_or_default();
            bound.iter().filter_map(|(var, _)| Some((var.clone(), b.lookup(var)?))).collect()
        })
    }

    /// A statement in a file with annotations: if one speaks of it, it is wrapped.
    fn noted(&mut self, dst: Dst<'_>, stmt: &syn::Stmt) {
        let key = keys::statement(self.cx, stmt).filter(|&key| self.cx.has_note(Site::Statement, key));
        let (Some(key), Some(_)) = (key, self.func) else {
            self.statement(dst, stmt);
            return;
        };
        let (body, local) = self.buffer(|b| b.statement(dst, stmt));
        self.wrap(Site::Statement, key, local, body);
    }

    /// Wraps statements into the scopes of the annotations at `key`.
    pub(super) fn wrap(&mut self, site: Site, key: u32, local: Option<Local>, mut body: Vec<Stmt>) {
        let func = self.func;
        if let Some(func) = func {
            let target = local.map_or(Target::Statement(func), |local| Target::Local(func, local));
            for annotation in self.cx.attach(site, key, |_| target.clone()) {
                body = vec![Stmt::Scope { annotation, body }];
            }
        }
        self.out.append(&mut body);
    }

    /// `let`; the variable, if there is just one.
    fn let_(&mut self, stmt: &syn::Local) -> Option<Local> {
        let (pat, ty) = match &stmt.pat {
            Pat::Type(t) => (&*t.pat, Some(types::ty(self.cx, &t.ty))),
            pat => (pat, None),
        };
        if let Some(ident) = simple(pat) {
            let var = self.cx.var(ident);
            let span = self.cx.word(ident);
            let local = self.local(Some(var.name.clone()), ty, span);
            if is_mut(pat) {
                self.changeable(local);
            }
            if let Some(init) = &stmt.init {
                if is_async(&init.expr) {
                    self.futures.insert(local);
                }
                self.run(Some(&local.into()), &init.expr);
            }
            self.bind(var, local);
            return Some(local);
        }
        let Some(init) = &stmt.init else {
            self.declare(pat);
            return None;
        };
        let before = self.undo.len();
        match &init.diverge {
            None if matches!(pat, Pat::Wild(_)) => self.run(None, &init.expr),
            None => {
                let from = self.scrutinee_as(&init.expr, ty);
                self.bind_all(pat, &from);
            }
            Some((_, diverge)) => {
                let from = self.scrutinee_as(&init.expr, ty);
                // The names of the pattern are not yet bound in `else`.
                self.let_else(pat, &from, diverge);
            }
        }
        match self.undo.get(before..) {
            Some([(var, _)]) => self.lookup(var),
            _ => None,
        }
    }

    // Closures.

    /// A closure; `body` lowers its body into the place it is given.
    pub(super) fn closure(
        &mut self,
        params: Vec<Local>,
        span: Span,
        ty: Option<TypeRef>,
        body: impl FnOnce(&mut Self, &Place),
    ) -> ClosureId {
        let id = ClosureId(self.closures.len() as u32);
        let result = self.local(None, ty, span);
        self.closures.push(Closure { params, ret: result, body: Vec::new(), is_async: false, span });
        let frames = std::mem::take(&mut self.frames);
        let ret = std::mem::replace(&mut self.ret, result);
        let try_to = self.try_to.take();
        let shared = self.shared.take();
        let (stmts, ()) = self.buffer(|b| b.scope(|b| body(b, &result.into())));
        self.frames = frames;
        self.ret = ret;
        self.try_to = try_to;
        self.shared = shared;
        if let Some(closure) = self.closures.get_mut(id.0 as usize) {
            closure.body = stmts;
        }
        id
    }

    /// `async { .. }`.
    pub(super) fn async_block(&mut self, e: &syn::ExprAsync) -> ClosureId {
        let span = self.cx.span(e.async_token.span);
        let id = self.closure(Vec::new(), span, None, |b, dst| b.block(Some(dst), &e.block));
        if let Some(block) = self.closures.get_mut(id.0 as usize) {
            block.is_async = true;
        }
        id
    }

    /// `|a, b| ..`.
    pub(super) fn closure_expr(&mut self, e: &syn::ExprClosure) -> ClosureId {
        let span = self.cx.span(e.inputs_begin.span).to(self.cx.span(e.inputs_end.span));
        let mut params = Vec::with_capacity(e.inputs.len());
        for input in &e.inputs {
            let (pat, ty) = match input {
                Pat::Type(t) => (&*t.pat, Some(types::ty(self.cx, &t.ty))),
                pat => (pat, None),
            };
            let (name, span) = match simple(pat) {
                Some(ident) => (Some(types::name(ident)), self.cx.word(ident)),
                None => (None, keys::pattern(self.cx, pat)),
            };
            let local = self.local(name, ty, span);
            self.changeable(local);
            params.push(local);
        }
        let ty = match &e.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(types::ty(self.cx, ty)),
        };
        let locals = params.clone();
        self.closure(params, span, ty, |b, dst| {
            for (input, local) in e.inputs.iter().zip(locals) {
                let pat = match input {
                    Pat::Type(t) => &*t.pat,
                    pat => pat,
                };
                match simple(pat) {
                    Some(ident) => b.bind(b.cx.var(ident), local),
                    None => b.destructure(pat, &local.into()),
                }
            }
            b.run(Some(dst), &e.body);
        })
    }

    /// `true` or `false` into `dst`.
    pub(super) fn truth(&mut self, dst: Dst<'_>, truth: bool, span: Span) {
        self.assign(dst, Rvalue::Use(Operand::Lit(Lit::Bool(truth))), span);
    }
}

/// The variable of a pattern that is one, bound by value.
pub(super) fn simple(pat: &Pat) -> Option<&syn::Ident> {
    match pat {
        Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => Some(&p.ident),
        Pat::Paren(p) => simple(&p.pat),
        _ => None,
    }
}

/// Whether the variable of a pattern that is one may be changed.
fn is_mut(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(p) => p.mutability.is_some(),
        Pat::Paren(p) => is_mut(&p.pat),
        _ => false,
    }
}

/// The variable of a pattern that has just one.
fn only_variable(cx: &Cx<'_>, pat: &Pat) -> Option<Name> {
    let mut names = Vec::new();
    super::pat::variables(cx, pat, &mut names);
    match names.as_slice() {
        [one] => Some(one.name.clone()),
        _ => None,
    }
}

/// Whether an expression is an `async` block, pinned or boxed or not.
fn is_async(e: &Expr) -> bool {
    match e {
        Expr::Async(_) => true,
        Expr::Paren(e) => is_async(&e.expr),
        _ => false,
    }
}
