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
    /// As captured from the worker of this number (from 1) in this folder of `tests/fixtures`.
    Folder(&'static str, usize),
    /// The same with 0 for each value that was NaN: as if a record had come within JMX's windows.
    FolderWithoutNan(&'static str, usize),
    /// As captured from a worker of Kafka 3.7.2, which calls itself by this version by REST and by JMX (as text within JSON).
    CallingItself(&'static str, usize, &'static str),
    /// As captured from the first worker in this folder, with `hunter2` for everything in a task's configuration that is
    /// not for us, and as the trace of every status.
    Secretive(&'static str),
    /// As captured from the first worker in this folder, for the user `u` with the password `hunter2` only.
    Locked(&'static str),
    /// As captured from the first worker in this folder, but for a path that is answered with this status.
    Refuses(&'static str, &'static str, &'static str),
    /// As captured from the first worker in this folder; Jolokia answers the first so many questions by its policy: with 403.
    Forbids(&'static str, usize),
    /// A load balancer: each request is answered by the next of the workers in this folder.
    Balancer(&'static str),
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
                let before = seen.fetch_add(1, Ordering::Relaxed);
                let behaviour = match &behaviour {
                    Behaviour::Balancer(folder) => Behaviour::Folder(folder, before % 2 + 1),
                    other => other.clone(),
                };
                tokio::spawn(answer(stream, behaviour));
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
        Behaviour::Folder(folder, number) => {
            stream
                .write_all(&from_folder(&request, folder, number))
                .await
        }
        Behaviour::Secretive(folder) => stream.write_all(&secretive(&request, folder)).await,
        Behaviour::FolderWithoutNan(folder, number) => {
            let answer = from_folder(&request, folder, number);
            stream.write_all(&without_nan(answer)).await
        }
        Behaviour::CallingItself(folder, number, version) => {
            let answer = from_folder(&request, folder, number);
            stream.write_all(&calling_itself(answer, version)).await
        }
        Behaviour::Locked(_) if !request.contains(LOCK) => {
            let answer = status("401 Unauthorized");
            stream.write_all(&answer).await
        }
        Behaviour::Refuses(_, path, line) if request.split(' ').nth(1) == Some(path) => {
            stream.write_all(&status(line)).await
        }
        Behaviour::Locked(folder) | Behaviour::Refuses(folder, ..) => {
            stream.write_all(&from_folder(&request, folder, 1)).await
        }
        Behaviour::Forbids(folder, questions) => {
            let answer = from_folder(&request, folder, 1);
            stream.write_all(&forbidden(&answer, questions)).await
        }
        Behaviour::Silent => std::future::pending().await,
        Behaviour::Hangup | Behaviour::Balancer(_) => Ok(()),
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

/// What `capture.sh` has put into a folder.
fn from_folder(request: &str, folder: &str, number: usize) -> Vec<u8> {
    let file = match request.split(' ').nth(1).unwrap_or_default() {
        "/" => "root.json".to_owned(),
        "/health" => "health.json".to_owned(),
        "/connectors?expand=status" => "status.json".to_owned(),
        "/connectors/mirror-source/tasks" => "tasks.json".to_owned(),
        "/connectors/mirror-source/offsets" => "offsets.json".to_owned(),
        "/jolokia/" => format!("jolokia-{number}.json"),
        _ => return status("404 Not Found"),
    };
    let body = std::fs::read(format!("tests/fixtures/{folder}/{file}")).unwrap();
    if body.starts_with(b"{\"error_code\":404") {
        return status("404 Not Found");
    }
    ok(&body)
}

const FOR_US: [&str; 4] = [
    "task.assigned.partitions",
    "tasks.max",
    "topics",
    "topics.exclude",
];

fn secretive(request: &str, folder: &str) -> Vec<u8> {
    let answer = String::from_utf8(from_folder(request, folder, 1)).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let Ok(mut json) = serde_json::from_str::<serde_json::Value>(body) else {
        return answer.into_bytes();
    };
    if let Some(tasks) = json.as_array_mut().filter(|_| request.contains("/tasks ")) {
        for task in tasks {
            for (key, value) in task["config"].as_object_mut().unwrap() {
                if !FOR_US.contains(&&**key) {
                    *value = "hunter2".into();
                }
            }
            task["config"]["source.cluster.sasl.jaas.config"] = "hunter2".into();
        }
    }
    let text = json.to_string();
    let is_status = request.contains("expand=status");
    ok(if is_status {
        text.replace("{\"id\"", "{\"trace\":\"hunter2\",\"id\"")
    } else {
        text
    }
    .as_bytes())
}

/// What the user `u` with the password `hunter2` sends.
const LOCK: &str = "authorization: Basic dTpodW50ZXIy\r\n";

fn without_nan(answer: Vec<u8>) -> Vec<u8> {
    replaced(answer, "null", "0")
}

/// An answer with another text for one in its body, if there is something in it.
fn replaced(answer: Vec<u8>, text: &str, other: &str) -> Vec<u8> {
    let whole = String::from_utf8(answer).unwrap();
    match whole.split_once("\r\n\r\n") {
        Some((_, body)) if whole.starts_with("HTTP/1.1 200") => {
            ok(body.replace(text, other).as_bytes())
        }
        _ => whole.into_bytes(),
    }
}

/// The first so many items of an answer replaced by what Jolokia says where its policy forbids a read.
fn forbidden(answer: &[u8], questions: usize) -> Vec<u8> {
    let text = str::from_utf8(answer).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let mut items: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
    for item in items.iter_mut().take(questions) {
        *item = serde_json::json!({ "status": 403, "error_type": "java.lang.SecurityException", "error": "Reading attribute is forbidden" });
    }
    ok(serde_json::to_string(&items).unwrap().as_bytes())
}

/// Every version of Kafka in an answer replaced by this one.
fn calling_itself(answer: Vec<u8>, version: &str) -> Vec<u8> {
    replaced(answer, "\"3.7.2\"", &format!("\"{version}\""))
}

/// The ids of the workers in a folder.
pub(crate) fn ids(folder: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("tests/fixtures/{folder}/workers.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Polls that come quickly, for tests.
pub(crate) const QUICK: Schedule = Schedule {
    interval: Duration::from_millis(600),
    deadline: Duration::from_millis(500),
    time_to_live: Duration::from_secs(3),
};

/// The endpoints of workers on these ports, under the ids that the captured answers carry.
pub(crate) fn endpoints(ports: &[u16], deadline: Duration) -> Endpoints {
    let ids = ["127.0.0.1:27114", "127.0.0.1:27116", "127.0.0.1:27118"];
    endpoints_of(ports, &ids.map(str::to_owned), deadline)
}

/// The endpoints of workers with these ids on these ports.
pub(crate) fn endpoints_of(ports: &[u16], ids: &[String], deadline: Duration) -> Endpoints {
    endpoints_through(&fetch::Client::new(deadline).unwrap(), ports, ids)
}

/// The same, asked through this client.
pub(crate) fn endpoints_through(
    client: &fetch::Client,
    ports: &[u16],
    ids: &[String],
) -> Endpoints {
    let worker = |(port, id): (&u16, &String)| {
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}").parse().unwrap();
        Worker {
            id: id.clone(),
            rest: connect::Client::new(client.clone(), url("")),
            jolokia: Some(jolokia::Client::new(client.clone(), url("/jolokia/"))),
        }
    };
    Endpoints {
        probes: std::collections::BTreeMap::new(),
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
