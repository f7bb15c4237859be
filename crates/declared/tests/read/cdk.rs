//! What `cdk synth` writes.

use super::support::{Folder, shown};

/// `aws-cdk-lib/aws-eks`: the cluster is a custom resource, and manifests are joined JSON text.
const CUSTOM_RESOURCES: &str = r#"{
 "Resources": {
  "ClusterRoleFA261979": {
   "Type": "AWS::IAM::Role",
   "Properties": {
    "AssumeRolePolicyDocument": {
     "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow",
       "Principal": {"Service": "eks.amazonaws.com"}}],
     "Version": "2012-10-17"
    },
    "ManagedPolicyArns": [
     {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AmazonEKSClusterPolicy"]]}
    ]
   },
   "Metadata": {"aws:cdk:path": "Search/Cluster/Role/Resource"}
  },
  "Cluster9EE0221C": {
   "Type": "Custom::AWSCDK-EKS-Cluster",
   "Properties": {
    "ServiceToken": {"Fn::GetAtt": ["awscdkawseksClusterResourceProviderNestedStack", "Outputs.SearchOnEventArn"]},
    "Config": {
     "name": "search",
     "version": "1.33",
     "roleArn": {"Fn::GetAtt": ["ClusterRoleFA261979", "Arn"]},
     "kubernetesNetworkConfig": {"ipFamily": "ipv4"},
     "resourcesVpcConfig": {"subnetIds": ["subnet-1"], "endpointPublicAccess": true},
     "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP",
       "bootstrapClusterCreatorAdminPermissions": true}
    },
    "AssumeRoleArn": {"Fn::GetAtt": ["ClusterCreationRole360249B6", "Arn"]},
    "AttributesRevision": 2
   },
   "DependsOn": ["ClusterCreationRole360249B6"],
   "UpdateReplacePolicy": "Delete",
   "DeletionPolicy": "Delete",
   "Metadata": {"aws:cdk:path": "Search/Cluster/Resource/Resource/Default"}
  },
  "NodeRole2D0BC5FE": {
   "Type": "AWS::IAM::Role",
   "Properties": {
    "AssumeRolePolicyDocument": {
     "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow",
       "Principal": {"Service": {"Fn::Join": ["", ["ec2.", {"Ref": "AWS::URLSuffix"}]]}}}],
     "Version": "2012-10-17"
    },
    "Path": "/search/",
    "RoleName": "search-node"
   },
   "Metadata": {"aws:cdk:path": "Search/NodeRole/Resource"}
  },
  "SpotRoleA1B2C3D4": {
   "Type": "AWS::IAM::Role",
   "Properties": {"AssumeRolePolicyDocument": {"Statement": [], "Version": "2012-10-17"}},
   "Metadata": {"aws:cdk:path": "Search/SpotRole/Resource"}
  },
  "ClusterAwsAuthmanifestFE51F8AE": {
   "Type": "Custom::AWSCDK-EKS-KubernetesResource",
   "Properties": {
    "ServiceToken": {"Fn::GetAtt": ["awscdkawseksKubectlProviderNestedStack", "Outputs.SearchHandlerArn"]},
    "Manifest": {"Fn::Join": ["", [
     "[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"aws-auth\",\"namespace\":\"kube-system\",\"labels\":{\"aws.cdk.eks/prune-c8\":\"\"}},\"data\":{\"mapRoles\":\"[{\\\"rolearn\\\":\\\"",
     {"Fn::GetAtt": ["NodeRole2D0BC5FE", "Arn"]},
     "\\\",\\\"username\\\":\\\"system:node:{{EC2PrivateDNSName}}\\\",\\\"groups\\\":[\\\"system:bootstrappers\\\",\\\"system:nodes\\\"]}]\",\"mapUsers\":\"[]\",\"mapAccounts\":\"[]\"}}]"
    ]]},
    "ClusterName": {"Ref": "Cluster9EE0221C"},
    "RoleArn": {"Fn::GetAtt": ["ClusterCreationRole360249B6", "Arn"]},
    "PruneLabel": "aws.cdk.eks/prune-c8",
    "Overwrite": true
   },
   "Metadata": {"aws:cdk:path": "Search/Cluster/AwsAuth/manifest/Resource/Default"}
  },
  "ClustermanifestNodes5C1D": {
   "Type": "Custom::AWSCDK-EKS-KubernetesResource",
   "Properties": {
    "Manifest": {"Fn::Join": ["", [
     "[{\"apiVersion\":\"karpenter.k8s.aws/v1\",\"kind\":\"EC2NodeClass\",\"metadata\":{\"name\":\"default\"},\"spec\":{\"role\":\"",
     {"Ref": "NodeRole2D0BC5FE"},
     "\",\"tags\":{\"stack\":\"",
     {"Ref": "AWS::StackName"},
     "\"}}},{\"apiVersion\":\"karpenter.k8s.aws/v1\",\"kind\":\"EC2NodeClass\",\"metadata\":{\"name\":\"spot\"},\"spec\":{\"role\":\"",
     {"Ref": "SpotRoleA1B2C3D4"},
     "\"}},{\"apiVersion\":\"karpenter.sh/v1\",\"kind\":\"NodePool\",\"metadata\":{\"name\":\"default\"},\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"team\":\"search\"}},\"spec\":{\"nodeClassRef\":{\"group\":\"karpenter.k8s.aws\",\"kind\":\"EC2NodeClass\",\"name\":\"default\"}}}}}]"
    ]]},
    "ClusterName": {"Ref": "Cluster9EE0221C"}
   },
   "Metadata": {"aws:cdk:path": "Search/Cluster/manifest-Nodes/Resource/Default"}
  },
  "ClusterNodegroupDefaultCapacityDA0920A3": {
   "Type": "AWS::EKS::Nodegroup",
   "Properties": {
    "AmiType": "AL2023_x86_64_STANDARD",
    "ClusterName": {"Ref": "Cluster9EE0221C"},
    "ForceUpdateEnabled": true,
    "NodeRole": {"Fn::GetAtt": ["NodeRole2D0BC5FE", "Arn"]},
    "Subnets": ["subnet-1"]
   },
   "Metadata": {"aws:cdk:path": "Search/Cluster/NodegroupDefaultCapacity/Resource"}
  },
  "KarpenterConditionJson": {
   "Type": "Custom::AWSCDKCfnJson",
   "Properties": {
    "Value": {"Fn::Join": ["", ["{\"",
      {"Fn::Select": [1, {"Fn::Split": ["//", {"Fn::GetAtt": ["Cluster9EE0221C", "OpenIdConnectIssuerUrl"]}]}]},
      ":sub\":\"system:serviceaccount:kube-system:karpenter\"}"]]}
   }
  },
  "KarpenterRole11223344": {
   "Type": "AWS::IAM::Role",
   "Properties": {
    "AssumeRolePolicyDocument": {
     "Statement": [{"Action": "sts:AssumeRoleWithWebIdentity", "Effect": "Allow",
       "Condition": {"StringEquals": {"Fn::GetAtt": ["KarpenterConditionJson", "Value"]}},
       "Principal": {"Federated": {"Ref": "ClusterOpenIdConnectProviderE7EB0530"}}}],
     "Version": "2012-10-17"
    }
   },
   "Metadata": {"aws:cdk:path": "Search/Karpenter/Role/Resource"}
  },
  "KarpenterRoleDefaultPolicy55": {
   "Type": "AWS::IAM::Policy",
   "Properties": {
    "PolicyDocument": {
     "Statement": [
      {"Action": "iam:PassRole", "Effect": "Allow", "Resource": {"Fn::GetAtt": ["NodeRole2D0BC5FE", "Arn"]}},
      {"Action": "eks:DescribeCluster", "Effect": "Allow", "Resource": {"Fn::GetAtt": ["Cluster9EE0221C", "Arn"]}}
     ],
     "Version": "2012-10-17"
    },
    "PolicyName": "KarpenterRoleDefaultPolicy55",
    "Roles": [{"Ref": "KarpenterRole11223344"}]
   }
  }
 }
}"#;

