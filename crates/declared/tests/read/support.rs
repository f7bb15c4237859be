//! Files in a folder of their own, and a short text for what was read from them.

#![expect(clippy::unwrap_used, reason = "a test without its files cannot go on")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rolecall_declared::{Options, Read, read};
use rolecall_facts::{AccessScope, Completeness, Fact, Origin, Reference, Snapshot};

/// A folder with files, gone after the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read(&self) -> Read {
        self.read_with(&Options::default())
    }

    pub(crate) fn read_with(&self, options: &Options) -> Read {
        read(&[self.0.path().to_owned()], options)
    }

    pub(crate) fn read_paths(&self, names: &[&str]) -> Read {
        let paths: Vec<PathBuf> = names.iter().map(|name| self.0.path().join(name)).collect();
        read(&paths, &Options::default())
    }

    /// What was read, with paths inside the folder.
    pub(crate) fn show(&self, read: &Read) -> String {
        self.relative(&show(read))
    }

    /// A text with paths inside the folder.
    pub(crate) fn relative(&self, text: &str) -> String {
        let prefix = self.0.path().display().to_string();
        text.replace(&format!("{prefix}/"), "")
            .replace(&prefix, ".")
    }
}

/// Reads one file and shows what was read.
pub(crate) fn shown(name: &str, text: &str) -> String {
    let folder = Folder::new(&[(name, text)]);
    folder.show(&folder.read())
}

fn fact<T>(fact: &Fact<T>, text: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known { value, .. } => text(value),
        Fact::Unknown { why, .. } => format!("? {why}"),
    }
}

fn string(value: &Fact<String>) -> String {
    fact(value, |text| format!("`{text}`"))
}

fn reference<T: ToString>(reference: &Reference<T>) -> String {
    let value = fact(&reference.value, |value| format!("`{}`", value.to_string()));
    match &reference.object {
        Some(object) => format!("{value} -> {object}"),
        None => value,
    }
}

fn optional<T: ToString>(value: Option<&Reference<T>>) -> String {
    value.map_or_else(|| "none".to_owned(), reference)
}

fn complete(completeness: &Completeness) -> String {
    match completeness {
        Completeness::Complete => "complete".to_owned(),
        Completeness::Partial(why) => format!("partial ({why})"),
    }
}

fn place(origin: &Origin) -> String {
    let file = origin.as_file().unwrap();
    format!(
        "{}:{}:{}+{}",
        file.path, file.line, file.column, file.length
    )
}

pub(crate) fn show(read: &Read) -> String {
    let mut out = show_snapshot(&read.snapshot);
    for diagnostic in &read.diagnostics {
        writeln!(out, "{:?}: {diagnostic}", diagnostic.level).unwrap();
        if let Some(help) = &diagnostic.help {
            writeln!(out, "  help: {help}").unwrap();
        }
    }
    out
}

