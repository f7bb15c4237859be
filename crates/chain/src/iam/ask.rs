//! Putting a question under both readings, in every place it may play in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rolecall_policy::{Effect, Layers, Level, Policy, PolicySet};

use super::compiler::{Compiler, Parsed, Reading, is_account};
use super::document::{Document, RolePolicies};
use super::evidence::{evidence_of, other_resources};
use super::question::{Answer, Asked, Question};
use super::setting::Setting;

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
    let remembered = compiler.remembered(&question, policies);
    if let Ok(known) = remembered {
        return known;
    }
    let missing = || missing_parts(compiler, &all, &question).or_else(|| policies.more.clone());
    let keys = question.settled_keys();
    let layers = |reading: Reading, setting: &Setting| -> Result<Read, String> {
        let situation = compiler.situation(&question, &keys, setting);
        let compile = |document: &Document| {
            compiler.compile(document, reading, &question, situation, setting)
        };
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
    let asked = settle(compiler, &question, &all, &missing, &layers);
    if let Err(Some(key)) = remembered {
        compiler.remember(key, &asked);
    }
    asked
}

/// Asks a resource's own policy, such as a role's trust policy.
pub(crate) fn ask_resource(compiler: &Compiler, question: Question, policy: &Document) -> Asked {
    let missing = || missing_parts(compiler, &[policy], &question);
    let keys = question.settled_keys();
    let layers = |reading: Reading, setting: &Setting| {
        let situation = compiler.situation(&question, &keys, setting);
        compiler
            .compile(policy, reading, &question, situation, setting)
            .map(|compiled| Read::Layers(Layers::resource(compiled)))
    };
    settle(compiler, &question, &[policy], &missing, &layers)
}

/// The policy that allows all: what a policy that is not known may do at best.
fn everything() -> Result<Policy, String> {
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    Policy::parse("a policy that is not known", text).map_err(|error| error.to_string())
}

/// The first reason why the documents leave this question open, if the two readings differ.
fn missing_parts(
    compiler: &Compiler,
    documents: &[&Document],
    question: &Question,
) -> Option<String> {
    if let Some(why) = documents
        .iter()
        .find_map(|document| document.unknown.clone())
    {
        return Some(why);
    }
    let mut keys = BTreeSet::new();
    for document in documents {
        let parsed = compiler.parsed(document);
        let open = parsed.keys.iter().filter(|key| !question.settles(key));
        keys.extend(open.cloned());
    }
    (!keys.is_empty()).then(|| {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        format!("it depends on the condition key {}", keys.join(", "))
    })
}

type Missing<'m> = &'m dyn Fn() -> Option<String>;
type Layering<'m> = &'m dyn Fn(Reading, &Setting) -> Result<Read, String>;

/// Puts the question under both readings, in every setting it may play in: the answer must not depend
/// on an account or region that the files leave open, and a denial not on a cluster's name either.
fn settle(
    compiler: &Compiler,
    question: &Question,
    documents: &[&Document],
    missing: Missing<'_>,
    layers: Layering<'_>,
) -> Asked {
    let in_account = in_one_account(question);
    let question = &*in_account;
    let first = Setting::of(&question.place);
    let mut asked = settle_in(compiler, question, documents, missing, layers, &first);
    let regions = match question.place.region {
        Some(_) => Vec::new(),
        None => named(compiler, documents, |parsed| &parsed.regions),
    };
    let accounts = match question.place.account {
        Some(_) => Vec::new(),
        None => named(compiler, documents, |parsed| &parsed.accounts),
    };
    let by_account = accounts.iter().map(|account| Setting {
        account: account.clone(),
        ..first.clone()
    });
    let by_region = regions.iter().map(|region| Setting {
        region: region.clone(),
        ..first.clone()
    });
    for setting in by_account.chain(by_region) {
        let other = settle_in(compiler, question, documents, missing, layers, &setting);
        if other.answer != asked.answer {
            let why = "it depends on the account or region this is applied to";
            return Asked::unknown(question.clone(), why);
        }
        // In the place that the policies are for, more of them nearly allows it.
        if asked.evidence.is_empty() {
            asked = other;
        }
    }
    if !asked.is_denied() || !question.names_no_cluster() {
        return asked;
    }
    let texts = documents.iter().map(|document| &*document.text);
    let clusters: BTreeSet<&str> = texts.flat_map(cluster_names).collect();
    for cluster in clusters.into_iter().take(TRIED) {
        for region in std::iter::once(&first.region).chain(&regions) {
            let setting = Setting {
                account: first.account.clone(),
                region: region.clone(),
                cluster: cluster.to_owned(),
            };
            if !settle_in(compiler, question, documents, missing, layers, &setting).is_denied() {
                let why = "it depends on the cluster's name, which no file given says";
                return Asked::unknown(question.clone(), why);
            }
        }
    }
    asked
}

/// The question, in the account that its principal or resource names where its place leaves it open:
/// a cluster and the roles it uses are of one account.
fn in_one_account(question: &Question) -> Cow<'_, Question> {
    let account_of = |arn: &str| {
        let account = arn.split(':').nth(4).filter(|part| is_account(part));
        account.map(str::to_owned)
    };
    if question.place.account.is_some() {
        return Cow::Borrowed(question);
    }
    let account = account_of(&question.principal).or_else(|| account_of(&question.resource));
    let Some(account) = account else {
        return Cow::Borrowed(question);
    };
    let mut question = question.clone();
    question.place.account = Some(account);
    Cow::Owned(question)
}

/// How many accounts, regions or clusters that documents name are tried.
const TRIED: usize = 4;

/// What the documents name of a kind, the first few.
fn named(
    compiler: &Compiler,
    documents: &[&Document],
    kind: fn(&Parsed) -> &BTreeSet<String>,
) -> Vec<String> {
    let mut all = BTreeSet::new();
    for document in documents {
        all.extend(kind(&compiler.parsed(document)).iter().cloned());
    }
    all.into_iter().take(TRIED).collect()
}

/// The cluster names in a policy: after `kubernetes.io/cluster/`, after `:cluster/`, and as the value
/// of the key `eks:eks-cluster-name`.
fn cluster_names(text: &str) -> impl Iterator<Item = &str> {
    [
        "kubernetes.io/cluster/",
        ":cluster/",
        "eks:eks-cluster-name",
    ]
    .into_iter()
    .flat_map(|before| {
        text.split(before).skip(1).filter_map(|rest| {
            rest.trim_start_matches(['"', ':', ' ', '[', '\n'])
                .split(['"', '*', '/', '$', '{'])
                .next()
        })
    })
    .filter(|name| !name.is_empty())
}

fn settle_in(
    compiler: &Compiler,
    question: &Question,
    documents: &[&Document],
    missing: Missing<'_>,
    layers: Layering<'_>,
    setting: &Setting,
) -> Asked {
    let unknown = |why: String| Asked::unknown(question.clone(), why);
    let allowed = || Asked {
        question: question.without_context(),
        answer: Answer::Allowed,
        message: None,
        evidence: Vec::new(),
        other_resources: Vec::new(),
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
            missing()
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
    let readable = |text: &str| setting.taken_out(question, text);
    let decision = rolecall_policy::evaluate(&request, &hopeful);
    Asked {
        question: question.clone(),
        answer: Answer::Denied {
            by: decision.denied_by(),
            explicit: decision.effect == Effect::ExplicitlyDenied,
        },
        message: decision
            .access_denied_message()
            .map(|message| setting.taken_out(question, &message)),
        evidence: evidence_of(compiler, &decision, documents, &readable),
        other_resources: other_resources(&decision, &readable),
    }
}
