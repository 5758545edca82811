//! Clients that misbehave, and the end of the process while it is asked: a legitimate scraper gets every page whole.
#![expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod exporter;
mod fault_server;
mod stub;

use std::time::{Duration, Instant};

use exporter::Exporter;
use fault_server::faults::Fault;
use fault_server::{FaultServer, answers};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sockets that want nothing good.
const HOSTILE: usize = 1_000;

/// What the hostile ones send: nothing, halves, floods, other protocols; some never read.
fn opening(number: usize) -> Vec<u8> {
    match number % 10 {
        0 => Vec::new(),
        1 => b"GET /metr".to_vec(),
        2 => b"GET /metrics HTTP/1.1\r\nx: ".to_vec(),
        3 => vec![0xff; 20_000],
        4 => b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50),
        5 => [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"x: y\r\n".repeat(500),
            b"\r\n".to_vec(),
        ]
        .concat(),
        6 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        7 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        8 => b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\nx".to_vec(),
        _ => [
            b"GET /".to_vec(),
            vec![b'a'; 100_000],
            b" HTTP/1.1\r\n\r\n".to_vec(),
        ]
        .concat(),
    }
}

fn config(worker: u16, more: &str) -> String {
    format!(
        "connect: {{ workers: [{{ url: 'http://127.0.0.1:{worker}' }}] }}\nflows: [{{ source: source, target: target, connector: mirror-source }}]\n{more}"
    )
}

/// The test itself holds as many sockets as the exporter.
fn allow_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_and_hostile_sockets_cost_a_scraper_no_page_and_are_given_back() {
    allow_descriptors();
    let worker = FaultServer::start(Fault::none()).await;
    let exporter = Exporter::start(&config(worker.port, "clusters: {}\n"))
        .listening()
        .await;
    exporter
        .until("the worker is up", |page| {
            page.contains("mm2_worker_up{") && page.contains("kafka_connect_connector_status")
        })
        .await;
    let base = exporter.descriptors();
    let mut hostile = Vec::new();
    for number in 0..HOSTILE {
        let mut stream = TcpStream::connect(exporter.address).await.unwrap();
        // Whoever has been refused already is no longer written to.
        let _ = tokio::time::timeout(
            Duration::from_millis(50),
            stream.write_all(&opening(number)),
        )
        .await;
        hostile.push(stream);
    }
    for _ in 0..30 {
        let page = exporter.page().await;
        assert!(page.contains("mm2_exporter_build_info"), "a whole page");
        assert!(page.ends_with('\n'));
    }
    let most = exporter.descriptors();
    assert!(
        most > base + HOSTILE / 4,
        "{most}: idle ones are still held, else this shows nothing"
    );
    // Idle ones are cut off by the exporter though nobody hangs up here; those that never read go when they hang up.
    let silent: Vec<TcpStream> = hostile
        .into_iter()
        .enumerate()
        .filter(|(number, _)| number % 10 < 3)
        .map(|(_, stream)| stream)
        .collect();
    let mut left = most;
    for _ in 0..180 {
        left = exporter.descriptors();
        if left <= base + 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(left <= base + 5, "{left} descriptors, {base} before");
    assert_eq!(silent.len(), HOSTILE * 3 / 10);
    assert!(exporter.page().await.contains("mm2_exporter_build_info"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_under_way_are_finished_when_it_is_told_to_end_though_kafka_is_silent() {
    let worker =
        FaultServer::answering(answers::many(1_000, 10), Fault::none(), Duration::ZERO).await;
    // Brokers that take connections and never answer.
    let black_hole = FaultServer::start(Fault::silence()).await;
    let kafka = format!(
        "clusters: {{ source: {{ bootstrap.servers: '127.0.0.1:{0}' }}, target: {{ bootstrap.servers: '127.0.0.1:{0}' }} }}\npage: {{ series_per_metric: 100000 }}\n",
        black_hole.port
    );
    let mut exporter = Exporter::start(&config(worker.port, &kafka))
        .listening()
        .await;
    exporter
        .until("the page is long", |page| page.len() > 7 << 20)
        .await;
    let mut scrapes = Vec::new();
    for _ in 0..2 {
        // Of eight megabytes the sockets hold a part: the rest waits in the exporter.
        let mut stream = TcpStream::connect(exporter.address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 512];
        let length = stream.read(&mut first).await.unwrap();
        scrapes.push((stream, first[..length].to_vec()));
    }
    let begun = Instant::now();
    exporter.terminate();
    let whole = scrapes
        .into_iter()
        .map(|(mut stream, mut answer)| async move {
            stream.read_to_end(&mut answer).await.map(|_| answer)
        });
    for answer in join_all(whole).await {
        let answer = answer.unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .unwrap();
        assert_eq!(answer.len() - end - 4, length, "the whole page");
        assert!(length > 7 << 20);
    }
    let status = exporter.ended().await;
    println!("it took {:?} to end", begun.elapsed());
    assert_eq!(status.code(), Some(0), "{}", exporter.log());
    // Five seconds are promised; the machine may be slow, a hanging thread would be there for ever.
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_and_stays_with_every_backend_silent() {
    let silent = FaultServer::start(Fault::silence()).await;
    let more = format!(
        "clusters: {{ source: {{ bootstrap.servers: '127.0.0.1:{0}' }}, target: {{ bootstrap.servers: 'no-such-host.invalid:9092' }} }}\npoll: {{ interval: 1s, deadline: 900ms, time_to_live: 5s }}\n",
        silent.port
    );
    let mut exporter = Exporter::start(&config(silent.port, &more))
        .listening()
        .await;
    let page = exporter.page().await;
    let endpoints = page.matches("\nmm2_exporter_endpoint_up{").count();
    let down = page
        .lines()
        .filter(|line| line.starts_with("mm2_exporter_endpoint_up{") && line.ends_with(" 0"))
        .count();
    assert!(endpoints >= 8, "{page}");
    assert_eq!(down, endpoints, "each endpoint is there and down");
    exporter
        .until("each endpoint has failed more than once", |page| {
            let errors = |endpoint: &str| {
                let start = format!("mm2_exporter_poll_errors_total{{endpoint=\"{endpoint}\"");
                let lines = page.lines().filter(|line| line.starts_with(&start));
                lines
                    .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
                    .sum::<f64>()
            };
            ["tasks", "cluster:source", "cluster:target"]
                .iter()
                .all(|endpoint| errors(endpoint) >= 2.0)
        })
        .await;
    assert!(exporter.runs());
}
