//! The server: what real, careless and hostile clients get from it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use harness::{REGION, aws, credentials};
use http::{Request, Response};
use jiff::Timestamp;
use rolecall_sandbox_aws::{Answer, Limits, Serving, serve, sigv4};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than anything here should take, shorter than a test runner's patience.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start(limits: Limits) -> Serving {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    aws().serve(listener, limits).unwrap()
}

async fn connect(serving: &Serving) -> TcpStream {
    TcpStream::connect(serving.address()).await.unwrap()
}

/// A signed call as bytes.
fn call(address: SocketAddr, service: &str, body: &str) -> Vec<u8> {
    let mut request = Request::post(format!("http://{address}/"))
        .header("host", address.to_string())
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    sigv4::sign(
        &mut request,
        &credentials(),
        REGION,
        service,
        Timestamp::now(),
    );
    let mut text = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    format!("{text}\r\n{body}").into_bytes()
}

fn who(serving: &Serving) -> Vec<u8> {
    call(
        serving.address(),
        "sts",
        "Action=GetCallerIdentity&Version=2011-06-15",
    )
}

/// Reads one answer: its head, then as many bytes as it announces.
async fn answer(stream: &mut TcpStream) -> String {
    tokio::time::timeout(PATIENCE, async {
        let mut read = Vec::new();
        loop {
            let byte = stream.read_u8().await.unwrap();
            read.push(byte);
            if read.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        let head = String::from_utf8(read.clone()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |text| text.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        read.extend(body);
        String::from_utf8(read).unwrap()
    })
    .await
    .unwrap()
}

/// Reads until the server closes.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // A connection that is reset is closed as well.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut read))
        .await
        .unwrap();
    read
}

async fn is_well(serving: &Serving) {
    let mut stream = connect(serving).await;
    stream.write_all(&who(serving)).await.unwrap();
    let text = answer(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("user/administrator"), "{text}");
}

#[tokio::test]
async fn one_connection_carries_many_calls_also_when_they_are_sent_ahead() {
    let serving = start(Limits::default()).await;
    let mut stream = connect(&serving).await;
    let two = [who(&serving), who(&serving)].concat();
    for _ in 0..3 {
        stream.write_all(&two).await.unwrap();
        for _ in 0..2 {
            assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        }
    }
    assert_eq!(serving.connections(), 1);
}

#[tokio::test]
async fn a_client_that_waits_to_continue_is_told_to() {
    let serving = start(Limits::default()).await;
    let request = String::from_utf8(who(&serving)).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut stream = connect(&serving).await;
    stream
        .write_all(format!("{head}\r\nexpect: 100-continue\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 100"));
    stream.write_all(body.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_in_chunks_is_put_together_before_its_signature_is_checked() {
    let serving = start(Limits::default()).await;
    let request = String::from_utf8(who(&serving)).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.replace(
        &format!("content-length: {}", body.len()),
        "transfer-encoding: chunked",
    );
    let mut stream = connect(&serving).await;
    stream
        .write_all(format!("{head}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    for piece in body.as_bytes().chunks(7) {
        let chunk = format!(
            "{:x}\r\n{}\r\n",
            piece.len(),
            std::str::from_utf8(piece).unwrap()
        );
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn too_large_a_body_is_refused_in_the_protocol_of_its_service() {
    let limits = Limits {
        body: 1000,
        ..Limits::default()
    };
    let serving = start(limits).await;
    let large = "x".repeat(5000);
    for (service, code) in [
        ("iam", "<Code>RequestEntityTooLarge</Code>"),
        ("ec2", "<Errors><Error><Code>RequestEntityTooLarge</Code>"),
        ("eks", "x-amzn-errortype: RequestEntityTooLarge"),
        ("cloudtrail", r#""__type":"RequestEntityTooLarge""#),
    ] {
        let mut stream = connect(&serving).await;
        stream
            .write_all(&call(serving.address(), service, &large))
            .await
            .unwrap();
        let text = String::from_utf8(rest(&mut stream).await).unwrap();
        assert!(text.starts_with("HTTP/1.1 413"), "{text}");
        assert!(text.contains(code), "{text}");
    }
}

#[tokio::test]
async fn too_large_a_body_is_refused_before_it_is_sent_when_the_client_asks() {
    let serving = start(Limits::default()).await;
    let mut stream = connect(&serving).await;
    stream
        .write_all(
            b"PUT /bucket/key HTTP/1.1\r\nhost: s3.amazonaws.com\r\n\
              content-length: 99999999999\r\nexpect: 100-continue\r\n\r\n",
        )
        .await
        .unwrap();
    let text = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
}

#[tokio::test]
async fn nonsense_is_refused_and_hurts_nobody() {
    let serving = start(Limits::default()).await;
    let deep = format!("Action=GetRole&RoleName=x&{}=1", "A.1.".repeat(20_000));
    let pieces = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        [b"GET /".to_vec(), vec![b'a'; 1024 * 1024]].concat(),
        [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"a: b\r\n".repeat(5000),
            b"\r\n".to_vec(),
        ]
        .concat(),
        call(serving.address(), "iam", &"&".repeat(10 * 1024 * 1024)),
        call(serving.address(), "ec2", &deep),
        call(serving.address(), "ec2", &"A.1.A.1=&".repeat(100_000)),
        call(serving.address(), "eks", &"[".repeat(100_000)),
        call(serving.address(), "cloudtrail", "\u{feff}{\"a\": 1e999}"),
    ];
    for piece in pieces {
        let mut stream = connect(&serving).await;
        let _ = stream.write_all(&piece).await;
        let _ = stream.shutdown().await;
        let text = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
        assert!(!text.starts_with("HTTP/1.1 5"), "{text}");
        is_well(&serving).await;
    }
}

#[tokio::test]
async fn a_slow_header_a_slow_body_and_an_idle_connection_are_given_up() {
    let limits = Limits {
        idle: Duration::from_millis(400),
        body_time: Duration::from_millis(80),
        ..Limits::default()
    };
    let serving = start(limits).await;
    let mut silent = connect(&serving).await;
    let mut halfway = connect(&serving).await;
    halfway
        .write_all(b"POST / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .unwrap();
    assert_eq!(rest(&mut silent).await, b"");
    assert_eq!(rest(&mut halfway).await, b"");
    let mut slow = connect(&serving).await;
    slow.write_all(b"POST / HTTP/1.1\r\nhost: sts.amazonaws.com\r\ncontent-length: 9\r\n\r\na")
        .await
        .unwrap();
    let text = String::from_utf8(rest(&mut slow).await).unwrap();
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(text.contains("<Code>RequestTimeout</Code>"), "{text}");
    is_well(&serving).await;
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones_the_oldest_first() {
    let limits = Limits {
        connections: 50,
        ..Limits::default()
    };
    let serving = start(limits).await;
    let mut used = connect(&serving).await;
    let mut idle = Vec::new();
    for number in 0..400 {
        idle.push(connect(&serving).await);
        if number % 20 == 0 {
            // One that is used between is never the one that was idle longest.
            tokio::time::sleep(Duration::from_millis(2)).await;
            used.write_all(&who(&serving)).await.unwrap();
            assert!(answer(&mut used).await.starts_with("HTTP/1.1 200"));
        }
    }
    is_well(&serving).await;
    assert!(serving.connections() <= 50);
    assert_eq!(rest(idle.first_mut().unwrap()).await, b"");
}

#[tokio::test]
async fn clients_that_hang_up_in_the_middle_leave_nothing_behind() {
    let serving = start(Limits::default()).await;
    for length in [1, 30, 200, 10_000] {
        let mut stream = connect(&serving).await;
        let request = who(&serving);
        stream
            .write_all(request.get(..length.min(request.len())).unwrap())
            .await
            .unwrap();
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    is_well(&serving).await;
    tokio::time::timeout(PATIENCE, async {
        while serving.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_answer_can_be_held_back_or_the_connection_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = serve(
        listener,
        Limits::default(),
        |request: Request<Bytes>, _| async move {
            Answer {
                response: Response::new(Bytes::from_static(b"late")),
                delay: Duration::from_millis(30),
                dropped: request.uri().path() == "/dropped",
                wrote: false,
            }
        },
    )
    .unwrap();
    let mut stream = connect(&serving).await;
    let began = tokio::time::Instant::now();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(answer(&mut stream).await.ends_with("late"));
    assert!(began.elapsed() >= Duration::from_millis(30));
    stream
        .write_all(b"GET /dropped HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(rest(&mut stream).await, b"");
}

#[tokio::test]
async fn a_shutdown_lets_requests_finish_and_closes_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = serve(
        listener,
        Limits::default(),
        |_: Request<Bytes>, _| async move {
            Answer {
                response: Response::new(Bytes::from_static(b"done")),
                delay: Duration::from_millis(100),
                dropped: false,
                wrote: false,
            }
        },
    )
    .unwrap();
    let address = serving.address();
    let mut idle = connect(&serving).await;
    let mut working = connect(&serving).await;
    working
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let closing = tokio::spawn(serving.shutdown(PATIENCE));
    assert!(answer(&mut working).await.ends_with("done"));
    assert_eq!(rest(&mut idle).await, b"");
    tokio::time::timeout(PATIENCE, closing)
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
