//! What the cluster's own API server tells.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::config::{AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo};
use kube::config::{NamedCluster, NamedContext};
use kube::{Api, Client, Config};
use rolecall_facts::Origin;

use crate::eks::{Described, Eks};
use crate::endpoint::{IsOf, compared};
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::proxy::wants_proxy;
use crate::renewed::Renewed;
use crate::{Connection, Kubernetes, LiveError, paging};

/// How many objects a page holds; kubectl asks for as many.
const PAGE: u32 = 500;

/// A kind of object, and where the API server serves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
}

pub(crate) const NODE_POOL: Kind = karpenter("NodePool", "nodepools");
pub(crate) const NODE_CLAIM: Kind = karpenter("NodeClaim", "nodeclaims");
pub(crate) const NODE_CLASS: Kind = Kind {
    group: "eks.amazonaws.com",
    version: "v1",
    kind: "NodeClass",
    plural: "nodeclasses",
};
pub(crate) const EC2_NODE_CLASS: Kind = Kind {
    group: "karpenter.k8s.aws",
    version: "v1",
    kind: "EC2NodeClass",
    plural: "ec2nodeclasses",
};
pub(crate) const NODE: Kind = core("Node", "nodes");
pub(crate) const EVENT: Kind = core("Event", "events");
pub(crate) const CONFIG_MAP: Kind = core("ConfigMap", "configmaps");
pub(crate) const SERVICE_ACCOUNT: Kind = core("ServiceAccount", "serviceaccounts");

const fn karpenter(kind: &'static str, plural: &'static str) -> Kind {
    Kind {
        group: "karpenter.sh",
        version: "v1",
        kind,
        plural,
    }
}

const fn core(kind: &'static str, plural: &'static str) -> Kind {
    Kind {
        group: "",
        version: "v1",
        kind,
        plural,
    }
}

impl Kind {
    /// `nodeclasses.eks.amazonaws.com`, as kubectl and RBAC write it.
    pub(crate) fn resource(self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// Where an object of this kind was read.
    pub(crate) fn origin(self, name: &str) -> Origin {
        Origin::api("kubernetes:list", &format!("{}/{name}", self.resource()))
    }

    fn api_resource(self) -> ApiResource {
        ApiResource {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            api_version: if self.group.is_empty() {
                self.version.to_owned()
            } else {
                format!("{}/{}", self.group, self.version)
            },
            kind: self.kind.to_owned(),
            plural: self.plural.to_owned(),
        }
    }
}

/// Reads one cluster's objects.
#[derive(Clone)]
pub(crate) struct Kube {
    client: Client,
    /// What makes the client anew, where its token is made here.
    renewed: Option<Arc<Renewed>>,
    ledger: Arc<Ledger>,
    server: String,
    /// Whether EKS says that the server is reached from the cluster's network only.
    is_private: bool,
    /// Whether a kubeconfig leads to this server, which EKS does not know as the cluster's.
    pub(crate) by_another_way: bool,
}

/// How long the API server may take to take a connection: one that is private takes none.
const CONNECT: Duration = Duration::from_secs(5);
/// And to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a call is made that the server has no time or a fault for.
const ATTEMPTS: u32 = 4;

impl Kube {
    /// Connects as the settings say; `None` where they say not at all.
    pub(crate) async fn connect(
        connection: &Connection,
        ledger: Arc<Ledger>,
        cluster: &str,
        described: Option<&Described>,
    ) -> Result<Option<Self>, LiveError> {
        let config = match &connection.kubernetes {
            Kubernetes::None => return Ok(None),
            Kubernetes::Kubeconfig { text, context } => {
                let kubeconfig = Kubeconfig::from_yaml(text).map_err(unusable)?;
                from_kubeconfig(kubeconfig, context.clone()).await?
            }
            Kubernetes::Server {
                url,
                certificate_authority,
                token,
            } => {
                let authority = certificate_authority
                    .as_ref()
                    .map(|pem| STANDARD.encode(pem));
                server(url, authority, token.clone()).await?
            }
            Kubernetes::FromEks => {
                let Some(described) = described else {
                    return Ok(None);
                };
                let url = described.endpoint.as_deref().ok_or_else(|| {
                    let problem = "EKS tells no endpoint yet; the cluster is being made".to_owned();
                    LiveError::Kubeconfig { problem }
                })?;
                let authority = described.certificate_authority.as_deref();
                let renewed = Renewed::new(connection, cluster, url, authority);
                return Ok(Some(Self {
                    client: renewed.client().await?,
                    renewed: Some(Arc::new(renewed)),
                    ledger,
                    server: url.to_owned(),
                    is_private: described.is_private,
                    by_another_way: false,
                }));
            }
        };
        let server = config.cluster_url.to_string();
        let endpoint = described.and_then(|described| described.endpoint.as_deref());
        let is_of = match (&connection.kubernetes, endpoint) {
            (Kubernetes::Kubeconfig { .. }, Some(endpoint)) => compared(&server, endpoint),
            _ => IsOf::Cluster,
        };
        if is_of == IsOf::Another {
            return Err(LiveError::OtherCluster {
                cluster: cluster.to_owned(),
                server,
                endpoint: endpoint.unwrap_or_default().to_owned(),
            });
        }
        Ok(Some(Self {
            client: client(config)?,
            renewed: None,
            ledger,
            server,
            is_private: described.is_some_and(|described| described.is_private),
            by_another_way: is_of == IsOf::Unclear,
        }))
    }

