use std::borrow::Cow;
use std::collections::BTreeSet;

use rolecall_facts::{RoleIdentity, symbol};
use rolecall_policy::{Effect, LayerKind, Layers, Level, Policy, PolicySet, Principal, Request};

use super::document::{Compiler, Document, Reading, RolePolicies};
use super::evidence::evidence_of;
use crate::Evidence;

/// The account a question is about when no input names it. Any will do: it stands on both sides.
const STAND_IN_ACCOUNT: &str = "000000000000";
/// The region, likewise.
const STAND_IN_REGION: &str = "us-east-1";
/// How many accounts or regions that documents name are tried.
const TRIED: usize = 4;

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

    /// The region, or its symbol.
    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(symbol::REGION)
    }

    /// The account, or its symbol.
    pub(crate) fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(symbol::ACCOUNT)
    }

    /// A role's ARN with the symbols left in for the account.
    pub(crate) fn role_arn(&self, role: &RoleIdentity) -> String {
        role.to_string()
            .replace(symbol::PARTITION, self.partition())
    }
}

/// An account and a region for what the input leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Setting {
    account: String,
    region: String,
}

impl Setting {
    /// Puts account, partition and region in place of their symbols.
    pub(super) fn settle(&self, text: &str, partition: &str) -> String {
        if !text.contains("${AWS::") {
            return text.to_owned();
        }
        text.replace(symbol::ACCOUNT, &self.account)
            .replace(symbol::PARTITION, partition)
            .replace(symbol::REGION, &self.region)
    }
}

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

    fn request(&self, setting: &Setting) -> Result<Request, String> {
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
    let layers = |reading: Reading, setting: &Setting| -> Result<Read, String> {
        let compile = |document: &Document| compiler.compile(document, reading, &question, setting);
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
    let layers = |reading: Reading, setting: &Setting| {
        compiler
            .compile(policy, reading, &question, setting)
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

/// Puts the question under both readings, in every setting it may play in.
fn settle(
    question: Question,
    documents: &[&Document],
    missing: Option<String>,
    layers: &dyn Fn(Reading, &Setting) -> Result<Read, String>,
) -> Asked {
    let mut outcome: Option<Asked> = None;
    for setting in settings(&question, documents) {
        let asked = settle_in(&question, documents, missing.as_deref(), layers, &setting);
        match &outcome {
            Some(known) if known.answer != asked.answer => {
                let why = "it depends on the account or region this is applied to";
                return Asked::unknown(question, why);
            }
            Some(_) => {}
            None => outcome = Some(asked),
        }
    }
    outcome.unwrap_or_else(|| Asked::unknown(question, "no account to ask for"))
}

/// Account and region of the question, or, where files leave one open, a stand-in and every one that
/// the documents name: the answer must not depend on which it is.
fn settings(question: &Question, documents: &[&Document]) -> Vec<Setting> {
    let place = &question.place;
    let words = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let words = documents.iter().flat_map(|document| {
            document
                .text
                .split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        });
        let found: BTreeSet<&str> = words.filter(|word| is_wanted(word)).collect();
        found.into_iter().take(TRIED).map(str::to_owned).collect()
    };
    let candidates =
        |known: &Option<String>, stand_in: &str, is_wanted: &dyn Fn(&str) -> bool| match known {
            Some(known) => vec![known.clone()],
            None => std::iter::once(stand_in.to_owned())
                .chain(words(is_wanted))
                .collect(),
        };
    let accounts = candidates(&place.account, STAND_IN_ACCOUNT, &is_account);
    let regions = candidates(&place.region, STAND_IN_REGION, &is_region);
    let setting = |account: &String, region: &String| Setting {
        account: account.clone(),
        region: region.clone(),
    };
    let (Some(account), Some(region)) = (accounts.first(), regions.first()) else {
        return Vec::new();
    };
    let by_account = accounts.iter().map(|account| setting(account, region));
    let by_region = regions
        .iter()
        .skip(1)
        .map(|region| setting(account, region));
    by_account.chain(by_region).collect()
}

fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word has a region's form, such as `eu-central-1`.
fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    let (first, last) = (
        parts.next().unwrap_or_default(),
        parts.next_back().unwrap_or_default(),
    );
    first.len() == 2
        && parts.next().is_some()
        && last.len() == 1
        && last.bytes().all(|b| b.is_ascii_digit())
}

fn settle_in(
    question: &Question,
    documents: &[&Document],
    missing: Option<&str>,
    layers: &dyn Fn(Reading, &Setting) -> Result<Read, String>,
    setting: &Setting,
) -> Asked {
    let unknown = |why: String| Asked::unknown(question.clone(), why);
    let allowed = || Asked {
        question: question.clone(),
        answer: Answer::Allowed,
        message: None,
        evidence: Vec::new(),
    };
    let request = match question.request(setting) {
        Ok(request) => request,
        Err(why) => return unknown(why),
    };
    let open = match layers(Reading::Cautious, setting) {
        Err(why) => return unknown(why),
        Ok(Read::LimitUnknown(why)) => Some(why),
        Ok(Read::Layers(cautious)) => {
            if rolecall_policy::effect(&request, &cautious) == Effect::Allowed {
                return allowed();
            }
            missing.map(str::to_owned)
        }
    };
    let hopeful = match layers(Reading::Hopeful, setting) {
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
