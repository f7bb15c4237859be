use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_facts::{Origin, Snapshot};

use crate::cloudformation::Shared;
use crate::kubernetes::crossplane::Pending;
use crate::{Diagnostic, Manifest};

/// What readers add to: facts, and what kept them from reading.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) snapshot: Snapshot,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The objects of the chain as they are written.
    pub(crate) manifests: Vec<Manifest>,
    /// What Crossplane objects say of one another, joined once all files are read.
    pub(crate) crossplane: Vec<Pending>,
    /// Where `aws_auth` holds only some of a cluster's mappings, by origin.
    pub(crate) parts_of_aws_auth: Vec<Origin>,
    /// What CloudFormation templates export and import, joined once all files are read.
    pub(crate) stacks: Shared,
    /// The plans and states that were read.
    pub(crate) plans: Vec<PlanContents>,
    /// Helm charts of which a template was met, and where.
    pub(crate) unrendered: Vec<(String, Origin)>,
}

/// What a Terraform plan or state is of: the resources and module calls of its root module, such as
/// `aws_iam_role.node` and `module.eks`.
#[derive(Debug)]
pub(crate) struct PlanContents {
    pub(crate) path: Arc<str>,
    pub(crate) addresses: BTreeSet<String>,
}

impl Output {
    /// Adds all of another output.
    pub(crate) fn append(&mut self, other: Self) {
        self.snapshot.append(other.snapshot);
        self.diagnostics.extend(other.diagnostics);
        self.manifests.extend(other.manifests);
        self.crossplane.extend(other.crossplane);
        self.parts_of_aws_auth.extend(other.parts_of_aws_auth);
        self.stacks.append(other.stacks);
        self.plans.extend(other.plans);
        self.unrendered.extend(other.unrendered);
    }

    /// Whether nothing was found, neither facts nor trouble.
    pub(crate) fn is_empty(&self) -> bool {
        self.snapshot == Snapshot::default()
            && self.diagnostics.is_empty()
            && self.crossplane.is_empty()
            && self.plans.is_empty()
            && self.unrendered.is_empty()
    }
}
