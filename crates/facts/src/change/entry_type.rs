//! What EKS gives an access entry of each type by itself
//! (EKS User Guide, "Create access entries").

use crate::{Fact, Origin, Principal, Why, symbol};

/// The type of an ordinary entry, which takes groups, a user name and any access policy.
pub(super) const STANDARD: &str = "STANDARD";

/// Whether an entry of this type takes groups and a user name of the user's own.
pub(super) fn takes_groups(entry_type: &str) -> bool {
    entry_type.eq_ignore_ascii_case(STANDARD)
}

/// Whether an entry of this type may have access policies: those of ordinary entries, and those of
/// Auto Mode's nodes, which need one.
pub(super) fn takes_policies(entry_type: &str) -> bool {
    takes_groups(entry_type) || entry_type.eq_ignore_ascii_case("EC2")
}

/// The user name that EKS sets where none is given. What it is for Auto Mode's nodes and for most
/// other node types is not documented.
pub(super) fn username(entry_type: &str, principal: &Principal, origin: &Origin) -> Fact<String> {
    let name = match (entry_type.to_ascii_uppercase().as_str(), principal) {
        ("EC2_LINUX" | "EC2_WINDOWS", _) => "system:node:{{EC2PrivateDNSName}}".to_owned(),
        ("FARGATE_LINUX" | "HYBRID_LINUX", _) => "system:node:{{SessionName}}".to_owned(),
        (STANDARD, Principal::Role(role)) => {
            let partition = role
                .partition
                .as_ref()
                .map_or(symbol::PARTITION, |p| p.as_str());
            let account = role
                .account
                .map_or_else(|| symbol::ACCOUNT.to_owned(), |account| account.to_string());
            // The path is not in it.
            format!(
                "arn:{partition}:sts::{account}:assumed-role/{}/{{{{SessionName}}}}",
                role.name
            )
        }
        (STANDARD, Principal::Other(user)) => user.clone(),
        _ => return after_apply("the user name that EKS sets", origin),
    };
    Fact::known(name, origin.clone())
}

/// The groups that EKS shows. Only those of `EC2_LINUX` are documented (AWS CLI Command Reference,
/// `describe-access-entry`).
pub(super) fn groups(entry_type: &str, given: &[String], origin: &Origin) -> Fact<Vec<String>> {
    match entry_type.to_ascii_uppercase().as_str() {
        STANDARD => Fact::known(given.to_vec(), origin.clone()),
        "EC2_LINUX" => Fact::known(vec!["system:nodes".to_owned()], origin.clone()),
        _ => after_apply("which groups EKS sets", origin),
    }
}

fn after_apply<T>(what: &str, origin: &Origin) -> Fact<T> {
    Fact::unknown_at(Why::after_apply(what), origin.clone())
}
