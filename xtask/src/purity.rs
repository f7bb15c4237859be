//! `cargo xtask purity`: the promises about dependencies that the compiler does not keep.
//!
//! The crates that judge must give the same answer for the same input, on any machine and at any
//! time. So they may not depend on a network, a clock or an async runtime, and may not ask the process
//! for its environment. And dependencies between the crates point downwards only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::root::{root, say};

/// Our crates from the bottom up; each may depend on those of lower layers only.
const LAYERS: [&[&str]; 8] = [
    &["rolecall-arn"],
    &["rolecall-policy", "rolecall-facts"],
    &[
        "rolecall-chain",
        "rolecall-declared",
        "rolecall-sandbox-aws",
        "rolecall-sandbox-kube",
    ],
    &["rolecall-sandbox-automode"],
    &["rolecall-report", "rolecall-live", "rolecall-sandbox"],
    &["rolecall-repair"],
    &["rolecall"],
    &["xtask"],
];

/// The crates that judge.
const PURE: [&str; 5] = ["arn", "policy", "facts", "chain", "declared"];

/// Crates that bring a network, a clock or an async runtime with them.
const IMPURE_CRATES: [&str; 18] = [
    "async-std",
    "chrono",
    "curl",
    "futures-executor",
    "hyper",
    "iana-time-zone",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "time",
    "tokio",
    "ureq",
    "url",
];

/// What reads the clock, the network or the process by way of the standard library or of jiff.
const IMPURE_CALLS: [&str; 10] = [
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::env",
    "env::var",
];

/// Checks all of it and names every breach.
pub(crate) fn check() -> Result<()> {
    let graph = Graph::read()?;
    let mut breaches = graph.upward_arrows();
    for name in PURE {
        breaches.extend(graph.impure_dependencies(&format!("rolecall-{name}")));
        breaches.extend(impure_calls(&root().join("crates").join(name).join("src"))?);
    }
    if !breaches.is_empty() {
        bail!("{}", breaches.join("\n"));
    }
    say("pure crates are pure, and dependencies point downwards");
    Ok(())
}

/// The normal dependencies (not those of tests and build scripts) of every package, by name.
struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    fn read() -> Result<Self> {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root())
            .output()
            .context("cannot run cargo metadata")?;
        ensure!(
            output.status.success(),
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let names: BTreeMap<&str, &str> = items(&metadata, "/packages")
            .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
            .collect();
        let name = |id: &Value| {
            id.as_str()
                .and_then(|id| names.get(id))
                .map(|name| (*name).to_owned())
        };
        let graph = items(&metadata, "/resolve/nodes").filter_map(|node| {
            let normal = items(node, "/deps").filter(|dependency| {
                items(dependency, "/dep_kinds").any(|kind| kind["kind"].is_null())
            });
            let dependencies = normal
                .filter_map(|dependency| name(&dependency["pkg"]))
                .collect();
            Some((name(&node["id"])?, dependencies))
        });
        Ok(Self(graph.collect()))
    }

    fn dependencies(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    fn upward_arrows(&self) -> Vec<String> {
        let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
        let ours = self
            .0
            .keys()
            .filter(|name| name.starts_with("rolecall") || *name == "xtask");
        let mut breaches = Vec::new();
        for name in ours {
            let Some(from) = layer(name) else {
                breaches.push(format!(
                    "`{name}` is in no layer; add it to LAYERS in xtask/src/purity.rs"
                ));
                continue;
            };
            for dependency in self.dependencies(name) {
                if layer(dependency).is_some_and(|to| to >= from) {
                    breaches.push(format!(
                        "`{name}` may not depend on `{dependency}`: arrows point downwards"
                    ));
                }
            }
        }
        breaches
    }

    /// The impure crates that a pure one reaches, each with the way there.
    fn impure_dependencies(&self, name: &str) -> Vec<String> {
        let mut seen = BTreeSet::from([name]);
        let mut open = VecDeque::from([vec![name]]);
        let mut breaches = Vec::new();
        while let Some(way) = open.pop_front() {
            let Some(last) = way.last() else { continue };
            if IMPURE_CRATES.contains(last) {
                breaches.push(format!("`{name}` must stay pure, yet: {}", way.join(" → ")));
                continue;
            }
            for dependency in self.dependencies(last) {
                if seen.insert(dependency) {
                    open.push_back(way.iter().copied().chain([dependency]).collect());
                }
            }
        }
        breaches
    }
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Lines of a folder's sources that ask the clock, the network or the process.
fn impure_calls(folder: &Path) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            breaches.extend(impure_calls(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            for (index, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(call) = IMPURE_CALLS.iter().find(|call| code.contains(**call)) {
                    breaches.push(format!(
                        "{}:{}: `{call}` in a pure crate",
                        path.display(),
                        index + 1
                    ));
                }
            }
        }
    }
    Ok(breaches)
}
