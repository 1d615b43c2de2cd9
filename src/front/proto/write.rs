//! The Rust of messages, as prost writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::names::{camel, snake, variant};
use super::parse::{Enum, Field, File, Label, Message};

/// What a name of a type is.
struct Type {
    /// The modules that it stands in, from the root of all packages.
    modules: Vec<String>,
    name: String,
    is_enum: bool,
}

/// The types of all files, by their full names.
pub(super) struct Known {
    types: BTreeMap<String, Type>,
}

/// Where something is written.
struct At {
    /// The full name of what is around it.
    scope: String,
    /// The modules around it.
    modules: Vec<String>,
}

impl At {
    fn package(name: &str) -> At {
        let modules = name.split('.').filter(|part| !part.is_empty()).map(snake).collect();
        At { scope: name.to_owned(), modules }
    }

    fn within(&self, name: &str) -> At {
        let modules = self.modules.iter().cloned().chain([snake(name)]).collect();
        At { scope: joined(&self.scope, name), modules }
    }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

impl Known {
    /// The types of these packages.
    pub(super) fn of(packages: &BTreeMap<&str, Vec<File<'_>>>) -> Known {
        let mut known = Known { types: BTreeMap::new() };
        for (package, files) in packages {
            let at = At::package(package);
            for file in files {
                file.messages.iter().for_each(|m| known.message(&at, m));
                file.enums.iter().for_each(|e| known.add(&at, e.name, true));
            }
        }
        known
    }

    fn add(&mut self, at: &At, name: &str, is_enum: bool) {
        let ty = Type { modules: at.modules.clone(), name: camel(name), is_enum };
        self.types.entry(joined(&at.scope, name)).or_insert(ty);
    }

    fn message(&mut self, at: &At, m: &Message<'_>) {
        self.add(at, m.name, false);
        let within = at.within(m.name);
        m.messages.iter().for_each(|inner| self.message(&within, inner));
        m.enums.iter().for_each(|e| self.add(&within, e.name, true));
    }

    /// What a name means: the nearest type around that has it.
    fn meant(&self, scope: &str, name: &str) -> Option<&Type> {
        if let Some(full) = name.strip_prefix('.') {
            return self.types.get(full);
        }
        let mut scope = scope;
        loop {
            if let Some(found) = self.types.get(&joined(scope, name)) {
                return Some(found);
            }
            match scope.rsplit_once('.') {
                Some((around, _)) => scope = around,
                None if scope.is_empty() => return None,
                None => scope = "",
            }
        }
    }

