//! End-to-end latencies, counted in fixed buckets.

use std::time::Duration;

use crate::model::canary::LatencyView;

/// Upper edges in seconds; 30 and 60 are the limits that resilience tests commonly set.
const EDGES: [f64; 18] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 180.0,
    300.0, 600.0,
];

#[derive(Debug, Default)]
pub(in crate::canary) struct Histogram {
    buckets: [u64; EDGES.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    pub(in crate::canary) fn observe(&mut self, latency: Duration) {
        let seconds = latency.as_secs_f64();
        let bucket = EDGES.partition_point(|edge| *edge < seconds);
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count += 1;
        }
        self.count += 1;
        self.sum += seconds;
    }

    pub(in crate::canary) fn view(&self) -> LatencyView {
        let cumulative = self.buckets.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        });
        LatencyView {
            buckets: EDGES.into_iter().zip(cumulative).collect(),
            count: self.count,
            sum: self.sum,
        }
    }
}

#[test]
fn a_latency_on_an_edge_belongs_below_it_and_buckets_add_up() {
    let mut histogram = Histogram::default();
    for millis in [5, 6, 30_000, 30_001, 700_000] {
        histogram.observe(Duration::from_millis(millis));
    }
    let view = histogram.view();
    let at_or_below = |edge: f64| {
        view.buckets
            .iter()
            .find(|(e, _)| (e - edge).abs() < 1e-9)
            .map(|(_, count)| *count)
    };
    assert_eq!(at_or_below(0.005), Some(1));
    assert_eq!(at_or_below(30.0), Some(3));
    assert_eq!(at_or_below(600.0), Some(4));
    assert_eq!(view.count, 5);
}
