use std::process::ExitCode;

/// How the command ended.
///
/// Where several apply, the first of this order counts: what could not be run or read (2), findings
/// (1), unknown under `--strict` (3). A file that could not be read may hold what mends a finding, so
/// it is told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: nothing failed.
    Success,
    /// 1: findings of the severity that was asked for.
    Findings,
    /// 2: the command could not run, or a file, or a part of one, could not be read.
    CouldNotRun,
    /// 3: something is unknown, under `--strict`.
    Unknown,
}

impl Exit {
    /// The exit of a command of which these hold.
    #[must_use]
    pub fn of(unreadable: bool, findings: bool, unknown: bool) -> Self {
        if unreadable {
            Self::CouldNotRun
        } else if findings {
            Self::Findings
        } else if unknown {
            Self::Unknown
        } else {
            Self::Success
        }
    }

    /// The code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::CouldNotRun => 2,
            Self::Unknown => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn unreadable_comes_before_findings_and_findings_before_unknown() {
        assert_eq!(Exit::of(true, true, true).code(), 2);
        assert_eq!(Exit::of(false, true, true).code(), 1);
        assert_eq!(Exit::of(false, false, true).code(), 3);
        assert_eq!(Exit::of(false, false, false).code(), 0);
    }
}
