//! The two ways around a control plane that drops paths which people use
//! (aws/containers-roadmap#2486).

use super::{aws, region_flag};
use crate::context::ChainContext;
use crate::{Repair, Safety, Tool};

/// A twin of the role without a path: what is asked for then exists.
pub(crate) fn path_less_role(context: &ChainContext<'_>) -> Option<Repair> {
    let role = context.role.identity()?;
    let class = context.class.found()?;
    let twin = twin_name(role.name.as_str());
    let place = context.place();
    let arn = format!(
        "arn:{}:iam::{}:role/{twin}",
        place.partition(),
        place.account()
    );
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let mut repair = Repair::new(
        format!("Give the nodes a role without path, `{twin}`, with the same policies"),
        Safety::ByHand,
    );
    repair.commands = vec![
        aws(format!(
            "aws iam create-role --role-name {twin} \\\n  --assume-role-policy-document '{trust}'"
        )),
        aws(format!(
            "aws iam list-attached-role-policies --role-name {} --query 'AttachedPolicies[].PolicyArn' --output text |\n  xargs -n1 aws iam attach-role-policy --role-name {twin} --policy-arn",
            role.name
        )),
        aws(format!(
            "aws eks create-access-entry{region} --cluster-name {cluster} \\\n  --principal-arn {arn} --type EC2"
        )),
        aws(format!(
            "aws eks associate-access-policy{region} --cluster-name {cluster} \\\n  --principal-arn {arn} \\\n  --policy-arn arn:{}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy \\\n  --access-scope type=cluster",
            place.partition()
        )),
    ];
    Some(repair.command(
        Tool::Kubectl,
        format!(
            "kubectl patch nodeclass {} --type merge -p '{{\"spec\":{{\"role\":\"{twin}\"}}}}'",
            class.name
        ),
    ))
}

/// A managed node group in place of the pool: it names its role by the full ARN, and EKS makes the
/// entry itself.
pub(crate) fn managed_node_group(context: &ChainContext<'_>) -> Option<Repair> {
    let role = context.role.identity()?;
    let place = context.place();
    let cluster = context.cluster_for_commands();
    let name = &context.pool.name;
    let mut repair = Repair::new(
        "Run these nodes in a managed node group, which names its role by the full ARN",
        Safety::ByHand,
    );
    repair.commands = vec![aws(format!(
        "aws eks create-nodegroup{} --cluster-name {cluster} --nodegroup-name {name} \\\n  --node-role {} \\\n  --subnets $SUBNET_IDS --scaling-config minSize=1,maxSize=3,desiredSize=1",
        region_flag(context),
        place.role_arn(role),
    ))];
    Some(repair)
}

/// A name for the twin within the 64 characters of a role name.
fn twin_name(name: &str) -> String {
    const SUFFIX: &str = "-no-path";
    let kept: String = name.chars().take(64 - SUFFIX.len()).collect();
    format!("{kept}{SUFFIX}")
}
