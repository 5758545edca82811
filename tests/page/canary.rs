//! A canary's ledger with everything that it can show.

use std::time::Duration;

use mirrorwatch::model::canary::{
    BlindView, CanaryView, LatencyView, LegsView, OutageView, PartitionView, ReplayView, SkewView,
};

use crate::captured::NOW;

/// A ledger with everything that it can show; its topic is the one that the captured tasks replicate.
pub(crate) fn ledger() -> CanaryView {
    let ago = |seconds: u64| NOW.wall.minus(Duration::from_secs(seconds));
    let outage = |number, start, end: Option<u64>| OutageView {
        number,
        start: ago(start),
        end: end.map(ago),
        worst_exposure: Duration::from_millis(10_900),
        undelivered_peak: 109,
        calm_exposure: (number == 1).then_some(Duration::from_millis(120)),
    };
    let partition = |partition| PartitionView {
        partition,
        sent: 1_000,
        acknowledged: 999,
        received: 890,
        duplicates: 165,
        first_arrival: Some(ago(100)),
        delivered_through: Some(ago(11)),
        calm_exposure: Some(Duration::from_millis(115)),
        ..PartitionView::default()
    };
    let mut hit = partition(0);
    hit.calm_exposure = None;
    hit.outages = vec![outage(1, 60, Some(49)), outage(2, 11, None)];
    (hit.outage_count, hit.outage_total) = (2, Duration::from_secs(22));
    (hit.undelivered, hit.overtaken, hit.lost, hit.corrupt) = (109, 2, 1, 1);
    (hit.untimed, hit.reordered, hit.misrouted, hit.mangled) = (12, 3, 4, 5);
    hit.replay = Some(ReplayView {
        records: 65,
        depth: Duration::from_millis(6_500),
        at: Some(ago(48)),
        worst_records: 100,
        worst_depth: Duration::from_secs(10),
    });
    let mut waiting = partition(1);
    (waiting.first_arrival, waiting.delivered_through) = (None, None);
    waiting.calm_exposure = None;
    CanaryView {
        source: "source".to_owned(),
        target: "target".to_owned(),
        topic: "test-mirrorwatch-canary".to_owned(),
        remote_topic: "source.test-mirrorwatch-canary".to_owned(),
        instance: "a-host".to_owned(),
        run: "0123456789abcdef".to_owned(),
        period: Duration::from_millis(100),
        outage_threshold: Duration::from_secs(1),
        run_start: ago(120),
        observed_through: NOW.wall,
        lateness: Duration::from_micros(1_750),
        problem: None,
        partitions: vec![hit, waiting, partition(2)],
        source_blind: BlindView::default(),
        target_blind: BlindView {
            spans: vec![(1, ago(90), Some(ago(80))), (2, ago(3), None)],
            count: 2,
            total: Duration::from_secs(13),
        },
        legs: legs(),
        latency: LatencyView {
            buckets: vec![
                (0.005, 3),
                (0.01, 800),
                (1.0, 880),
                (30.0, 1_780),
                (600.0, 1_780),
            ],
            count: 1_780,
            sum: 123.456,
        },
    }
}

fn legs() -> LegsView {
    let leg = |count, sum| LatencyView {
        buckets: vec![(0.005, 3), (1.0, count)],
        count,
        sum,
    };
    let skew = |seconds, error| Some(SkewView { seconds, error });
    LegsView {
        acknowledgement: leg(999, 2.5),
        replication: leg(890, 5.5),
        fetch: leg(890, 1.25),
        source_skew: skew(0.0125, 0.002),
        target_skew: skew(-3.5, 0.006),
    }
}
