//! Where results go: standard output, or a file.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::Failure;

/// Writes to the file, or to standard output where there is none.
///
/// A reader that has gone, such as `head`, is not an error.
///
/// # Errors
/// A file or standard output that cannot be written.
pub(crate) fn write(file: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(file) = file else {
        let mut stdout = io::stdout().lock();
        return match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(format!(
                "standard output cannot be written: {error}"
            ))),
            _ => Ok(()),
        };
    };
    to_file(file, bytes)
}

/// Writes to standard error, where it does not mix with results. One that is closed cannot be told so.
pub(crate) fn beside(bytes: &[u8]) {
    let _ = anstream::stderr().lock().write_all(bytes);
}

/// Writes a file.
///
/// # Errors
/// One that cannot be written.
pub(crate) fn to_file(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(file, bytes).map_err(|error| {
        Failure::new(format!("the file cannot be written: {error}")).at(file.display())
    })
}
