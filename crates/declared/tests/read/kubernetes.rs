//! Karpenter's and Auto Mode's objects, as users write them and as clusters return them.

use super::support::{Folder, shown};

const AUTO_MODE: &str = r#"# From a platform team's repository.
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata:
  name: batch
spec:
  role: PlatformNodeRole        # a name, never an ARN
  subnetSelectorTerms:
    - tags: {Name: "private*"}
  tags:
    team: data
    cost-center: 4711
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: batch
spec:
  template:
    metadata:
      labels:
        team: data
    spec:
      nodeClassRef:
        group: eks.amazonaws.com
        kind: NodeClass
        name: batch
      requirements:
        - key: "eks.amazonaws.com/instance-category"
          operator: In
          values: ["c", "m", "r"]
        - {key: kubernetes.io/arch, operator: In, values: [arm64]}
"#;

#[test]
fn auto_mode_manifests_give_a_pool_and_its_class() {
    insta::assert_snapshot!(shown("batch.yaml", AUTO_MODE), @r#"
    pool `batch` at batch.yaml:17:9+5
      cluster: none
      class: eks.amazonaws.com/NodeClass `batch`
      labels: ["team", "eks.amazonaws.com/instance-category", "kubernetes.io/arch"]
    NodeClass `batch` at batch.yaml:5:9+5
      cluster: none
      role: `PlatformNodeRole`
      profile: none
      tag team: `data`
      tag cost-center: `4711`
    "#);
}

#[test]
fn karpenter_getting_started_before_envsubst_is_unknown_and_not_wrong() {
    insta::assert_snapshot!(shown("karpenter.yml", r#"
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: default
spec:
  template:
    spec:
      requirements:
        - key: karpenter.sh/capacity-type
          operator: In
          values: ["on-demand"]
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: default
      expireAfter: 720h # 30 * 24h = 720h
---
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata:
  name: default
spec:
  role: "KarpenterNodeRole-${CLUSTER_NAME}" # replace with your cluster name
  amiSelectorTerms:
    - alias: "al2023@${ALIAS_VERSION}"
"#), @r#"
    pool `default` at karpenter.yml:5:9+7
      cluster: none
      class: karpenter.k8s.aws/EC2NodeClass `default`
      labels: ["karpenter.sh/capacity-type"]
    EC2NodeClass `default` at karpenter.yml:22:9+7
      cluster: none
      role: ? the placeholder `${CLUSTER_NAME}` cannot be evaluated from the files
      profile: none
    "#);
}

#[test]
fn version_v1beta1_names_the_class_by_api_version() {
    insta::assert_snapshot!(shown("old.yaml", r#"
apiVersion: karpenter.sh/v1beta1
kind: NodePool
metadata: {name: old}
spec:
  template:
    spec:
      nodeClassRef: {apiVersion: karpenter.k8s.aws/v1beta1, kind: EC2NodeClass, name: old}
---
apiVersion: karpenter.k8s.aws/v1beta1
kind: EC2NodeClass
metadata: {name: old}
spec: {instanceProfile: KarpenterNodeInstanceProfile-prod, amiFamily: AL2}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: without-reference}
spec: {template: {spec: {}}}
"#), @r"
    pool `old` at old.yaml:4:18+3
      cluster: none
      class: karpenter.k8s.aws/EC2NodeClass `old`
      labels: []
    pool `without-reference` at old.yaml:17:18+17
      cluster: none
      class: ? `nodeClassRef` is not in what was given
      labels: []
    EC2NodeClass `old` at old.yaml:12:18+3
      cluster: none
      role: none
      profile: `KarpenterNodeInstanceProfile-prod`
    ");
}

#[test]
fn version_v1beta1_may_name_the_class_alone_and_pools_of_other_clouds_are_passed_over() {
    insta::assert_snapshot!(shown("pools.yaml", r#"
apiVersion: karpenter.sh/v1beta1
kind: NodePool
metadata: {name: short}
spec:
  template:
    spec:
      nodeClassRef: {name: default}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: azure}
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.azure.com, kind: AKSNodeClass, name: default}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: misspelt}
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.aws, kind: EC2NodeClas, name: default}
"#), @r"
    pool `short` at pools.yaml:4:18+5
      cluster: none
      class: karpenter.k8s.aws/EC2NodeClass `default`
      labels: []
    pool `misspelt` at pools.yaml:20:18+8
      cluster: none
      class: karpenter.aws/EC2NodeClas `default`
      labels: []
    ");
}

#[test]
fn what_kubectl_get_returns_is_read_with_conditions() {
    let list = r#"apiVersion: v1
items:
- apiVersion: karpenter.sh/v1
  kind: NodeClaim
  metadata:
    labels:
      karpenter.sh/nodepool: web
    name: web-x7k2p
  status:
    conditions:
    - lastTransitionTime: "2026-02-03T10:00:00Z"
      message: ""
      observedGeneration: 1
      reason: Launched
      status: "True"
      type: Launched
    - message: Node not registered with cluster
      reason: NodeNotFound
      status: Unknown
      type: Registered
- apiVersion: eks.amazonaws.com/v1
  kind: NodeClass
  metadata:
    name: web
  spec:
    role: NodeRole
  status:
    conditions:
    - message: Role NodeRole is unauthorized to join nodes to the cluster
      reason: UnauthorizedNodeRole
      status: "False"
      type: InstanceProfileReady
kind: List
metadata:
  resourceVersion: ""
"#;
    insta::assert_snapshot!(shown("claims.yaml", list), @r#"
    NodeClass `web` at claims.yaml:24:11+3
      cluster: none
      role: `NodeRole`
      profile: none
      InstanceProfileReady=False UnauthorizedNodeRole: Role NodeRole is unauthorized to join nodes to the cluster
    claim `web-x7k2p` of Some("web") at claims.yaml:8:11+9
      Launched=True Launched: 
      Registered=Unknown NodeNotFound: Node not registered with cluster
    "#);
}

#[test]
fn a_typed_list_in_json_gives_its_kind_to_its_items() {
    let list = r#"{"apiVersion": "karpenter.sh/v1", "kind": "NodePoolList", "items": [
  {"metadata": {"name": "a"}, "spec": {"template": {"spec": {"nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "a"}}}}}
]}"#;
    insta::assert_snapshot!(shown("pools.json", list), @r"
    pool `a` at pools.json:2:25+3
      cluster: none
      class: eks.amazonaws.com/NodeClass `a`
      labels: []
    ");
}

#[test]
fn awkward_yaml_is_read_as_kubernetes_reads_it() {
    insta::assert_snapshot!(shown("awkward.yaml", "\u{feff}%YAML 1.1\r\n---\r\n# anchors, merge keys, quotes and windows line ends\r\napiVersion: \"karpenter.k8s.aws/v1\"\r\nkind: 'EC2NodeClass'\r\nmetadata: &meta\r\n  name: \"web\"\r\nspec:\r\n  <<: &defaults {role: !!str NodeRole, amiFamily: AL2023}\r\n  tags: {\"on\": yes, 1: 'x'}\r\n...\r\n---\r\n\r\n---\r\nkind: EC2NodeClass\r\napiVersion: karpenter.k8s.aws/v1\r\nmetadata: {name: &n second}\r\nspec:\r\n  role: >-\r\n    NodeRole\r\n"), @r"
    EC2NodeClass `web` at awkward.yaml:7:9+5
      cluster: none
      role: `NodeRole`
      profile: none
      tag on: `true`
      tag 1: `x`
    EC2NodeClass `second` at awkward.yaml:17:21+6
      cluster: none
      role: `NodeRole`
      profile: none
    ");
}

#[test]
fn uninteresting_documents_cost_nothing_even_when_broken() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\ndata: {{a: [}}\n---\n{AUTO_MODE}---\n\tkind: Secret\n"
    );
    let folder = Folder::new(&[
        ("mixed.yaml", &text),
        ("broken.yaml", "a: [1\n"),
        ("broken.json", "{"),
        ("values.yaml", "nodeSelector: {karpenter.sh/nodepool: x}\n"),
    ]);
    let read = folder.read();
    assert_eq!(read.snapshot.node_pools.len(), 1);
    assert!(read.diagnostics.is_empty(), "{}", folder.show(&read));
    assert_eq!(read.sources.len(), 1);
}

#[test]
fn a_broken_document_is_reported_and_its_neighbours_are_read() {
    let text = format!("apiVersion: karpenter.sh/v1\nkind: NodePool\n  name: x\n---\n{AUTO_MODE}");
    let folder = Folder::new(&[("a.yaml", &text)]);
    let read = folder.read();
    assert_eq!(read.snapshot.node_classes.len(), 1);
    let errors: Vec<String> = read
        .diagnostics
        .iter()
        .map(|diagnostic| folder.relative(&format!("{diagnostic}; {:?}", diagnostic.help)))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"a.yaml:3:7: not valid YAML: mapping values are not allowed in this context; Some("the other documents and files were read all the same")"#);
}

#[test]
fn an_unknown_part_is_unknown_in_all_its_fields() {
    insta::assert_snapshot!(shown("open.yaml", r#"
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata: {name: open}
spec: ${SPEC}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: open}
spec: {template: "{{ .Values.template }}"}
---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: Cluster
metadata: {name: open}
spec: {name: open, roleARN: "arn:aws:iam::111122223333:role/c", accessConfig: "${ACCESS}", computeConfig: "${COMPUTE}"}
---
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata: {name: open}
spec: {name: Open, assumeRolePolicyDocument: "{}", policies: "${POLICIES}"}
"#), @r"
    cluster `open` at open.yaml:14:18+4
      mode: ? the placeholder `${ACCESS}` cannot be evaluated from the files
      role: `arn:aws:iam::111122223333:role/c`
      compute: ? the placeholder `${COMPUTE}` cannot be evaluated from the files pools ? the placeholder `${COMPUTE}` cannot be evaluated from the files role ? the placeholder `${COMPUTE}` cannot be evaluated from the files
      entries: complete
      aws-auth: partial (the ConfigMap `aws-auth` of the cluster is not in what was given)
    pool `open` at open.yaml:9:18+4
      cluster: `open` -> eks.services.k8s.aws#Cluster//open
      class: ? the placeholder `{{ .Values.template }}` cannot be evaluated from the files
      labels: []
    NodeClass `open` at open.yaml:4:18+4
      cluster: `open` -> eks.services.k8s.aws#Cluster//open
      role: ? the placeholder `${SPEC}` cannot be evaluated from the files
      profile: none
    role `Open` path `/` at open.yaml:19:18+4
      trust: {} []
      policies partial (the placeholder `${POLICIES}` cannot be evaluated from the files)
    ");
}
