//! `aws_iam_policy`.

use rolecall_facts::ManagedPolicy;

use super::{Declared, Resource};
use crate::output::Output;
use crate::terraform::identity;
use crate::tree::Node;

pub(super) fn read(declared: &Declared, out: &mut Output) {
    out.snapshot
        .managed_policies
        .extend(declared.certain("aws_iam_policy").map(policy));
}

fn policy(resource: &Resource) -> ManagedPolicy {
    let origin = resource.origin();
    let arn = resource
        .argument("arn")
        .filter(|arn| !arn.is_unknown())
        .cloned()
        .or_else(|| {
            identity::computed(
                &resource.kind,
                "arn",
                &resource.environment,
                &origin,
                &mut |name| resource.argument(name).cloned(),
            )
        });
    ManagedPolicy {
        id: Some(resource.id.clone()),
        arn: arn.unwrap_or_else(|| resource.required("arn")).text_fact(),
        document: resource.argument("policy").map_or_else(
            || resource.required("policy").policy_fact(),
            Node::policy_fact,
        ),
        origin,
    }
}
