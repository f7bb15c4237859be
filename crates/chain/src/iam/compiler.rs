//! Documents in their two readings, each parsed and compiled once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{Role, symbol};
use rolecall_policy::Policy;
use serde_json::Value as Json;

use super::document::{Document, RolePolicies};
use super::question::{Asked, Question};
use super::setting::Setting;

/// How to take what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// For what would deny.
    Cautious,
    /// For what would allow.
    Hopeful,
}

/// Name and text by their addresses, which the [`Compiled`] keeps alive, and what it is read for.
type CompiledKey = (usize, usize, Reading, usize);

struct Compiled {
    _name: Arc<str>,
    _text: Arc<str>,
    policy: Result<Policy, String>,
}

/// Compiled documents, each read once per reading and kind of question.
#[derive(Default)]
pub(crate) struct Compiler {
    compiled: RefCell<HashMap<CompiledKey, Compiled>>,
    managed: RefCell<HashMap<String, Option<Document>>>,
    pub(super) roles: RefCell<HashMap<*const Role, Rc<RolePolicies>>>,
    parsed: RefCell<HashMap<usize, Rc<Parsed>>>,
    situations: RefCell<HashMap<String, usize>>,
    answers: RefCell<HashMap<String, Asked>>,
}

/// A document's statements, for what is said about it.
pub(super) struct Parsed {
    _text: Arc<str>,
    statements: Vec<Json>,
    /// The condition keys of its statements.
    pub(super) keys: BTreeSet<String>,
    /// The accounts that it names.
    pub(super) accounts: BTreeSet<String>,
    /// The regions that it names.
    pub(super) regions: BTreeSet<String>,
}

impl Parsed {
    fn of(text: &Arc<str>) -> Self {
        let parsed: Json = serde_json::from_str(text).unwrap_or_default();
        let statements = match parsed.get("Statement") {
            Some(Json::Array(statements)) => statements.clone(),
            Some(statement) => vec![statement.clone()],
            None => Vec::new(),
        };
        let conditions = statements
            .iter()
            .filter_map(|statement| statement.get("Condition")?.as_object());
        let tests = conditions.flat_map(|all| all.values().filter_map(Json::as_object));
        let keys = tests.flat_map(|tests| tests.keys().cloned()).collect();
        Self {
            _text: Arc::clone(text),
            statements,
            keys,
            accounts: words_that(text, is_account),
            regions: words_that(text, is_region),
        }
    }

    /// A statement as indented JSON.
    pub(super) fn statement(&self, index: usize) -> Option<String> {
        serde_json::to_string_pretty(self.statements.get(index)?).ok()
    }
}

/// The words of a text that have a form.
fn words_that(text: &str, has_form: fn(&str) -> bool) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        .filter(|word| has_form(word))
        .map(str::to_owned)
        .collect()
}

pub(super) fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word has the shape of a region's name, such as `eu-west-1` or `us-gov-east-1`.
fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let letters = |part: &&str| part.len() >= 2 && part.bytes().all(|c| c.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() == 2
                && !middle.is_empty()
                && middle.len() <= 2
                && std::iter::once(area).chain(middle).all(letters)
                && matches!(number.as_bytes(), [b'0'..=b'9'])
        }
        _ => false,
    }
}

fn address(text: &Arc<str>) -> usize {
    Arc::as_ptr(text).cast::<u8>().addr()
}

impl Compiler {
    /// A managed policy of AWS, by name or ARN.
    pub(crate) fn managed(&self, name_or_arn: &str) -> Option<Document> {
        if let Some(known) = self.managed.borrow().get(name_or_arn) {
            return known.clone();
        }
        let document = Document::aws_managed(name_or_arn);
        self.managed
            .borrow_mut()
            .insert(name_or_arn.to_owned(), document.clone());
        document
    }

    /// The answer to a question that was asked before of the same policies, or else the key to
    /// remember it by. Launches carry the pool's own name and are not asked twice; limited roles are
    /// few.
    pub(super) fn remembered(
        &self,
        question: &Question,
        policies: &RolePolicies,
    ) -> Result<Asked, Option<String>> {
        let is_limited = policies.boundary.is_some() || !policies.levels.is_empty();
        if is_limited || question.kind == "launch" {
            return Err(None);
        }
        let mut key = question.fingerprint();
        for document in &policies.identity {
            key += &format!("\n{:x}", address(&document.text));
        }
        key += policies.more.as_deref().unwrap_or_default();
        let known = self.answers.borrow().get(&key).cloned();
        known.ok_or(Some(key))
    }

    /// Remembers an answer.
    pub(super) fn remember(&self, key: String, asked: &Asked) {
        self.answers.borrow_mut().insert(key, asked.clone());
    }

