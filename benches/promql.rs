//! The PromQL engine beside Prometheus' own, on the same samples and the same queries, one thread each: time and memory, and their ratios.
//!
//! `make versus` builds Prometheus' engine (`tests/oracle`, needs Go) and runs this. Without `--oracle` only our engine is measured.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Parser;
use mirrorwatch::promql::{Millis, Query, Sample, SeriesSet, Settings, Steps};
use serde_json::{Value, json};
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Where the samples begin, in milliseconds.
const FROM: Millis = 1_795_716_000_000;

/// Queries, the distance of their steps in milliseconds (0: only at the end).
const QUERIES: [(&str, Millis); 9] = [
    ("requests_total", 15_000),
    ("rate(requests_total[5m])", 15_000),
    ("sum by (job) (rate(requests_total[5m]))", 15_000),
    ("max_over_time(requests_total[10m])", 60_000),
    ("quantile by (job) (0.9, requests_total)", 60_000),
    ("topk(5, requests_total)", 60_000),
    ("requests_total - requests_total offset 1m", 15_000),
    ("avg_over_time(rate(requests_total[5m])[30m:1m])", 0),
    ("count(requests_total == 0) or vector(0)", 1_000),
];

#[derive(Parser)]
struct Options {
    /// The program that asks Prometheus' engine.
    #[arg(long)]
    oracle: Option<PathBuf>,
    /// Series.
    #[arg(long, default_value_t = 10_000)]
    series: u32,
    /// Samples of each, one a second.
    #[arg(long, default_value_t = 3_600)]
    samples: u32,
    /// Runs of each query, after one that warms up.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Measure our engine on this query alone: a heap that has held another one's answer does not show what it needs.
    #[arg(long, hide = true)]
    only: Option<usize>,
    /// Given by cargo where something is to be measured.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a query cost: the shortest time in seconds, and how much resident memory grew by at most, in bytes.
struct Cost {
    seconds: f64,
    memory: f64,
    series: usize,
}

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        (options.series, options.samples, options.runs) = (20, 100, 1);
    }
    if let Some(query) = options.only {
        let (expr, step) = QUERIES[query];
        let cost = measure(&counters(&options), expr, step, &options);
        println!("{} {} {}", cost.seconds, cost.memory, cost.series);
        return;
    }
    println!(
        "{} series of {} samples, one a second; {} runs of each query, each query in a process of its own",
        options.series, options.samples, options.runs
    );
    println!(
        "{:>9} {:>9} {:>6} {:>9} {:>9} {:>6}  query",
        "ours", "theirs", "ratio", "ours", "theirs", "ratio"
    );
    for (n, (expr, step)) in QUERIES.into_iter().enumerate() {
        let ours = alone(n, &options);
        let oracle = options.oracle.as_deref();
        let theirs = oracle.map(|program| cost(&ask(program, n, &options)));
        let line = told(&ours, theirs.as_ref());
        let every = if step == 0 {
            "at the end".to_owned()
        } else {
            format!("every {} s", step / 1_000)
        };
        println!("{line}  {expr}, {every}: {} series", ours.series);
        if let Some(theirs) = theirs {
            assert_eq!(ours.series, theirs.series, "{expr}");
        }
    }
}

/// What our engine costs, measured in a process of its own.
fn alone(query: usize, options: &Options) -> Cost {
    let number = |number: usize| number.to_string();
    let output = Command::new(std::env::current_exe().expect("it runs"))
        .args(["--bench", "--only", &number(query)])
        .args(["--series", &options.series.to_string()])
        .args(["--samples", &options.samples.to_string()])
        .args(["--runs", &number(options.runs)])
        .output()
        .expect("it runs again");
    let told = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<&str> = told.split_whitespace().collect();
    let [seconds, memory, series] = numbers[..] else {
        panic!("{told}{}", String::from_utf8_lossy(&output.stderr))
    };
    Cost {
        seconds: seconds.parse().expect("a number"),
        memory: memory.parse().expect("a number"),
        series: series.parse().expect("a number"),
    }
}

