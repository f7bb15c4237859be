//! The changes of every repair mend what they are offered for, and bring no other fault.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_chain::{ControlPlane, Finding, Options, RULES, Repair, Severity, Traced, trace};
use rolecall_facts::{Change, Snapshot, symbol};
use support::page::sections;
use support::{Files, messages, read};

/// The rules of which no example and no scenario has a repair that an API call can make, and why.
const ONLY_A_PERSON: [(&str, &str); 11] = [
    ("RC103", "whether a label may go only its writer knows"),
    (
        "RC206",
        "nodes need a role of their own, which is a person's to make",
    ),
    (
        "RC301",
        "which role was meant, or what a new one may do, is not known",
    ),
    (
        "RC302",
        "which of two roles gets another name is a person's choice",
    ),
    (
        "RC303",
        "a convention is a person's, and another path means another role",
    ),
    ("RC304", "IAM has no such role; only a file can be wrong so"),
    (
        "RC502",
        "a boundary or an organisation's policy is there on purpose",
    ),
    (
        "RC709",
        "a role of another account has to be made in this one",
    ),
    (
        "RC711",
        "EKS keeps one entry for a principal; only files declare two",
    ),
    (
        "RC903",
        "which role the built-in pools get is a person's choice",
    ),
    (
        "RC1101",
        "a controller that waits is not mended by a change of facts",
    ),
];

/// Files and where they are from.
struct Case {
    name: String,
    files: Files,
}

