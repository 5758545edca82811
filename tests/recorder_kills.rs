//! The recorder, killed at random moments (`kill -9`) and started again behind what it left: every scrape that it had said to be on disk is read,
//! as it was served, and what was there before a life is there after it. `KILLS` is how many; `make fuzz` has a thousand.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "timelines/rng.rs"]
#[expect(dead_code, reason = "only moments are drawn")]
mod rng;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use mirrorwatch::promql::Millis;
use mirrorwatch::storage::recording::Recording;
use rng::Rng;

const SEED: u64 = 1;
/// No life asks for so many pages.
const LIFE: u32 = 1_000;
/// A life is killed before it is as old as this.
const LONGEST: i64 = 250;

#[test]
fn whatever_was_on_disk_before_a_kill_is_read_as_it_was_served() {
    let kills =
        std::env::var("KILLS").map_or(60, |kills| kills.parse().expect("KILLS is a number"));
    let dir = tempfile::tempdir().unwrap();
    let target = counter();
    let mut rng = Rng::new(SEED);
    let (mut before, mut promised) = (Vec::new(), 0);
    for life in 1..=kills {
        let age = Duration::from_millis(u64::try_from(rng.within(0, LONGEST)).unwrap());
        let url = format!("{target}?life={life}");
        let on_disk = record_until_killed(dir.path(), &url, age);
        let found = recorded(dir.path());
        assert!(
            found.starts_with(&before),
            "life {life}: what was there is gone"
        );
        let of_this_life = &found[before.len()..];
        let pages = life * LIFE + 1..(life + 1) * LIFE;
        assert!(
            of_this_life.iter().all(|page| pages.contains(page)),
            "life {life}: {of_this_life:?}"
        );
        // A page that did not come within the interval of 10 ms was no scrape.
        assert!(
            of_this_life.is_sorted_by(|a, b| a < b),
            "life {life}: {of_this_life:?}"
        );
        let read = of_this_life.len();
        assert!(
            read >= on_disk,
            "life {life}: {on_disk} were on disk, {read} are read"
        );
        promised += on_disk;
        before = found;
    }
    println!(
        "{kills} kills, seed {SEED}: {promised} pages on disk by the recorder's word, {} read",
        before.len()
    );
    assert!(
        promised > kills as usize,
        "most lives come to their first flush"
    );
}

/// A page whose one sample counts the requests of a life: a thousand times the life, and the number of the request.
fn counter() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut now, mut count) = (0, 0);
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            let Some(life) = life_of(&String::from_utf8_lossy(&request[..length])) else {
                // A recorder that was killed in between has asked for nothing.
                continue;
            };
            count = if life == now { count + 1 } else { 1 };
            now = life;
            let page = format!("served {}\n", life * LIFE + count);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    url
}

fn life_of(request: &str) -> Option<u32> {
    let (_, rest) = request.split_once("life=")?;
    rest.split(' ').next()?.parse().ok()
}

/// How many scrapes the recorder had said to be on disk when it was killed at this age.
fn record_until_killed(dir: &Path, url: &str, age: Duration) -> usize {
    let mut recorder = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(["--log.level", "debug", "record"])
        .arg(dir)
        .args([url, "--interval", "10ms", "--flush", "15ms"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(recorder.stderr.take().unwrap());
    let told = thread::spawn(move || {
        let lines = told.lines().map_while(Result::ok);
        let on_disk = lines.filter_map(|line| scrapes(&line));
        on_disk.last().unwrap_or(0)
    });
    thread::sleep(age);
    recorder.kill().unwrap();
    recorder.wait().unwrap();
    told.join().unwrap()
}

fn scrapes(line: &str) -> Option<usize> {
    let (_, number) = line.split_once("are on disk scrapes=")?;
    number.trim().parse().ok()
}

/// The numbers of the pages that are read, in order.
fn recorded(dir: &Path) -> Vec<u32> {
    let Ok(recording) = Recording::open(dir) else {
        // It was killed before there was one.
        return Vec::new();
    };
    let is_counter = |labels: &mirrorwatch::promql::Labels| labels.name() == "served";
    let contents = recording
        .read(is_counter, Millis::MIN, Millis::MAX)
        .unwrap();
    let samples = contents.series.iter().flat_map(|(_, samples)| samples);
    let pages = samples.filter(|sample| !sample.is_stale());
    pages
        .map(|sample| format!("{}", sample.value).parse().unwrap())
        .collect()
}
