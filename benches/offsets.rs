//! How long it takes to ask a real broker where the logs of many partitions begin and end, and what requests that are
//! at the broker, by its own count. It needs a lab that runs; `docs/performance.md` has the commands.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

#[path = "lab_jvm/mod.rs"]
mod lab_jvm;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorwatch::kafka::OffsetsReader;
use mirrorwatch::model::connect::TopicPartition;
use mirrorwatch_lab::Lab;
use serde_json::{Value, json};

#[derive(Parser)]
struct Options {
    /// Ask the first brokers of the lab in DIR.
    #[arg(long, value_name = "DIR")]
    lab: Option<PathBuf>,
    /// Load Jolokia's agent from JAR to ask the brokers what they count.
    #[arg(long, value_name = "JAR")]
    jolokia: Option<PathBuf>,
    /// Ask for all partitions of TOPIC=PARTITIONS (repeatable).
    #[arg(long, value_name = "TOPIC=PARTITIONS", value_parser = topic)]
    topic: Vec<(String, i32)>,
    /// Ask N times.
    #[arg(long, value_name = "N", default_value_t = 10)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let (Some(dir), Some(agent)) = (&options.lab, &options.jolokia) else {
        println!("offsets: nothing to measure without --lab DIR and --jolokia JAR");
        return;
    };
    let lab = Lab::attach(dir)
        .expect("a lab runs there")
        .description()
        .clone();
    println!("load average at the start: {}", lab_jvm::load_average());
    let partitions = partitions(&options.topic);
    for (alias, cluster) in &lab.clusters {
        let pid = lab.processes[&cluster.brokers[0].name];
        let port = lab_jvm::free_port();
        lab_jvm::attach(
            pid,
            agent,
            port,
            &format!("port={port},host=127.0.0.1,discoveryEnabled=false"),
        );
        let properties =
            BTreeMap::from([("bootstrap.servers".to_owned(), cluster.bootstrap.clone())]);
        let reader = OffsetsReader::new(properties);
        println!("{alias}: {} partitions asked for", partitions.len());
        for round in 0..options.rounds {
            let before = requests(port);
            let cpu = || (lab_jvm::cpu(std::process::id()), lab_jvm::cpu(pid));
            let ((own, its), begun) = (cpu(), Instant::now());
            let read = reader.read(&partitions, Duration::from_mins(1));
            let elapsed = begun.elapsed();
            let (own, its) = (cpu().0.saturating_sub(own), cpu().1.saturating_sub(its));
            let after = requests(port);
            let found = read.map_or_else(
                |error| error.to_string(),
                |read| format!("{} found", read.partitions.len()),
            );
            println!(
                "{alias} {round:2} {elapsed:.1?}, CPU {own:.1?} here and {its:.1?} of the broker, {found}; the broker counts {}",
                more(&before, &after)
            );
            // As long as between two polls.
            std::thread::sleep(Duration::from_secs(5));
        }
    }
    println!("load average at the end: {}", lab_jvm::load_average());
}

fn partitions(topics: &[(String, i32)]) -> Vec<TopicPartition> {
    let all = topics.iter().flat_map(|(topic, partitions)| {
        (0..*partitions).map(|partition| TopicPartition {
            topic: topic.clone(),
            partition,
        })
    });
    all.collect()
}

/// Requests that the broker has counted, by their name.
fn requests(port: u16) -> BTreeMap<String, i64> {
    let question = json!({
        "type": "read",
        "mbean": "kafka.network:type=RequestMetrics,name=RequestsPerSec,request=*,version=*",
        "attribute": ["Count"],
        "config": {"ignoreErrors": true},
    });
    let answer: Value = serde_json::from_slice(&lab_jvm::post(
        &format!("http://127.0.0.1:{port}/jolokia/"),
        &question.to_string(),
    ))
    .expect("Jolokia answers with JSON");
    let mut counts = BTreeMap::new();
    for (name, value) in answer["value"].as_object().into_iter().flatten() {
        let request = name
            .split(',')
            .find_map(|part| part.split_once("request="))
            .map_or("?", |(_, request)| request);
        *counts.entry(request.to_owned()).or_default() += value["Count"].as_i64().unwrap_or(0);
    }
    counts
}

/// What was counted in between. Other clients of the lab go on fetching; of them only these requests are left out.
fn more(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> String {
    let others = [
        "Fetch",
        "FetchConsumer",
        "Produce",
        "Heartbeat",
        "BrokerHeartbeat",
        "OffsetCommit",
    ];
    let more = after
        .iter()
        .filter(|(name, _)| !others.contains(&name.as_str()))
        .filter_map(|(name, count)| {
            let more = count - before.get(name).unwrap_or(&0);
            (more > 0).then(|| format!("{name} {more}"))
        });
    more.collect::<Vec<_>>().join(", ")
}

fn topic(text: &str) -> Result<(String, i32), String> {
    let (topic, partitions) = text.split_once('=').ok_or("TOPIC=PARTITIONS is expected")?;
    let partitions = partitions.parse().map_err(|_| "PARTITIONS is a number")?;
    Ok((topic.to_owned(), partitions))
}
