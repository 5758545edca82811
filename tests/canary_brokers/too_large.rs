//! The source's topic is bounded so that the broker finds the canary's records, or its settled points, too large.

use std::thread;
use std::time::Duration;

use mirrorwatch::model::canary::CanaryView;

use crate::watch::{is_blind, is_settled};
use crate::{BROKERS, Flow, topics};

/// Shorter than any record of the canary.
const NO_RECORD: &str = "100";
/// Longer than a record, shorter than a settled point.
const NO_POINT: &str = "400";

fn flow(topic: &str) -> Flow {
    Flow::start(topic, |config| {
        // On a starved machine some seconds without a word is no fault of the brokers.
        config.outage_threshold = Duration::from_secs(10);
        config.loss_grace = Duration::from_secs(1);
    })
}

/// Whether the view says that the broker finds the canary's `what` too large.
fn says(view: &CanaryView, what: &str) -> bool {
    let said = format!("does not take the canary's {what}: ");
    let problem = view.problem.as_deref().unwrap_or_default();
    problem.contains(&said) && problem.contains("too large")
}

#[test]
fn records_that_the_source_finds_too_large_are_a_problem_and_a_blind_source_and_no_outage() {
    let flow = flow("test-too-large");
    topics::bound_length(&BROKERS[0], &flow.topic, Some(NO_RECORD));
    let page = flow.page(|view| {
        let alone = is_blind(&view.source_blind) && !is_blind(&view.target_blind);
        alone && says(view, "records")
    });
    assert_eq!(page.values("mm2_canary_problem", ""), [1.0]);
    // A source is blind after what would be an outage, and by then a loss, were it held against MM2.
    topics::bound_length(&BROKERS[0], &flow.topic, None);
    let page = flow.page(flows_again(&page.view));
    page.is_unharmed();
    assert_eq!(page.values("mm2_canary_outages_total", ""), [0.0; 3]);
    assert_eq!(page.values("mm2_canary_problem", ""), [0.0]);
    flow.stop();
}

#[test]
fn settled_points_that_the_source_finds_too_large_are_a_problem_and_harm_no_record() {
    let flow = flow("test-point-too-large");
    topics::bound_length(&BROKERS[0], &flow.topic, Some(NO_POINT));
    let page = flow.page(|view| says(view, "settled points"));
    // It stays told, though records are taken all the while.
    for _ in 0..60 {
        thread::sleep(Duration::from_millis(100));
        let page = flow.page(|_| true);
        assert_eq!(page.values("mm2_canary_problem", ""), [1.0]);
    }
    topics::bound_length(&BROKERS[0], &flow.topic, None);
    flow.page(flows_again(&page.view)).is_unharmed();
    flow.stop();
}

/// More has arrived than by then, nothing is open, and nothing is wrong.
fn flows_again(before: &CanaryView) -> impl Fn(&CanaryView) -> bool {
    let enough = received(before) + 90;
    move |view| {
        is_settled(view)
            && received(view) > enough
            && !is_blind(&view.source_blind)
            && view.problem.is_none()
    }
}

fn received(view: &CanaryView) -> u64 {
    view.partitions.iter().map(|p| p.received).sum()
}
