use globset::{Glob, GlobMatcher};
use rolecall_arn::AccountId;

use super::{accounts, regions};
use crate::Failure;
use crate::args::{BesidesArgs, ConnectionArgs, FleetArgs, InputArgs, TraceArgs};
use crate::config::{InputConfig, Judging, Printing};
use crate::connect::ConnectionConfig;
use crate::environment::Environment;

/// What `fleet` is to do.
#[derive(Debug, Clone)]
pub(crate) struct FleetConfig {
    /// The accounts that were named.
    pub(super) accounts: Vec<AccountId>,
    /// Whether the organisation's accounts are asked for.
    pub(super) org: bool,
    /// The regions that were named; none for the connection's.
    pub(super) regions: Vec<String>,
    /// Which clusters are meant, by name.
    pub(super) cluster_name: Option<GlobMatcher>,
    /// The role in other accounts: path and name.
    pub(super) assume_role_name: Option<String>,
    pub(super) connection: ConnectionConfig,
    pub(super) kube: bool,
    pub(super) input: InputConfig,
    pub(super) judging: Judging,
    pub(super) generation_is_given: bool,
    pub(crate) printing: Printing,
}

impl FleetConfig {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// A file that cannot be read, an account, region or pattern that is none, a rule that does not
    /// exist.
    pub(crate) fn resolve(args: FleetArgs, environment: &Environment) -> Result<Self, Failure> {
        let regions = regions::named(&args.regions)?;
        let connection = ConnectionArgs {
            profile: args.profile,
            region: regions.first().cloned(),
            assume_role: args.assume_role,
            no_kube: args.no_kube,
            ..ConnectionArgs::default()
        };
        let input = InputArgs {
            paths: Vec::new(),
            besides: BesidesArgs {
                config: args.config,
                ..BesidesArgs::default()
            },
        };
        let input = InputConfig::resolve(input, environment)?;
        let trace = TraceArgs {
            control_plane: args.control_plane,
            save_facts: None,
        };
        Ok(Self {
            accounts: accounts::named(&args.accounts)?,
            org: args.org,
            regions,
            cluster_name: args.cluster_name.as_deref().map(pattern).transpose()?,
            assume_role_name: args.assume_role_name.as_deref().map(role).transpose()?,
            connection: ConnectionConfig::resolve(connection, environment),
            kube: !args.no_kube,
            judging: Judging::resolve(&trace, &args.selection, &input.settings)?,
            generation_is_given: args.control_plane.is_some(),
            printing: Printing::resolve(args.report, environment),
            input,
        })
    }
}

fn pattern(text: &str) -> Result<GlobMatcher, Failure> {
    Glob::new(text)
        .map(|glob| glob.compile_matcher())
        .map_err(|error| Failure::new(format!("`{text}` is not a pattern: {error}")))
}

/// Path and name of a role, without the slash that paths begin with.
fn role(text: &str) -> Result<String, Failure> {
    let name = text.trim_start_matches('/');
    if name.is_empty() || name.contains(':') || name.ends_with('/') {
        return Err(
            Failure::new(format!("`{text}` is not a role's name")).with_help(
                "it is the same in each account, without the ARN before it, such as \
             --assume-role-name audit/RolecallReader",
            ),
        );
    }
    Ok(name.to_owned())
}
