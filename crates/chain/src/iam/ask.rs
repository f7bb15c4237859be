use std::collections::BTreeSet;

use rolecall_facts::{RoleIdentity, symbol};
use rolecall_policy::{Effect, LayerKind, Layers, Level, Policy, PolicySet, Principal, Request};

use super::document::{Compiler, Document, Reading, RolePolicies};
use super::evidence::evidence_of;
use crate::Evidence;

/// The account a question is about when no input names it. Any will do: it stands on both sides.
const STAND_IN_ACCOUNT: &str = "000000000000";

/// Where a question plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) partition: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
}

impl Place {
    pub(crate) fn partition(&self) -> &str {
        self.partition.as_deref().unwrap_or("aws")
    }

    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or("us-east-1")
    }

    /// A role's ARN with the symbols left in for the account.
    pub(crate) fn role_arn(&self, role: &RoleIdentity) -> String {
        role.to_string()
            .replace(symbol::PARTITION, self.partition())
    }
}

/// A question to IAM. ARNs may hold the account's symbol.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Questions of one kind settle the same condition keys.
    pub(crate) kind: &'static str,
    /// Who asks, for people.
    pub(crate) who: String,
    /// Who asks: a role's ARN, or a service.
    pub(crate) principal: String,
    pub(crate) action: &'static str,
    pub(crate) resource: String,
    /// The condition keys of the request.
    pub(crate) context: Vec<(String, Vec<String>)>,
    /// Keys that are certainly absent unless they are in `context`; `prefix*` for a family.
    pub(crate) settled: &'static [&'static str],
    pub(crate) place: Place,
}

impl Question {
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
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => key
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
            None => key.eq_ignore_ascii_case(pattern),
        };
        self.settled.iter().chain(&OF_PRINCIPAL).any(|pattern| fits(pattern))
            || self.context.iter().any(|(known, _)| known.eq_ignore_ascii_case(key))
            // The never-matching condition of the cautious reading.
            || key == "rolecall:Unknown"
    }

    fn request(&self, account: &str) -> Result<Request, String> {
        let concrete = |text: &str| {
            text.replace(symbol::ACCOUNT, account)
                .replace(symbol::PARTITION, self.place.partition())
                .replace(symbol::REGION, self.place.region())
        };
        let who = concrete(&self.principal);
        let principal = if who.contains(":role/") {
            Principal::role_session(&who, "rolecall")
        } else {
            who.parse()
        };
        let principal = principal.map_err(|error| error.to_string())?;
        let mut request = Request::new(principal, self.action, &concrete(&self.resource));
        for (key, values) in &self.context {
            let values: Vec<String> = values.iter().map(|value| concrete(value)).collect();
            request = request.with(key, values);
        }
        Ok(request)
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
}

impl Asked {
    /// A question that could not even be put; why.
    pub(crate) fn unknown(question: Question, why: impl Into<String>) -> Self {
        Self {
            question,
            answer: Answer::Unknown(why.into()),
            message: None,
            evidence: Vec::new(),
        }
    }

    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.answer, Answer::Denied { .. })
    }
}

/// What a reading of all layers came to.
enum Read {
    Layers(Layers),
    /// A layer that limits is not known.
    LimitUnknown(String),
}

/// Asks whether a role may do something, under its boundary and service control policies.
pub(crate) fn ask_identity(
    compiler: &Compiler,
    question: Question,
    policies: &RolePolicies,
) -> Asked {
    let all: Vec<&Document> = policies
        .identity
        .iter()
        .chain(policies.boundary.iter().flatten())
        .chain(
            policies
                .levels
                .iter()
                .flat_map(|(_, documents)| documents.iter().flatten()),
        )
        .collect();
    let missing = missing_parts(&all, &question).or_else(|| policies.more.clone());
    let layers = |reading: Reading, account: &str| -> Result<Read, String> {
        let compile = |document: &Document| compiler.compile(document, reading, &question, account);
        let mut identity = policies
            .identity
            .iter()
            .map(compile)
            .collect::<Result<Vec<_>, _>>()?;
        if policies.more.is_some() && reading == Reading::Hopeful {
            identity.push(everything()?);
        }
        let limit = |document: &Result<Document, String>| match (document, reading) {
            (Ok(document), _) => compile(document).map(Ok),
            (Err(_), Reading::Hopeful) => everything().map(Ok),
            (Err(why), Reading::Cautious) => Ok(Err(why.clone())),
        };
        let mut found = Layers {
            identity: identity.into_iter().collect(),
            ..Layers::default()
        };
        if let Some(boundary) = &policies.boundary {
            match limit(boundary)? {
                Ok(policy) => found.boundary = Some(PolicySet::from(policy)),
                Err(why) => return Ok(Read::LimitUnknown(why)),
            }
        }
        for (target, documents) in &policies.levels {
            let mut level = Vec::new();
            for document in documents {
                match limit(document)? {
                    Ok(policy) => level.push(policy),
                    Err(why) => return Ok(Read::LimitUnknown(why)),
                }
            }
            let policies = level.into_iter().collect();
            found.service_control.push(Level {
                target: target.clone(),
                policies,
            });
        }
        Ok(Read::Layers(found))
    };
    settle(question.clone(), &all, missing, &layers)
}

