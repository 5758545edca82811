//! A stand-in for Prometheus and the exporter, for tests of what a drill does to the system; no verdict is tested on it.
//!
//! It answers `/metrics` with a page of a healthy site, `/connectors/…` with a connector's configuration and `/api/v1/query` with the same values at every second asked for.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// Workers of the site.
pub(crate) const WORKERS: [&str; 3] = ["w1:8083", "w2:8083", "w3:8083"];

/// What is not as it should be.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// Another exporter is scraped under the same job, half a second apart.
    pub(crate) second_exporter: bool,
    /// The last worker does not answer.
    pub(crate) worker_down: bool,
    /// So many queries of ranges are refused.
    pub(crate) refused: usize,
}

/// Queries that are still to be refused, and the rest of the trouble.
type Shared = Arc<(AtomicUsize, Trouble)>;

/// Start the stand-in; its base URL.
pub(crate) fn start(trouble: Trouble) -> String {
    let shared: Shared = Arc::new((AtomicUsize::new(trouble.refused), trouble));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || drop(answer(stream, &shared)));
        }
    });
    url
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stand-in is a machine of its own"
)]
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

/// What is asked: its first line, and its body.
pub(crate) fn request(stream: &TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((request, body))
}

fn answer(
    mut stream: TcpStream,
    (refused, trouble): &(AtomicUsize, Trouble),
) -> std::io::Result<()> {
    let (request, body) = request(&stream)?;
    let body = if request.contains("/api/v1/query") {
        let form = String::from_utf8(body).unwrap();
        let less = |left: usize| left.checked_sub(1);
        if form.contains("%5B") && refused.fetch_update(Relaxed, Relaxed, less).is_ok() {
            return write!(
                stream,
                "HTTP/1.1 503 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
        query(&form, *trouble)
    } else if request.contains("/connectors/") {
        r#"{"connector.class":"org.apache.kafka.connect.mirror.MirrorSourceConnector","topics":"t.*"}"#.to_owned()
    } else {
        page(now())
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-mirrorwatch-time: {:.6}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        now(),
        body.len()
    )
}

/// The exporter's page at `at`.
fn page(at: f64) -> String {
    let mut page = String::new();
    for (labels, value) in series(at) {
        let (name, rest) = labels.split_first().unwrap();
        let rest: Vec<String> = rest
            .iter()
            .map(|(key, value)| format!("{key}=\"{value}\""))
            .collect();
        writeln!(page, "{}{{{}}} {value}", name.1, rest.join(",")).unwrap();
    }
    page
}

type Labels = Vec<(&'static str, String)>;

fn series(at: f64) -> Vec<(Labels, String)> {
    let flow = [("source", "source"), ("target", "target")];
    let mut all = vec![
        one("up", &[], 1.0),
        one("scrape_duration_seconds", &[], 0.01),
        one("mm2_connect_group_members", &[], 3.0),
        one("mm2_connect_leader_info", &[("worker", WORKERS[0])], 1.0),
        one("mm2_connect_assignment_withheld", &[], 0.0),
        one("mm2_connect_assignment_withheld_delay_seconds", &[], 0.0),
        one("mm2_canary_period_seconds", &flow, 0.1),
        one("mm2_canary_outage_threshold_seconds", &flow, 1.0),
        one("mm2_canary_lateness_seconds", &flow, 0.001),
        one(
            "mm2_canary_info",
            &[
                flow[0],
                flow[1],
                ("topic", "t"),
                ("remote_topic", "source.t"),
                ("instance", "i"),
                ("run", "r"),
            ],
            1.0,
        ),
        one(
            "mm2_canary_run_start_timestamp_seconds",
            &[flow[0], flow[1], ("run", "r")],
            1_700_000_000.0,
        ),
        one(
            "mm2_canary_observed_through_timestamp_seconds",
            &flow,
            at - 0.01,
        ),
        one("mm2_exporter_page_timestamp_seconds", &[], at - 0.01),
    ];
    for side in ["source", "target"] {
        let labels = [flow[0], flow[1], ("side", side)];
        all.push(one("mm2_canary_blind_spans_total", &labels, 0.0));
    }
    for (task, worker) in WORKERS.iter().enumerate() {
        let (task, partition) = (task.to_string(), task.to_string());
        all.push(one("mm2_worker_up", &[("worker", worker)], 1.0));
        let owner = [("connector", "mirror-source"), ("task", task.as_str())];
        all.push(one(
            "kafka_connect_connector_task_status",
            &[
                owner[0],
                owner[1],
                ("worker", worker),
                ("status", "running"),
            ],
            1.0,
        ));
        all.push(one(
            "mm2_canary_task_partitions",
            &[flow[0], flow[1], owner[0], owner[1]],
            1.0,
        ));
        let number = ("partition", partition.as_str());
        all.push(one(
            "mm2_canary_partition_owner_info",
            &[flow[0], flow[1], number, owner[0], owner[1]],
            1.0,
        ));
        let labels = [flow[0], flow[1], number];
        for (name, value) in [
            (
                "mm2_canary_first_arrival_timestamp_seconds",
                1_700_000_001.0,
            ),
            ("mm2_canary_delivered_through_timestamp_seconds", at - 0.1),
            ("mm2_canary_undelivered_records", 0.0),
            ("mm2_canary_overtaken_records", 0.0),
            ("mm2_canary_sent_records_total", 10.0),
            ("mm2_canary_acknowledged_records_total", 10.0),
            ("mm2_canary_received_records_total", 10.0),
            ("mm2_canary_lost_records_total", 0.0),
            ("mm2_canary_duplicate_records_total", 0.0),
            ("mm2_canary_outages_total", 0.0),
            ("mm2_canary_outage_seconds_total", 0.0),
        ] {
            all.push(one(name, &labels, value));
        }
    }
    all
}

fn one(name: &str, labels: &[(&'static str, &str)], value: f64) -> (Labels, String) {
    let mut all = vec![("__name__", name.to_owned())];
    all.extend(
        labels
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned())),
    );
    (all, format!("{value}"))
}

fn query(form: &str, trouble: Trouble) -> String {
    let field = |name: &str| {
        form.split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(decoded))
    };
    let query = field("query").unwrap_or_default();
    let at = field("time")
        .and_then(|time| time.parse().ok())
        .unwrap_or_else(now);
    if query.starts_with("time()") {
        return format!(
            r#"{{"status":"success","data":{{"resultType":"scalar","result":[{at:.3},"{at:.3}"]}}}}"#
        );
    }
    let name: String = query
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let range = query
        .rsplit_once('[')
        .map(|(_, range)| seconds(range.trim_end_matches(']')));
    let times: Vec<f64> = match range {
        // Left-open, one sample at each whole second.
        Some(range) => {
            let mut times = Vec::new();
            let mut time = (at - range).floor() + 1.0;
            while time <= at {
                times.push(time);
                time += 1.0;
            }
            times
        }
        None => vec![at.floor()],
    };
    let kind = if range.is_some() { "matrix" } else { "vector" };
    format!(
        r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{}]}}}}"#,
        found(&name, &times, range.is_some(), trouble)
    )
}

