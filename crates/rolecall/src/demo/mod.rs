//! `rolecall demo`: the case that Rolecall began with, told on an emulated AWS and cluster.
//!
//! Nothing of it is written down: every answer that is shown was asked of the sandbox, and the repair
//! is the one that `rolecall repair` makes.

mod story;
mod table;
mod teller;

use rolecall_chain::trace;
use rolecall_declared::{Read, Source, read_sources};
use rolecall_repair::chain_lines;

use crate::args::{ControlPlaneArg, DemoArgs, DiagnoseArgs, ReportArgs, Then, TraceArgs};
use crate::config::{DiagnoseConfig, Subject};
use crate::diagnose::cluster::read_all;
use crate::diagnose::sandbox::{Started, start};
use crate::diagnose::then;
use crate::environment::Environment;
use crate::sandbox::runtime;
use crate::{Exit, Failure};
use story::POOL;
use teller::Teller;

const POOLS: &str = "/apis/karpenter.sh/v1/nodepools";
const NODES: &str = "/api/v1/nodes";

/// The files of the example, as far as the story needs them.
const FILES: [(&str, &str); 3] = [
    (
        "cluster.tf",
        include_str!("../../../../examples/custom-path/cluster.tf"),
    ),
    (
        "nodes.tf",
        include_str!("../../../../examples/custom-path/nodes.tf"),
    ),
    (
        "manifests/batch.yaml",
        include_str!("../../../../examples/custom-path/manifests/batch.yaml"),
    ),
];

/// Runs the command.
///
/// # Errors
/// A sandbox that cannot be started, and a story that does not end as it should.
pub(crate) fn run(args: &DemoArgs, environment: &Environment) -> Result<Exit, Failure> {
    let config = config(args, environment)?;
    let mut teller = Teller::new(config.printing.style, args.pause);
    let mut read = files();
    runtime()?.block_on(async {
        let started = start(&config, &mut read).await?;
        let told = tell(&config, &started, &mut teller).await;
        started.stop().await;
        told
    })
}

fn files() -> Read {
    let sources = FILES.map(|(path, text)| Source::new(path, text));
    read_sources(sources.into(), &rolecall_declared::Options::default())
}

/// How the example is diagnosed and mended.
fn config(args: &DemoArgs, environment: &Environment) -> Result<DiagnoseConfig, Failure> {
    let args = DiagnoseArgs {
        sandbox: vec![environment.working_directory.clone()],
        pool: Some(POOL.to_owned()),
        trace: TraceArgs {
            control_plane: Some(ControlPlaneArg::Legacy),
            ..TraceArgs::default()
        },
        report: ReportArgs {
            color: args.color,
            ..ReportArgs::default()
        },
        then: Some(Then::Repair),
        uses: vec!["path-less-role".to_owned()],
        ..DiagnoseArgs::default()
    };
    DiagnoseConfig::resolve(args, environment)
}

async fn tell(
    config: &DiagnoseConfig,
    started: &Started,
    teller: &mut Teller,
) -> Result<Exit, Failure> {
    let snapshot = read_all(&started.targets, None).await?.snapshot;
    let traced = trace(&snapshot, &config.judging.options);
    story::beginning(teller)?;
    story::what_is_seen(teller, &table::get(started, POOLS))?;
    story::what_the_class_says(teller, &snapshot)?;
    story::the_entry_is_there(teller, &snapshot)?;
    let mut calls = snapshot.calls.iter();
    if let Some(call) = calls.find(|call| call.event_name == "DescribeAccessEntry") {
        story::what_was_asked(teller, call)?;
    }
    story::why_it_was_denied(teller, &traced)?;
    let names = [format!("NodePool {POOL}")];
    story::what_rolecall_says(teller, &chain_lines(&traced, &names, teller.style()))?;
    story::before_the_repair(teller)?;
    if let Subject::Sandbox { then: Some(repair) } = &config.subject {
        then::mend(repair, started).await?;
    }
    let (pools, nodes) = (table::get(started, POOLS), table::get(started, NODES));
    let has_node = nodes.lines().nth(1).is_some();
    if !has_node {
        return Err(
            Failure::new("no node has joined, though the pool was mended")
                .with_help("this is a fault of Rolecall; please report it"),
        );
    }
    story::the_end(teller, &pools, &nodes)?;
    Ok(Exit::Success)
}
