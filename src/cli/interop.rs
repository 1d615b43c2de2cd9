//! `purlin import fides` and `purlin export fides|dpv`.

use super::Exit;
use super::args::{Export, ExportFormat, Import, ImportFormat};
use super::ask;
use super::check::diagnostics;
use super::out::Out;
use crate::diag::Severity;
use crate::interop::{dpv, fides_in, fides_out};
use crate::project::{self, Request};

pub(super) fn import(args: &Import, out: &Out) -> Exit {
    let mut files = Vec::new();
    for path in &args.files {
        match std::fs::read_to_string(path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) => return failed(out, &format!("{}: {error}", path.display())),
        }
    }
    let made = match args.format {
        ImportFormat::Fides => fides_in::import(&files),
    };
    match made {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => failed(out, &message),
    }
}

pub(super) fn export(args: &Export, out: &Out) -> Exit {
    let request =
        Request { paths: args.paths.clone(), policy: args.policy.clone(), code_only: false, shipped: ask::shipped };
    let roots = match project::discover_policy(&request) {
        Ok(roots) => roots,
        Err(fatal) => return failed(out, &fatal.to_string()),
    };
    let [inputs] = roots.as_slice() else {
        return failed(out, &format!("there are {} policies here; name the folder of one", roots.len()));
    };
    let (policy, problems) = ask::load(inputs);
    let Some(policy) = policy else {
        out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
        return failed(out, "the policy is broken, so nothing is exported");
    };
    let made = match args.format {
        ExportFormat::Fides => fides_out::export(&policy),
        ExportFormat::Dpv => dpv::export(&policy).map_err(|e| e.to_string()),
    };
    match made {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => failed(out, &message),
    }
}

fn failed(out: &Out, message: &str) -> Exit {
    out.note(&format!("error: {message}"));
    Exit::Usage
}
