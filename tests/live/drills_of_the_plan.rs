//! Tests of the plan beyond the loss of a worker, drilled on the real lab: each ends in its grids, and leaves the site as it was.

use std::time::Duration;

use mirrorwatch::recovery::judgement::{Judgement, Measured, Seen, Verdict};
use mirrorwatch::recovery::scenario::{Moment, Phase};

use crate::site::{Drill, get};
use crate::truth::truth_of_the_restoration_inside;
use crate::tuned::tuned;

#[test]
fn a_cut_source_is_timed_from_its_mending_and_nothing_is_lost() {
    let site = &tuned();
    site.await_history(Duration::from_secs(36));
    let shorter = [
        ("steady_for: 60s", "steady_for: 35s"),
        ("hold: 30s", "hold: 20s"),
        ("keep_for: 90s", "keep_for: 45s"),
    ];
    let scenario = site.changed("source-cut", "cut", &shorter);
    let drill = site.drill_of_the_site(&scenario);
    passed(&drill);
    truth_of_the_restoration_inside(site, &drill.judgement);
    // While the link was cut the source went on and the target did not; all tasks said RUNNING, and none ever failed.
    let (source, _) = seen(&drill.judgement, "throughput-source", Phase::During);
    let (_, target) = seen(&drill.judgement, "throughput-target", Phase::During);
    assert!(source > 60.0 && target < 60.0, "{source} {target}");
    assert_eq!(
        seen(&drill.judgement, "tasks-failed", Phase::During),
        (0.0, 0.0)
    );
    assert_eq!(
        seen(&drill.judgement, "connectors-running", Phase::During),
        (3.0, 3.0)
    );
    let never = timed(&drill.judgement, "to-failed");
    let Measured::Within { interval, .. } = never else {
        panic!("it is a length: {never:?}")
    };
    assert!(
        interval.upper.is_none() && interval.lower > 30_000_000,
        "{interval:?}"
    );
}

#[test]
fn a_changed_configuration_is_timed_and_put_back() {
    let site = &tuned();
    let rest = site.lab.description().workers[0].rest.clone();
    let url = format!("{rest}/connectors/mirror-source/config");
    let config = || -> Option<serde_json::Value> { serde_json::from_str(&get(&url, "*/*")?).ok() };
    let before = config().expect("the worker answers");
    site.await_history(Duration::from_secs(36));
    let shorter = [
        ("steady_for: 60s", "steady_for: 35s"),
        ("hold: 30s", "hold: 20s"),
        ("calm_after: 75s", "calm_after: 40s"),
    ];
    let scenario = site.changed("config-tasks-max", "tasks-max", &shorter);
    let drill = site.drill_of_the_site(&scenario);
    passed(&drill);
    let (least, most) = seen(&drill.judgement, "tasks-running", Phase::During);
    assert!(least >= 4.0 && (most - 7.0).abs() < 0.1, "{least} … {most}");
    assert_eq!(config().expect("the worker answers"), before);
    let applied = timed(&drill.judgement, "applied");
    assert!(matches!(applied, Measured::Within { interval, .. } if interval.upper.is_some()));
}

fn passed(drill: &Drill) {
    let verdict = (drill.judgement.verdict, drill.code);
    assert_eq!(verdict, (Verdict::Pass, 0), "{}", drill.text);
    assert!(
        !drill.dir.join("restore.json").exists(),
        "nothing is left to undo"
    );
    // What never happened has no time.
    let timed = |moment: &Option<Moment>| matches!(moment, Some(Moment::Time(_)));
    let mut stages = drill.judgement.procedure.iter();
    assert!(stages.all(|stage| stage.at.is_some() || timed(&stage.moment)));
}

fn seen(judgement: &Judgement, id: &str, phase: Phase) -> (f64, f64) {
    let rows = judgement.observations.iter();
    let row = rows
        .into_iter()
        .find(|row| row.id == id)
        .expect("the row is there");
    match &row.seen[&phase] {
        Seen::Between { least, most, .. } => (*least, *most),
        other => panic!("{id} is not known: {other:?}"),
    }
}

fn timed<'a>(judgement: &'a Judgement, id: &str) -> &'a Measured {
    let mut rows = judgement.times.iter();
    &rows
        .find(|row| row.id == id)
        .expect("the row is there")
        .measured
}
