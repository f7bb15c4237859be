//! `cargo xtask generate`: documents that are made from the code, so that they cannot lag behind it.

mod command_line;
mod permissions;
mod rule_pages;
mod schemas;
mod transcript;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::root::{root, say};

/// A generated file: its path below the workspace, and its text.
struct Document {
    path: String,
    text: String,
}

/// Folders of which every file is generated, so that one that is no longer generated is stale.
const OWNED: [&str; 2] = ["docs/rules", "docs/schema"];

/// Writes the generated files, or checks that they are what would be written.
pub(crate) fn generate(check: bool) -> Result<()> {
    let root = root();
    let mut documents = rule_pages::documents();
    documents.push(command_line::document());
    documents.push(permissions::document());
    documents.extend(schemas::documents()?);
    documents.push(transcript::document()?);
    let mut stale = Vec::new();
    for document in &documents {
        let path = root.join(&document.path);
        // Git may have checked the file out with other line endings.
        let now = fs::read_to_string(&path)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        if now == document.text {
            continue;
        }
        stale.push(document.path.clone());
        if !check {
            write(&path, &document.text)?;
        }
    }
    let known: BTreeSet<_> = documents
        .iter()
        .map(|document| document.path.as_str())
        .collect();
    for left in left_over(&root, &known) {
        if !check {
            fs::remove_file(root.join(&left)).with_context(|| format!("cannot remove {left}"))?;
        }
        stale.push(left);
    }
    if check && !stale.is_empty() {
        bail!(
            "not what the code says: {}\nrun `cargo xtask generate` and commit what it writes",
            stale.join(", ")
        );
    }
    say(&if check {
        format!("{} generated files are up to date", documents.len())
    } else {
        format!(
            "{} generated files, {} changed",
            documents.len(),
            stale.len()
        )
    });
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn left_over(root: &Path, known: &BTreeSet<&str>) -> Vec<String> {
    let mut left: Vec<_> = OWNED
        .iter()
        .flat_map(|folder| {
            let entries = fs::read_dir(root.join(folder))
                .into_iter()
                .flatten()
                .flatten();
            entries.map(move |entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
        })
        .filter(|path| !known.contains(path.as_str()))
        .collect();
    left.sort();
    left
}