/// The examples of the rules' pages, and the scenarios.
fn cases() -> Vec<Case> {
    let pages = RULES.iter().map(|rule| {
        let page = sections(&rule.page());
        let example = page.into_iter().find(|part| part.heading == "Example");
        let mut files = Files::new();
        for block in example.unwrap().blocks {
            if let Some(file) = block.file {
                files.insert(file, block.text);
            }
        }
        Case {
            name: format!("the page of {}", rule.code),
            files,
        }
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut folders: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let scenarios = folders.into_iter().map(|folder| {
        let mut files = Files::new();
        add_files(&folder, &folder, &mut files);
        files.remove("expected.toml");
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Case {
            name: format!("scenario {name}"),
            files,
        }
    });
    pages.chain(scenarios).collect()
}

fn add_files(root: &Path, folder: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_files(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

const ACCOUNT: &str = "111122223333";

/// The snapshot as of one account and region, as one of a live cluster is.
fn settled(snapshot: &Snapshot) -> Snapshot {
    let text = snapshot.to_json().unwrap();
    let text = text
        .replace(symbol::ACCOUNT, ACCOUNT)
        .replace(symbol::PARTITION, "aws")
        .replace(symbol::REGION, "eu-west-1");
    let mut snapshot = Snapshot::from_json(&text).unwrap();
    let account = ACCOUNT.parse().ok();
    let partition = "aws".parse().ok();
    for cluster in &mut snapshot.clusters {
        cluster.account = cluster.account.or(account);
        cluster.partition = cluster.partition.clone().or_else(|| partition.clone());
        cluster.region.get_or_insert_with(|| "eu-west-1".to_owned());
    }
    for role in &mut snapshot.roles {
        role.account = role.account.or(account);
        role.partition = role.partition.clone().or_else(|| partition.clone());
    }
    for profile in &mut snapshot.instance_profiles {
        profile.account = profile.account.or(account);
    }
    snapshot
}

/// The same as an account and a cluster would tell it, and not files.
fn live(snapshot: &Snapshot) -> Snapshot {
    fn told(json: &mut serde_json::Value) {
        match json {
            serde_json::Value::Object(fields) => {
                if let Some(place) = fields.remove("file") {
                    let place = format!("{}:{:05}", place["path"], place["line"].as_u64().unwrap());
                    let call = serde_json::json!({ "call": "test:Read", "target": place });
                    fields.insert("api".to_owned(), call);
                }
                fields.values_mut().for_each(told);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(told),
            _ => {}
        }
    }
    let mut json = serde_json::to_value(snapshot).unwrap();
    told(&mut json);
    Snapshot::from_json(&json.to_string()).unwrap()
}

/// What shows only once something else is mended: the rule that is mended, and the one that then speaks.
const UNCOVERED: [(&str, &str); 3] = [
    // Without entries at all, none was missed.
    ("RC701", "RC702"),
    // An entry under the role's ARN is one that a control plane that drops paths does not find.
    ("RC702", "RC710"),
    ("RC703", "RC710"),
];

/// A finding by what it is about.
fn about(finding: &Finding) -> (&'static str, String) {
    (finding.rule.code, finding.subject.clone())
}

/// The errors by rule and pool; those of no pool by what they are about.
fn errors(traced: &Traced) -> BTreeSet<(&'static str, String)> {
    let errors = traced.findings.iter();
    errors
        .filter(|finding| finding.severity == Severity::Error)
        .flat_map(|finding| {
            let mut pools: Vec<_> = finding.pools.iter().map(|pool| pool.name.clone()).collect();
            if pools.is_empty() {
                pools.push(finding.subject.clone());
            }
            pools.into_iter().map(|pool| (finding.rule.code, pool))
        })
        .collect()
}

/// What is wrong with a repair, if anything.
fn tried(
    snapshot: &Snapshot,
    options: &Options,
    before: &Traced,
    finding: &Finding,
    repair: &Repair,
) -> Result<(), String> {
    let mut mended = snapshot.clone();
    for change in &repair.changes {
        change
            .apply(&mut mended)
            .map_err(|error| format!("{change:?} cannot be made: {error}"))?;
    }
    let after = trace(&mended, options);
    if repair.name != Some("managed-node-group")
        && after
            .findings
            .iter()
            .any(|other| about(other) == about(finding))
    {
        return Err(format!("it is still there:\n{:#?}", messages(&after)));
    }
    let (old, new) = (errors(before), errors(&after));
    let brought: Vec<_> = new
        .difference(&old)
        .filter(|(code, _)| !UNCOVERED.contains(&(finding.rule.code, *code)))
        .collect();
    match brought.is_empty() {
        true => Ok(()),
        false => Err(format!("it brings {brought:?}:\n{:#?}", messages(&after))),
    }
}

#[test]
fn every_repair_with_changes_mends_its_finding_and_brings_no_error() {
    let mut problems = Vec::new();
    let mut with_changes = BTreeSet::new();
    for case in cases() {
        let (snapshot, options) = read(&case.files);
        let settled = settled(&snapshot);
        let worlds = [settled.clone(), live(&settled)];
        let generations = [ControlPlane::Current, ControlPlane::Legacy];
        for (snapshot, control_plane) in worlds
            .iter()
            .flat_map(|world| generations.map(|generation| (world, generation)))
        {
            let options = Options {
                control_plane,
                ..options.clone()
            };
            let before = trace(snapshot, &options);
            for finding in &before.findings {
                for repair in finding.repairs.iter().filter(|r| !r.changes.is_empty()) {
                    with_changes.insert(finding.rule.code);
                    if let Err(problem) = tried(snapshot, &options, &before, finding, repair) {
                        problems.push(format!(
                            "{} ({control_plane:?}): {} `{}` by `{}`: {problem}",
                            case.name, finding.rule.code, finding.message, repair.action
                        ));
                    }
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problems\n{}",
        problems.len(),
        problems.join("\n\n")
    );
    let listed = |code: &str| ONLY_A_PERSON.iter().any(|(known, _)| *known == code);
    let undecided: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.code)
        .filter(|code| with_changes.contains(code) == listed(code))
        .collect();
    assert!(
        undecided.is_empty(),
        "either a repair of these has changes, or the list says why none has: {undecided:?}"
    );
}

/// Nothing is offered that leaves open whose account it is.
#[test]
fn without_an_account_no_change_is_offered_that_needs_one() {
    for case in cases() {
        let (snapshot, options) = read(&case.files);
        for finding in trace(&snapshot, &options).findings {
            for change in finding.repairs.iter().flat_map(|repair| &repair.changes) {
                let text = serde_json::to_string(change).unwrap();
                assert!(!symbol::has_any(&text), "{}: {text}", case.name);
            }
        }
    }
}

/// What is granted is granted on what has an ARN, or under a condition.
#[test]
fn no_statement_is_wider_than_the_need() {
    let mut seen = 0;
    for case in cases() {
        let (snapshot, options) = read(&case.files);
        let traced = trace(&settled(&snapshot), &options);
        for change in traced
            .findings
            .iter()
            .flat_map(|known| &known.repairs)
            .flat_map(|r| &r.changes)
        {
            let Change::PutInlinePolicy { name, document, .. } = change else {
                continue;
            };
            if snapshot
                .roles
                .iter()
                .flat_map(|role| &role.inline_policies)
                .any(|known| known.name == *name)
            {
                continue; // A copy of what the account has.
            }
            seen += 1;
            let document: serde_json::Value = serde_json::from_str(document).unwrap();
            for statement in document["Statement"].as_array().unwrap() {
                let resource = statement["Resource"].to_string();
                assert!(!resource.contains("\"*\""), "{}: {statement}", case.name);
                if statement["Action"] == "iam:PassRole" {
                    assert!(!resource.contains('*'), "{}: {statement}", case.name);
                    assert!(
                        statement["Condition"]["StringEquals"]["iam:PassedToService"].is_string()
                    );
                }
            }
        }
    }
    assert!(seen > 0);
}
