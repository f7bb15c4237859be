use thiserror::Error;

/// What a piece of text was expected to be when it could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// `arn:partition:service:region:account:resource`.
    Arn,
    /// A partition such as `aws` or `aws-us-gov`.
    Partition,
    /// Twelve digits.
    AccountId,
    /// `/` or `/…/`, 1 to 512 printable ASCII characters without space.
    IamPath,
    /// 1 to 64 of `A-Z a-z 0-9 _ + = , . @ -`.
    RoleName,
    /// 1 to 128 of the same characters.
    InstanceProfileName,
    /// 1 to 64 of the same characters.
    UserName,
    /// 2 to 64 of the same characters.
    SessionName,
    /// A role's ARN.
    RoleArn,
    /// A user's ARN.
    UserArn,
    /// An instance profile's ARN.
    InstanceProfileArn,
    /// An STS assumed-role ARN.
    AssumedRoleArn,
    /// A role's ARN without a path, as `aws-auth` compares it.
    AwsAuthRoleArn,
    /// An EKS access entry's ARN.
    AccessEntryArn,
    /// An IAM unique id such as `AROA…`.
    UniqueId,
    /// Text in which each `%` begins a two-digit hexadecimal escape.
    PercentEncoded,
}

impl Expected {
    /// The grammar in words, for an error message.
    #[must_use]
    pub fn grammar(self) -> &'static str {
        match self {
            Self::Arn => "an ARN, `arn:partition:service:region:account:resource`",
            Self::Partition => "a partition, `aws` or `aws-…`",
            Self::AccountId => "an account id of twelve digits",
            Self::IamPath => {
                "an IAM path, `/` or `/…/`, of at most 512 printable ASCII characters without space"
            }
            Self::RoleName => "a role name of 1 to 64 letters, digits or `_+=,.@-`",
            Self::InstanceProfileName => {
                "an instance profile name of 1 to 128 letters, digits or `_+=,.@-`"
            }
            Self::UserName => "a user name of 1 to 64 letters, digits or `_+=,.@-`",
            Self::SessionName => "a session name of 2 to 64 letters, digits or `_+=,.@-`",
            Self::RoleArn => "a role ARN, `arn:aws:iam::111122223333:role/path/name`",
            Self::UserArn => "a user ARN, `arn:aws:iam::111122223333:user/path/name`",
            Self::InstanceProfileArn => {
                "an instance profile ARN, `arn:aws:iam::111122223333:instance-profile/path/name`"
            }
            Self::AssumedRoleArn => {
                "an assumed-role ARN, `arn:aws:sts::111122223333:assumed-role/name/session`"
            }
            Self::AwsAuthRoleArn => {
                "a role ARN without path, `arn:aws:iam::111122223333:role/name`"
            }
            Self::AccessEntryArn => {
                "an access entry ARN, `arn:aws:eks:region:account:access-entry/cluster/role/account/name/id`"
            }
            Self::UniqueId => "an IAM unique id of 16 to 128 letters and digits, such as `AROA…`",
            Self::PercentEncoded => "percent-encoded UTF-8 text",
        }
    }
}

/// Text that does not follow the grammar of what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not {}: {problem}", expected.grammar())]
pub struct ArnError {
    /// The offending text, whole.
    pub text: String,
    /// What it was taken for.
    pub expected: Expected,
    /// What is wrong with it, in lower case and without a full stop.
    pub problem: String,
}

impl ArnError {
    pub(crate) fn new(text: &str, expected: Expected, problem: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            expected,
            problem: problem.into(),
        }
    }
}
