//! What one look at a worker costs it: the agent of `jmx_exporter` and a Jolokia agent in the same JVM, asked in turn.
//! It needs a lab that runs and the agent's jar; `docs/performance.md` has the commands.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

#[path = "lab_jvm/mod.rs"]
mod lab_jvm;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorwatch::jolokia;
use mirrorwatch_lab::Lab;
use serde_json::{Value, json};

const DOMAINS: [&str; 4] = [
    "kafka.connect",
    "kafka.connect.mirror",
    "kafka.producer",
    "kafka.consumer",
];
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/jmx_exporter.yml");

#[derive(Parser)]
struct Options {
    /// Ask the first worker of the lab in DIR.
    #[arg(long, value_name = "DIR")]
    lab: Option<PathBuf>,
    /// Load `jmx_exporter`'s agent from JAR.
    #[arg(long, value_name = "JAR")]
    agent: Option<PathBuf>,
    /// Ask each one N times.
    #[arg(long, value_name = "N", default_value_t = 20)]
    rounds: usize,
    /// Leave the first N times out: the JVM compiles what it runs often.
    #[arg(long, value_name = "N", default_value_t = 5)]
    warm_up: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who is asked, where and what.
struct Way {
    name: &'static str,
    url: String,
    question: Option<String>,
    costs: Vec<Cost>,
}

#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

fn main() {
    let options = Options::parse();
    let (Some(dir), Some(agent)) = (&options.lab, &options.agent) else {
        println!("side by side: nothing to measure without --lab DIR and --agent JAR");
        return;
    };
    let lab = Lab::attach(dir).expect("a lab runs there");
    let worker = &lab.description().workers[0];
    let pid = lab.description().processes[&worker.name];
    println!("load average at the start: {}", lab_jvm::load_average());
    let port = lab_jvm::free_port();
    lab_jvm::attach(pid, agent, port, &format!("127.0.0.1:{port}:{RULES}"));
    let mut ways = ways(&worker.jolokia, port);
    let idle = Duration::from_secs(20);
    let before = lab_jvm::cpu(pid);
    std::thread::sleep(idle);
    let background = lab_jvm::cpu(pid).saturating_sub(before).as_secs_f64() / idle.as_secs_f64();
    println!(
        "worker while nobody asks: {:.1} % of a core",
        background * 100.0
    );
    for round in 0..options.rounds {
        for way in &mut ways {
            let (cost, bytes) = way.ask(pid);
            println!(
                "{round:2} {:44} wall {:8.1?} cpu {:8.1?} {bytes} bytes",
                way.name, cost.wall, cost.cpu
            );
            way.costs.push(cost);
        }
    }
    println!(
        "medians of {} rounds after {} for warming up:",
        options.rounds - options.warm_up,
        options.warm_up
    );
    let peer = ways[0].median(options.warm_up);
    for way in &ways {
        let cost = way.median(options.warm_up);
        let ratio =
            |of: Duration, to: Duration| of.as_secs_f64() / to.as_secs_f64().max(f64::MIN_POSITIVE);
        println!(
            "{:44} wall {:8.1?} cpu {:8.1?}; jmx_exporter takes {:.1} times the wall time, {:.1} times the CPU",
            way.name,
            cost.wall,
            cost.cpu,
            ratio(peer.wall, cost.wall),
            ratio(peer.cpu, cost.cpu)
        );
    }
    println!("load average at the end: {}", lab_jvm::load_average());
}

/// `jmx_exporter`, and Jolokia with three questions: all of the four domains, what mirrorwatch mirrors of them, and all
/// that mirrorwatch asks.
fn ways(jolokia: &str, port: u16) -> Vec<Way> {
    let whole = String::from_utf8(jolokia::question()).expect("JSON is text");
    let items: Vec<Value> = serde_json::from_str(&whole).expect("the question is JSON");
    let mirrored: Vec<&Value> = items
        .iter()
        .filter(|item| {
            DOMAINS.contains(
                &item["mbean"]
                    .as_str()
                    .unwrap_or_default()
                    .split(':')
                    .next()
                    .unwrap_or_default(),
            )
        })
        .collect();
    let everything: Vec<Value> = DOMAINS
        .iter()
        .map(|domain| json!({"type": "read", "mbean": format!("{domain}:*"), "config": {"ignoreErrors": true, "includeStackTrace": false}}))
        .collect();
    let way = |name, question: Option<String>| Way {
        name,
        url: question.as_ref().map_or_else(
            || format!("http://127.0.0.1:{port}/metrics"),
            |_| jolokia.to_owned(),
        ),
        question,
        costs: Vec::new(),
    };
    vec![
        way("jmx_exporter, four domains", None),
        way(
            "Jolokia, all attributes of four domains",
            Some(json!(everything).to_string()),
        ),
        way(
            "Jolokia, what is mirrored of four domains",
            Some(json!(mirrored).to_string()),
        ),
        way("Jolokia, the whole question", Some(whole)),
    ]
}

impl Way {
    fn ask(&self, pid: u32) -> (Cost, usize) {
        let (before, begun) = (lab_jvm::cpu(pid), Instant::now());
        let bytes = match &self.question {
            None => lab_jvm::get(&self.url),
            Some(question) => lab_jvm::post(&self.url, question),
        };
        let wall = begun.elapsed();
        (
            Cost {
                wall,
                cpu: lab_jvm::cpu(pid).saturating_sub(before),
            },
            bytes.len(),
        )
    }

    fn median(&self, warm_up: usize) -> Cost {
        let middle = |of: fn(&Cost) -> Duration| {
            let mut times: Vec<Duration> = self.costs.iter().skip(warm_up).map(of).collect();
            times.sort_unstable();
            times.get(times.len() / 2).copied().unwrap_or_default()
        };
        Cost {
            wall: middle(|cost| cost.wall),
            cpu: middle(|cost| cost.cpu),
        }
    }
}
