//! What a caller may do: its policies, compiled once until something in IAM changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rolecall_arn::AccountId;
use rolecall_policy::{Layers, Level, Policy, PolicySet, Principal, managed};

use crate::caller::{Caller, CallerKind};
use crate::event::Identity;
use crate::state::State;

/// A caller with the policies that limit it.
pub(crate) struct Standing {
    pub(crate) caller: Caller,
    pub(crate) principal: Option<Principal>,
    pub(crate) layers: Layers,
    /// `aws:PrincipalTag/…`: the tags of the user or role, overridden by the session's.
    pub(crate) tags: BTreeMap<String, String>,
    /// The caller as its own account's events show it.
    pub(crate) identity: Arc<Identity>,
}

impl Standing {
    /// Gathers the policies of a caller.
    pub(crate) fn new(state: &State, caller: Caller) -> Self {
        let mut layers = Layers::default();
        let mut tags = BTreeMap::new();
        let principal = match &caller.kind {
            CallerKind::User { name } => {
                if let Some(user) = state.iam.user(caller.account, name) {
                    layers.identity = policies(state, &user.inline, &user.attached);
                    layers.boundary = boundary(state, user.boundary.as_deref());
                    tags.clone_from(&user.tags);
                }
                caller.arn.parse().ok()
            }
            CallerKind::Session(of) => {
                if let Some(role) = state.iam.role(caller.account, &of.session.role) {
                    layers.identity = policies(state, &role.inline, &role.attached);
                    layers.boundary = boundary(state, role.boundary.as_deref());
                    tags.clone_from(&role.tags);
                }
                let session = &of.session;
                if session.policy.is_some() || !session.policy_arns.is_empty() {
                    layers.session = Some(passed(
                        state,
                        session.policy.as_deref(),
                        &session.policy_arns,
                    ));
                }
                tags.extend(of.session.tags.clone());
                Principal::role_session(&of.role_arn, &of.session.name).ok()
            }
            CallerKind::Service { name } => name.parse().ok(),
            CallerKind::Federated(session) => {
                if let Some(user) = state.iam.user(caller.account, &session.user) {
                    layers.identity = policies(state, &user.inline, &user.attached);
                    layers.boundary = boundary(state, user.boundary.as_deref());
                }
                // Without policies it may nothing.
                layers.session = Some(passed(
                    state,
                    session.policy.as_deref(),
                    &session.policy_arns,
                ));
                tags.clone_from(&session.tags);
                caller.arn.parse().ok()
            }
            CallerKind::Anonymous => "*".parse().ok(),
        };
        if !is_service_linked(&caller) {
            layers.service_control = service_control(state, caller.account);
        }
        let identity = Arc::new(Identity::of(&caller, caller.account));
        Self {
            caller,
            principal,
            layers,
            tags,
            identity,
        }
    }
}

/// The policies passed into a session.
fn passed(state: &State, policy: Option<&str>, arns: &[String]) -> PolicySet {
    let inline = policy
        .into_iter()
        .filter_map(|text| Policy::parse("session policy", text).ok());
    let managed = arns.iter().filter_map(|arn| managed_policy(state, arn));
    inline.chain(managed).collect()
}

/// Service control policies do not affect service-linked roles (AWS Organizations User Guide, "Service
/// control policies (SCPs)").
fn is_service_linked(caller: &Caller) -> bool {
    caller
        .as_session()
        .is_some_and(|of| of.role_arn.contains(":role/aws-service-role/"))
}

/// The service control policies above an account, the root's first.
pub(crate) fn service_control(state: &State, account: AccountId) -> Vec<Level> {
    let prefix = format!("{account}/");
    state
        .service_control
        .range(&prefix, None)
        .map(|(_, level)| Level {
            target: level.target.clone(),
            policies: level
                .policies
                .iter()
                .filter_map(|(name, text)| Policy::parse(name, text).ok())
                .collect(),
        })
        .collect()
}

/// The inline and attached policies of a user or role.
pub(crate) fn policies(
    state: &State,
    inline: &BTreeMap<String, String>,
    attached: &[String],
) -> PolicySet {
    let inline = inline
        .iter()
        .filter_map(|(name, text)| Policy::parse(name, text).ok());
    let attached = attached.iter().filter_map(|arn| managed_policy(state, arn));
    inline.chain(attached).collect()
}

/// A boundary that cannot be read allows nothing.
fn boundary(state: &State, arn: Option<&str>) -> Option<PolicySet> {
    arn.map(|arn| managed_policy(state, arn).into_iter().collect())
}

/// A managed policy, of the account or of AWS. Policies of AWS are parsed once per process.
pub(crate) fn managed_policy(state: &State, arn: &str) -> Option<Policy> {
    static OF_AWS: LazyLock<Mutex<HashMap<String, Policy>>> = LazyLock::new(Mutex::default);
    if !arn.contains(":iam::aws:policy/") {
        let policy = state.iam.policy(arn)?;
        return Policy::parse(&policy.name, policy.document()?).ok();
    }
    let mut known = OF_AWS.lock();
    if let Some(policy) = known.get(arn) {
        return Some(policy.clone());
    }
    let policy = managed::find(arn)?.policy().ok()?;
    known.insert(arn.to_owned(), policy.clone());
    Some(policy)
}

/// Standings by access key, good until the next write to IAM.
#[derive(Default)]
pub(crate) struct Standings(Mutex<HashMap<String, (u64, Arc<Standing>)>>);

impl Standings {
    /// The standing of a key, if nothing changed since it was made.
    pub(crate) fn get(&self, access_key_id: &str, epoch: u64) -> Option<Arc<Standing>> {
        let known = self.0.lock();
        let (made, standing) = known.get(access_key_id)?;
        (*made == epoch).then(|| Arc::clone(standing))
    }

    pub(crate) fn put(&self, epoch: u64, standing: &Arc<Standing>) {
        let mut known = self.0.lock();
        if known.len() >= 10_000 {
            known.clear();
        }
        known.insert(
            standing.caller.access_key_id.clone(),
            (epoch, Arc::clone(standing)),
        );
    }
}
