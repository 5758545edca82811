//! The engine and the recorder on the real thing: what is asked of a server is answered as the server does, and what a recorder that was
//! killed had flushed is there.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::clock;

use super::slow;
use crate::site::{MIRRORWATCH, said, series};

/// Of each kind of function one, over what a page has most of.
const QUERIES: [&str; 12] = [
    "up",
    "sum by (topic) (mm2_replication_lag_records)",
    "rate(mm2_canary_received_records_total[30s])",
    "histogram_quantile(0.9, sum by (le) (rate(mm2_canary_latency_seconds_bucket[30s])))",
    "max_over_time(mm2_replication_lag_records[20s])",
    // Its edges lie on no step: Prometheus 2 counts the sample at the beginning of a range, 3 and this engine do not.
    "quantile_over_time(0.5, mm2_replication_lag_records[18500ms:4s])",
    "topk(3, kafka_consumer_fetch_manager_records_consumed_rate)",
    "count by (__name__) ({job=\"mirrorwatch\"})",
    "sum by (status) (kafka_connect_connector_task_status)",
    "kafka_connect_connector_task_status * on (worker) group_left () mm2_worker_up",
    "absent(up{job=\"nobody\"})",
    "time() - mm2_canary_last_arrival_timestamp_seconds > -1",
];

/// What is asked at so many steps that it is read piece by piece. No ranges: one of them has a sample at its beginning at some step.
const IN_PIECES: [&str; 3] = [
    "sum by (topic) (mm2_replication_lag_records)",
    "kafka_connect_connector_task_status * on (worker) group_left () mm2_worker_up",
    "time() - timestamp(up) >= 0",
];

/// Each sample of an answer by its series and time.
type Samples = BTreeMap<(String, String), f64>;

#[test]
fn over_a_server_the_engine_answers_as_the_server_does() {
    let site = &slow();
    let server = &site.lab.description().prometheus[0].url;
    // What is asked about twice has to be complete by then.
    let to = clock::wall().as_seconds().floor() - 5.0;
    let (from, to) = ((to - 20.0).to_string(), to.to_string());
    let mut compared = 0;
    for query in QUERIES {
        let theirs = series(server, "query", &[("query", query), ("time", &to)]);
        let ours = asked(server, query, &["--at", &to]);
        compared += equal(query, &samples(&theirs.expect("it answers")), &ours);
        compared += equal_over(server, query, (&from, &to), "2s");
    }
    assert!(compared > 1_000, "{compared} samples say little");
    let in_pieces = IN_PIECES.map(|query| equal_over(server, query, (&from, &to), "10ms"));
    let compared: usize = in_pieces.iter().sum();
    assert!(compared > 2_000, "{in_pieces:?} samples say little");
}

/// Over a range in these steps; returns how many samples were compared.
fn equal_over(server: &str, query: &str, (from, to): (&str, &str), step: &str) -> usize {
    let range = [
        ("query", query),
        ("start", from),
        ("end", to),
        ("step", step),
    ];
    let theirs = series(server, "query_range", &range);
    let ours = asked(server, query, &["--from", from, "--to", to, "--step", step]);
    equal(query, &samples(&theirs.expect("it answers")), &ours)
}

fn equal(query: &str, theirs: &Samples, ours: &Samples) -> usize {
    assert!(
        theirs.keys().eq(ours.keys()),
        "{query}: {theirs:?}\n{ours:?}"
    );
    for ((who, their), our) in theirs.iter().zip(ours.values()) {
        let is_equal = their.to_bits() == our.to_bits()
            || (their.is_nan() && our.is_nan())
            || (their - our).abs() <= 1e-9 * their.abs().max(our.abs());
        assert!(is_equal, "{query}: {who:?} is {their}, not {our}");
    }
    ours.len()
}

fn asked(source: &str, query: &str, arguments: &[&str]) -> Samples {
    let output = Command::new(MIRRORWATCH)
        .args(["query", source, query, "--format", "json"])
        .args(arguments)
        .output()
        .expect("mirrorwatch runs");
    assert!(output.status.success(), "{query}: {}", said(&output));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    samples(
        answer["data"]["result"]
            .as_array()
            .expect("there is a result"),
    )
}

fn samples(result: &[serde_json::Value]) -> Samples {
    let mut samples = Samples::new();
    for series in result {
        let values = series["values"].as_array().cloned();
        for value in values.unwrap_or_else(|| vec![series["value"].clone()]) {
            let number = value[1].as_str().and_then(|text| text.parse().ok());
            let at = value[0].as_f64().expect("a time").to_string();
            samples.insert(
                (series["metric"].to_string(), at),
                number.expect("a number"),
            );
        }
    }
    samples
}

#[test]
fn a_recorder_that_is_killed_loses_no_more_than_the_last_flush_and_goes_on() {
    let site = &slow();
    let dir = site.file("recording");
    let page = format!("http://{}/metrics", site.lab.description().exporter);
    let record = |arguments: &[&str]| {
        let mut command = Command::new(MIRRORWATCH);
        command
            .arg("record")
            .arg(&dir)
            .arg(&page)
            .args(["--interval", "1s", "--flush", "2s"]);
        command.args(arguments).stderr(Stdio::null());
        command
    };
    let mut recorder = record(&[]).spawn().expect("mirrorwatch runs");
    sleep(Duration::from_secs(9));
    recorder.kill().expect("it runs");
    recorder.wait().expect("it was killed");
    let killed = scrapes(&dir);
    assert!(killed >= 5, "{killed} scrapes in 9 s");
    assert!(
        record(&["--for", "3s"])
            .status()
            .expect("mirrorwatch runs")
            .success()
    );
    assert!(scrapes(&dir) >= killed + 2, "it goes on where it was");
    let source = dir.to_str().expect("a path of ours");
    let names = asked(source, "count by (__name__) ({job=\"mirrorwatch\"})", &[]);
    assert!(names.len() > 200, "{} metrics", names.len());
    let sent = asked(source, "increase(mm2_canary_sent_records_total[5s])", &[]);
    assert!(sent.values().any(|records| *records > 1.0), "{sent:?}");
}

/// How many scrapes a recording holds; each has yielded a page.
fn scrapes(dir: &Path) -> u64 {
    let source = dir.to_str().expect("a path of ours");
    let ups = asked(source, "up[5m]", &[]);
    assert!(ups.values().all(|up| *up > 0.5), "{ups:?}");
    ups.len() as u64
}
