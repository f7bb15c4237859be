//! eksctl configs, after its own examples.

use super::support::shown;

#[test]
fn auto_mode_by_default_makes_pools_and_roles() {
    insta::assert_snapshot!(shown("cluster.yaml", "
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: auto-mode-cluster, region: us-west-2}
autoModeConfig:
  enabled: true
"), @r#"
    cluster `auto-mode-cluster` at cluster.yaml:4:18+17
      mode: API_AND_CONFIG_MAP
      role: ? the cluster role, which eksctl makes, is known only after apply
      compute: true pools ["general-purpose", "system"] role ? the node role of Auto Mode, which eksctl makes, is known only after apply
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    "#);
}

#[test]
fn entries_groups_and_roles_that_are_named() {
    insta::assert_snapshot!(shown("cluster.yaml", r#"
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig

metadata:
  name: media
  region: eu-west-1
  version: "1.33"

iam:
  serviceRoleARN: arn:aws:iam::111122223333:role/media-cluster

autoModeConfig:
  enabled: true
  nodePools: []

accessConfig:
  authenticationMode: API
  accessEntries:
    - principalARN: arn:aws:iam::111122223333:role/teams/media/Node
      type: EC2
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
          accessScope: {type: cluster}
    - principalARN: arn:aws:iam::111122223333:user/dev
      kubernetesGroups: [dev]

nodeGroups:
  - name: own
    amiFamily: WindowsServer2022CoreContainer
    iam:
      instanceRoleARN: arn:aws:iam::111122223333:role/OwnNode
      instanceProfileARN: arn:aws:iam::111122223333:instance-profile/OwnNode
  - name: made
managedNodeGroups:
  - name: managed
    iam: {instanceRoleARN: "arn:aws:iam::111122223333:role/teams/ManagedNode"}
"#), @r#"
    cluster `media` at cluster.yaml:6:9+5
      mode: API
      role: `arn:aws:iam::111122223333:role/media-cluster`
      compute: true pools [] role none
      entries: complete
      aws-auth: complete
    SelfManaged group `own` at cluster.yaml:29:11+3
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      role: `arn:aws:iam::111122223333:role/OwnNode`
      profile: `arn:aws:iam::111122223333:instance-profile/OwnNode`
      windows: true
    SelfManaged group `made` at cluster.yaml:34:11+4
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      role: none
      profile: none
      windows: false
    Managed group `managed` at cluster.yaml:36:11+7
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      role: `arn:aws:iam::111122223333:role/teams/ManagedNode`
      profile: none
      windows: false
    entry `arn:aws:iam::111122223333:role/teams/media/Node` at cluster.yaml:20:21+47
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      type `EC2` groups [] policies complete
    entry `arn:aws:iam::111122223333:user/dev` at cluster.yaml:25:21+34
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      type `STANDARD` groups ["dev"] policies complete
    entry `arn:aws:iam::111122223333:role/OwnNode` at cluster.yaml:32:24+38
      cluster: `media` -> cluster.yaml#ClusterConfig:6
      type `EC2_WINDOWS` groups [] policies complete
    access policy `arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy` at cluster.yaml:23:22+62
      for `arn:aws:iam::111122223333:role/teams/media/Node` in `media` -> cluster.yaml#ClusterConfig:6
      scope: cluster
    "#);
}

#[test]
fn karpenters_getting_started_with_pod_identity() {
    insta::assert_snapshot!(shown("cluster.yaml", r#"---
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata:
  name: ${CLUSTER_NAME}
  region: ${AWS_DEFAULT_REGION}
iam:
  withOIDC: true
  podIdentityAssociations:
  - namespace: "${KARPENTER_NAMESPACE}"
    serviceAccountName: karpenter
    roleName: demo-karpenter
    permissionPolicyARNs:
    - arn:aws:iam::111122223333:policy/KarpenterControllerPolicy-demo
iamIdentityMappings:
- arn: "arn:aws:iam::111122223333:role/KarpenterNodeRole-demo"
  username: system:node:{{EC2PrivateDNSName}}
  groups:
  - system:bootstrappers
  - system:nodes
- arn: arn:aws:iam::111122223333:user/admin
  groups: [system:masters]
managedNodeGroups:
- instanceType: m5.large
  amiFamily: AmazonLinux2023
  name: ${CLUSTER_NAME}-ng
"#), @r#"
    cluster ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files at cluster.yaml:5:9+15
      mode: API_AND_CONFIG_MAP
      role: ? the cluster role, which eksctl makes, is known only after apply
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    Managed group ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files at cluster.yaml:26:9+18
      cluster: ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files -> cluster.yaml#ClusterConfig:5
      role: none
      profile: none
      windows: false
    aws-auth at cluster.yaml:16:3+0
      cluster: ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files -> cluster.yaml#ClusterConfig:5
      `arn:aws:iam::111122223333:role/KarpenterNodeRole-demo` at cluster.yaml:16:8+55
        as `system:node:{{EC2PrivateDNSName}}` in ["system:bootstrappers", "system:nodes"] from cluster.yaml:16:3+3
    identity ? the placeholder `${KARPENTER_NAMESPACE}` cannot be evaluated from the files/`karpenter` at cluster.yaml:11:25+9
      role ? the ARN of the role, which eksctl makes, is known only after apply -> cluster.yaml#podIdentityAssociations:11/role in ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files -> cluster.yaml#ClusterConfig:5
    role `demo-karpenter` path `/` at cluster.yaml:12:15+14
      trust: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]} []
      attached `arn:aws:iam::111122223333:policy/KarpenterControllerPolicy-demo`
      policies complete
    "#);
}

#[test]
fn the_karpenter_section_makes_role_profile_and_mapping() {
    insta::assert_snapshot!(shown("cluster.yaml", "
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c1, region: us-west-2}
karpenter:
  version: '1.2.1'
"), @r#"
    cluster `c1` at cluster.yaml:4:18+2
      mode: API_AND_CONFIG_MAP
      role: ? the cluster role, which eksctl makes, is known only after apply
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    aws-auth at cluster.yaml:6:3+0
      cluster: `c1` -> cluster.yaml#ClusterConfig:4
      `arn:${AWS::Partition}:iam::${AWS::AccountId}:role/eksctl-KarpenterNodeRole-c1` at cluster.yaml:4:18+2
        as `system:node:{{EC2PrivateDNSName}}` in ["system:bootstrappers", "system:nodes"] from cluster.yaml:6:3+0
    role `eksctl-KarpenterNodeRole-c1` path `/` at cluster.yaml:6:3+0
      trust: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]} []
      attached `arn:${AWS::Partition}:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly`
      attached `arn:${AWS::Partition}:iam::aws:policy/AmazonEKSWorkerNodePolicy`
      attached `arn:${AWS::Partition}:iam::aws:policy/AmazonEKS_CNI_Policy`
      attached `arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`
      policies complete
    role `eksctl-c1-iamservice-role` path `/` at cluster.yaml:6:3+0
      trust: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"${Rolecall::Unknown::0}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"${Rolecall::Unknown::0}:sub":"system:serviceaccount:karpenter:karpenter","${Rolecall::Unknown::0}:aud":"sts.amazonaws.com"}}}]} [AfterApply("the cluster's OIDC provider")]
      policies partial (the policy that eksctl makes for Karpenter is known only after apply)
    profile `eksctl-KarpenterNodeInstanceProfile-c1` path `/` role ? the ARN of the node role, which eksctl makes, is known only after apply -> cluster.yaml#karpenter:6/nodeRole at cluster.yaml:6:3+0
    "#);
}

#[test]
fn groups_that_share_a_role_share_its_entry() {
    let group = |name: &str| {
        format!(
            "  - {{name: {name}, iam: {{instanceRoleARN: 'arn:aws:iam::111122223333:role/Node'}}}}\n"
        )
    };
    let text = format!(
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {{name: c, region: eu-west-1}}\nnodeGroups:\n{}{}",
        group("a"),
        group("b")
    );
    let folder = super::support::Folder::new(&[("c.yaml", &text)]);
    assert_eq!(folder.read().snapshot.access_entries.len(), 1);
    let config_map = text.replace(
        "nodeGroups:",
        "accessConfig: {authenticationMode: CONFIG_MAP}\nnodeGroups:",
    );
    folder.write("c.yaml", config_map.as_bytes());
    assert_eq!(folder.read().snapshot.access_entries.len(), 0);
}

#[test]
fn roles_for_service_accounts_trust_them_alone() {
    insta::assert_snapshot!(shown("cluster.yaml", r#"
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c1, region: us-west-2}
iam:
  withOIDC: true
  serviceAccounts:
  - metadata: {name: karpenter, namespace: karpenter}
    roleName: c1-karpenter
    attachPolicyARNs: [arn:aws:iam::111122223333:policy/KarpenterControllerPolicy-c1]
    roleOnly: true
  - metadata: {name: other}
    attachRoleARN: arn:aws:iam::111122223333:role/other
"#), @r#"
    cluster `c1` at cluster.yaml:4:18+2
      mode: API_AND_CONFIG_MAP
      role: ? the cluster role, which eksctl makes, is known only after apply
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    role `c1-karpenter` path `/` at cluster.yaml:8:22+9
      trust: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"${Rolecall::Unknown::0}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"${Rolecall::Unknown::0}:sub":"system:serviceaccount:karpenter:karpenter","${Rolecall::Unknown::0}:aud":"sts.amazonaws.com"}}}]} [AfterApply("the cluster's OIDC provider")]
      attached `arn:aws:iam::111122223333:policy/KarpenterControllerPolicy-c1`
      policies complete
    "#);
}
