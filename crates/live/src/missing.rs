//! What a call's failure means for the facts.

use std::error::Error;

use aws_sdk_eks::error::{ProvideErrorMetadata, SdkError};
use rolecall_facts::{Origin, Unread, Why};

use crate::{LiveError, said};

/// Why a call did not tell what it was asked.
#[derive(Debug, Clone)]
pub(crate) enum Missing {
    /// It is not there; AWS says so.
    Absent,
    /// It cannot be there: the cluster's authentication mode has no access entries, or the entry's
    /// type no access policies.
    CannotBe,
    /// The caller may not know.
    NotPermitted {
        /// The action.
        action: String,
        /// What it was asked for.
        resource: String,
    },
    /// Nothing that is asked next will be answered either.
    Fatal(LiveError),
    /// It failed otherwise; what was asked and what was answered.
    Failed {
        /// The call.
        call: String,
        /// What was answered.
        problem: String,
    },
}

impl Missing {
    /// Reads an error of the SDK. `call` is service and operation, `resource` what it was asked for.
    pub(crate) fn of<E, R>(error: &SdkError<E, R>, call: &str, resource: &str) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        if let SdkError::ServiceError(service) = error {
            let (code, message) = (service.err().code(), service.err().message());
            return Self::of_answer(
                code.unwrap_or_default(),
                message.unwrap_or_default(),
                call,
                resource,
            );
        }
        let problem = said(error);
        let is_credentials = chain(error).any(|text| text.contains("credential"));
        match error {
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) if is_credentials => {
                // They were there when the connection was made.
                Self::Fatal(LiveError::Credentials {
                    problem,
                    expired: true,
                })
            }
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
                let service = call.split(':').next().unwrap_or(call);
                Self::Fatal(LiveError::Unreachable {
                    endpoint: service.to_owned(),
                    problem,
                })
            }
            _ => Self::Failed {
                call: call.to_owned(),
                problem,
            },
        }
    }

    /// Reads a code and message as AWS's services write them.
    pub(crate) fn of_answer(code: &str, message: &str, call: &str, resource: &str) -> Self {
        let said = || match message {
            "" => code.to_owned(),
            message => format!("{code}: {message}"),
        };
        // EKS words so what it asked IAM or EC2 in the caller's name.
        if code == "InvalidRequestException"
            && let Some(action) = lacked_action(message)
        {
            return Self::NotPermitted {
                action: action.to_owned(),
                resource: refused_resource(message).unwrap_or("*").to_owned(),
            };
        }
        match code {
            "ResourceNotFoundException" | "NoSuchEntity" | "NoSuchEntityException" => Self::Absent,
            "InvalidRequestException" if message.contains("authentication mode") => Self::CannotBe,
            "InvalidParameterException" if message.contains("type of \"STANDARD\"") => {
                Self::CannotBe
            }
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
                let refused = refused_resource(message).unwrap_or(resource);
                Self::NotPermitted {
                    // Not always the call's own: a role is passed, a tag is set on the way.
                    action: refused_action(message).unwrap_or(call).to_owned(),
                    resource: refused.to_owned(),
                }
            }
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                Self::Fatal(LiveError::Credentials {
                    problem: said(),
                    expired: true,
                })
            }
            "RequestTimeTooSkewed" => Self::Fatal(LiveError::ClockSkew { problem: said() }),
            "SignatureDoesNotMatch" | "InvalidSignatureException"
                if message.contains("Signature expired")
                    || message.contains("Signature not yet current") =>
            {
                Self::Fatal(LiveError::ClockSkew { problem: said() })
            }
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
            | "MissingAuthenticationToken" => Self::Fatal(LiveError::Credentials {
                problem: said(),
                expired: false,
            }),
            _ => Self::Failed {
                call: call.to_owned(),
                problem: said(),
            },
        }
    }

    /// Why the facts that the call would have told are not known. Absence is a fact, and has none.
    pub(crate) fn why(&self) -> Option<Why> {
        match self {
            Self::Absent | Self::CannotBe => None,
            Self::NotPermitted { action, resource } => {
                Some(Why::NotPermitted(format!("{action} on {resource}").into()))
            }
            Self::Fatal(error) => {
                let text = format!("the cluster's objects, or what AWS knows of them ({error}),");
                Some(Why::ReadFailed(text.into()))
            }
            Self::Failed { call, problem } => Some(Why::ReadFailed(
                format!("the answer to {call} ({problem})").into(),
            )),
        }
    }

    /// The same as a line of what could not be read, with what to do about it.
    pub(crate) fn unread(&self, cluster: &str, origin: &Origin) -> Option<Unread> {
        Some(Unread {
            cluster: Some(cluster.to_owned()),
            origin: origin.clone(),
            why: self.why()?,
            help: Some(self.clone().into_error().help()),
        })
    }

    /// The same as an error that ends the reading.
    pub(crate) fn into_error(self) -> LiveError {
        match self {
            Self::Fatal(error) => error,
            Self::NotPermitted { action, resource } => LiveError::NotPermitted { action, resource },
            Self::Failed { call, problem } => LiveError::Failed { call, problem },
            Self::Absent | Self::CannotBe => LiveError::Failed {
                call: String::new(),
                problem: "not there".to_owned(),
            },
        }
    }
}

