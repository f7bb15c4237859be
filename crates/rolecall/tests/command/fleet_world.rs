//! Clusters in several accounts and regions, as Terraform and manifests, and the sandbox they run in.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use rolecall_declared::{ClusterOfPath, Options};
use rolecall_sandbox::{FaultRule, Load, Sandbox, Settings, WorldSettings};

use crate::run::{Ran, finish, rolecall};

/// The account of the credentials.
pub(crate) const OWN: &str = "111122223333";
/// Another account.
pub(crate) const OTHER: &str = "222233334444";
/// An account in which there is no role to assume.
pub(crate) const CLOSED: &str = "333344445555";

/// A cluster to make.
pub(crate) struct Planned {
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
    pub(crate) name: &'static str,
    pub(crate) node_role: &'static str,
    /// Whether the access entry leaves the role's path out.
    pub(crate) path_dropped: bool,
    /// Whether EKS Auto Mode makes its nodes.
    pub(crate) auto_mode: bool,
}

/// Three accounts, two regions, four clusters, of which one is broken and two share a role's name.
pub(crate) const FLEET: [Planned; 4] = [
    Planned {
        account: OWN,
        region: "eu-central-1",
        name: "prod",
        node_role: "WebNodeRole",
        path_dropped: false,
        auto_mode: true,
    },
    Planned {
        account: OTHER,
        region: "eu-central-1",
        name: "prod",
        node_role: "WebNodeRole",
        path_dropped: true,
        auto_mode: true,
    },
    Planned {
        account: OTHER,
        region: "us-east-1",
        name: "batch",
        node_role: "BatchNodeRole",
        path_dropped: false,
        auto_mode: true,
    },
    Planned {
        account: CLOSED,
        region: "eu-central-1",
        name: "hidden",
        node_role: "HiddenNodeRole",
        path_dropped: false,
        auto_mode: true,
    },
];

const CLUSTER: &str = r#"
provider "aws" {
  region              = "REGION"
  allowed_account_ids = ["ACCOUNT"]
}

locals {
  cluster_policies = [
    "AmazonEKSClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy",
  ]
  node_policies = ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"]
}

resource "aws_eks_cluster" "this" {
  name                          = "NAME"
  role_arn                      = aws_iam_role.cluster.arn
  bootstrap_self_managed_addons = false
  access_config {
    authentication_mode = "API"
  }
  compute_config {
    enabled = AUTO_MODE
  }
  kubernetes_network_config {
    elastic_load_balancing {
      enabled = AUTO_MODE
    }
  }
  storage_config {
    block_storage {
      enabled = AUTO_MODE
    }
  }
  vpc_config {
    subnet_ids = ["subnet-0a", "subnet-0b"]
  }
}

resource "aws_iam_role" "cluster" {
  name = "NAME-cluster-REGION"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "eks.amazonaws.com" }, Action = ["sts:AssumeRole", "sts:TagSession"] }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  for_each   = toset(local.cluster_policies)
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_iam_role" "node" {
  name = "NODE_ROLE"
  path = "/platform/"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(local.node_policies)
  role       = aws_iam_role.node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_eks_access_entry" "node" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = "arn:aws:iam::ACCOUNT:role/ENTRY_PATHNODE_ROLE"
  type          = "ENTRY_TYPE"
}

resource "aws_eks_access_policy_association" "node" {
  count         = AUTO_MODE ? 1 : 0
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.node.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_access_entry" "reader" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = "arn:aws:iam::ACCOUNT:role/audit/RolecallReader"
}

resource "aws_eks_access_policy_association" "reader" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.reader.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
  access_scope {
    type = "cluster"
  }
}
"#;

const READER: &str = r#"
provider "aws" {
  allowed_account_ids = ["ACCOUNT"]
}

