# One cluster with nodes of every kind: Auto Mode, a Karpenter of its own, a managed and a self-managed
# node group, and hybrid nodes.

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}

locals {
  ec2_trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  node_policies = {
    worker = "AmazonEKSWorkerNodePolicy"
    cni    = "AmazonEKS_CNI_Policy"
    images = "AmazonEC2ContainerRegistryPullOnly"
  }
}

resource "aws_eks_cluster" "main" {
  name     = "mixed"
  role_arn = aws_iam_role.cluster.arn
  access_config {
    authentication_mode = "API_AND_CONFIG_MAP"
  }
  compute_config {
    enabled = true
  }
}

resource "aws_iam_role" "cluster" {
  name = "MixedClusterRole"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "eks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  for_each = toset([
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
  ])
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

# --- Auto Mode ---

resource "aws_iam_role" "auto" {
  name               = "AutoNodeRole"
  assume_role_policy = local.ec2_trust
}

resource "aws_iam_role_policy_attachment" "auto" {
  for_each   = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
  role       = aws_iam_role.auto.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_access_entry" "auto" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.auto.arn
  type          = "EC2"
}

resource "aws_eks_access_policy_association" "auto" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_eks_access_entry.auto.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
  access_scope {
    type = "cluster"
  }
}

# --- Karpenter ---

resource "aws_iam_role" "karpenter_node" {
  name               = "KarpenterNodeRole"
  path               = "/platform/"
  assume_role_policy = local.ec2_trust
}

resource "aws_iam_role_policy_attachment" "karpenter_node" {
  for_each   = local.node_policies
  role       = aws_iam_role.karpenter_node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_eks_access_entry" "karpenter_node" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.karpenter_node.arn
  type          = "EC2_LINUX"
}

resource "aws_iam_role" "karpenter" {
  name = "KarpenterController"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "pods.eks.amazonaws.com" } }]
  })
}

# It may pass the role without its path only.
resource "aws_iam_policy" "karpenter" {
  name = "KarpenterControllerPolicy"
  path = "/platform/"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ec2:*", "iam:*InstanceProfile*"], Resource = "*" },
      { Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::111122223333:role/KarpenterNodeRole" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "karpenter" {
  role       = aws_iam_role.karpenter.name
  policy_arn = aws_iam_policy.karpenter.arn
}

resource "aws_eks_pod_identity_association" "karpenter" {
  cluster_name    = aws_eks_cluster.main.name
  namespace       = "kube-system"
  service_account = "karpenter"
  role_arn        = aws_iam_role.karpenter.arn
}

# --- a managed node group ---

resource "aws_iam_role" "group" {
  name               = "GroupNodeRole"
  assume_role_policy = local.ec2_trust
}

resource "aws_iam_role_policy_attachment" "group" {
  for_each   = local.node_policies
  role       = aws_iam_role.group.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_eks_node_group" "group" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "group"
  node_role_arn   = aws_iam_role.group.arn
  subnet_ids      = ["subnet-0a", "subnet-0b"]
  scaling_config {
    desired_size = 1
    max_size     = 1
    min_size     = 1
  }
}

# --- hybrid nodes ---

resource "aws_iam_role" "hybrid" {
  name = "HybridNodeRole"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ssm.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "hybrid" {
  for_each   = toset(["AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryPullOnly"])
  role       = aws_iam_role.hybrid.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "hybrid" {
  name = "lookup"
  role = aws_iam_role.hybrid.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["eks:DescribeCluster", "eks:ListAccessEntries"]
      Resource = aws_eks_cluster.main.arn
    }]
  })
}

resource "aws_eks_access_entry" "hybrid" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.hybrid.arn
  type          = "HYBRID_LINUX"
}

# --- a group of one's own ---

resource "aws_iam_role" "self_managed" {
  name               = "SelfManagedNodeRole"
  assume_role_policy = local.ec2_trust
}

resource "aws_iam_role_policy_attachment" "self_managed" {
  for_each   = local.node_policies
  role       = aws_iam_role.self_managed.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}
