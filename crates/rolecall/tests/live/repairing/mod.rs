//! `repair` by people with fewer permissions than it takes, on machines with full disks, broken off.

mod broken_off;
mod input;
mod journals;
mod refused;
mod unlisted;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_live::permissions;
use rolecall_sandbox::Generation;
use serde_json::{Value, json};

use crate::cloud::{Cloud, Key, Ran, run, with_key};

const CLUSTER: &str = "platform-prod";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const WEB: &str = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";

/// The example with a role under a path, in which one entry is missing.
struct Scene {
    cloud: Cloud,
}

impl Scene {
    fn new() -> Self {
        Self::of(Generation::Current)
    }

    fn of(generation: Generation) -> Self {
        Self {
            cloud: Cloud::of(&["examples/custom-path"], generation),
        }
    }

    /// `repair` as the administrator, to be given other variables.
    fn typing(&self, args: &[&str]) -> Command {
        let mut all = vec!["repair"];
        all.extend(args);
        self.cloud.command(&all)
    }

    /// `repair` as the administrator.
    fn repair(&self, args: &[&str]) -> Ran {
        run(self.typing(args))
    }

    /// `repair` as somebody else, who reaches the cluster as EKS says.
    fn repair_as(&self, key: &Key, args: &[&str]) -> Ran {
        let mut command = self.typing(args);
        with_key(&mut command, key).env("KUBECONFIG", "nowhere");
        run(command)
    }

    /// A user who is in the cluster with no permission there, and may read all of AWS.
    fn operator(&self, more: &Value) -> Key {
        let key = self.cloud.user("operator");
        self.let_operator(more);
        let eks = self.cloud.eks();
        let entry = eks
            .create_access_entry()
            .cluster_name(CLUSTER)
            .principal_arn("arn:aws:iam::111122223333:user/operator")
            .kubernetes_groups("operators");
        self.cloud.runtime.block_on(entry.send()).unwrap();
        key
    }

    /// Gives the operator these statements beside those that reading needs.
    fn let_operator(&self, more: &Value) {
        let mut statements = vec![json!({"Effect": "Allow", "Resource": "*", "Action": [
            "eks:Describe*", "eks:List*", "iam:Get*", "iam:List*", "cloudtrail:LookupEvents",
            "ec2:DescribeInstances",
        ]})];
        statements.extend(more.as_array().unwrap().iter().cloned());
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        self.cloud.let_user("operator", &policy.to_string());
    }

    /// Binds a ClusterRole to the operator.
    fn bind(&self, name: &str, yaml: &str) {
        self.cloud
            .apply(CLUSTER, &format!("{RBAC}/clusterroles/{name}"), yaml);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "operators"}],
        });
        let path = format!("{RBAC}/clusterrolebindings/{name}");
        self.cloud.apply(CLUSTER, &path, &binding.to_string());
    }

    /// Lets the operator read the cluster's objects.
    fn let_read_objects(&self) {
        let role = permissions::cluster_role(permissions::Command::Repair);
        self.bind("rolecall-reader", &role);
    }

    /// Takes that away again.
    fn hide_objects(&self) {
        let path = format!("{RBAC}/clusterrolebindings/rolecall-reader");
        self.cloud.kube(CLUSTER, "DELETE", &path, &Value::Null);
    }

    /// Every call that changed something since a number of calls, by operation.
    fn changes_since(&self, begun: u64) -> Vec<String> {
        let calls = self.cloud.sandbox.world().aws().calls().after(begun);
        let made = calls.into_iter().filter(|call| call.error.is_none());
        let operations = made.map(|call| call.operation);
        operations
            .filter(|operation| {
                let mut reading = ["Describe", "List", "Get", "Lookup", "Assume"].iter();
                !reading.any(|reading| operation.starts_with(reading))
            })
            .collect()
    }

    fn calls(&self) -> u64 {
        self.cloud.sandbox.world().aws().calls().total()
    }

    /// A path in the folder in which the commands run.
    fn path(&self, name: &str) -> PathBuf {
        self.cloud.kubeconfig().parent().unwrap().join(name)
    }

    /// The only journal that is not of an undo.
    fn journal(&self) -> PathBuf {
        let folder = self.path(".local/state/rolecall/repairs");
        let mut journals = files(&folder);
        journals.retain(|path| !path.to_string_lossy().contains("-undo"));
        assert_eq!(journals.len(), 1, "{journals:?}");
        journals.remove(0)
    }
}

/// The journals in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|known| known == "jsonl"))
        .collect()
}

impl Ran {
    /// Fails where a text is neither on standard output nor on standard error.
    #[track_caller]
    fn tells(&self, text: &str) -> &Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(text), "no `{text}` in\n{all}");
        self
    }

    #[track_caller]
    fn tells_not(&self, text: &str) -> &Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.contains(text), "`{text}` in\n{all}");
        self
    }
}

/// The statements of the policy that was printed.
fn statements(ran: &Ran) -> Value {
    let (_, rest) = ran.stderr.split_once("\n{\n").unwrap();
    let (policy, _) = rest.split_once("\n}\n").unwrap();
    let policy: Value = serde_json::from_str(&format!("{{{policy}}}")).unwrap();
    policy.get("Statement").unwrap().clone()
}
