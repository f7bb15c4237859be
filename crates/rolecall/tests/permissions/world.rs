//! A sandbox, and identities in it with no more than they are given.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_facts::Change;
use rolecall_live::{
    CarryError, Connection, Kubernetes, Patience, SharedCredentialsProvider, Wait, carry_out,
};
use rolecall_sandbox::{
    Credentials, Generation, Load, Sandbox, Settings, WorldSettings, default_credentials,
};
use rolecall_sandbox_aws::sigv4::sign;
use rolecall_sandbox_kube::User;
use serde_json::{Value, json};

pub(crate) const CLUSTER: &str = "platform-prod";
const REGION: &str = "eu-central-1";
/// Any will do: no change is sent twice in one world.
const TOKEN: &str = "2f0a3a9e-7c6d-4c6e-9d3c-0d8f5a3f2b11";

pub(crate) struct World {
    sandbox: Sandbox,
    /// Its servers run in it.
    runtime: tokio::runtime::Runtime,
    home: tempfile::TempDir,
    operators: AtomicUsize,
}

/// Somebody who runs a command.
pub(crate) struct Operator {
    /// The user's ARN; none of the administrator.
    pub(crate) arn: String,
    key: String,
    secret: String,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// Everything that it said.
    pub(crate) said: String,
}

impl Ran {
    /// Whether nothing was refused.
    pub(crate) fn lacks_nothing(&self) -> bool {
        !self.said.contains("not permitted")
    }

    /// Whether this is told to have been refused. The policy that would give it is not counted.
    pub(crate) fn lacks(&self, what: &str) -> bool {
        let end = [
            "With this IAM policy",
            "with this IAM policy",
            "In the cluster, this ClusterRole",
        ]
        .iter()
        .filter_map(|words| self.said.find(words))
        .min();
        let told = self.said.get(..end.unwrap_or(self.said.len()));
        !self.lacks_nothing() && told.is_some_and(|told| told.contains(what))
    }
}

