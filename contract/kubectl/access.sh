# Who may use a cluster: access entries by unique id, aws-auth by text, and nobody else.
source "$CONTRACT/kubectl/prelude.bash"

make_cluster doors API_AND_CONFIG_MAP
aws iam create-role --role-name Visitor --path /people/ --assume-role-policy-document "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$account\"}, \"Action\": \"sts:AssumeRole\"}]}" > /dev/null
aws iam attach-role-policy --role-name Visitor --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
role=arn:aws:iam::$account:role/people/Visitor

as_visitor() {
  local keys
  keys=$(aws sts assume-role --role-arn "$role" --role-session-name visit --query \
    'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<< "$keys"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  "$@"
}

visitor() { (as_visitor "$@"); }

refuse "must be logged in" visitor kubectl get nodes

aws eks create-access-entry --cluster-name doors --principal-arn "$role" > /dev/null
refuse 'cannot list resource "nodes"' visitor kubectl get nodes
aws eks associate-access-policy --cluster-name doors --principal-arn "$role" \
  --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy \
  --access-scope type=namespace,namespaces=default > /dev/null
expect "No resources found" visitor kubectl get configmaps -n default -l none=none
refuse "forbidden" visitor kubectl get configmaps -n kube-system
refuse "forbidden" visitor kubectl create configmap mine -n default

# An entry dies with its role: the same ARN, another role.
aws iam detach-role-policy --role-name Visitor --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
aws iam delete-role --role-name Visitor
aws iam create-role --role-name Visitor --path /people/ --assume-role-policy-document "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$account\"}, \"Action\": \"sts:AssumeRole\"}]}" > /dev/null
aws iam attach-role-policy --role-name Visitor --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
refuse "must be logged in" visitor kubectl get configmaps -n default

# aws-auth compares texts, without the path: with it nobody is found.
map() {
  kubectl apply --server-side --force-conflicts -f - > /dev/null << YAML
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - rolearn: $1
      username: visitor
      groups:
      - system:masters
YAML
}
map "$role"
refuse "must be logged in" visitor kubectl get nodes
map "arn:aws:iam::$account:role/Visitor"
expect "No resources found" visitor kubectl get nodes
