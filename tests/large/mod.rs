//! Answers of a Connect cluster with many partitions: captured from a real worker, with its MBeans of a partition
//! repeated for as many as are asked for, and a backend that gives them and counts what it was asked.
#![allow(dead_code, reason = "each test and each bench uses its part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::thread;

use mirrorwatch::model::flow::{Flow, ReplicationPolicy};
use serde_json::{Map, Value};

const WORKER: &[u8] = include_bytes!("../fixtures/jolokia-2.6.0-worker.json");
/// Partitions of one topic.
const PER_TOPIC: usize = 50;
/// MBeans that each replicated partition has, by their place in the question.
const MIRROR_SOURCE: &str = "kafka.connect.mirror:type=MirrorSourceConnector,*";
const FETCH: &str =
    "kafka.consumer:client-id=*,partition=*,topic=*,type=consumer-fetch-manager-metrics";

/// How an agent spells object names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Keys as they were registered: 2.x as the lab sets it up.
    Registered,
    /// Keys sorted: the default of 1.7.
    Canonical,
}

/// The flow whose partitions these are.
pub(crate) fn flow() -> Flow {
    Flow {
        source: "source".to_owned(),
        target: "target".to_owned(),
        connector: "mirror-source".to_owned(),
        policy: ReplicationPolicy::default(),
    }
}

/// What the Jolokia agent of a worker says that copies these partitions, with one task.
pub(crate) fn jolokia(partitions: Range<usize>, task: usize, naming: Naming) -> Vec<u8> {
    let mut items: Vec<Value> = serde_json::from_slice(WORKER).expect("the fixture is JSON");
    for item in &mut items {
        let asked = item["request"]["mbean"].as_str().unwrap_or_default();
        let name: fn(usize, usize) -> Vec<(&'static str, String)> = match asked {
            MIRROR_SOURCE => mirror_source,
            FETCH => fetch,
            _ => continue,
        };
        let domain = asked
            .split_once(':')
            .map_or("", |(domain, _)| domain)
            .to_owned();
        let Some(Value::Object(beans)) = item.get_mut("value") else {
            continue;
        };
        let captured: Vec<Map<String, Value>> = beans
            .values()
            .filter_map(|bean| bean.as_object().cloned())
            .collect();
        *beans = partitions
            .clone()
            .map(|partition| {
                let mut bean = captured[partition % captured.len()].clone();
                vary(&mut bean, partition);
                (
                    object_name(&domain, name(partition, task), naming),
                    Value::Object(bean),
                )
            })
            .collect();
    }
    serde_json::to_vec(&items).expect("JSON is written to memory")
}

/// Two partitions do not have the same values: what is compressed must not be easier than the real thing.
fn vary(bean: &mut Map<String, Value>, partition: usize) {
    for (index, value) in bean.values_mut().enumerate() {
        if let Some(number) = value.as_f64() {
            let more = f64::from(u32::try_from(partition * 7 + index).unwrap_or(u32::MAX));
            *value = Value::from(if number.fract() == 0.0 {
                number + more
            } else {
                number * (1.0 + more / 1e6)
            });
        }
    }
}

fn mirror_source(partition: usize, _: usize) -> Vec<(&'static str, String)> {
    vec![
        ("type", "MirrorSourceConnector".to_owned()),
        ("source", "source".to_owned()),
        ("target", "target".to_owned()),
        ("topic", format!("source.{}", topic(partition))),
        ("partition", (partition % PER_TOPIC).to_string()),
    ]
}

fn fetch(partition: usize, task: usize) -> Vec<(&'static str, String)> {
    vec![
        ("type", "consumer-fetch-manager-metrics".to_owned()),
        (
            "client-id",
            format!("\"source->target|mirror-source-{task}|replication-consumer\""),
        ),
        ("topic", topic(partition)),
        ("partition", (partition % PER_TOPIC).to_string()),
    ]
}

fn topic(partition: usize) -> String {
    format!("orders-{:04}", partition / PER_TOPIC)
}

fn object_name(domain: &str, mut keys: Vec<(&str, String)>, naming: Naming) -> String {
    if naming == Naming::Canonical {
        keys.sort_unstable();
    }
    let keys: Vec<String> = keys
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{domain}:{}", keys.join(","))
}

