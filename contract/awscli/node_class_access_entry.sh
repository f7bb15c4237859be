# The EKS User Guide's pages "Create a cluster role", "Create a node role" and "Create a Node Class",
# with a node role that has a path: the access entry is for the full ARN.
name=guide
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-eu-central-1}}
export AWS_REGION=$region AWS_DEFAULT_REGION=$region

fail() { echo "FAILED: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || fail "expected '$2', got '$1'"; }

account=$(aws sts get-caller-identity --query Account --output text)

# The cluster role.
cat > cluster-trust-policy.json <<'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "eks.amazonaws.com"},
      "Action": ["sts:AssumeRole", "sts:TagSession"]
    }
  ]
}
JSON
cluster_role=$(aws iam create-role --role-name GuideClusterRole \
    --assume-role-policy-document file://cluster-trust-policy.json --query Role.Arn --output text)
for policy in AmazonEKSClusterPolicy AmazonEKSComputePolicy AmazonEKSBlockStoragePolicy \
    AmazonEKSLoadBalancingPolicy AmazonEKSNetworkingPolicy; do
    aws iam attach-role-policy --role-name GuideClusterRole \
        --policy-arn "arn:aws:iam::aws:policy/$policy"
done

# The node role, under a path.
cat > node-trust-policy.json <<'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "ec2.amazonaws.com"},
      "Action": ["sts:AssumeRole"]
    }
  ]
}
JSON
node_role=$(aws iam create-role --role-name GuideNodeRole --path /platform/eks/ \
    --assume-role-policy-document file://node-trust-policy.json --query Role.Arn --output text)
same "$node_role" "arn:aws:iam::$account:role/platform/eks/GuideNodeRole"
for policy in AmazonEKSWorkerNodeMinimalPolicy AmazonEC2ContainerRegistryPullOnly; do
    aws iam attach-role-policy --role-name GuideNodeRole \
        --policy-arn "arn:aws:iam::aws:policy/$policy"
done

# A cluster with EKS Auto Mode and no built-in pools.
aws eks create-cluster --name "$name" --role-arn "$cluster_role" \
    --resources-vpc-config subnetIds=subnet-0a1b2c3d4e5f60001,subnet-0a1b2c3d4e5f60002 \
    --access-config authenticationMode=API \
    --compute-config enabled=true \
    --kubernetes-network-config '{"elasticLoadBalancing":{"enabled":true}}' \
    --storage-config '{"blockStorage":{"enabled":true}}' --output json > /dev/null
aws eks wait cluster-active --name "$name"
same "$(aws eks describe-cluster --name "$name" --query cluster.computeConfig.enabled --output text)" True

# The access entry of the node class, for the ARN with its path.
if aws eks create-access-entry --cluster-name "$name" \
    --principal-arn "arn:aws:iam::$account:role/GuideNodeRole" --type EC2 2> refused.txt; then
    fail "an entry for the ARN without its path was taken"
fi
grep -q "(InvalidParameterException).*The specified principalArn is invalid: invalid principal." refused.txt \
    || fail "$(cat refused.txt)"
aws eks create-access-entry --cluster-name "$name" --principal-arn "$node_role" --type EC2 > /dev/null
aws eks associate-access-policy --cluster-name "$name" --principal-arn "$node_role" \
    --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy \
    --access-scope type=cluster > /dev/null

aws eks list-access-entries --cluster-name "$name" --query accessEntries --output text \
    | tr '\t' '\n' | grep -qx "$node_role" || fail "the entry is not listed"
same "$(aws eks describe-access-entry --cluster-name "$name" --principal-arn "$node_role" \
    --query accessEntry.type --output text)" EC2
entry=$(aws eks describe-access-entry --cluster-name "$name" --principal-arn "$node_role" \
    --query accessEntry.accessEntryArn --output text)
case "$entry" in
    "arn:aws:eks:$region:$account:access-entry/$name/role/$account/GuideNodeRole/"*) ;;
    *) fail "the entry's ARN is $entry" ;;
esac
same "$(aws eks list-associated-access-policies --cluster-name "$name" --principal-arn "$node_role" \
    --query 'associatedAccessPolicies[].policyArn' --output text)" \
    arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy

# A name without an entry is told in EKS's words.
if aws eks describe-access-entry --cluster-name "$name" \
    --principal-arn "arn:aws:iam::$account:role/GuideNodeRole" 2> refused.txt; then
    fail "there is an entry without the path"
fi
grep -q "(ResourceNotFoundException).*The specified principalArn could not be found." refused.txt \
    || fail "$(cat refused.txt)"

# kubectl's way to the cluster.
aws eks update-kubeconfig --name "$name" --kubeconfig "$PWD/guide.kubeconfig" > /dev/null
grep -q "arn:aws:eks:$region:$account:cluster/$name" guide.kubeconfig || fail "no context for the cluster"
grep -q "get-token" guide.kubeconfig || fail "no token command in the kubeconfig"

# All away again.
aws eks disassociate-access-policy --cluster-name "$name" --principal-arn "$node_role" \
    --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
aws eks delete-access-entry --cluster-name "$name" --principal-arn "$node_role"
aws eks delete-cluster --name "$name" > /dev/null
aws eks wait cluster-deleted --name "$name"
