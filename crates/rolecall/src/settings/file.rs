use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::place::failure_at;
use crate::Failure;
use crate::suggest::nearest;

/// The contents of `rolecall.toml`.
///
/// Paths in it are relative to the folder it stands in.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "rolecall.toml")]
pub struct SettingsFile {
    /// Which generation of the EKS Auto Mode control plane to predict; `--control-plane` overrides it.
    pub(super) control_plane: ControlPlaneName,
    /// Conventions for node roles.
    pub(super) node_roles: NodeRoles,
    /// The clusters, and which files belong to each.
    pub(super) clusters: Vec<ClusterTable>,
    /// Service control policies, level by level from the root. An action must be allowed at every
    /// level, so name `FullAWSAccess` too where it is attached.
    pub(super) service_control_policies: Vec<PolicyLevelTable>,
    /// Rules that are switched off.
    pub(super) ignore: Vec<IgnoreTable>,
}

/// A generation of the EKS Auto Mode control plane.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ControlPlaneName {
    /// Takes the role's ARN with its path.
    #[default]
    Current,
    /// Drops the path.
    Legacy,
}

/// Conventions for node roles.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct NodeRoles {
    /// The paths that node roles may live under, and who owns each. None means any path.
    pub(super) paths: Vec<PathTable>,
    /// Patterns (`*` and `?`) of which a node role's name must match one. None means any name.
    #[schemars(with = "Vec<String>")]
    pub(super) names: Vec<Spanned<String>>,
    /// Where a role's name must be unique.
    pub(super) unique_names: UniqueNames,
}

/// Where a role's name must be unique.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UniqueNames {
    /// In its account, as IAM has it.
    #[default]
    Account,
    /// In all accounts given.
    AllAccounts,
}

/// A path that node roles may live under.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct PathTable {
    /// The path, such as `/platform/eks/`.
    #[schemars(with = "String", regex(pattern = r"^/([!-~]+/)?$"), length(max = 512))]
    pub(super) path: Spanned<String>,
    /// The team that owns it.
    pub(super) owner: String,
}

/// A cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ClusterTable {
    /// Its name.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Its account's id, in quotes.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{12}$"))]
    pub(super) account: Option<Spanned<String>>,
    /// Its region.
    #[serde(default)]
    pub(super) region: Option<String>,
    /// The files whose manifests belong to it: folders, files, or patterns with `*`, `?` and `**`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) files: Vec<Spanned<String>>,
    /// The Karpenter controller's role, by ARN or name, where neither a Pod Identity association nor
    /// a trust policy tells.
    #[serde(default)]
    pub(super) karpenter_controller_role: Option<String>,
}

/// The service control policies attached at one level of the organisation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct PolicyLevelTable {
    /// The root, unit or account they are attached to, such as `r-abcd` or `ou-abcd-12345678`.
    pub(super) target: String,
    /// The accounts under it; none means all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) accounts: Vec<Spanned<String>>,
    /// The policies, as JSON files.
    #[schemars(with = "Vec<String>")]
    pub(super) files: Vec<Spanned<String>>,
}

/// A rule that is switched off.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct IgnoreTable {
    /// Its code, name or family, such as RC303, path-outside-convention or RC3.
    #[schemars(with = "String")]
    pub(super) rule: Spanned<String>,
    /// Why, and until when. It must be given.
    #[schemars(with = "String", required, length(min = 1))]
    pub(super) reason: Option<Spanned<String>>,
}

/// Reads the text into its shape.
pub(super) fn parse(path: &Path, text: &str) -> Result<SettingsFile, Failure> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().trim().to_owned();
        let offset = error.span().map_or(0, |span| span.start);
        unknown_key(&message).map_or_else(
            || failure_at(path, text, offset, &message),
            |(what, help)| failure_at(path, text, offset, &what).with_help(help),
        )
    })
}

/// Turns serde's sentence about an unknown field or variant into ours, with a suggestion.
///
/// The sentence is the only place where serde's derive tells the names it would have taken:
/// "unknown field `a`, expected one of `b`, `c`" or "…, expected `b`".
fn unknown_key(message: &str) -> Option<(String, String)> {
    let (kind, rest) = if let Some(rest) = message.strip_prefix("unknown field `") {
        ("key", rest)
    } else {
        ("value", message.strip_prefix("unknown variant `")?)
    };
    let (found, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let help = nearest(found, known.iter().copied()).map_or_else(
        || format!("it may be {}", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Some((format!("the {kind} `{found}` is unknown here"), help))
}
