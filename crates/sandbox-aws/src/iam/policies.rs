//! Managed policies: `CreatePolicy`, `GetPolicy`, `ListPolicies`, `DeletePolicy`.

use std::collections::{BTreeMap, HashMap};

use rolecall_arn::AccountId;
use rolecall_policy::managed;
use serde_json::{Map, Value, json};

use super::aws_policies::AwsPolicy;
use super::checks::Checks;
use super::failures::{already_exists, delete_conflict, quota};
use super::named;
use super::page::Page;
use super::shown::{answered, date, nothing, only, put_tags};
use super::{ManagedPolicy, PolicyVersion, key, policy_text, tags};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;
use crate::tag_on_create;

/// Characters of a managed policy, white space aside, and policies of an account (IAM User Guide,
/// "IAM and AWS STS quotas").
const LONGEST: usize = 6144;
const MOST: usize = 1500;

pub(super) fn create_policy(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("PolicyName", 128)
        .path()
        .document("PolicyDocument")
        .description()
        .tags()
        .done()?;
    let account = call.account();
    let parameters = &call.parameters;
    let name = parameters.required("PolicyName")?;
    let mut policy = ManagedPolicy {
        path: parameters.text("Path").unwrap_or("/").to_owned(),
        description: parameters.text("Description").map(str::to_owned),
        ..ManagedPolicy::new(account, name, parameters.required("PolicyDocument")?)
    };
    let given = parameters.tags("Tags");
    let arn = policy.arn(&state.partition);
    let ask = Ask::new("iam:CreatePolicy", &arn)
        .request_tags(given.iter().map(|(key, value)| (&**key, &**value)));
    call.authorize(&ask)
        .and_then(|()| {
            let pairs = given.iter().map(|(key, value)| (key, value));
            tag_on_create::authorize(call, "iam:TagPolicy", &arn, pairs)
        })
        .map_err(|failure| named::spoken(failure, &arn, &format!("policy {name}")))?;
    accept_document(policy.document().unwrap_or_default())?;
    let key = key(account, name);
    if state.iam.policies.contains(&key) {
        return Err(already_exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        )));
    }
    let scope = super::key(account, "");
    if state.iam.policies.range(&scope, None).count() >= MOST {
        return Err(quota("PoliciesPerAccount", MOST));
    }
    tags::add(&mut policy.tags, given)?;
    policy.stamp(call.ids(), call.now);
    let mut shown = listed(state, &policy, Uses::default());
    put_tags(&mut shown, &policy.tags);
    shown.shift_remove("Description");
    state.iam.policies.insert(&key, policy);
    answered(call, only("Policy", shown))
}

pub(super) fn get_policy(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).arn("PolicyArn").done()?;
    let arn = call.parameters.required("PolicyArn")?;
    let mut shown = if let Some(policy) = AwsPolicy::find(&state.partition, arn) {
        authorize_aws(call, arn)?;
        policy.shown(uses_of(state, call.account(), arn))
    } else {
        let policy = named::read::<ManagedPolicy>(state, call)?;
        let mut shown = listed(state, policy, uses_of(state, call.account(), arn));
        if let Some(text) = &policy.description {
            shown.insert("Description".to_owned(), text.as_str().into());
        }
        put_tags(&mut shown, &policy.tags);
        shown
    };
    shown.entry("Tags").or_insert_with(|| json!([]));
    Ok(only("Policy", shown))
}

/// Authorises a read of a policy of AWS.
pub(super) fn authorize_aws(call: &Call<'_>, arn: &str) -> Result<(), Failure> {
    named::authorize_on(call, arn)
        .map_err(|failure| named::spoken(failure, arn, &format!("policy {arn}")))
}

/// Policies by scope, the account's before AWS's, sorted by name.
pub(super) fn list_policies(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .one_of("Scope", &["All", "AWS", "Local"])
        .one_of(
            "PolicyUsageFilter",
            &["PermissionsPolicy", "PermissionsBoundary"],
        )
        .prefix()
        .done()?;
    let page = Page::of(&call.parameters)?;
    let parameters = &call.parameters;
    let path = parameters.text("PathPrefix").unwrap_or("/");
    let resource = format!(
        "arn:{}:iam::{}:policy{path}",
        state.partition,
        call.account()
    );
    named::authorize_on(call, &resource)
        .map_err(|failure| named::spoken(failure, &resource, &format!("policy path {path}")))?;
    let scope = parameters.text("Scope").unwrap_or("All");
    let only_attached = parameters.boolean("OnlyAttached").unwrap_or(false);
    let usage = parameters.text("PolicyUsageFilter");
    let uses = all_uses(state, call.account());
    let wanted = |arn: &str, policy_path: &str| {
        let used = uses.get(arn).copied().unwrap_or_default();
        let usage_fits = match usage {
            Some("PermissionsPolicy") => used.attachments > 0,
            Some(_) => used.boundaries > 0,
            None => true,
        };
        let attached = used.attachments > 0 || used.boundaries > 0;
        (policy_path.starts_with(path) && usage_fits && (attached || !only_attached))
            .then_some(used)
    };
    let rows_of = key(call.account(), "");
    let local = state
        .iam
        .policies
        .seen_after(&rows_of, None)
        .filter(|_| scope != "AWS")
        .filter_map(|(key, policy)| {
            let used = wanted(&policy.arn(&state.partition), &policy.path)?;
            Some((format!("1/{key}"), listed(state, policy, used)))
        });
    let of_aws = AwsPolicy::all(&state.partition)
        .filter(|_| scope != "Local")
        .filter_map(|policy| {
            let used = wanted(&policy.arn, policy.heading.path)?;
            Some((format!("2/{}", policy.heading.name), policy.shown(used)))
        });
    Ok(page
        .cut(local.chain(of_aws))
        .answer("Policies", Value::Object))
}

