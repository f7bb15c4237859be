//! A sandbox with real ports, and the binary in its environment.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_eks::types::{AccessScope, AccessScopeType};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_declared::{Options, Read};
use rolecall_live::{Credentials, SharedCredentialsProvider, http_client};
use rolecall_sandbox::{
    Generation, Load, RunningCluster, Sandbox, Settings, WorldSettings, default_credentials,
};
use rolecall_sandbox_aws::sigv4::sign;
use rolecall_sandbox_kube::User;
use serde_json::Value;
use tokio::runtime::Runtime;

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails with all that was said where a text is not in the report.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no `{text}` in\n{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says_not(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text), "`{text}` in\n{}", self.stdout);
        self
    }

    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// A key and its secret.
pub(crate) type Key = (String, String);

/// An emulated AWS with clusters, and a folder with their kubeconfig.
pub(crate) struct Cloud {
    pub(crate) sandbox: Sandbox,
    pub(crate) runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Cloud {
    /// One with what each of these paths below the workspace's folder declares, settled.
    pub(crate) fn of(paths: &[&str], generation: Generation) -> Self {
        let reads: Vec<Read> = paths
            .iter()
            .map(|path| rolecall_declared::read(&[root().join(path)], &Options::default()))
            .collect();
        let first = &reads.first().unwrap().snapshot;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime
            .block_on(Sandbox::start(Settings {
                world: WorldSettings {
                    generation,
                    ..WorldSettings::of(first)
                },
                aws: any_port,
                kube: any_port,
                faults: Vec::new(),
                trail: None,
                runs_by_itself: false,
            }))
            .unwrap();
        for read in reads {
            let _ = sandbox.load(&Load {
                snapshot: read.snapshot,
                manifests: read.manifests,
                cluster: None,
            });
        }
        sandbox.settle();
        let cloud = Self {
            sandbox,
            runtime,
            folder: tempfile::tempdir().unwrap(),
        };
        let kubeconfig = cloud.sandbox.kubeconfig(env!("CARGO_BIN_EXE_rolecall"));
        fs::write(cloud.kubeconfig(), kubeconfig).unwrap();
        cloud
    }

    /// The kubeconfig of all clusters, the first of which is the current context's.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// A file in the cloud's folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary, with the variables that `rolecall sandbox env` prints and nothing else of AWS or
    /// Kubernetes.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command
            .current_dir(self.folder.path())
            .args(args)
            .stdin(Stdio::null())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("KUBECONFIG", self.kubeconfig());
        for (name, value) in self.sandbox.exports().variables() {
            command.env(name, value);
        }
        command
    }

    /// Runs `diagnose` as the administrator.
    pub(crate) fn diagnose(&self, args: &[&str]) -> Ran {
        run(self.diagnosing(args))
    }

    /// `diagnose`, to be given other variables.
    pub(crate) fn diagnosing(&self, args: &[&str]) -> Command {
        let mut all = vec!["diagnose"];
        all.extend(args);
        self.command(&all)
    }

    /// The SDK as the administrator.
    pub(crate) fn sdk(&self) -> SdkConfig {
        let exports = self.sandbox.exports();
        let credentials = Credentials::from_keys(
            exports.access_key_id.clone(),
            exports.secret_access_key.clone(),
            None,
        );
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(exports.region.clone()))
            .http_client(http_client(Some(&exports.endpoint_url)))
            .endpoint_url(exports.endpoint_url)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.sdk())
    }

    pub(crate) fn eks(&self) -> aws_sdk_eks::Client {
        aws_sdk_eks::Client::new(&self.sdk())
    }

    /// A new user who may do nothing.
    pub(crate) fn user(&self, name: &str) -> Key {
        let iam = self.iam();
        self.runtime.block_on(async {
            iam.create_user().user_name(name).send().await.unwrap();
            let made = iam.create_access_key().user_name(name).send().await;
            let key = made.unwrap().access_key.unwrap();
            (key.access_key_id, key.secret_access_key)
        })
    }

    /// Gives a user this policy and no other.
    pub(crate) fn let_user(&self, name: &str, policy: &str) {
        let put = self.iam().put_user_policy();
        let put = put
            .user_name(name)
            .policy_name("own")
            .policy_document(policy);
        self.runtime.block_on(put.send()).unwrap();
    }

    /// Makes the access entry that Auto Mode's nodes need.
    pub(crate) fn let_nodes_in(&self, cluster: &str, role: &str) {
        let eks = self.eks();
        self.runtime.block_on(async {
            let entry = eks.create_access_entry().cluster_name(cluster);
            let entry = entry.principal_arn(role).r#type("EC2");
            entry.send().await.unwrap();
            let scope = AccessScope::builder().r#type(AccessScopeType::Cluster);
            let policy = eks.associate_access_policy().cluster_name(cluster);
            policy
                .principal_arn(role)
                .policy_arn("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy")
                .access_scope(scope.build())
                .send()
                .await
                .unwrap();
        });
    }

    /// A call of EC2 as the administrator: its parameters, and the answer's text.
    pub(crate) fn ec2(&self, parameters: &[(&str, &str)]) -> String {
        let exports = self.sandbox.exports();
        let mut body = "Version=2016-11-15".to_owned();
        for (name, value) in parameters {
            body += &format!("&{name}={}", value.replace('/', "%2F").replace(':', "%3A"));
        }
        let mut request = Request::post(format!("https://ec2.{}.amazonaws.com/", exports.region))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap();
        let now = Timestamp::now();
        sign(
            &mut request,
            &default_credentials(),
            &exports.region,
            "ec2",
            now,
        );
        let answer = self.sandbox.world().aws().handle(request).response;
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), 200, "{text}");
        text
    }

    pub(crate) fn cluster(&self, name: &str) -> Arc<RunningCluster> {
        self.sandbox.world().cluster_named(name).unwrap()
    }

    /// A call of a cluster's API server with JSON, as its master.
    pub(crate) fn kube(&self, cluster: &str, method: &str, path: &str, body: &Value) -> Value {
        let content = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        self.ask(cluster, method, path, content, body.to_string())
    }

    /// Applies YAML as `kubectl apply --server-side` does.
    pub(crate) fn apply(&self, cluster: &str, path: &str, yaml: &str) {
        let path = format!("{path}?fieldManager=test");
        let content = "application/apply-patch+yaml";
        self.ask(cluster, "PATCH", &path, content, yaml.to_owned());
    }

    fn ask(&self, cluster: &str, method: &str, path: &str, content: &str, body: String) -> Value {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content)
            .body(body.into_bytes().into())
            .unwrap();
        request.extensions_mut().insert(User::master());
        let answer = self
            .cluster(cluster)
            .server
            .handle(request)
            .whole()
            .unwrap();
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(answer.status().is_success(), "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// The same as another user.
pub(crate) fn with_key<'a>(command: &'a mut Command, key: &Key) -> &'a mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", &key.0)
        .env("AWS_SECRET_ACCESS_KEY", &key.1)
}

pub(crate) fn run(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}
