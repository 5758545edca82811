//! The real program before a real crowd: `mirrorwatch serve` watches a Connect cluster with many partitions, and many
//! scrapers ask it at once. It prints how long scrapes take, what memory and CPU they cost, and what the workers were
//! asked meanwhile. `cargo bench --bench scrape -- --help` tells what can be set.
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

#[path = "../tests/exporter/mod.rs"]
mod exporter;
#[path = "../tests/large/mod.rs"]
mod large;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use exporter::{Exporter, PROGRAM};
use large::Backend;

/// Series that one partition makes at most: 18 mirrored from JMX, two totals, and the committed offset.
const PER_PARTITION: usize = 21;

#[derive(Parser)]
struct Options {
    /// Make a page of about N series.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    series: usize,
    /// Scrape with N clients, half of them with gzip.
    #[arg(long, value_name = "N", default_value_t = 50)]
    scrapers: usize,
    /// Let each client scrape every SECONDS.
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    interval: f64,
    /// Scrape for SECONDS.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    seconds: f64,
    /// Look for SECONDS at the program at rest.
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    rest: f64,
    /// Run PROGRAM instead of the one that was built with this bench.
    #[arg(long, value_name = "PROGRAM", default_value = PROGRAM)]
    program: PathBuf,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        // `cargo test --benches` only wants to see that it runs.
        options = Options {
            series: 2_000,
            scrapers: 4,
            interval: 0.2,
            seconds: 0.5,
            rest: 0.2,
            ..options
        };
    }
    load("at the start");
    let backend = Backend::start(3, options.series / PER_PARTITION);
    let program = Command::new(&options.program);
    let exporter = Exporter::start_as(program, &backend.configuration("5s", 1_000_000));
    exporter.wait_until_ready();
    size(exporter.address);
    rest(&exporter, &backend, Duration::from_secs_f64(options.rest));
    crowd(&exporter, &backend, &options);
    together(&exporter, options.scrapers);
    load("at the end");
}

fn load(when: &str) {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average {when}: {}", text.trim());
}

fn size(address: SocketAddr) {
    for gzip in [false, true] {
        let mut client = Client::connect(address, gzip);
        let body = client.scrape().1;
        let lines = body.split(|byte| *byte == b'\n');
        let series = lines
            .filter(|line| !line.is_empty() && line[0] != b'#')
            .count();
        if gzip {
            println!("page with gzip: {} bytes", body.len());
        } else {
            println!("page: {series} series, {} bytes", body.len());
        }
    }
}

/// What the program costs while nobody scrapes.
fn rest(exporter: &Exporter, backend: &Backend, time: Duration) {
    let (asked, cpu) = (total(backend), exporter.cpu_seconds());
    thread::sleep(time);
    let share = (exporter.cpu_seconds() - cpu) / time.as_secs_f64();
    println!(
        "at rest: {:.1} % of a core, {} requests to 3 workers in {time:?}",
        share * 100.0,
        total(backend) - asked
    );
    println!("at rest: memory {}", exporter.memory());
}

/// Every client on its own clock, evenly spread, as Prometheus servers are.
fn crowd(exporter: &Exporter, backend: &Backend, options: &Options) {
    let (asked, cpu, begun) = (total(backend), exporter.cpu_seconds(), Instant::now());
    let end = begun + Duration::from_secs_f64(options.seconds);
    let period = Duration::from_secs_f64(options.interval);
    let share = |client: usize| period.mul_f64(fraction(client, options.scrapers));
    let clients = (0..options.scrapers).map(|number| {
        let (address, first) = (exporter.address, begun + share(number));
        thread::spawn(move || {
            let mut client = Client::connect(address, number % 2 == 1);
            let (mut due, mut times) = (first, Vec::new());
            while due < end {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                times.push(client.scrape().0);
                due += period;
            }
            (number % 2 == 1, times)
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut times = [Vec::new(), Vec::new()];
    for client in clients {
        let (gzip, of_one) = client.join().expect("a client does not panic");
        times[usize::from(gzip)].extend(of_one);
    }
    let elapsed = begun.elapsed();
    println!(
        "{} clients, each every {period:?}, for {elapsed:.1?}:",
        options.scrapers
    );
    for (name, mut times) in ["identity", "gzip"].into_iter().zip(times) {
        println!("  {name}: {}", quantiles(&mut times));
    }
    let share = (exporter.cpu_seconds() - cpu) / elapsed.as_secs_f64();
    println!(
        "  {:.1} % of a core, {} requests to 3 workers",
        share * 100.0,
        total(backend) - asked
    );
    println!("  memory {}", exporter.memory());
}

/// All clients at one instant: the worst case, bound by how fast this machine copies pages.
fn together(exporter: &Exporter, scrapers: usize) {
    for gzip in [false, true] {
        let start = Arc::new(Barrier::new(scrapers));
        let clients = (0..scrapers).map(|_| {
            let (start, address) = (Arc::clone(&start), exporter.address);
            thread::spawn(move || {
                let mut client = Client::connect(address, gzip);
                start.wait();
                client.scrape().0
            })
        });
        let clients: Vec<_> = clients.collect();
        let mut times: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().expect("a client does not panic"))
            .collect();
        let name = if gzip { "gzip" } else { "identity" };
        println!(
            "{scrapers} clients at one instant, {name}: {}",
            quantiles(&mut times)
        );
    }
    println!("  memory {}", exporter.memory());
}

fn total(backend: &Backend) -> usize {
    backend.requests().values().sum()
}

fn quantiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get((times.len() * percent).div_ceil(100).saturating_sub(1))
            .copied()
            .unwrap_or_default()
    };
    format!(
        "{} scrapes, p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, longest {:.1?}",
        times.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    )
}

fn fraction(part: usize, whole: usize) -> f64 {
    let real = |count: usize| f64::from(u32::try_from(count).expect("there are few clients"));
    real(part) / real(whole.max(1))
}

/// One client with a connection of its own, as Prometheus has one for each target.
struct Client {
    reader: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr, gzip: bool) -> Self {
        let stream = TcpStream::connect(address).expect("the exporter listens");
        let encoding = if gzip {
            "accept-encoding: gzip\r\n"
        } else {
            ""
        };
        let request = format!(
            "GET /metrics HTTP/1.1\r\nhost: x\r\naccept: application/openmetrics-text;version=1.0.0\r\n{encoding}\r\n"
        );
        Self {
            reader: BufReader::with_capacity(256 << 10, stream),
            request: request.into_bytes(),
        }
    }

    /// Time from the request to the last byte of the answer, and the answer.
    fn scrape(&mut self) -> (Duration, Vec<u8>) {
        let begun = Instant::now();
        self.reader
            .get_mut()
            .write_all(&self.request)
            .expect("the exporter reads");
        let (mut line, mut length) = (String::new(), 0);
        while self
            .reader
            .read_line(&mut line)
            .expect("the exporter answers")
            > 2
        {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
            line.clear();
        }
        let mut body = vec![0; length];
        self.reader
            .read_exact(&mut body)
            .expect("the answer is whole");
        (begun.elapsed(), body)
    }
}
