//! A week asked of a recording: `mirrorwatch query` over 1,000 series at a distance of 15 s, one process a query, its time and its greatest
//! memory.
//!
//! `make week` runs this and keeps the output. The goal is a minute for 30 queries, and 300 MB.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::promql::{Labels, Millis, Sample};
use mirrorwatch::storage::recording::{Limits, Recording, Writer};

const FROM: Millis = 1_795_716_000_000;
const INTERVAL: Millis = 15_000;
/// Queries of a few series each, every one over all series; `W` is each of the windows.
const QUERIES: [&str; 10] = [
    "sum by (topic) (rate(records_total[W]))",
    "max by (topic) (increase(records_total[W]))",
    "count(rate(records_total[W]) > 0.7)",
    "quantile(0.99, rate(records_total[W]))",
    "avg by (topic) (avg_over_time(records_total[W]))",
    "max(max_over_time(records_total[W]))",
    "sum(records_total) - sum(records_total offset W)",
    "topk(3, irate(records_total[W]))",
    "sum(changes(records_total[W])) or absent(records_total)",
    "stddev(records_total - records_total offset W)",
];
const WINDOWS: [&str; 3] = ["1m", "5m", "10m"];

#[derive(Parser)]
struct Options {
    /// Days.
    #[arg(long, default_value_t = 7)]
    days: u32,
    /// Series.
    #[arg(long, default_value_t = 1_000)]
    series: u32,
    /// Scrapes of a flush: one unless the recorder is told to flush more rarely than it scrapes.
    #[arg(long, default_value_t = 1)]
    flush: u32,
    /// How many of the queries are asked.
    #[arg(long, default_value_t = 30)]
    queries: usize,
    /// Given by cargo where something is to be measured.
    #[arg(long, hide = true)]
    bench: bool,
}

fn queries() -> Vec<String> {
    let in_windows = |query: &str| WINDOWS.map(|window| query.replace('W', window));
    QUERIES.into_iter().flat_map(in_windows).collect()
}

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        (options.days, options.series, options.queries) = (0, 10, 1);
    }
    let dir = tempfile::tempdir().expect("there is room");
    let scrapes = (options.days * 5_760).max(20);
    let begun = Instant::now();
    record(dir.path(), scrapes, &options);
    let bytes = Recording::open(dir.path()).and_then(|recording| recording.info());
    let info = bytes.expect("it was just written");
    println!(
        "{scrapes} scrapes of {} series, {} a flush: {} samples, {} bytes, written in {:.0} s",
        options.series,
        options.flush,
        info.samples,
        info.bytes,
        begun.elapsed().as_secs_f64()
    );
    let (mut all, mut greatest) = (0.0, 0.0);
    for query in queries().iter().take(options.queries) {
        let (seconds, memory, rows) = ask(dir.path(), query, scrapes);
        println!(
            "{seconds:6.2} s {:6.1} MB {rows:7} samples  {query}",
            memory / 1e6
        );
        all += seconds;
        greatest = f64::max(greatest, memory);
    }
    println!("all {all:.1} s, at most {:.1} MB", greatest / 1e6);
}

fn record(dir: &Path, scrapes: u32, options: &Options) {
    let limits = Limits {
        size: 1 << 40,
        ..Limits::default()
    };
    let mut writer =
        Writer::open(dir, limits, Timestamp::from_millis(FROM)).expect("there is room");
    let series: Vec<Labels> = (0..options.series).map(labels).collect();
    for scrape in 0..scrapes {
        let at = FROM + Millis::from(scrape) * INTERVAL;
        let sample = |(number, labels): (u32, &Labels)| {
            (
                labels.clone(),
                Sample {
                    at,
                    value: value(scrape, number),
                },
            )
        };
        writer.add((0..).zip(&series).map(sample));
        if (scrape + 1) % options.flush == 0 {
            writer.flush().expect("there is room");
        }
    }
    writer.flush().expect("there is room");
}

fn labels(number: u32) -> Labels {
    let (topic, partition) = ((number % 10).to_string(), (number / 10).to_string());
    let labels = [
        ("__name__", "records_total"),
        ("flow", "primary->backup"),
        ("instance", "mirrorwatch:19850"),
        ("job", "mirrorwatch"),
        ("partition", &partition),
        ("topic", &topic),
    ];
    labels.into_iter().collect()
}

/// A counter that grows by some tens, now and then by less.
fn value(scrape: u32, number: u32) -> f64 {
    let noise = (scrape.wrapping_mul(2_654_435_761) ^ number.wrapping_mul(40_503)) >> 20;
    f64::from(scrape) * f64::from(10 + number % 7) + f64::from(noise % 10)
}

/// Seconds, bytes and rows of an answer.
fn ask(dir: &Path, query: &str, scrapes: u32) -> (f64, f64, usize) {
    let seconds = |scrape: u32| (FROM / 1_000 + i64::from(scrape) * INTERVAL / 1_000).to_string();
    let begun = Instant::now();
    let mut asked = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .arg("query")
        .arg(dir)
        .args([query, "--from", &seconds(0), "--to", &seconds(scrapes - 1)])
        .args(["--step", "15s", "--format", "csv"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut out = asked.stdout.take().expect("it is piped");
    let rows = thread::spawn(move || {
        let mut answer = String::new();
        out.read_to_string(&mut answer).expect("it is text");
        answer.lines().count() - 1
    });
    let memory = greatest_memory(&mut asked);
    let seconds = begun.elapsed().as_secs_f64();
    assert!(asked.wait().expect("it ends").success(), "{query}");
    (seconds, memory, rows.join().expect("it reads"))
}

/// The greatest resident memory of a process until its end, in bytes: the kernel's own mark, looked at often.
fn greatest_memory(process: &mut Child) -> f64 {
    let status = format!("/proc/{}/status", process.id());
    let mut kilobytes: f64 = 0.0;
    while process.try_wait().expect("it is ours").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM"));
        let told = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes = told.and_then(|told| told.parse().ok()).unwrap_or(kilobytes);
        thread::sleep(Duration::from_millis(5));
    }
    kilobytes * 1024.0
}
