//! Carrying requests over TCP to an endpoint and its answers back.
//!
//! ```text
//!  listener ─ accept ─▶ connection (hyper, HTTP/1.1) ─ whole body ─▶ handler ─▶ Answer ─▶ bytes
//!                 │            ▲
//!                 ▼            │ close
//!            Connections: who is idle, since when ── sweep, make room
//! ```
//!
//! A connection that waits for its client holds a little memory and nothing else. One sweep closes
//! those that waited too long, whatever for: the first byte, the rest of a header, the next request,
//! room to write. When connections or file descriptors run out, the one idle longest makes room, so
//! thousands of idle clients never keep a busy one out.

mod connections;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::endpoint::{Answer, Aws};
use crate::failure::Failure;
use crate::service::Service;
use crate::sigv4;
use crate::wire;
use connections::{Connections, Slot, Wish};

/// How much a server takes from its clients.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections; at the limit the one idle longest is closed for a new one.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// How long a whole body may take to arrive.
    pub body_time: Duration,
    /// How long a connection may wait for its client: for a request, the rest of a header, or room to
    /// write an answer.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            body: 16 * 1024 * 1024,
            body_time: Duration::from_secs(30),
            idle: Duration::from_secs(75),
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
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL, as `AWS_ENDPOINT_URL` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Takes no more connections, lets the requests under way finish for at most `grace`, then closes
    /// what is left.
    pub async fn shutdown(self, grace: Duration) {
        let _ = self.stop.send(true);
        self.connections.tell_all(Wish::Finish);
        let _ = tokio::time::timeout(grace, self.connections.none_left()).await;
        self.connections.tell_all(Wish::Close);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
        self.connections.tell_all(Wish::Close);
    }
}

/// Serves `handler` on a bound listener, on the current Tokio runtime.
///
/// # Errors
/// When the listener does not know its address.
pub fn serve<H, F>(listener: TcpListener, limits: Limits, handler: H) -> io::Result<Serving>
where
    H: Fn(Request<Bytes>, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let connections = Arc::new(Connections::default());
    let task = tokio::spawn(accept(
        listener,
        limits,
        Arc::new(handler),
        Arc::clone(&connections),
        stopped,
    ));
    Ok(Serving {
        address,
        stop,
        connections,
        task,
    })
}

impl Aws {
    /// Serves this endpoint alone on a bound listener.
    ///
    /// # Errors
    /// When the listener does not know its address.
    pub fn serve(&self, listener: TcpListener, limits: Limits) -> io::Result<Serving> {
        let aws = self.clone();
        serve(listener, limits, move |request, from| {
            std::future::ready(aws.handle_from(request, from.ip()))
        })
    }
}

async fn accept<H, F>(
    listener: TcpListener,
    limits: Limits,
    handler: Arc<H>,
    connections: Arc<Connections>,
    mut stopped: watch::Receiver<bool>,
) where
    H: Fn(Request<Bytes>, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let every = (limits.idle / 4).clamp(Duration::from_millis(10), Duration::from_secs(5));
    let mut sweep = tokio::time::interval(every);
    let limits = Arc::new(limits);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = sweep.tick() => {
                connections.close_idle(limits.idle);
                continue;
            }
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok((stream, from)) => {
                while connections.len() >= limits.connections && !connections.make_room() {
                    // All are at work: the new one waits for the first to finish.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let slot = connections.open();
                let (limits, handler) = (Arc::clone(&limits), Arc::clone(&handler));
                let connections = Arc::clone(&connections);
                tokio::spawn(async move {
                    converse(stream, from, &limits, &*handler, &slot).await;
                    connections.closed(&slot);
                });
            }
            // The client was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => {
                connections.make_room();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// One connection, from its first byte to its last.
async fn converse<H, F>(
    stream: TcpStream,
    from: SocketAddr,
    limits: &Limits,
    handler: &H,
    slot: &Slot,
) where
    H: Fn(Request<Bytes>, SocketAddr) -> F,
    F: Future<Output = Answer>,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let busy = slot.busy();
        async move {
            let answer = answer(request, from, limits, handler).await;
            drop(busy);
            answer
        }
    });
    let connection = http1::Builder::new()
        .half_close(true)
        .max_buf_size(256 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            // Broken HTTP, a client that went away, or a connection dropped on purpose.
            _ = connection.as_mut() => return,
            wish = slot.told() => match wish {
                Wish::Finish => connection.as_mut().graceful_shutdown(),
                Wish::Close => return,
            },
        }
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped")]
struct Dropped;

async fn answer<H, F>(
    request: Request<Incoming>,
    from: SocketAddr,
    limits: &Limits,
    handler: &H,
) -> Result<Response<Full<Bytes>>, Dropped>
where
    H: Fn(Request<Bytes>, SocketAddr) -> F,
    F: Future<Output = Answer>,
{
    let (parts, body) = request.into_parts();
    // A client that asks before it sends a body needs no patience with one that is too large.
    if parts.headers.contains_key(EXPECT) && announced(&body) > limits.body as u64 {
        return Ok(refusal(&parts, &too_large()));
    }
    let body = match tokio::time::timeout(limits.body_time, whole(body, limits.body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(Unread::Broken)) => return Err(Dropped),
        Ok(Err(Unread::TooLarge)) => {
            return Ok(refusal(&parts, &too_large()));
        }
        Err(_) => return Ok(refusal(&parts, &too_slow())),
    };
    let answer = handler(Request::from_parts(parts, body), from).await;
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    if answer.dropped {
        return Err(Dropped);
    }
    Ok(answer.response.map(Full::new))
}

/// Why there is no whole body.
enum Unread {
    TooLarge,
    Broken,
}

async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = announced(&body);
    if announced > limit as u64 {
        return drained(body, limit).await;
    }
    let Some(first) = data(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if announced == first.len() as u64 {
        return Ok(first);
    }
    let mut gathered = BytesMut::from(first);
    while let Some(more) = data(&mut body).await? {
        if gathered.len() + more.len() > limit {
            return drained(body, limit).await;
        }
        gathered.extend_from_slice(&more);
    }
    Ok(gathered.freeze())
}

/// The length a client gave for a body; 0 when it gave none.
fn announced(body: &Incoming) -> u64 {
    body.size_hint().exact().unwrap_or(0)
}

/// The next piece of a body; `None` at its end.
async fn data(body: &mut Incoming) -> Result<Option<Bytes>, Unread> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Reads on for a while and keeps nothing: many clients look for the answer only after the last byte.
async fn drained(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let mut left = limit.saturating_mul(4);
    while let Some(more) = data(&mut body).await? {
        left = left.saturating_sub(more.len());
        if left == 0 {
            break;
        }
    }
    Err(Unread::TooLarge)
}

fn too_large() -> Failure {
    Failure::new(
        "RequestEntityTooLarge",
        413,
        "The request body is larger than the sandbox takes",
    )
}

/// The text is that of S3, the one service that documents such an error (Amazon S3 API Reference,
/// "Error responses").
fn too_slow() -> Failure {
    Failure::new(
        "RequestTimeout",
        408,
        "Your socket connection to the server was not read from or written to within the timeout \
         period.",
    )
}

/// An error in the protocol of the service the request is for, after which the connection ends.
fn refusal(parts: &http::request::Parts, failure: &Failure) -> Response<Full<Bytes>> {
    let signed = sigv4::authorization(parts).ok().flatten();
    let service = wire::route::service(parts, signed.as_ref()).unwrap_or(Service::Sts);
    let mut response = wire::failure(service, failure, "00000000-0000-0000-0000-000000000000");
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response.map(Full::new)
}
