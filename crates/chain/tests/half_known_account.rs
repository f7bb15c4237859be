//! One side of a question names the account, the other leaves it to the apply.

use std::fs;

use rolecall_chain::{Options, Verdict, trace};

#[test]
fn a_cluster_role_by_literal_arn_may_pass_a_role_whose_account_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        (
            "main.tf",
            r#"
resource "aws_eks_cluster" "main" {
  name     = "build"
  role_arn = "arn:aws:iam::111122223333:role/BuildCluster"
  access_config {
    authentication_mode = "API"
  }
  compute_config {
    enabled = true
  }
}

resource "aws_iam_role" "cluster" {
  name = "BuildCluster"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "eks.amazonaws.com" }, Action = ["sts:AssumeRole", "sts:TagSession"] }]
  })
}

resource "aws_iam_role_policy_attachment" "compute" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSComputePolicy"
}

resource "aws_iam_role" "node" {
  name = "BuildNode"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
"#,
        ),
        (
            "nodes.yaml",
            "
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata: { name: ci }
spec: { role: BuildNode }
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: { name: ci }
spec: { template: { spec: { nodeClassRef: { group: eks.amazonaws.com, kind: NodeClass, name: ci } } } }
",
        ),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let read = rolecall_declared::read(
        &[folder.path().to_path_buf()],
        &rolecall_declared::Options::default(),
    );
    let traced = trace(&read.snapshot, &Options::default());
    let chain = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == "ci")
        .unwrap();
    for link in ["pass-role", "launch"] {
        let state = chain
            .links
            .iter()
            .find(|state| state.link.as_str() == link)
            .unwrap();
        assert_eq!(state.verdict, Verdict::Pass, "{state:?}");
    }
}
