//! The steps of the story, each with what it asks of the cluster.

use rolecall_chain::{Evidence, Traced};
use rolecall_facts::{Condition, ObservedCall, Snapshot};

use super::teller::Teller;
use crate::Failure;

/// The pool that it is about, whose class has the same name.
pub(super) const POOL: &str = "batch";

/// The cluster.
pub(super) const CLUSTER: &str = "platform-prod";

type Told = Result<(), Failure>;

pub(super) fn beginning(teller: &mut Teller) -> Told {
    teller.title("A node role under an IAM path, and a pool that never gets a node")?;
    teller.say(
        "The company keeps its roles under paths, and so the nodes of this EKS Auto Mode cluster
         have the role arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole.
         AWS, Kubernetes and the control plane are emulated in this process; the control plane is
         of the generation that loses paths (aws/containers-roadmap#2486). Nothing of yours is
         touched.",
    )
}

/// All that a user sees.
pub(super) fn what_is_seen(teller: &mut Teller, pools: &str) -> Told {
    teller.step("The pool is applied, and no node comes")?;
    teller.typed("kubectl get nodepools")?;
    teller.shown(pools)?;
    teller.say("That is all there is to see. The pods stay Pending.")
}

pub(super) fn what_the_class_says(teller: &mut Teller, snapshot: &Snapshot) -> Told {
    teller.step("The node class blames its role")?;
    teller.typed(&format!(
        "kubectl describe nodeclass {POOL}    # its conditions"
    ))?;
    let classes = snapshot.node_classes.iter();
    let class = classes.filter(|class| class.name == POOL);
    let conditions = class.flat_map(|class| &class.conditions);
    conditions
        .filter(|condition| condition.status != "True")
        .try_for_each(|condition| teller.shown(&in_lines(condition)))
}

/// The entry is there, under the role's full ARN.
pub(super) fn the_entry_is_there(teller: &mut Teller, snapshot: &Snapshot) -> Told {
    teller.step("But the role has its access entry: right type, right policy")?;
    teller.typed(&format!(
        "aws eks list-access-entries --cluster-name {CLUSTER}    # and describe-access-entry"
    ))?;
    for entry in &snapshot.access_entries {
        let principal = entry.principal.value.value();
        let policies = snapshot
            .access_policies
            .iter()
            .filter(|known| known.principal.value.value() == principal)
            .filter_map(|known| known.policy_arn.value()?.rsplit('/').next());
        let policies: Vec<&str> = policies.collect();
        if let (Some(principal), Some(kind)) = (principal, entry.entry_type.value()) {
            teller.shown(&format!("{principal}\n  {kind}, {}", policies.join(", ")))?;
        }
    }
    Ok(())
}

/// What the control plane asked, and what it was answered.
pub(super) fn what_was_asked(teller: &mut Teller, call: &ObservedCall) -> Told {
    teller.step("CloudTrail knows what the control plane asked for")?;
    teller.typed(
        "aws cloudtrail lookup-events \\\n     \
         --lookup-attributes AttributeKey=EventName,AttributeValue=DescribeAccessEntry",
    )?;
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    teller.shown(&format!(
        "errorCode     {}\nprincipalArn  {}\ncaller        {}",
        call.error_code,
        known(&call.principal_arn),
        known(&call.caller_arn),
    ))?;
    teller.say(
        "The path is gone: the class says `role: BatchNodeRole`, and the ARN was built from that
         alone. Neither a role nor an entry has this ARN.",
    )
}

/// Why the answer is a denial and not "not found".
pub(super) fn why_it_was_denied(teller: &mut Teller, traced: &Traced) -> Told {
    teller.step("Why the answer is a denial, and not \"not found\"")?;
    let of_pool = traced
        .findings
        .iter()
        .filter(|finding| finding.pools.iter().any(|pool| pool.name == POOL));
    let mut evidence = of_pool.flat_map(|finding| &finding.evidence);
    let decided = evidence.find_map(|evidence| match evidence {
        Evidence::Statement {
            policy,
            statement,
            why,
            ..
        } => Some((policy, statement, why)),
        _ => None,
    });
    let Some((policy, statement, why)) = decided else {
        return Ok(());
    };
    teller.say(&format!(
        "The policy engine evaluates {policy}, as the control plane's own role has it:"
    ))?;
    teller.shown(&format!("\n{statement}"))?;
    teller.say(why)?;
    teller.say(
        "There is no entry, so there is no type to compare. EKS authorises before it looks, and
         what comes back is AccessDenied: no entry, a wrong type and a lost path all look alike.",
    )
}

pub(super) fn what_rolecall_says(teller: &mut Teller, chains: &str) -> Told {
    teller.step("Rolecall follows the chain, and finds the link that breaks")?;
    teller.typed(&format!("rolecall diagnose {CLUSTER} --pool {POOL}"))?;
    teller.shown(&format!("\n{chains}"))
}

pub(super) fn before_the_repair(teller: &mut Teller) -> Told {
    teller.step("Until AWS mends it there is a way around: a twin of the role without path")?;
    teller.typed(&format!(
        "rolecall repair {CLUSTER} --pool {POOL} --use path-less-role"
    ))?;
    teller.say("")
}

pub(super) fn the_end(teller: &mut Teller, pools: &str, nodes: &str) -> Told {
    teller.step("The pool is ready, and a node has joined")?;
    teller.typed("kubectl get nodepools")?;
    teller.shown(pools)?;
    teller.typed("kubectl get nodes")?;
    teller.shown(nodes)?;
    teller.step("What next")?;
    teller.shown(
        "\n\
         rolecall check DIR                  find it in CI, before anything is applied\n\
         rolecall diagnose CLUSTER           find it in your own cluster; it only reads\n\
         rolecall repair CLUSTER --dry-run   see what would mend it\n\
         rolecall sandbox --load DIR         the same emulated AWS, for kubectl and the AWS CLI",
    )
}

fn in_lines(condition: &Condition) -> String {
    let Condition {
        kind,
        status,
        reason,
        message,
    } = condition;
    format!("{kind}={status}  {reason}\n  {message}")
}
