use std::time::Duration;

use thiserror::Error;

use crate::LiveError;
use crate::error::permit;

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CarryError {
    /// The caller may not.
    #[error("`{action}` on `{resource}` is not permitted{}{}", by(.call, .action), reason(.because.as_deref()))]
    NotPermitted {
        /// Service and operation of the call that was refused.
        call: String,
        /// The action that is not permitted, such as `iam:AttachRolePolicy` or `kubernetes:patch`: the
        /// call's own, or one that the call needs besides, such as `iam:PassRole`.
        action: String,
        /// What it was asked for.
        resource: String,
        /// Why, in AWS's own words, such as `no identity-based policy allows the … action`.
        because: Option<String>,
    },
    /// AWS or Kubernetes refuses it.
    #[error("`{call}` is refused{}: {said}", after(.waited))]
    Refused {
        /// Service and operation.
        call: String,
        /// Their own words, with the error's code.
        said: String,
        /// How long it was tried again, where waiting might have helped.
        waited: Option<Duration>,
    },
    /// What is there is neither what was to be changed nor what was wanted.
    #[error("{what} {found}")]
    Changed {
        /// What was to be changed.
        what: String,
        /// What it is instead, such as `is of type STANDARD, not EC2`.
        found: String,
    },
    /// The ConfigMap `aws-auth` cannot be edited without rewriting it.
    #[error("`mapRoles` in `aws-auth` cannot be edited in place: {problem}")]
    Map {
        /// What is in the way.
        problem: String,
    },
    /// This build does not know how to make the change.
    #[error("`{call}` is a change that this version cannot carry out")]
    NotSupported {
        /// Service and operation.
        call: String,
    },
    /// Credentials, clock, network or the cluster itself are in the way.
    #[error(transparent)]
    Live(#[from] LiveError),
}

fn after(waited: &Option<Duration>) -> String {
    match waited {
        Some(waited) => format!(" still, after {} s", waited.as_secs()),
        None => String::new(),
    }
}

fn by(call: &str, action: &str) -> String {
    match call == action {
        true => String::new(),
        false => format!(", which `{call}` needs"),
    }
}

fn reason(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(": {why}"))
}

impl CarryError {
    /// Whether a policy says no, which no other policy's yes outweighs.
    #[must_use]
    pub fn is_denied_explicitly(&self) -> bool {
        let Self::NotPermitted { because, .. } = self else {
            return false;
        };
        because
            .as_ref()
            .is_some_and(|why| why.contains("explicit deny"))
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NotPermitted { .. } if self.is_denied_explicitly() => {
                "a policy that denies outweighs every one that allows: have it lifted by those who \
                 keep it, or use an identity that it does not concern"
                    .to_owned()
            }
            Self::NotPermitted {
                action, resource, ..
            } => permit(action, resource),
            Self::Refused { said, .. } if said.contains("invalid principal") => {
                "EKS takes only principals that are in IAM: `aws iam get-role --role-name NAME` \
                 shows the role with its path"
                    .to_owned()
            }
            Self::Refused {
                waited: Some(_), ..
            } => "try again in a few minutes; what was done before stays done".to_owned(),
            Self::Refused { .. } => {
                "the message is AWS's own; mend what it names and make a new plan".to_owned()
            }
            Self::Changed { .. } => {
                "somebody else changed it meanwhile: look at it, and make a new plan".to_owned()
            }
            Self::Map { .. } => {
                "edit it by hand: `kubectl edit configmap aws-auth --namespace kube-system`"
                    .to_owned()
            }
            Self::NotSupported { .. } => {
                "carry it out by hand, or use the version that made the plan".to_owned()
            }
            Self::Live(error) => error.help(),
        }
    }
}
