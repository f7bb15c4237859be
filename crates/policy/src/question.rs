//! A request and the policies about it, written as one JSON object.

use std::collections::HashMap;

use crate::context::Values;
use crate::json::{Member, Node, Value};
use crate::layers::{Layers, Level};
use crate::policy::{Policy, PolicySet};
use crate::principal::{Principal, UnknownPrincipal};
use crate::problem::{MalformedPolicy, Position, Span};
use crate::request::Request;

/// A request and the policies that apply to it.
///
/// ```
/// use rolecall_policy::{Effect, Question, effect};
/// let question = Question::parse(r#"{
///     "principal": "arn:aws:iam::111122223333:role/ClusterRole",
///     "action": "iam:PassRole",
///     "resource": "arn:aws:iam::111122223333:role/platform/NodeRole",
///     "context": {"iam:PassedToService": "ec2.amazonaws.com"},
///     "identityPolicies": ["AmazonEKSComputePolicy"]
/// }"#)?;
/// assert_eq!(effect(&question.request, &question.layers), Effect::Allowed);
/// # Ok::<(), rolecall_policy::QuestionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Question {
    /// The request.
    pub request: Request,
    /// The policies.
    pub layers: Layers,
}

/// Why a JSON object is no [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// It is no JSON.
    #[error("{position}: this is no JSON: {detail}")]
    Syntax {
        /// Where.
        position: Position,
        /// What was expected.
        detail: String,
    },
    /// A field that must be there is not.
    #[error("the field `{0}` is missing")]
    Missing(String),
    /// A field that is nearly the name of one that may be there.
    #[error("{position}: there is no field `{field}`; did you mean `{meant}`?")]
    Misspelt {
        /// The field as written.
        field: String,
        /// The field it resembles.
        meant: &'static str,
        /// Where.
        position: Position,
    },
    /// A field stands there twice.
    #[error("{position}: the field `{field}` stands here twice")]
    Repeated {
        /// The field.
        field: String,
        /// Where it stands again.
        position: Position,
    },
    /// A field has a value of the wrong type.
    #[error("{position}: `{field}` must be {wanted}, not {found}")]
    WrongType {
        /// The field.
        field: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
        /// Where.
        position: Position,
    },
    /// The principal is none.
    #[error(transparent)]
    Principal(#[from] UnknownPrincipal),
    /// A policy's name that AWS does not publish.
    #[error("{position}: `{name}` is no AWS managed policy known here")]
    UnknownPolicy {
        /// The name or ARN.
        name: String,
        /// Where.
        position: Position,
    },
    /// A policy is malformed. Its places are those within the document.
    #[error(transparent)]
    Policy(#[from] MalformedPolicy),
}

/// Every field a question may have.
const FIELDS: [&str; 12] = [
    "principal",
    "action",
    "resource",
    "resourceAccount",
    "context",
    "identityPolicies",
    "permissionsBoundaries",
    "sessionPolicies",
    "resourcePolicies",
    "serviceControlPolicies",
    "resourceControlPolicies",
    "endpointPolicies",
];

impl Question {
    /// Reads one question. To read many, let a [`QuestionReader`] remember their policies.
    ///
    /// # Errors
    /// What is wrong with it, the first thing only.
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        QuestionReader::default().read(text)
    }
}

/// Reads questions and parses every document once, however often it comes.
#[derive(Debug, Default)]
pub struct QuestionReader {
    /// By name, then by document.
    parsed: HashMap<String, HashMap<String, Policy>>,
    /// The bytes of all documents in `parsed`.
    remembered: usize,
    /// Whether an action has no resource type.
    wildcard_only: HashMap<String, bool>,
}

/// Forget all documents when they have more bytes than this together; the next questions read
/// theirs again.
const MOST_BYTES: usize = 32 << 20;
/// Likewise for the number of actions.
const MOST_ACTIONS: usize = 4096;

