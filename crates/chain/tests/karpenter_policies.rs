//! The policies that Karpenter's documentation and the community's Terraform module give its controller
//! are found sufficient, and what is left out of them is found.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::Verdict;
use serde_json::{Value, json};
use support::{Files, codes, files, karpenter, messages, one, traced, verdict};

/// The template of Karpenter's getting-started guide, as far as it concerns nodes and controller
/// (karpenter.sh, "CloudFormation"), with the controller's role that eksctl makes beside it.
const STOCK: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  ClusterName:
    Type: String
    Default: bob-karpenter-demo
Resources:
  Cluster:
    Type: AWS::EKS::Cluster
    Properties:
      Name: !Ref ClusterName
      RoleArn: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ClusterRole"
      AccessConfig:
        AuthenticationMode: API_AND_CONFIG_MAP
  KarpenterNodeRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "KarpenterNodeRole-${ClusterName}"
      Path: /
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: !Sub "ec2.${AWS::URLSuffix}"
            Action: ["sts:AssumeRole"]
      ManagedPolicyArns:
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonEKS_CNI_Policy"
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonEKSWorkerNodePolicy"
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
  NodeEntry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: !Ref Cluster
      PrincipalArn: !GetAtt KarpenterNodeRole.Arn
      Type: EC2_LINUX
  NodeLifecyclePolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "KarpenterControllerNodeLifecyclePolicy-${ClusterName}"
      PolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "AllowScopedEC2InstanceAccessActions",
              "Effect": "Allow",
              "Resource": [
                "arn:${AWS::Partition}:ec2:${AWS::Region}::image/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}::snapshot/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:security-group/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:subnet/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:capacity-reservation/*"
              ],
              "Action": ["ec2:RunInstances", "ec2:CreateFleet"]
            },
            {
              "Sid": "AllowScopedEC2LaunchTemplateAccessActions",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:ec2:${AWS::Region}:*:launch-template/*",
              "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
              "Condition": {
                "StringEquals": { "aws:ResourceTag/kubernetes.io/cluster/${ClusterName}": "owned" },
                "StringLike": { "aws:ResourceTag/karpenter.sh/nodepool": "*" }
              }
            },
            {
              "Sid": "AllowScopedEC2InstanceActionsWithTags",
              "Effect": "Allow",
              "Resource": [
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:fleet/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:instance/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:volume/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:network-interface/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:launch-template/*",
                "arn:${AWS::Partition}:ec2:${AWS::Region}:*:spot-instances-request/*"
              ],
              "Action": ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
              "Condition": {
                "StringEquals": {
                  "aws:RequestTag/kubernetes.io/cluster/${ClusterName}": "owned",
                  "aws:RequestTag/eks:eks-cluster-name": "${ClusterName}"
                },
                "StringLike": { "aws:RequestTag/karpenter.sh/nodepool": "*" }
              }
            }
          ]
        }
  IAMIntegrationPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "KarpenterControllerIAMIntegrationPolicy-${ClusterName}"
      PolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "AllowPassingInstanceRole",
              "Effect": "Allow",
              "Resource": "${KarpenterNodeRole.Arn}",
              "Action": "iam:PassRole",
              "Condition": {
                "StringEquals": { "iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"] }
              }
            },
            {
              "Sid": "AllowScopedInstanceProfileCreationActions",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*",
              "Action": ["iam:CreateInstanceProfile"],
              "Condition": {
                "StringEquals": {
                  "aws:RequestTag/kubernetes.io/cluster/${ClusterName}": "owned",
                  "aws:RequestTag/eks:eks-cluster-name": "${ClusterName}",
                  "aws:RequestTag/topology.kubernetes.io/region": "${AWS::Region}"
                },
                "StringLike": { "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass": "*" }
              }
            },
            {
              "Sid": "AllowScopedInstanceProfileTagActions",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*",
              "Action": ["iam:TagInstanceProfile"],
              "Condition": {
                "StringEquals": {
                  "aws:ResourceTag/kubernetes.io/cluster/${ClusterName}": "owned",
                  "aws:ResourceTag/topology.kubernetes.io/region": "${AWS::Region}",
                  "aws:RequestTag/kubernetes.io/cluster/${ClusterName}": "owned",
                  "aws:RequestTag/eks:eks-cluster-name": "${ClusterName}",
                  "aws:RequestTag/topology.kubernetes.io/region": "${AWS::Region}"
                },
                "StringLike": {
                  "aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass": "*",
                  "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass": "*"
                }
              }
            },
            {
              "Sid": "AllowScopedInstanceProfileActions",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*",
              "Action": [
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:DeleteInstanceProfile"
              ],
              "Condition": {
                "StringEquals": {
                  "aws:ResourceTag/kubernetes.io/cluster/${ClusterName}": "owned",
                  "aws:ResourceTag/topology.kubernetes.io/region": "${AWS::Region}"
                },
                "StringLike": { "aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass": "*" }
              }
            }
          ]
        }
  ResourceDiscoveryPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "KarpenterControllerResourceDiscoveryPolicy-${ClusterName}"
      PolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "AllowRegionalReadActions",
              "Effect": "Allow",
              "Resource": "*",
              "Action": ["ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSubnets"],
              "Condition": { "StringEquals": { "aws:RequestedRegion": "${AWS::Region}" } }
            },
            {
              "Sid": "AllowUnscopedInstanceProfileListAction",
              "Effect": "Allow",
              "Resource": "*",
              "Action": "iam:ListInstanceProfiles"
            },
            {
              "Sid": "AllowInstanceProfileReadActions",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*",
              "Action": "iam:GetInstanceProfile"
            }
          ]
        }
"#;

const BY_POD_IDENTITY: &str = r#"
  KarpenterControllerRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${ClusterName}-karpenter"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: ["sts:AssumeRole", "sts:TagSession"]
      ManagedPolicyArns: [!Ref NodeLifecyclePolicy, !Ref IAMIntegrationPolicy, !Ref ResourceDiscoveryPolicy]
  KarpenterPodIdentity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: !Ref Cluster
      Namespace: kube-system
      ServiceAccount: karpenter
      RoleArn: !GetAtt KarpenterControllerRole.Arn
"#;

const BY_IRSA: &str = r#"
  KarpenterControllerRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${ClusterName}-karpenter"
      AssumeRolePolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/oidc.eks.${AWS::Region}.amazonaws.com/id/EXAMPLE" },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
              "StringEquals": {
                "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
                "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:kube-system:karpenter"
              }
            }
          }]
        }
      ManagedPolicyArns: [!Ref NodeLifecyclePolicy, !Ref IAMIntegrationPolicy, !Ref ResourceDiscoveryPolicy]
"#;

fn stock(controller: &str) -> Files {
    files(&[
        ("karpenter.yaml", &format!("{STOCK}{controller}")),
        (
            "nodes/default.yaml",
            &karpenter("default", "role: KarpenterNodeRole-bob-karpenter-demo"),
        ),
    ])
}

#[test]
fn the_stock_policy_is_sufficient_however_the_controller_gets_its_role() {
    for controller in [BY_POD_IDENTITY, BY_IRSA] {
        let traced = traced(&stock(controller));
        assert!(traced.findings.is_empty(), "{:#?}", messages(&traced));
        let chain = &traced.chains[0];
        assert_eq!(chain.verdict(), Verdict::Pass, "{:#?}", chain.links);
        let ready = |object: &str| {
            let found = chain.predicted.iter().find(|known| known.object == object);
            found.unwrap().conditions.last().unwrap().status.clone()
        };
        assert_eq!(ready("EC2NodeClass/default"), "True");
        assert_eq!(ready("NodePool/default"), "True");
    }
}

#[test]
fn every_statement_of_the_stock_policy_that_a_launch_needs_is_missed_when_it_is_gone() {
    for (action, code, link) in [
        ("iam:PassRole", "RC601", "pass-role"),
        ("iam:CreateInstanceProfile", "RC603", "pass-role"),
        ("iam:AddRoleToInstanceProfile", "RC603", "pass-role"),
        ("iam:GetInstanceProfile", "RC603", "pass-role"),
        ("ec2:CreateLaunchTemplate", "RC901", "launch"),
        ("ec2:RunInstances", "RC901", "launch"),
    ] {
        let mut files = stock(BY_POD_IDENTITY);
        let template = files.get_mut("karpenter.yaml").unwrap();
        *template = template.replace(action, "s3:ListBucket");
        let traced = traced(&files);
        let found = one(&traced, code);
        assert!(found.message.contains(action.rsplit(':').next().unwrap()) || code == "RC601");
        assert_eq!(verdict(&traced, "default", link), Verdict::Fail, "{action}");
        assert_eq!(traced.findings.len(), 1, "{:#?}", messages(&traced));
    }
}

/// The controller's policy of terraform-aws-modules/eks, submodule `karpenter`, version 1 of the policy,
/// as its state holds it.
fn module_policy(cluster: &str, role: &str) -> Value {
    let owned = format!("kubernetes.io/cluster/{cluster}");
    let ec2 = |kind: &str, account: &str| format!("arn:aws:ec2:eu-west-1:{account}:{kind}/*");
    let created: Vec<String> = [
        "fleet",
        "instance",
        "volume",
        "network-interface",
        "launch-template",
        "spot-instances-request",
    ]
    .iter()
    .map(|kind| ec2(kind, "*"))
    .collect();
    let profiles = "arn:aws:iam::111122223333:instance-profile/*";
    json!({ "Version": "2012-10-17", "Statement": [
        {
            "Sid": "AllowScopedEC2InstanceAccessActions", "Effect": "Allow",
            "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
            "Resource": [ec2("image", ""), ec2("snapshot", ""), ec2("security-group", "*"), ec2("subnet", "*")],
        },
        {
            "Sid": "AllowScopedEC2LaunchTemplateAccessActions", "Effect": "Allow",
            "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
            "Resource": ec2("launch-template", "*"),
            "Condition": {
                "StringEquals": { format!("aws:ResourceTag/{owned}"): "owned" },
                "StringLike": { "aws:ResourceTag/karpenter.sh/nodepool": "*" },
            },
        },
        {
            "Sid": "AllowScopedEC2InstanceActionsWithTags", "Effect": "Allow",
            "Action": ["ec2:RunInstances", "ec2:CreateLaunchTemplate", "ec2:CreateFleet"],
            "Resource": created,
            "Condition": {
                "StringEquals": {
                    format!("aws:RequestTag/{owned}"): "owned",
                    "aws:RequestTag/eks:eks-cluster-name": cluster,
                },
                "StringLike": { "aws:RequestTag/karpenter.sh/nodepool": "*" },
            },
        },
        {
            "Sid": "AllowRegionalReadActions", "Effect": "Allow",
            "Action": ["ec2:DescribeImages", "ec2:DescribeInstances"], "Resource": "*",
            "Condition": { "StringEquals": { "aws:RequestedRegion": "eu-west-1" } },
        },
        {
            "Sid": "AllowPassingInstanceRole", "Effect": "Allow",
            "Action": "iam:PassRole", "Resource": role,
            "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } },
        },
        {
            "Sid": "AllowScopedInstanceProfileCreationActions", "Effect": "Allow",
            "Action": "iam:CreateInstanceProfile", "Resource": profiles,
            "Condition": {
                "StringEquals": {
                    format!("aws:RequestTag/{owned}"): "owned",
                    "aws:RequestTag/eks:eks-cluster-name": cluster,
                    "aws:RequestTag/topology.kubernetes.io/region": "eu-west-1",
                },
                "StringLike": { "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass": "*" },
            },
        },
        {
            "Sid": "AllowScopedInstanceProfileActions", "Effect": "Allow",
            "Action": ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile", "iam:AddRoleToInstanceProfile"],
            "Resource": profiles,
            "Condition": {
                "StringEquals": {
                    format!("aws:ResourceTag/{owned}"): "owned",
                    "aws:ResourceTag/topology.kubernetes.io/region": "eu-west-1",
                },
                "StringLike": { "aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass": "*" },
            },
        },
        { "Sid": "AllowInstanceProfileReadActions", "Effect": "Allow", "Action": "iam:GetInstanceProfile", "Resource": profiles },
    ] })
}

/// A plan that changes nothing, of a cluster and the module's resources.
fn module_plan(policy: &Value) -> String {
    let role = "arn:aws:iam::111122223333:role/Karpenter-prod-20260101000000000000000001";
    let trust = |service: &str, actions: Value| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Principal": { "Service": service } }] }).to_string()
    };
    let resource = |kind: &str, name: &str, values: Value| {
        json!({
            "address": format!("module.karpenter.{kind}.{name}[0]"), "mode": "managed", "type": kind,
            "name": name, "index": 0, "values": values,
        })
    };
    let resources = vec![
        resource(
            "aws_iam_role",
            "node",
            json!({
                "arn": role, "name": "Karpenter-prod-20260101000000000000000001", "path": "/",
                "assume_role_policy": trust("ec2.amazonaws.com", json!("sts:AssumeRole")),
                "managed_policy_arns": [
                    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
                    "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
                    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
                ],
            }),
        ),
        resource(
            "aws_iam_role",
            "controller",
            json!({
                "arn": "arn:aws:iam::111122223333:role/KarpenterController-2026", "name": "KarpenterController-2026", "path": "/",
                "assume_role_policy": trust("pods.eks.amazonaws.com", json!(["sts:TagSession", "sts:AssumeRole"])),
            }),
        ),
        resource(
            "aws_iam_policy",
            "controller",
            json!({
                "arn": "arn:aws:iam::111122223333:policy/KarpenterController-2026", "name": "KarpenterController-2026",
                "policy": policy.to_string(),
            }),
        ),
        resource(
            "aws_iam_role_policy_attachment",
            "controller",
            json!({
                "role": "KarpenterController-2026", "policy_arn": "arn:aws:iam::111122223333:policy/KarpenterController-2026",
            }),
        ),
        resource(
            "aws_eks_pod_identity_association",
            "karpenter",
            json!({
                "cluster_name": "prod", "namespace": "kube-system", "service_account": "karpenter",
                "role_arn": "arn:aws:iam::111122223333:role/KarpenterController-2026",
            }),
        ),
        resource(
            "aws_eks_access_entry",
            "node",
            json!({
                "cluster_name": "prod", "principal_arn": role, "type": "EC2_LINUX", "kubernetes_groups": ["system:nodes"],
            }),
        ),
    ];
    let cluster = json!({
        "address": "aws_eks_cluster.prod", "mode": "managed", "type": "aws_eks_cluster", "name": "prod",
        "values": {
            "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod", "name": "prod",
            "role_arn": "arn:aws:iam::111122223333:role/ClusterRole",
            "access_config": [{ "authentication_mode": "API" }],
        },
    });
    json!({
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": { "root_module": {
            "resources": [cluster],
            "child_modules": [{ "address": "module.karpenter", "resources": resources }],
        } },
        "resource_changes": [],
        "configuration": { "root_module": {} },
    })
    .to_string()
}

fn module(policy: &Value) -> Files {
    files(&[
        ("plan.json", &module_plan(policy)),
        (
            "nodes.yaml",
            &karpenter("default", "role: Karpenter-prod-20260101000000000000000001"),
        ),
    ])
}

#[test]
fn the_policy_of_the_terraform_module_is_sufficient() {
    let role = "arn:aws:iam::111122223333:role/Karpenter-prod-20260101000000000000000001";
    let traced = traced(&module(&module_policy("prod", role)));
    assert!(traced.findings.is_empty(), "{:#?}", messages(&traced));
    assert_eq!(
        traced.chains[0].verdict(),
        Verdict::Pass,
        "{:#?}",
        traced.chains[0].links
    );
}

#[test]
fn a_policy_made_for_another_cluster_denies_profile_and_launch() {
    let role = "arn:aws:iam::111122223333:role/Karpenter-prod-20260101000000000000000001";
    let traced = traced(&module(&module_policy("staging", role)));
    let found: Vec<&str> = codes(&traced).into_iter().map(|(code, _)| code).collect();
    assert_eq!(found, ["RC603", "RC901"], "{:#?}", messages(&traced));
    let launch = one(&traced, "RC901");
    assert!(
        format!("{:?}", launch.evidence).contains("kubernetes.io/cluster/staging"),
        "{launch:#?}"
    );
}
