//! dbt models are templates. A mask of the same length makes most of them SQL: what is between `{%` and `%}` becomes
//! spaces, `{{ ref('stg_customers') }}` becomes the name it stands for.

/// The masked text, or `None` where the text holds no template.
pub(super) fn mask(text: &str) -> Option<String> {
    if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut closed = true;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let close = match from.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                out.push('{');
                rest = &from[1..];
                continue;
            }
        };
        let Some(end) = from.get(2..).and_then(|t| t.find(close)).map(|n| n + 4) else {
            closed = false;
            out.push_str(from);
            rest = "";
            break;
        };
        let (template, after) = from.split_at(end);
        let opens = out.trim_end().is_empty() || out.trim_end().ends_with(';');
        let name = if close == "}}" && !opens { stands_for(template) } else { String::new() };
        fill(&mut out, template, &name);
        rest = after;
    }
    out.push_str(rest);
    (closed && out.len() == text.len()).then_some(out)
}

/// Spaces of the same length, with `name` at the beginning; line ends stay where they are.
fn fill(out: &mut String, template: &str, name: &str) {
    let mut name = name;
    let first_line = template.find('\n').unwrap_or(template.len());
    if name.len() > first_line {
        name = "";
    }
    out.push_str(name);
    for (i, b) in template.bytes().enumerate().skip(name.len()) {
        // Bytes, so that offsets stay those of the text.
        out.push(if b == b'\n' && i >= name.len() { '\n' } else { ' ' });
    }
}

/// The relation of `ref` and `source`, or a name of its own.
fn stands_for(template: &str) -> String {
    let inner = template.trim_matches(['{', '}', '-', ' ']);
    let strings: Vec<&str> = inner.split(['\'', '"']).skip(1).step_by(2).collect();
    let call = inner.split('(').next().unwrap_or_default().trim();
    let plain = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match (call, strings.last()) {
        ("ref" | "source", Some(name)) if plain(name) => name.to_string(),
        ("this", _) => "this".into(),
        _ => "template".into(),
    }
}
