provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

variable "private_subnet_ids" {
  type = list(string)
}

locals {
  cluster_name = "payments"
  account_id   = "111122223333"
  region       = "us-east-1"
}

resource "aws_eks_cluster" "payments" {
  name     = local.cluster_name
  role_arn = aws_iam_role.cluster.arn

  access_config {
    authentication_mode = "API"
  }

  vpc_config {
    subnet_ids = var.private_subnet_ids
  }
}

resource "aws_iam_role" "cluster" {
  name = "${local.cluster_name}-cluster"
  path = "/platform/eks/"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "eks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

# --- nodes -------------------------------------------------------------------

resource "aws_iam_role" "node" {
  name = "KarpenterNodeRole-${local.cluster_name}"
  path = "/platform/eks/"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset([
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryPullOnly",
  ])

  role       = aws_iam_role.node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_access_entry" "node" {
  cluster_name  = aws_eks_cluster.payments.name
  principal_arn = aws_iam_role.node.arn
  type          = "EC2_LINUX"
}
