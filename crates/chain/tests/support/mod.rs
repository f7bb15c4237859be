//! Files as a user has them: written to a folder, read, traced.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub(crate) mod page;
pub(crate) mod settings;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rolecall_chain::{Finding, Options, Severity, Traced, Verdict, trace};
use rolecall_declared::DiagnosticLevel;
use rolecall_facts::Snapshot;

/// Files by name. Two names are special, as they are for the command line: `rolecall.toml`, and
/// `snapshot.json`, a saved snapshot that is merged with the rest.
pub(crate) type Files = BTreeMap<String, String>;

/// Some files, by name and text.
pub(crate) fn files(files: &[(&str, &str)]) -> Files {
    files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// What the command line would make of the files in a folder.
pub(crate) fn traced(files: &Files) -> Traced {
    let (snapshot, options) = read(files);
    trace(&snapshot, &options)
}

/// The facts and options that the files hold. Every file must be readable.
pub(crate) fn read(files: &Files) -> (Snapshot, Options) {
    let folder = tempfile::Builder::new()
        .prefix("rolecall")
        .tempdir()
        .unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = vec![folder.path().to_path_buf()];
    let settings = files.get("rolecall.toml").map(|text| settings::parse(text));
    let settings = settings.unwrap_or_default();
    let read = rolecall_declared::read(&root, &settings.read_options(folder.path()));
    let errors: Vec<_> = read
        .diagnostics
        .iter()
        .filter(|known| known.level == DiagnosticLevel::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut snapshot = read.snapshot;
    if let Some(text) = files.get("snapshot.json") {
        snapshot.merge(Snapshot::from_json(text).unwrap());
    }
    let policy = |name: &PathBuf| files[name.to_str().unwrap()].clone();
    settings.add_to(&mut snapshot, &policy);
    (snapshot, settings.options())
}

/// The codes of the findings, with their severities, sorted and each once.
pub(crate) fn codes(traced: &Traced) -> Vec<(&'static str, Severity)> {
    let mut codes: Vec<_> = traced
        .findings
        .iter()
        .map(|finding| (finding.rule.code, finding.severity))
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// The findings of one rule.
pub(crate) fn of<'t>(traced: &'t Traced, code: &str) -> Vec<&'t Finding> {
    let fits = |finding: &&Finding| finding.rule.code == code;
    traced.findings.iter().filter(fits).collect()
}

/// The one finding of a rule.
#[track_caller]
pub(crate) fn one<'t>(traced: &'t Traced, code: &str) -> &'t Finding {
    let found = of(traced, code);
    assert_eq!(found.len(), 1, "{code} in {:#?}", messages(traced));
    found[0]
}

/// Fails where the rule has a finding.
#[track_caller]
pub(crate) fn none(traced: &Traced, code: &str) {
    assert!(of(traced, code).is_empty(), "{:#?}", messages(traced));
}

/// All findings as text.
pub(crate) fn messages(traced: &Traced) -> Vec<String> {
    let text = |finding: &Finding| {
        format!(
            "{} {}: {}",
            finding.rule.code, finding.severity, finding.message
        )
    };
    traced.findings.iter().map(text).collect()
}

/// The verdict of one link of one pool.
#[track_caller]
pub(crate) fn verdict(traced: &Traced, pool: &str, link: &str) -> Verdict {
    let chain = traced.chains.iter().find(|chain| chain.pool.name == pool);
    let chain = chain.unwrap_or_else(|| panic!("no pool {pool}"));
    let state = chain.links.iter().find(|state| state.link.as_str() == link);
    state.unwrap_or_else(|| panic!("no link {link}")).verdict
}

/// A NodePool's manifest.
pub(crate) fn node_pool(name: &str, group: &str, kind: &str, class: &str) -> String {
    format!(
        "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      nodeClassRef:\n        group: {group}\n        kind: {kind}\n        name: {class}\n---\n"
    )
}

/// A class of Auto Mode with one field, and a pool of the same name that uses it.
pub(crate) fn auto_mode(name: &str, field: &str) -> String {
    let class = format!(
        "apiVersion: eks.amazonaws.com/v1\nkind: NodeClass\nmetadata:\n  name: {name}\nspec:\n  {field}\n---\n"
    );
    class + &node_pool(name, "eks.amazonaws.com", "NodeClass", name)
}

/// A class of Karpenter with one field, and a pool of the same name that uses it.
pub(crate) fn karpenter(name: &str, field: &str) -> String {
    let class = format!(
        "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata:\n  name: {name}\nspec:\n  {field}\n---\n"
    );
    class + &node_pool(name, "karpenter.k8s.aws", "EC2NodeClass", name)
}

/// A Terraform role that EC2 may assume, with more arguments.
pub(crate) fn role(address: &str, name: &str, arguments: &str) -> String {
    trusted_role(
        address,
        name,
        "ec2.amazonaws.com",
        "\"sts:AssumeRole\"",
        arguments,
    )
}

/// A Terraform role that a service may assume.
pub(crate) fn trusted_role(
    address: &str,
    name: &str,
    service: &str,
    actions: &str,
    arguments: &str,
) -> String {
    format!(
        r#"
resource "aws_iam_role" "{address}" {{
  name = "{name}"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = {actions}, Principal = {{ Service = "{service}" }} }}]
  }})
  {arguments}
}}
"#
    )
}

/// The two policies of an Auto Mode node role, as an argument of a Terraform role.
pub(crate) const AUTO_NODE_POLICIES: &str = r#"managed_policy_arns = [
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
  ]"#;

/// A Terraform cluster with access entries and more arguments.
pub(crate) fn cluster(name: &str, arguments: &str) -> String {
    format!(
        r#"
resource "aws_eks_cluster" "{name}" {{
  name     = "{name}"
  role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
  access_config {{
    authentication_mode = "API"
  }}
  {arguments}
}}
"#
    )
}

/// The argument that turns Auto Mode on without built-in pools.
pub(crate) const AUTO_MODE: &str = "compute_config {\n    enabled = true\n  }";
