//! The server over real sockets: what each path answers, in which form, and how it treats clients that misbehave.
#![expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use mirrorwatch::exposition::Pages;
use mirrorwatch::http::{self, Connections};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::Polls;
use stub::{Behaviour, QUICK, Stub, endpoints};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Server {
    address: std::net::SocketAddr,
    polls: Polls,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn server(behaviour: Behaviour) -> Server {
    let backend = Stub::start(behaviour).await;
    let polls = Polls::start(
        endpoints(&[backend.port], QUICK.deadline),
        QUICK,
        Timestamp::from_micros(0),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let pages = Arc::new(Pages::new(polls.snapshots.clone()));
    let ended = tokio::spawn(http::run(listener, pages, stopped));
    Server {
        address,
        polls,
        stop,
        ended,
    }
}

impl Server {
    /// The head and the body that a request gets.
    async fn ask(&self, request: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        (head, answer[end + 4..].to_vec())
    }
}

#[tokio::test]
async fn each_path_has_its_answer_and_only_get_and_head_are_taken() {
    let server = server(Behaviour::Captured).await;
    let cases = [
        ("GET /metrics HTTP/1.1", "200"),
        ("HEAD /metrics HTTP/1.1", "200"),
        ("GET /-/healthy HTTP/1.1", "200"),
        ("GET / HTTP/1.1", "200"),
        ("GET /metrics?x=1 HTTP/1.1", "200"),
        ("GET /-/config HTTP/1.1", "404"),
        ("GET /../etc/passwd HTTP/1.1", "404"),
        ("POST /metrics HTTP/1.1", "405"),
        ("BREW /metrics HTTP/1.1", "405"),
        ("POST /-/healthy HTTP/1.1", "405"),
        ("POST /-/reload HTTP/1.1", "403"),
        ("GET /-/reload HTTP/1.1", "403"),
    ];
    for (request, status) in cases {
        let (head, body) = server.ask(request).await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {head}"
        );
        assert_eq!(body.is_empty(), request.starts_with("HEAD"), "{request}");
    }
}

#[tokio::test]
async fn the_form_is_what_the_scraper_accepts() {
    let server = server(Behaviour::Captured).await;
    let (head, body) = server.ask("GET /metrics HTTP/1.1").await;
    assert!(
        head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    assert!(!String::from_utf8(body).unwrap().contains("# EOF"));
    let open = "GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3";
    let (head, body) = server
        .ask(&format!("{open}\r\naccept-encoding: gzip"))
        .await;
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"),
        "{head}"
    );
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut page = String::new();
    GzDecoder::new(&body[..]).read_to_string(&mut page).unwrap();
    assert!(page.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_landing_page_runs_nothing_and_tells_of_every_flow_and_worker() {
    let server = server(Behaviour::Captured).await;
    let mut snapshots = server.polls.snapshots.clone();
    let is_told = |snapshot: &Arc<mirrorwatch::model::snapshot::Snapshot>| {
        snapshot.is_complete() && !snapshot.normalised.tasks.is_empty()
    };
    snapshots.wait_for(is_told).await.unwrap();
    let (head, body) = server.ask("GET / HTTP/1.1").await;
    assert!(
        head.contains("content-type: text/html; charset=utf-8"),
        "{head}"
    );
    assert!(
        head.contains("content-security-policy: default-src 'none'; style-src 'unsafe-inline'"),
        "{head}"
    );
    let page = String::from_utf8(body).unwrap();
    for part in [
        "source → target",
        "mirror-source",
        "rest:127.0.0.1:27114",
        "href=\"./metrics\"",
        "width=device-width",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let snapshot = Arc::clone(&snapshots.borrow());
    let named = snapshot.endpoints().map(|polled| polled.endpoint);
    let left_out: Vec<_> = named.filter(|name| !page.contains(name)).collect();
    assert!(left_out.is_empty(), "{left_out:?}: {page}");
}

#[tokio::test]
async fn scrapes_under_way_are_finished_when_the_server_stops() {
    let server = server(Behaviour::Captured).await;
    let mut scrapes = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        // The first byte of the answer is there: the scrape is under way.
        assert_eq!(stream.peek(&mut [0]).await.unwrap(), 1);
        scrapes.push(stream);
    }
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    for mut stream in scrapes {
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{head}"
        );
    }
}

#[tokio::test]
async fn every_answer_tells_the_time_of_this_host() {
    let server = server(Behaviour::Captured).await;
    for request in [
        "GET /metrics HTTP/1.1",
        "GET /nowhere HTTP/1.1",
        "PUT / HTTP/1.1",
    ] {
        let (head, _) = server.ask(request).await;
        let time = head
            .lines()
            .find_map(|line| line.strip_prefix("x-mirrorwatch-time: "))
            .unwrap();
        assert_eq!(time.split_once('.').unwrap().1.len(), 6, "microseconds");
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        assert!((now - time.parse::<f64>().unwrap()).abs() < 1.0, "{time}");
    }
}

#[tokio::test]
async fn it_is_ready_once_every_endpoint_has_been_polled() {
    let server = server(Behaviour::Silent).await;
    let (head, _) = server.ask("GET /-/ready HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    let mut snapshots = server.polls.snapshots.clone();
    snapshots
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap();
    let (head, _) = server.ask("GET /-/ready HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

#[tokio::test]
async fn idle_connections_and_garbage_do_not_keep_a_scraper_waiting() {
    let server = server(Behaviour::Captured).await;
    let mut idle = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            stream
                .write_all(b"GET /metrics HTTP/1.1\r\nx: ")
                .await
                .unwrap();
        }
        idle.push(stream);
    }
    let mut garbage = TcpStream::connect(server.address).await.unwrap();
    garbage.write_all(&vec![0xff; 100_000]).await.ok();
    let begun = Instant::now();
    let (head, _) = server.ask("GET /metrics HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200 "));
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn work_for_a_page_does_not_grow_with_the_number_of_scrapers() {
    let backend = Stub::start(Behaviour::Captured).await;
    let polls = Polls::start(
        endpoints(&[backend.port], QUICK.deadline),
        QUICK,
        Timestamp::from_micros(0),
    );
    let pages = Pages::new(polls.snapshots.clone());
    polls
        .snapshots
        .clone()
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap();
    polls.stop().await;
    let requests = backend.requests.load(std::sync::atomic::Ordering::Relaxed);
    let first = pages.get(mirrorwatch::exposition::Format::OpenMetrics, true);
    for _ in 0..50 {
        let again = pages.get(mirrorwatch::exposition::Format::OpenMetrics, true);
        assert_eq!(first.as_ptr(), again.as_ptr(), "the same bytes, not a copy");
    }
    assert_eq!(
        backend.requests.load(std::sync::atomic::Ordering::Relaxed),
        requests
    );
}

#[tokio::test]
async fn it_stops_in_time_though_connections_are_open() {
    let server = server(Behaviour::Captured).await;
    let mut open = TcpStream::connect(server.address).await.unwrap();
    open.write_all(b"GET /metr").await.unwrap();
    let (head, _) = server.ask("GET /-/healthy HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200 "));
    let begun = Instant::now();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn connections_are_counted_over_all_addresses() {
    let server = server(Behaviour::Captured).await;
    let capped = http::Server {
        connections: Connections::most(1),
        ..http::Server::from(Arc::new(Pages::new(server.polls.snapshots.clone())))
    };
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(listener.local_addr().unwrap());
        let never = std::future::pending::<()>();
        tokio::spawn(http::run(listener, capped.clone(), never));
    }
    let request = b"GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = TcpStream::connect(addresses[0]).await.unwrap();
    first.write_all(request).await.unwrap();
    assert!(first.read_u8().await.is_ok(), "it is let in");
    let mut second = TcpStream::connect(addresses[1]).await.unwrap();
    let _ = second.write_all(request).await;
    assert!(second.read_u8().await.is_err(), "that is one too many");
    drop(first);
    loop {
        // It is a moment until the end of the first is seen.
        let mut third = TcpStream::connect(addresses[1]).await.unwrap();
        if third.write_all(request).await.is_ok() && third.read_u8().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
