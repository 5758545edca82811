//! How long it takes to load and to judge the evidence of a real drill, what `mirrorwatch evaluate DIR` does; and to load a recording, in samples a
//! second and bytes a sample.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::promql::{Labels, Millis, Sample, SeriesSet};
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::read;
use mirrorwatch::storage::evidence;
use mirrorwatch::storage::recording::{Limits, Recording, Writer};

const RUN: &str = "lab/runs/2026-11-23-kill-owner/evidence";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(RUN);
    criterion.bench_function("load a drill's evidence", |bencher| {
        bencher.iter(|| black_box(evidence::load(&dir).expect("the kept evidence is whole")));
    });
    let kept = evidence::load(&dir).expect("the kept evidence is whole");
    let scenario = read::scenario("scenario.yml", &kept.texts.scenario).expect("it was run");
    let inventory = read::inventory("inventory.yml", &kept.texts.inventory).expect("it was run");
    let log = read::events(&kept.texts.events).expect("it was run");
    let observed = Observed {
        series: &kept.series,
        scrape_interval_us: kept.manifest.scrape_interval_us,
        warnings: &kept.manifest.warnings,
        server_clock: None,
        audits: None,
        alerts: None,
    };
    criterion.bench_function("judge a drill", |bencher| {
        bencher.iter(|| black_box(judge(&scenario, &inventory, &log, observed)));
    });
    let recorded = tempfile::tempdir().expect("there is room");
    let samples = record(recorded.path(), &kept.series);
    let info = Recording::open(recorded.path()).and_then(|recording| recording.info());
    let bytes = info.expect("it was written").bytes;
    println!(
        "a recording of {samples} samples, {FLUSH} scrapes a flush: {:.2} bytes a sample",
        f64::from(u32::try_from(bytes).expect("it is small")) / f64::from(samples)
    );
    let mut group = criterion.benchmark_group("recording");
    group.throughput(Throughput::Elements(samples.into()));
    group.bench_function("load", |bencher| {
        bencher.iter(|| {
            let recording = Recording::open(recorded.path()).expect("it was written");
            black_box(
                recording
                    .read(|_| true, Millis::MIN, Millis::MAX)
                    .expect("it is whole"),
            )
        });
    });
    group.finish();
    criterion.final_summary();
}

/// As often as a recorder flushes that scrapes every 5 s.
const FLUSH: usize = 2;
/// How often the drill is recorded, one behind the other.
const COPIES: Millis = 10;
const HOUR: Millis = 3_600_000;

/// The samples scrape by scrape into a recording; how many there are.
fn record(dir: &Path, series: &SeriesSet) -> u32 {
    let mut scrapes: BTreeMap<Millis, Vec<(Labels, Sample)>> = BTreeMap::new();
    for (labels, samples) in series.iter() {
        for (copy, sample) in (0..COPIES).flat_map(|copy| samples.iter().map(move |s| (copy, *s))) {
            let at = sample.at + copy * HOUR;
            scrapes
                .entry(at)
                .or_default()
                .push((labels.clone(), Sample { at, ..sample }));
        }
    }
    let mut writer =
        Writer::open(dir, Limits::default(), Timestamp::from_millis(0)).expect("there is room");
    let (mut samples, mut unflushed) = (0, 0);
    for scrape in scrapes.into_values() {
        samples += scrape.len();
        writer.add(scrape);
        unflushed += 1;
        if unflushed == FLUSH {
            writer.flush().expect("there is room");
            unflushed = 0;
        }
    }
    writer.flush().expect("there is room");
    u32::try_from(samples).expect("a drill has few")
}
