use rolecall_facts::{Change, NodeClassKind, NodeClassRef, Origin};

use super::node_class::classes_given;
use crate::context::{ChainContext, ClassFound, PoolSource};
use crate::repairs::set_class_ref;
use crate::rule::rule;
use crate::{Evidence, Finding, Safety, Severity};

rule! {
    /// ## What it checks
    /// That a pool refers to a kind of node class that its cluster runs: `eks.amazonaws.com`,
    /// `NodeClass` under Auto Mode, `karpenter.k8s.aws`, `EC2NodeClass` under Karpenter, and never one's
    /// group with the other's kind. Both may live in one cluster. So a reference to an `EC2NodeClass`
    /// is an error only where no such class is given, a `NodeClass` of the same name is, and nothing
    /// hints at a Karpenter of your own; where such a class is given, it is at most a note.
    ///
    /// ## Why nodes fail
    /// Every controller looks only at the pools whose `nodeClassRef` names its own kind. A pool that
    /// names another is skipped: its `READY` column stays empty, no condition and no event says why,
    /// and no node comes (kubernetes-sigs/karpenter, `pkg/controllers/nodepool/readiness`;
    /// EKS User Guide, "Create a Node Pool for EKS Auto Mode").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: karpenter.k8s.aws
    ///         kind: NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Fix
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:DescribeCluster` on a live cluster; none for files.
    pub(super) NODE_CLASS_KIND_MISMATCH = RC102 "node-class-kind-mismatch", Error, NodeClass, Chain(check)
}

const KINDS: [NodeClassKind; 2] = [NodeClassKind::AutoMode, NodeClassKind::Karpenter];

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let PoolSource::NodePool(pool) = context.source else {
        return Vec::new();
    };
    let Some(wanted) = pool.node_class_ref.value() else {
        return Vec::new();
    };
    let place = pool.node_class_ref.origin().unwrap_or(&pool.origin);
    let found = match &context.class {
        ClassFound::OtherKind => no_such_kind(context, wanted, place),
        class => class
            .kind()
            .and_then(|kind| other_controller(context, kind, wanted, place)),
    };
    found.into_iter().collect()
}

/// One kind's group with the other's kind, or either misspelt. Classes of other clouds are not ours.
fn no_such_kind(
    context: &ChainContext<'_>,
    wanted: &NodeClassRef,
    place: &Origin,
) -> Option<Finding> {
    let group = wanted.group.split('/').next().unwrap_or_default();
    let by_group = KINDS
        .into_iter()
        .find(|kind| kind.group().eq_ignore_ascii_case(group));
    let by_kind = KINDS
        .into_iter()
        .find(|kind| kind.kind().eq_ignore_ascii_case(&wanted.kind));
    let given = |kind: &NodeClassKind| {
        classes_given(context, *kind)
            .iter()
            .any(|class| class.name == wanted.name)
    };
    let by_name = match (given(&KINDS[0]), given(&KINDS[1])) {
        (true, false) => Some(KINDS[0]),
        (false, true) => Some(KINDS[1]),
        _ => None,
    };
    let meant = match (by_group, by_kind) {
        (Some(group), Some(kind)) if group == kind => Some(group),
        // `NodeClass` is a name that other projects use too; their groups are not ours to judge.
        (None, Some(NodeClassKind::AutoMode)) if !wanted.group.is_empty() => return None,
        (None, None) => return None,
        _ => by_name,
    };
    let said = format!(
        "{} `{}` of group `{}`",
        wanted.kind, wanted.name, wanted.group
    );
    let message = format!(
        "{} refers to {said}, a kind that does not exist",
        context.pool
    );
    let mut finding = new(context, message, place).evidence(Evidence::fact(
        "Auto Mode's class is NodeClass of group eks.amazonaws.com, Karpenter's is EC2NodeClass of \
         group karpenter.k8s.aws",
        None,
    ));
    for kind in KINDS
        .into_iter()
        .filter(|kind| meant.is_none_or(|meant| meant == *kind))
    {
        finding = refer_to(finding, context, kind, &wanted.name);
    }
    Some(finding)
}

/// A kind that exists, but not in this cluster.
fn other_controller(
    context: &ChainContext<'_>,
    kind: NodeClassKind,
    wanted: &NodeClassRef,
    place: &Origin,
) -> Option<Finding> {
    let auto_mode = context.runs_auto_mode();
    let cluster = context.pool.cluster.as_deref().unwrap_or("its cluster");
    let (pool, name) = (&context.pool, &wanted.name);
    match kind {
        NodeClassKind::AutoMode if auto_mode == Some(false) => {
            let message = format!(
                "{pool} refers to NodeClass `{name}` of Auto Mode, but cluster `{cluster}` does not run Auto Mode"
            );
            let mut finding = new(context, message, place);
            if let Some(cluster) = context.cluster {
                let at = cluster
                    .compute
                    .as_ref()
                    .map_or(&cluster.origin, |compute| &compute.origin);
                finding = finding.at(at).repair(turn_on(context));
            }
            Some(refer_to(finding, context, NodeClassKind::Karpenter, name))
        }
        NodeClassKind::Karpenter if means_the_other_kind(context, kind, name) => {
            let message = format!(
                "{pool} refers to EC2NodeClass `{name}` of Karpenter, but `{name}` is a NodeClass of Auto Mode"
            );
            let mut finding = new(context, message, place);
            for class in classes_given(context, NodeClassKind::AutoMode) {
                if class.name == *name {
                    finding = finding.at(&class.origin);
                }
            }
            Some(refer_to(finding, context, NodeClassKind::AutoMode, name))
        }
        NodeClassKind::Karpenter
            if auto_mode == Some(true)
                && !hints_at_karpenter(context)
                && only_karpenter_pools(context) =>
        {
            let message = format!(
                "{pool} refers to EC2NodeClass `{name}`, which Auto Mode does not read; cluster `{cluster}` needs a Karpenter of your own for it"
            );
            let finding = new(context, message, place).severity(Severity::Note);
            Some(refer_to(finding, context, NodeClassKind::AutoMode, name))
        }
        _ => None,
    }
}

/// Whether a reference to a class of this kind that was not found means the other kind: a class of
/// that name is there, and nothing of the kind referred to.
pub(super) fn means_the_other_kind(
    context: &ChainContext<'_>,
    kind: NodeClassKind,
    name: &str,
) -> bool {
    let missing = match &context.class {
        ClassFound::Missing { .. } => true,
        ClassFound::Unknown { kind: Some(_), .. } => {
            context.runs_auto_mode() == Some(true) && !hints_at_karpenter(context)
        }
        _ => false,
    };
    let auto_mode = || {
        classes_given(context, NodeClassKind::AutoMode)
            .iter()
            .any(|class| class.name == name)
    };
    missing
        && kind == NodeClassKind::Karpenter
        && context.runs_auto_mode() != Some(false)
        && auto_mode()
}

fn only_karpenter_pools(context: &ChainContext<'_>) -> bool {
    let world = context.world;
    if world.has_classes(&context.cluster_key, NodeClassKind::AutoMode) {
        return false;
    }
    let other = world.snapshot.node_pools.iter().any(|pool| {
        let kind = pool
            .node_class_ref
            .value()
            .and_then(NodeClassRef::class_kind);
        kind != Some(NodeClassKind::Karpenter) && context.may_hold(pool.cluster.as_ref())
    });
    !other
}

/// Whether anything given hints at a Karpenter of the user's own in this cluster.
fn hints_at_karpenter(context: &ChainContext<'_>) -> bool {
    let world = context.world;
    let name = world.cluster_name(&context.cluster_key);
    let configured = name.is_some_and(|name| world.options.karpenter_roles.contains_key(&name));
    configured || world.hints_at_karpenter()
}

fn new(context: &ChainContext<'_>, message: String, place: &Origin) -> Finding {
    Finding::new(&NODE_CLASS_KIND_MISMATCH, context.pool.to_string(), message).at(place)
}

fn refer_to(
    finding: Finding,
    context: &ChainContext<'_>,
    kind: NodeClassKind,
    name: &str,
) -> Finding {
    let action = format!("Refer to {kind} `{name}` of {}", kind.group());
    finding.repair(set_class_ref(
        context,
        action,
        Safety::ByHand,
        (kind.group(), kind.kind(), name),
    ))
}

fn turn_on(context: &ChainContext<'_>) -> crate::Repair {
    use crate::repairs::{aws, region_flag, terraform};
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let mut repair = crate::Repair::new(
        format!("Turn Auto Mode on in cluster `{cluster}`"),
        Safety::ByHand,
    )
    .changes(context.takes_changes().then(|| Change::SetComputeConfig {
        enabled: true,
        node_pools: Vec::new(),
        node_role: None,
    }));
    repair.commands = vec![
        aws(format!(
            "aws eks update-cluster-config{region} --name {cluster} \\\n  --compute-config enabled=true \\\n  --kubernetes-network-config '{{\"elasticLoadBalancing\":{{\"enabled\":true}}}}' \\\n  --storage-config '{{\"blockStorage\":{{\"enabled\":true}}}}'"
        )),
        terraform(
            "compute_config {\n  enabled = true\n}\n\nkubernetes_network_config {\n  elastic_load_balancing {\n    enabled = true\n  }\n}\n\nstorage_config {\n  block_storage {\n    enabled = true\n  }\n}",
        ),
    ];
    repair.command(
        crate::Tool::Eksctl,
        "autoModeConfig:\n  enabled: true\n  nodePools: []",
    )
}
