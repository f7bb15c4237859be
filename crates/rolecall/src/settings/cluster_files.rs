use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Which files belong to which cluster, by the patterns of `rolecall.toml`.
#[derive(Debug, Clone, Default)]
pub struct ClusterFiles {
    /// The folder that patterns are relative to, absolute.
    folder: PathBuf,
    /// Patterns and cluster, in the order of the file.
    clusters: Vec<(GlobSet, String)>,
}

impl ClusterFiles {
    /// No patterns yet, relative to a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: normal(folder),
            clusters: Vec::new(),
        }
    }

    /// Adds a cluster's patterns. A pattern without wildcard names a file or a folder with all in it.
    ///
    /// # Errors
    /// The index of a pattern that is not one, and why.
    pub fn add<'a>(
        &mut self,
        cluster: &str,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), (usize, globset::Error)> {
        let mut set = GlobSetBuilder::new();
        for (index, pattern) in patterns.into_iter().enumerate() {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            let everything = if pattern == "." || pattern.is_empty() {
                "**"
            } else {
                pattern
            };
            for text in [everything.to_owned(), format!("{everything}/**")] {
                let glob = GlobBuilder::new(&text)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| (index, error))?;
                set.add(glob);
            }
        }
        let set = set.build().map_err(|error| (0, error))?;
        self.clusters.push((set, cluster.to_owned()));
        Ok(())
    }

    /// The cluster of a file whose path is relative to the working directory: the first whose
    /// patterns match.
    #[must_use]
    pub fn cluster_of(&self, file: &str) -> Option<&str> {
        let absolute = normal(Path::new(file));
        let relative = absolute.strip_prefix(&self.folder).ok()?;
        self.clusters
            .iter()
            .find(|(patterns, _)| patterns.is_match(relative))
            .map(|(_, cluster)| cluster.as_str())
    }
}

/// The path made absolute, without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .components()
        .fold(PathBuf::new(), |mut built, component| {
            match component {
                Component::ParentDir => {
                    built.pop();
                }
                Component::CurDir => {}
                other => built.push(other),
            }
            built
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> ClusterFiles {
        let mut files = ClusterFiles::new(Path::new("/repo"));
        files
            .add("prod", ["clusters/prod/", "shared/*.yaml"])
            .unwrap();
        files.add("dev", ["**/dev-*.yaml", "./one.yaml"]).unwrap();
        files
    }

    #[test]
    fn folders_files_and_patterns_name_their_cluster() {
        let files = files();
        assert_eq!(
            files.cluster_of("/repo/clusters/prod/a/b.yaml"),
            Some("prod")
        );
        assert_eq!(files.cluster_of("/repo/shared/a.yaml"), Some("prod"));
        assert_eq!(files.cluster_of("/repo/shared/deep/a.yaml"), None);
        assert_eq!(files.cluster_of("/repo/x/y/dev-a.yaml"), Some("dev"));
        assert_eq!(files.cluster_of("/repo/./x/../one.yaml"), Some("dev"));
        assert_eq!(files.cluster_of("/elsewhere/one.yaml"), None);
    }

    #[test]
    fn pattern_that_is_none_is_named() {
        let error = ClusterFiles::new(Path::new("/"))
            .add("prod", ["ok", "a[b"])
            .unwrap_err();
        assert_eq!(error.0, 1);
    }
}