#[test]
fn clusters_and_manifests_of_custom_resources_are_read() {
    insta::assert_snapshot!(shown("cdk.out/Search.template.json", CUSTOM_RESOURCES));
}

#[test]
fn a_finding_can_name_the_construct() {
    let folder = Folder::new(&[("Search.template.json", CUSTOM_RESOURCES)]);
    let read = folder.read();
    let addresses: Vec<_> = read
        .snapshot
        .node_pools
        .iter()
        .map(|pool| &pool.origin)
        .chain(read.snapshot.roles.iter().map(|role| &role.origin))
        .filter_map(|origin| origin.as_file()?.address.as_deref())
        .collect();
    assert_eq!(
        addresses,
        [
            "Search/Cluster/manifest-Nodes/Resource/Default",
            "Search/Cluster/Role/Resource",
            "Search/NodeRole/Resource",
            "Search/SpotRole/Resource",
            "Search/Karpenter/Role/Resource",
        ]
    );
}

#[test]
fn a_manifest_that_is_one_literal_text_is_read() {
    let read = shown(
        "stack.yaml",
        r#"Resources:
  Cluster:
    Type: Custom::AWSCDK-EKS-Cluster
    Properties:
      Config: {roleArn: "arn:aws:iam::111122223333:role/c", computeConfig: {enabled: "true", nodePools: [system], nodeRoleArn: "arn:aws:iam::111122223333:role/n"}}
  Class:
    Type: Custom::AWSCDK-EKS-KubernetesResource
    Properties:
      Manifest: '[{"apiVersion":"eks.amazonaws.com/v1","kind":"NodeClass","metadata":{"name":"web"},"spec":{"role":"web-node"}}]'
      ClusterName: !Ref Cluster
"#,
    );
    assert!(
        read.contains("compute: true pools [\"system\"] role `arn:aws:iam::111122223333:role/n`"),
        "{read}"
    );
    assert!(
        read.contains("NodeClass `web` at stack.yaml:6:3+5"),
        "{read}"
    );
    assert!(read.contains("role: `web-node`\n"), "{read}");
    assert!(
        read.contains("cluster: ? the name of `Cluster`, which CloudFormation makes up, is known only after apply -> stack.yaml#Cluster"),
        "{read}"
    );
}

