//! What lies around a recovery: scrapes and readings after it, outages and blindness before the fault.

use mirrorwatch::promql::{Labels, Sample};
use mirrorwatch::recovery::judgement::Verdict;

use crate::cases::{Drill, is};
use crate::log;
use crate::page::{offset, render};
use crate::world::{SECOND, World};

/// When the flow was back, on the drill host's clock.
fn recovered(drill: &Drill) -> i64 {
    crate::truth::truth(&drill.world)
        .recovered
        .unwrap()
        .unwrap()
}

/// A passing drill that was interrupted and came back.
fn interrupted() -> Drill {
    let drill = Drill::passing();
    assert!(crate::truth::truth(&drill.world).recovered.is_some());
    drill
}

#[test]
fn scrapes_that_are_missing_after_the_recovery_leave_a_state_open() {
    let drill = interrupted();
    let b = recovered(&drill);
    let drill =
        drill.samples(|_, at, value| (at < b + SECOND || at > b + 5 * SECOND).then_some(value));
    assert_eq!(drill.failed(), Verdict::Inconclusive);
}

#[test]
fn a_reading_from_before_the_recovery_blames_nobody() {
    let with_age = |seconds: f64| {
        let mut drill = interrupted();
        let (b, server) = (recovered(&drill), offset(&drill.world, 1));
        let at: Vec<i64> = drill
            .series
            .iter()
            .find(|(l, _)| is(l, "up"))
            .unwrap()
            .1
            .iter()
            .map(|s| s.at)
            .collect();
        let labels = |name: &str, more: &[(&str, &str)]| -> Labels {
            let all = [
                ("__name__", name),
                ("job", "mirrorwatch"),
                ("instance", "h:9850"),
            ];
            all.iter().chain(more).copied().collect()
        };
        let status = labels(
            "kafka_connect_connector_task_status",
            &[("connector", "x"), ("task", "0"), ("status", "failed")],
        );
        let soon = |at: &&i64| {
            **at * 1_000 - server > b + SECOND && **at * 1_000 - server < b + 4 * SECOND
        };
        drill.series.add(
            status,
            at.iter().filter(soon).map(|at| Sample {
                at: *at,
                value: 1.0,
            }),
        );
        let endpoint = [("endpoint", "rest:z:1")];
        drill = drill.samples(|labels, _, value| {
            (!labels.name().starts_with("mm2_exporter_")).then_some(value)
        });
        drill.series.add(
            labels("mm2_exporter_endpoint_up", &endpoint),
            at.iter().map(|at| Sample {
                at: *at,
                value: 1.0,
            }),
        );
        drill.series.add(
            labels("mm2_exporter_reading_age_seconds", &endpoint),
            at.iter().map(|at| Sample {
                at: *at,
                value: seconds,
            }),
        );
        drill.failed()
    };
    assert_eq!(with_age(0.0), Verdict::Fail);
    assert_eq!(with_age(6.0), Verdict::Inconclusive);
}

fn changed(change: impl Fn(&mut World)) -> (Verdict, String) {
    let mut world = Drill::passing().world;
    change(&mut world);
    Drill {
        series: render(&world).set,
        log: log(&world),
        world,
    }
    .verdict()
}

#[test]
fn an_outage_before_the_fault_is_invalid() {
    let verdict = changed(|world| {
        let issued = world.zero.0;
        world.partitions[0]
            .stalls
            .insert(0, (issued - 6 * SECOND, issued - 3 * SECOND));
    });
    assert_eq!(
        verdict,
        (Verdict::Invalid, "outage_before_fault".to_owned())
    );
}

#[test]
fn a_canary_that_was_blind_before_the_fault_is_invalid() {
    let verdict = changed(|world| {
        world.target_blind = Some((world.zero.0 - 8 * SECOND, world.zero.0 - 5 * SECOND));
    });
    assert_eq!(
        verdict,
        (Verdict::Invalid, "canary_not_seen_before_fault".to_owned())
    );
}
