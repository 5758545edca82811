//! How long it takes to load and to judge the evidence of a real drill: what `mirrorwatch evaluate DIR` does.

use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::read;
use mirrorwatch::storage::evidence;

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
    };
    criterion.bench_function("judge a drill", |bencher| {
        bencher.iter(|| black_box(judge(&scenario, &inventory, &log, observed)));
    });
    criterion.final_summary();
}
