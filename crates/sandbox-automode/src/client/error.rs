use super::NoAnswer;

/// Why a call of AWS did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// AWS answered with an error.
    #[error("{operation} was answered with {code} ({status}): {message}")]
    Answered {
        /// The operation, as in `DescribeAccessEntry`.
        operation: &'static str,
        /// The error's code, as in `AccessDeniedException`.
        code: String,
        /// AWS's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer.
    #[error("{operation} was not answered: {why}")]
    Unanswered {
        /// The operation.
        operation: &'static str,
        /// What the carrier says.
        why: NoAnswer,
    },
    /// The answer does not say what it should.
    #[error("the answer to {operation} has no `{missing}`")]
    Unreadable {
        /// The operation.
        operation: &'static str,
        /// What is not in it.
        missing: &'static str,
    },
}

impl AwsError {
    /// The error's code, without the suffix that some protocols add.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Answered { code, .. } => code.strip_suffix("Exception").unwrap_or(code),
            _ => "",
        }
    }

    /// Whether the same call may work in a moment: throttled, a fault of the server, or no answer.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Answered { status, .. } if *status >= 500 || *status == 429 => true,
            Self::Answered { .. } => matches!(
                self.code(),
                "Throttling" | "ThrottledException" | "RequestLimitExceeded" | "TooManyRequests"
            ),
            Self::Unanswered { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }

    /// Whether the credentials are no longer good: expired, or of a role that was deleted since.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        matches!(
            self.code(),
            "ExpiredToken"
                | "RequestExpired"
                | "InvalidClientTokenId"
                | "UnrecognizedClient"
                | "AuthFailure"
        )
    }
}

/// Why a call of Kubernetes did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeError {
    /// The API server answered with a `Status`.
    #[error("the API server answered {code} {reason}: {message}")]
    Answered {
        /// The HTTP status.
        code: u16,
        /// The reason, as in `NotFound`.
        reason: String,
        /// The text for people.
        message: String,
    },
    /// There was no answer.
    #[error("the API server did not answer: {0}")]
    Unanswered(NoAnswer),
    /// The answer is not JSON.
    #[error("the API server's answer is not JSON")]
    Unreadable,
}

impl KubeError {
    /// The HTTP status, 0 without an answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered { code, .. } => *code,
            _ => 0,
        }
    }
}
