//! `rolecall diagnose`.
//!
//! ```text
//! files ─► sandbox ─┐
//! connect::targets ─┴─► Target ─► live::read ─► Snapshot ─► trace ─► report
//! ```
//!
//! The files are only what the sandbox begins with. What is judged and printed was read back through
//! the APIs, as it is from AWS.

mod ask;
pub(crate) mod cluster;
mod permissions;
pub(crate) mod sandbox;
pub(crate) mod then;
mod watch;

use rolecall_chain::observed_control_plane;
use rolecall_facts::{Origin, Snapshot, Why};
use rolecall_live::LiveError;
use rolecall_report::{Diagnostic, DiagnosticLevel};

use crate::config::{DiagnoseConfig, Subject};
use crate::connect::{self, Reach, Target};
use crate::judged::Judged;
use crate::sandbox::runtime;
use crate::{Exit, Failure, input, output, printing};
use cluster::ReadClusters;

pub(crate) use cluster::seen;

/// Runs the command.
///
/// # Errors
/// What keeps it from running at all; everything else is in the report and the exit code.
pub(crate) fn run(config: &DiagnoseConfig) -> Result<Exit, Failure> {
    if let Subject::Sandbox { then: Some(then) } = &config.subject {
        return then::run(config, then);
    }
    if let (
        Some(how),
        Subject::Live {
            connection,
            clusters,
        },
    ) = (config.watch, &config.subject)
    {
        let read = input::gather(&config.input)?;
        return runtime()?.block_on(async {
            let targets = connect::targets(connection, clusters).await?;
            watch::watch(config, how, &targets, &read).await
        });
    }
    let (exit, report) = report(config)?;
    output::write(config.printing.output.as_deref(), &report)?;
    Ok(exit)
}

/// Does all that the command does but for writing the report, which it returns.
///
/// # Errors
/// As [`run`].
pub fn report(config: &DiagnoseConfig) -> Result<Diagnosed, Failure> {
    let mut read = input::gather(&config.input)?;
    runtime()?.block_on(async {
        match &config.subject {
            Subject::Sandbox { .. } => {
                let started = sandbox::start(config, &mut read).await?;
                let diagnosed = diagnose(config, &started.targets, &read).await;
                started.stop().await;
                diagnosed
            }
            Subject::Saved(file) => {
                let mut snapshot = input::saved(file)?;
                snapshot.merge(std::mem::take(&mut read.snapshot));
                let clusters = ReadClusters {
                    permissions: permissions::of_saved(&snapshot),
                    snapshot,
                    diagnostics: Vec::new(),
                };
                judge(config, clusters, &read)
            }
            Subject::Live {
                connection,
                clusters,
            } => {
                let targets = connect::targets(connection, clusters).await?;
                diagnose(config, &targets, &read).await
            }
        }
    })
}

/// What a diagnosis came to: how the command ends, and the report.
pub type Diagnosed = (Exit, Vec<u8>);

/// Reads clusters, judges them and renders the report. `read` are the files that a sandbox was loaded
/// from, of which only the diagnostics are told, or saved facts to add to what is read.
///
/// # Errors
/// Clusters none of which can be read at all.
pub async fn diagnose(
    config: &DiagnoseConfig,
    targets: &[Target],
    read: &rolecall_declared::Read,
) -> Result<Diagnosed, Failure> {
    let mut clusters = cluster::read_all(targets, config.pool.as_deref()).await?;
    if matches!(config.subject, Subject::Live { .. }) {
        clusters.snapshot.merge(read.snapshot.clone());
    }
    judge(config, clusters, read)
}

