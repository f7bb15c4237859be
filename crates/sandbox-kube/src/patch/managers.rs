//! `metadata.managedFields`: which manager owns which fields.

use serde_json::{Map, Value, json};

use super::compare::compare;
use super::fields::FieldSet;
use super::shape::Shape;
use crate::object;

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Who owns fields: entries that differ in this are kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl Identity {
    fn same_as(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            // An applier stays the same when it moves to another version.
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// As conflicts name it: `"kubectl-create" using v1`.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.api_version));
        }
        text
    }
}

/// One manager and what it owns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manager {
    pub(crate) identity: Identity,
    pub(crate) time: String,
    pub(crate) fields: FieldSet,
}

/// All managers of an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Managers {
    pub(crate) entries: Vec<Manager>,
}

impl Managers {
    /// Reads the metadata's entries.
    pub(crate) fn of(object: &Value) -> Self {
        let list = object::meta(object).and_then(|all| all.get("managedFields"));
        let entries = list.and_then(Value::as_array).into_iter().flatten();
        Self {
            entries: entries.filter_map(manager).collect(),
        }
    }

    /// Writes the metadata's entries, in Kubernetes' order; nothing if there are none.
    pub(crate) fn write(mut self, object: &mut Value) {
        self.entries.retain(|entry| !entry.fields.is_empty());
        if self.entries.is_empty() {
            object::remove_meta(object, "managedFields");
            return;
        }
        self.entries.sort_by(|a, b| {
            let order = |one: &Manager| (one.identity.operation, one.time.clone());
            order(a)
                .cmp(&order(b))
                .then_with(|| a.identity.manager.cmp(&b.identity.manager))
                .then_with(|| a.identity.api_version.cmp(&b.identity.api_version))
                .then_with(|| a.identity.subresource.cmp(&b.identity.subresource))
        });
        let list: Vec<Value> = self.entries.iter().map(entry_json).collect();
        object::set_meta(object, "managedFields", list);
    }

    pub(super) fn position(&self, identity: &Identity) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.identity.same_as(identity))
    }

    /// What all managers own together.
    pub(super) fn union(&self) -> FieldSet {
        let mut union = FieldSet::default();
        for entry in &self.entries {
            union.add(&entry.fields);
        }
        union
    }
}

fn manager(json: &Value) -> Option<Manager> {
    let text = |field: &str| {
        json.get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let operation = match json.get("operation")?.as_str()? {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return None,
    };
    Some(Manager {
        identity: Identity {
            manager: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
        },
        time: text("time"),
        fields: FieldSet::from_json(json.get("fieldsV1")?),
    })
}

fn entry_json(entry: &Manager) -> Value {
    let identity = &entry.identity;
    let mut map = Map::with_capacity(7);
    map.insert("manager".into(), identity.manager.as_str().into());
    map.insert("operation".into(), identity.operation.text().into());
    map.insert("apiVersion".into(), identity.api_version.as_str().into());
    if !entry.time.is_empty() {
        map.insert("time".into(), entry.time.as_str().into());
    }
    map.insert("fieldsType".into(), json!("FieldsV1"));
    map.insert("fieldsV1".into(), entry.fields.to_json());
    if !identity.subresource.is_empty() {
        map.insert("subresource".into(), identity.subresource.as_str().into());
    }
    Value::Object(map)
}

/// Writes down what an update (anything but an apply) did: the manager owns what it changed, and nobody
/// owns what is gone. Both objects are whole; `new` keeps the managed fields it should start from.
pub(crate) fn record_update(
    old: &Value,
    new: &mut Value,
    shape: &Shape,
    identity: Identity,
    now: &str,
) {
    let difference = compare(old, new, shape);
    if difference.changed.is_empty() && difference.removed.is_empty() {
        return;
    }
    let mut touched = difference.changed.clone();
    touched.add(&difference.removed);
    if let Some(list) = untouched(new, &identity, &difference.changed, &touched, now) {
        object::set_meta(new, "managedFields", list);
        return;
    }
    let mut managers = Managers::of(new);
    let at = match managers.position(&identity) {
        Some(at) => at,
        None => {
            let fields = FieldSet::default();
            managers.entries.push(Manager {
                identity,
                time: String::new(),
                fields,
            });
            managers.entries.len() - 1
        }
    };
    for (index, entry) in managers.entries.iter_mut().enumerate() {
        entry.fields.subtract(&difference.removed);
        if index == at {
            entry.fields.add(&difference.changed);
            entry.time = now.to_owned();
        } else {
            entry.fields.subtract(&difference.changed);
        }
    }
    managers.write(new);
}

/// The entries as they are but for the time, if the manager owns what it changed already, nothing of what
/// it owns is gone, and nobody else has to give anything up: so it is nearly always when a controller
/// reports again and again, and nothing has to be taken apart for it.
fn untouched(
    object: &Value,
    identity: &Identity,
    changed: &FieldSet,
    touched: &FieldSet,
    now: &str,
) -> Option<Vec<Value>> {
    let list = object::meta(object)?.get("managedFields")?.as_array()?;
    let at = list.iter().position(|entry| is_of(entry, identity))?;
    for (index, entry) in list.iter().enumerate() {
        let fields = entry.get("fieldsV1")?;
        let as_it_is = if index == at {
            changed.is_within(fields) && changed == touched
        } else {
            !touched.overlaps(fields)
        };
        if !as_it_is {
            return None;
        }
    }
    // The time decides the order; an entry that is not the last one may have to move.
    if at + 1 != list.len() || identity.operation != Operation::Update {
        return None;
    }
    let mut list = list.clone();
    let time = list.last_mut()?.get_mut("time")?;
    *time = now.into();
    Some(list)
}

fn is_of(entry: &Value, identity: &Identity) -> bool {
    let is = |field: &str, wanted: &str| {
        entry.get(field).and_then(Value::as_str).unwrap_or_default() == wanted
    };
    is("manager", &identity.manager)
        && is("operation", identity.operation.text())
        && is("apiVersion", &identity.api_version)
        && is("subresource", &identity.subresource)
}
