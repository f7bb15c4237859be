//! ARNs of what IAM keeps: roles, users and instance profiles, each with a path, and the path-less
//! role ARN that `aws-auth` compares.

use std::fmt;
use std::str::FromStr;

use crate::generic::split;
use crate::text::serde_as_text;
use crate::{
    AccountId, ArnError, AssumedRoleArn, Expected, IamPath, InstanceProfileName, Partition,
    RoleName, SessionName, UserName,
};

/// Splits `arn:…:iam::account:<kind>/path/name` into its account, path and name.
fn parse_iam(
    text: &str,
    kind: &str,
    expected: Expected,
) -> Result<(Partition, AccountId, IamPath, String), ArnError> {
    let fail = |problem: String| ArnError::new(text, expected, problem);
    let parts = split(text, expected)?;
    if parts.service != "iam" {
        return Err(fail(format!(
            "its service is `{}`, not `iam`",
            parts.service
        )));
    }
    if !parts.region.is_empty() {
        return Err(fail(format!(
            "IAM is global, yet it names the region `{}`",
            parts.region
        )));
    }
    let account = parts
        .account
        .parse()
        .map_err(|error: ArnError| fail(error.problem))?;
    let after_kind = parts
        .resource
        .strip_prefix(kind)
        .filter(|rest| rest.starts_with('/'))
        .ok_or_else(|| fail(format!("its resource does not begin with `{kind}/`")))?;
    let (path, name) = match after_kind.rsplit_once('/') {
        Some((path, name)) => (format!("{path}/"), name),
        None => return Err(fail("it has no name".to_owned())),
    };
    let path = path
        .parse()
        .map_err(|error: ArnError| fail(error.problem))?;
    Ok((parts.partition, account, path, name.to_owned()))
}

macro_rules! iam_arn {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type {
            partition: Partition,
            account: AccountId,
            path: IamPath,
            name: $name,
        }

        impl $type {
            /// Puts an ARN together; nothing can be wrong with it, each part was checked.
            #[must_use]
            pub fn new(partition: Partition, account: AccountId, path: IamPath, name: $name) -> Self {
                Self { partition, account, path, name }
            }

            /// The partition.
            #[must_use]
            pub fn partition(&self) -> &Partition {
                &self.partition
            }

            /// The account that owns it.
            #[must_use]
            pub fn account(&self) -> AccountId {
                self.account
            }

            /// The path with both its slashes; `/` at the root.
            #[must_use]
            pub fn path(&self) -> &IamPath {
                &self.path
            }

            /// The name, the part after the last slash.
            #[must_use]
            pub fn name(&self) -> &$name {
                &self.name
            }
        }

        impl FromStr for $type {
            type Err = ArnError;

            fn from_str(text: &str) -> Result<Self, ArnError> {
                let (partition, account, path, name) = parse_iam(text, $kind, Expected::$type)?;
                let name = name
                    .parse()
                    .map_err(|error: ArnError| ArnError::new(text, Expected::$type, error.problem))?;
                Ok(Self { partition, account, path, name })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self { partition, account, path, name } = self;
                write!(f, "arn:{partition}:iam::{account}:{}{path}{name}", $kind)
            }
        }

        serde_as_text!($type);
    };
}

iam_arn! {
    /// A role's ARN, `arn:aws:iam::111122223333:role/platform/eks/NodeRole`, with its path.
    ///
    /// ```
    /// use rolecall_arn::RoleArn;
    ///
    /// let role: RoleArn = "arn:aws:iam::111122223333:role/platform/eks/NodeRole".parse()?;
    /// assert_eq!(role.path().as_str(), "/platform/eks/");
    /// assert_eq!(role.name().as_str(), "NodeRole");
    /// // The role of that name at the root is another ARN.
    /// assert_ne!(role, "arn:aws:iam::111122223333:role/NodeRole".parse()?);
    /// # Ok::<(), rolecall_arn::ArnError>(())
    /// ```
    RoleArn, "role", RoleName
}
iam_arn! {
    /// A user's ARN, with its path.
    UserArn, "user", UserName
}
iam_arn! {
    /// An instance profile's ARN, with its path.
    InstanceProfileArn, "instance-profile", InstanceProfileName
}