/// Judges what was read and renders the report.
fn judge(
    config: &DiagnoseConfig,
    clusters: ReadClusters,
    read: &rolecall_declared::Read,
) -> Result<Diagnosed, Failure> {
    let ReadClusters {
        mut snapshot,
        diagnostics: of_clusters,
        permissions,
    } = clusters;
    input::add_settings(&mut snapshot, &config.input)?;
    if let Some(path) = &config.save_facts {
        let json = snapshot
            .to_json()
            .map_err(|error| Failure::new(error.to_string()))?;
        output::to_file(path, json.as_bytes())?;
    }
    let mut judging = config.judging.clone();
    if !config.generation_is_given
        && let Some(generation) = observed_control_plane(&snapshot)
    {
        judging.options.control_plane = generation;
    }
    let mut judged = Judged::of(&snapshot, &judging);
    if let Some(pool) = &config.pool {
        keep_only(&mut judged, pool, &snapshot)?;
    }
    let mut diagnostics: Vec<Diagnostic> =
        read.diagnostics.iter().map(printing::diagnostic).collect();
    diagnostics.extend(of_clusters);
    diagnostics.extend(not_asked(&config.subject));
    diagnostics.extend(unread(&snapshot));
    let unreadable = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
    let report = printing::render_read(
        &config.printing,
        &config.input,
        &judged,
        &diagnostics,
        &read.sources,
        Some(&permissions),
    )?;
    Ok((judged.exit(&judging, unreadable), report))
}

/// Leaves the chains of one pool, and the findings about it.
fn keep_only(judged: &mut Judged, pool: &str, snapshot: &Snapshot) -> Result<(), Failure> {
    let traced = &mut judged.traced;
    let is_there = traced.chains.iter().any(|chain| chain.pool.name == pool);
    if !is_there && !are_pools_unknown(snapshot) {
        let there: Vec<&str> = traced
            .chains
            .iter()
            .map(|chain| chain.pool.name.as_str())
            .collect();
        let failure = no_such_pool(pool);
        return Err(if there.is_empty() {
            failure
        } else {
            failure.with_help(format!("there are {}", there.join(", ")))
        });
    }
    traced.chains.retain(|chain| chain.pool.name == pool);
    traced
        .findings
        .retain(|finding| finding.pools.iter().any(|of| of.name == pool));
    Ok(())
}

/// What was left out because the user said so.
fn not_asked(subject: &Subject) -> Option<Diagnostic> {
    let Subject::Live { connection, .. } = subject else {
        return None;
    };
    let (origin, message) = match connection.reach {
        Reach::Both => return None,
        Reach::AwsOnly => (
            Origin::api("kubernetes:list", "nodepools.karpenter.sh"),
            "Kubernetes was not asked (--no-kube): node pools, node classes, nodes and events are \
             not known",
        ),
        Reach::KubernetesOnly => (
            Origin::api("iam:GetRole", "*"),
            "AWS was not asked (--no-aws): roles, access entries, managed node groups and recorded \
             calls are not known",
        ),
    };
    Some(Diagnostic {
        level: DiagnosticLevel::Note,
        message: message.to_owned(),
        origin,
        help: None,
    })
}

/// What is said of a pool that is not there.
pub(crate) fn no_such_pool(pool: &str) -> Failure {
    Failure::new(format!(
        "there is no node pool or node group `{pool}`, and no hybrid nodes have a role of that name"
    ))
}

/// Whether there may be pools, groups or entries of hybrid nodes that could not be read: the report says
/// what was missing.
pub(crate) fn are_pools_unknown(snapshot: &Snapshot) -> bool {
    let mut unread = snapshot.unread.iter();
    unread.any(|unread| match &unread.origin {
        Origin::Api(api) => {
            let of_pools = [
                "eks:ListNodegroups",
                "eks:ListAccessEntries",
                "eks:DescribeAccessEntry",
            ];
            of_pools.contains(&&*api.call) || api.target.starts_with("nodepools")
        }
        Origin::File(_) => false,
    })
}

/// What could not be read, and may hold what mends a finding. What was not permitted is told apart.
fn unread(snapshot: &Snapshot) -> impl Iterator<Item = Diagnostic> + '_ {
    let failed = snapshot.unread.iter();
    let failed = failed.filter(|unread| !matches!(unread.why, Why::NotPermitted(_)));
    failed.map(printing::unread)
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        Self::new(error.to_string()).with_help(error.help())
    }
}
