use crate::failure::Failure;
use crate::service::{Protocol, Service};

/// An error a call is answered with instead of being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many calls.
    Throttled,
    /// Something broke inside the service; the status if the rule gives one.
    Server(Option<u16>),
    /// The caller's temporary credentials have run out.
    Expired,
}

impl Refusal {
    /// The error in the words of the service.
    ///
    /// Codes and statuses of throttling are the modelled ones (botocore service models) and, for the
    /// query services, those of "Common errors" in their API references; EC2's is described in the
    /// EC2 API Reference, "Request throttling", S3's in the S3 API Reference, "Error responses".
    pub(crate) fn of(self, service: Service) -> Failure {
        match self {
            Self::Throttled => throttled(service),
            Self::Server(None | Some(500)) => internal(service),
            Self::Server(Some(status)) => unavailable(service, status),
            Self::Expired => expired(service),
        }
    }
}

/// What every service says of a session that is over.
pub(crate) fn expired(service: Service) -> Failure {
    let code = match service.protocol() {
        Protocol::Query | Protocol::S3 => "ExpiredToken",
        Protocol::Ec2 => "RequestExpired",
        Protocol::RestJson | Protocol::Json11 => "ExpiredTokenException",
    };
    Failure::new(
        code,
        403,
        "The security token included in the request is expired",
    )
}

fn throttled(service: Service) -> Failure {
    match service {
        Service::Eks => Failure::new("ThrottlingException", 429, "Rate exceeded"),
        Service::CloudTrail => Failure::new("ThrottlingException", 400, "Rate exceeded"),
        Service::Organizations => Failure::new(
            "TooManyRequestsException",
            400,
            "You have sent too many requests in too short a period of time.",
        ),
        Service::Iam | Service::Sts => Failure::new("Throttling", 400, "Rate exceeded"),
        Service::Ec2 => Failure::new("RequestLimitExceeded", 503, "Request limit exceeded.")
            .recorded_as("Client.RequestLimitExceeded"),
        Service::S3 => Failure::new("SlowDown", 503, "Please reduce your request rate."),
    }
}

fn internal(service: Service) -> Failure {
    const UNKNOWN: &str =
        "The request processing has failed because of an unknown error, exception or failure.";
    match service {
        Service::Eks => Failure::new("ServerException", 500, UNKNOWN),
        Service::Iam => {
            Failure::new("ServiceFailure", 500, UNKNOWN).recorded_as("ServiceFailureException")
        }
        Service::Sts | Service::CloudTrail => Failure::new("InternalFailure", 500, UNKNOWN),
        Service::Organizations => Failure::new("ServiceException", 500, UNKNOWN),
        Service::Ec2 => Failure::new("InternalError", 500, "An internal error has occurred")
            .recorded_as("Server.InternalError"),
        Service::S3 => Failure::new(
            "InternalError",
            500,
            "We encountered an internal error. Please try again.",
        ),
    }
}

fn unavailable(service: Service, status: u16) -> Failure {
    const TEXT: &str = "The request has failed due to a temporary failure of the server.";
    match service {
        Service::Eks => Failure::new("ServiceUnavailableException", status, TEXT),
        Service::Ec2 => Failure::new("Unavailable", status, TEXT).recorded_as("Server.Unavailable"),
        _ => Failure::new("ServiceUnavailable", status, TEXT),
    }
}