    /// Connects to write: as [`Self::connect`], asking EKS for the endpoint where that is not known.
    pub(crate) async fn to(
        connection: &Connection,
        cluster: &str,
    ) -> Result<Option<Self>, LiveError> {
        let ledger = Arc::new(Ledger::new(connection));
        let described = match connection.kubernetes {
            Kubernetes::FromEks => {
                let eks = Eks::new(connection, Arc::clone(&ledger), cluster);
                let described = eks.cluster().await;
                Some(described.map_err(|missing| connection.named(missing.into_error()))?)
            }
            _ => None,
        };
        Self::connect(connection, ledger, cluster, described.as_ref()).await
    }

    /// As [`Self::api`], with a token that is good now.
    async fn fresh_api(
        &self,
        kind: Kind,
        namespace: Option<&str>,
    ) -> Result<Api<DynamicObject>, Missing> {
        let Some(renewed) = &self.renewed else {
            return Ok(self.api(kind, namespace));
        };
        let client = renewed.client().await.map_err(Missing::Fatal)?;
        let fresh = Self {
            client,
            ..self.clone()
        };
        Ok(fresh.api(kind, namespace))
    }

    /// The objects of a kind, all or those of a namespace.
    pub(crate) fn api(&self, kind: Kind, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = kind.api_resource();
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    /// A new object, with nothing in it.
    pub(crate) fn object(&self, kind: Kind, namespace: &str, name: &str) -> DynamicObject {
        DynamicObject::new(name, &kind.api_resource()).within(namespace)
    }

    /// All objects of a kind, as JSON. A kind that the server does not know is absent: a cluster
    /// without Karpenter or Auto Mode lacks their CRDs.
    pub(crate) async fn list(
        &self,
        kind: Kind,
        namespace: Option<&str>,
    ) -> Result<Vec<DynamicObject>, Missing> {
        let origin = Origin::api("kubernetes:list", &kind.resource());
        paging::all(
            &format!("kubernetes:list {}", kind.resource()),
            async |next| {
                let params = ListParams {
                    continue_token: next,
                    ..ListParams::default().limit(PAGE)
                };
                let api = self.fresh_api(kind, namespace).await?;
                let page = self.patiently(&origin, || api.list(&params)).await;
                let page = page.map_err(|error| self.missing(&error, "list", &kind.resource()))?;
                Ok((page.items, page.metadata.continue_))
            },
        )
        .await
    }

    /// One object.
    pub(crate) async fn get(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<DynamicObject, Missing> {
        let api = self.fresh_api(kind, Some(namespace)).await?;
        let asked = format!("{}/{namespace}/{name}", kind.resource());
        let origin = Origin::api("kubernetes:get", &asked);
        let answer = self.patiently(&origin, || api.get(name)).await;
        answer.map_err(|error| self.missing(&error, "get", &asked))
    }

    /// Makes a call, and makes it again where the server has no time or a fault of its own.
    async fn patiently<T, F>(
        &self,
        origin: &Origin,
        mut call: impl FnMut() -> F,
    ) -> Result<T, kube::Error>
    where
        F: Future<Output = Result<T, kube::Error>> + Send,
    {
        let mut pause = Duration::from_millis(200);
        for _ in 1..ATTEMPTS {
            match self.ledger.call(origin, call()).await {
                Err(kube::Error::Api(status)) if matches!(status.code, 429 | 500..=599) => {}
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.ledger.call(origin, call()).await
    }

    fn missing(&self, error: &kube::Error, verb: &str, resource: &str) -> Missing {
        match missing(error, verb, resource) {
            Missing::Fatal(LiveError::ServerUnreachable { problem, .. }) => {
                Missing::Fatal(LiveError::ServerUnreachable {
                    server: self.server.clone(),
                    problem: match self.is_private {
                        true => format!("{problem}; the cluster's endpoint is private"),
                        false => problem,
                    },
                })
            }
            missing => missing,
        }
    }
}

/// The client of a server.
pub(crate) fn client(mut config: Config) -> Result<Client, LiveError> {
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(ANSWER);
    Client::try_from(config).map_err(unusable)
}

/// A server with its certificate authority, as base64 of PEM, and a token.
pub(crate) async fn server(
    url: &str,
    certificate_authority: Option<String>,
    token: String,
) -> Result<Config, LiveError> {
    const NAME: &str = "rolecall";
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster {
            name: NAME.to_owned(),
            cluster: Some(Cluster {
                server: Some(url.to_owned()),
                certificate_authority_data: certificate_authority,
                ..Cluster::default()
            }),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: NAME.to_owned(),
            auth_info: Some(AuthInfo {
                token: Some(token.into()),
                ..AuthInfo::default()
            }),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: NAME.to_owned(),
            context: Some(Context {
                cluster: NAME.to_owned(),
                user: Some(NAME.to_owned()),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    };
    from_kubeconfig(kubeconfig, Some(NAME.to_owned())).await
}

async fn from_kubeconfig(
    kubeconfig: Kubeconfig,
    context: Option<String>,
) -> Result<Config, LiveError> {
    let names_proxy = kubeconfig.clusters.iter().any(|named| {
        let cluster = named.cluster.as_ref();
        cluster.is_some_and(|cluster| {
            cluster
                .proxy_url
                .as_ref()
                .is_some_and(|url| !url.is_empty())
        })
    });
    let options = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let mut config = config.map_err(unusable)?;
    // `NO_PROXY` speaks of the server, which kube does not hold against it.
    if !names_proxy && !wants_proxy(&config.cluster_url) {
        config.proxy_url = None;
    }
    Ok(config)
}

fn unusable(error: impl std::fmt::Display) -> LiveError {
    LiveError::Kubeconfig {
        problem: error.to_string(),
    }
}

/// What a failure of the API server means.
fn missing(error: &kube::Error, verb: &str, resource: &str) -> Missing {
    let call = format!("kubernetes:{verb}");
    match error {
        kube::Error::Api(status) if status.code == 404 => Missing::Absent,
        kube::Error::Api(status) if status.code == 403 => Missing::NotPermitted {
            action: call,
            resource: resource.to_owned(),
        },
        kube::Error::Api(status) if status.code == 401 => Missing::Fatal(LiveError::NotMapped),
        kube::Error::Api(status) => Missing::Failed {
            call: format!("{call} {resource}"),
            problem: format!("{} {}", status.code, status.message),
        },
        other => Missing::Fatal(unreachable(other)),
    }
}

/// What a failure before any answer comes to.
pub(crate) fn unreachable(error: &kube::Error) -> LiveError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    LiveError::ServerUnreachable {
        server: "the API server".to_owned(),
        problem: cause.to_string(),
    }
}