resource "aws_iam_role" "reader" {
  name = "RolecallReader"
  path = "/audit/"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::TRUSTED:root" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "reader" {
  role       = aws_iam_role.reader.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#;

const OBJECTS: &str = "apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata:
  name: web
spec:
  role: NODE_ROLE
  subnetSelectorTerms:
    - id: subnet-0a
  securityGroupSelectorTerms:
    - tags:
        aws:eks:cluster-name: NAME
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: web
spec:
  template:
    spec:
      nodeClassRef:
        group: eks.amazonaws.com
        kind: NodeClass
        name: web
      requirements:
        - key: karpenter.sh/capacity-type
          operator: In
          values: [on-demand]
";

fn write(folder: &Path, planned: &Planned) -> ClusterOfPath {
    fs::create_dir_all(folder).unwrap();
    let fill = |text: &str| {
        let entry_path = if planned.path_dropped {
            ""
        } else {
            "platform/"
        };
        text.replace("ENTRY_PATH", entry_path)
            .replace(
                "ENTRY_TYPE",
                if planned.auto_mode {
                    "EC2"
                } else {
                    "EC2_LINUX"
                },
            )
            .replace("AUTO_MODE", &planned.auto_mode.to_string())
            .replace("NODE_ROLE", planned.node_role)
            .replace("ACCOUNT", planned.account)
            .replace("REGION", planned.region)
            .replace("NAME", planned.name)
    };
    fs::write(folder.join("main.tf"), fill(CLUSTER)).unwrap();
    if planned.auto_mode {
        fs::write(folder.join("nodes.yaml"), fill(OBJECTS)).unwrap();
    }
    ClusterOfPath {
        path: folder.to_string_lossy().into_owned(),
        cluster: planned.name.to_owned(),
    }
}

/// Starts a sandbox with these clusters, settled, and its call log empty.
pub(crate) async fn start(fleet: &[Planned], faults: &[&str]) -> Sandbox {
    let folder = tempfile::tempdir().unwrap();
    let mut load = Vec::new();
    for (nth, planned) in fleet.iter().enumerate() {
        let below = folder.path().join(nth.to_string());
        let of_path = write(&below, planned);
        let options = Options {
            cluster_of_path: vec![of_path],
            ..Options::default()
        };
        load.push(rolecall_declared::read(&[below], &options));
    }
    for account in [OWN, OTHER, CLOSED] {
        let below = folder.path().join(account);
        fs::create_dir_all(&below).unwrap();
        let trusted = if account == CLOSED { CLOSED } else { OWN };
        let text = READER
            .replace("ACCOUNT", account)
            .replace("TRUSTED", trusted);
        fs::write(below.join("main.tf"), text).unwrap();
        load.insert(0, rolecall_declared::read(&[below], &Options::default()));
    }
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(Settings {
        world: WorldSettings {
            account: OWN.parse().unwrap(),
            region: "eu-central-1".to_owned(),
            any_credentials: true,
            ..WorldSettings::default()
        },
        aws: any_port,
        kube: any_port,
        faults: Vec::new(),
        trail: None,
        runs_by_itself: false,
    })
    .await
    .unwrap();
    let faults: Vec<FaultRule> = faults.iter().map(|rule| rule.parse().unwrap()).collect();
    tokio::task::spawn_blocking(move || {
        for read in load {
            let _ = sandbox.load(&Load {
                snapshot: read.snapshot,
                manifests: read.manifests,
                cluster: None,
            });
        }
        sandbox.settle();
        for rule in faults {
            sandbox.world().aws().faults().add(rule);
        }
        sandbox.world().aws().calls().clear();
        sandbox
    })
    .await
    .unwrap()
}

/// Runs the binary as the administrator of the own account, pointed at the sandbox by environment
/// variables alone.
pub(crate) async fn run_against(sandbox: &Sandbox, folder: &Path, args: &[&str]) -> Ran {
    let mut command = rolecall(folder, args);
    command.env_remove("KUBECONFIG").env("HOME", folder);
    for (name, value) in sandbox.exports().variables() {
        command.env(name, value);
    }
    command.env("AWS_ACCESS_KEY_ID", OWN);
    tokio::task::spawn_blocking(|| finish(command))
        .await
        .unwrap()
}
