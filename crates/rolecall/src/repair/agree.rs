//! Asks whether to go on.

use std::io::{BufRead, Write};

use super::RepairConfig;

/// Whether the user agrees to so many calls: said beforehand, or asked for on the terminal.
///
/// Without either it is no: nothing is changed that nobody agreed to.
pub(super) fn agreed(config: &RepairConfig, question: &str) -> Answer {
    if config.yes {
        return Answer::Yes;
    }
    if !config.interactive {
        return Answer::NobodyThere;
    }
    let mut stderr = anstream::stderr().lock();
    let asked = write!(stderr, "\n{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    if asked.is_err() || std::io::stdin().lock().read_line(&mut answer).is_err() {
        return Answer::NobodyThere;
    }
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// Nobody could be asked.
    NobodyThere,
}
