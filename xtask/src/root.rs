use std::path::PathBuf;

/// The workspace's folder: that of the clone `cargo run` was called in, which need not be the one this
/// binary was built in when several share a target folder.
pub(crate) fn root() -> PathBuf {
    let mut folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    folder.pop();
    folder
}

/// Writes a line to standard output; a reader that has gone is nobody's error.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}
