# What a platform engineer does with objects all day.
source "$CONTRACT/kubectl/prelude.bash"

make_cluster objects API_AND_CONFIG_MAP

expect "v1.3" kubectl version
expect "nodeclasses" kubectl api-resources
expect "eks.amazonaws.com/v1" kubectl api-versions
expect "role" kubectl explain nodeclass.spec
expect "nodeClassRef" kubectl explain nodepool.spec.template.spec
expect "conditions" kubectl explain node.status
expect "kube-system" kubectl get namespaces
# A raw path leaves the cluster's own prefix out, and several clusters share the port.
prefix=$(kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}' | sed 's|^https://[^/]*||')
expect "ok" kubectl get --raw "$prefix/readyz"

kubectl create namespace team > /dev/null
kubectl create configmap settings -n team --from-literal=colour=red > /dev/null
expect "red" kubectl get configmap settings -n team -o yaml
expect '"colour":"red"' kubectl get configmap settings -n team -o 'jsonpath={.data}'
kubectl label configmap settings -n team tier=web > /dev/null
expect "settings" kubectl get configmaps -n team -l 'tier in (web)'
expect "No resources found" kubectl get configmaps -n team -l '!tier,none=none'

# All four kinds of patches.
kubectl patch configmap settings -n team --type merge -p '{"data": {"colour": "blue"}}' > /dev/null
kubectl patch configmap settings -n team --type json -p '[{"op": "add", "path": "/data/size", "value": "9"}]' > /dev/null
kubectl patch configmap settings -n team --type strategic -p '{"data": {"shape": "round"}}' > /dev/null
expect '{"colour":"blue","shape":"round","size":"9"}' kubectl get configmap settings -n team -o 'jsonpath={.data}'

# Server-side apply: two owners, a conflict, and force.
manifest() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: owned\n  namespace: team\ndata:\n  colour: %s\n' "$1"; }
manifest red | kubectl apply --server-side --field-manager one -f - > /dev/null
manifest blue > blue.yaml
refuse "conflict" kubectl apply --server-side --field-manager two -f blue.yaml
expect "serverside-applied" kubectl apply --server-side --field-manager two --force-conflicts -f blue.yaml
expect "blue" kubectl get configmap owned -n team -o 'jsonpath={.data.colour}'

# Client-side apply takes away what is no longer written.
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\n  namespace: team\ndata:\n  a: "1"\n  b: "2"\n' > applied.yaml
expect "created" kubectl apply -f applied.yaml
expect "unchanged" kubectl apply -f applied.yaml
sed -i '/b: /d' applied.yaml
expect "configured" kubectl apply -f applied.yaml
expect '{"a":"1"}' kubectl get configmap applied -n team -o 'jsonpath={.data}'
sed -i 's/a: "1"/a: "3"/' applied.yaml
if kubectl diff -f applied.yaml > diff.txt; then fail "kubectl diff sees no difference"; fi
grep -q '^+  a: "3"' diff.txt || fail "kubectl diff prints: $(cat diff.txt)"

# Custom resources: validation by schema and by CEL, defaults, printer columns.
node_class good Nodes objects > class.yaml
expect "created" kubectl apply -f class.yaml
expect "ROLE" kubectl get nodeclass good
expect "80Gi" kubectl get nodeclass good -o yaml
sed 's/role: Nodes/role: Nodes\n  instanceProfile: both/' class.yaml > both.yaml
refuse "must specify exactly one of ['role', 'instanceProfile']" kubectl apply -f both.yaml
sed 's/  role: Nodes/  role: Nodes\n  rol: typo/' class.yaml > typo.yaml
refuse 'unknown field "spec.rol"' kubectl apply -f typo.yaml

# Watching and waiting.
kubectl get configmaps -n team -w -o name > watched.txt &
watcher=$!
sleep 1
kubectl create configmap later -n team > /dev/null
for _ in $(seq 50); do grep -q configmap/later watched.txt && break; sleep 0.1; done
kill $watcher
grep -q configmap/later watched.txt || fail "the watch did not see the new object"

kubectl delete configmap settings -n team > /dev/null
refuse 'configmaps "settings" not found' kubectl get configmap settings -n team
kubectl delete namespace team --timeout=30s > /dev/null
refuse 'namespaces "team" not found' kubectl get namespace team
kubectl delete nodeclass good --timeout=30s > /dev/null