fn found(name: &str, times: &[f64], matrix: bool, trouble: Trouble) -> String {
    let mut results = Vec::new();
    for (index, (labels, _)) in series(0.0).iter().enumerate() {
        if !name.is_empty() && labels[0].1 != name {
            continue;
        }
        let down = trouble.worker_down
            && labels[0].1 == "mm2_worker_up"
            && labels[1].1 == WORKERS[WORKERS.len() - 1];
        let values: Vec<(f64, String)> = times
            .iter()
            .map(|time| (*time, series(*time)[index].1.clone()))
            .map(|(time, value)| (time, if down { "0".to_owned() } else { value }))
            .collect();
        results.push(result(labels, "i:1", &values, matrix));
        if trouble.second_exporter && labels[0].1 == "up" {
            let values: Vec<_> = times
                .iter()
                .map(|time| (time - 0.5, "1".to_owned()))
                .collect();
            results.push(result(labels, "i:2", &values, matrix));
        }
    }
    results.join(",")
}

fn result(labels: &Labels, instance: &str, values: &[(f64, String)], matrix: bool) -> String {
    let job = [
        ("job", "mirrorwatch".to_owned()),
        ("instance", instance.to_owned()),
    ];
    let metric: Vec<String> = labels
        .iter()
        .chain(&job)
        .map(|(key, value)| format!("\"{key}\":\"{value}\""))
        .collect();
    let values: Vec<String> = values
        .iter()
        .map(|(time, value)| format!("[{time},\"{value}\"]"))
        .collect();
    let values = if matrix {
        format!("\"values\":[{}]", values.join(","))
    } else {
        format!("\"value\":{}", values[0])
    };
    format!("{{\"metric\":{{{}}},{values}}}", metric.join(","))
}

/// A duration in one unit.
fn seconds(text: &str) -> f64 {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .unwrap();
    number.parse::<f64>().unwrap() * factor
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}
