//! What each text of a snapshot is, by the fields it stands in. A field that is not named here is text,
//! and its words are hidden.

use serde_json::Value;

use super::kind::Kind;
use super::text::{self, Replace};
use super::{policy, words};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// A time, an enumeration's value, an API call.
    Kept,
    /// One word that a program gave its meaning, such as a condition's reason.
    Token,
    /// A name of this kind, or an ARN of one.
    Name(Kind),
    /// The path of a file.
    File,
    /// A policy document.
    Policy,
    /// Anything else.
    Text,
}

impl Treatment {
    pub(super) fn rewrite(self, text: &str, replace: Replace<'_>) -> String {
        match self {
            Self::Kept => text.to_owned(),
            Self::Token if words::is_token(text) => text.to_owned(),
            Self::Token | Self::Text => text::rewrite(text, Kind::Word, replace),
            Self::Name(kind) => text::rewrite(text, kind, replace),
            Self::File => text::rewrite(text, Kind::Source, replace),
            Self::Policy => policy::rewrite(text, replace),
        }
    }
}

/// What is done with each text; `None` leaves it.
type Visit<'v> = &'v mut dyn FnMut(Treatment, &str) -> Option<String>;

/// Goes through all texts of a snapshot's JSON.
pub(super) fn walk(json: &mut Value, visit: Visit<'_>) {
    let Value::Object(lists) = json else {
        return;
    };
    for (list, objects) in lists {
        let place = Place {
            list,
            parent: list,
            field: list,
        };
        inner(objects, place, visit);
    }
}

/// Where a text stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The snapshot's list.
    list: &'p str,
    /// The field that holds the object.
    parent: &'p str,
    /// The object's field.
    field: &'p str,
}

impl<'p> Place<'p> {
    /// The place of an object's field. How a fact is kept says nothing of what it is.
    fn within(self, name: &'p str) -> Self {
        match name {
            "known" | "value" => self,
            field => Self {
                parent: self.field,
                field,
                ..self
            },
        }
    }
}

fn inner(value: &mut Value, place: Place<'_>, visit: Visit<'_>) {
    match value {
        Value::String(text) => {
            if let Some(rewritten) = visit(treatment(place), text) {
                *text = rewritten;
            }
        }
        Value::Array(items) => {
            for item in items {
                inner(item, place, visit);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                inner(value, place.within(name), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn treatment(place: Place<'_>) -> Treatment {
    let Place {
        list,
        parent,
        field,
    } = place;
    match field {
        "taken_at" | "created_at" | "time" | "last_seen" | "call" | "authentication_mode" => {
            Treatment::Kept
        }
        // `auto-mode`, `managed`; a reason for not knowing; `complete`.
        "kind" | "reason" | "status" | "type" | "entry_type" | "compute_type" | "event_source"
        | "event_name" | "error_code" => Treatment::Token,
        "access_entries_complete" | "aws_auth_complete" | "policies_complete" => Treatment::Kept,
        "text" => Treatment::Policy,
        "path" if parent == "file" => Treatment::File,
        "path" => Treatment::Name(Kind::Path),
        "name" if parent == "node_class_ref" => Treatment::Name(Kind::Class),
        "name" if parent == "inline_policies" || parent == "policies" => {
            Treatment::Name(Kind::Policy)
        }
        "name" => Treatment::Name(match list {
            "clusters" => Kind::Cluster,
            "node_pools" => Kind::Pool,
            "node_classes" => Kind::Class,
            "node_claims" => Kind::Claim,
            "nodes" => Kind::Host,
            "node_groups" => Kind::Group,
            "instance_profiles" => Kind::Profile,
            "roles" => Kind::Role,
            "managed_policies" => Kind::Policy,
            _ => Kind::Word,
        }),
        "cluster" => Treatment::Name(Kind::Cluster),
        "node_pool" | "node_pools" => Treatment::Name(Kind::Pool),
        "node_group" => Treatment::Name(Kind::Group),
        "role" | "node_role" | "principal" | "role_arn" => Treatment::Name(Kind::Role),
        "instance_profile" => Treatment::Name(Kind::Profile),
        "kubernetes_groups" | "groups" => Treatment::Name(Kind::Group),
        "username" => Treatment::Name(Kind::User),
        "namespace" | "namespaces" => Treatment::Name(Kind::Namespace),
        "key" | "tags" => Treatment::Name(Kind::Tag),
        "node_name" => Treatment::Name(Kind::Host),
        "event_id" => Treatment::Name(Kind::Event),
        // Of a service control level; an API call's target is text.
        "target" if list == "service_control_levels" => Treatment::Name(Kind::Unit),
        _ => Treatment::Text,
    }
}
