use std::collections::HashSet;
use std::path::Path;

use globset::Glob;
use rolecall_arn::AccountId;
use rolecall_chain::{ControlPlane, Conventions, PathConvention};
use toml::Spanned;

use super::file::{ClusterTable, ControlPlaneName, IgnoreTable, PolicyLevelTable, UniqueNames};
use super::place::{failure_at, place_of};
use super::{ClusterFiles, ClusterSettings, IgnoredRule, PolicyFiles, Settings, SettingsFile};
use crate::Failure;
use crate::selection::RuleSelection;

/// The file that is being checked.
struct Checked<'a> {
    path: &'a Path,
    text: &'a str,
}

/// Turns the file's shape into settings, or says where it is wrong.
pub(super) fn check(path: &Path, text: &str, file: SettingsFile) -> Result<Settings, Failure> {
    let checked = Checked { path, text };
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut cluster_files = ClusterFiles::default();
    Ok(Settings {
        path: Some(path.to_owned()),
        control_plane: match file.control_plane {
            ControlPlaneName::Current => ControlPlane::Current,
            ControlPlaneName::Legacy => ControlPlane::Legacy,
        },
        conventions: checked.conventions(file.node_roles)?,
        clusters: checked.clusters(&file.clusters, &mut cluster_files)?,
        cluster_files,
        service_control_policies: file
            .service_control_policies
            .iter()
            .map(|level| checked.policy_level(folder, level))
            .collect::<Result<_, _>>()?,
        ignored: file
            .ignore
            .iter()
            .map(|table| checked.ignored(table))
            .collect::<Result<_, _>>()?,
    })
}

impl Checked<'_> {
    fn at<T>(&self, value: &Spanned<T>, what: &str) -> Failure {
        failure_at(self.path, self.text, value.span().start, what)
    }

    fn parse<T>(&self, value: &Spanned<String>) -> Result<T, Failure>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        value
            .get_ref()
            .parse()
            .map_err(|error: T::Err| self.at(value, &error.to_string()))
    }

    fn conventions(&self, roles: super::file::NodeRoles) -> Result<Conventions, Failure> {
        let paths = roles
            .paths
            .into_iter()
            .map(|table| {
                Ok(PathConvention {
                    path: self.parse(&table.path)?,
                    owner: table.owner,
                })
            })
            .collect::<Result<_, Failure>>()?;
        for name in &roles.names {
            if name.get_ref().contains('/') {
                return Err(self
                    .at(name, "a name pattern has a `/`, which no role name has")
                    .with_help("paths go into [[node-roles.paths]]"));
            }
        }
        Ok(Conventions {
            node_role_paths: paths,
            node_role_names: roles.names.into_iter().map(Spanned::into_inner).collect(),
            unique_across_accounts: roles.unique_names == UniqueNames::AllAccounts,
        })
    }

    fn clusters(
        &self,
        tables: &[ClusterTable],
        files: &mut ClusterFiles,
    ) -> Result<Vec<ClusterSettings>, Failure> {
        let mut seen = HashSet::new();
        tables
            .iter()
            .map(|table| {
                let name = table.name.get_ref();
                if !seen.insert(name) {
                    return Err(
                        self.at(&table.name, &format!("cluster `{name}` stands here twice"))
                    );
                }
                for file in &table.files {
                    let pattern = file.get_ref();
                    Glob::new(pattern).map_err(|error| self.at(file, &error.to_string()))?;
                    files.patterns.push((pattern.clone(), name.clone()));
                }
                Ok(ClusterSettings {
                    name: name.clone(),
                    account: self.account(table.account.as_ref())?,
                    region: table.region.clone(),
                    karpenter_controller_role: table.karpenter_controller_role.clone(),
                })
            })
            .collect()
    }

    fn account(&self, account: Option<&Spanned<String>>) -> Result<Option<AccountId>, Failure> {
        account.map(|account| self.parse(account)).transpose()
    }

    fn policy_level(
        &self,
        folder: &Path,
        table: &PolicyLevelTable,
    ) -> Result<PolicyFiles, Failure> {
        Ok(PolicyFiles {
            target: table.target.clone(),
            accounts: table
                .accounts
                .iter()
                .map(|account| self.parse(account))
                .collect::<Result<_, _>>()?,
            files: table
                .files
                .iter()
                .map(|file| {
                    let place = place_of(self.path, self.text, file.span().start);
                    (folder.join(file.get_ref()), place)
                })
                .collect(),
        })
    }

    fn ignored(&self, table: &IgnoreTable) -> Result<IgnoredRule, Failure> {
        let rule = table.rule.get_ref();
        RuleSelection::default()
            .without(std::slice::from_ref(rule))
            .map_err(|error| {
                self.at(&table.rule, &error.to_string())
                    .with_help(error.help())
            })?;
        let reason = table
            .reason
            .as_ref()
            .map(|reason| reason.get_ref().trim())
            .filter(|reason| !reason.is_empty())
            .ok_or_else(|| {
                self.at(
                    &table.rule,
                    &format!("rule `{rule}` is switched off without a reason"),
                )
                .with_help("add `reason = \"…\"`: why, and until when")
            })?;
        Ok(IgnoredRule {
            rule: rule.clone(),
            reason: reason.to_owned(),
        })
    }
}
