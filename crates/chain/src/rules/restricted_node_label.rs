use rolecall_facts::{LabelKey, NodeClassKind};

use crate::context::{ChainContext, PoolSource};
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety, Tool};

rule! {
    /// ## What it checks
    /// That a pool of Auto Mode neither requires nor sets a label under `karpenter.k8s.aws/`. Auto Mode
    /// has labels of its own under `eks.amazonaws.com/`. Pools of Karpenter keep theirs.
    ///
    /// ## Why nodes fail
    /// Auto Mode refuses the pool: `ValidationSucceeded=False`, `NodePoolValidationFailed`, with a
    /// message that the label is restricted, and launches nothing. It happens where a pool of Karpenter
    /// is carried over (EKS User Guide, "EKS Auto Mode Supported Labels").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
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
    ///         name: default
    ///       requirements:
    ///         - key: karpenter.k8s.aws/instance-category
    ///           operator: In
    ///           values: ["c", "m"]
    /// ```
    ///
    /// ## Fix
    /// ```yaml nodes.yaml
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
    ///         name: default
    ///       requirements:
    ///         - key: eks.amazonaws.com/instance-category
    ///           operator: In
    ///           values: ["c", "m"]
    /// ```
    ///
    /// ## Permissions needed
    /// None in AWS. In the cluster, `get` and `list` on node pools; none for files.
    pub(super) RESTRICTED_NODE_LABEL = RC103 "restricted-node-label", Error, NodeClass, Chain(check)
}

const KARPENTER: &str = "karpenter.k8s.aws/";

/// The labels that Auto Mode has under `eks.amazonaws.com/` where Karpenter has the same under
/// `karpenter.k8s.aws/` (EKS User Guide, "EKS Auto Mode Supported Labels").
const SHARED: [&str; 16] = [
    "instance-hypervisor",
    "instance-encryption-in-transit-supported",
    "instance-category",
    "instance-generation",
    "instance-family",
    "instance-size",
    "instance-cpu",
    "instance-cpu-manufacturer",
    "instance-memory",
    "instance-ebs-bandwidth",
    "instance-network-bandwidth",
    "instance-gpu-name",
    "instance-gpu-manufacturer",
    "instance-gpu-count",
    "instance-gpu-memory",
    "instance-local-nvme",
];

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let PoolSource::NodePool(pool) = context.source else {
        return Vec::new();
    };
    if context.class.kind() != Some(NodeClassKind::AutoMode) {
        return Vec::new();
    }
    pool.label_keys
        .iter()
        .filter_map(|label| {
            let name = label.key.strip_prefix(KARPENTER)?;
            Some(finding(context, label, name))
        })
        .collect()
}

fn finding(context: &ChainContext<'_>, label: &LabelKey, name: &str) -> Finding {
    let pool = &context.pool;
    let message = format!(
        "{pool} of Auto Mode uses the label `{}`, which Auto Mode restricts",
        label.key
    );
    let ours = SHARED
        .contains(&name)
        .then(|| format!("eks.amazonaws.com/{name}"));
    let repair = match &ours {
        Some(ours) => Repair::new(format!("Write `{ours}` in its place"), Safety::Safe)
            .edit(Edit::at(&label.origin, &label.key, ours))
            .command(Tool::Manifest, format!("key: {ours}")),
        None => Repair::new(
            format!(
                "Take `{}` out; Auto Mode has no label of that meaning",
                label.key
            ),
            Safety::ByHand,
        ),
    };
    let repair = repair.command(
        Tool::Kubectl,
        format!("kubectl edit nodepools.karpenter.sh {}", pool.name),
    );
    Finding::new(&RESTRICTED_NODE_LABEL, pool.to_string(), message)
        .at(&label.origin)
        .evidence(Evidence::fact(
            "Auto Mode's labels of instances begin with eks.amazonaws.com/, not with karpenter.k8s.aws/",
            None,
        ))
        .repair(repair)
}