impl RoleArn {
    /// The ARN that a session of this role has in STS. It loses the path, for good: from an
    /// assumed-role ARN the role's ARN cannot be rebuilt.
    ///
    /// ```
    /// use rolecall_arn::RoleArn;
    ///
    /// let role: RoleArn = "arn:aws:iam::111122223333:role/platform/eks/NodeRole".parse()?;
    /// let session = role.drop_path_for_session("i-0abc1234def567890".parse()?);
    /// assert_eq!(
    ///     session.to_string(),
    ///     "arn:aws:sts::111122223333:assumed-role/NodeRole/i-0abc1234def567890"
    /// );
    /// # Ok::<(), rolecall_arn::ArnError>(())
    /// ```
    #[must_use]
    pub fn drop_path_for_session(&self, session: SessionName) -> AssumedRoleArn {
        AssumedRoleArn::new(
            self.partition.clone(),
            self.account,
            self.name.clone(),
            session,
        )
    }

    /// The ARN under which the `aws-auth` ConfigMap must name this role: the authenticator compares
    /// with the session's ARN, which has no path (kubernetes-sigs/aws-iam-authenticator#268).
    ///
    /// ```
    /// use rolecall_arn::RoleArn;
    ///
    /// let role: RoleArn = "arn:aws:iam::111122223333:role/platform/eks/NodeRole".parse()?;
    /// let mapped = role.drop_path_for_aws_auth();
    /// assert_eq!(mapped.to_string(), "arn:aws:iam::111122223333:role/NodeRole");
    /// assert!(mapped.is_mapped_by("arn:aws:iam::111122223333:role/noderole"));
    /// assert!(!mapped.is_mapped_by("arn:aws:iam::111122223333:role/platform/eks/NodeRole"));
    /// # Ok::<(), rolecall_arn::ArnError>(())
    /// ```
    #[must_use]
    pub fn drop_path_for_aws_auth(&self) -> AwsAuthRoleArn {
        AwsAuthRoleArn(Self {
            path: IamPath::root(),
            ..self.clone()
        })
    }

    /// Whether this names a service-linked role, by its reserved path `/aws-service-role/`.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.path.as_str().starts_with("/aws-service-role/")
    }
}

/// A role's ARN as `aws-auth` compares it: without path. Not a [`RoleArn`], so that it is never
/// given to IAM or EKS, which know the role by its full ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AwsAuthRoleArn(RoleArn);

impl AwsAuthRoleArn {
    /// Whether a `rolearn` of `aws-auth` maps this role: the authenticator compares the two as text
    /// without regard to case (kubernetes-sigs/aws-iam-authenticator, `pkg/arn` and the ConfigMap
    /// mapper).
    #[must_use]
    pub fn is_mapped_by(&self, role_arn: &str) -> bool {
        self.to_string().eq_ignore_ascii_case(role_arn)
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> &Partition {
        &self.0.partition
    }

    /// The account that owns the role.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.0.account
    }

    /// The role's name.
    #[must_use]
    pub fn name(&self) -> &RoleName {
        &self.0.name
    }
}

impl FromStr for AwsAuthRoleArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: String| ArnError::new(text, Expected::AwsAuthRoleArn, problem);
        let role: RoleArn = text
            .parse()
            .map_err(|error: ArnError| fail(error.problem))?;
        if role.path.is_root() {
            Ok(Self(role))
        } else {
            Err(fail(format!("it has the path `{}`", role.path)))
        }
    }
}

impl fmt::Display for AwsAuthRoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(AwsAuthRoleArn);
