//! Roles of which only the name, or only the path, is known.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::Verdict;
use support::{files, karpenter, messages, none, one, traced, verdict};

/// As Karpenter's getting-started guide writes it: the role is made by a template that is not here.
fn getting_started(arn: &str, mode: &str) -> String {
    format!(
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  name: demo\n  region: us-west-2\naccessConfig:\n  authenticationMode: {mode}\niamIdentityMappings:\n- arn: \"{arn}\"\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n  groups:\n  - system:bootstrappers\n  - system:nodes\n"
    )
}

#[test]
fn a_mapping_lets_in_a_role_that_no_file_declares() {
    let mapped = getting_started(
        "arn:aws:iam::111122223333:role/KarpenterNodeRole-demo",
        "API_AND_CONFIG_MAP",
    );
    let found = traced(&files(&[
        ("cluster.yaml", &mapped),
        (
            "nodes.yaml",
            &karpenter("default", "role: KarpenterNodeRole-demo"),
        ),
    ]));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "default", "access-entry"), Verdict::Pass);
}

#[test]
fn without_mapping_and_entry_the_command_asks_iam_for_the_arn() {
    let other = getting_started("arn:aws:iam::111122223333:role/Other", "API_AND_CONFIG_MAP");
    let found = traced(&files(&[
        ("cluster.yaml", &other),
        (
            "nodes.yaml",
            &karpenter("default", "role: KarpenterNodeRole-demo"),
        ),
    ]));
    let repair = &one(&found, "RC702").repairs[0];
    assert_eq!(
        repair.action,
        "Create an access entry of type EC2_LINUX for role `KarpenterNodeRole-demo`"
    );
    assert!(
        repair.commands[0].text.contains(
            "--principal-arn \"$(aws iam get-role --role-name KarpenterNodeRole-demo --query Role.Arn --output text)\""
        ),
        "{}",
        repair.commands[0].text
    );
}

#[test]
fn eks_maps_a_managed_group_whose_role_has_a_generated_name_and_no_path() {
    let main = "resource \"random_id\" \"suffix\" {\n  byte_length = 2\n}\n\nresource \"aws_iam_role\" \"node\" {\n  name = \"node-${random_id.suffix.hex}\"\n  assume_role_policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = \"ec2.amazonaws.com\" } }] })\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly\"]\n}\n\nresource \"aws_eks_cluster\" \"main\" {\n  name     = \"prod\"\n  role_arn = \"arn:aws:iam::111122223333:role/Cluster\"\n  access_config {\n    authentication_mode = \"CONFIG_MAP\"\n  }\n}\n\nresource \"aws_eks_node_group\" \"workers\" {\n  cluster_name    = aws_eks_cluster.main.name\n  node_group_name = \"workers\"\n  node_role_arn   = aws_iam_role.node.arn\n  scaling_config {\n    desired_size = 1\n    max_size     = 1\n    min_size     = 1\n  }\n}\n";
    let found = traced(&files(&[("main.tf", main)]));
    assert_eq!(verdict(&found, "workers", "access-entry"), Verdict::Pass);
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn the_class_default_of_a_cluster_that_no_file_declares_may_be_the_built_in_one() {
    let nodes = support::auto_mode("general", "role: NodeRole")
        + &support::node_pool("spot", "eks.amazonaws.com", "NodeClass", "default");
    let found = traced(&files(&[("nodes.yaml", &nodes)]));
    none(&found, "RC101");
    assert_eq!(verdict(&found, "spot", "node-class"), Verdict::Unknown);
}

/// Two clusters, and a pool of neither in particular whose role has a path.
fn of_one_of_two_clusters() -> support::Files {
    let clusters = support::cluster("one", support::AUTO_MODE)
        + &support::cluster("two", support::AUTO_MODE)
        + &support::role("node", "NodeRole", "path = \"/team/\"");
    files(&[
        ("main.tf", &clusters),
        ("nodes.yaml", &support::auto_mode("web", "role: NodeRole")),
    ])
}

#[test]
fn a_pool_of_one_of_several_clusters_is_told_how_to_say_of_which() {
    let found = traced(&of_one_of_two_clusters());
    let chain = found
        .chains
        .iter()
        .find(|chain| chain.pool.name == "web")
        .unwrap();
    let entry = chain
        .links
        .iter()
        .find(|state| state.link.as_str() == "access-entry")
        .unwrap();
    assert_eq!(entry.verdict, Verdict::Unknown);
    assert!(entry.detail.contains("--cluster"), "{}", entry.detail);
}

#[test]
fn a_legacy_control_plane_drops_the_path_whichever_the_cluster_is() {
    let (snapshot, mut options) = support::read(&of_one_of_two_clusters());
    options.control_plane = rolecall_chain::ControlPlane::Legacy;
    let found = rolecall_chain::trace(&snapshot, &options);
    none(&found, "RC702");
    one(&found, "RC710");
}

#[test]
fn an_entry_that_other_nodes_need_as_it_is_is_not_to_be_changed() {
    let main = support::cluster("prod", support::AUTO_MODE)
        + &support::role("node", "NodeRole", "")
        + "resource \"aws_eks_access_entry\" \"node\" {\n  cluster_name  = aws_eks_cluster.prod.name\n  principal_arn = aws_iam_role.node.arn\n  type          = \"EC2\"\n}\n";
    let nodes = support::auto_mode("web", "role: NodeRole") + &karpenter("old", "role: NodeRole");
    let found = traced(&files(&[("main.tf", &main), ("nodes.yaml", &nodes)]));
    let finding = one(&found, "RC704");
    assert_eq!(finding.repairs.len(), 1, "{:#?}", finding.repairs);
    assert!(
        finding.repairs[0].action.contains("a role of their own")
            && finding.repairs[0].edit.is_none(),
        "{}",
        finding.repairs[0].action
    );
}

#[test]
fn the_arn_that_mends_an_entry_has_the_partition_and_account_that_the_entry_has() {
    let template = "Resources:\n  NodeRole:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: NodeRole\n      Path: /team/\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy, arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly]\n  Cluster:\n    Type: AWS::EKS::Cluster\n    Properties:\n      Name: prod\n      RoleArn: arn:aws:iam::111122223333:role/Cluster\n      AccessConfig: {AuthenticationMode: API}\n      ComputeConfig: {Enabled: true}\n  Entry:\n    Type: AWS::EKS::AccessEntry\n    Properties:\n      ClusterName: !Ref Cluster\n      PrincipalArn: arn:aws:iam::111122223333:role/NodeRole\n      Type: EC2\n";
    let found = traced(&files(&[
        ("template.yaml", template),
        ("nodes.yaml", &support::auto_mode("web", "role: NodeRole")),
    ]));
    let edit = one(&found, "RC703").repairs[0].edit.as_ref().unwrap();
    assert_eq!(
        edit.replacement,
        "arn:aws:iam::111122223333:role/team/NodeRole"
    );
}
