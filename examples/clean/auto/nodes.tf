data "aws_iam_policy_document" "ec2_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

locals {
  node_policies = [
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
  ]
}

resource "aws_iam_role" "batch" {
  name               = "ReportsNodeRole"
  assume_role_policy = data.aws_iam_policy_document.ec2_trust.json
}

resource "aws_iam_role_policy_attachment" "batch" {
  for_each = toset(local.node_policies)

  role       = aws_iam_role.batch.name
  policy_arn = each.value
}

resource "aws_eks_access_entry" "batch" {
  cluster_name  = aws_eks_cluster.auto.name
  principal_arn = aws_iam_role.batch.arn
  type          = "EC2"
}

resource "aws_eks_access_policy_association" "batch" {
  cluster_name  = aws_eks_cluster.auto.name
  principal_arn = aws_eks_access_entry.batch.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"

  access_scope {
    type = "cluster"
  }
}
