//! What is asked of IAM, and what comes of it.

use std::borrow::Cow;

use rolecall_policy::{LayerKind, Principal, Request};

use super::setting::{CLUSTER, Place, Setting};
use crate::Evidence;

/// A question to IAM. ARNs may hold the symbols of account and region.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Questions of one kind settle the same condition keys.
    pub(crate) kind: &'static str,
    /// Who asks, for people.
    pub(crate) who: String,
    /// Who asks: a role's ARN, or a service.
    pub(crate) principal: String,
    pub(crate) action: Cow<'static, str>,
    pub(crate) resource: String,
    /// The condition keys of the request.
    pub(crate) context: Vec<(String, Vec<String>)>,
    /// Keys that are certainly absent unless they are in `context`; `prefix*` for a family.
    pub(crate) settled: &'static [&'static str],
    pub(crate) place: Place,
}

impl Question {
    /// What a document that was read for one question must share with another to be used again: the
    /// condition keys that count as settled.
    pub(super) fn settled_keys(&self) -> String {
        let more = self.context.iter().map(|(key, _)| key.as_str());
        more.filter(|key| !self.settled.iter().any(|pattern| fits(pattern, key)))
            .fold(self.kind.to_owned(), |all, key| all + " " + key)
    }

    /// Whether the input settles what the request carries under this key.
    pub(super) fn settles(&self, key: &str) -> bool {
        const OF_PRINCIPAL: [&str; 6] = [
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalType",
            "aws:PrincipalIsAWSService",
            "aws:PrincipalServiceName",
            "aws:ResourceAccount",
        ];
        self.settled.iter().chain(&OF_PRINCIPAL).any(|pattern| fits(pattern, key))
            || self.context.iter().any(|(known, _)| known.eq_ignore_ascii_case(key))
            // The never-matching condition of the cautious reading.
            || key == "rolecall:Unknown"
    }

    /// Whether the cluster's name is made up.
    pub(super) fn names_no_cluster(&self) -> bool {
        self.resource.contains(CLUSTER)
            || self
                .context
                .iter()
                .any(|(key, values)| key.contains(CLUSTER) || values.iter().any(|v| v == CLUSTER))
    }

    /// The question as an answer keeps it that needs no reasons: fleets have tens of thousands.
    pub(super) fn without_context(&self) -> Self {
        Self {
            kind: self.kind,
            who: self.who.clone(),
            principal: String::new(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: Vec::new(),
            settled: self.settled,
            place: self.place.clone(),
        }
    }

    /// All that the answer depends on, beside the documents.
    pub(super) fn fingerprint(&self) -> String {
        use std::fmt::Write;
        let mut text = format!(
            "{} {} {} {}",
            self.kind, self.principal, self.action, self.resource
        );
        for (key, values) in &self.context {
            let _ = write!(text, "\n{key}={values:?}");
        }
        let place = &self.place;
        let _ = write!(
            text,
            "\n{:?}{:?}{:?}",
            place.partition, place.region, place.account
        );
        text
    }

    pub(super) fn request(&self, setting: &Setting) -> Result<Request, String> {
        let concrete = |text: &str| setting.settle(text, self.place.partition());
        let who = concrete(&self.principal);
        let principal = if who.contains(":role/") {
            Principal::role_session(&who, "rolecall")
        } else {
            who.parse()
        };
        let principal = principal.map_err(|error| error.to_string())?;
        let mut request = Request::new(principal, &self.action, &concrete(&self.resource));
        for (key, values) in &self.context {
            let values: Vec<String> = values.iter().map(|value| concrete(value)).collect();
            request = request.with(&concrete(key), values);
        }
        Ok(request)
    }
}

/// Whether a key is this one, or of the family `prefix*`.
fn fits(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => key
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
        None => key.eq_ignore_ascii_case(pattern),
    }
}

/// What IAM would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Allowed,
    Denied {
        /// The layer the denial comes down to.
        by: Option<LayerKind>,
        /// Whether a statement denies it, rather than none allowing it.
        explicit: bool,
    },
    Unknown(String),
}

/// A question with its answer and what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) answer: Answer,
    /// AWS's own words for a denial.
    pub(crate) message: Option<String>,
    pub(crate) evidence: Vec<Evidence>,
    /// The resources of the statements that nearly allow it and fail by their resource alone.
    pub(crate) other_resources: Vec<String>,
}

impl Asked {
    /// A question that could not even be put; why.
    pub(crate) fn unknown(question: Question, why: impl Into<String>) -> Self {
        Self {
            question,
            answer: Answer::Unknown(why.into()),
            message: None,
            evidence: Vec::new(),
            other_resources: Vec::new(),
        }
    }

    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.answer, Answer::Denied { .. })
    }
}
