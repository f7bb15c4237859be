provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

variable "private_subnet_ids" {
  type = list(string)
}

resource "aws_eks_cluster" "main" {
  name     = "payments"
  role_arn = aws_iam_role.cluster.arn
  version  = "1.33"

  access_config {
    authentication_mode = "API"
  }

  vpc_config {
    subnet_ids = var.private_subnet_ids
  }
}

resource "aws_iam_role" "cluster" {
  name = "payments-cluster"

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
