//! A redacted snapshot traces to the same, and says none of the names.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use generated::{parse, snapshot};
use proptest::prelude::*;
use rolecall_chain::{ControlPlane, Options, Pool, trace};
use rolecall_facts::Snapshot;
use serde_json::Value;

/// The words that stay, as the documentation tells.
const KEPT: &str = include_str!("../../facts/src/redact/words.txt");

/// What a trace says, with pools as `rename` has them.
fn told(
    snapshot: &Snapshot,
    control_plane: ControlPlane,
    rename: &dyn Fn(&Pool) -> Pool,
) -> (Vec<String>, Vec<String>) {
    let options = Options {
        control_plane,
        ..Options::default()
    };
    let traced = trace(snapshot, &options);
    let mut links: Vec<String> = traced
        .chains
        .iter()
        .map(|chain| {
            let links = chain.links.iter();
            let links: Vec<_> = links
                .map(|link| format!("{} {}", link.link.as_str(), link.verdict.as_str()))
                .collect();
            let pool = rename(&chain.pool);
            format!("{:?} {pool}: {}", pool.cluster, links.join(", "))
        })
        .collect();
    links.sort();
    let mut findings: Vec<String> = traced
        .findings
        .iter()
        .map(|finding| {
            let pools: BTreeSet<Pool> = finding.pools.iter().map(rename).collect();
            let code = finding.rule.code;
            format!("{code} {} {pools:?}", finding.severity)
        })
        // A slip of the pen is told by how alike two names are, and pseudonyms are not alike.
        .filter(|told| !told.starts_with("RC301 warning") && !told.starts_with("RC101 warning"))
        .collect();
    findings.sort();
    (links, findings)
}

/// The pseudonyms of pools, groups and clusters, by what stands at the same place.
fn renames(from: &Snapshot, to: &Snapshot) -> BTreeMap<String, String> {
    let names = |snapshot: &Snapshot| {
        let json = serde_json::to_value(snapshot).unwrap();
        let mut texts = Vec::new();
        texts_of(&json, "", &mut texts);
        texts
    };
    let (from, to) = (names(from), names(to));
    assert_eq!(from.len(), to.len());
    from.into_iter()
        .zip(to)
        .filter(|((field, _), _)| {
            matches!(field.as_str(), "name" | "cluster" | "node_pools" | "id")
        })
        .flat_map(|((_, from), (_, to))| {
            // A cluster without a known name is called by its address.
            let address = |id: &str| id.split_once('#').map(|(_, address)| address.to_owned());
            let by_address = address(&from).zip(address(&to));
            [Some((from, to)), by_address].into_iter().flatten()
        })
        .collect()
}

fn texts_of(json: &Value, field: &str, texts: &mut Vec<(String, String)>) {
    match json {
        Value::String(text) => texts.push((field.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, field, texts)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let wraps = matches!(name.as_str(), "known" | "value");
            texts_of(value, if wraps { field } else { name }, texts);
        }),
        _ => {}
    }
}

fn is_same(what: &str, snapshot: &Snapshot) -> Snapshot {
    let redacted = snapshot.redacted().unwrap();
    let renames = renames(snapshot, &redacted);
    let renamed = |name: &String| renames.get(name).unwrap_or(name).clone();
    let rename = |pool: &Pool| Pool {
        cluster: pool.cluster.as_ref().map(renamed),
        kind: pool.kind,
        name: renamed(&pool.name),
    };
    for generation in [ControlPlane::Current, ControlPlane::Legacy] {
        let before = told(snapshot, generation, &rename);
        let after = told(&redacted, generation, &Pool::clone);
        let lines = |(links, findings): (Vec<String>, Vec<String>)| {
            links.into_iter().chain(findings).collect::<Vec<_>>()
        };
        let (before, after) = (lines(before), lines(after));
        if before != after {
            let gone: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
            let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
            panic!("{what} {generation:?}\n- {gone:#?}\n+ {new:#?}");
        }
    }
    redacted
}

/// Words of the fields that users fill with names of their own.
fn own_words(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut texts = Vec::new();
    texts_of(&serde_json::to_value(snapshot).unwrap(), "", &mut texts);
    let kept: BTreeSet<&str> = KEPT.split_whitespace().collect();
    let named = |field: &str| {
        matches!(
            field,
            "name"
                | "path"
                | "account"
                | "accounts"
                | "cluster"
                | "node_pool"
                | "node_group"
                | "role"
                | "node_role"
                | "instance_profile"
                | "principal"
                | "role_arn"
                | "arn"
                | "key"
                | "tags"
                | "username"
                | "kubernetes_groups"
                | "groups"
                | "namespaces"
                | "unique_id"
                | "instance_id"
                | "node_name"
                | "event_id"
                | "caller_arn"
                | "role_complete_accounts"
                | "instance_profile_complete_accounts"
                | "node_pools"
        )
    };
    let of_aws = |text: &str| text.contains("::aws:");
    texts
        .iter()
        .filter(|(field, text)| named(field) && !of_aws(text))
        .flat_map(|(_, text)| text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_'))
        .map(str::to_lowercase)
        .filter(|word| word.len() > 2 && !kept.contains(word.as_str()))
        .filter(|word| !word.starts_with("eu-") && !word.starts_with("us-"))
        .filter(|word| !word.starts_with("awsservicerolefor") && !word.starts_with("aws_"))
        .filter(|word| word.len() == 12 || word.parse::<u64>().is_err())
        .collect()
}

fn says_none_of(what: &str, words: &BTreeSet<String>, redacted: &Snapshot) {
    let mut texts = Vec::new();
    texts_of(&serde_json::to_value(redacted).unwrap(), "", &mut texts);
    for (field, text) in texts.iter().filter(|(field, _)| field != "call") {
        let text = text.to_lowercase();
        let parts: BTreeSet<&str> = text
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
            .collect();
        for word in words {
            let found = parts.contains(word.as_str()) || word.len() > 6 && text.contains(word);
            assert!(!found, "{what}: `{word}` in {field}: {text}");
        }
    }
}

/// All folders that hold files of users.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = Vec::new();
    for parent in ["examples", "scenarios", "examples/clean"] {
        for entry in std::fs::read_dir(root.join(parent)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    folders.sort();
    folders
}

#[test]
fn every_example_and_scenario_traces_to_the_same_without_its_names() {
    for folder in folders() {
        let read = rolecall_declared::read(
            std::slice::from_ref(&folder),
            &rolecall_declared::Options::default(),
        );
        let mut facts = read.snapshot;
        if let Ok(saved) = std::fs::read_to_string(folder.join("snapshot.json")) {
            facts.merge(Snapshot::from_json(&saved).unwrap());
        }
        let what = folder.display().to_string();
        let redacted = is_same(&what, &facts);
        says_none_of(&what, &own_words(&facts), &redacted);
        let again = facts.redacted().unwrap();
        assert_eq!(again, redacted, "{what}");
    }
}

proptest! {
    #[test]
    fn any_snapshot_traces_to_the_same(json in snapshot()) {
        let facts = parse(&json);
        let redacted = is_same("generated", &facts);
        says_none_of("generated", &own_words(&facts), &redacted);
    }
}
