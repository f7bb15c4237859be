# The EKS User Guide's pages on cluster access: change the authentication mode, create, change and
# delete access entries, associate access policies; and a managed node group with a role in a path.
name=access
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-eu-central-1}}
export AWS_REGION=$region AWS_DEFAULT_REGION=$region

fail() { echo "FAILED: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || fail "expected '$2', got '$1'"; }
refused() { # CODE command…
    code=$1
    shift
    if "$@" > out.txt 2> refused.txt; then fail "taken: $*"; fi
    grep -q "($code)" refused.txt || fail "$(cat refused.txt)"
}
trust() {
    printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}

account=$(aws sts get-caller-identity --query Account --output text)
cluster_role=$(aws iam create-role --role-name AccessClusterRole \
    --assume-role-policy-document "$(trust eks.amazonaws.com)" --query Role.Arn --output text)
node_role=$(aws iam create-role --role-name AccessNodeRole --path /team/a/ \
    --assume-role-policy-document "$(trust ec2.amazonaws.com)" --query Role.Arn --output text)
aws eks create-cluster --name "$name" --role-arn "$cluster_role" \
    --resources-vpc-config subnetIds=subnet-0a1b2c3d4e5f60001,subnet-0a1b2c3d4e5f60002 > /dev/null
aws eks wait cluster-active --name "$name"
same "$(aws eks describe-cluster --name "$name" \
    --query cluster.accessConfig.authenticationMode --output text)" CONFIG_MAP

# Access entries need the API, which is reached in one step and left in none.
refused InvalidRequestException aws eks list-access-entries --cluster-name "$name"
update=$(aws eks update-cluster-config --name "$name" \
    --access-config authenticationMode=API_AND_CONFIG_MAP --query update.id --output text)
same "$(aws eks describe-update --name "$name" --update-id "$update" --query update.type --output text)" \
    AccessConfigUpdate
aws eks wait cluster-active --name "$name"
refused InvalidParameterException aws eks update-cluster-config --name "$name" \
    --access-config authenticationMode=CONFIG_MAP

# A viewer in two namespaces.
aws iam create-user --user-name access-viewer > /dev/null
viewer=arn:aws:iam::$account:user/access-viewer
aws eks create-access-entry --cluster-name "$name" --principal-arn "$viewer" --type STANDARD \
    --kubernetes-groups Viewers > /dev/null
aws eks associate-access-policy --cluster-name "$name" --principal-arn "$viewer" \
    --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy \
    --access-scope type=namespace,namespaces=my-namespace1,my-namespace2 > /dev/null
same "$(aws eks list-associated-access-policies --cluster-name "$name" --principal-arn "$viewer" \
    --query 'associatedAccessPolicies[0].accessScope.namespaces' --output text)" \
    "my-namespace1	my-namespace2"
aws eks update-access-entry --cluster-name "$name" --principal-arn "$viewer" \
    --kubernetes-groups Readers --username reader > /dev/null
same "$(aws eks describe-access-entry --cluster-name "$name" --principal-arn "$viewer" \
    --query 'accessEntry.[username,kubernetesGroups[0]]' --output text)" "reader	Readers"
refused InvalidParameterException aws eks update-access-entry --cluster-name "$name" \
    --principal-arn "$viewer" --kubernetes-groups system:masters
refused ResourceInUseException aws eks create-access-entry --cluster-name "$name" --principal-arn "$viewer"
aws eks list-access-policies --query 'accessPolicies[].name' --output text | grep -qw AmazonEKSViewPolicy \
    || fail "the view policy is not listed"

# A node group registers its role and leaves the entry behind.
aws eks create-nodegroup --cluster-name "$name" --nodegroup-name workers --node-role "$node_role" \
    --subnets subnet-0a1b2c3d4e5f60001 --scaling-config minSize=1,maxSize=2,desiredSize=1 > /dev/null
aws eks wait nodegroup-active --cluster-name "$name" --nodegroup-name workers
same "$(aws eks describe-access-entry --cluster-name "$name" --principal-arn "$node_role" \
    --query accessEntry.type --output text)" EC2_LINUX
aws eks delete-nodegroup --cluster-name "$name" --nodegroup-name workers > /dev/null
aws eks wait nodegroup-deleted --cluster-name "$name" --nodegroup-name workers
aws eks describe-access-entry --cluster-name "$name" --principal-arn "$node_role" > /dev/null

# Tags of the cluster.
arn=$(aws eks describe-cluster --name "$name" --query cluster.arn --output text)
aws eks tag-resource --resource-arn "$arn" --tags team=a,stage=test
aws eks untag-resource --resource-arn "$arn" --tag-keys stage
same "$(aws eks list-tags-for-resource --resource-arn "$arn" --query tags --output text)" a

aws eks delete-cluster --name "$name" > /dev/null
aws eks wait cluster-deleted --name "$name"
