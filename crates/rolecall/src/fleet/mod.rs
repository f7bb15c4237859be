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
mod outcome;
mod progress;
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
            Told::Found(count) => progress.found(count),
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
    let unknown = config.judging.strict && (ends(Exit::Unknown) || !fleet.lost.is_empty());
    Exit::of(nothing, ends(Exit::Findings) || shared, unknown)
}