/// The ARN that AWS says was refused: it names what a policy must allow, which for an entry that is
/// not there ends in `*`.
fn refused_resource(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("on resource: ")?;
    // What follows may name the policy that denies.
    let resource = rest.split(" because ").next()?.split(" with an ").next()?;
    // IAM writes `role NodeRole` and `policy arn:…`.
    let mut words = resource.split_whitespace();
    words.find(|word| word.starts_with("arn:") || *word == "*")
}

/// The action that AWS says was refused.
fn refused_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("is not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?;
    action.contains(':').then_some(action)
}

/// The action whose lack is behind a refusal of EKS (terraform-aws-modules/terraform-aws-eks#823,
/// aws-controllers-k8s/community#2164).
fn lacked_action(message: &str) -> Option<&str> {
    let quoted = message.split_once("missing permissions for '");
    let quoted = quoted.and_then(|(_, rest)| rest.split('\'').next());
    quoted.or_else(|| refused_action(message))
}

/// An error and its causes, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::Missing;

    fn lacked(code: &str, message: &str) -> Option<(String, String)> {
        match Missing::of_answer(code, message, "eks:CreateNodegroup", "prod") {
            Missing::NotPermitted { action, resource } => Some((action, resource)),
            _ => None,
        }
    }

    #[test]
    fn the_permission_that_is_named_is_the_one_that_was_refused() {
        let of = |action: &str, resource: &str| Some((action.to_owned(), resource.to_owned()));
        assert_eq!(
            lacked(
                "AccessDeniedException",
                "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:PassRole \
                 on resource: arn:aws:iam::111122223333:role/eks/N because no identity-based policy \
                 allows the iam:PassRole action"
            ),
            of("iam:PassRole", "arn:aws:iam::111122223333:role/eks/N")
        );
        assert_eq!(
            lacked(
                "InvalidRequestException",
                "Failed to create service linked role: AWSServiceRoleForAmazonEKSNodegroup due to \
                 missing permissions for 'iam:CreateServiceLinkedRole'"
            ),
            of("iam:CreateServiceLinkedRole", "*")
        );
        assert_eq!(
            lacked(
                "InvalidRequestException",
                "You are not authorized to perform ec2:DescribeSubnets. User: \
                 arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: \
                 ec2:DescribeSubnets because no identity-based policy allows the \
                 ec2:DescribeSubnets action"
            ),
            of("ec2:DescribeSubnets", "*")
        );
        // Of a refusal without reasons the call is all that is known.
        assert_eq!(
            lacked("AccessDenied", "Access Denied"),
            of("eks:CreateNodegroup", "prod")
        );
        assert_eq!(
            lacked("InvalidRequestException", "The subnets are full"),
            None
        );
    }
}
