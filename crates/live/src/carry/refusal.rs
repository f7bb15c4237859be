//! What a service answered to a call that it did not carry out.

use std::error::Error;

use aws_sdk_eks::error::{ProvideErrorMetadata, SdkError};

use super::attempt::{AtMost, Step};
use super::error::CarryError;
use crate::missing::Missing;

/// A service's refusal, in its own words.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) call: &'static str,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    /// The code without the suffix that some protocols give it.
    pub(super) fn code(&self) -> &str {
        self.code.strip_suffix("Exception").unwrap_or(&self.code)
    }

    pub(super) fn says(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    pub(super) fn into_error(self, waited: Option<std::time::Duration>) -> CarryError {
        CarryError::Refused {
            call: self.call.to_owned(),
            said: match self.message.as_str() {
                "" => self.code,
                message => format!("{}: {message}", self.code),
            },
            waited: waited.filter(|waited| !waited.is_zero()),
        }
    }

    pub(super) fn failed(self) -> Step {
        Step::Failed(self.into_error(None))
    }

    /// The cluster itself is not there: no word on what was asked for in it.
    pub(super) fn is_of_cluster(&self) -> bool {
        self.code() == "ResourceNotFound" && self.says("No cluster found")
    }

    /// Whatever is asked: throttling that outlasts the SDK's own retries, and what AWS cannot do right
    /// now.
    fn is_passing(&self) -> Option<&'static str> {
        match self.code() {
            "Throttling"
            | "Throttled"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "RequestThrottled"
            | "SlowDown" => {
                Some("AWS limits how many calls this account makes; others make many right now")
            }
            "ConcurrentModification" => Some("another change of the same thing is under way"),
            "Server" | "ServiceUnavailable" | "InternalFailure" | "InternalError"
            | "ServiceFailure" => Some("AWS has a fault of its own"),
            _ => None,
        }
    }
}

/// Why a call was not carried out.
pub(super) enum Failure {
    /// Something to look at more closely.
    Refused(Refusal),
    /// Decided already, whatever the call.
    Step(Step),
}

impl Failure {
    /// Reads an error of the SDK.
    pub(super) fn of<E, R>(error: &SdkError<E, R>, call: &'static str, resource: &str) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let refusal = match error {
            SdkError::ServiceError(service) => Refusal {
                call,
                code: service.err().code().unwrap_or("no code").to_owned(),
                message: service.err().message().unwrap_or_default().to_owned(),
            },
            _ => Refusal {
                call,
                code: "no answer".to_owned(),
                message: error.to_string(),
            },
        };
        match Missing::of(error, call, resource) {
            Missing::NotPermitted { action, resource } => {
                Self::Step(Step::Failed(CarryError::NotPermitted {
                    call: call.to_owned(),
                    action,
                    resource,
                    because: why_refused(&refusal.message),
                }))
            }
            Missing::Fatal(error) => Self::Step(Step::Failed(error.into())),
            Missing::Absent | Missing::CannotBe | Missing::Failed { .. } => {
                match refusal.is_passing() {
                    Some(why) => Self::Step(Step::again(call, why, AtMost::Usual, refusal)),
                    None => Self::Refused(refusal),
                }
            }
        }
    }

    /// What it comes to where a refusal has no meaning of its own.
    pub(super) fn step(self) -> Step {
        self.or(Refusal::failed)
    }

    /// What it comes to, by the meaning of a refusal.
    pub(super) fn or(self, meaning: impl FnOnce(Refusal) -> Step) -> Step {
        match self {
            Self::Refused(refusal) => meaning(refusal),
            Self::Step(step) => step,
        }
    }
}

/// What AWS gives as the reason, which tells a missing policy from one that denies.
fn why_refused(message: &str) -> Option<String> {
    let why = match message.split_once(" because ") {
        Some((_, why)) => why.to_owned(),
        None => format!("an {}", message.split_once(" with an ")?.1),
    };
    Some(why.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::why_refused;

    const PASS: &str = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: \
                        iam:PassRole on resource: arn:aws:iam::111122223333:role/platform/Node \
                        because no identity-based policy allows the iam:PassRole action";
    const DENIED: &str = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: \
                          eks:CreateAccessEntry on resource: \
                          arn:aws:eks:eu-central-1:111122223333:cluster/prod with an explicit deny \
                          in a service control policy";

    #[test]
    fn the_reason_is_the_one_that_aws_names() {
        let why = "no identity-based policy allows the iam:PassRole action";
        assert_eq!(why_refused(PASS).as_deref(), Some(why));
        let why = "an explicit deny in a service control policy";
        assert_eq!(why_refused(DENIED).as_deref(), Some(why));
        assert_eq!(why_refused("Access denied"), None);
    }
}
