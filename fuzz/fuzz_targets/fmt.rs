//! Formatting is stable, and a formatted policy is the same policy.

#![no_main]

use libfuzzer_sys::fuzz_target;
use purlin::policy::{PolicyFile, format, load};
use purlin::source::FileId;

fuzz_target!(|text: &str| {
    let Ok(once) = format(text) else { return };
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "not stable");
    let read = |text: &str| load(&[PolicyFile { file: FileId(0), path: "p.purlin", text }]).0;
    assert_eq!(read(text).is_some(), read(&once).is_some(), "not the same policy");
});