impl QuestionReader {
    /// Reads one question: an object with `principal`, `action` and `resource`, and as needed
    /// `resourceAccount`, `context` (key to text or list), `identityPolicies`,
    /// `permissionsBoundaries`, `sessionPolicies`, `resourcePolicies`, `endpointPolicies` (lists of
    /// policies) and `serviceControlPolicies`, `resourceControlPolicies` (lists of `{target,
    /// policies}`).
    ///
    /// A policy is a document or its text, the name or ARN of a managed policy, or `{name,
    /// document}`. An action without resource types is asked about `*`
    /// ([`Request::on_known_resource`]). Other fields are ignored unless they look like a misspelt
    /// one.
    ///
    /// # Errors
    /// What is wrong with it, the first thing only.
    pub fn read(&mut self, text: &str) -> Result<Question, QuestionError> {
        let document = crate::json::read(text).map_err(|error| QuestionError::Syntax {
            position: Position::of(text, error.span.start),
            detail: error.detail,
        })?;
        let at = At { text };
        let members = at.object("question", &document)?;
        at.check_fields(members)?;
        let field = |name: &str| members.iter().find(|m| m.key == name).map(|m| &m.value);
        let required =
            |name: &'static str| field(name).ok_or_else(|| QuestionError::Missing(name.to_owned()));
        let principal: Principal = at.string("principal", required("principal")?)?.parse()?;
        let action = at.string("action", required("action")?)?;
        let resource = at.string("resource", required("resource")?)?;
        let resource = if self.is_wildcard_only(action) {
            "*"
        } else {
            resource
        };
        let mut request = Request::new(principal, action, resource);
        if let Some(account) = field("resourceAccount") {
            request = request.in_account(at.string("resourceAccount", account)?);
        }
        if let Some(context) = field("context") {
            for member in at.object("context", context)? {
                let name = format!("context.{}", member.key);
                request
                    .context_mut()
                    .set(&member.key, at.values(&name, &member.value)?);
            }
        }
        let mut set = |name: &'static str, label: &str| match field(name) {
            Some(node) => self.policies(&at, name, label, node),
            None => Ok(PolicySet::default()),
        };
        let optional = |set: PolicySet| (!set.is_empty()).then_some(set);
        let mut layers = Layers {
            identity: set("identityPolicies", "identity policy")?,
            boundary: optional(set("permissionsBoundaries", "permissions boundary")?),
            session: optional(set("sessionPolicies", "session policy")?),
            resource: set("resourcePolicies", "resource policy")?,
            endpoint: optional(set("endpointPolicies", "endpoint policy")?),
            ..Layers::default()
        };
        if let Some(node) = field("serviceControlPolicies") {
            layers.service_control = self.levels(&at, "serviceControlPolicies", node)?;
        }
        if let Some(node) = field("resourceControlPolicies") {
            layers.resource_control = self.levels(&at, "resourceControlPolicies", node)?;
        }
        Ok(Question { request, layers })
    }

    fn levels(
        &mut self,
        at: &At<'_>,
        field: &str,
        node: &Node<'_>,
    ) -> Result<Vec<Level>, QuestionError> {
        let mut levels = Vec::new();
        for (index, item) in at.list(field, node)?.iter().enumerate() {
            let name = format!("{field}[{index}]");
            let members = at.object(&name, item)?;
            let find = |key: &str| members.iter().find(|m| m.key == key).map(|m| &m.value);
            let target = match find("target") {
                Some(node) => at.string(&format!("{name}.target"), node)?.to_owned(),
                None => name.clone(),
            };
            let policies = find("policies")
                .ok_or_else(|| QuestionError::Missing(format!("{name}.policies")))?;
            let policies = self.policies(at, &format!("{name}.policies"), &target, policies)?;
            levels.push(Level { target, policies });
        }
        Ok(levels)
    }

    fn policies(
        &mut self,
        at: &At<'_>,
        field: &str,
        label: &str,
        node: &Node<'_>,
    ) -> Result<PolicySet, QuestionError> {
        let items = at.list(field, node)?;
        let policies = items.iter().enumerate().map(|(index, item)| {
            let name = format!("{field}[{index}]");
            let label = format!("{label} {}", index + 1);
            self.policy(at, &name, &label, item)
        });
        policies.collect()
    }

    fn policy(
        &mut self,
        at: &At<'_>,
        field: &str,
        label: &str,
        node: &Node<'_>,
    ) -> Result<Policy, QuestionError> {
        let Value::Object(members) = &node.value else {
            let name = at.string(field, node)?;
            if name.trim_start().starts_with('{') {
                return self.parse(label, name);
            }
            let known = crate::managed::find(name).ok_or_else(|| QuestionError::UnknownPolicy {
                name: name.to_owned(),
                position: at.position(node.span),
            })?;
            return self.parse(known.name, known.document);
        };
        let find = |key: &str| members.iter().find(|m| m.key == key).map(|m| &m.value);
        let Some(document) = find("document") else {
            return self.parse(label, at.slice(node.span));
        };
        let name = match find("name") {
            Some(node) => at.string(&format!("{field}.name"), node)?,
            None => label,
        };
        match &document.value {
            Value::Text(text) => self.parse(name, text),
            _ => self.parse(name, at.slice(document.span)),
        }
    }

    fn parse(&mut self, name: &str, text: &str) -> Result<Policy, QuestionError> {
        if let Some(policy) = self.parsed.get(name).and_then(|texts| texts.get(text)) {
            return Ok(policy.clone());
        }
        let policy = Policy::parse(name, text)?;
        if self.remembered + text.len() > MOST_BYTES {
            self.parsed.clear();
            self.remembered = 0;
        }
        let texts = self.parsed.entry(name.to_owned()).or_default();
        texts.insert(text.to_owned(), policy.clone());
        self.remembered += text.len();
        Ok(policy)
    }

    fn is_wildcard_only(&mut self, action: &str) -> bool {
        if let Some(known) = self.wildcard_only.get(action) {
            return *known;
        }
        let known = crate::actions::find(action).is_some_and(|a| a.is_wildcard_only());
        if self.wildcard_only.len() >= MOST_ACTIONS {
            self.wildcard_only.clear();
        }
        self.wildcard_only.insert(action.to_owned(), known);
        known
    }
}

