//! `purlin import fides` and `purlin export fides|dpv`.

use super::Exit;
use super::args::{Export, ExportFormat, Import, ImportFormat};
use super::ask;
use super::out::Out;
use crate::interop::{dpv, fides_in, fides_out};
use crate::project::Inputs;

pub(super) fn import(args: &Import, out: &Out) -> Exit {
    let mut files = Vec::new();
    for path in &args.files {
        match std::fs::read_to_string(path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) => return out.fail(&format!("{}: {error}", path.display())),
        }
    }
    let made = match args.format {
        ImportFormat::Fides => fides_in::import(&files),
    };
    match made {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => out.fail(&message),
    }
}

pub(super) fn export(args: &Export, out: &Out) -> Exit {
    match ask::one(&args.about.request()).and_then(|inputs| write(args.format, &inputs, out)) {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => out.fail(&message),
    }
}

fn write(format: ExportFormat, inputs: &Inputs, out: &Out) -> Result<String, String> {
    let policy = ask::sound(inputs, "nothing is exported", out)?;
    match format {
        ExportFormat::Fides => fides_out::export(&policy),
        ExportFormat::Dpv => dpv::export(&policy).map_err(|e| e.to_string()),
    }
}
