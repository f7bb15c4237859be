//! The definitions that clusters have from the start, by what runs in them.
//!
//! Their fields, limits and rules follow the EKS User Guide ("Create a Node Class for Amazon EKS", "Create a
//! Node Pool for EKS Auto Mode", "Configure advanced security settings for nodes") and the published
//! definitions of Karpenter v1 (kubernetes-sigs/karpenter, aws/karpenter-provider-aws). The definition of
//! `NodeClass` itself is not published: where the guide is silent, what its Karpenter sibling
//! `EC2NodeClass` allows is allowed. A role with a path is not refused there; what becomes of it is up to
//! the control plane (aws/containers-roadmap#2486).

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::admit::fill;
use super::{compile, establish, text};
use crate::resource::{Registry, Resource};

/// Which custom resource definitions a cluster has from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Bundle {
    /// None.
    Nothing,
    /// Those of EKS Auto Mode: `eks.amazonaws.com` and `karpenter.sh`.
    AutoMode,
    /// Those of Karpenter as one installs it: `karpenter.k8s.aws` and `karpenter.sh`.
    Karpenter,
    /// Both.
    #[default]
    Both,
}

impl Bundle {
    /// All bundles.
    pub const ALL: [Bundle; 4] = [
        Bundle::Nothing,
        Bundle::AutoMode,
        Bundle::Karpenter,
        Bundle::Both,
    ];

    /// Whether the bundle has this definition.
    pub fn holds(self, crd: &Value) -> bool {
        match crd.get("spec").map_or("", |spec| text(spec, "group")) {
            "karpenter.sh" => self != Bundle::Nothing,
            "karpenter.k8s.aws" => matches!(self, Bundle::Karpenter | Bundle::Both),
            "eks.amazonaws.com" => matches!(self, Bundle::AutoMode | Bundle::Both),
            _ => false,
        }
    }
}

/// When the definitions were made, as far as their objects tell.
const CREATED: &str = "2025-01-01T00:00:00Z";

static SOURCES: [&str; 8] = [
    include_str!("../../crds/cninodes.eks.amazonaws.com.json"),
    include_str!("../../crds/ec2nodeclasses.karpenter.k8s.aws.json"),
    include_str!("../../crds/ingressclassparams.eks.amazonaws.com.json"),
    include_str!("../../crds/nodeclaims.karpenter.sh.json"),
    include_str!("../../crds/nodeclasses.eks.amazonaws.com.json"),
    include_str!("../../crds/nodediagnostics.eks.amazonaws.com.json"),
    include_str!("../../crds/nodepools.karpenter.sh.json"),
    include_str!("../../crds/targetgroupbindings.eks.amazonaws.com.json"),
];

/// A definition with its kinds.
struct Known {
    crd: Arc<Value>,
    resources: Vec<Resource>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let read = SOURCES
        .iter()
        .filter_map(|source| serde_json::from_str(source).ok());
    read.map(|mut crd: Value| {
        // That they are valid is for tests to say, not for every start.
        fill(&mut crd);
        let crd = establish(&crd, &Registry::default(), CREATED).unwrap_or(crd);
        Known {
            resources: compile(&crd),
            crd: Arc::new(crd),
        }
    })
    .collect()
});

static CRDS: LazyLock<Vec<Arc<Value>>> =
    LazyLock::new(|| KNOWN.iter().map(|known| known.crd.clone()).collect());

/// All the definitions known here, complete with status; made once for the process.
pub fn builtin() -> &'static [Arc<Value>] {
    &CRDS
}

/// The definitions of a bundle, complete with status.
pub fn bundle(bundle: Bundle) -> impl Iterator<Item = &'static Arc<Value>> {
    builtin().iter().filter(move |crd| bundle.holds(crd))
}

/// The kinds of a definition that is still as it was built in, compiled already.
pub(super) fn shared(crd: &Value) -> Option<&'static [Resource]> {
    let name = text(crd.get("metadata")?, "name");
    let known = KNOWN.iter().find(|known| {
        known
            .crd
            .get("metadata")
            .is_some_and(|m| text(m, "name") == name)
    })?;
    (known.crd.get("spec") == crd.get("spec")).then_some(known.resources.as_slice())
}
