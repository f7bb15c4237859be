# docs/walkthrough.md, word for word, on a sandbox of its own.
command rolecall sandbox --control-plane legacy --aws-port 0 --kube-port 0 --region eu-central-1 \
  --kubeconfig own-kubeconfig > announced.txt &
sandbox=$!
trap 'kill $sandbox' EXIT
for _ in $(seq 100); do grep -q KUBECONFIG announced.txt && break; sleep 0.1; done
port=$(sed -n 's/^export AWS_ENDPOINT_URL=.*:\([0-9]*\)$/\1/p' announced.txt)
kubeconfig=$KUBECONFIG
export XDG_STATE_HOME=$PWD/state

# The guide has the default port and no other kubeconfig.
rolecall() {
  case $1 in
    sandbox) command rolecall "$@" --aws-port "$port"; echo "export KUBECONFIG=$kubeconfig" ;;
    *) command rolecall "$@" ;;
  esac
}

sed -n '/<!-- walkthrough: run -->/,/^```$/p' "$CONTRACT/../docs/walkthrough.md" \
  | grep -v -e '^<!--' -e '^```' > steps.sh
grep -q 'kubectl get nodes' steps.sh || { echo "the guide has no steps"; exit 1; }
source steps.sh > said.txt

grep -q 'UnauthorizedNodeRole' said.txt
grep -q 'RC710 legacy-control-plane-drops-path' said.txt
grep -q 'Every link holds' said.txt
grep -q 'role/111122223333/NodeRole/\*' said.txt
grep -q '"EC2"' said.txt
grep -Eq 'node/i-0[0-9a-f]+ +Ready' said.txt
grep -q 'RC702 access-entry-missing' said.txt
grep -q 'What the plan was for is mended' said.txt
tail -15 said.txt | grep -q AmazonEKSAutoNodePolicy
