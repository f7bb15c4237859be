//! CloudFormation templates as people write them.

use super::support::{Folder, shown};

/// What is read of the resources, in a template of few words.
fn resources(resources: &str) -> String {
    shown("stack.yaml", &format!("Resources:\n{resources}"))
}

const AUTO_MODE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Description: EKS Auto Mode with a node role under a path
Parameters:
  ClusterName:
    Type: String
    Default: payments
  PermissionsBoundaryArn:
    Type: String
    Default: ""
  NodePolicies:
    Type: CommaDelimitedList
    Default: AmazonEKSWorkerNodeMinimalPolicy, AmazonEC2ContainerRegistryPullOnly
Conditions:
  HasBoundary: !Not [!Equals [!Ref PermissionsBoundaryArn, ""]]
  IsChina: !Equals [!Ref AWS::Partition, aws-cn]
  NeverMade: !Equals [!Ref ClusterName, other]
Resources:
  ClusterRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${ClusterName}-cluster"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonEKSClusterPolicy
        - !Sub
          - arn:${AWS::Partition}:iam::aws:policy/${Policy}
          - Policy: AmazonEKSComputePolicy
  NodeRole:
    Type: AWS::IAM::Role
    DeletionPolicy: Retain
    Properties:
      RoleName: !Join ["-", [!Ref ClusterName, node]]
      Path: /platform/eks/
      PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundaryArn, !Ref "AWS::NoValue"]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: !Sub ec2.${AWS::URLSuffix}
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - !Join ["", ["arn:", !Ref "AWS::Partition", ":iam::aws:policy/", !Select [0, !Ref NodePolicies]]]
        - !Sub ["arn:${AWS::Partition}:iam::aws:policy/${P}", {P: !Select ["1", !Ref NodePolicies]}]
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: logs:PutLogEvents
                Resource: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/${AWS::StackName}/*
  Cluster:
    Type: AWS::EKS::Cluster
    Properties:
      Name: !Ref ClusterName
      RoleArn: !GetAtt ClusterRole.Arn
      AccessConfig: { AuthenticationMode: API }
      ComputeConfig:
        Enabled: true
        NodePools: [general-purpose, system]
        NodeRoleArn: !GetAtt [NodeRole, Arn]
      ResourcesVpcConfig:
        SubnetIds: [subnet-1, subnet-2]
  NodeEntry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: !Ref Cluster
      PrincipalArn: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/eks/${NodeRole}
      Type: EC2
      AccessPolicies:
        - PolicyArn: !Sub arn:${AWS::Partition}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
          AccessScope: { Type: cluster }
  OtherEntry:
    Type: AWS::EKS::AccessEntry
    Condition: NeverMade
    Properties: { ClusterName: !Ref Cluster, PrincipalArn: !GetAtt NodeRole.Arn }
"#;

#[test]
fn an_auto_mode_stack_is_read_whole() {
    insta::assert_snapshot!(shown("stack.yaml", AUTO_MODE));
}

#[test]
fn json_reads_as_yaml_does() {
    let json = r#"{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
      "NodeRole": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": {"Fn::Sub": "${Team}-node"}, "Path": {"Fn::Join": ["", ["/", {"Ref": "Team"}, "/"]]},
        "AssumeRolePolicyDocument": {"Statement": []}}},
      "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {
        "InstanceProfileName": "web", "Roles": [{"Ref": "NodeRole"}]}},
      "Nodes": {"Type": "AWS::EKS::Nodegroup", "Properties": {
        "NodegroupName": "workers", "ClusterName": "prod", "AmiType": "WINDOWS_CORE_2022_x86_64",
        "NodeRole": {"Fn::GetAtt": "NodeRole.Arn"}}}},
      "Parameters": {"Team": {"Type": "String", "Default": "web"}}}"#;
    insta::assert_snapshot!(shown("stack.json", json));
}

#[test]
fn a_name_that_cloudformation_makes_up_is_unknown_and_still_one_object() {
    insta::assert_snapshot!(resources(
        r#"  NodeRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {Roles: [!Ref NodeRole]}
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties: {ClusterName: prod, PrincipalArn: !GetAtt NodeRole.Arn, Type: EC2_LINUX}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: []}, Roles: [!Ref NodeRole]}
"#
    ));
}

#[test]
fn what_only_a_deployment_tells_is_unknown_with_its_reason() {
    insta::assert_snapshot!(shown(
        "stack.yaml",
        r#"
Parameters:
  ClusterName: {Type: String}
  FromStore: {Type: "AWS::SSM::Parameter::Value<String>", Default: /eks/role}
  Token: {Type: String, NoEcho: true, Default: hunter2}
Mappings:
  ByRegion: {eu-west-1: {Path: /eu/}, us-east-1: {Path: /us/}}
Resources:
  A:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Sub "${ClusterName}-node", Path: !FindInMap [ByRegion, !Ref AWS::Region, Path]}
  B:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Sub "node-${AWS::Region}", Path: !ImportValue network-path}
  C:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Ref FromStore, Path: "{{resolve:ssm:/eks/path}}"}
  D:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Ref Token, Path: !GetAtt Nested.Outputs.Path}
  E:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Ref NotThere, Path: {"Fn::Transform": {Name: MyMacro}}}
  Nested:
    Type: AWS::CloudFormation::Stack
"#
    ));
}

#[test]
fn policies_of_their_own_go_onto_their_roles() {
    insta::assert_snapshot!(resources(
        r#"  NodeRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: NodeRole, AssumeRolePolicyDocument: {Statement: []}}
  Other:
    Type: AWS::IAM::Role
    Properties: {RoleName: Other, AssumeRolePolicyDocument: {Statement: []}}
  ByReference:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: tags, PolicyDocument: {Statement: [{Sid: One}]}, Roles: [!Ref NodeRole]}
  ByName:
    Type: AWS::IAM::RolePolicy
    Properties: {PolicyName: more, PolicyDocument: {Statement: [{Sid: Two}]}, RoleName: noderole}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: tags
      Path: /eks/
      PolicyDocument: {Statement: [{Sid: Three}]}
      Roles: [!Ref NodeRole]
  Elsewhere:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: x, PolicyDocument: {Statement: []}, Roles: [Unrelated]}
"#
    ));
}

#[test]
fn a_policy_for_a_role_that_is_not_known_leaves_every_role_open() {
    insta::assert_snapshot!(shown(
        "stack.yaml",
        r#"
Parameters:
  RoleName: {Type: String}
Resources:
  NodeRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: NodeRole, AssumeRolePolicyDocument: {Statement: []}}
  Policy:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: x, PolicyDocument: {Statement: []}, Roles: [!Ref RoleName]}
"#
    ));
}

#[test]
fn a_condition_that_is_false_takes_the_resource_away_and_an_unknown_one_its_certainty() {
    insta::assert_snapshot!(shown(
        "stack.yaml",
        r#"
Parameters:
  Existing: {Type: String, Default: ""}
  Stage: {Type: String}
Conditions:
  Create: !Equals [!Ref Existing, ""]
  Reuse: !Not [{Condition: Create}]
  Prod: !Equals [!Ref Stage, prod]
  CreateInProd: !And [!Condition Create, !Condition Prod]
  NeverInProd: !And [{Condition: Reuse}, {Condition: Prod}]
Resources:
  Cluster:
    Type: AWS::EKS::Cluster
    Properties: {Name: main, RoleArn: !Ref Existing}
  Made:
    Type: AWS::IAM::Role
    Condition: Create
    Properties: {RoleName: made, AssumeRolePolicyDocument: {Statement: []}}
  Gone:
    Type: AWS::IAM::Role
    Condition: NeverInProd
    Properties: {RoleName: gone, AssumeRolePolicyDocument: {Statement: []}}
  Perhaps:
    Type: AWS::IAM::Role
    Condition: CreateInProd
    Properties: {RoleName: perhaps, Path: /a/, AssumeRolePolicyDocument: {Statement: []}}
  Twin:
    Type: AWS::IAM::Role
    Condition: Prod
    Properties: {RoleName: perhaps, AssumeRolePolicyDocument: {Statement: []}}
  PerhapsEntry:
    Type: AWS::EKS::AccessEntry
    Condition: Prod
    Properties: {ClusterName: !Ref Cluster, PrincipalArn: !GetAtt Made.Arn, Type: EC2}
  PerhapsPolicy:
    Type: AWS::IAM::Policy
    Condition: Prod
    Properties: {PolicyName: x, PolicyDocument: {Statement: []}, Roles: [!Ref Made]}
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      NodegroupName: workers
      ClusterName: !Ref Cluster
      NodeRole: !If [Prod, !GetAtt Made.Arn, !GetAtt Perhaps.Arn]
"#
    ));
}

#[test]
fn maps_of_service_principals_read_for_any_partition() {
    insta::assert_snapshot!(shown(
        "eksctl-stack.json",
        r#"{
  "Mappings": {"ServicePrincipalPartitionMap": {
    "aws": {"EC2": "ec2.amazonaws.com"}, "aws-cn": {"EC2": "ec2.amazonaws.com.cn"},
    "aws-us-gov": {"EC2": "ec2.amazonaws.com"}}},
  "Resources": {"NodeInstanceRole": {"Type": "AWS::IAM::Role", "Properties": {
    "AssumeRolePolicyDocument": {"Statement": [{"Action": ["sts:AssumeRole"], "Effect": "Allow",
      "Principal": {"Service": [{"Fn::FindInMap":
        ["ServicePrincipalPartitionMap", {"Ref": "AWS::Partition"}, "EC2"]}]}}]}}}}}"#
    ));
}

#[test]
fn a_role_that_names_itself_is_an_error_and_no_overflow() {
    let read = resources(
        "  A:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: !Ref B}\n  B:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: !Sub 'x-${A}'}\n",
    );
    assert!(read.contains("Error: stack.yaml:4:"), "{read}");
    assert!(read.contains("`Ref` of `B` refers to itself"), "{read}");

    let conditions = shown(
        "stack.yaml",
        "Conditions:\n  A: !Not [{Condition: B}]\n  B: !Not [!Condition A]\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Condition: A\n    Properties: {RoleName: r}\n",
    );
    assert!(
        conditions.contains("the condition `A` refers to itself"),
        "{conditions}"
    );
}

#[test]
fn references_a_thousand_deep_end_in_unknown() {
    let mut text = String::from("Resources:\n");
    for index in 0..1000 {
        text.push_str(&format!(
            "  R{index}:\n    Type: AWS::IAM::Role\n    Properties: {{RoleName: !Sub '${{R{}}}x'}}\n",
            index + 1
        ));
    }
    text.push_str("  R1000:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: end}\n");
    let read = shown("stack.yaml", &text);
    assert!(read.contains("nest deeper than 100 levels"), "{read}");
}

#[test]
fn a_text_that_grows_with_every_reference_stays_bounded() {
    let role = |id: &str, name: &str| {
        format!("  {id}:\n    Type: AWS::IAM::Role\n    Properties: {{RoleName: !Sub '{name}'}}\n")
    };
    let mut text = String::from("Resources:\n");
    for index in 0..40 {
        text.push_str(&role(
            &format!("R{index}"),
            &format!("${{R{}}}", index + 1).repeat(50),
        ));
    }
    text.push_str(&role("R40", "node"));
    let read = shown("stack.yaml", &text);
    assert!(read.contains("a text longer than 1 MB"), "{}", read.len());
    assert!(read.len() < 4 << 20, "{}", read.len());
}

#[test]
fn expressions_nested_to_the_parser_s_limit_are_read_or_refused() {
    for (depth, refused) in [(40, false), (200, true)] {
        let (open, close) = (r#"{"Fn::Join": ["", ["#.repeat(depth), "]]}".repeat(depth));
        let read = shown(
            "stack.json",
            &format!(
                r#"{{"Resources": {{"A": {{"Type": "AWS::IAM::Role",
                  "Properties": {{"RoleName": {open}"node"{close}}}}}}}}}"#
            ),
        );
        assert_eq!(read.contains("role `node`"), !refused, "{read}");
    }
}

#[test]
fn loops_and_macros_are_named_and_leave_things_open() {
    let read = shown(
        "stack.yaml",
        r#"Transform: [AWS::LanguageExtensions, CompanyMacro]
Resources:
  Cluster:
    Type: AWS::EKS::Cluster
    Properties: {Name: main, RoleArn: "arn:aws:iam::111122223333:role/c"}
"#,
    );
    assert!(read.contains("entries: partial (`CompanyMacro`"), "{read}");
    assert!(
        read.contains("Note: stack.yaml:1:38: `CompanyMacro` may add"),
        "{read}"
    );

    let read = shown(
        "stack.yaml",
        "Fn::Transform: {Name: AWS::Include}\nResources:\n  Cluster:\n    Type: AWS::EKS::Cluster\n    Properties: {Name: main, RoleArn: x}\n",
    );
    assert!(read.contains("entries: partial (`Fn::Transform`"), "{read}");

    let read = resources(
        "  Cluster:\n    Type: AWS::EKS::Cluster\n    Properties: {Name: main, RoleArn: x}\n  Fn::ForEach::Entries:\n    - Team\n    - [a, b]\n    - ${Team}: {Type: AWS::EKS::AccessEntry}\n",
    );
    assert!(
        read.contains("entries: partial (`Fn::ForEach::Entries`"),
        "{read}"
    );
}

#[test]
fn an_export_of_the_same_template_is_followed() {
    let read = shown(
        "stack.yaml",
        r#"Resources:
  NodeRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: node, Path: /x/, AssumeRolePolicyDocument: {Statement: []}}
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties: {ClusterName: prod, PrincipalArn: !ImportValue node-role, Type: EC2}
  Loop:
    Type: AWS::EKS::AccessEntry
    Properties: {ClusterName: prod, PrincipalArn: !ImportValue loop, Type: EC2}
Outputs:
  NodeRoleArn: {Value: !GetAtt NodeRole.Arn, Export: {Name: node-role}}
  Loop: {Value: !ImportValue loop, Export: {Name: loop}}
"#,
    );
    assert!(
        read.contains(
            "entry `arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x/node` -> stack.yaml#NodeRole"
        ),
        "{read}"
    );
    assert!(
        read.contains("the export `loop` refers to itself"),
        "{read}"
    );
}

#[test]
fn parts_of_an_arn_are_split_around_the_symbols() {
    let read = resources(
        r#"  NodeRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: node, Path: /x/, AssumeRolePolicyDocument: {Statement: []}}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties:
      InstanceProfileName: !Select [5, !Split [":", !GetAtt NodeRole.Arn]]
      Path: !Join ["/", ["", !Select [1, !Split ["/", !GetAtt NodeRole.Arn]], ""]]
      Roles: [!Select [2, !Split ["/", !GetAtt NodeRole.Arn]]]
"#,
    );
    assert!(
        read.contains("profile `role/x/node` path `/x/` role `node` at"),
        "{read}"
    );
}

#[test]
fn literals_of_sub_and_json_of_to_json_string_are_kept() {
    let read = resources(
        r#"  NodeRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: node
      AssumeRolePolicyDocument:
        Fn::ToJsonString: {Statement: [{Resource: !Sub "arn:aws:s3:::b/${!aws:username}/${AWS::AccountId}"}]}
      Policies:
        - {PolicyName: text, PolicyDocument: {Statement: [{Condition: {StringEquals: {a: !GetAtt X.Y}}}]}}
"#,
    );
    assert!(
        read.contains(r#"trust: {"Statement":[{"Resource":"arn:aws:s3:::b/${aws:username}/${AWS::AccountId}"}]}"#),
        "{read}"
    );
    assert!(
        read.contains(r#"{"StringEquals":{"a":"${Rolecall::Unknown::0}"}}"#),
        "{read}"
    );
}

#[test]
fn a_template_without_roles_or_clusters_is_of_no_interest() {
    let folder = Folder::new(&[
        (
            "bucket.yaml",
            "Resources:\n  B:\n    Type: AWS::S3::Bucket\n",
        ),
        ("note.yaml", "# AWS::IAM::Role\nResources: text\n"),
        ("list.yaml", "# AWS::IAM::Role\n- Resources\n"),
    ]);
    let read = folder.read();
    assert_eq!(folder.show(&read), "");
    assert!(read.sources.is_empty());
}

#[test]
fn a_policy_that_is_json_text_keeps_what_is_known_around_its_variables() {
    // As Karpenter's own template writes its controller policy.
    insta::assert_snapshot!(shown(
        "karpenter.yaml",
        r#"
Parameters:
  ClusterName:
    Type: String
    Description: EKS cluster name
Resources:
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
              Service:
                !Sub "ec2.${AWS::URLSuffix}"
            Action:
              - "sts:AssumeRole"
  KarpenterControllerPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "KarpenterControllerPolicy-${ClusterName}"
      PolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "Launch",
              "Effect": "Allow",
              "Resource": "arn:${AWS::Partition}:ec2:${AWS::Region}:*:fleet/*",
              "Action": "ec2:CreateFleet",
              "Condition": {
                "StringEquals": { "aws:RequestTag/kubernetes.io/cluster/${ClusterName}": "owned" }
              }
            },
            {
              "Sid": "Pass",
              "Effect": "Allow",
              "Resource": "${KarpenterNodeRole.Arn}",
              "Action": "iam:PassRole",
              "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } }
            }
          ]
        }
"#
    ));
}

#[test]
fn two_of_one_name_of_which_one_is_made_are_one() {
    let read = shown(
        "stack.yaml",
        r#"Parameters: {Mode: {Type: String}}
Conditions:
  Auto: !Equals [!Ref Mode, auto]
  Classic: !Not [!Condition Auto]
Resources:
  AutoCluster:
    Type: AWS::EKS::Cluster
    Condition: Auto
    Properties:
      Name: main
      RoleArn: "arn:aws:iam::111122223333:role/c"
      AccessConfig: {AuthenticationMode: API}
      ComputeConfig: {Enabled: true, NodePools: [system]}
  ClassicCluster:
    Type: AWS::EKS::Cluster
    Condition: Classic
    Properties: {Name: main, RoleArn: "arn:aws:iam::111122223333:role/c", AccessConfig: {AuthenticationMode: API}}
  AutoRole:
    Type: AWS::IAM::Role
    Condition: Auto
    Properties: {RoleName: node, Path: /auto/, AssumeRolePolicyDocument: {}}
  ClassicRole:
    Type: AWS::IAM::Role
    Condition: Classic
    Properties: {RoleName: node, AssumeRolePolicyDocument: {}}
"#,
    );
    assert_eq!(read.matches("cluster `main`").count(), 1, "{read}");
    assert!(read.contains("  mode: API\n"), "{read}");
    assert!(
        read.contains("  role: `arn:aws:iam::111122223333:role/c`\n"),
        "{read}"
    );
    assert!(read.contains("  compute: ? the condition `Auto`"), "{read}");
    assert_eq!(
        read.matches("role `node` path ? the condition `Auto`")
            .count(),
        1,
        "{read}"
    );
}

#[test]
fn a_policy_in_another_template_goes_onto_the_role_it_names() {
    let role = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: NodeRole, AssumeRolePolicyDocument: {}}\n";
    let policy = "Resources:\n  P:\n    Type: AWS::IAM::Policy\n    Properties: {PolicyName: tags, PolicyDocument: {Statement: []}, Roles: [noderole]}\n";
    let folder = Folder::new(&[("roles.yaml", role), ("policies.yaml", policy)]);
    let one = folder.show(&folder.read());
    assert!(
        one.contains("inline `tags`: {\"Statement\":[]}\n  policies complete"),
        "{one}"
    );

    folder.write("other-account.yaml", role.as_bytes());
    let two = folder.show(&folder.read());
    assert!(!two.contains("inline `tags`"), "{two}");
    assert_eq!(
        two.matches("policies partial (which role of this name")
            .count(),
        2,
        "{two}"
    );
}
