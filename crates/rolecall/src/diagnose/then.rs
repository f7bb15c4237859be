//! `--then repair`: what was found in the sandbox is mended there, and diagnosed again.

use std::sync::Arc;
use std::time::Duration;

use rolecall_facts::{Change, Snapshot};
use rolecall_repair::{LiveWorld, Pause, Plan, World, WorldError};
use rolecall_report::{Ink, Style};
use rolecall_sandbox::Sandbox;

use super::sandbox::{self, Started};
use super::{Diagnosed, diagnose};
use crate::config::DiagnoseConfig;
use crate::repair::RepairConfig;
use crate::sandbox::runtime;
use crate::{Exit, Failure, input, output, repair};

/// Longer than any controller waits before it looks at an object again.
const RESYNC: Duration = Duration::from_secs(15 * 60);

const LOOKED_AGAIN: &str = "
The control plane looks at its classes again every few minutes; the sandbox's clock was set a quarter
of an hour ahead, so that it has.
";

/// Runs the command.
///
/// # Errors
/// What keeps it from running at all, or the repair from being carried out.
pub(super) fn run(config: &DiagnoseConfig, then: &RepairConfig) -> Result<Exit, Failure> {
    let mut read = input::gather(&config.input)?;
    runtime()?.block_on(async {
        let started = sandbox::start(config, &mut read).await?;
        let told = tell(config, then, &started, &mut read).await;
        started.stop().await;
        told
    })
}

async fn tell(
    config: &DiagnoseConfig,
    then: &RepairConfig,
    started: &Started,
    read: &mut rolecall_declared::Read,
) -> Result<Exit, Failure> {
    let style = config.printing.style;
    let (exit, first): Diagnosed = diagnose(config, &started.targets, read).await?;
    output::write(None, &first)?;
    heading("Repair", style)?;
    if !mend(then, started).await? {
        return Ok(exit);
    }
    output::write(None, LOOKED_AGAIN.as_bytes())?;
    heading("Diagnosed again", style)?;
    // What did not become as the files say was told with the first report.
    read.diagnostics.clear();
    let (exit, second) = diagnose(config, &started.targets, read).await?;
    output::write(None, &second)?;
    Ok(exit)
}

/// Plans and carries out, cluster by cluster, and lets the pools ask for nodes anew. Gives whether
/// there was anything to carry out.
///
/// # Errors
/// A repair that could not be carried out.
pub(crate) async fn mend(then: &RepairConfig, started: &Started) -> Result<bool, Failure> {
    // The sandbox ends with the command, and with it all that there would be to take back.
    let journals = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("there is no room for a journal: {error}")))?;
    let config = RepairConfig {
        journals: journals.path().to_owned(),
        ..then.clone()
    };
    for target in &started.targets {
        let mut world = SandboxWorld {
            live: LiveWorld::new(
                target.connection.clone(),
                &target.cluster,
                config.selection.pool.as_deref(),
                Box::new(|_| Ok(())),
            ),
            sandbox: Arc::clone(&started.sandbox),
        };
        repair::repair(&config, &mut world, &target.cluster).await?;
    }
    let journal = std::fs::read_dir(&config.journals).map(|mut files| files.next());
    if !matches!(journal, Ok(Some(_))) {
        return Ok(false);
    }
    // What was mended outside the cluster shows when its controllers look again.
    started.sandbox.world().aws().clock().step(RESYNC);
    started.settle().await?;
    Ok(true)
}

fn heading(text: &str, style: Style) -> Result<(), Failure> {
    let rule = style.glyph("──", "--");
    let line = style.paint(Ink::Strong, &format!("{rule} {text} {rule}"));
    output::write(None, format!("\n{line}\n\n").as_bytes())
}

/// A cluster of a sandbox whose control plane runs when it is looked at: what is read is what it has
/// come to.
struct SandboxWorld {
    live: LiveWorld,
    sandbox: Arc<Sandbox>,
}

impl World for SandboxWorld {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        let sandbox = Arc::clone(&self.sandbox);
        let settled = tokio::task::spawn_blocking(move || sandbox.settle()).await;
        settled.map_err(|error| WorldError {
            problem: format!("the sandbox cannot settle: {error}"),
            help: None,
            refused: None,
        })?;
        self.live.read().await
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        self.live.carry_out(change, token, waits).await
    }

    fn is_about(&mut self, plan: &Plan) {
        self.live.is_about(plan);
    }

    async fn pause(&mut self, how_long: Duration) {
        self.live.pause(how_long).await;
    }
}
