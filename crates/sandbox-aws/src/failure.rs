use std::borrow::Cow;

use serde_json::{Map, Value};

/// An error as an AWS API answers it.
///
/// `code` is the one of the service's model: `NoSuchEntity` for IAM (the query protocol drops the
/// suffix), `ResourceNotFoundException` for EKS. The wire layer writes it in the service's protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The error code on the wire.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// The message, word for word as AWS writes it where that is known.
    pub message: String,
    /// Further members of a JSON error body. Boxed to keep results small.
    pub members: Box<Map<String, Value>>,
    /// The code in CloudTrail, where it differs from the one on the wire.
    pub recorded_code: Option<Cow<'static, str>>,
}

impl Failure {
    /// An error with this code, status and message.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
            members: Box::default(),
            recorded_code: None,
        }
    }

    /// Adds a member to a JSON error body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Gives CloudTrail's spelling of the code.
    #[must_use]
    pub fn recorded_as(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.recorded_code = Some(code.into());
        self
    }

    /// The code as CloudTrail records it.
    #[must_use]
    pub fn recorded(&self) -> &str {
        self.recorded_code.as_deref().unwrap_or(&self.code)
    }
}
