use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// How many files, and documents in each.
pub(super) const FILES: usize = 10_000;
pub(super) const DOCUMENTS_PER_FILE: usize = 5;

/// How many node roles the pools share.
const ROLES: usize = 50;

/// Writes 10,000 manifest files with 50,000 documents, half of them of no interest, and the template
/// of the cluster they belong to. The same every time.
pub(super) fn write(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::write(folder.join("cluster.yaml"), cluster())?;
    let mut paths = Vec::with_capacity(FILES);
    for index in 0..FILES {
        let team = folder.join(format!("team-{:02}", index % 40));
        fs::create_dir_all(&team)?;
        let path = team.join(format!("app-{index:05}.yaml"));
        fs::write(&path, file(index))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Two documents of interest in files with an even number and three in the others.
fn file(index: usize) -> String {
    let pool = format!("pool-{index:05}");
    let mut documents = vec![
        deployment(index),
        service(index),
        node_class(&pool, index),
        node_pool(&pool, &pool),
    ];
    documents.push(if index.is_multiple_of(2) {
        config_map(index)
    } else {
        node_pool(&format!("{pool}-spot"), &pool)
    });
    documents.join("---\n")
}

fn node_class(name: &str, index: usize) -> String {
    format!(
        "apiVersion: eks.amazonaws.com/v1\nkind: NodeClass\nmetadata:\n  name: {name}\nspec:\n  \
         role: node-{}\n  subnetSelectorTerms:\n    - tags:\n        team: \"{}\"\n  \
         securityGroupSelectorTerms:\n    - tags:\n        aws:eks:cluster-name: bench\n",
        index % ROLES,
        index % 40
    )
}

fn node_pool(name: &str, class: &str) -> String {
    format!(
        "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata:\n  name: {name}\nspec:\n  template:\n    \
         spec:\n      nodeClassRef:\n        group: eks.amazonaws.com\n        kind: NodeClass\n        \
         name: {class}\n      requirements:\n        - key: eks.amazonaws.com/instance-category\n          \
         operator: In\n          values: [\"c\", \"m\", \"r\"]\n  limits:\n    cpu: 100\n"
    )
}

fn deployment(index: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{index}\n  labels: {{app: app-{index}}}\n\
         spec:\n  replicas: 3\n  selector:\n    matchLabels: {{app: app-{index}}}\n  template:\n    metadata:\n      \
         labels: {{app: app-{index}}}\n    spec:\n      containers:\n        - name: app\n          \
         image: example.com/app:{index}\n          resources:\n            requests: {{cpu: 100m, memory: 128Mi}}\n          \
         env:\n            - name: LOG_LEVEL\n              value: info\n            - name: PORT\n              \
         value: \"8080\"\n"
    )
}

fn service(index: usize) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: app-{index}\nspec:\n  selector: {{app: app-{index}}}\n  \
         ports:\n    - port: 80\n      targetPort: 8080\n"
    )
}

fn config_map(index: usize) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-{index}\ndata:\n  settings.ini: |\n"
    );
    for line in 0..20 {
        let _ = writeln!(text, "    key-{line} = value-{}", index + line);
    }
    text
}

fn cluster() -> String {
    let mut text = String::from(
        "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  ClusterRole:\n    Type: AWS::IAM::Role\n    \
         Properties:\n      RoleName: bench-cluster\n      AssumeRolePolicyDocument:\n        Statement:\n          \
         - Effect: Allow\n            Principal: {Service: eks.amazonaws.com}\n            \
         Action: [sts:AssumeRole, sts:TagSession]\n      ManagedPolicyArns:\n",
    );
    for policy in [
        "Cluster",
        "Compute",
        "BlockStorage",
        "LoadBalancing",
        "Networking",
    ] {
        let _ = writeln!(
            text,
            "        - arn:aws:iam::aws:policy/AmazonEKS{policy}Policy"
        );
    }
    text.push_str(
        "  Cluster:\n    Type: AWS::EKS::Cluster\n    Properties:\n      Name: bench\n      \
         RoleArn: !GetAtt ClusterRole.Arn\n      AccessConfig: {AuthenticationMode: API}\n      \
         ComputeConfig: {Enabled: true}\n",
    );
    for role in 0..ROLES {
        let _ = write!(
            text,
            "  Node{role}:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: node-{role}\n      \
             AssumeRolePolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
             Principal: {{Service: ec2.amazonaws.com}}\n            Action: sts:AssumeRole\n      \
             ManagedPolicyArns:\n        - arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy\n        \
             - arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\n  \
             Entry{role}:\n    Type: AWS::EKS::AccessEntry\n    Properties:\n      ClusterName: !Ref Cluster\n      \
             PrincipalArn: !GetAtt Node{role}.Arn\n      Type: EC2\n      AccessPolicies:\n        \
             - PolicyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy\n          \
             AccessScope: {{Type: cluster}}\n",
        );
    }
    text
}