impl World {
    /// The files of a folder below the workspace, in a sandbox that has settled.
    pub(crate) fn of(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let options = rolecall_declared::Options::default();
        let read = rolecall_declared::read(&[root.join(folder)], &options);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(Settings {
            world: WorldSettings {
                generation: Generation::Legacy,
                ..WorldSettings::of(&read.snapshot)
            },
            aws: any_port,
            kube: any_port,
            faults: Vec::new(),
            trail: None,
            // What is planned must still be so when it is carried out.
            runs_by_itself: false,
        }));
        let sandbox = sandbox.unwrap();
        let notes = sandbox.load(&Load {
            snapshot: read.snapshot,
            manifests: read.manifests,
            cluster: None,
        });
        let world = Self {
            sandbox,
            runtime,
            home: tempfile::tempdir().unwrap(),
            operators: AtomicUsize::new(0),
        };
        assert_eq!(world.sandbox.world().clusters().len(), 1, "{notes:?}");
        world.sandbox.settle();
        world
    }

    /// A user with this policy and no other, who comes into the cluster with this ClusterRole, or not
    /// at all.
    pub(crate) fn operator(&self, policy: &Value, cluster_role: Option<&str>) -> Operator {
        let number = self.operators.fetch_add(1, Ordering::SeqCst);
        let name = format!("operator-{number}");
        let arn = format!("arn:aws:iam::111122223333:policy/{name}");
        let user = ("UserName", name.as_str());
        self.iam("CreateUser", &[user]);
        let document = policy.to_string();
        let policy = [("PolicyName", name.as_str()), ("PolicyDocument", &document)];
        self.iam("CreatePolicy", &policy);
        self.iam("AttachUserPolicy", &[user, ("PolicyArn", &arn)]);
        let key = self.iam("CreateAccessKey", &[user]);
        if let Some(role) = cluster_role {
            self.admit(&format!("user/{name}"), &name, role);
        }
        Operator {
            arn: format!("arn:aws:iam::111122223333:user/{name}"),
            key: element(&key, "AccessKeyId"),
            secret: element(&key, "SecretAccessKey"),
        }
    }

    /// Who may do everything.
    pub(crate) fn administrator(&self) -> Operator {
        let Credentials {
            access_key_id,
            secret_access_key,
            ..
        } = default_credentials();
        Operator {
            arn: String::new(),
            key: access_key_id,
            secret: secret_access_key,
        }
    }

    /// A role with these policies and no other, who comes into the cluster with this ClusterRole; its
    /// ARN.
    pub(crate) fn role(&self, name: &str, trust: &Value, policy: &Value, role: &str) -> String {
        let (trust, document) = (trust.to_string(), policy.to_string());
        let named = ("RoleName", name);
        self.iam("CreateRole", &[named, ("AssumeRolePolicyDocument", &trust)]);
        let policy = [("PolicyName", name), ("PolicyDocument", &document)];
        self.iam("PutRolePolicy", &[&[named], &policy[..]].concat());
        self.admit(&format!("role/{name}"), &name.to_lowercase(), role);
        format!("arn:aws:iam::111122223333:role/{name}")
    }

    /// Binds a ClusterRole of its own to a group that only this principal's access entry gives.
    fn admit(&self, principal: &str, name: &str, role: &str) {
        let entry = json!({
            "principalArn": format!("arn:aws:iam::111122223333:{principal}"),
            "kubernetesGroups": [name],
        });
        let path = format!("/clusters/{CLUSTER}/access-entries");
        let request = Request::post(format!("https://eks.{REGION}.amazonaws.com{path}"))
            .header("content-type", "application/json")
            .body(Bytes::from(entry.to_string()));
        self.send(request.unwrap(), "eks");
        for (number, role) in role.split("\n---\n").enumerate() {
            self.bind(&format!("{name}-{number}"), name, role);
        }
    }

    /// Makes a role of a name of its own, and binds it to a group.
    fn bind(&self, name: &str, group: &str, role: &str) {
        let role: Vec<String> = role
            .lines()
            .map(|line| match line.trim_start().starts_with("name:") {
                true => format!("  name: {name}"),
                false => line.to_owned(),
            })
            .collect();
        let namespace = role
            .iter()
            .find_map(|line| line.trim_start().strip_prefix("namespace: "));
        let (kind, place) = match namespace {
            Some(namespace) => ("Role", format!("namespaces/{namespace}/")),
            None => ("ClusterRole", String::new()),
        };
        let of_rbac = "rbac.authorization.k8s.io";
        let binding = json!({
            "apiVersion": format!("{of_rbac}/v1"),
            "kind": format!("{kind}Binding"),
            "metadata": {"name": name, "namespace": namespace},
            "roleRef": {"apiGroup": of_rbac, "kind": kind, "name": name},
            "subjects": [{"apiGroup": of_rbac, "kind": "Group", "name": group}],
        });
        let kind = kind.to_lowercase();
        self.apply(&format!("{place}{kind}s/{name}"), role.join("\n"));
        self.apply(
            &format!("{place}{kind}bindings/{name}"),
            binding.to_string(),
        );
    }

    fn apply(&self, path: &str, object: String) {
        let path =
            format!("/apis/rbac.authorization.k8s.io/v1/{path}?fieldManager=test&force=true");
        let request = Request::patch(path)
            .header("content-type", "application/apply-patch+yaml")
            .body(Bytes::from(object));
        let mut request = request.unwrap();
        request.extensions_mut().insert(User::master());
        let clusters = self.sandbox.world().clusters();
        let response = clusters[0].server.handle(request).whole().unwrap();
        assert!(response.status().is_success(), "{:?}", response.body());
    }

    /// Makes one change as somebody.
    pub(crate) fn carry_out(&self, who: &Operator, change: &Change) -> Result<(), CarryError> {
        let keys = rolecall_live::Credentials::from_keys(&who.key, &who.secret, None);
        let connection = Connection::new(rolecall_live::Settings {
            region: REGION.to_owned(),
            endpoint_url: Some(self.sandbox.aws_url()),
            credentials: SharedCredentialsProvider::new(keys),
            kubernetes: Kubernetes::FromEks,
        });
        let connection = connection.with_patience(Patience {
            first: Duration::from_millis(10),
            in_all: Duration::from_secs(2),
            for_update: Duration::from_secs(10),
        });
        let mut told = |_: Wait| {};
        let made = carry_out(&connection, CLUSTER, change, TOKEN, &mut told);
        self.runtime.block_on(made)
    }

    /// An account that never had what an AWS service has this role for.
    pub(crate) fn forget_service_role(&self, name: &str) {
        self.iam("DeleteServiceLinkedRole", &[("RoleName", name)]);
    }

    fn iam(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let mut form = format!("Action={action}&Version=2010-05-08");
        for (name, value) in fields {
            let value = encoded(value);
            form.push_str(&format!("&{name}={value}"));
        }
        let request = Request::post("https://iam.amazonaws.com/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form));
        self.send(request.unwrap(), "iam")
    }

    fn send(&self, mut request: Request<Bytes>, service: &str) -> String {
        let region = if service == "iam" {
            "us-east-1"
        } else {
            REGION
        };
        let (credentials, now) = (default_credentials(), Timestamp::now());
        sign(&mut request, &credentials, region, service, now);
        let answer = self.sandbox.world().aws().handle(request).response;
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), 200, "{text}");
        text
    }

    /// Runs the binary as somebody, reaching the cluster as EKS says.
    pub(crate) fn run(&self, who: &Operator, args: &[&str]) -> Ran {
        self.finish(self.command(who, args))
    }

    /// The same, reaching the cluster by a kubeconfig.
    pub(crate) fn run_with_kubeconfig(&self, who: &Operator, args: &[&str]) -> Ran {
        let administrator = self.administrator();
        let text = self
            .sandbox
            .kubeconfig(env!("CARGO_BIN_EXE_rolecall"))
            .replace(&administrator.key, &who.key)
            .replace(&administrator.secret, &who.secret);
        let path = self.home.path().join(format!("kubeconfig-{}", who.key));
        std::fs::write(&path, text).unwrap();
        let mut command = self.command(who, args);
        command.env("KUBECONFIG", path);
        self.finish(command)
    }

    fn command(&self, who: &Operator, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command
            .args(args)
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_ENDPOINT_URL", self.sandbox.aws_url())
            .env("AWS_ACCESS_KEY_ID", &who.key)
            .env("AWS_SECRET_ACCESS_KEY", &who.secret)
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        command
    }

    fn finish(&self, mut command: Command) -> Ran {
        let output = command.output().unwrap();
        let texts = [output.stdout, output.stderr];
        Ran {
            code: output.status.code().unwrap(),
            said: texts.map(|text| String::from_utf8(text).unwrap()).concat(),
        }
    }

    /// A path in a folder that goes with this world.
    pub(crate) fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }
}

fn element(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
