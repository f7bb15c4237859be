use rolecall_facts::{NodeClassKind, Origin};

use super::node_class::classes_given;
use super::node_class_kind_mismatch::means_the_other_kind;
use super::spelling::nearest;
use crate::context::{ChainContext, ClassFound, PoolSource};
use crate::repairs::set_class_ref;
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// That the node class a pool refers to is there. Where the pool was read from a cluster, or a
    /// class of nearly the same name is given, a missing class is an error. Where files hold classes
    /// of this kind but none of this name, it may live in files that were not given: a warning. Files
    /// without any class of the kind say nothing.
    ///
    /// Auto Mode makes a class named `default` itself, but only while a built-in pool is enabled.
    ///
    /// ## Why nodes fail
    /// A NodePool without its class is `NodeClassReady=False`, `NodeClassNotFound`, `NodeClass not
    /// found on cluster`, and launches nothing (kubernetes-sigs/karpenter,
    /// `pkg/controllers/nodepool/readiness`; EKS User Guide, "Create a Node Pool for EKS Auto Mode").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web-nodes
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
    ///         name: web-node
    /// ```
    ///
    /// ## Fix
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web-nodes
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
    ///         name: web-nodes
    /// ```
    ///
    /// ## Permissions needed
    /// None in AWS. In the cluster, `get` and `list` on node pools and node classes; none for files.
    pub(super) NODE_CLASS_NOT_FOUND = RC101 "node-class-not-found", Error, NodeClass, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let PoolSource::NodePool(pool) = context.source else {
        return Vec::new();
    };
    let Some(wanted) = pool.node_class_ref.value() else {
        return Vec::new();
    };
    let (kind, certain) = match &context.class {
        ClassFound::Missing { kind, .. } => (*kind, matches!(pool.origin, Origin::Api(_))),
        ClassFound::Unknown {
            kind: Some(NodeClassKind::AutoMode),
            ..
        } if wanted.name == "default" && no_built_in_pools(context) => {
            (NodeClassKind::AutoMode, false)
        }
        _ => return Vec::new(),
    };
    if context.runs_auto_mode() == Some(false) && kind == NodeClassKind::AutoMode
        || means_the_other_kind(context, kind, &wanted.name)
    {
        return Vec::new(); // RC102 says it better.
    }
    let given = classes_given(context, kind);
    let meant = nearest(&wanted.name, given.iter().map(|class| class.name.as_str()));
    let what = match (certain, meant) {
        (true, _) => "which does not exist".to_owned(),
        (false, Some(meant)) => format!("which is not there; `{meant}` is"),
        (false, None) if given.is_empty() => {
            "which Auto Mode makes only together with a built-in pool, and none is enabled"
                .to_owned()
        }
        (false, None) => format!("which is not among the {} given", plural(given.len(), kind)),
    };
    let message = format!(
        "{} refers to {kind} `{}`, {what}",
        context.pool, wanted.name
    );
    let place = pool.node_class_ref.origin().unwrap_or(&pool.origin);
    let mut finding = Finding::new(&NODE_CLASS_NOT_FOUND, context.pool.to_string(), message)
        .at(place)
        .severity(if certain || meant.is_some() {
            Severity::Error
        } else {
            Severity::Warning
        });
    for class in given.iter().take(5) {
        let text = format!("there is {kind} `{}`", class.name);
        finding = finding.evidence(Evidence::fact(text, Some(&class.origin)));
    }
    if let Some(meant) = meant {
        let action = format!("Refer to {kind} `{meant}`");
        let repair = set_class_ref(
            context,
            action,
            Safety::ByHand,
            (kind.group(), kind.kind(), meant),
        );
        finding = finding.repair(repair.edit(Edit::at(place, &wanted.name, meant)));
    }
    vec![finding.repair(create_class(kind, &wanted.name))]
}

fn no_built_in_pools(context: &ChainContext<'_>) -> bool {
    let compute = context.cluster.and_then(|cluster| cluster.compute.as_ref());
    let pools = compute.and_then(|compute| compute.node_pools.value());
    context.runs_auto_mode() == Some(true) && pools.is_some_and(Vec::is_empty)
}

fn plural(count: usize, kind: NodeClassKind) -> String {
    match count {
        1 => format!("1 {kind}"),
        _ => format!("{count} {kind}es"),
    }
}

fn create_class(kind: NodeClassKind, name: &str) -> Repair {
    let version = format!("{}/v1", kind.group());
    Repair::new(format!("Create {kind} `{name}`"), Safety::ByHand).command(
        Tool::Manifest,
        format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  role: NODE_ROLE_NAME"),
    )
}
