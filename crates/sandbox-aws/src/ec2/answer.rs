//! What EC2 says when something is wrong, and small things all its answers share.

use jiff::Timestamp;

use crate::call::Call;
use crate::failure::Failure;

/// An error of the caller's making; CloudTrail records its code with `Client.` before it (seen in
/// public event data).
pub(super) fn client(code: &str, message: impl Into<String>) -> Failure {
    Failure::new(code.to_owned(), 400, message).recorded_as(format!("Client.{code}"))
}

pub(super) fn missing(parameter: &str) -> Failure {
    client(
        "MissingParameter",
        format!("The request must contain the parameter {parameter}"),
    )
}

pub(super) fn invalid(value: &str, parameter: &str, why: &str) -> Failure {
    client(
        "InvalidParameterValue",
        format!("Value ({value}) for parameter {parameter} is invalid. {why}"),
    )
}

/// A kind of things with ids, as errors name it.
pub(super) struct Kind {
    /// `InvalidVpcID`
    pub(super) code: &'static str,
    /// `vpc ID`
    pub(super) name: &'static str,
    /// `vpc-`
    pub(super) prefix: &'static str,
}

pub(super) const VPC: Kind = Kind {
    code: "InvalidVpcID",
    name: "vpc ID",
    prefix: "vpc-",
};
pub(super) const SUBNET: Kind = Kind {
    code: "InvalidSubnetID",
    name: "subnet ID",
    prefix: "subnet-",
};
pub(super) const GROUP: Kind = Kind {
    code: "InvalidGroup",
    name: "security group",
    prefix: "sg-",
};
pub(super) const INSTANCE: Kind = Kind {
    code: "InvalidInstanceID",
    name: "instance ID",
    prefix: "i-",
};
pub(super) const VOLUME: Kind = Kind {
    code: "InvalidVolume",
    name: "volume",
    prefix: "vol-",
};
pub(super) const INTERFACE: Kind = Kind {
    code: "InvalidNetworkInterfaceID",
    name: "networkInterface ID",
    prefix: "eni-",
};

impl Kind {
    /// Nothing has this id, or it is no id of this kind.
    pub(super) fn absent(&self, id: &str) -> Failure {
        let Self { code, name, prefix } = self;
        if !well_formed(id, prefix) {
            return client(
                &format!(
                    "{}.Malformed",
                    if *code == "InvalidGroup" {
                        "InvalidGroupId"
                    } else {
                        code
                    }
                ),
                format!("Invalid id: \"{id}\" (expecting \"{prefix}...\")"),
            );
        }
        client(
            &format!("{code}.NotFound"),
            format!("The {name} '{id}' does not exist"),
        )
    }
}

/// `prefix` and 8 or 17 hexadecimal digits.
pub(super) fn well_formed(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// `2026-11-01T10:00:00.000Z`
pub(super) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

impl Call<'_> {
    /// The key of a thing of the caller's account in the call's region.
    pub(super) fn key(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.account(), self.region)
    }

    /// A text that must be given.
    pub(super) fn must(&self, name: &str) -> Result<&str, Failure> {
        self.parameters.text(name).ok_or_else(|| missing(name))
    }

    /// A number that must be one if it is given.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Failure> {
        match self.parameters.text(name) {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| invalid(text, name, "It is not a number.")),
        }
    }

    /// Ends a dry run, once everything is checked (EC2 API Reference, "Common query parameters").
    pub(super) fn dry_run(&self) -> Result<(), Failure> {
        if self.parameters.boolean("DryRun") == Some(true) {
            return Err(Failure::new(
                "DryRunOperation",
                412,
                "Request would have succeeded, but DryRun flag is set.",
            )
            .recorded_as("Client.DryRunOperation"));
        }
        Ok(())
    }
}
