//! What kind of value an argument takes, told by its name.

/// The kind of value an argument takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Arn,
    Name,
    Document,
    Any,
}

impl Wanted {
    pub(super) fn by(argument: &str) -> Self {
        match argument {
            "permissions_boundary" | "resources" | "not_resources" | "identifiers" | "values" => {
                Self::Arn
            }
            "policy"
            | "assume_role_policy"
            | "source_policy_documents"
            | "override_policy_documents"
            | "source_json"
            | "override_json" => Self::Document,
            "role" | "roles" | "role_name" | "cluster_name" | "name" => Self::Name,
            _ if argument.ends_with("arn") || argument.ends_with("arns") => Self::Arn,
            _ => Self::Any,
        }
    }

    /// Whether the value names an object.
    pub(super) fn is_identity(self) -> bool {
        matches!(self, Self::Arn | Self::Name)
    }

    pub(super) fn takes(self, attribute: &str) -> bool {
        match self {
            Self::Arn => attribute.ends_with("arn") || attribute == "id",
            Self::Name => matches!(attribute, "name" | "id" | "cluster_name" | "role"),
            Self::Document => matches!(attribute, "json" | "minified_json" | "policy"),
            Self::Any => true,
        }
    }

    /// The attribute meant where a reference names a resource only, as `aws_iam_role.node[each.key].arn`
    /// is listed.
    pub(super) fn default_attribute(self) -> &'static str {
        match self {
            Self::Arn => "arn",
            Self::Document => "json",
            Self::Name | Self::Any => "name",
        }
    }
}
