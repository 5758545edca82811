//! A stand-in for a worker's REST API and Jolokia agent on a local port, which answers what was captured from a real
//! one, or does not answer. `fault_server` has more faults.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mirrorwatch::model::flow::{Flow, ReplicationPolicy};
use mirrorwatch::poll::{Endpoints, Schedule, Worker};
use mirrorwatch::{connect, fetch, jolokia};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a stub answers.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// As captured from Kafka 4.3.1 and Jolokia 2.6.0.
    Captured,
    /// The same, of a worker that runs the checkpoint task.
    CapturedCheckpoint,
    /// Takes the request and says nothing.
    Silent,
    /// Ends the connection at once.
    Hangup,
}

/// A running stub.
pub(crate) struct Stub {
    /// Its port on the loopback address.
    pub(crate) port: u16,
    /// Requests that it has taken.
    pub(crate) requests: Arc<AtomicUsize>,
}

/// A whole answer with status 200.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// An answer with another status and an empty body.
pub(crate) fn status(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}

impl Stub {
    /// Start one.
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, behaviour.clone()));
            }
        });
        Self { port, requests }
    }
}

async fn answer(mut stream: TcpStream, behaviour: Behaviour) {
    let mut request = [0_u8; 16 << 10];
    if matches!(behaviour, Behaviour::Hangup) {
        return;
    }
    let length = stream.read(&mut request).await.unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    // A client that has had enough is no fault of the stub.
    let _ = match behaviour {
        Behaviour::Captured => stream.write_all(&captured(&request, WORKER)).await,
        Behaviour::CapturedCheckpoint => {
            stream
                .write_all(&captured(&request, CHECKPOINT_WORKER))
                .await
        }
        Behaviour::Silent => std::future::pending().await,
        Behaviour::Hangup => Ok(()),
    };
}

/// What a worker that runs source tasks answers through Jolokia.
pub(crate) const WORKER: &[u8] = include_bytes!("../fixtures/jolokia-2.6.0-worker.json");
const CHECKPOINT_WORKER: &[u8] = include_bytes!("../fixtures/jolokia-2.6.0-checkpoint-worker.json");

/// What was captured in answer to this request.
pub(crate) fn captured(request: &str, jolokia: &[u8]) -> Vec<u8> {
    let path = request.split(' ').nth(1).unwrap_or_default();
    match path {
        "/" => ok(include_bytes!("../fixtures/connect-4.3.1-root.json")),
        "/health" => ok(include_bytes!("../fixtures/connect-4.3.1-health.json")),
        "/connectors?expand=status" => ok(include_bytes!("../fixtures/connect-4.3.1-status.json")),
        "/connectors/mirror-source/tasks" => {
            ok(include_bytes!("../fixtures/connect-4.3.1-tasks.json"))
        }
        "/connectors/mirror-source/offsets" => {
            ok(include_bytes!("../fixtures/connect-4.3.1-offsets.json"))
        }
        "/jolokia/" => ok(jolokia),
        _ => status("404 Not Found"),
    }
}

/// Polls that come quickly, for tests.
pub(crate) const QUICK: Schedule = Schedule {
    interval: Duration::from_millis(600),
    deadline: Duration::from_millis(500),
    time_to_live: Duration::from_secs(3),
};

/// The endpoints of workers on these ports, under the ids that the captured answers carry.
pub(crate) fn endpoints(ports: &[u16], deadline: Duration) -> Endpoints {
    let client = fetch::Client::new(deadline).unwrap();
    let ids = ["127.0.0.1:27114", "127.0.0.1:27116", "127.0.0.1:27118"];
    let worker = |(port, id): (&u16, &str)| {
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}").parse().unwrap();
        Worker {
            id: id.to_owned(),
            rest: connect::Client::new(client.clone(), url("")),
            jolokia: Some(jolokia::Client::new(client.clone(), url("/jolokia/"))),
        }
    };
    Endpoints {
        flows: vec![Flow {
            source: "source".to_owned(),
            target: "target".to_owned(),
            connector: "mirror-source".to_owned(),
            policy: ReplicationPolicy::default(),
        }],
        workers: ports.iter().zip(ids).map(worker).collect(),
        group: None,
        clusters: Vec::new(),
        written: std::collections::BTreeMap::new(),
        canaries: Vec::new(),
        limits: Arc::default(),
    }
}
