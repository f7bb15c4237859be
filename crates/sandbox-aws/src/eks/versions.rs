use jiff::Timestamp;
use serde_json::{Value, json};

use super::page::{epoch, listed, page};
use super::refusal::invalid_parameter;
use crate::authorize::Ask;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

/// What a cluster gets that asks for no version.
pub(super) const DEFAULT: &str = "1.34";

struct Version {
    name: &'static str,
    platform: &'static str,
    patch: &'static str,
    released: &'static str,
    standard_ends: &'static str,
    extended_ends: &'static str,
}

/// A small table (EKS User Guide, "Understand the Kubernetes version lifecycle on EKS"). Platform
/// and patch versions move on in AWS; those here are of one day.
const VERSIONS: &[Version] = &[
    Version {
        name: "1.34",
        platform: "eks.9",
        patch: "1.34.1",
        released: "2025-10-02",
        standard_ends: "2026-12-02",
        extended_ends: "2027-12-02",
    },
    Version {
        name: "1.33",
        platform: "eks.16",
        patch: "1.33.5",
        released: "2025-05-29",
        standard_ends: "2026-07-29",
        extended_ends: "2027-07-29",
    },
    Version {
        name: "1.32",
        platform: "eks.23",
        patch: "1.32.9",
        released: "2025-01-23",
        standard_ends: "2026-03-23",
        extended_ends: "2027-03-23",
    },
    Version {
        name: "1.31",
        platform: "eks.39",
        patch: "1.31.13",
        released: "2024-09-26",
        standard_ends: "2025-11-26",
        extended_ends: "2026-11-26",
    },
    Version {
        name: "1.30",
        platform: "eks.47",
        patch: "1.30.14",
        released: "2024-05-23",
        standard_ends: "2025-07-23",
        extended_ends: "2026-07-23",
    },
];

/// Whether the sandbox has this version.
pub(super) fn is_known(version: &str) -> bool {
    VERSIONS.iter().any(|known| known.name == version)
}

/// The names of all versions, newest first.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().map(|version| version.name)
}

/// `platformVersion` of a cluster.
pub(super) fn platform_version(version: &str) -> &'static str {
    VERSIONS
        .iter()
        .find(|known| known.name == version)
        .map_or("eks.1", |known| known.platform)
}

/// The minor number of `1.34`.
pub(super) fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.parse().ok()
}

pub(super) fn describe_cluster_versions(_state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("eks:DescribeClusterVersions", "*"))?;
    let parameters = &call.parameters;
    let wanted = parameters.texts("clusterVersions");
    let status = match (parameters.text("versionStatus"), parameters.text("status")) {
        (Some(status), _) => Some(status.to_owned()),
        (None, Some(old)) => Some(old.to_ascii_uppercase().replace('-', "_")),
        (None, None) => None,
    };
    if let Some(kind) = parameters.text("clusterType")
        && kind != "eks"
    {
        return Err(invalid_parameter(format!(
            "clusterType {kind} is not known"
        )));
    }
    let default_only = parameters.boolean("defaultOnly").unwrap_or(false);
    let all = parameters.boolean("includeAll").unwrap_or(false);
    let shown = VERSIONS
        .iter()
        .filter(|version| wanted.is_empty() || wanted.contains(&version.name))
        .filter(|version| !default_only || version.name == DEFAULT)
        .map(|version| (version, version.status(call.now)))
        .filter(|(_, now)| match &status {
            Some(status) => status == now,
            None => all || !wanted.is_empty() || *now != "UNSUPPORTED",
        })
        .enumerate()
        .map(|(place, (version, status))| (format!("{place:03}"), version.shown(status)));
    let (found, next) = page(parameters, shown)?;
    Ok(listed("clusterVersions", found, next))
}

impl Version {
    fn status(&self, now: Timestamp) -> &'static str {
        let today = now.strftime("%Y-%m-%d").to_string();
        if today.as_str() <= self.standard_ends {
            "STANDARD_SUPPORT"
        } else if today.as_str() <= self.extended_ends {
            "EXTENDED_SUPPORT"
        } else {
            "UNSUPPORTED"
        }
    }

    fn shown(&self, status: &str) -> Value {
        let day = |day: &str| {
            format!("{day}T00:00:00Z")
                .parse::<Timestamp>()
                .map_or(Value::Null, epoch)
        };
        json!({
            "clusterVersion": self.name,
            "clusterType": "eks",
            "defaultPlatformVersion": self.platform,
            "defaultVersion": self.name == DEFAULT,
            "releaseDate": day(self.released),
            "endOfStandardSupportDate": day(self.standard_ends),
            "endOfExtendedSupportDate": day(self.extended_ends),
            "status": status.to_ascii_lowercase().replace('_', "-"),
            "versionStatus": status,
            "kubernetesPatchVersion": self.patch,
        })
    }
}
