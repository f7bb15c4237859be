use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};

/// Lines on standard output as clusters are done, and a bar on standard error where that is a
/// terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    tells: bool,
}

impl Progress {
    /// `tells` is whether lines are written, `quiet` whether not even a bar is drawn.
    pub(super) fn begin(tells: bool, quiet: bool) -> Self {
        let bar = match quiet {
            true => ProgressBar::hidden(),
            // Drawn on standard error, and not at all where that is no terminal.
            false => ProgressBar::new(0),
        };
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos} of {len} clusters  {elapsed}")
        {
            bar.set_style(style);
        }
        Self { bar, tells }
    }

    pub(super) fn found(&self, count: usize) {
        self.bar.inc_length(count as u64);
    }

    pub(super) fn done(&self, line: &str) {
        self.tell(line);
        self.bar.inc(1);
    }

    pub(super) fn lost(&self, line: &str, was_found: bool) {
        self.tell(line);
        if was_found {
            self.bar.inc(1);
        }
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }

    /// A reader that has gone does not end the survey: the exit code still counts.
    fn tell(&self, line: &str) {
        if self.tells {
            self.bar.suspend(|| {
                let mut stdout = std::io::stdout().lock();
                let _ = stdout.write_all(line.as_bytes());
                let _ = stdout.flush();
            });
        }
    }
}