    /// The Rust of a package.
    pub(super) fn package(&self, name: &str, files: &[File<'_>]) -> String {
        let (at, mut out) = (At::package(name), String::new());
        // Of a file that is there twice one is read.
        let mut seen = Vec::new();
        let mut is_new = |name| {
            !seen.contains(&name) && {
                seen.push(name);
                true
            }
        };
        for file in files {
            file.messages.iter().filter(|m| is_new(m.name)).for_each(|m| self.struct_(&mut out, &at, m));
            file.enums.iter().filter(|e| is_new(e.name)).for_each(|e| enum_(&mut out, e));
        }
        out
    }

    fn struct_(&self, out: &mut String, at: &At, m: &Message<'_>) {
        let (name, within) = (camel(m.name), at.within(m.name));
        let mut methods = String::new();
        let _ = writeln!(out, "#[derive(Clone, Debug, PartialEq, ::prost::Message)]\npub struct {name} {{");
        for field in &m.fields {
            let (ident, ty) = (snake(field.name), self.field(at, &within.scope, field));
            let _ = writeln!(out, "    pub {ident}: {ty},");
            self.methods(&mut methods, at, &within.scope, field);
        }
        for (choice, _) in &m.choices {
            let _ = writeln!(
                out,
                "    pub {}: ::core::option::Option<{}::{}>,",
                snake(choice),
                snake(m.name),
                camel(choice)
            );
        }
        out.push_str("}\n");
        if !methods.is_empty() {
            let _ = writeln!(out, "impl {name} {{\n{methods}}}");
        }
        if m.messages.is_empty() && m.enums.is_empty() && m.choices.is_empty() {
            return;
        }
        let _ = writeln!(out, "pub mod {} {{", snake(m.name));
        m.messages.iter().for_each(|inner| self.struct_(out, &within, inner));
        m.enums.iter().for_each(|e| enum_(out, e));
        for (choice, fields) in &m.choices {
            let _ = writeln!(out, "#[derive(Clone, Debug, PartialEq, ::prost::Oneof)]\npub enum {} {{", camel(choice));
            for field in fields {
                let _ = writeln!(out, "    {}({}),", camel(field.name), self.field(&within, &within.scope, field));
            }
            out.push_str("}\n");
        }
        out.push_str("}\n");
    }

    /// The type of a field.
    fn field(&self, at: &At, scope: &str, field: &Field<'_>) -> String {
        let (ty, is_message) = self.ty(at, scope, field.ty);
        if let Some(key) = field.key {
            return format!("::std::collections::HashMap<{}, {ty}>", self.ty(at, scope, key).0);
        }
        match field.label {
            Label::Repeated => format!("::std::vec::Vec<{ty}>"),
            Label::Optional => format!("::core::option::Option<{ty}>"),
            Label::Plain if is_message => format!("::core::option::Option<{ty}>"),
            Label::Plain | Label::Required => ty,
        }
    }

    /// A type as code of a place names it, and whether it is a message. One that is not known is left open.
    fn ty(&self, at: &At, scope: &str, name: &str) -> (String, bool) {
        if let Some(plain) = scalar(name) {
            return (plain.to_owned(), false);
        }
        if let Some(known) = name.trim_start_matches('.').strip_prefix("google.protobuf.") {
            return (well_known(known), true);
        }
        match self.meant(scope, name) {
            Some(ty) if ty.is_enum => ("i32".to_owned(), false),
            Some(ty) => (path(&at.modules, ty), true),
            None => ("_".to_owned(), true),
        }
    }

    /// What is written to read and set a field that is a number for an enum, and to read one that may have no value.
    fn methods(&self, out: &mut String, at: &At, scope: &str, field: &Field<'_>) {
        let ident = snake(field.name);
        let of = scalar(field.ty).is_none().then(|| self.meant(scope, field.ty)).flatten().filter(|ty| ty.is_enum);
        match (of, field.label) {
            _ if field.key.is_some() => {}
            (Some(ty), Label::Plain | Label::Required) => {
                let ty = path(&at.modules, ty);
                let _ = writeln!(
                    out,
                    "pub fn {ident}(&self) -> {ty} {{ {ty}::try_from(self.{ident}).unwrap_or_default() }}"
                );
                let set = format!("set_{}", ident.trim_start_matches("r#"));
                let _ = writeln!(out, "pub fn {set}(&mut self, value: {ty}) {{ self.{ident} = value as i32; }}");
            }
            (None, Label::Optional) => match scalar(field.ty) {
                Some("::std::string::String") => {
                    let _ =
                        writeln!(out, "pub fn {ident}(&self) -> &str {{ self.{ident}.as_deref().unwrap_or(\"\") }}");
                }
                Some("::std::vec::Vec<u8>") => {
                    let _ =
                        writeln!(out, "pub fn {ident}(&self) -> &[u8] {{ self.{ident}.as_deref().unwrap_or(&[]) }}");
                }
                Some(ty) => {
                    let _ = writeln!(out, "pub fn {ident}(&self) -> {ty} {{ self.{ident}.unwrap_or_default() }}");
                }
                None => {}
            },
            _ => {}
        }
    }
}

fn enum_(out: &mut String, e: &Enum<'_>) {
    let derives = "Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration";
    let _ = writeln!(out, "#[derive({derives})]\npub enum {} {{", camel(e.name));
    for value in &e.values {
        let _ = writeln!(out, "    {},", variant(e.name, value));
    }
    out.push_str("}\n");
}

/// The path of a type from these modules.
fn path(from: &[String], to: &Type) -> String {
    let common = from.iter().zip(&to.modules).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "super");
    let down = to.modules.iter().skip(common).map(String::as_str);
    up.chain(down).chain([to.name.as_str()]).collect::<Vec<_>>().join("::")
}

/// The types of fields that are no messages.
fn scalar(name: &str) -> Option<&'static str> {
    Some(match name {
        "double" => "f64",
        "float" => "f32",
        "int32" | "sint32" | "sfixed32" => "i32",
        "int64" | "sint64" | "sfixed64" => "i64",
        "uint32" | "fixed32" => "u32",
        "uint64" | "fixed64" => "u64",
        "bool" => "bool",
        "string" => "::std::string::String",
        "bytes" => "::std::vec::Vec<u8>",
        _ => return None,
    })
}

/// The messages that every project has.
fn well_known(name: &str) -> String {
    let plain = match name {
        "Empty" => "()",
        "BoolValue" => "bool",
        "BytesValue" => "::std::vec::Vec<u8>",
        "DoubleValue" => "f64",
        "FloatValue" => "f32",
        "Int32Value" => "i32",
        "Int64Value" => "i64",
        "StringValue" => "::std::string::String",
        "UInt32Value" => "u32",
        "UInt64Value" => "u64",
        _ => return format!("::prost_types::{}", camel(name)),
    };
    plain.to_owned()
}
