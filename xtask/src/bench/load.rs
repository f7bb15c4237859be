//! A generator of load: the same request again and again over connections that stay open. Requests are
//! signed beforehand, so that it takes little more than its system calls from the machine it shares
//! with the server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use bytes::Bytes;
use http::{HeaderValue, Request};
use jiff::Timestamp;
use rolecall_sandbox::Credentials;
use rolecall_sandbox_aws::sigv4;

pub(super) const CONNECTIONS: usize = 16;
pub(super) const REGION: &str = "eu-central-1";

/// How long the load lasts that is measured.
const LASTS: Duration = Duration::from_secs(3);

/// A connection that stays open where the server lets it.
pub(super) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer's status and body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Connection {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// Sends a whole request and waits for the whole answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let (status, body) = self.exchange(request)?;
        let body = self.buffer.get(body..).unwrap_or_default();
        Ok(Answer {
            status,
            body: String::from_utf8_lossy(body).into_owned(),
        })
    }

    /// The answer's status, and where its body begins in the buffer.
    fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request)?;
        self.buffer.clear();
        let mut chunk = [0; 8 * 1024];
        let mut head: Option<Head> = None;
        loop {
            if let Some(head) = &head
                && self.buffer.len() >= head.body + head.length
            {
                if head.stays_open {
                    self.stream = Some(stream);
                }
                return Ok((head.status, head.body));
            }
            let count = stream.read(&mut chunk)?;
            ensure!(count > 0, "the server hung up in the middle of an answer");
            self.buffer
                .extend_from_slice(chunk.get(..count).unwrap_or_default());
            if head.is_none() {
                head = Head::parse(&self.buffer)?;
            }
        }
    }
}

struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    length: usize,
    stays_open: bool,
}

impl Head {
    /// The head of an answer; `None` while it is not there whole.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        const END: &[u8] = b"\r\n\r\n";
        let Some(end) = bytes.windows(END.len()).position(|window| window == END) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .with_context(|| format!("`{first}` is not the beginning of an answer"))?;
        let mut head = Self {
            status,
            body: end + END.len(),
            length: 0,
            stays_open: first.starts_with("HTTP/1.1"),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("connection") {
                head.stays_open &= !value.trim().eq_ignore_ascii_case("close");
            }
        }
        Ok(Some(head))
    }
}

/// How long each call takes when 16 connections make them: the time it lasted by the number of answers.
pub(super) fn each(address: SocketAddr, request: &[u8]) -> Result<Duration> {
    // The first calls fill caches and are not counted.
    during(address, request, LASTS / 10)?;
    during(address, request, LASTS)
}

fn during(address: SocketAddr, request: &[u8], lasts: Duration) -> Result<Duration> {
    let began = Instant::now();
    let client = || -> Result<u32> {
        let mut connection = Connection::new(address);
        let mut answered = 0;
        while began.elapsed() < lasts {
            let (status, _) = connection.exchange(request)?;
            ensure!(status == 200, "answered with {status}");
            answered += 1;
        }
        Ok(answered)
    };
    let answered: Result<u32> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(client)).collect();
        clients
            .into_iter()
            .map(|client| client.join().map_err(|_| anyhow!("a client panicked"))?)
            .sum()
    });
    let took = began.elapsed();
    took.checked_div(answered?)
        .context("nothing was answered at all")
}

/// A call of IAM, signed, as it goes over the wire.
pub(super) fn iam(address: SocketAddr, credentials: &Credentials, body: &str) -> Result<Vec<u8>> {
    let request = Request::post("/")
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(Bytes::from(format!("{body}&Version=2010-05-08")))?;
    signed(address, credentials, "iam", request)
}

/// A call of EKS, likewise.
pub(super) fn eks(address: SocketAddr, credentials: &Credentials, path: &str) -> Result<Vec<u8>> {
    let request = Request::get(path).body(Bytes::new())?;
    signed(address, credentials, "eks", request)
}

fn signed(
    address: SocketAddr,
    credentials: &Credentials,
    service: &str,
    mut request: Request<Bytes>,
) -> Result<Vec<u8>> {
    let headers = request.headers_mut();
    headers.insert("host", address.to_string().parse()?);
    let agent = HeaderValue::from_static("Boto3/1.44.5 md/Botocore#1.44.5");
    headers.insert("user-agent", agent);
    sigv4::sign(&mut request, credentials, REGION, service, Timestamp::now());
    Ok(raw(&request))
}

/// A request as it goes over the wire.
pub(super) fn raw(request: &Request<Bytes>) -> Vec<u8> {
    let (method, uri, body) = (request.method(), request.uri(), request.body());
    let mut bytes = format!(
        "{method} {uri} HTTP/1.1\r\ncontent-length: {}\r\n",
        body.len()
    )
    .into_bytes();
    for (name, value) in request.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
