use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How long a process took, and the most memory it held.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    pub(super) took: Duration,
    /// In bytes; `None` where the system does not tell.
    pub(super) peak: Option<u64>,
}

/// Runs a function some times and takes the fastest: whatever else the machine does only ever adds.
pub(super) fn fastest<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        std::hint::black_box(run());
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

/// Runs a process some times and takes the fastest.
pub(super) fn fastest_process(
    runs: usize,
    command: &dyn Fn() -> Command,
    expected: &[i32],
) -> Result<Duration> {
    let mut failed = None;
    let took = fastest(runs, || {
        let status = quiet(command()).status();
        match status {
            Ok(status) if status.code().is_some_and(|code| expected.contains(&code)) => {}
            Ok(status) => failed = Some(format!("{:?} ended with {status}", command())),
            Err(error) => failed = Some(format!("{:?}: {error}", command())),
        }
    });
    ensure!(failed.is_none(), "{}", failed.unwrap_or_default());
    Ok(took)
}

fn quiet(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs a process once and watches its memory.
///
/// Linux keeps the high-water mark in `/proc`; it is read every millisecond, so the last millisecond
/// before the end may be missed.
pub(super) fn watch(command: Command, expected: &[i32]) -> Result<Measured> {
    let start = Instant::now();
    let mut child = quiet(command).spawn().context("cannot start the process")?;
    let mut peak = None;
    loop {
        peak = peak.max(Memory::of(child.id()).peak);
        if let Some(status) = child.try_wait()? {
            ensure!(
                status.code().is_some_and(|code| expected.contains(&code)),
                "the process ended with {status}"
            );
            return Ok(Measured {
                took: start.elapsed(),
                peak,
            });
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The resident memory of a process, in bytes; `None` where the system does not tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) now: Option<u64>,
    /// The most it ever was.
    pub(super) peak: Option<u64>,
}

impl Memory {
    pub(super) fn of(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        Self {
            now: bytes_of(&status, "VmRSS:"),
            peak: bytes_of(&status, "VmHWM:"),
        }
    }
}

fn bytes_of(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
