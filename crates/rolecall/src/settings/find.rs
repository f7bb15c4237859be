use std::path::{Path, PathBuf};

/// The file's name.
pub(super) const NAME: &str = "rolecall.toml";

/// Looks for `rolecall.toml` in a folder and those above it, up to the root of the Git work tree or
/// of the file system.
#[must_use]
pub fn find(from: &Path) -> Option<PathBuf> {
    for folder in from.ancestors() {
        let candidate = folder.join(NAME);
        if candidate.is_file() {
            return Some(candidate);
        }
        // `.git` is a file in a work tree of `git worktree` and in a submodule.
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn file_is_found_in_a_folder_above_but_not_above_the_work_tree() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("repo/teams/search");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join(NAME), "").unwrap();
        assert_eq!(find(&deep), Some(root.path().join(NAME)));

        fs::create_dir(root.path().join("repo/.git")).unwrap();
        assert_eq!(find(&deep), None);

        fs::write(root.path().join("repo").join(NAME), "").unwrap();
        assert_eq!(find(&deep), Some(root.path().join("repo").join(NAME)));
    }
}
