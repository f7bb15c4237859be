use std::path::Path;

/// Which files belong to which cluster, by the patterns of `rolecall.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFiles {
    /// Pattern and cluster, in the order of the file; the first that matches counts.
    pub patterns: Vec<(String, String)>,
}

impl ClusterFiles {
    /// The patterns with the folder that they are relative to.
    #[must_use]
    pub fn within(&self, folder: &Path) -> Vec<(String, String)> {
        let below = |pattern: &str| match pattern.trim_start_matches("./").trim_end_matches('/') {
            "" | "." => folder.join("**"),
            pattern => folder.join(pattern),
        };
        self.patterns
            .iter()
            .map(|(pattern, cluster)| {
                (
                    below(pattern).to_string_lossy().into_owned(),
                    cluster.clone(),
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_relative_to_the_folder_of_the_configuration() {
        let patterns = [("./prod/*.yaml", "a"), ("dev/", "b"), (".", "c")];
        let files = ClusterFiles {
            patterns: patterns.map(|(p, c)| (p.to_owned(), c.to_owned())).into(),
        };
        let found = files.within(Path::new("examples/clean"));
        let found: Vec<_> = found.iter().map(|(pattern, _)| pattern.as_str()).collect();
        assert_eq!(
            found,
            [
                "examples/clean/prod/*.yaml",
                "examples/clean/dev",
                "examples/clean/**"
            ]
        );
    }
}
