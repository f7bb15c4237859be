use std::fmt::Write;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::root::say;

/// A measured figure beside its baseline and limit.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) took: Duration,
    /// What it is compared with, and how long that took.
    pub(super) baseline: Option<(String, Duration)>,
    pub(super) limit: Option<Duration>,
    /// The peak of resident memory, in bytes.
    pub(super) memory: Option<u64>,
    pub(super) memory_limit: Option<u64>,
    /// Whether times are shown as how many fit into a second.
    is_rate: bool,
}

impl Row {
    /// A time of which nothing else is known yet.
    pub(super) fn new(what: impl Into<String>, took: Duration) -> Self {
        Self {
            what: what.into(),
            took,
            baseline: None,
            limit: None,
            memory: None,
            memory_limit: None,
            is_rate: false,
        }
    }

    /// A time that counts as how often it fits into a second, as do what it is compared with and its
    /// limit.
    pub(super) fn rate(what: impl Into<String>, each: Duration) -> Self {
        Self {
            is_rate: true,
            ..Self::new(what, each)
        }
    }

    pub(super) fn against(mut self, baseline: &str, took: Duration) -> Self {
        self.baseline = Some((baseline.to_owned(), took));
        self
    }

    pub(super) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(super) fn memory(mut self, peak: Option<u64>, limit: Option<u64>) -> Self {
        self.memory = peak;
        self.memory_limit = limit;
        self
    }

    fn is_kept(&self) -> bool {
        let time = self.limit.is_none_or(|limit| self.took <= limit);
        let memory = match (self.memory, self.memory_limit) {
            (Some(peak), Some(limit)) => peak <= limit,
            _ => true,
        };
        time && memory
    }

    fn line(&self) -> String {
        let shown = if self.is_rate {
            per_second
        } else {
            milliseconds
        };
        let mut line = format!("| {} | {}", self.what, shown(self.took));
        let limit =
            |text: Option<String>| text.map_or_else(String::new, |text| format!(" (limit {text})"));
        line += &limit(self.limit.map(shown));
        match &self.baseline {
            Some((name, took)) => {
                let (one, other) = (self.took.as_secs_f64(), took.as_secs_f64());
                let (one, other) = if self.is_rate {
                    (other, one)
                } else {
                    (one, other)
                };
                let ratio = one / other.max(f64::MIN_POSITIVE);
                let ratio = if ratio < 0.1 {
                    format!("1/{:.0} of", ratio.recip())
                } else {
                    format!("{ratio:.2} ×")
                };
                let _ = write!(line, " | {ratio} {name} ({})", shown(*took));
            }
            None => line += " | ",
        }
        match self.memory {
            Some(peak) => {
                let _ = write!(line, " | {}", megabytes(peak));
                line += &limit(self.memory_limit.map(megabytes));
            }
            None => line += " | ",
        }
        line + " |"
    }
}

/// Prints the rows, and fails where a limit is not kept.
pub(super) fn print(rows: &[Row]) -> Result<()> {
    say("| what | took | against | peak memory |\n| --- | --- | --- | --- |");
    for row in rows {
        say(&row.line());
    }
    let broken: Vec<_> = rows
        .iter()
        .filter(|row| !row.is_kept())
        .map(|row| row.what.as_str())
        .collect();
    if !broken.is_empty() {
        bail!("over the limit: {}", broken.join("; "));
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 1.0 {
        format!("{:.1} µs", milliseconds * 1000.0)
    } else if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}

fn per_second(each: Duration) -> String {
    format!("{:.0} a second", each.as_secs_f64().recip())
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
