# Sourced by the scripts of this folder: a cluster of its own, and kubectl pointed at it by
# `aws eks update-kubeconfig` and nothing else.

fail() { echo "FAIL: $*" >&2; exit 1; }

# expect TEXT COMMAND…: the command succeeds and prints TEXT.
expect() {
  local wanted=$1 out
  shift
  out=$("$@" 2>&1) || fail "$* ended with an error: $out"
  grep -qF -- "$wanted" <<< "$out" || fail "$* does not print \`$wanted\`: $out"
}

# refuse TEXT COMMAND…: the command fails and prints TEXT.
refuse() {
  local wanted=$1 out
  shift
  if out=$("$@" 2>&1); then fail "$* succeeded: $out"; fi
  grep -qF -- "$wanted" <<< "$out" || fail "$* does not say \`$wanted\`: $out"
}

account=$(aws sts get-caller-identity --query Account --output text)

cluster_role() {
  aws iam create-role --role-name "$1" --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"},
                   "Action": ["sts:AssumeRole", "sts:TagSession"]}]}' > /dev/null
  local policy
  for policy in AmazonEKSClusterPolicy AmazonEKSComputePolicy AmazonEKSBlockStoragePolicy \
    AmazonEKSLoadBalancingPolicy AmazonEKSNetworkingPolicy; do
    aws iam attach-role-policy --role-name "$1" --policy-arn "arn:aws:iam::aws:policy/$policy"
  done
}

# make_cluster NAME MODE: an Auto Mode cluster with a network.
make_cluster() {
  local vpc zone subnets=""
  vpc=$(aws ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text)
  for zone in a b; do
    subnets+=" $(aws ec2 create-subnet --vpc-id "$vpc" --availability-zone "${AWS_REGION}$zone" \
      --cidr-block "10.0.$(( $(printf '%d' "'$zone") - 97 )).0/24" \
      --tag-specifications 'ResourceType=subnet,Tags=[{Key=kubernetes.io/role/internal-elb,Value=1}]' \
      --query Subnet.SubnetId --output text)"
  done
  cluster_role "$1-cluster"
  aws eks create-cluster --name "$1" --role-arn "arn:aws:iam::$account:role/$1-cluster" \
    --resources-vpc-config "subnetIds=$(echo $subnets | tr ' ' ',')" \
    --access-config "authenticationMode=$2" \
    --compute-config enabled=true \
    --kubernetes-network-config '{"elasticLoadBalancing": {"enabled": true}}' \
    --storage-config '{"blockStorage": {"enabled": true}}' > /dev/null
  aws eks wait cluster-active --name "$1"
  aws eks update-kubeconfig --name "$1" > /dev/null
}

node_role() {
  aws iam create-role --role-name "$1" --path "${2:-/}" --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                   "Action": "sts:AssumeRole"}]}' > /dev/null
  local policy
  for policy in AmazonEKSWorkerNodeMinimalPolicy AmazonEC2ContainerRegistryPullOnly; do
    aws iam attach-role-policy --role-name "$1" --policy-arn "arn:aws:iam::aws:policy/$policy"
  done
}

# admit CLUSTER ROLE_ARN: the entry of Auto Mode's nodes.
admit() {
  aws eks create-access-entry --cluster-name "$1" --principal-arn "$2" --type EC2 > /dev/null
  aws eks associate-access-policy --cluster-name "$1" --principal-arn "$2" --access-scope type=cluster \
    --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy > /dev/null
}

# node_class NAME ROLE CLUSTER and node_pool NAME CLASS: manifests.
node_class() {
  cat << YAML
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata:
  name: $1
spec:
  role: $2
  subnetSelectorTerms:
  - tags:
      kubernetes.io/role/internal-elb: "1"
  securityGroupSelectorTerms:
  - tags:
      aws:eks:cluster-name: $3
YAML
}

node_pool() {
  cat << YAML
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: $1
spec:
  replicas: ${3:-1}
  template:
    spec:
      nodeClassRef:
        group: eks.amazonaws.com
        kind: NodeClass
        name: $2
      requirements:
      - key: kubernetes.io/arch
        operator: In
        values: [amd64]
YAML
}
