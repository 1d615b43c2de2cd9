//! What is written of messages.

use super::names::{camel, snake, variant};
use super::{Messages, read};

fn of(package: &str, texts: &[&str]) -> Messages {
    read(texts.iter().copied()).get(package).cloned().unwrap_or_default()
}

#[test]
fn names() {
    for (name, want) in [
        ("devEUI", "dev_eui"),
        ("dev_eui", "dev_eui"),
        ("XMLHttp2Request", "xml_http2_request"),
        ("type", "r#type"),
        ("self", "self_"),
    ] {
        assert_eq!(snake(name), want);
    }
    for (name, want) in [("EUI64", "Eui64"), ("dev_addr", "DevAddr"), ("FCntUp", "FCntUp"), ("MType", "MType")] {
        assert_eq!(camel(name), want);
    }
    assert_eq!(variant("MType", "M_TYPE_JOIN"), "Join");
    assert_eq!(variant("Region", "EU868"), "Eu868");
    assert_eq!(variant("Region", "REGIONAL"), "Regional");
}

#[test]
fn fields_of_a_message() {
    let text = r#"
        syntax = "proto3"; // the third
        package a.b;
        import "x.proto";
        /* a message { */
        message User {
            string name = 1 [deprecated = true, (x) = { y: "]" }];
            repeated User friends = 2;
            map<string, bytes> more = 3;
            optional uint32 age = 4;
            oneof contact { string mail = 5; Phone phone = 6; }
            Kind kind = 7;
            a.c.Other other = 8;
            google.protobuf.Timestamp at = 9;
            Missing missing = 10;
            message Phone { string number = 1; }
            enum Kind { option allow_alias = true; KIND_UNKNOWN = 0; KIND_OLD = -1; }
            reserved 11 to 13;
        }
        service Users { rpc Get(User) returns (User) { option (http) = { get: "/x" }; } rpc All(User) returns (stream User); }
    "#;
    let written = of("a.b", &[text, "package a.c; message Other {}"]);
    assert!(written.serves && !written.broken);
    for line in [
        "pub name: ::std::string::String,",
        "pub friends: ::std::vec::Vec<User>,",
        "pub more: ::std::collections::HashMap<::std::string::String, ::std::vec::Vec<u8>>,",
        "pub age: ::core::option::Option<u32>,",
        "pub contact: ::core::option::Option<user::Contact>,",
        "pub kind: i32,",
        "pub fn kind(&self) -> user::Kind {",
        "pub other: ::core::option::Option<super::c::Other>,",
        "pub at: ::core::option::Option<::prost_types::Timestamp>,",
        "pub missing: ::core::option::Option<_>,",
        "Mail(::std::string::String),",
        "    Phone(Phone),",
        "    Unknown,\n    Old,",
    ] {
        assert!(written.text.contains(line), "`{line}` is not in:\n{}", written.text);
    }
}

#[test]
fn what_cannot_be_read() {
    assert!(of("a", &["package a; message A {}", "package a; message B { optional group C = 1 {} }"]).broken);
    assert!(of("a", &["package a; message A {}", "message {"]).broken);
    assert!(!of("a", &["package a; message A {}", "package b; message {"]).broken);
    let deep = "package a;".to_owned() + &"message A {".repeat(5000) + &"}".repeat(5000);
    assert_eq!(of("a", &[&deep]), Messages::default());
}
