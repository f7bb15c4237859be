//! Which cluster a manifest belongs to.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rolecall_facts::{Cluster, Fact, Origin, Reference};

use super::Options;
use crate::Diagnostic;
use crate::output::Output;

/// Gives every object that does not name its cluster one: the only declared cluster; else the
/// default of the options; else what the options say of its path; else none.
pub(super) fn clusters(output: &mut Output, options: &Options) {
    let snapshot = &mut output.snapshot;
    output
        .diagnostics
        .extend(contradiction(&snapshot.clusters, options));
    let only = only(&snapshot.clusters);
    let base = options.base.as_deref();
    let rules: Vec<(Gitignore, &str)> = options
        .cluster_of_path
        .iter()
        .filter_map(|rule| {
            Some((
                matcher(&comparable(&rule.path, base))?,
                rule.cluster.as_str(),
            ))
        })
        .collect();
    let declared = &snapshot.clusters;
    let choose = |origin: &Origin| -> Option<Reference<String>> {
        if only.is_some() {
            return only.clone();
        }
        let name = options
            .default_cluster
            .as_deref()
            .or_else(|| by_path(&rules, origin, base))?;
        let known = declared
            .iter()
            .find(|cluster| cluster.name.value().is_some_and(|known| known == name));
        Some(known.map_or_else(
            || Reference::by_value(Fact::known(name.to_owned(), origin.clone())),
            reference,
        ))
    };
    let fill = |cluster: &mut Option<Reference<String>>, origin: &Origin| {
        if cluster.is_none() {
            *cluster = choose(origin);
        }
    };
    for pool in &mut snapshot.node_pools {
        fill(&mut pool.cluster, &pool.origin);
    }
    for class in &mut snapshot.node_classes {
        fill(&mut class.cluster, &class.origin);
    }
    for claim in &mut snapshot.node_claims {
        fill(&mut claim.cluster, &claim.origin);
    }
    for map in &mut snapshot.aws_auth {
        fill(&mut map.cluster, &map.origin);
    }
}

/// The only declared cluster; one that is declared twice under one name is still one.
fn only(declared: &[Cluster]) -> Option<Reference<String>> {
    let (first, rest) = declared.split_first()?;
    let same = |other: &Cluster| first.name.is_known() && other.name.value() == first.name.value();
    rest.iter().all(same).then(|| reference(first))
}

fn reference(cluster: &Cluster) -> Reference<String> {
    Reference {
        value: cluster.name.clone(),
        object: cluster.id.clone(),
    }
}

/// A default cluster that is none of those declared, while their names are all known.
fn contradiction(declared: &[Cluster], options: &Options) -> Option<Diagnostic> {
    let wanted = options.default_cluster.as_deref()?;
    let names: Option<Vec<&str>> = declared
        .iter()
        .map(|cluster| cluster.name.value().map(String::as_str))
        .collect();
    let mut names = names.filter(|names| !names.is_empty() && !names.contains(&wanted))?;
    names.sort_unstable();
    names.dedup();
    let first = declared.iter().min_by_key(|cluster| &cluster.origin)?;
    let diagnostic = if let [only] = names.as_slice() {
        Diagnostic::error(
            format!(
                "`--cluster {wanted}` names another cluster than the only one declared, `{only}`"
            ),
            first.origin.clone(),
        )
        .with_help(format!(
            "say `--cluster {only}`, or nothing, or give the files of `{wanted}`"
        ))
    } else {
        Diagnostic::error(
            format!(
                "`--cluster {wanted}` names none of the declared clusters: `{}`",
                names.join("`, `")
            ),
            first.origin.clone(),
        )
        .with_help("name one of them, or give the files of that cluster")
    };
    Some(diagnostic)
}

fn matcher(path: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    // A leading slash anchors a pattern, so that `prod` is not any folder of that name.
    let anchored = format!("/{}", relative(path).trim_end_matches('/'));
    builder.add_line(None, &anchored).ok()?;
    builder.build().ok()
}

fn relative(path: &str) -> &str {
    path.strip_prefix("./")
        .unwrap_or(path)
        .trim_start_matches('/')
}

/// The path made absolute with the base, without `.` and `..`.
fn comparable<'a>(path: &'a str, base: Option<&Path>) -> Cow<'a, str> {
    let Some(base) = base.filter(|_| path != "-") else {
        return Cow::Borrowed(path);
    };
    let mut plain = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    Cow::Owned(plain.to_string_lossy().replace('\\', "/"))
}

fn by_path<'a>(
    rules: &[(Gitignore, &'a str)],
    origin: &Origin,
    base: Option<&Path>,
) -> Option<&'a str> {
    let path = comparable(&origin.as_file()?.path, base);
    let path = relative(&path);
    rules
        .iter()
        .find(|(rule, _)| {
            rule.matched_path_or_any_parents(Path::new(path), false)
                .is_ignore()
        })
        .map(|(_, cluster)| *cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_folder_a_file_or_a_glob() {
        let rules: Vec<_> = [
            ("./clusters/prod/", "p"),
            ("clusters/*/web.yaml", "w"),
            ("/abs/**/x", "a"),
        ]
        .map(|(path, cluster)| (matcher(path).unwrap(), cluster))
        .into();
        let of = |path: &str| by_path(&rules, &Origin::file(&path.into(), 1, 1, 0), None);
        assert_eq!(of("clusters/prod/a/b.yaml"), Some("p"));
        assert_eq!(of("clusters/test/web.yaml"), Some("w"));
        assert_eq!(of("other/clusters/prod/b.yaml"), None);
        assert_eq!(of("/abs/one/two/x"), Some("a"));
        assert_eq!(of("-"), None);
    }

    #[test]
    fn with_a_base_paths_meet_however_they_are_typed() {
        let base = Some(Path::new("/repo/clusters"));
        let rules: Vec<_> = [("prod", "p"), ("/repo/shared/*.yaml", "s")]
            .map(|(path, cluster)| (matcher(&comparable(path, base)).unwrap(), cluster))
            .into();
        let of = |path: &str| by_path(&rules, &Origin::file(&path.into(), 1, 1, 0), base);
        assert_eq!(of("prod/a.yaml"), Some("p"));
        assert_eq!(of("/repo/clusters/test/../prod/a.yaml"), Some("p"));
        assert_eq!(of("../shared/b.yaml"), Some("s"));
        assert_eq!(of("test/prod/a.yaml"), None);
        assert_eq!(of("-"), None);
    }
}
