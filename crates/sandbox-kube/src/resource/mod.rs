//! The kinds that are served: [`Resource`], one kind in one version, and the [`Registry`] of all.

mod builtin;
mod rows;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::crd::Bundle;
use crate::patch::Shape;
use crate::schema::Schema;

/// One kind in one version, as discovery tells it.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version, as in `v1`.
    pub version: String,
    /// As in `nodepools`; the name in paths and RBAC rules.
    pub plural: String,
    /// As in `nodepool`.
    pub singular: String,
    /// As in `NodePool`.
    pub kind: String,
    /// As in `NodePoolList`.
    pub list_kind: String,
    /// As in `np`.
    pub short_names: Vec<String>,
    /// As in `karpenter`.
    pub categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// What there is below an object.
    pub subresources: Subresources,
    /// The verbs the resource itself takes.
    pub verbs: &'static [&'static str],
    /// What its objects may look like.
    pub schema: Arc<Schema>,
    /// The columns of its table, after the name; only a CRD has them here, see `table` for the rest.
    pub columns: Vec<Column>,
    /// The name of the CRD this comes from; nothing for a kind of the core.
    pub crd: Option<String>,
    /// Which resource's objects these are, as in `events` for both groups of events: `plural.group`, or
    /// the plural alone in the core group.
    pub storage: Arc<str>,
    /// Whether `metadata.generation` counts changes of the specification.
    pub generation: bool,
    /// Field selectors beyond `metadata.name` and `metadata.namespace`: the selector's name and the path
    /// of the field, as in `spec.nodeName`.
    pub selectable: Vec<Selectable>,
    /// Deprecation warning of this version, sent in the `Warning` header.
    pub warning: Option<String>,
}

/// The subresources of a kind.
#[derive(Debug, Clone, Default)]
pub struct Subresources {
    /// Whether `/status` is served, and the rest of the object cannot be changed through it.
    pub status: bool,
    /// `/scale`.
    pub scale: Option<Scale>,
    /// Further ones, as in `eviction` of pods.
    pub others: &'static [SubResource],
}

/// A subresource that only some core kind has.
#[derive(Debug, Clone, Copy)]
pub struct SubResource {
    /// As in `eviction`.
    pub name: &'static str,
    /// The kind of its body, as in `Eviction`.
    pub kind: &'static str,
    /// The group of that kind.
    pub group: &'static str,
    /// The version of that kind.
    pub version: &'static str,
    /// The verbs.
    pub verbs: &'static [&'static str],
}

/// Where `/scale` finds its numbers: paths as CRDs write them, as in `.spec.replicas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The wanted number.
    pub spec_path: String,
    /// The number there is.
    pub status_path: String,
    /// The label selector, as text.
    pub selector_path: Option<String>,
}

/// A field that a field selector may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selectable {
    /// As a user writes it: `spec.nodeName`.
    pub name: String,
    /// The members to go through.
    pub path: Vec<String>,
}

/// A column of a table (`additionalPrinterColumns`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// The title, as in `NodeClass`.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: String,
    /// As in `int64`, `name`; often empty.
    pub format: String,
    /// What `kubectl explain`-like clients show.
    pub description: String,
    /// 0 is always shown, above 0 only with `-o wide`.
    pub priority: i64,
    /// Where the value is, as in `.status.conditions[?(@.type=="Ready")].status`.
    pub json_path: String,
}

/// The verbs of a kind that can be kept.
pub const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

impl Resource {
    /// `karpenter.sh/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// How its objects are merged and owned.
    pub fn shape(&self) -> &Arc<Shape> {
        self.schema.shape()
    }

    /// `nodepools.karpenter.sh`, or `nodes` in the core group.
    pub fn qualified(&self) -> String {
        crate::status::qualified(&self.group, &self.plural)
    }
}

/// `karpenter.sh/v1`, or `v1` in the core group.
pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// All kinds that are served at one moment. Cheap to share; a change makes a new one.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    by_path: BTreeMap<(String, String, String), Arc<Resource>>,
}

