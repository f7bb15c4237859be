//! The `karpenter` section: what eksctl makes for Karpenter's nodes (eksctl User Guide, "Karpenter
//! Support"; eksctl `pkg/cfn/builder/karpenter.go` and `pkg/actions/karpenter/create.go`).

use rolecall_facts::{
    AwsAuth, AwsAuthRole, Completeness, Fact, InstanceProfile, ObjectId, Origin, PolicyDocument,
    Reference, Role, Why, symbol,
};

use super::{Config, service_accounts};
use crate::fields;
use crate::output::Output;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

const POLICIES: [&str; 4] = [
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonSSMManagedInstanceCore",
];

pub(super) fn read(config: &Config<'_>, output: &mut Output) {
    let Some(node) = config.node.get("karpenter") else {
        return;
    };
    let origin = node.origin.clone();
    let named = |prefix: &str| {
        config
            .cluster
            .value
            .clone()
            .map(|cluster| format!("eksctl-{prefix}-{cluster}"))
    };
    let role = node_role(config, named("KarpenterNodeRole"), &origin);
    let profile = node.get("defaultInstanceProfile");
    let why = || Why::after_apply("the ARN of the node role, which eksctl makes,");
    output.snapshot.instance_profiles.push(InstanceProfile {
        id: Some(ObjectId::new(config.scope, &id("instanceProfile", &origin))),
        account: None,
        name: profile.map_or_else(
            || named("KarpenterNodeInstanceProfile"),
            crate::tree::Node::text_fact,
        ),
        path: Fact::known("/".to_owned(), origin.clone()),
        role: Some(Reference {
            value: Fact::unknown_at(why(), origin.clone()),
            object: role.id.clone(),
        }),
        origin: profile.map_or_else(|| origin.clone(), |profile| profile.origin.clone()),
    });
    // eksctl maps the role in aws-auth whatever the mode.
    let mapping = AwsAuthRole {
        role_arn: fields::iam_arn("role", role.path.clone(), role.name.clone()),
        username: Fact::known(
            "system:node:{{EC2PrivateDNSName}}".to_owned(),
            origin.clone(),
        ),
        groups: Fact::known(
            ["system:bootstrappers", "system:nodes"]
                .map(str::to_owned)
                .into(),
            origin.clone(),
        ),
        origin: origin.clone(),
    };
    output.parts_of_aws_auth.push(origin.clone());
    output.snapshot.aws_auth.push(AwsAuth {
        cluster: Some(config.cluster.clone()),
        map_roles: Fact::known(vec![mapping], origin.clone()),
        problems: Vec::new(),
        origin,
    });
    output.snapshot.roles.push(role);
    let name = config.cluster.value.clone();
    let name = name.map(|cluster| format!("eksctl-{cluster}-iamservice-role"));
    output
        .snapshot
        .roles
        .push(controller_role(config, name, &node.origin));
}

/// The role of Karpenter's own service account. Which policy eksctl gives it changes with eksctl.
fn controller_role(config: &Config<'_>, name: Fact<String>, origin: &Origin) -> Role {
    let text = |text: &str| Fact::known(text.to_owned(), origin.clone());
    Role {
        id: Some(ObjectId::new(config.scope, &id("controllerRole", origin))),
        trust: service_accounts::trust(&text("karpenter"), &text("karpenter"), origin),
        attached_policies: Vec::new(),
        policies_complete: Completeness::Partial(Why::after_apply(
            "the policy that eksctl makes for Karpenter",
        )),
        ..node_role(config, name, origin)
    }
}

fn id(what: &str, origin: &Origin) -> String {
    let line = origin.as_file().map_or(0, |file| file.line);
    format!("karpenter:{line}/{what}")
}

fn node_role(config: &Config<'_>, name: Fact<String>, origin: &Origin) -> Role {
    let policy = |name: &&str| {
        let arn = format!("arn:{}:iam::aws:policy/{name}", symbol::PARTITION);
        Reference::by_value(Fact::known(arn, origin.clone()))
    };
    let boundary = config.node.at(&["iam", "serviceRolePermissionsBoundary"]);
    Role {
        id: Some(ObjectId::new(config.scope, &id("nodeRole", origin))),
        partition: None,
        account: None,
        name,
        path: Fact::known("/".to_owned(), origin.clone()),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: Vec::new(),
        trust: Fact::known(PolicyDocument::whole(TRUST), origin.clone()),
        inline_policies: Vec::new(),
        attached_policies: POLICIES.iter().map(policy).collect(),
        policies_complete: Completeness::Complete,
        permissions_boundary: boundary.map(crate::tree::Node::text_reference),
        origin: origin.clone(),
    }
}
