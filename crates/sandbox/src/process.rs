//! The sandbox as a process: servers in front of a [`World`], and what goes on in the background.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use parking_lot::Mutex;
use rolecall_sandbox_aws::{Answer, FaultRule, Limits, Refusal, Serving, serve};
use rolecall_sandbox_kube::serve as kube_serve;
use rolecall_sandbox_kube::{Answer as KubeAnswer, ApiServer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::admin;
use crate::exports::{Exports, KubeconfigCluster, kubeconfig};
use crate::load::{Load, Note};
use crate::state::StateError;
use crate::world::{World, WorldSettings};

/// How long requests under way may take when the sandbox stops.
const GRACE: Duration = Duration::from_secs(2);
/// How often the sandbox looks whether something is due.
const TICK: Duration = Duration::from_millis(200);

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Everything but ports.
    pub world: WorldSettings,
    /// Where AWS is served; port 0 for a free one.
    pub aws: SocketAddr,
    /// Where Kubernetes is served; port 0 for a free one.
    pub kube: SocketAddr,
    /// Faults in force from the start.
    pub faults: Vec<FaultRule>,
    /// The folder that gets CloudTrail's log files.
    pub trail: Option<PathBuf>,
    /// Whether the control planes run by themselves, or only when told to settle.
    pub runs_by_itself: bool,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A port cannot be had.
    #[error(
        "{what} cannot listen on {address}: {source}; name another port with {option}, 0 for a free one"
    )]
    Port {
        /// `AWS` or `Kubernetes`.
        what: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The server's certificate cannot be made.
    #[error("the certificate of the Kubernetes endpoint cannot be made: {0}")]
    Certificate(#[from] kube_serve::IdentityError),
}

/// A sandbox that runs. Dropping it stops it.
pub struct Sandbox {
    world: World,
    aws: Serving,
    kube: kube_serve::Serving,
    authority: String,
    exports: Arc<Mutex<Exports>>,
    background: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts one on the current Tokio runtime.
    ///
    /// # Errors
    /// When a port is taken or the state file cannot be used.
    pub async fn start(settings: Settings) -> Result<Self, SandboxError> {
        let aws_listener = bind("AWS", settings.aws, "--aws-port").await?;
        let kube_listener = bind("Kubernetes", settings.kube, "--kube-port").await?;
        let world = World::new(settings.world.clone())?;
        for rule in settings.faults {
            world.aws().faults().add(rule);
        }
        if let Some(folder) = settings.trail {
            world.deliver_to(folder);
        }
        let identity = world.identity()?;
        let authority = identity.certificate_authority_base64();
        let clusters = Arc::new(Clusters(world.clone()));
        let kube = kube_serve::serve(kube_listener, &identity, clusters)?;
        world.serve_at(&format!("https://{}", kube.address()), &authority);
        let exports = Arc::new(Mutex::new(Exports {
            endpoint_url: String::new(),
            access_key_id: settings.world.credentials.access_key_id.clone(),
            secret_access_key: settings.world.credentials.secret_access_key.clone(),
            region: world.settings().region.clone(),
            kubeconfig: None,
        }));
        let aws = serve_aws(
            aws_listener,
            world.clone(),
            Arc::clone(&exports),
            settings.aws,
        )?;
        exports.lock().endpoint_url = aws.url();
        if settings.runs_by_itself {
            world.run_by_itself();
        }
        let ticking = world.clone();
        let background = vec![tokio::spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            loop {
                interval.tick().await;
                let world = ticking.clone();
                // Files are written: not on a thread that serves.
                if tokio::task::spawn_blocking(move || world.tick())
                    .await
                    .is_err()
                {
                    return;
                }
            }
        })];
        Ok(Self {
            world,
            aws,
            kube,
            authority,
            exports,
            background,
        })
    }

    /// The parts behind the ports.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// `http://127.0.0.1:4580`
    #[must_use]
    pub fn aws_url(&self) -> String {
        self.aws.url()
    }

    /// Where Kubernetes is served.
    #[must_use]
    pub fn kube_address(&self) -> SocketAddr {
        self.kube.address()
    }

    /// The certificate authority of the Kubernetes endpoint, PEM in base64.
    #[must_use]
    pub fn certificate_authority(&self) -> &str {
        &self.authority
    }

    /// What a shell needs.
    #[must_use]
    pub fn exports(&self) -> Exports {
        self.exports.lock().clone()
    }

    /// Puts what files declare into it.
    #[must_use]
    pub fn load(&self, load: &Load) -> Vec<Note> {
        self.world.load(load)
    }

    /// Runs every control plane until none has anything to do; what they could not do is returned.
    pub fn settle(&self) -> Vec<String> {
        self.world.settle()
    }

    /// A kubeconfig of all clusters, whose tokens `program` makes.
    #[must_use]
    pub fn kubeconfig(&self, program: &str) -> String {
        let clusters: Vec<KubeconfigCluster> = self
            .world
            .clusters()
            .iter()
            .map(|cluster| KubeconfigCluster {
                context: cluster.key.name.clone(),
                name: cluster.key.name.clone(),
                server: format!("https://{}/clusters/{}", self.kube.address(), cluster.id()),
                certificate_authority: self.authority.clone(),
                region: cluster.key.region.clone(),
            })
            .collect();
        let credentials = &self.world.settings().credentials;
        kubeconfig(&clusters, program, &self.aws_url(), credentials)
    }

    /// Says where the kubeconfig was written, so that the exports tell it.
    pub fn kubeconfig_is_at(&self, path: &str) {
        self.exports.lock().kubeconfig = Some(path.to_owned());
    }

    /// Stops taking requests, lets those under way finish, and puts everything on disk.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn shutdown(self) -> Result<(), SandboxError> {
        for task in &self.background {
            task.abort();
        }
        self.world.stop();
        tokio::join!(self.aws.shutdown(GRACE), self.kube.shutdown(GRACE));
        let world = self.world;
        let kept = tokio::task::spawn_blocking(move || world.keep()).await;
        match kept {
            Ok(kept) => Ok(kept?),
            Err(_) => Ok(()),
        }
    }
}

