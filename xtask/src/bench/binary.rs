use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::root::root;

/// Builds the program as it is released; where it is.
pub(super) fn build() -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "rolecall"])
        .current_dir(root())
        .status()?;
    ensure!(status.success(), "rolecall does not build");
    // This program was built into the same folder.
    let folder = std::env::current_exe()?;
    let folder = folder.parent().context("this program has no folder")?;
    Ok(folder.join(format!("rolecall{}", std::env::consts::EXE_SUFFIX)))
}
