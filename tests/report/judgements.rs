//! Judgements of each verdict, made by hand.

use std::collections::BTreeMap;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::judgement::{
    Audited, Compared, CriterionResult, Expected, Found, Interval, Judgement, Measured, Outage,
    Remark, Sampling, Settings, Verdict, Victim, Zero,
};
use mirrorwatch::recovery::scenario::{Event, Measure, Text};

/// 2026-11-23 08:45:12.345678 UTC.
const ZERO: i64 = 1_795_423_512_345_678;

pub(crate) fn at(after_zero: i64) -> Timestamp {
    Timestamp::from_micros(ZERO + after_zero)
}

pub(crate) fn said(code: &str, with: &[(&str, &str)]) -> Remark {
    let with = with
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Remark {
        code: code.to_owned(),
        with: with.collect(),
    }
}

fn named(parts: &[(&str, i64)]) -> BTreeMap<String, i64> {
    parts
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

pub(crate) fn within(lower: i64, upper: i64) -> Measured {
    Measured::Within {
        interval: Interval {
            lower,
            upper: Some(upper),
        },
        parts: BTreeMap::new(),
    }
}

pub(crate) fn criterion(
    id: &str,
    words: (&str, &str),
    measure: Measure,
    measured: Measured,
    limit: i64,
) -> CriterionResult {
    CriterionResult {
        after: Event::Fault,
        explained: None,
        id: id.to_owned(),
        title: Text {
            en: words.0.to_owned(),
            fr: words.1.to_owned(),
        },
        measure,
        measured,
        limit,
        limit_is_ours: false,
        verdict: Verdict::Pass,
        evidence: String::new(),
    }
}

fn criteria(recovery: &Measured) -> Vec<CriterionResult> {
    vec![
        criterion(
            "recovery-time",
            ("Rebalancing < 60 seconds", "Rebalancing < 60 secondes"),
            Measure::RecoveryTime,
            recovery.clone(),
            60_000_000,
        ),
        criterion(
            "no-failed-task",
            (
                "No task FAILED after rebalancing",
                "Aucune task en état FAILED après rebalancing",
            ),
            Measure::Samples,
            within(0, 0),
            1,
        ),
        criterion(
            "lag",
            (
                "Maximum lag < 60 seconds of data",
                "Lag maximum < 60 secondes de données",
            ),
            Measure::RecoveryPointSeconds,
            within(14_702_113, 15_021_400),
            60_000_000,
        ),
        criterion(
            "no-loss",
            ("No record lost", "Aucune perte de message"),
            Measure::LostRecords,
            within(0, 0),
            1,
        ),
    ]
}

fn outage(partition: i32, start: i64, end: Option<i64>) -> Outage {
    Outage {
        partition,
        task: Some(format!("mirror-source-{}", partition % 3)),
        start: at(start),
        end: end.map(at),
    }
}

pub(crate) fn pass() -> Judgement {
    let recovery = Measured::Within {
        interval: Interval {
            lower: 14_611_020,
            upper: Some(14_792_518),
        },
        parts: named(&[
            ("fault_instant", 78_120),
            ("clock_error", 3_378),
            ("canary_period", 100_000),
        ]),
    };
    let measures = [
        ("recovery_time", recovery.clone()),
        ("recovery_point_seconds", within(14_702_113, 15_021_400)),
        ("recovery_point_records", within(294, 300)),
        ("detection", within(13_900_000, 14_950_000)),
        ("lost_records", within(0, 0)),
        ("duplicate_records", within(58, 58)),
        ("flaps", within(0, 0)),
    ];
    Judgement {
        restored: None,
        deed: None,
        alerts: None,
        capacity: None,
        placements: Vec::new(),
        properties: Vec::new(),
        after_restore: BTreeMap::new(),
        procedure: Vec::new(),
        observations: Vec::new(),
        times: Vec::new(),
        expectations: Vec::new(),
        notes: Vec::new(),
        format: 1,
        scenario: "worker-loss".to_owned(),
        test: "5.1".to_owned(),
        title: Text {
            en: "Loss of a Connect worker".to_owned(),
            fr: "Perte d'un Worker Connect".to_owned(),
        },
        site: "lab-tuned".to_owned(),
        verdict: Verdict::Pass,
        remarks: Vec::new(),
        zero: Some(Zero {
            issued: at(0),
            done: at(78_120),
        }),
        window: Some((at(-60_000_000), at(44_870_000))),
        victim: Some(Victim {
            worker: "127.0.0.1:18084".to_owned(),
            zone: Some("paris2".to_owned()),
            fault: "kill".to_owned(),
            leader: Some(false),
            tasks: vec![
                "mirror-heartbeat-0".to_owned(),
                "mirror-source-1".to_owned(),
            ],
            flow_tasks: 1,
        }),
        expected: Some(Expected {
            at_most: 18_000_000,
            parts: named(&[
                ("heartbeat.interval.ms", 3_000_000),
                ("scheduled.rebalance.max.delay.ms", 5_000_000),
                ("session.timeout.ms", 10_000_000),
            ]),
            source: "inventory".to_owned(),
        }),
        criteria: criteria(&recovery),
        measures: measures
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        outages: vec![
            outage(1, -12_000, Some(14_689_000)),
            outage(4, 8_000, Some(14_692_500)),
        ],
        audited: Vec::new(),
        settings: Some(Settings {
            outage_threshold: 1_000_000,
            hold: 30_000_000,
            canary_period: 100_000,
        }),
        sampling: Sampling {
            interval: 1_000_000,
            scrapes: 105,
            gaps: Vec::new(),
        },
    }
}

pub(crate) fn fail() -> Judgement {
    let mut judgement = pass();
    let recovery = within(74_611_020, 74_792_518);
    judgement.criteria = criteria(&recovery);
    judgement.criteria[0].verdict = Verdict::Fail;
    judgement
        .measures
        .insert("recovery_time".to_owned(), recovery);
    judgement.verdict = Verdict::Fail;
    judgement.remarks = vec![said(
        "scheduled_delay_explains",
        &[("delay", "65 s"), ("limit", "60 s")],
    )];
    judgement.outages = vec![outage(1, -12_000, Some(74_689_000)), outage(4, 8_000, None)];
    judgement
}

/// What the canary did not see: two records of one topic, and nothing at all of another.
pub(crate) fn loss() -> Judgement {
    let mut judgement = pass();
    let failed = [("topic", "test-bills"), ("reason", "there is no topic")];
    let failed = said("audit_failed", &failed);
    let places = [
        ("topic", "test-orders"),
        ("count", "2"),
        ("places", "1:4711, 4:815"),
    ];
    judgement.remarks = vec![said("records_missing", &places), failed.clone()];
    let compared = Compared {
        remote_topic: "source.test-orders".to_owned(),
        lost: Interval {
            lower: 2,
            upper: Some(2),
        },
        records: 1_259_712,
        missing: 2,
        changed: 0,
        undecided: 0,
        duplicate: 822,
        reordered: 0,
        unexpected: 0,
    };
    let found = [
        ("test-orders", Found::Compared(compared)),
        ("test-bills", Found::Unknown { because: failed }),
    ];
    let audited = found.map(|(topic, found)| Audited {
        topic: topic.to_owned(),
        found,
    });
    judgement.audited = audited.into();
    judgement.criteria[3].measured = Measured::between(2, None);
    judgement.criteria[3].verdict = Verdict::Fail;
    judgement.verdict = Verdict::Fail;
    judgement
}

pub(crate) fn invalid() -> Judgement {
    let mut judgement = pass();
    let unknown = Measured::Unknown {
        because: said("no_fault", &[]),
    };
    judgement.verdict = Verdict::Invalid;
    judgement.remarks = vec![
        said("no_fault", &[]),
        said("steady_state_awaited_in_vain", &[]),
        said(
            "not_steady",
            &[
                ("condition", "mm2_worker_up == 1"),
                ("at", "2026-11-23T08:45:12.345678Z"),
            ],
        ),
    ];
    judgement.zero = None;
    judgement.window = None;
    judgement.expected = None;
    judgement.criteria = criteria(&unknown);
    for criterion in &mut judgement.criteria {
        criterion.measured = unknown.clone();
        criterion.verdict = Verdict::Inconclusive;
    }
    judgement.measures.clear();
    judgement.outages.clear();
    judgement.sampling.scrapes = 0;
    judgement
}

pub(crate) fn inconclusive() -> Judgement {
    let mut judgement = pass();
    let open = Measured::Within {
        interval: Interval {
            lower: 20_000_000,
            upper: None,
        },
        parts: named(&[("blind", 12_000_000)]),
    };
    judgement.verdict = Verdict::Inconclusive;
    judgement.criteria = criteria(&open);
    judgement.criteria[0].verdict = Verdict::Inconclusive;
    judgement.criteria[2].measured = Measured::NoneLongerThan { length: 61_000_000 };
    judgement.criteria[2].verdict = Verdict::Inconclusive;
    judgement.measures.insert("recovery_time".to_owned(), open);
    judgement.sampling.gaps = vec![
        (at(3_000_000), at(15_000_000)),
        (at(20_000_000), at(24_000_000)),
    ];
    if let Some(victim) = &mut judgement.victim {
        victim.leader = None;
        "a\u{1b}[2Jb:8083".clone_into(&mut victim.worker);
    }
    judgement
}
