data "aws_iam_policy_document" "activation_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ssm.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["111122223333"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:ssm:eu-west-1:111122223333:*"]
    }
  }
}

data "aws_iam_policy_document" "lookup" {
  statement {
    actions   = ["eks:DescribeCluster", "eks:ListAccessEntries"]
    resources = [aws_eks_cluster.main.arn]
  }
}

resource "aws_iam_role" "racks" {
  name = "warehouse-racks"
  path = "/on-premises/"

  assume_role_policy = data.aws_iam_policy_document.activation_trust.json
}

resource "aws_iam_role_policy" "lookup" {
  name   = "lookup"
  role   = aws_iam_role.racks.name
  policy = data.aws_iam_policy_document.lookup.json
}

resource "aws_iam_role_policy_attachment" "systems_manager" {
  role       = aws_iam_role.racks.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy_attachment" "pull" {
  role       = aws_iam_role.racks.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
}

resource "aws_eks_access_entry" "racks" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.racks.arn
  type          = "HYBRID_LINUX"
}