/// The answers of `GET /connectors/mirror-source/tasks` and `…/offsets` for these partitions in as many tasks.
fn connector(partitions: usize, tasks: usize) -> (String, String) {
    let mut lists = vec![String::new(); tasks];
    let mut offsets = String::new();
    for partition in 0..partitions {
        let (topic, number) = (topic(partition), partition % PER_TOPIC);
        let list = &mut lists[partition * tasks / partitions];
        let comma = if list.is_empty() { "" } else { "," };
        let _ = write!(list, "{comma}{topic}-{number}");
        let comma = if offsets.is_empty() { "" } else { "," };
        let _ = write!(
            offsets,
            r#"{comma}{{"partition":{{"cluster":"source","partition":{number},"topic":"{topic}"}},"offset":{{"offset":{}}}}}"#,
            partition * 3
        );
    }
    let tasks = lists.iter().enumerate().map(|(task, list)| {
        format!(
            r#"{{"id":{{"connector":"mirror-source","task":{task}}},"config":{{"task.assigned.partitions":"{list}"}}}}"#
        )
    });
    (
        format!("[{}]", tasks.collect::<Vec<_>>().join(",")),
        format!(r#"{{"offsets":[{offsets}]}}"#),
    )
}

/// A Connect cluster of some workers, on one port each.
pub(crate) struct Backend {
    /// The ports of the workers, REST and Jolokia alike.
    pub(crate) ports: Vec<u16>,
    requests: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Backend {
    /// One whose workers share that many partitions.
    pub(crate) fn start(workers: usize, partitions: usize) -> Self {
        let requests = Arc::default();
        let (tasks, offsets) = connector(partitions, workers);
        let ports = (0..workers).map(|worker| {
            let share = worker * partitions / workers..(worker + 1) * partitions / workers;
            let answers = Answers {
                jolokia: jolokia(share, worker, Naming::Registered),
                tasks: tasks.clone().into_bytes(),
                offsets: offsets.clone().into_bytes(),
            };
            answers.serve(Arc::clone(&requests))
        });
        Self {
            ports: ports.collect(),
            requests,
        }
    }

    /// What it was asked so far, by path.
    pub(crate) fn requests(&self) -> BTreeMap<String, usize> {
        self.requests
            .lock()
            .expect("no thread panics with this lock")
            .clone()
    }

    /// The configuration of a mirrorwatch that watches it, polling every `interval`, with that many series per metric.
    pub(crate) fn configuration(&self, interval: &str, series: usize) -> String {
        let ids = ["127.0.0.1:27114", "127.0.0.1:27116", "127.0.0.1:27118"];
        let mut text = "connect:\n  workers:\n".to_owned();
        for (port, id) in self.ports.iter().zip(ids) {
            let url = format!("http://127.0.0.1:{port}");
            let _ = writeln!(
                text,
                "    - {{url: \"{url}\", jolokia: \"{url}/jolokia/\", worker_id: \"{id}\"}}"
            );
        }
        text.push_str("clusters: {}\nflows:\n  - {source: source, target: target, connector: mirror-source}\n");
        let _ = writeln!(
            text,
            "poll: {{interval: {interval}, deadline: 4s, time_to_live: 2h}}"
        );
        let _ = writeln!(text, "page: {{series_per_metric: {series}}}");
        text
    }
}

/// What one worker answers.
struct Answers {
    jolokia: Vec<u8>,
    tasks: Vec<u8>,
    offsets: Vec<u8>,
}

impl Answers {
    fn serve(self, requests: Arc<Mutex<BTreeMap<String, usize>>>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let answers = Arc::new(self);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, requests) = (Arc::clone(&answers), Arc::clone(&requests));
                // A client that has had enough is no fault of the backend.
                thread::spawn(move || drop(answers.converse(stream, &requests)));
            }
        });
        port
    }

    fn converse(
        &self,
        stream: TcpStream,
        requests: &Mutex<BTreeMap<String, usize>>,
    ) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream;
        while let Some((path, length)) = head(&mut reader)? {
            std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
            let (status, body) = self.answer(&path);
            *requests
                .lock()
                .expect("no thread panics with this lock")
                .entry(path)
                .or_default() += 1;
            write!(
                writer,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            )?;
            writer.write_all(body)?;
        }
        Ok(())
    }

    fn answer(&self, path: &str) -> (&'static str, &[u8]) {
        let body: &[u8] = match path {
            "/" => include_bytes!("../fixtures/connect-4.3.1-root.json"),
            "/health" => include_bytes!("../fixtures/connect-4.3.1-health.json"),
            "/connectors?expand=status" => include_bytes!("../fixtures/connect-4.3.1-status.json"),
            "/connectors/mirror-source/tasks" => &self.tasks,
            "/connectors/mirror-source/offsets" => &self.offsets,
            "/jolokia/" => &self.jolokia,
            _ => return ("404 Not Found", b""),
        };
        ("200 OK", body)
    }
}

/// Path and body length of the next request; `None` at the end of the connection.
fn head(reader: &mut impl BufRead) -> std::io::Result<Option<(String, u64)>> {
    let (mut line, mut path, mut length) = (String::new(), String::new(), 0);
    while reader.read_line(&mut line)? > 0 {
        let text = line.trim_end();
        if text.is_empty() {
            return Ok(Some((path, length)));
        }
        if path.is_empty() {
            text.split(' ')
                .nth(1)
                .unwrap_or_default()
                .clone_into(&mut path);
        } else if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    Ok(None)
}
