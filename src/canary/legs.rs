//! The parts of a record's way: intended send → acknowledged by the source; append at the source → append at the target; append at
//! the target → read there. Pure.
//!
//! The first is on our monotonic clock. The others compare brokers' clocks, each corrected by its skew as it is known, and are there
//! only where the topics carry the time of the append.

use std::time::Duration;

use super::anchor::Anchor;
use super::skew::Skew;
use super::tracker::{Delivery, Histogram};
use crate::model::canary::LegsView;
use crate::model::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Legs {
    acknowledgement: Histogram,
    replication: Histogram,
    fetch: Histogram,
    source: Skew,
    target: Skew,
}

impl Legs {
    /// A delivery report came at `at`.
    pub(super) fn acknowledged(
        &mut self,
        intended: Duration,
        appended: Option<Timestamp>,
        at: Duration,
        anchor: &Anchor,
    ) {
        self.acknowledgement.observe(at.saturating_sub(intended));
        if let Some(appended) = appended {
            let between = [anchor.wall(intended), anchor.wall(at)];
            self.source.bound(appended, between, at);
        }
    }

    /// A record arrived for the first time at `at`.
    pub(super) fn delivered(
        &mut self,
        delivery: Delivery,
        appended: Option<Timestamp>,
        at: Duration,
        anchor: &Anchor,
    ) {
        let Some(appended) = appended else { return };
        let (intended, read) = (anchor.wall(delivery.intended), anchor.wall(at));
        self.target.bound(appended, [intended, read], at);
        let Some(target) = self.target.micros() else {
            return;
        };
        let at_target = appended.plus_micros(-target);
        self.fetch.observe(read.since(at_target));
        let at_source = delivery.place.and_then(|place| place.appended);
        if let (Some(at_source), Some(source)) = (at_source, self.source.micros()) {
            let at_source = at_source.plus_micros(-source);
            self.replication.observe(at_target.since(at_source));
        }
    }

    pub(super) fn view(&self) -> LegsView {
        LegsView {
            acknowledgement: self.acknowledgement.view(),
            replication: self.replication.view(),
            fetch: self.fetch.view(),
            source_skew: self.source.view(),
            target_skew: self.target.view(),
        }
    }
}

#[test]
fn legs_between_brokers_are_corrected_by_their_clocks_and_absent_without_the_time_of_the_append() {
    use super::tracker::Place;
    use crate::model::canary::SkewView;
    let anchor = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    let at = Duration::from_millis;
    let mut legs = Legs::default();
    // The source's clock is an hour ahead, the target's a minute behind.
    let source = |millis: i64| Timestamp::from_millis(3_600_000 + millis);
    let target = |millis: i64| Timestamp::from_millis(millis - 60_000);
    legs.acknowledged(at(100_000), Some(source(100_002)), at(100_004), &anchor);
    let delivery = |appended| Delivery {
        intended: at(100_000),
        place: Some(Place {
            offset: 0,
            appended,
        }),
    };
    legs.delivered(
        delivery(Some(source(100_002))),
        Some(target(100_500)),
        at(101_000),
        &anchor,
    );
    legs.delivered(delivery(None), None, at(101_000), &anchor);
    let seen = legs.view();
    assert_eq!((seen.replication.count, seen.fetch.count), (1, 1));
    assert!((seen.replication.sum - 0.5).abs() < 0.01, "{seen:?}");
    assert!((seen.fetch.sum - 0.5).abs() < 0.01, "{seen:?}");
    let is_near = |skew: Option<SkewView>, seconds: f64| {
        let skew = skew.unwrap();
        (skew.seconds - seconds).abs() <= skew.error
    };
    assert!(is_near(seen.source_skew, 3_600.0), "{seen:?}");
    assert!(is_near(seen.target_skew, -60.0), "{seen:?}");
}
