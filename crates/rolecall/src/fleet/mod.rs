//! `rolecall fleet`: many clusters, accounts and regions.
//!
//! ```text
//! accounts ─► survey: a role assumed once in each ─► clusters of each region ─► read, judged
//!                                                                                 │ Row, Lost
//!            as they come: a line each, and a progress bar ◄──────────────────────┤
//!            at the end: a table by cluster and rule, or one report of all ◄──────┘
//! ```
//!
//! Nothing is kept of a snapshot but what the report needs, so the fleet may be as large as it is. What
//! cannot be read is a line of the report with its next step.

mod accounts;
mod config;
mod merged;
mod noted;
mod outcome;
mod progress;
mod regions;
mod shared_names;
mod survey;
mod table;
mod text;

use rolecall_chain::Finding;
use rolecall_facts::Snapshot;
use rolecall_report::Format;

use crate::sandbox::runtime;
use crate::{Exit, Failure, output};
use outcome::{Lost, Row, Told};
use progress::Progress;

pub(crate) use config::FleetConfig;

/// All that was learnt.
struct Fleet {
    accounts: usize,
    /// The regions that were asked in each account.
    regions: Vec<String>,
    /// The pattern that cluster's names were to match.
    cluster_name: Option<String>,
    /// How many clusters there are, matching or not.
    clusters: usize,
    /// By account, region and name.
    rows: Vec<Row>,
    lost: Vec<Lost>,
    /// Names that roles of several accounts have.
    shared: Vec<Finding>,
    /// How many of those do not count.
    left_out: usize,
    /// Whether each cluster was told as it was done.
    told: bool,
}

/// Runs the command.
///
/// # Errors
/// What keeps it from reading anything at all; everything else is in the report and the exit code.
pub(crate) fn run(config: &FleetConfig) -> Result<Exit, Failure> {
    let fleet = runtime()?.block_on(gather(config))?;
    let report = match config.printing.format {
        Format::Text => text::report(&fleet, config.printing.style).into_bytes(),
        _ => merged::report(&fleet, config)?,
    };
    output::write(config.printing.output.as_deref(), &report)?;
    Ok(exit(&fleet, config))
}

/// Reads everything, and tells each cluster as it is done.
async fn gather(config: &FleetConfig) -> Result<Fleet, Failure> {
    let style = config.printing.style;
    let is_text = config.printing.format == Format::Text && config.printing.output.is_none();
    let tells = is_text && !style.quiet;
    let mut survey = survey::begin(config).await?;
    let mut fleet = Fleet {
        accounts: survey.accounts,
        regions: survey.regions.clone(),
        cluster_name: config
            .cluster_name
            .as_ref()
            .map(|glob| glob.glob().to_string()),
        clusters: 0,
        rows: Vec::new(),
        lost: Vec::new(),
        shared: Vec::new(),
        left_out: 0,
        told: tells,
    };
    let progress = Progress::begin(tells, style.quiet);
    let mut names = Snapshot::default();
    while let Some(told) = survey.told.recv().await {
        match told {
            Told::Found { all, meant } => {
                fleet.clusters += all;
                progress.found(meant);
            }
            Told::Read(mut row) => {
                shared_names::add(&mut names, std::mem::take(&mut row.names));
                progress.done(&text::line(&row, style));
                fleet.rows.push(*row);
            }
            Told::Lost(lost) => {
                progress.lost(
                    &text::lost_line(&lost, style),
                    !lost.place.cluster.is_empty(),
                );
                fleet.lost.push(lost);
            }
        }
    }
    progress.end();
    fleet
        .rows
        .sort_by(|left, right| left.place.cmp(&right.place));
    fleet
        .lost
        .sort_by(|left, right| left.place.cmp(&right.place));
    let (shared, left_out) = shared_names::findings(&names, &config.judging);
    fleet.shared = shared;
    fleet.left_out = left_out;
    Ok(fleet)
}

impl Fleet {
    /// Why there is nothing to show, where all could be asked and there is nothing.
    fn nothing(&self) -> Option<Nothing> {
        if !self.rows.is_empty() || !self.lost.is_empty() {
            return None;
        }
        let accounts = text::counted(self.accounts, "account");
        let regions = self.regions.join(", ");
        Some(match (&self.cluster_name, self.clusters) {
            (Some(pattern), 1..) => Nothing {
                what: format!(
                    "none of {} in {regions} ({accounts}) has a name that matches `{pattern}`",
                    text::counted(self.clusters, "cluster")
                ),
                help: "--cluster-name takes `*` for any letters and `?` for one; without it, all \
                       are read"
                    .to_owned(),
            },
            _ => Nothing {
                what: format!("there is no cluster in {regions} ({accounts})"),
                help: "name the regions that the clusters are in: --regions eu-central-1,us-east-1"
                    .to_owned(),
            },
        })
    }
}

/// Why there is nothing to show, and the next step.
struct Nothing {
    what: String,
    help: String,
}

/// How the command ends. What could not be read is unknown; only where nothing could be read did the
/// command not do what it was asked.
fn exit(fleet: &Fleet, config: &FleetConfig) -> Exit {
    let nothing = fleet.rows.is_empty() && !fleet.lost.is_empty();
    let ends = |wanted: Exit| fleet.rows.iter().any(|row| row.exit == wanted);
    let fails_on = config.judging.fail_on;
    let shared = fails_on.is_some_and(|severity| {
        let mut findings = fleet.shared.iter();
        findings.any(|finding| finding.severity >= severity)
    });
    let unread = !fleet.lost.is_empty() || fleet.rows.iter().any(Row::is_partly_read);
    let unknown = config.judging.strict && (ends(Exit::Unknown) || unread);
    Exit::of(nothing, ends(Exit::Findings) || shared, unknown)
}
