//! How long it takes to read a Jolokia answer with 10,000 MBeans of `MirrorSourceConnector`, and as many of its
//! consumers: what each poll of a worker costs, however many scrapers there are.

#[path = "../tests/large/mod.rs"]
mod large;

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use large::Naming;
use mirrorwatch::jolokia;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let mut group = criterion.benchmark_group("decode 10k partitions");
    for (name, naming) in [
        ("registered names (2.x)", Naming::Registered),
        ("canonical names (1.7)", Naming::Canonical),
    ] {
        let body = large::jolokia(0..10_000, 0, naming);
        let flows = [large::flow()];
        group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap_or(0)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(jolokia::view(black_box(&body), &flows)).expect("it is Jolokia's")
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
