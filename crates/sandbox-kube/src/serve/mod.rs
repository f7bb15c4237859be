//! The server over TLS: carries bytes between sockets and [`crate::ApiServer::handle`].
//!
//! ```text
//!  listener ─ accept ─▶ TLS ─▶ HTTP/1.1 ─ whole body ─▶ which cluster? ─▶ handle ─▶ response or watch
//!                 │      ▲
//!                 ▼      │ close
//!               Connections: the one idle longest makes room
//! ```
//! Many clusters share one port: `/clusters/ID` in front of a path says which is meant. A slow client
//! holds a little memory and nobody up: the handshake, headers and bodies have their time, and when
//! connections run out the one that has been idle longest is closed for a new one.

mod body;
mod connections;
mod identity;

pub use self::identity::{Identity, IdentityError};

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, LOCATION};
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use self::body::{Outgoing, Unread};
use self::connections::{Connections, Slot};
use crate::answer::Answer;
use crate::server::ApiServer;
use crate::status::Status;

/// An answer on its way.
pub type Carried = Pin<Box<dyn Future<Output = Option<Answer>> + Send>>;

/// The clusters behind one port.
pub trait Clusters: Send + Sync + 'static {
    /// The cluster of this id, as in `/clusters/ID/api`.
    fn find(&self, id: &str) -> Option<Arc<ApiServer>>;

    /// The cluster that paths without an id are for.
    fn default_cluster(&self) -> Option<Arc<ApiServer>> {
        None
    }

    /// Carries a request to a cluster and its answer back; nothing closes the connection instead. Here
    /// an owner of several clusters lets things go wrong, or waits until a change is on disk.
    fn carry(&self, cluster: Arc<ApiServer>, request: Request<Bytes>) -> Carried {
        let answer = cluster.handle(request);
        Box::pin(std::future::ready(Some(answer)))
    }
}

/// One cluster that has the port for itself, under every id and without.
#[derive(Debug, Clone)]
pub struct Alone(pub Arc<ApiServer>);

impl Clusters for Alone {
    fn find(&self, _id: &str) -> Option<Arc<ApiServer>> {
        Some(self.0.clone())
    }

    fn default_cluster(&self) -> Option<Arc<ApiServer>> {
        Some(self.0.clone())
    }
}

/// How much a server takes from its clients.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections; at the limit the one idle longest is closed for a new one.
    pub connections: usize,
    /// Bytes of a request's body (3 MiB, as kube-apiserver).
    pub body: usize,
    /// How long the TLS handshake may take.
    pub handshake: Duration,
    /// How long a connection may wait for a whole request head, be it the first or the next.
    pub head: Duration,
    /// How long a whole body may take to arrive.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Each costs some 40 KiB for TLS, idle or not.
            connections: 4096,
            body: 3 * 1024 * 1024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(90),
            body_time: Duration::from_secs(30),
        }
    }
}

/// A server that runs. Dropping it stops it at once.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    connections: Arc<Connections>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Takes no more connections, lets requests under way finish for at most `grace`, then closes what is
    /// left; watches end at once.
    pub async fn shutdown(self, grace: Duration) {
        let _ = self.stop.send(true);
        self.connections.finish();
        let _ = tokio::time::timeout(grace, self.connections.none_left()).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
        self.connections.close_all();
    }
}

/// Serves clusters on a bound listener, on the current Tokio runtime, within the default limits.
///
/// # Errors
/// Where the identity is no pair of certificate and key, or the listener does not know its address.
pub fn serve(
    listener: TcpListener,
    identity: &Identity,
    clusters: Arc<dyn Clusters>,
) -> Result<Serving, IdentityError> {
    serve_within(listener, identity, clusters, Limits::default())
}

/// Serves clusters within limits of one's own.
///
/// # Errors
/// As [`serve`].
pub fn serve_within(
    listener: TcpListener,
    identity: &Identity,
    clusters: Arc<dyn Clusters>,
    limits: Limits,
) -> Result<Serving, IdentityError> {
    let address = listener.local_addr().map_err(IdentityError::Listener)?;
    let tls = TlsAcceptor::from(Arc::new(identity.server_config()?));
    let connections = Arc::new(Connections::default());
    let (stop, stopped) = watch::channel(false);
    let server = Arc::new(Server {
        tls,
        clusters,
        limits,
        connections: connections.clone(),
    });
    let task = tokio::spawn(accept(listener, server, stopped));
    Ok(Serving {
        address,
        stop,
        connections,
        task,
    })
}

