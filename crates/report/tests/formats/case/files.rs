use std::borrow::Cow;

use rolecall_report::SourceText;

/// The files of the case.
pub(crate) struct Files;

pub(crate) const ACCESS_TF: &str = r#"resource "aws_eks_access_entry" "batch" {
  cluster_name  = aws_eks_cluster.platform.name
  principal_arn = aws_iam_role.batch_node.arn
  type          = "EC2"
}

resource "aws_eks_access_entry" "web" {
  cluster_name  = aws_eks_cluster.platform.name
  principal_arn = "arn:aws:iam::111122223333:role/web-node"
  type          = "EC2"
}
"#;

pub(crate) const ROLES_TF: &str = r#"resource "aws_iam_role" "web_node" {
  name = "web-node"
  path = "/platform/eks/" # 平台
}

resource "aws_iam_role" "batch_node" {
  name = "batch-node"
  path = "/platform/eks/"
}
"#;

const BROKEN_YAML: &str = "kind: NodePool\nmetadata:\n  name: a: b\n";

impl SourceText for Files {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        let text = match path {
            "terraform/access.tf" => ACCESS_TF,
            "terraform/roles.tf" => ROLES_TF,
            "k8s/broken.yaml" => BROKEN_YAML,
            _ => return None,
        };
        Some(Cow::Borrowed(text))
    }
}
