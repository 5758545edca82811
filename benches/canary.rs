//! What a canary of many partitions costs: whether every record is sent on schedule, CPU of the exporter per record, its memory.
//!
//! The exporter is the binary itself, in a process of its own. The clusters are mock clusters of librdkafka and the hop between them a copier,
//! both in this process, unless the first brokers of a lab are given: then MM2 copies, or that copier, or nobody. `docs/performance.md` has the
//! commands.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

#[path = "../tests/exporter/mod.rs"]
mod exporter;
#[path = "../tests/canary_loop/hop.rs"]
#[expect(dead_code, reason = "nothing is done to the records here")]
mod hop;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;
use exporter::Exporter;
use hop::Hop;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

const TOPIC: &str = "test-mirrorwatch-canary";
const REMOTE: &str = "source.test-mirrorwatch-canary";
/// A copier that asks for every record by itself costs brokers on the same machine more than the canary does.
const GATHER: Duration = Duration::from_millis(100);

#[derive(Parser)]
struct Options {
    /// Partitions of the canary.
    #[arg(long, default_value_t = 100)]
    partitions: i32,
    /// Records per second of each.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// Measure for so many seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Use these brokers instead of mocks: source and target.
    #[arg(long, num_args = 2)]
    brokers: Vec<String>,
    /// Begin to measure when every partition is copied.
    #[arg(long)]
    copied: bool,
    /// Copy between the given brokers, too, with the copier that stands between mocks: nothing else may.
    #[arg(long, requires = "brokers")]
    hop: bool,
    /// Measure PROGRAM instead of the exporter that was built with this.
    #[arg(long, value_name = "PROGRAM", default_value = exporter::PROGRAM)]
    exporter: PathBuf,
    /// Given by cargo where something is to be measured.
    #[arg(long, hide = true)]
    bench: bool,
}

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        (options.partitions, options.seconds) = (4, 1);
    }
    let mocks = options.brokers.is_empty().then(|| mocks(&options));
    let brokers = match &mocks {
        Some((source, target)) => [source.bootstrap_servers(), target.bootstrap_servers()],
        None => [options.brokers[0].clone(), options.brokers[1].clone()],
    };
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    if options.hop {
        runtime.block_on(make_topics(&brokers, options.partitions));
    }
    let _hop = (mocks.is_some() || options.hop).then(|| {
        Hop::start(
            &brokers[0],
            &brokers[1],
            [TOPIC, REMOTE],
            options.partitions,
            GATHER,
        )
    });
    runtime.block_on(measure(&options, &brokers));
}

async fn make_topics(brokers: &[String; 2], partitions: i32) {
    for (bootstrap, topic) in brokers.iter().zip([TOPIC, REMOTE]) {
        let admin: AdminClient<_> = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .create()
            .expect("the property is known");
        let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        let made = admin.create_topics([&topic], &AdminOptions::new()).await;
        made.expect("the broker answers")
            .remove(0)
            .expect("the topic is new");
    }
}

fn mocks(options: &Options) -> (Cluster, Cluster) {
    let cluster = |topic| {
        let cluster = MockCluster::new(1).expect("a mock is at hand");
        cluster
            .create_topic(topic, options.partitions, 1)
            .expect("a mock is at hand");
        cluster
    };
    (cluster(TOPIC), cluster(REMOTE))
}

async fn measure(options: &Options, [source, target]: &[String; 2]) {
    let configuration = format!(
        "connect: {{ workers: [{{ url: 'http://127.0.0.1:1' }}] }}
clusters: {{ source: {{ bootstrap.servers: '{source}' }}, target: {{ bootstrap.servers: '{target}' }} }}
flows: [{{ source: source, target: target, connector: mirror-source, canary: {{ topic: '{TOPIC}', partitions: {}, \
         records_per_second: {} }} }}]",
        options.partitions, options.rate
    );
    let exporter = Exporter::start_as(Command::new(&options.exporter), &configuration)
        .listening()
        .await;
    exporter
        .until("records are sent", |page| {
            sum(page, "sent_records_total") > 0.0
        })
        .await;
    if options.copied {
        exporter
            .until("every partition is copied", |page| {
                let copied = of(page, "first_arrival_timestamp_seconds").count();
                i32::try_from(copied) == Ok(options.partitions)
            })
            .await;
    }
    tokio::time::sleep(Duration::from_secs(options.seconds.min(10))).await;
    let (begun, cpu, before) = (
        Instant::now(),
        exporter.cpu_seconds(),
        exporter.page().await,
    );
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let (after, elapsed) = (exporter.page().await, begun.elapsed().as_secs_f64());
    let cpu = exporter.cpu_seconds() - cpu;
    let grown = |family| sum(&after, family) - sum(&before, family);
    let sent = grown("sent_records_total");
    println!(
        "{} partitions x {}/s for {elapsed:.1} s: sent {:.1}/s, acknowledged {:.1}/s, received {:.1}/s",
        options.partitions,
        options.rate,
        sent / elapsed,
        grown("acknowledged_records_total") / elapsed,
        grown("received_records_total") / elapsed,
    );
    println!(
        "CPU of the exporter: {:.1} % of a core, {:.0} us per record; memory {}",
        100.0 * cpu / elapsed,
        1e6 * cpu / sent.max(1.0),
        exporter.memory()
    );
    let within = |page: &str| {
        let at_most = of_all(page, "acknowledgement_seconds_bucket", "le=\"0.005\"");
        at_most.sum::<f64>()
    };
    let acknowledged = grown("acknowledgement_seconds_count").max(1.0);
    println!(
        "intended send to acknowledgement: {:.2} ms on average, {:.3} % within 5 ms; the loop came round late by {:.2} ms at worst in the \
         last minute",
        1e3 * grown("acknowledgement_seconds_sum") / acknowledged,
        100.0 * (within(&after) - within(&before)) / acknowledged,
        1e3 * sum(&after, "lateness_seconds")
    );
    println!(
        "duplicates, lost, outages: {}, {}, {}",
        sum(&after, "duplicate_records_total"),
        sum(&after, "lost_records_total"),
        sum(&after, "outages_total")
    );
}

/// A family of the canary on a page, summed over its series.
fn sum(page: &str, family: &str) -> f64 {
    of(page, family).sum()
}

fn of(page: &str, family: &str) -> impl Iterator<Item = f64> {
    of_all(page, family, "")
}

/// Its series that have this label.
fn of_all(page: &str, family: &str, label: &'static str) -> impl Iterator<Item = f64> {
    let family = format!("mm2_canary_{family}{{");
    let lines = page.lines().filter(move |line| line.contains(label));
    lines.filter_map(move |line| {
        let sample = line.strip_prefix(&family)?;
        sample.rsplit(' ').next()?.parse().ok()
    })
}