/// Asks a resource's own policy, such as a role's trust policy.
pub(crate) fn ask_resource(compiler: &Compiler, question: Question, policy: &Document) -> Asked {
    let missing = missing_parts(&[policy], &question);
    let layers = |reading: Reading, account: &str| {
        compiler
            .compile(policy, reading, &question, account)
            .map(|compiled| Read::Layers(Layers::resource(compiled)))
    };
    settle(question.clone(), &[policy], missing, &layers)
}

/// The policy that allows all: what a policy that is not known may do at best.
fn everything() -> Result<Policy, String> {
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    Policy::parse("a policy that is not known", text).map_err(|error| error.to_string())
}

/// The first reason why the documents leave this question open, if the two readings differ.
fn missing_parts(documents: &[&Document], question: &Question) -> Option<String> {
    if let Some(why) = documents
        .iter()
        .find_map(|document| document.unknown.clone())
    {
        return Some(why);
    }
    let mut keys = BTreeSet::new();
    for document in documents {
        let Ok(parsed) = serde_json::from_str::<serde_json::Value>(&document.text) else {
            continue;
        };
        let statements = match parsed.get("Statement") {
            Some(serde_json::Value::Array(statements)) => statements.as_slice(),
            Some(statement) => std::slice::from_ref(statement),
            None => &[],
        };
        let conditions = statements
            .iter()
            .filter_map(|statement| statement.get("Condition"));
        for tests in conditions
            .filter_map(|all| all.as_object())
            .flat_map(|all| all.values())
        {
            let open = tests
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str());
            keys.extend(open.filter(|key| !question.settles(key)).map(str::to_owned));
        }
    }
    (!keys.is_empty()).then(|| {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        format!("it depends on the condition key {}", keys.join(", "))
    })
}

/// Puts the question under both readings, for every account it may be about.
fn settle(
    question: Question,
    documents: &[&Document],
    missing: Option<String>,
    layers: &dyn Fn(Reading, &str) -> Result<Read, String>,
) -> Asked {
    let accounts = accounts(&question, documents);
    let mut outcome: Option<Asked> = None;
    for account in &accounts {
        let asked = settle_in(&question, documents, missing.as_deref(), layers, account);
        match &outcome {
            Some(known) if known.answer != asked.answer => {
                return Asked::unknown(question, "it depends on the account this is applied to");
            }
            Some(_) => {}
            None => outcome = Some(asked),
        }
    }
    outcome.unwrap_or_else(|| Asked::unknown(question, "no account to ask for"))
}

/// The account of the question, or, where files leave it open, a stand-in and every account that the
/// documents name: the answer must not depend on which it is.
fn accounts(question: &Question, documents: &[&Document]) -> Vec<String> {
    if let Some(account) = &question.place.account {
        return vec![account.clone()];
    }
    let mut accounts = vec![STAND_IN_ACCOUNT.to_owned()];
    let open =
        question.resource.contains(symbol::ACCOUNT) || question.principal.contains(symbol::ACCOUNT);
    if open {
        let named: BTreeSet<&str> = documents
            .iter()
            .flat_map(|document| document.text.split(':'))
            .filter(|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        accounts.extend(named.into_iter().take(4).map(str::to_owned));
    }
    accounts
}

fn settle_in(
    question: &Question,
    documents: &[&Document],
    missing: Option<&str>,
    layers: &dyn Fn(Reading, &str) -> Result<Read, String>,
    account: &str,
) -> Asked {
    let unknown = |why: String| Asked::unknown(question.clone(), why);
    let allowed = || Asked {
        question: question.clone(),
        answer: Answer::Allowed,
        message: None,
        evidence: Vec::new(),
    };
    let request = match question.request(account) {
        Ok(request) => request,
        Err(why) => return unknown(why),
    };
    let open = match layers(Reading::Cautious, account) {
        Err(why) => return unknown(why),
        Ok(Read::LimitUnknown(why)) => Some(why),
        Ok(Read::Layers(cautious)) => {
            if rolecall_policy::effect(&request, &cautious) == Effect::Allowed {
                return allowed();
            }
            missing.map(str::to_owned)
        }
    };
    let hopeful = match layers(Reading::Hopeful, account) {
        Err(why) => return unknown(why),
        Ok(Read::LimitUnknown(why)) => return unknown(why),
        Ok(Read::Layers(hopeful)) => hopeful,
    };
    if rolecall_policy::effect(&request, &hopeful) == Effect::Allowed {
        return unknown(open.unwrap_or_else(|| "a part of the policies is not known".to_owned()));
    }
    let decision = rolecall_policy::evaluate(&request, &hopeful);
    Asked {
        question: question.clone(),
        answer: Answer::Denied {
            by: decision.denied_by(),
            explicit: decision.effect == Effect::ExplicitlyDenied,
        },
        message: decision.access_denied_message(),
        evidence: evidence_of(&decision, documents),
    }
}