async fn bind(
    what: &'static str,
    address: SocketAddr,
    option: &'static str,
) -> Result<TcpListener, SandboxError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| SandboxError::Port {
            what,
            address,
            option,
            source,
        })
}

fn serve_aws(
    listener: TcpListener,
    world: World,
    exports: Arc<Mutex<Exports>>,
    address: SocketAddr,
) -> Result<Serving, SandboxError> {
    let handler = move |request: Request<Bytes>, from: SocketAddr| {
        let world = world.clone();
        let exports = Arc::clone(&exports);
        async move { answer(&world, &exports, request, from).await }
    };
    serve(listener, Limits::default(), handler).map_err(|source| SandboxError::Port {
        what: "AWS",
        address,
        option: "--aws-port",
        source,
    })
}

async fn answer(
    world: &World,
    exports: &Mutex<Exports>,
    request: Request<Bytes>,
    from: SocketAddr,
) -> Answer {
    if request.uri().path().starts_with(admin::PREFIX) {
        let world = world.clone();
        let about = serde_json::to_value(&*exports.lock()).unwrap_or(Value::Null);
        let answered = tokio::task::spawn_blocking(move || {
            let response = admin::answer(&world, &about, &request);
            let _ = world.keep();
            response
        });
        return match answered.await {
            Ok(response) => Answer::at_once(response),
            Err(_) => Answer::at_once(admin::broken()),
        };
    }
    let answer = world.aws().handle_from(request, from.ip());
    if answer.wrote {
        world.changed();
        if world.is_kept() {
            let world = world.clone();
            let kept = tokio::task::spawn_blocking(move || world.keep()).await;
            if let Ok(Err(error)) = kept {
                return Answer::at_once(admin::not_kept(&error));
            }
        }
    }
    answer
}

/// The clusters behind the Kubernetes port.
struct Clusters(World);

impl kube_serve::Clusters for Clusters {
    fn find(&self, id: &str) -> Option<Arc<ApiServer>> {
        let cluster = self.0.cluster_by_id(id)?;
        Some(Arc::clone(&cluster.server))
    }

    /// `kubectl get --raw` leaves the prefix of the endpoint out; with one cluster it is clear which is
    /// meant.
    fn default_cluster(&self) -> Option<Arc<ApiServer>> {
        let clusters = self.0.clusters();
        let mut clusters = clusters.iter();
        let only = clusters.next()?;
        clusters.next().is_none().then(|| Arc::clone(&only.server))
    }

    fn carry(&self, cluster: Arc<ApiServer>, request: Request<Bytes>) -> kube_serve::Carried {
        let world = self.0.clone();
        Box::pin(async move {
            let fault = world
                .aws()
                .faults()
                .draw("kubernetes", verb(&request), None);
            if !fault.delay.is_zero() {
                tokio::time::sleep(fault.delay).await;
            }
            if let Some(refusal) = &fault.refusal {
                return Some(refused(refusal));
            }
            let reads = request.method() == Method::GET;
            let answer = cluster.handle(request);
            if !reads && world.is_kept() {
                let kept = tokio::task::spawn_blocking(move || world.keep()).await;
                if let Ok(Err(error)) = kept {
                    return Some(KubeAnswer::Whole(admin::not_kept(&error)));
                }
            }
            // The change was made; only its answer is lost.
            (!fault.dropped).then_some(answer)
        })
    }
}

/// What faults call a request: the verb, as authorisers see it.
fn verb(request: &Request<Bytes>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    match *request.method() {
        Method::GET
            if query
                .split('&')
                .any(|field| matches!(field, "watch=true" | "watch=1")) =>
        {
            "watch"
        }
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        _ => "delete",
    }
}

/// An overloaded or broken API server, as kube-apiserver words it.
fn refused(refusal: &Refusal) -> KubeAnswer {
    let (code, reason, message) = match refusal {
        Refusal::Throttled => (
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        Refusal::Expired => (401, "Unauthorized", "Unauthorized"),
        Refusal::Server(_) => (
            500,
            "InternalError",
            "an error on the server has prevented the request from succeeding",
        ),
    };
    let status = rolecall_sandbox_kube::Status::new(code, reason, message.to_owned());
    KubeAnswer::Whole((&status).into())
}