/// The kinds that are there from the start, for each bundle of definitions.
static BUILTIN: LazyLock<[Arc<Registry>; 4]> = LazyLock::new(|| {
    let mut core = Registry::default();
    for resource in builtin::resources() {
        core.add(resource);
    }
    Bundle::ALL.map(|bundle| {
        let mut registry = core.clone();
        for crd in crate::crd::bundle(bundle) {
            for resource in crate::crd::resources(crd) {
                registry.add(resource);
            }
        }
        Arc::new(registry)
    })
});

impl Registry {
    /// The core kinds and those of all CRDs known here; made once for the process.
    pub fn builtin() -> Arc<Self> {
        Self::of_bundle(Bundle::Both)
    }

    /// The core kinds and those of a bundle of CRDs; made once for the process.
    pub fn of_bundle(bundle: Bundle) -> Arc<Self> {
        let made = Bundle::ALL.iter().zip(BUILTIN.iter());
        let mut found = made
            .filter(|(one, _)| **one == bundle)
            .map(|(_, registry)| registry.clone());
        found.next().unwrap_or_default()
    }

    /// The kinds in order of group, version and plural.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.by_path.values()
    }

    /// The kind under `/apis/GROUP/VERSION/PLURAL`.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        // A key of borrowed parts would need another ordering than the map's; three short strings are cheap.
        self.by_path
            .get(&(group.to_owned(), version.to_owned(), plural.to_owned()))
    }

    /// The kind that an object's `apiVersion` and `kind` name.
    pub fn by_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.iter()
            .find(|one| one.kind == kind && one.group == group && one.version == version)
    }

    /// The kinds of one group and version.
    pub fn of_group_version<'a>(
        &'a self,
        group: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.by_path
            .range((group.to_owned(), version.to_owned(), String::new())..)
            .map(|(_, resource)| resource)
            .take_while(move |resource| resource.group == group && resource.version == version)
    }

    /// The groups with their versions, the preferred one first; the core group (empty) among them.
    pub fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for resource in self.iter() {
            let (group, version) = (resource.group.as_str(), resource.version.as_str());
            match groups.last_mut() {
                Some((last, versions)) if *last == group => {
                    if !versions.contains(&version) {
                        versions.push(version);
                    }
                }
                _ => groups.push((group, vec![version])),
            }
        }
        for (_, versions) in &mut groups {
            versions.sort_by_key(|one| std::cmp::Reverse(version_order(one)));
        }
        groups
    }

    /// Adds a kind, or replaces it.
    pub fn add(&mut self, resource: Resource) {
        let key = (
            resource.group.clone(),
            resource.version.clone(),
            resource.plural.clone(),
        );
        self.by_path.insert(key, Arc::new(resource));
    }

    /// The same with the kinds of this CRD replaced by what it says now; by nothing, if it is gone.
    pub fn with_crd(&self, name: &str, crd: Option<&Value>) -> Self {
        let mut next = self.clone();
        next.by_path
            .retain(|_, resource| resource.crd.as_deref() != Some(name));
        for resource in crd.map(crate::crd::resources).unwrap_or_default() {
            next.add(resource);
        }
        next
    }
}

/// Kubernetes' order of versions: `v2` before `v1` before `v1beta2` before `v1alpha1` before other names.
fn version_order(version: &str) -> (u8, u64, u64, std::cmp::Reverse<String>) {
    let name = std::cmp::Reverse(version.to_owned());
    let Some(rest) = version.strip_prefix('v') else {
        return (0, 0, 0, name);
    };
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let (major, tail) = rest.split_at(digits(rest));
    let Ok(major) = major.parse() else {
        return (0, 0, 0, name);
    };
    let (class, minor) = if tail.is_empty() {
        (3, "0")
    } else if let Some(minor) = tail.strip_prefix("beta") {
        (2, minor)
    } else if let Some(minor) = tail.strip_prefix("alpha") {
        (1, minor)
    } else {
        return (0, 0, 0, name);
    };
    match minor.parse() {
        Ok(minor) => (class, major, minor, name),
        Err(_) => (0, 0, 0, name),
    }
}
