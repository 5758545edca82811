//! One drill that passes, and what becomes of its verdict when one thing about it is not as it should be.

use std::sync::OnceLock;

use mirrorwatch::promql::{Labels, Sample, Series, SeriesSet};
use mirrorwatch::recovery::audits::Audits;
use mirrorwatch::recovery::events::What;
use mirrorwatch::recovery::inventory::{Audit, Inventory};
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::judgement::{Judgement, Verdict};
use mirrorwatch::recovery::read::{self, Log};

use crate::page::{offset, render};
use crate::world::{Open, SECOND, World};
use crate::{inventory, log, scenario};

#[derive(Clone)]
pub struct Drill {
    pub world: World,
    pub series: SeriesSet,
    pub log: Log,
}

impl Drill {
    /// A drill without trouble, seen each second, that passes.
    pub fn passing() -> Self {
        static PASSING: OnceLock<Drill> = OnceLock::new();
        PASSING.get_or_init(Self::first_that_passes).clone()
    }

    fn first_that_passes() -> Self {
        let quiet = |world: &World| {
            world.interval == SECOND
                && !world.uncovered
                && world.down.is_none()
                && world.frozen.is_none()
                && world.restored.is_some()
        };
        let worlds = (0..2_000).map(World::random).filter(quiet);
        let mut drills = worlds.map(|world| Self {
            series: render(&world).set,
            log: log(&world),
            world,
        });
        drills
            .find(|drill| drill.judge().verdict == Verdict::Pass)
            .unwrap()
    }

    pub fn judge(&self) -> Judgement {
        self.judge_with(&[])
    }

    fn judge_with(&self, warnings: &[String]) -> Judgement {
        self.judge_at(&inventory(), warnings, None)
    }