fn show_snapshot(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    macro_rules! line {
        ($($part:tt)*) => { writeln!(out, $($part)*).unwrap() };
    }
    for cluster in &snapshot.clusters {
        line!(
            "cluster {} at {}",
            string(&cluster.name),
            place(&cluster.origin)
        );
        line!(
            "  mode: {}",
            fact(&cluster.authentication_mode, ToString::to_string)
        );
        line!("  role: {}", reference(&cluster.role));
        if let Some(compute) = &cluster.compute {
            line!(
                "  compute: {} pools {} role {}",
                fact(&compute.enabled, ToString::to_string),
                fact(&compute.node_pools, |pools| format!("{pools:?}")),
                optional(compute.node_role.as_ref())
            );
        }
        line!("  entries: {}", complete(&cluster.access_entries_complete));
        line!("  aws-auth: {}", complete(&cluster.aws_auth_complete));
    }
    for pool in &snapshot.node_pools {
        line!("pool `{}` at {}", pool.name, place(&pool.origin));
        line!("  cluster: {}", optional(pool.cluster.as_ref()));
        let class = fact(&pool.node_class_ref, |class| {
            format!("{}/{} `{}`", class.group, class.kind, class.name)
        });
        line!("  class: {class}");
        let keys: Vec<_> = pool.label_keys.iter().map(|key| key.key.as_str()).collect();
        line!("  labels: {keys:?}");
        for condition in &pool.conditions {
            line!(
                "  {}={} {}: {}",
                condition.kind,
                condition.status,
                condition.reason,
                condition.message
            );
        }
    }
    for class in &snapshot.node_classes {
        line!(
            "{} `{}` at {}",
            class.kind,
            class.name,
            place(&class.origin)
        );
        line!("  cluster: {}", optional(class.cluster.as_ref()));
        line!("  role: {}", optional(class.role.as_ref()));
        line!("  profile: {}", optional(class.instance_profile.as_ref()));
        for tag in &class.tags {
            line!("  tag {}: {}", tag.key, string(&tag.value));
        }
        for condition in &class.conditions {
            line!(
                "  {}={} {}: {}",
                condition.kind,
                condition.status,
                condition.reason,
                condition.message
            );
        }
    }
    for claim in &snapshot.node_claims {
        line!(
            "claim `{}` of {:?} at {}",
            claim.name,
            claim.node_pool,
            place(&claim.origin)
        );
        for condition in &claim.conditions {
            line!(
                "  {}={} {}: {}",
                condition.kind,
                condition.status,
                condition.reason,
                condition.message
            );
        }
    }
    for group in &snapshot.node_groups {
        line!(
            "{:?} group {} at {}",
            group.kind,
            string(&group.name),
            place(&group.origin)
        );
        line!("  cluster: {}", reference(&group.cluster));
        line!("  role: {}", optional(group.role.as_ref()));
        line!("  profile: {}", optional(group.instance_profile.as_ref()));
        line!("  windows: {}", fact(&group.windows, ToString::to_string));
    }
    for entry in &snapshot.access_entries {
        line!(
            "entry {} at {}",
            reference(&entry.principal),
            place(&entry.origin)
        );
        line!("  cluster: {}", reference(&entry.cluster));
        line!(
            "  type {} groups {} policies {}",
            string(&entry.entry_type),
            fact(&entry.kubernetes_groups, |groups| format!("{groups:?}")),
            complete(&entry.policies_complete)
        );
    }
    for policy in &snapshot.access_policies {
        line!(
            "access policy {} at {}",
            string(&policy.policy_arn),
            place(&policy.origin)
        );
        line!(
            "  for {} in {}",
            reference(&policy.principal),
            reference(&policy.cluster)
        );
        let scope = fact(&policy.scope, |scope| match scope {
            AccessScope::Cluster => "cluster".to_owned(),
            AccessScope::Namespaces(names) => format!("{names:?}"),
        });
        line!("  scope: {scope}");
    }
    for map in &snapshot.aws_auth {
        line!("aws-auth at {}", place(&map.origin));
        line!("  cluster: {}", optional(map.cluster.as_ref()));
        match &map.map_roles {
            Fact::Known { value, .. } => {
                for role in value {
                    let arn_place = role.role_arn.origin().map(place).unwrap_or_default();
                    line!("  {} at {arn_place}", string(&role.role_arn));
                    line!(
                        "    as {} in {} from {}",
                        string(&role.username),
                        fact(&role.groups, |groups| format!("{groups:?}")),
                        place(&role.origin)
                    );
                }
            }
            Fact::Unknown { why, .. } => line!("  ? {why}"),
        }
        for problem in &map.problems {
            line!("  ! {}: {}", place(&problem.origin), problem.message);
        }
    }
    for identity in &snapshot.pod_identities {
        line!(
            "identity {}/{} at {}",
            string(&identity.namespace),
            string(&identity.service_account),
            place(&identity.origin)
        );
        line!(
            "  role {} in {}",
            reference(&identity.role),
            reference(&identity.cluster)
        );
    }
    for role in &snapshot.roles {
        line!(
            "role {} path {} at {}",
            string(&role.name),
            string(&role.path),
            place(&role.origin)
        );
        line!(
            "  trust: {}",
            fact(&role.trust, |trust| format!(
                "{} {:?}",
                trust.text.trim(),
                trust.unknown
            ))
        );
        for policy in &role.inline_policies {
            line!(
                "  inline `{}`: {}",
                policy.name,
                fact(&policy.document, |document| document.text.trim().to_owned())
            );
        }
        for policy in &role.attached_policies {
            line!("  attached {}", reference(policy));
        }
        line!("  policies {}", complete(&role.policies_complete));
        if let Some(boundary) = &role.permissions_boundary {
            line!("  boundary {}", reference(boundary));
        }
    }
    for profile in &snapshot.instance_profiles {
        line!(
            "profile {} path {} role {} at {}",
            string(&profile.name),
            string(&profile.path),
            optional(profile.role.as_ref()),
            place(&profile.origin)
        );
    }
    for policy in &snapshot.managed_policies {
        line!(
            "policy {} at {}",
            string(&policy.arn),
            place(&policy.origin)
        );
        line!(
            "  {}",
            fact(&policy.document, |document| document.text.trim().to_owned())
        );
    }
    out
}
