//! AWS resources as ACK declares them.

use super::support::shown;

#[test]
fn a_cluster_with_its_roles_and_entries() {
    insta::assert_snapshot!(shown("ack.yaml", r#"
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: node-role
  namespace: platform
spec:
  name: PlatformNode
  path: /platform/eks/
  assumeRolePolicyDocument: |
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
      "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
  policies:
    - arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy
  policyRefs:
    - from: {name: extra}
  inlinePolicies:
    logs: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:${ACCOUNT_ID}:*"}]}'
  permissionsBoundary: arn:aws:iam::111122223333:policy/boundary
---
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Policy
metadata: {name: extra, namespace: platform}
spec:
  name: extra
  policyDocument: '{"Version":"2012-10-17","Statement":[]}'
---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: Cluster
metadata:
  name: prod
  namespace: platform
spec:
  name: prod
  roleRef: {from: {name: cluster-role, namespace: iam}}
  accessConfig: {authenticationMode: API}
  computeConfig: {enabled: true}
---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: AccessEntry
metadata: {name: node, namespace: platform}
spec:
  clusterRef: {from: {name: prod}}
  principalARN: arn:aws:iam::111122223333:role/PlatformNode
  type: EC2
  accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
      accessScope: {type: cluster}
---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: Nodegroup
metadata: {name: workers, namespace: platform}
spec:
  name: workers
  clusterName: prod
  nodeRoleRef: {from: {name: node-role}}
  amiType: WINDOWS_CORE_2022_x86_64
---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: PodIdentityAssociation
metadata: {name: karpenter, namespace: platform}
spec: {clusterRef: {from: {name: prod}}, namespace: karpenter, serviceAccount: karpenter, roleRef: {from: {name: karpenter}}}
---
apiVersion: iam.services.k8s.aws/v1alpha1
kind: InstanceProfile
metadata: {name: workers, namespace: platform}
spec: {name: workers, roleRef: {from: {name: node-role}}}
"#), @r#"
    cluster `prod` at ack.yaml:31:9+4
      mode: API
      role: ? what the Role `cluster-role` becomes is known only after apply -> iam.services.k8s.aws#Role/iam/cluster-role
      compute: true pools [] role none
      entries: complete
      aws-auth: complete
    Managed group `workers` at ack.yaml:52:18+7
      cluster: `prod`
      role: ? what the Role `node-role` becomes is known only after apply -> iam.services.k8s.aws#Role/platform/node-role
      profile: none
      windows: true
    entry `arn:aws:iam::111122223333:role/PlatformNode` at ack.yaml:41:18+4
      cluster: ? what the Cluster `prod` becomes is known only after apply -> eks.services.k8s.aws#Cluster/platform/prod
      type `EC2` groups [] policies complete
    access policy `arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy` at ack.yaml:47:18+62
      for `arn:aws:iam::111122223333:role/PlatformNode` in ? what the Cluster `prod` becomes is known only after apply -> eks.services.k8s.aws#Cluster/platform/prod
      scope: cluster
    identity `karpenter`/`karpenter` at ack.yaml:61:18+9
      role ? what the Role `karpenter` becomes is known only after apply -> iam.services.k8s.aws#Role/platform/karpenter in ? what the Cluster `prod` becomes is known only after apply -> eks.services.k8s.aws#Cluster/platform/prod
    role `PlatformNode` path `/platform/eks/` at ack.yaml:5:9+9
      trust: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
      "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]} []
      inline `logs`: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:${Rolecall::Unknown::0}:*"}]}
      attached `arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy`
      attached ? what the Policy `extra` becomes is known only after apply -> iam.services.k8s.aws#Policy/platform/extra
      policies complete
      boundary `arn:aws:iam::111122223333:policy/boundary`
    profile `workers` path `/` role ? what the Role `node-role` becomes is known only after apply -> iam.services.k8s.aws#Role/platform/node-role at ack.yaml:66:18+7
    policy `arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/extra` at ack.yaml:23:18+5
      {"Version":"2012-10-17","Statement":[]}
    "#);
}

#[test]
fn status_of_a_live_object_tells_account_and_dates() {
    let folder = super::support::Folder::new(&[(
        "role.yaml",
        r#"
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata: {name: node}
spec: {name: Node, assumeRolePolicyDocument: "{}"}
status:
  ackResourceMetadata: {arn: "arn:aws-cn:iam::111122223333:role/Node", ownerAccountID: "111122223333", region: cn-north-1}
  createDate: "2026-01-02T03:04:05Z"
  roleID: AROATFQR7NSCYGNOX4QAJ
"#,
    )]);
    let read = folder.read();
    let role = &read.snapshot.roles[0];
    assert_eq!(role.account.unwrap().to_string(), "111122223333");
    assert_eq!(role.partition.as_ref().unwrap().as_str(), "aws-cn");
    assert_eq!(role.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(
        role.unique_id.as_ref().unwrap().to_string(),
        "AROATFQR7NSCYGNOX4QAJ"
    );
}

#[test]
fn keys_that_are_no_text_keep_their_text() {
    let folder = super::support::Folder::new(&[(
        "role.yaml",
        "apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata: {name: a}\nspec: {name: A, assumeRolePolicyDocument: {1: x, true: y, 1e3: z}}\n",
    )]);
    let read = folder.read();
    let trust = read.snapshot.roles[0].trust.value().unwrap();
    assert_eq!(&*trust.text, r#"{"1":"x","true":"y","1e3":"z"}"#);
}
