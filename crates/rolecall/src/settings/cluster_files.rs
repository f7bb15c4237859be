use std::path::{Component, Path, PathBuf};

use globset::Glob;

/// Which files belong to which cluster, by the patterns of `rolecall.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFiles {
    /// Pattern and cluster, in the order of the file; the first that matches counts.
    pub patterns: Vec<(String, String)>,
}

impl ClusterFiles {
    /// The patterns as they match paths typed in the working directory.
    ///
    /// `rolecall.toml` speaks of its own folder, origins of the path that was typed. So that both
    /// meet, each pattern is given in every form in which a path can be typed: absolute, relative to
    /// the working directory, and, where that lies below the folder of `rolecall.toml`, without the
    /// folders in between.
    #[must_use]
    pub fn as_typed(
        &self,
        settings_folder: &Path,
        working_directory: &Path,
    ) -> Vec<(String, String)> {
        let folder = normal(settings_folder, working_directory);
        let mut typed = Vec::new();
        for (pattern, cluster) in &self.patterns {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            let pattern = if matches!(pattern, "" | ".") {
                "**"
            } else {
                pattern
            };
            let forms = [
                Some(join(&folder, pattern)),
                Some(join(&relative(&folder, working_directory), pattern)),
                below(&folder, working_directory, pattern),
            ];
            typed.extend(
                forms
                    .into_iter()
                    .flatten()
                    .map(|form| (form, cluster.clone())),
            );
        }
        typed
    }
}

fn join(folder: &Path, pattern: &str) -> String {
    folder.join(pattern).to_string_lossy().replace('\\', "/")
}

/// The way from one folder to another, with `..` where it leads up.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let shared = to
        .components()
        .zip(from.components())
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

/// What is left of a pattern of `folder` once the working directory below it has been entered.
fn below(folder: &Path, working_directory: &Path, pattern: &str) -> Option<String> {
    let entered = working_directory.strip_prefix(folder).ok()?;
    let mut rest = pattern.split('/').peekable();
    for name in entered.components() {
        let Some(part) = rest.peek() else { break };
        if *part == "**" {
            break;
        }
        let matcher = Glob::new(part).ok()?.compile_matcher();
        if !matcher.is_match(Path::new(name.as_os_str())) {
            return None;
        }
        rest.next();
    }
    let rest: Vec<_> = rest.collect();
    Some(if rest.is_empty() {
        "**".to_owned()
    } else {
        rest.join("/")
    })
}

/// The path made absolute, without `.` and `..`.
fn normal(path: &Path, working_directory: &Path) -> PathBuf {
    working_directory
        .join(path)
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

    fn typed(pattern: &str, folder: &str, working_directory: &str) -> Vec<String> {
        let files = ClusterFiles {
            patterns: vec![(pattern.to_owned(), "prod".to_owned())],
        };
        files
            .as_typed(Path::new(folder), Path::new(working_directory))
            .into_iter()
            .map(|(form, _)| form)
            .collect()
    }

    #[test]
    fn pattern_is_given_in_every_form_in_which_a_path_is_typed() {
        assert_eq!(
            typed("clusters/prod/", "/repo", "/repo"),
            ["/repo/clusters/prod", "clusters/prod", "clusters/prod"]
        );
        assert_eq!(
            typed("./prod/*.yaml", "examples/clean", "/repo"),
            [
                "/repo/examples/clean/prod/*.yaml",
                "examples/clean/prod/*.yaml"
            ]
        );
    }

    #[test]
    fn working_directory_below_the_configuration_is_entered() {
        assert_eq!(
            typed("clusters/*/web.yaml", "/repo", "/repo/clusters/prod"),
            [
                "/repo/clusters/*/web.yaml",
                "../../clusters/*/web.yaml",
                "web.yaml"
            ]
        );
        assert_eq!(
            typed("clusters", "/repo", "/repo/clusters/prod"),
            ["/repo/clusters", "../../clusters", "**"]
        );
        assert_eq!(
            typed("**/a.yaml", "/repo", "/repo/x").last().unwrap(),
            "**/a.yaml"
        );
        assert_eq!(
            typed("other/", "/repo", "/repo/x"),
            ["/repo/other", "../other"]
        );
    }
}
