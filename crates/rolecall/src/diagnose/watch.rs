//! `diagnose --watch`: the same again and again, drawn where something is to be seen anew.

use rolecall_declared::Read;
use rolecall_facts::Timestamp;
use rolecall_report::Format;

use super::{Diagnosed, diagnose};
use crate::config::{DiagnoseConfig, Watch};
use crate::connect::Target;
use crate::sandbox::interrupted;
use crate::{Exit, Failure, output};

/// Clears a terminal and goes to its first column (ECMA-48, "ED" and "CUP").
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Reads until it is interrupted, and ends as the last report did.
///
/// # Errors
/// What keeps the first reading from being made. A later one that fails is told, and made again:
/// networks come back, and credentials are renewed.
pub(super) async fn watch(
    config: &DiagnoseConfig,
    watch: Watch,
    targets: &[Target],
    read: &Read,
) -> Result<Exit, Failure> {
    let stopped = interrupted();
    tokio::pin!(stopped);
    let mut shown = Shown::default();
    loop {
        let diagnosed = tokio::select! {
            diagnosed = diagnose(config, targets, read) => diagnosed,
            () = &mut stopped => return Ok(shown.exit()),
        };
        shown.take(config, watch, diagnosed)?;
        tokio::select! {
            () = tokio::time::sleep(watch.every) => {}
            () = &mut stopped => return Ok(shown.exit()),
        }
    }
}

/// What stands on the screen.
#[derive(Default)]
struct Shown {
    last: Option<Diagnosed>,
    failure: Option<Failure>,
}

impl Shown {
    fn exit(&self) -> Exit {
        match (&self.last, &self.failure) {
            (Some((exit, _)), None) => *exit,
            _ => Exit::CouldNotRun,
        }
    }

    fn take(
        &mut self,
        config: &DiagnoseConfig,
        watch: Watch,
        diagnosed: Result<Diagnosed, Failure>,
    ) -> Result<(), Failure> {
        let diagnosed = match diagnosed {
            Ok(diagnosed) => diagnosed,
            Err(failure) if self.last.is_none() => return Err(failure),
            Err(failure) => {
                if self.failure.as_ref() != Some(&failure) {
                    failure.print();
                }
                self.failure = Some(failure);
                return Ok(());
            }
        };
        // After a failure all is drawn, so that it does not stand there as the last word.
        let was_failing = self.failure.take().is_some();
        if was_failing || self.last.as_ref() != Some(&diagnosed) {
            let drawn = frame(config, watch, &diagnosed.1, Timestamp::now());
            output::write(None, &drawn)?;
        }
        self.last = Some(diagnosed);
        Ok(())
    }
}

/// A report as it is drawn at a moment: on a cleared screen, or below a line with the time. Of the
/// formats for programs, one report follows the other and nothing stands between.
fn frame(config: &DiagnoseConfig, watch: Watch, report: &[u8], now: Timestamp) -> Vec<u8> {
    if config.printing.format != Format::Text {
        return report.to_vec();
    }
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut frame = Vec::new();
    let line = if config.printing.style.unicode {
        "────"
    } else {
        "----"
    };
    if watch.clears_screen {
        frame.extend_from_slice(CLEAR.as_bytes());
    }
    let every = watch.every.as_secs();
    let head = format!("{line} {now} · read every {every} s, drawn when it changes {line}\n\n");
    let head = if config.printing.style.unicode {
        head
    } else {
        head.replace('·', "-")
    };
    frame.extend_from_slice(head.as_bytes());
    frame.extend_from_slice(report);
    frame.push(b'\n');
    frame
}
