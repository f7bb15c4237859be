# Karpenter itself, CoreDNS and the like run on a managed node group.

resource "aws_iam_role" "system" {
  name               = "system-node"
  path               = local.role_path
  assume_role_policy = aws_iam_role.node.assume_role_policy
}

resource "aws_iam_role_policy_attachment" "system" {
  for_each = toset([
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryPullOnly",
  ])

  role       = aws_iam_role.system.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_node_group" "system" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "system"
  node_role_arn   = aws_iam_role.system.arn
  subnet_ids      = var.private_subnet_ids
  ami_type        = "BOTTLEROCKET_x86_64"

  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 4
  }
}