struct Server {
    tls: TlsAcceptor,
    clusters: Arc<dyn Clusters>,
    limits: Limits,
    connections: Arc<Connections>,
}

async fn accept(listener: TcpListener, server: Arc<Server>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                while server.connections.len() >= server.limits.connections
                    && !server.connections.make_room()
                {
                    // All are at work: the new one waits for the first to finish.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let slot = server.connections.open();
                let server = server.clone();
                tokio::spawn(async move { converse(stream, &server, &slot).await });
            }
            // The client was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Most likely no file descriptors are left.
            Err(_) => {
                server.connections.make_room();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// One connection, from its first byte to its last.
async fn converse(stream: TcpStream, server: &Arc<Server>, slot: &Slot) {
    let _ = stream.set_nodelay(true);
    let handshake = tokio::time::timeout(server.limits.handshake, server.tls.accept(stream));
    let stream = tokio::select! {
        accepted = handshake => match accepted {
            Ok(Ok(stream)) => stream,
            // Plain HTTP, an unknown certificate, or no bytes at all.
            Ok(Err(_)) | Err(_) => return,
        },
        () = slot.closed() => return,
    };
    let service = service_fn(|request| async move {
        let busy = slot.busy();
        let response = answer(request, server).await?;
        Ok::<_, Dropped>(response.map(|body| body.keeping(busy)))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.limits.head)
        .max_buf_size(256 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut finishing = false;
    loop {
        tokio::select! {
            // Broken HTTP, a client that went away, or all said.
            _ = connection.as_mut() => return,
            () = slot.finishing(), if !finishing => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            () = slot.closed() => return,
        }
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped")]
struct Dropped;

async fn answer(
    request: Request<Incoming>,
    server: &Server,
) -> Result<Response<Outgoing>, Dropped> {
    let (mut parts, incoming) = request.into_parts();
    let whole = body::whole(incoming, server.limits.body);
    let body = match tokio::time::timeout(server.limits.body_time, whole).await {
        Ok(Ok(body)) => body,
        Ok(Err(Unread::TooLarge)) => return Ok(last(&too_large(server.limits.body))),
        Ok(Err(Unread::Broken)) => {
            return Ok(last(&Status::bad_request("the body is incomplete")));
        }
        Err(_) => return Ok(last(&too_slow())),
    };
    let (prefix, cluster) = match route(&mut parts.uri, &*server.clusters) {
        Some(found) => found,
        None => return Ok(whole_response((&Status::no_such_path()).into())),
    };
    let carried = server
        .clusters
        .carry(cluster, Request::from_parts(parts, body));
    match carried.await.ok_or(Dropped)? {
        Answer::Whole(mut response) => {
            outside(&mut response, &prefix);
            Ok(whole_response(response))
        }
        Answer::Watch(head, watch) => {
            let slot_ends = server.connections.finish_signal();
            Ok(head.map(|()| Outgoing::watch(watch, slot_ends)))
        }
    }
}

/// Takes `/clusters/ID` off the path and finds the cluster.
fn route(uri: &mut Uri, clusters: &dyn Clusters) -> Option<(String, Arc<ApiServer>)> {
    let path = uri.path();
    let Some((id, rest)) = path.strip_prefix("/clusters/").map(|rest| {
        rest.find('/')
            .and_then(|at| rest.split_at_checked(at))
            .unwrap_or((rest, "/"))
    }) else {
        return Some((String::new(), clusters.default_cluster()?));
    };
    let prefix = format!("/clusters/{id}");
    let cluster = clusters.find(id)?;
    let inside = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    *uri = inside.parse().ok()?;
    Some((prefix, cluster))
}

/// Puts the prefix back where an answer leads elsewhere.
fn outside(response: &mut Response<Bytes>, prefix: &str) {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|l| l.to_str().ok());
    let moved = location.map(|location| format!("{prefix}{location}"));
    if let Some(moved) = moved.and_then(|m| HeaderValue::from_str(&m).ok()) {
        response.headers_mut().insert(LOCATION, moved);
    }
}

fn whole_response(response: Response<Bytes>) -> Response<Outgoing> {
    response.map(Outgoing::whole)
}

/// A refusal after which the connection ends, as its body may not have been read.
fn last(status: &Status) -> Response<Outgoing> {
    let mut response: Response<Bytes> = status.into();
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    whole_response(response)
}

fn too_large(limit: usize) -> Status {
    let text = format!("Request entity too large: limit is {limit}");
    Status::new(413, "RequestEntityTooLarge", text)
}

fn too_slow() -> Status {
    Status::new(408, "Timeout", "the body did not arrive in time")
}