    /// Where the inventory names a topic, of which `audit.json` has this outcome.
    pub fn judge_audited(&self, outcome: &str, warnings: &[String]) -> Judgement {
        let text = format!(r#"{{"format":1,"topics":[{{"topic":"orders","outcome":{outcome}}}]}}"#);
        let audits = read::audits(&text).unwrap();
        let mut inventory = inventory();
        inventory.audit = Some(Audit {
            config: "mirrorwatch.yml".into(),
            topics: vec!["orders".to_owned()],
            ignore: Vec::new(),
        });
        self.judge_at(&inventory, warnings, Some(&audits))
    }

    fn judge_at(
        &self,
        inventory: &Inventory,
        warnings: &[String],
        audits: Option<&Audits>,
    ) -> Judgement {
        let observed = Observed {
            series: &self.series,
            scrape_interval_us: self.world.interval,
            warnings,
            server_clock: None,
            audits,
            alerts: None,
        };
        judge(&scenario(&self.world), inventory, &self.log, observed).unwrap()
    }

    /// The verdict of the criterion that no task is FAILED.
    pub fn failed(&self) -> Verdict {
        let mut criteria = self.judge().criteria.into_iter();
        criteria.find(|c| c.id == "failed").unwrap().verdict
    }

    pub fn verdict(&self) -> (Verdict, String) {
        let judgement = self.judge();
        (
            judgement.verdict,
            judgement
                .remarks
                .first()
                .map(|r| r.code.clone())
                .unwrap_or_default(),
        )
    }

    /// Change, drop or keep each sample; times are given on the drill host's clock.
    pub fn samples(mut self, change: impl Fn(&Labels, i64, f64) -> Option<f64>) -> Self {
        let server = offset(&self.world, 1);
        let all = self.series.iter().map(|(labels, samples)| {
            let changed = |s: &Sample| {
                Some(Sample {
                    at: s.at,
                    value: change(labels, s.at * 1_000 - server, s.value)?,
                })
            };
            Series {
                labels: labels.clone(),
                samples: samples.iter().filter_map(changed).collect(),
            }
        });
        self.series = all.collect();
        self
    }

    pub fn events(mut self, keep: impl Fn(&What) -> bool) -> Self {
        self.log.events.retain(|event| keep(&event.what));
        self
    }
}

pub fn remarked(judgement: &Judgement, code: &str) -> bool {
    judgement.remarks.iter().any(|remark| remark.code == code)
}

pub fn is(labels: &Labels, name: &str) -> bool {
    labels.name() == name
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    let drill = Drill::passing();
    let bytes = |judgement: &Judgement| serde_json::to_vec(judgement).unwrap();
    assert_eq!(bytes(&drill.judge()), bytes(&drill.judge()));
}

#[test]
fn no_fault_is_invalid() {
    let drill = Drill::passing()
        .events(|what| !matches!(what, What::StepIssued { .. } | What::StepDone { .. }));
    assert_eq!(drill.verdict(), (Verdict::Invalid, "no_fault".to_owned()));
}

#[test]
fn a_fault_without_effect_is_invalid() {
    let drill = Drill::passing().samples(|labels, _, value| {
        Some(if is(labels, "mm2_worker_up") {
            1.0
        } else {
            value
        })
    });
    assert_eq!(
        drill.verdict(),
        (Verdict::Invalid, "no_effect_seen".to_owned())
    );
}

#[test]
fn an_effect_seen_only_after_the_restoration_is_none() {
    let drill = Drill::passing();
    let restored = drill.world.restored.unwrap();
    let drill = drill.samples(|labels, at, value| {
        Some(if is(labels, "mm2_worker_up") && at < restored {
            1.0
        } else {
            value
        })
    });
    assert_eq!(
        drill.verdict(),
        (Verdict::Invalid, "no_effect_seen".to_owned())
    );
}

#[test]
fn a_state_that_was_not_steady_or_not_known_is_invalid() {
    for (value, code) in [
        (Some(0.0), "not_steady"),
        (Some(f64::NAN), "steady_state_not_proved"),
        (None, "not_steady"),
    ] {
        let drill = Drill::passing();
        let issued = drill.world.zero.0;
        let inside = move |at: i64| at < issued - 5 * SECOND && at > issued - 8 * SECOND;
        let drill = drill.samples(|labels, at, old| {
            if is(labels, "mm2_worker_up") && inside(at) {
                value
            } else {
                Some(old)
            }
        });
        assert_eq!(drill.verdict(), (Verdict::Invalid, code.to_owned()));
    }
    let drill = Drill::passing();
    let (from, to) = (
        drill.world.zero.0 - 8 * SECOND,
        drill.world.zero.0 - 5 * SECOND,
    );
    let missing = drill.samples(|_, at, value| (at < from || at > to).then_some(value));
    assert_eq!(
        missing.verdict(),
        (Verdict::Invalid, "steady_state_not_proved".to_owned())
    );
    let down = Drill::passing().samples(|labels, at, value| {
        Some(if is(labels, "up") && at > from && at < to {
            0.0
        } else {
            value
        })
    });
    assert_eq!(
        down.verdict(),
        (Verdict::Invalid, "steady_state_not_proved".to_owned())
    );
}

#[test]
fn a_victim_without_a_task_of_the_flow_is_invalid() {
    let mut drill = Drill::passing();
    for event in &mut drill.log.events {
        if let What::DrillStarted { victim, .. } = &mut event.what {
            "c:1".clone_into(victim);
        }
    }
    assert_eq!(
        drill.verdict(),
        (Verdict::Invalid, "victim_not_concerned".to_owned())
    );
}

#[test]
fn samples_that_are_gone_after_the_fault_leave_it_open() {
    let drill = Drill::passing();
    let after = drill.world.zero.2 + 3 * SECOND;
    let drill = drill.samples(|_, at, value| (at < after).then_some(value));
    assert_eq!(drill.judge().verdict, Verdict::Inconclusive);
}

#[test]
fn a_warning_of_the_server_leaves_it_open() {
    let judgement = Drill::passing().judge_with(&["a store did not answer".to_owned()]);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(remarked(&judgement, "server_warned"));
}

#[test]
fn a_clock_that_was_not_compared_is_an_error() {
    for name in ["exporter", "prometheus"] {
        let drill = Drill::passing()
            .events(|what| !matches!(what, What::ClockCompared { clock, .. } if clock == name));
        assert_eq!(
            drill.verdict(),
            (Verdict::Error, "clock_not_compared".to_owned())
        );
    }
}

#[test]
fn a_step_that_failed_is_an_error() {
    let mut drill = Drill::passing();
    for event in &mut drill.log.events {
        if let What::StepDone { step } = &event.what {
            event.what = What::StepFailed {
                step: step.clone(),
                reason: "exit status 1".to_owned(),
            };
        }
    }
    assert_eq!(drill.verdict(), (Verdict::Error, "step_failed".to_owned()));
}

#[test]
fn a_task_without_a_canary_partition_is_never_a_pass() {
    let drill = Drill::passing().samples(|labels, _, value| {
        let other = is(labels, "mm2_canary_partition_owner_info") && labels.get("task") == "1";
        (!other).then_some(value)
    });
    let judgement = drill.judge();
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(remarked(&judgement, "task_not_covered"));
}

#[test]
fn a_witness_that_is_missing_leaves_a_state_open() {
    let drill = Drill::passing();
    let after = drill.world.zero.2 + SECOND;
    let drill = drill.samples(|labels, at, value| {
        (at < after
            || !is(labels, "kafka_connect_connector_task_status")
            || labels.get("task") != "1")
            .then_some(value)
    });
    assert_eq!(drill.failed(), Verdict::Inconclusive);
}

#[test]
fn a_scrape_interval_that_leaves_the_steady_state_one_scrape_is_invalid() {
    let mut drill = Drill::passing();
    drill.world.interval = drill.world.steady;
    assert_eq!(
        drill.verdict(),
        (Verdict::Invalid, "not_resolvable".to_owned())
    );
}

#[test]
fn a_restart_of_the_exporter_during_the_outage_is_never_a_pass() {
    let worlds = (0..6_000).map(World::open);
    let soon = |open: &Open| {
        let world = &open.world;
        world
            .down
            .is_some_and(|(down, _)| down > world.zero.1 && down < world.zero.2 + 2 * SECOND)
    };
    let mut seen = 0;
    for world in worlds.filter(soon).map(|open| open.closed(None)) {
        let drill = Drill {
            series: render(&world).set,
            log: log(&world),
            world,
        };
        let judgement = drill.judge();
        let lost = judgement.criteria.iter().find(|c| c.id == "loss").unwrap();
        let restarted = remarked(&judgement, "canary_restarted");
        seen += usize::from(restarted);
        assert!(
            !restarted || lost.verdict != Verdict::Pass,
            "seed {}",
            drill.world.seed
        );
    }
    assert!(seen > 20, "{seen}");
}