    /// A document's statements, read once.
    pub(super) fn parsed(&self, document: &Document) -> Rc<Parsed> {
        let mut parsed = self.parsed.borrow_mut();
        let known = parsed.entry(address(&document.text));
        Rc::clone(known.or_insert_with(|| Rc::new(Parsed::of(&document.text))))
    }

    /// A number for what a question and its setting make of a document: equal numbers, equal readings.
    pub(super) fn situation(&self, question: &Question, keys: &str, setting: &Setting) -> usize {
        let text = format!(
            "{keys} {} {} {}",
            setting.account,
            setting.region,
            question.place.partition()
        );
        let mut situations = self.situations.borrow_mut();
        let next = situations.len();
        *situations.entry(text).or_insert(next)
    }

    /// Compiles a document for one reading. An `Err` says why it is malformed.
    pub(super) fn compile(
        &self,
        document: &Document,
        reading: Reading,
        question: &Question,
        situation: usize,
        setting: &Setting,
    ) -> Result<Policy, String> {
        let key = (
            address(&document.name),
            address(&document.text),
            reading,
            situation,
        );
        if let Some(known) = self.compiled.borrow().get(&key) {
            return known.policy.clone();
        }
        let text = setting.settle(&document.text, question.place.partition());
        let policy = read(&text, reading, question)
            .and_then(|text| {
                Policy::parse(&document.name, &text).map_err(|error| error.reason().to_owned())
            })
            .map_err(|reason| format!("policy `{}` is malformed: {reason}", document.name));
        let compiled = Compiled {
            _name: Arc::clone(&document.name),
            _text: Arc::clone(&document.text),
            policy: policy.clone(),
        };
        self.compiled.borrow_mut().insert(key, compiled);
        policy
    }
}

/// Rewrites a document so that what is not known counts as the reading says. A statement keeps its
/// place, so that it can be shown.
fn read(text: &str, reading: Reading, question: &Question) -> Result<String, String> {
    let mut document: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let statements = match document.get_mut("Statement") {
        Some(Json::Array(statements)) => statements.as_mut_slice(),
        Some(statement @ Json::Object(_)) => std::slice::from_mut(statement),
        _ => &mut [],
    };
    for statement in statements {
        let denies = statement.get("Effect").and_then(Json::as_str) == Some("Deny");
        // What makes a statement match helps an allow and hurts a deny.
        let should_match = denies == (reading == Reading::Cautious);
        settle(statement, should_match, question);
    }
    Ok(document.to_string())
}

/// Makes a statement with unknown parts match, or never match.
fn settle(statement: &mut Json, should_match: bool, question: &Question) {
    let Some(fields) = statement.as_object_mut() else {
        return;
    };
    let mut open = false;
    if let Some(Json::Object(operators)) = fields.get_mut("Condition") {
        for tests in operators.values_mut() {
            let Json::Object(tests) = tests else { continue };
            let is_open = |key: &str, wanted: &Json| {
                !question.settles(key)
                    || symbol::has_unknown(key)
                    || symbol::has_unknown(&wanted.to_string())
            };
            open |= tests.iter().any(|(key, wanted)| is_open(key, wanted));
            if should_match {
                tests.retain(|key, wanted| !is_open(key, wanted));
            }
        }
        operators.retain(|_, tests| tests.as_object().is_none_or(|tests| !tests.is_empty()));
        if operators.is_empty() {
            fields.remove("Condition");
        }
    }
    drop_other_principals(fields, question);
    for name in [
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
    ] {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        if !symbol::has_unknown(&value.to_string()) {
            continue;
        }
        open = true;
        if should_match {
            let everything = name.strip_prefix("Not").unwrap_or(name).to_owned();
            fields.remove(name);
            fields.insert(everything, Json::String("*".to_owned()));
        }
    }
    if open && !should_match {
        // A key that no request carries: the statement stays where it is and never matches.
        let never = serde_json::json!({ "Null": { "rolecall:Unknown": "false" } });
        fields.insert("Condition".to_owned(), never);
    }
}

/// Whom an unknown `AWS` or `Federated` principal names does not matter when a service asks.
fn drop_other_principals(fields: &mut serde_json::Map<String, Json>, question: &Question) {
    if question.principal.starts_with("arn:") {
        return;
    }
    let Some(Json::Object(principals)) = fields.get_mut("Principal") else {
        return;
    };
    principals.retain(|kind, named| kind == "Service" || !symbol::has_unknown(&named.to_string()));
    if principals.is_empty() {
        principals.insert(
            "CanonicalUser".to_owned(),
            Json::String("not-a-service".to_owned()),
        );
    }
}