fn told(ours: &Cost, theirs: Option<&Cost>) -> String {
    let columns = |ours: f64, theirs: Option<f64>, unit: f64, name: &str| {
        let number = |value: f64| format!("{:.1} {name}", value / unit);
        let (other, ratio) = match theirs {
            Some(theirs) => (
                number(theirs),
                format!("{:.2}", theirs / ours.max(f64::MIN_POSITIVE)),
            ),
            None => (String::new(), String::new()),
        };
        format!("{:>9} {other:>9} {ratio:>6}", number(ours))
    };
    let time = columns(ours.seconds, theirs.map(|cost| cost.seconds), 1e-3, "ms");
    let memory = columns(ours.memory, theirs.map(|cost| cost.memory), 1e6, "MB");
    format!("{time} {memory}")
}

fn end(options: &Options) -> Millis {
    FROM + Millis::from(options.samples - 1) * 1_000
}

/// As `tests/oracle/samples.go` makes them.
fn counters(options: &Options) -> SeriesSet {
    let mut data = SeriesSet::default();
    for number in 0..options.series {
        let (instance, job) = (number.to_string(), (number % 10).to_string());
        let labels = [
            ("__name__", "requests_total"),
            ("instance", &instance),
            ("job", &job),
        ];
        let samples = (0..options.samples).map(|i| Sample {
            at: FROM + Millis::from(i) * 1_000,
            value: f64::from(i % 1_000) * f64::from(1 + number % 7),
        });
        data.add(labels.into_iter().collect(), samples);
    }
    data
}

fn measure(data: &SeriesSet, expr: &str, step: Millis, options: &Options) -> Cost {
    let query = Query::parse(expr).expect("it is PromQL");
    let settings = Settings {
        max_samples: usize::MAX,
        ..Settings::default()
    };
    let evaluate = || {
        let answer = match step {
            0 => query.instant(data, end(options), &settings),
            step => query.range(
                data,
                Steps {
                    from: FROM,
                    to: end(options),
                    step,
                },
                &settings,
            ),
        };
        series(&answer.expect("it has an answer").value)
    };
    // The first run warms up, and is the one whose memory counts.
    fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
    let before = resident("VmRSS");
    let series = evaluate();
    let memory = (resident("VmHWM") - before).max(0.0);
    let times = (0..options.runs).map(|_| {
        let begun = Instant::now();
        evaluate();
        begun.elapsed().as_secs_f64()
    });
    Cost {
        seconds: times.fold(f64::INFINITY, f64::min),
        memory,
        series,
    }
}

fn series(value: &mirrorwatch::promql::Value) -> usize {
    use mirrorwatch::promql::Value;
    match value {
        Value::Vector(elements) => elements.len(),
        Value::Matrix(series) => series.len(),
        Value::Scalar(_) | Value::String(_) => 1,
    }
}

/// What Prometheus' engine costs, measured in a process of its own.
fn ask(program: &Path, query: usize, options: &Options) -> Value {
    let query = match QUERIES[query] {
        (expr, 0) => json!({ "expr": expr, "at": end(options) }),
        (expr, step) => json!({ "expr": expr, "from": FROM, "to": end(options), "step": step }),
    };
    let counters = json!({ "name": "requests_total", "series": options.series, "from": FROM, "step": 1_000, "count": options.samples });
    let request = json!({ "series": [], "counters": counters, "queries": [query], "settings": { "max_samples": i64::MAX } });
    let mut oracle = Command::new(program)
        .arg(format!("-bench={}", options.runs))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle is built");
    let mut requests = oracle.stdin.take().expect("it is piped");
    writeln!(requests, "{request}").expect("it reads");
    drop(requests);
    let output = oracle.wait_with_output().expect("it ends");
    let response: Value = serde_json::from_slice(&output.stdout).expect("it answers");
    response["answers"][0].clone()
}

fn cost(measured: &Value) -> Cost {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{measured}"));
    let times = measured["ns"]
        .as_array()
        .unwrap_or_else(|| panic!("{measured}"))
        .iter();
    Cost {
        seconds: times.map(number).fold(f64::INFINITY, f64::min) / 1e9,
        memory: (number(&measured["resident_peak"]) - number(&measured["resident_before"]))
            .max(0.0),
        series: usize::try_from(measured["series"].as_u64().unwrap_or_default())
            .unwrap_or_default(),
    }
}

/// A row of `/proc/self/status`, in bytes.
fn resident(row: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status
        .lines()
        .find(|line| line.starts_with(row))
        .expect("Linux has it");
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("a number");
    kilobytes * 1024.0
}
