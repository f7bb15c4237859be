//! AWS resources as Crossplane's Upbound provider declares them.

use super::support::{Folder, shown};

const ROLES: &str = r#"
apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata:
  name: node
  labels: {app: nodes, env: prod}
  annotations: {crossplane.io/external-name: ProdNode}
spec:
  forProvider:
    path: /prod/
    assumeRolePolicy: '{"Version":"2012-10-17","Statement":[]}'
    managedPolicyArns: [arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy]
    inlinePolicy:
      - {name: a, policy: '{}'}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata: {name: cluster, labels: {app: cluster, env: prod}}
spec: {forProvider: {assumeRolePolicy: '{}'}}
"#;

#[test]
fn policies_are_joined_to_their_roles_across_files() {
    let folder = Folder::new(&[
        (
            "a/attachments.yaml",
            r#"
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicyAttachment
metadata: {name: by-ref}
spec: {forProvider: {policyArn: "arn:aws:iam::aws:policy/One", roleRef: {name: node}}}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicyAttachment
metadata: {name: by-label}
spec: {forProvider: {policyArnRef: {name: own}, roleSelector: {matchLabels: {app: cluster}}}}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicyAttachment
metadata: {name: by-name}
spec: {forProvider: {policyArn: "arn:aws:iam::aws:policy/Two", role: ProdNode}}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicy
metadata: {name: inline}
spec: {forProvider: {policy: '{"Version":"2012-10-17"}', roleRef: {name: node}}}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: Policy
metadata: {name: own}
spec: {forProvider: {policy: '{}'}}
"#,
        ),
        ("roles.yaml", ROLES),
    ]);
    insta::assert_snapshot!(folder.show(&folder.read()), @r#"
    role `ProdNode` path `/prod/` at roles.yaml:5:9+4
      trust: {"Version":"2012-10-17","Statement":[]} []
      inline `a`: {}
      inline `inline`: {"Version":"2012-10-17"}
      attached `arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy`
      attached `arn:aws:iam::aws:policy/One`
      attached `arn:aws:iam::aws:policy/Two`
      policies complete
    role `cluster` path `/` at roles.yaml:18:18+7
      trust: {} []
      attached ? what the Policy `own` becomes is known only after apply -> iam.aws.upbound.io#Policy//own
      policies complete
    policy `arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/own` at a/attachments.yaml:24:18+3
      {}
    "#);
}

#[test]
fn a_selector_that_fits_several_roles_leaves_them_open() {
    let folder = Folder::new(&[
        (
            "attachment.yaml",
            r#"
apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicyAttachment
metadata: {name: which}
spec: {forProvider: {policyArn: "arn:aws:iam::aws:policy/One", roleSelector: {matchLabels: {env: prod}}}}
"#,
        ),
        ("roles.yaml", ROLES),
    ]);
    let read = folder.read();
    assert!(
        read.snapshot
            .roles
            .iter()
            .all(|role| !role.policies_complete.is_complete())
    );
}

#[test]
fn a_cluster_and_what_refers_to_it() {
    insta::assert_snapshot!(shown("eks.yaml", r#"
apiVersion: eks.aws.m.upbound.io/v1beta1
kind: Cluster
metadata: {name: prod, namespace: infra, labels: {cluster: prod}}
spec:
  forProvider:
    region: eu-west-1
    roleArnRef: {name: cluster}
    accessConfig: {authenticationMode: API_AND_CONFIG_MAP}
    computeConfig: {enabled: true, nodePools: [system], nodeRoleArn: "arn:aws:iam::111122223333:role/prod/ProdNode"}
---
apiVersion: eks.aws.m.upbound.io/v1beta1
kind: AccessEntry
metadata: {name: node, namespace: infra, labels: {entry: node}}
spec:
  forProvider:
    clusterNameSelector: {matchLabels: {cluster: prod}}
    principalArnFromRoleRef: {name: node}
    type: EC2
---
apiVersion: eks.aws.m.upbound.io/v1beta1
kind: AccessPolicyAssociation
metadata: {name: node, namespace: infra}
spec:
  forProvider:
    clusterNameRef: {name: prod}
    principalArnSelector: {matchLabels: {entry: node}}
    policyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
    accessScope: {type: namespace, namespaces: [a]}
---
apiVersion: eks.aws.m.upbound.io/v1beta1
kind: NodeGroup
metadata: {name: workers, namespace: infra}
spec: {forProvider: {clusterNameRef: {name: prod}, nodeRoleArnRef: {name: node}}}
---
apiVersion: eks.aws.m.upbound.io/v1beta1
kind: PodIdentityAssociation
metadata: {name: k, namespace: infra}
spec: {forProvider: {clusterName: prod, namespace: karpenter, serviceAccount: karpenter, roleArnSelector: {matchLabels: {no: where}}}}
"#), @r#"
    cluster `prod` at eks.yaml:4:18+4
      mode: API_AND_CONFIG_MAP
      role: ? what the Role `cluster` becomes is known only after apply -> iam.aws.m.upbound.io#Role/infra/cluster
      compute: true pools ["system"] role `arn:aws:iam::111122223333:role/prod/ProdNode`
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    Managed group `workers` at eks.yaml:33:18+7
      cluster: `prod` -> eks.aws.m.upbound.io#Cluster/infra/prod
      role: ? what the Role `node` becomes is known only after apply -> iam.aws.m.upbound.io#Role/infra/node
      profile: none
      windows: false
    entry ? what the Role `node` becomes is known only after apply -> iam.aws.m.upbound.io#Role/infra/node at eks.yaml:14:18+4
      cluster: `prod` -> eks.aws.m.upbound.io#Cluster/infra/prod
      type `EC2` groups [] policies complete
    access policy `arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy` at eks.yaml:23:18+4
      for ? what the Role `node` becomes is known only after apply -> iam.aws.m.upbound.io#Role/infra/node in `prod` -> eks.aws.m.upbound.io#Cluster/infra/prod
      scope: ["a"]
    identity `karpenter`/`karpenter` at eks.yaml:38:18+1
      role ? the Role that `roleArnSelector` selects is not in what was given in `prod`
    "#);
}

#[test]
fn version_one_lists_of_one_are_read_alike() {
    insta::assert_snapshot!(shown("old.yaml", r#"
apiVersion: eks.aws.upbound.io/v1beta1
kind: Cluster
metadata: {name: old}
spec:
  managementPolicies: [Observe]
  forProvider:
    region: us-east-2
    accessConfig:
      - authenticationMode: API
    roleArn: arn:aws:iam::111122223333:role/old-cluster
"#), @r"
    cluster `old` at old.yaml:4:18+3
      mode: API
      role: `arn:aws:iam::111122223333:role/old-cluster`
      entries: partial (the access entries of a cluster that is only observed is not in what was given)
      aws-auth: complete
    ");
}
