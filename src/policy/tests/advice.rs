//! Lints, packs, imports.

use super::*;

fn found(text: &str) -> Vec<String> {
    let text = std::format!("purlin 1\n{text}");
    let (policy, errors) = try_load(&text);
    let policy = policy.unwrap_or_else(|| panic!("{}", show(&text, &errors)));
    lint(&policy, today()).into_iter().map(|d| std::format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn the_example_is_nearly_without_fault() {
    let said: Vec<String> =
        lint(&example(), today()).into_iter().map(|d| std::format!("{} {}", d.code, d.message)).collect();
    assert_eq!(
        said,
        [
            "P32 `count` turns anything into something else",
            "P37 `customer` may object to `fraud`, but nothing checks it",
        ]
    );
}

#[test]
fn each_lint_has_its_case() {
    let fine = "purpose p { about s basis contract notice \"n\" uses a } ";
    let base = "category a { x } category h special subject s subject t region eea home region us ";
    let check = |text: &str, expected: &[&str]| {
        // The base declares more than each case needs.
        let said = found(&std::format!("{base}{text}")).into_iter().filter(|f| !f.starts_with("P39"));
        assert_eq!(said.collect::<Vec<_>>(), expected, "{text}");
    };
    check(fine, &[]);
    check(
        &std::format!("{fine} must not use a for p \"why\""),
        &["P20 a promise forbids all that this clause permits"],
    );
    check(
        "purpose p { about s basis contract notice \"n\" uses a, h condition \"c\" } must not use h \"why\"",
        &["P20 a promise forbids what this clause permits of `h`"],
    );
    check(
        "recipient r { acts as controller located in eea } \
         purpose p { about s basis contract notice \"n\" uses a.x shares a, h with r condition \"c\" }",
        &["P20 nothing lets `h` be used here, so it cannot be shared"],
    );
    let with = |until: &str| {
        std::format!("{fine} recipient r {{ acts as processor located in eea contract \"c\" until {until} }}")
    };
    check(&with("2026-05-31"), &["P21 the contract with `r` ended on 2026-05-31"]);
    check(&with("2026-06-02"), &["P21 the contract with `r` ends in 1 day"]);
    check(&with("2026-07-01"), &["P21 the contract with `r` ends in 30 days"]);
    check(&with("2026-07-02"), &[]);
    let waiver = |until: &str, purpose: &str, at: &str| {
        std::format!(
            "{fine} waiver \"W\" {{ permits use h for {purpose} at {at} owner \"o\" until {until} because \"b\" }}"
        )
    };
    check(&waiver("2026-05-31", "p", "crate::m"), &["P22 waiver \"W\" ended on 2026-05-31"]);
    check(&waiver("2026-06-15", "p", "crate::m"), &["P22 waiver \"W\" ends in 14 days"]);
    check(&waiver("2027-06-15", "p", "crate::m"), &[]);
    check(&waiver("2027-06-15", "anything", "orders"), &["P31 waiver \"W\" is for every purpose"]);
    check(&waiver("2027-06-15", "p", "crate"), &["P31 waiver \"W\" is for a whole crate"]);
    check(&std::format!("{fine} must not use h"), &["P23 this promise does not say why"]);
    check("purpose p { about s basis contract uses a }", &["P24 nobody is told of purpose `p`"]);
    check("purpose p { basis contract notice \"n\" uses a }", &["P30 purpose `p` is about everybody"]);
    check(
        "guard g purpose p { about s basis consent notice \"n\" } purpose p.q { uses a } purpose p.r { uses a requires g }",
        &["P25 purpose `p.q` rests on consent but nothing checks it"],
    );
    check(
        &std::format!("{fine} recipient r {{ acts as processor located in eea }}"),
        &["P26 processor `r` has no contract"],
    );
    check(&std::format!("{fine} store d {{ located in us }}"), &["P27 `d` is in `us`, for which nothing is adequate"]);
    check(
        "purpose p { about s basis contract notice \"n\" uses h }",
        &["P28 purpose `p` uses special data without a condition"],
    );
    check(&std::format!("{fine} store d"), &["P29 it is not said where store `d` is"]);
    check(&std::format!("{fine} purpose p.q {{ about t uses a }}"), &["P33 `p` is not about t"]);
    check(
        "recipient r { acts as processor contract \"c\" located in eea } purpose p { about s on behalf of r uses a }",
        &["P35 `r` is not said to be a controller"],
    );
}

#[test]
fn names_that_nothing_needs() {
    let fine = "category a { x } subject s purpose p { about s basis contract notice \"n\" uses a.x } ";
    assert_eq!(found(fine), [] as [&str; 0]);
    assert_eq!(
        found(&std::format!("{fine} category b {{ c }} subject t {{ right access }} region us guard g audience w")),
        [
            "P39 category `b` is not needed: no sentence speaks of it",
            "P39 subject `t` is not needed: no purpose is about these people",
            "P39 region `us` is not needed: nothing is located there",
            "P39 guard `g` is not needed: nothing requires it",
            "P39 audience `w` is not needed: nothing is shown to it",
        ]
    );
    // A pack offers names; `home` and `forbidden` are said for themselves; a binding needs what it names.
    let needed = "import \"purlin:common\" import \"purlin:eu\" forbidden recipient broker guard g subject t \
                  bind rust { crate::f as guard g crate::T as subject t }";
    assert_eq!(found(&std::format!("{fine} {needed}")), [] as [&str; 0]);
    // A file of names alone is for others to import.
    assert_eq!(found("category b region us"), [] as [&str; 0]);
    assert_eq!(
        found(&std::format!("{fine} purpose q {{ about s basis contract notice \"n\" }}")),
        ["P40 purpose `q` permits nothing"]
    );
}

#[test]
fn packs_load_and_are_formatted() {
    for name in packs() {
        let text = pack(name).unwrap();
        let made = format(text).unwrap();
        assert!(made == text, "{name} should be\n{made}<<<");
        let (policy, found) = try_load(text);
        assert!(found.is_empty(), "{}", show(text, &found));
        assert_eq!(lint(&policy.unwrap(), today()), [], "{name}");
    }
    assert_eq!(pack("nothing"), None);
    let p = policy(
        "import \"purlin:eu\" import \"purlin:common\" subject s\n\
         recipient r { acts as controller located in uk } recipient q { acts as controller located in eea.no }\n\
         purpose p { about s basis contract uses contact shows contact to self shares contact with r, q }\n\
         test \"t\" { allow share contact.email of s with r, q for p }",
    );
    assert!(run_tests(&p, today()).iter().all(|r| r.passed));
}

#[test]
fn imports_are_relative_and_may_go_round() {
    let a = "purlin 1 import \"sub/b.purlin\" import \"purlin:eu\" category a also b";
    let b = "purlin 1 import \"../a.purlin\" category b";
    assert_eq!(imports(a), ["sub/b.purlin", "purlin:eu"]);
    assert_eq!(target("x/a.purlin", "../sub/./b.purlin"), "sub/b.purlin");
    let files = [
        PolicyFile { file: FileId(0), path: "a.purlin", text: a },
        PolicyFile { file: FileId(1), path: "sub/b.purlin", text: b },
    ];
    let (policy, found) = load(&files);
    let policy = policy.unwrap_or_else(|| panic!("{found:?}"));
    assert!(policy.categories.leq(policy.category("a").unwrap(), policy.category("b").unwrap()));
    assert_eq!(policy.path(policy.categories[1].span), "sub/b.purlin");
    let (policy, found) = load(&files[..1]);
    assert!(policy.is_none());
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["P10"]);
}

#[test]
fn bindings_of_every_shape() {
    let p = policy(
        "category email { hashed } subject s guard g recipient r { acts as controller } store d audience self \
         purpose q { basis contract uses email }\n\
         bind rust {\n  crate::Email.0 as email of s\n  crate::f(0) as email\n  crate::r#type::x as library\n\
           <crate::T as crate::Tr>::f as recipient r\n  <T as Tr>::* as ours\n  crate::gone as guard g if false\n\
           crate::E::Variant as guard g\n  tracing::* as store d\n  crate::User as subject s\n  crate::m! as store d\n\
           a as email, b::c as email of s\n  crate::purge as purge of d, crate::er as erasure of s }\n\
         bind sql {\n  \"Customers\".\"E Mail\" as email of s\n  DB.Public.Customers.Email as email\n  * as store d\n\
           orders.* as not personal\n  customers.profile->email as email\n  t.p->>'k.x' as email\n  `odd` as subject s }\n\
         bind sql in \"services/billing\" dialect mysql { customers.email as email, email.hashed of s }\n\
         bind sql dialect postgres { }\n\
         bind host { \"*.X.example\" as recipient r }\n\
         bind env { MAIL_URL as recipient r }\n\
         bind path { \"reports/**\" as purpose q }",
    );
    let shown: Vec<String> = p.bindings.iter().map(|b| std::format!("{:?}", b.target)).collect();
    assert_eq!(shown.len(), 25, "{shown:#?}");
    let rust = |segments: &[&str], field: Option<&str>, param: Option<&str>, glob| BindTarget::Rust {
        segments: segments.iter().map(|s| (*s).to_owned()).collect(),
        qself: None,
        field: field.map(str::to_owned),
        param: param.map(str::to_owned),
        glob,
    };
    let sql = |parts: &[&str], glob, json: Option<&str>, within: Option<&str>| BindTarget::Sql {
        parts: parts.iter().map(|s| (*s).to_owned()).collect(),
        glob,
        json: json.map(str::to_owned),
        within: within.map(str::to_owned),
    };
    let targets: Vec<&BindTarget> = p.bindings.iter().map(|b| &b.target).collect();
    assert_eq!(*targets[0], rust(&["crate", "Email"], Some("0"), None, false));
    assert_eq!(*targets[1], rust(&["crate", "f"], None, Some("0"), false));
    assert_eq!(*targets[2], rust(&["crate", "type", "x"], None, None, false));
    let BindTarget::Rust { segments, qself, .. } = targets[3] else { panic!() };
    assert_eq!((segments.join("::"), qself.clone().unwrap().1.join("::")), ("f".to_owned(), "crate::Tr".to_owned()));
    assert_eq!(p.bindings[5].meaning, Meaning::Guard(GuardId(0), true));
    assert_eq!(*targets[7], rust(&["tracing"], None, None, true));
    assert_eq!(*targets[14], sql(&["Customers", "E Mail"], false, None, None));
    assert_eq!(*targets[15], sql(&["db", "public", "customers", "email"], false, None, None));
    assert_eq!(*targets[16], sql(&[], true, None, None));
    assert_eq!(*targets[17], sql(&["orders"], true, None, None));
    assert_eq!(*targets[18], sql(&["customers", "profile"], false, Some("email"), None));
    assert_eq!(*targets[19], sql(&["t", "p"], false, Some("k.x"), None));
    assert_eq!(*targets[21], sql(&["customers", "email"], false, None, Some("services/billing")));
    let Meaning::Data(labels) = &p.bindings[21].meaning else { panic!() };
    assert_eq!(labels.len(), 2);
    assert_eq!(*targets[22], BindTarget::Host("*.x.example".to_owned()));
    let spoken: Vec<_> = p.dialects.iter().map(|d| (d.within.as_deref(), d.name.as_str())).collect();
    assert_eq!(spoken, [(Some("services/billing"), "mysql"), (None, "postgres")]);
}

#[test]
fn comments_survive_formatting() {
    let text = "# top\n\npurlin 1 # version\ncategory a # tail\n# own\nsubject s  # s\n\n\n\npurpose p { # opens\n  # why\n\
                basis contract\n  uses a, # first\n    a # second\n  # last\n} # closes\n# end";
    let made = format(text).unwrap();
    assert_eq!(
        made,
        "# top\n\npurlin 1  # version\ncategory a  # tail\n# own\nsubject s  # s\n\npurpose p {  # opens\n  # why\n  \
         basis    contract\n  # first\n  uses     a, a  # second\n  # last\n}  # closes\n# end\n"
    );
    assert_eq!(format(&made).unwrap(), made);
}

#[test]
fn a_dialect_stands_behind_the_folder() {
    let text = "purlin 1\nbind sql  in \"a\"   dialect mysql {x as not personal}\nbind sql dialect sqlite {}\n";
    assert_eq!(
        format(text).unwrap(),
        "purlin 1\nbind sql in \"a\" dialect mysql { x as not personal }\nbind sql dialect sqlite { }\n"
    );
}

#[test]
fn the_densest_sentence_is_split() {
    let text = "purlin 1\nmust not use contact, payment except payment.card of customer for marketing \"why\"\n";
    assert_eq!(
        format(text).unwrap(),
        "purlin 1\nmust not use contact, payment\n  except payment.card\n  of customer for marketing \"why\"\n"
    );
}
