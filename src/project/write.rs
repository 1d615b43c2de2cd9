//! Writing files: one that is there is never left half written.

use std::path::Path;

/// Replaces a file by a text, so that an interrupted run leaves the old one or the new one.
///
/// # Errors
/// If the system refuses.
pub fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = file.canonicalize()?;
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".purlin-new");
    let beside = file.with_file_name(name);
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::metadata(&file)?.permissions())?;
    std::fs::rename(&beside, &file)
}

/// Writes a text to a file, which need not exist; one that is there is [replaced](replace). What is no regular file (a
/// pipe, a terminal) is written to as it is.
///
/// # Errors
/// If the system refuses.
pub fn write(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::metadata(file) {
        Ok(meta) if meta.is_file() => replace(file, text),
        Ok(_) => std::fs::write(file, text),
        Err(_) => {
            if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(file, text)
        }
    }
}
