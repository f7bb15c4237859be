# The story of a node class: without an access entry it is refused, with one it gets its node.
source "$CONTRACT/kubectl/prelude.bash"

make_cluster story API
node_role StoryNodes /platform/eks/
node_class story StoryNodes story | kubectl apply -f - > /dev/null
node_pool story story | kubectl apply -f - > /dev/null

kubectl wait nodeclass/story --for=condition=Ready=False --timeout=30s > /dev/null
expect "Role StoryNodes is unauthorized to join nodes to the cluster" \
  kubectl get nodeclass story -o 'jsonpath={.status.conditions[?(@.reason=="UnauthorizedNodeRole")].message}'
expect "UnauthorizedNodeRole" kubectl describe nodeclass story
expect "False" kubectl get nodepool story
expect "Status condition transitioned" kubectl get events -A

# The cause is in CloudTrail: who asked, and that it was refused.
expect "AccessDenied" aws cloudtrail lookup-events --max-results 50 \
  --lookup-attributes AttributeKey=EventName,AttributeValue=DescribeAccessEntry \
  --query 'Events[].CloudTrailEvent' --output text

admit story "arn:aws:iam::$account:role/platform/eks/StoryNodes"
kubectl annotate nodeclass story look=again > /dev/null
kubectl wait nodeclass/story nodepool/story --for=condition=Ready --timeout=30s > /dev/null

for _ in $(seq 60); do
  [ "$(kubectl get nodes -o name | wc -l)" -eq 1 ] && break
  sleep 0.5
done
kubectl wait node --all --for=condition=Ready --timeout=30s > /dev/null
expect "True" kubectl get nodeclaims -o 'jsonpath={.items[0].status.conditions[?(@.type=="Registered")].status}'
aws ec2 wait instance-running --filters Name=tag:eks:eks-cluster-name,Values=story
expect "StoryNodes" aws iam get-instance-profile --query 'InstanceProfile.Roles[].RoleName' --output text \
  --instance-profile-name "$(aws ec2 describe-instances --filters Name=tag:eks:eks-cluster-name,Values=story \
    --query 'Reservations[].Instances[].IamInstanceProfile.Arn' --output text | sed 's|.*/||')"

kubectl delete nodepool story --wait=false > /dev/null
kubectl wait nodepool/story --for=delete --timeout=60s > /dev/null
kubectl delete nodeclass story --timeout=60s > /dev/null
aws eks delete-cluster --name story > /dev/null