/// Reads typed values and says where they are not what they should be.
struct At<'t> {
    text: &'t str,
}

impl At<'_> {
    fn position(&self, span: Span) -> Position {
        Position::of(self.text, span.start)
    }

    fn slice(&self, span: Span) -> &str {
        let range = usize::try_from(span.start)
            .ok()
            .zip(usize::try_from(span.end).ok());
        range
            .and_then(|(start, end)| self.text.get(start..end))
            .unwrap_or_default()
    }

    fn check_fields(&self, members: &[Member<'_>]) -> Result<(), QuestionError> {
        for (index, member) in members.iter().enumerate() {
            let (field, position) = (member.key.to_string(), self.position(member.key_span));
            if members
                .iter()
                .take(index)
                .any(|earlier| earlier.key == member.key)
            {
                return Err(QuestionError::Repeated { field, position });
            }
            if FIELDS.contains(&field.as_str()) {
                continue;
            }
            let near = |known: &&&str| crate::distance::edits(&field, known) * 4 <= field.len();
            if let Some(meant) = FIELDS.iter().find(near) {
                return Err(QuestionError::Misspelt {
                    field,
                    meant,
                    position,
                });
            }
        }
        Ok(())
    }

    fn wrong(&self, field: &str, wanted: &'static str, node: &Node<'_>) -> QuestionError {
        QuestionError::WrongType {
            field: field.to_owned(),
            wanted,
            found: node.value.type_name(),
            position: self.position(node.span),
        }
    }

    fn string<'n>(&self, field: &str, node: &'n Node<'_>) -> Result<&'n str, QuestionError> {
        match &node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong(field, "a string", node)),
        }
    }

    fn list<'n, 'a>(
        &self,
        field: &str,
        node: &'n Node<'a>,
    ) -> Result<&'n [Node<'a>], QuestionError> {
        match &node.value {
            Value::List(items) => Ok(items),
            _ => Err(self.wrong(field, "a list", node)),
        }
    }

    fn object<'n, 'a>(
        &self,
        field: &str,
        node: &'n Node<'a>,
    ) -> Result<&'n [Member<'a>], QuestionError> {
        match &node.value {
            Value::Object(members) => Ok(members),
            _ => Err(self.wrong(field, "an object", node)),
        }
    }

    /// The values of a condition key: one scalar, or a list of them.
    fn values(&self, field: &str, node: &Node<'_>) -> Result<Values, QuestionError> {
        let scalar = |node: &Node<'_>| match &node.value {
            Value::Text(text) => Ok(text.to_string()),
            Value::Number(text) => Ok((*text).to_owned()),
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(self.wrong(field, "a string or a list of strings", node)),
        };
        match &node.value {
            Value::List(items) => Ok(items
                .iter()
                .map(scalar)
                .collect::<Result<Vec<_>, _>>()?
                .into()),
            _ => Ok(scalar(node)?.into()),
        }
    }
}