#[test]
fn a_manifest_that_is_no_json_is_an_error_at_its_place() {
    let read = shown(
        "stack.yaml",
        r#"Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: a, AssumeRolePolicyDocument: {}}}
  Class:
    Type: Custom::AWSCDK-EKS-KubernetesResource
    Properties:
      Manifest: '[{"apiVersion":'
      ClusterName: prod
  Open:
    Type: Custom::AWSCDK-EKS-KubernetesResource
    Properties: {Manifest: !Ref Given, ClusterName: prod}
"#,
    );
    assert!(
        read.contains("Error: stack.yaml:6:17: not valid JSON"),
        "{read}"
    );
    assert!(
        read.contains(
            "the manifest `Open` is not read: the resource `Given` is not in what was given"
        ),
        "{read}"
    );
}

/// Two stacks of one app: the second takes the cluster and the role from the first.
#[test]
fn what_one_stack_takes_from_another_is_followed_when_both_are_read() {
    let exports = r#"{"Resources": {
      "Cluster9EE0221C": {"Type": "AWS::EKS::Cluster", "Properties": {"Name": "search",
        "RoleArn": "arn:aws:iam::111122223333:role/c", "AccessConfig": {"AuthenticationMode": "API"}}},
      "NodeRole2D0BC5FE": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/search/",
        "RoleName": "search-node", "AssumeRolePolicyDocument": {"Statement": []}}}},
      "Outputs": {
        "ExportsOutputRefCluster9EE0221C": {"Value": {"Ref": "Cluster9EE0221C"},
          "Export": {"Name": "Base:ExportsOutputRefCluster9EE0221C"}},
        "ExportsOutputFnGetAttNodeRole2D0BC5FEArn": {"Value": {"Fn::GetAtt": ["NodeRole2D0BC5FE", "Arn"]},
          "Export": {"Name": "Base:ExportsOutputFnGetAttNodeRole2D0BC5FEArn"}},
        "ExportsOutputRefNodeRole2D0BC5FE": {"Value": {"Ref": "NodeRole2D0BC5FE"},
          "Export": {"Name": "Base:ExportsOutputRefNodeRole2D0BC5FE"}}}}"#;
    let imports = r#"{"Resources": {
      "Access": {"Type": "AWS::EKS::AccessEntry", "Properties": {"Type": "EC2",
        "ClusterName": {"Fn::ImportValue": "Base:ExportsOutputRefCluster9EE0221C"},
        "PrincipalArn": {"Fn::ImportValue": "Base:ExportsOutputFnGetAttNodeRole2D0BC5FEArn"}}},
      "Gone": {"Type": "AWS::EKS::AccessEntry", "Properties": {"Type": "EC2",
        "ClusterName": "search", "PrincipalArn": {"Fn::ImportValue": "Other:Role"}}},
      "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "tags",
        "PolicyDocument": {"Statement": []}, "Roles": [{"Fn::ImportValue": "Base:ExportsOutputRefNodeRole2D0BC5FE"}]}},
      "Class": {"Type": "Custom::AWSCDK-EKS-KubernetesResource", "Properties": {
        "ClusterName": {"Fn::ImportValue": "Base:ExportsOutputRefCluster9EE0221C"},
        "Manifest": {"Fn::Join": ["", ["[{\"apiVersion\":\"eks.amazonaws.com/v1\",\"kind\":\"NodeClass\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"role\":\"",
          {"Fn::ImportValue": "Base:ExportsOutputRefNodeRole2D0BC5FE"}, "\"}}]"]]}}}}}"#;
    let folder = Folder::new(&[
        ("Base.template.json", exports),
        ("Nodes.template.json", imports),
    ]);
    insta::assert_snapshot!(folder.show(&folder.read()));

    // Alone, the second stack knows only that it imports.
    let alone = folder.show(&folder.read_paths(&["Nodes.template.json"]));
    assert!(
        alone.contains("entry ? the export `Base:ExportsOutputFnGetAttNodeRole2D0BC5FEArn` of another stack is not in what was given at"),
        "{alone}"
    );
    // Twice exported, it cannot be told which is meant.
    folder.write("Copy.template.json", exports.as_bytes());
    let twice = folder.show(&folder.read());
    assert!(twice.contains("entry ? the export `Base:"), "{twice}");
}