pub(super) fn delete_policy(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).arn("PolicyArn").done()?;
    let key = named::write::<ManagedPolicy>(state, call, |ask| ask)?;
    let arn = call.parameters.required("PolicyArn")?;
    let used = uses_of(state, call.account(), arn);
    if used.attachments > 0 || used.boundaries > 0 {
        return Err(delete_conflict(
            "Cannot delete a policy attached to entities.",
        ));
    }
    let versions = state.iam.policies.get(&key).map(|p| p.versions.len());
    if versions.is_some_and(|count| count > 1) {
        return Err(delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the \
             policy's versions. The default version is deleted with the policy.",
        ));
    }
    state.iam.policies.remove(&key);
    nothing()
}

/// Refuses a document IAM would not take for a managed policy.
pub(super) fn accept_document(text: &str) -> Result<(), Failure> {
    policy_text::accept(text)?;
    if policy_text::size(text) > LONGEST {
        return Err(quota("PolicySize", LONGEST));
    }
    Ok(())
}

/// How many users and roles a policy is attached to, and is the boundary of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Uses {
    pub(super) attachments: usize,
    pub(super) boundaries: usize,
}

/// How a policy is used in an account.
pub(super) fn uses_of(state: &State, account: AccountId, arn: &str) -> Uses {
    let mut uses = Uses::default();
    each_use(state, account, |used, boundary| {
        if used == arn {
            if boundary {
                uses.boundaries += 1;
            } else {
                uses.attachments += 1;
            }
        }
    });
    uses
}

/// How all policies that are used in an account are used.
pub(super) fn all_uses(state: &State, account: AccountId) -> HashMap<&str, Uses> {
    let mut all: HashMap<&str, Uses> = HashMap::new();
    each_use(state, account, |used, boundary| {
        let uses = all.entry(used).or_default();
        if boundary {
            uses.boundaries += 1;
        } else {
            uses.attachments += 1;
        }
    });
    all
}

fn each_use<'s>(state: &'s State, account: AccountId, mut each: impl FnMut(&'s str, bool)) {
    let scope = key(account, "");
    for (_, role) in state.iam.roles.range(&scope, None) {
        role.attached.iter().for_each(|arn| each(arn, false));
        role.boundary.iter().for_each(|arn| each(arn, true));
    }
    for (_, user) in state.iam.users.range(&scope, None) {
        user.attached.iter().for_each(|arn| each(arn, false));
        user.boundary.iter().for_each(|arn| each(arn, true));
    }
}

/// As `ListPolicies` shows a policy of the account.
pub(super) fn listed(state: &State, policy: &ManagedPolicy, uses: Uses) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("PolicyName", policy.name.as_str().into());
    put("PolicyId", policy.id.as_str().into());
    put("Arn", policy.arn(&state.partition).into());
    put("Path", policy.path.as_str().into());
    put(
        "DefaultVersionId",
        format!("v{}", policy.default_version).into(),
    );
    put("AttachmentCount", uses.attachments.into());
    put("PermissionsBoundaryUsageCount", uses.boundaries.into());
    put("IsAttachable", true.into());
    put("CreateDate", date(policy.created).into());
    put("UpdateDate", date(policy.updated).into());
    shown
}

impl ManagedPolicy {
    /// A policy with nothing but a name and a first version.
    /// [`Iam::put_policy`](super::Iam::put_policy) gives it an id and a time.
    #[must_use]
    pub fn new(account: AccountId, name: &str, document: &str) -> Self {
        let first = PolicyVersion {
            document: document.to_owned(),
            created: jiff::Timestamp::default(),
        };
        Self {
            account,
            name: name.to_owned(),
            path: "/".to_owned(),
            id: String::new(),
            created: jiff::Timestamp::default(),
            updated: jiff::Timestamp::default(),
            description: None,
            versions: BTreeMap::from([(1, first)]),
            default_version: 1,
            last_version: 1,
            tags: BTreeMap::new(),
        }
    }
}

/// Whether AWS publishes a policy with this ARN, in any partition.
pub(super) fn is_of_aws(arn: &str) -> bool {
    arn.starts_with("arn:") && managed::find(arn).is_some()
}
