//! The refused calls that explain what is not ready.

use rolecall_facts::{Condition, NodeClassKind, ObservedCall, Origin};

use super::{Reader, together};
use crate::missing::Missing;

/// A call to look for, and whether it is IAM's.
type Wanted = (&'static str, bool);

const ENTRY: &[Wanted] = &[("DescribeAccessEntry", false)];
const PROFILE: &[Wanted] = &[
    ("AddRoleToInstanceProfile", true),
    ("CreateInstanceProfile", true),
    ("GetInstanceProfile", true),
    ("AssumeRole", false),
];
const LAUNCH: &[Wanted] = &[
    ("CreateLaunchTemplate", false),
    ("CreateFleet", false),
    ("RunInstances", false),
];

/// What became of each call that was looked for.
pub(super) type ToldCalls = Vec<(&'static str, Result<Vec<ObservedCall>, Missing>)>;

impl Reader<'_> {
    /// Looks only for what the conditions ask for: CloudTrail answers two questions a second.
    pub(super) async fn refused_calls(&self) -> ToldCalls {
        let since = self.question.since;
        let lookups = self.wanted_calls().into_iter().map(|(name, of_iam)| {
            let trail = self.trail.clone();
            async move { (name, trail.failed(name, of_iam, since).await) }
        });
        together(lookups).await
    }

    fn wanted_calls(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut want = |calls: &[Wanted]| {
            for call in calls {
                if !wanted.contains(call) {
                    wanted.push(*call);
                }
            }
        };
        for class in &self.snapshot.node_classes {
            if is(&class.conditions, "Ready", "True") {
                continue;
            }
            let profile = find(&class.conditions, "InstanceProfileReady");
            let validation = find(&class.conditions, "ValidationSucceeded");
            let reason = profile.map_or("", |known| known.reason.as_str());
            if class.kind == NodeClassKind::AutoMode && reason != "InstanceProfileCreationFailed" {
                want(ENTRY);
            }
            let profile_stuck = profile.is_some_and(|known| known.status != "True");
            if reason == "InstanceProfileCreationFailed"
                || (class.kind == NodeClassKind::Karpenter && profile_stuck)
            {
                want(PROFILE);
            }
            if validation.is_some_and(|known| known.reason.ends_with("AuthCheckFailed")) {
                want(LAUNCH);
            }
        }
        let launch_failed = |conditions: &[Condition]| {
            find(conditions, "Launched").is_some_and(|known| {
                known.status != "True" && known.reason != "AwaitingReconciliation"
            })
        };
        let claims = &self.snapshot.node_claims;
        if claims.iter().any(|claim| launch_failed(&claim.conditions)) {
            want(LAUNCH);
        }
        wanted
    }

    pub(super) fn take_calls(&mut self, told: ToldCalls) {
        for (name, answer) in told {
            match answer {
                Ok(calls) => {
                    let ours = |call: &ObservedCall| {
                        let cluster = call.cluster.as_ref();
                        cluster.is_none_or(|cluster| *cluster == self.question.cluster)
                    };
                    self.snapshot.calls.extend(calls.into_iter().filter(ours));
                }
                Err(missing) => {
                    let origin = Origin::api("cloudtrail:LookupEvents", name);
                    self.note(&origin, &missing);
                }
            }
        }
        let calls = &mut self.snapshot.calls;
        calls
            .sort_by(|left, right| (right.time, &left.event_id).cmp(&(left.time, &right.event_id)));
        calls.dedup_by(|left, right| left.event_id == right.event_id);
    }
}

fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|known| known.kind == kind)
}

fn is(conditions: &[Condition], kind: &str, status: &str) -> bool {
    find(conditions, kind).is_some_and(|known| known.status == status)
}
