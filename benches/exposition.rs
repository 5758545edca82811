//! How long it takes to encode and to compress a page of 100,000 series: what the first scrape of each snapshot waits
//! for, and nobody else.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::Criterion;
use mirrorwatch::exposition::{Format, Pages, render};
use mirrorwatch::model::jmx::{BEANS, JmxSample, JmxView};
use mirrorwatch::model::snapshot::{Moment, Reading, Snapshot, WorkerReadings};
use mirrorwatch::model::time::Timestamp;
use tokio::sync::watch;

const SERIES: usize = 100_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let snapshot = snapshot();
    for (name, format) in [
        ("classic", Format::Classic),
        ("openmetrics", Format::OpenMetrics),
    ] {
        criterion.bench_function(&format!("encode 100k series, {name}"), |bencher| {
            bencher.iter(|| black_box(render(black_box(&snapshot), format)));
        });
        let (sender, receiver) = watch::channel(Arc::new(snapshot.clone()));
        let pages = Pages::new(receiver);
        criterion.bench_function(
            &format!("encode and compress 100k series, {name}"),
            |bencher| {
                bencher.iter(|| {
                    sender.send_replace(Arc::new(snapshot.clone()));
                    black_box(pages.get(format, true))
                });
            },
        );
    }
    criterion.final_summary();
}

fn snapshot() -> Snapshot {
    let now = Moment {
        wall: Timestamp::from_millis(1_795_423_000_000),
        monotonic: Duration::from_secs(1_000),
    };
    let mut jolokia = Reading::none("jolokia:worker:8083");
    jolokia.value = Some(Arc::new(view()));
    Snapshot {
        workers: vec![WorkerReadings {
            id: "worker:8083".into(),
            rest: Reading::none("rest:worker:8083"),
            health: Reading::none("health:worker:8083"),
            jolokia: Some(jolokia),
        }],
        ..Snapshot::unpolled(now, Duration::from_secs(15))
    }
}

/// As many partitions of one topic as make up the series.
fn view() -> JmxView {
    let attributes = BEANS[0].attributes.len();
    let sample = |number: usize| JmxSample {
        bean: 0,
        attribute: number % attributes,
        labels: [
            "source".to_owned(),
            "target".to_owned(),
            format!("source.orders-{}", number / attributes / 100),
            (number / attributes % 100).to_string(),
        ]
        .into(),
        value: f64::from(u32::try_from(number).expect("there are fewer than 2^32 series")) * 1.37,
    };
    JmxView {
        samples: (0..SERIES).map(sample).collect(),
        texts: Vec::new(),
        ..JmxView::default()
    }
}
