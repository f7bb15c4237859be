//! RBAC: roles and bindings, compiled.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::object;
use crate::store::Store;
use crate::user::{Attributes, User};

const CLUSTER_ROLES: &str = "clusterroles.rbac.authorization.k8s.io";
const CLUSTER_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
const ROLES: &str = "roles.rbac.authorization.k8s.io";
const BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";

/// One rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) paths: Vec<String>,
}

impl Rule {
    fn parse(json: &Value) -> Self {
        let texts = |field: &str| -> Vec<String> {
            let list = json
                .get(field)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            verbs: texts("verbs"),
            groups: texts("apiGroups"),
            resources: texts("resources"),
            names: texts("resourceNames"),
            paths: texts("nonResourceURLs"),
        }
    }

    fn allows(&self, ask: &Attributes<'_>) -> bool {
        let has =
            |list: &[String], one: &str| list.iter().any(|other| other == "*" || other == one);
        if !has(&self.verbs, ask.verb) {
            return false;
        }
        if !ask.path.is_empty() {
            return self
                .paths
                .iter()
                .any(|pattern| path_matches(pattern, ask.path));
        }
        has(&self.groups, ask.group)
            && self.resources.iter().any(|one| resource_matches(one, ask))
            && (self.names.is_empty() || self.names.iter().any(|name| name == ask.name))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => pattern == path,
    }
}

fn resource_matches(pattern: &str, ask: &Attributes<'_>) -> bool {
    if pattern == "*" {
        return true;
    }
    match pattern.split_once('/') {
        None => ask.subresource.is_empty() && pattern == ask.resource,
        Some((resource, subresource)) => {
            subresource == ask.subresource && (resource == "*" || resource == ask.resource)
        }
    }
}

/// Whom a binding is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    User(String),
    Group(String),
}

impl Subject {
    fn parse(json: &Value, namespace: &str) -> Option<Self> {
        let text = |field: &str| json.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("kind") {
            "User" => Some(Self::User(text("name").to_owned())),
            "Group" => Some(Self::Group(text("name").to_owned())),
            "ServiceAccount" => {
                let home = if text("namespace").is_empty() {
                    namespace
                } else {
                    text("namespace")
                };
                Some(Self::User(format!(
                    "system:serviceaccount:{home}:{}",
                    text("name")
                )))
            }
            _ => None,
        }
    }

    fn is(&self, user: &User) -> bool {
        match self {
            Self::User(name) => *name == user.name,
            Self::Group(group) => user.is_in(group),
        }
    }
}

#[derive(Debug, Clone)]
struct Binding {
    /// Empty for all namespaces.
    namespace: String,
    subjects: Vec<Subject>,
    rules: Arc<Vec<Rule>>,
}

/// All roles and bindings of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    bindings: Vec<Binding>,
}

impl Rules {
    /// Changes whenever a role or a binding does.
    pub(crate) fn revision(store: &Store) -> u64 {
        let changed = |storage| {
            store
                .collection(storage)
                .map(|all| all.changed())
                .unwrap_or_default()
        };
        [CLUSTER_ROLES, CLUSTER_BINDINGS, ROLES, BINDINGS]
            .map(changed)
            .into_iter()
            .max()
            .unwrap_or_default()
    }

    /// Reads the objects of the store. A binding to a role that is not there gives nothing.
    pub(crate) fn compile(store: &Store) -> Self {
        let mut roles: HashMap<String, Arc<Vec<Rule>>> = HashMap::new();
        for storage in [CLUSTER_ROLES, ROLES] {
            for (key, role) in store.list(storage, "") {
                roles.insert(key.to_owned(), Arc::new(rules(role)));
            }
        }
        for (key, role) in store.list(CLUSTER_ROLES, "") {
            if let Some(more) = aggregated(store, role) {
                let mut all = rules(role);
                all.extend(more);
                roles.insert(key.to_owned(), Arc::new(all));
            }
        }
        let mut bindings = Vec::new();
        for storage in [CLUSTER_BINDINGS, BINDINGS] {
            for (_, binding) in store.list(storage, "") {
                bindings.extend(compile_binding(binding, &roles));
            }
        }
        Self { bindings }
    }

    /// The rules of a role that a binding names.
    pub(super) fn of_role(namespace: &str, kind: &str, name: &str, store: &Store) -> Vec<Rule> {
        let role = match kind {
            "Role" => store.get(ROLES, &crate::store::key(namespace, name)),
            _ => store.get(CLUSTER_ROLES, name),
        };
        let Some(role) = role else { return Vec::new() };
        let mut all = rules(role);
        all.extend(aggregated(store, role).unwrap_or_default());
        all
    }

    pub(crate) fn allows(&self, user: &User, ask: &Attributes<'_>) -> bool {
        self.of(user, ask.namespace).any(|rule| rule.allows(ask))
    }

    /// The rules that hold for a user in a namespace, and in the cluster as a whole.
    pub(crate) fn of<'a>(
        &'a self,
        user: &'a User,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Rule> {
        self.bindings
            .iter()
            .filter(move |binding| binding.namespace.is_empty() || binding.namespace == namespace)
            .filter(move |binding| binding.subjects.iter().any(|subject| subject.is(user)))
            .flat_map(|binding| binding.rules.iter())
    }
}

/// The rules of one role object.
pub(super) fn rules(role: &Value) -> Vec<Rule> {
    let list = role
        .get("rules")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    list.map(Rule::parse).collect()
}

/// The rules of the roles that an aggregating role selects by labels.
fn aggregated(store: &Store, role: &Value) -> Option<Vec<Rule>> {
    let selectors = role
        .pointer("/aggregationRule/clusterRoleSelectors")?
        .as_array()?;
    let mut found = Vec::new();
    for (_, other) in store.list(CLUSTER_ROLES, "") {
        let labels = object::labels(other);
        let wanted = |selector: &Value| {
            let wanted = selector.get("matchLabels").and_then(Value::as_object);
            wanted.is_some_and(|wanted| {
                !wanted.is_empty()
                    && wanted.iter().all(|(key, value)| {
                        labels.is_some_and(|labels| labels.get(key) == Some(value))
                    })
            })
        };
        if selectors.iter().any(wanted) && object::name(other) != object::name(role) {
            found.extend(rules(other));
        }
    }
    Some(found)
}

fn compile_binding(binding: &Value, roles: &HashMap<String, Arc<Vec<Rule>>>) -> Option<Binding> {
    let namespace = object::namespace(binding);
    let reference = binding.get("roleRef")?;
    let name = reference.get("name")?.as_str()?;
    let key = match reference.get("kind")?.as_str()? {
        "Role" => crate::store::key(namespace, name),
        _ => name.to_owned(),
    };
    let list = binding
        .get("subjects")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    Some(Binding {
        namespace: namespace.to_owned(),
        subjects: list
            .filter_map(|one| Subject::parse(one, namespace))
            .collect(),
        rules: roles.get(&key)?.clone(),
    })
}
