//! Judgements with the plan's grids, made by hand: one of a worker's loss, one of a link that was cut.

use mirrorwatch::recovery::judgement::{
    Alerting, CapacityResult, CriterionResult, Deed, ExpectationResult, FiredAlert, FoundProperty,
    Interval, Judgement, Measured, ObservationResult, Placed, PlacementResult, PropertyResult,
    Remark, Seen, StageResult, TimedResult, UnknownAlert, Verdict, Zero,
};
use mirrorwatch::recovery::scenario::{Event, Measure, Moment, Phase, Shown, Text, Unit};

use crate::judgements::{at, criterion, pass, said, within};

pub(crate) fn text(en: &str, fr: &str) -> Text {
    Text {
        en: en.to_owned(),
        fr: fr.to_owned(),
    }
}

fn stage(words: (&str, &str), moment: Moment, at_zero: Option<(i64, i64)>) -> StageResult {
    StageResult {
        title: text(words.0, words.1),
        at: at_zero.map(|(from, to)| (at(from), at(to))),
        moment: Some(moment),
        note: None,
    }
}

fn between(least: f64, most: f64, scrapes: usize) -> Seen {
    Seen::Between {
        least,
        most,
        scrapes,
    }
}

fn because(code: &str) -> Remark {
    said(code, &[])
}

fn unseen(code: &str) -> Seen {
    Seen::Unknown {
        because: because(code),
    }
}

fn unknown(code: &str) -> Measured {
    Measured::Unknown {
        because: because(code),
    }
}

fn row(
    id: &str,
    words: (&str, &str),
    (unit, shown): (Unit, Shown),
    seen: [Seen; 3],
) -> ObservationResult {
    let [before, during, after] = seen;
    ObservationResult {
        id: id.to_owned(),
        title: text(words.0, words.1),
        unit,
        shown,
        evidence: format!("sum(of_{id}{{source=\"$source\"}}) | `x`"),
        seen: [
            (Phase::Before, before),
            (Phase::During, during),
            (Phase::After, after),
        ]
        .into(),
        note: None,
    }
}

fn timed(
    id: &str,
    words: (&str, &str),
    (after, measure): (Event, Option<Measure>),
    measured: Measured,
) -> TimedResult {
    TimedResult {
        id: id.to_owned(),
        title: text(words.0, words.1),
        after,
        measure,
        measured,
        evidence: format!("of_{id} == 1"),
        note: None,
    }
}

const TOLD: (&str, &str) = (
    "As Connect tells it: the tasks of a worker that died stay RUNNING there until they are placed anew.",
    "Selon Connect : les tasks d'un worker mort y restent RUNNING jusqu'à leur réattribution.",
);

/// A worker's loss of which all is known, and its restoration was watched.
pub(crate) fn lost_worker() -> Judgement {
    let mut judgement = pass();
    judgement.restored = Some(Zero {
        issued: at(45_000_000),
        done: at(59_700_000),
    });
    judgement.procedure = lost_worker_procedure();
    judgement.observations = lost_worker_observations();
    judgement.times = lost_worker_times();
    judgement.placements = lost_worker_placements();
    judgement.alerts = Some(lost_worker_alerts());
    judgement.capacity = Some(capacity(Some(false)));
    judgement.after_restore = [
        ("flaps".to_owned(), within(0, 0)),
        ("outage_seconds".to_owned(), within(1_100_000, 1_400_000)),
        (
            "recovery_time".to_owned(),
            Measured::NoneLongerThan { length: 1_018_000 },
        ),
    ]
    .into();
    judgement
}

fn lost_worker_placements() -> Vec<PlacementResult> {
    let on = |worker: &str, state: &str| Placed::On {
        worker: worker.to_owned(),
        state: state.to_owned(),
    };
    let row = |connector: &str, task, [before, during, after]: [Placed; 3]| PlacementResult {
        connector: connector.to_owned(),
        task,
        on: [
            (Phase::Before, before),
            (Phase::During, during),
            (Phase::After, after),
        ]
        .into(),
    };
    let lost = Placed::Unknown {
        because: because("task_not_shown"),
    };
    let (victim, other) = ("127.0.0.1:18084", "127.0.0.1:18083");
    let running = |worker| on(worker, "running");
    vec![
        row("mirror-source", 0, [(); 3].map(|()| running(other))),
        row("mirror-source", 1, [victim, other, victim].map(running)),
        row(
            "mirror-heartbeat",
            0,
            [running(victim), on(victim, "running_on_dead_worker"), lost],
        ),
    ]
}

fn lost_worker_alerts() -> Alerting {
    let between = |lower, upper| Interval {
        lower,
        upper: Some(upper),
    };
    let fired = |alert: &str, severity: &str, after, ended| FiredAlert {
        alert: alert.to_owned(),
        severity: severity.to_owned(),
        after,
        ended,
        // The server has a rule for the one.
        stored: severity == "warning",
    };
    let unknown = |alert: &str, severity: &str, because| UnknownAlert {
        alert: alert.to_owned(),
        severity: severity.to_owned(),
        because,
    };
    let lacks = || said("alert_series_missing", &[("metrics", "`a`, `b`")]);
    let mut all = vec![
        unknown("MirrorMakerByteRateLow", "critical", lacks()),
        unknown("MirrorMakerByteRateLow", "warning", lacks()),
    ];
    let deep = said("alert_looks_back", &[("reach", "600 s")]);
    all.push(unknown("MirrorMakerRebalanceStorm", "warning", deep));
    Alerting {
        fired: vec![
            fired(
                "MirrorMakerWorkerDown",
                "warning",
                between(20_921_880, 31_000_000),
                Some(between(75_921_880, 86_000_000)),
            ),
            fired(
                "MirrorMakerReplicationLatencyHigh",
                "critical",
                between(125_921_880, 141_000_000),
                None,
            ),
        ],
        unknown: all,
    }
}

/// What those that are left carried.
fn capacity(grew: Option<bool>) -> CapacityResult {
    CapacityResult {
        before: between(235.2, 241.9, 60),
        offered: between(236.0, 240.4, 120),
        residual: between(172.31, 176.8, 120),
        span: Some((at(20_000_000), at(180_000_000))),
        lag: Some((12.0, 9_412.0)),
        grew,
        ratio: Some((172.31 / 241.9, 176.8 / 235.2)),
    }
}

fn properties() -> Vec<PropertyResult> {
    let row = |name: &str, planned: &str, default: &str, found| PropertyResult {
        name: name.to_owned(),
        planned: planned.to_owned(),
        default: default.to_owned(),
        found,
        note: None,
    };
    let set = FoundProperty::Set {
        value: "all".to_owned(),
    };
    let unread = FoundProperty::Unknown {
        because: because("configuration_not_read"),
    };
    let mut rows = vec![
        row("errors.retry.timeout", "300000", "0", FoundProperty::Unset),
        row("errors.tolerance", "all", "none", set),
        row("errors.log.enable", "true", "false", unread),
    ];
    rows[0].note = Some(text(
        "It never applies to the poll of a task.",
        "Il ne s'applique jamais au poll d'une task.",
    ));
    rows
}

fn lost_worker_procedure() -> Vec<StageResult> {
    let mut all = vec![
        stage(
            ("Check the initial state", "Vérifier état initial"),
            Moment::SteadyState,
            Some((-480_000, -480_000)),
        ),
        stage(
            (
                "Start continuous production",
                "Démarrer production continue",
            ),
            Moment::Beforehand,
            None,
        ),
        stage(
            ("Stop a Connect worker", "Arrêter un worker Connect"),
            Moment::Step("fault".to_owned()),
            Some((0, 78_120)),
        ),
        stage(
            (
                "Measure the time of rebalancing",
                "Mesurer temps de rebalancing",
            ),
            Moment::Time("tasks-redistributed".to_owned()),
            Some((13_000_000, 14_900_000)),
        ),
        stage(
            (
                "Check that replication goes on",
                "Vérifier continuité réplication",
            ),
            Moment::Time("replication-resumed".to_owned()),
            Some((14_689_140, 14_792_518)),
        ),
        stage(
            ("Restart the worker", "Redémarrer le worker"),
            Moment::Restore,
            Some((45_000_000, 59_700_000)),
        ),
        stage(
            ("Watch the new rebalancing", "Observer nouveau rebalancing"),
            Moment::Time("tasks-back".to_owned()),
            None,
        ),
    ];
    all[1].note = Some(text(
        "The load runs before the drill.",
        "La charge tourne avant l'exercice.",
    ));
    all
}

fn lost_worker_observations() -> Vec<ObservationResult> {
    let three = |value: f64| [value; 3].map(|value| between(value, value, 60));
    let mut running = row(
        "tasks-running",
        ("Tasks RUNNING", "Tasks RUNNING"),
        (Unit::Count, Shown::Range),
        three(5.0),
    );
    running.note = Some(text(TOLD.0, TOLD.1));
    vec![
        row(
            "workers",
            ("Active workers", "Workers actifs"),
            (Unit::Count, Shown::Range),
            [
                between(3.0, 3.0, 60),
                between(2.0, 3.0, 45),
                between(2.0, 3.0, 39),
            ],
        ),
        running,
        row(
            "lag",
            ("Replication lag (records)", "Lag réplication (messages)"),
            (Unit::Records, Shown::Range),
            [
                between(0.0, 2.0, 60),
                between(0.0, 615.0, 45),
                between(0.0, 7.0, 39),
            ],
        ),
        row(
            "throughput-source",
            ("Throughput source", "Throughput source"),
            (Unit::RecordsPerSecond, Shown::Rate),
            [
                between(94.884_632, 134.057_939, 60),
                between(97.11, 294.156, 45),
                unseen("not_observed"),
            ],
        ),
        row(
            "cpu",
            ("CPU of the remaining worker", "CPU worker restant"),
            (Unit::Ratio, Shown::Rate),
            [
                between(0.104, 0.131, 60),
                between(0.25, 0.312_4, 45),
                unseen("not_observed"),
            ],
        ),
        row(
            "checkpoint",
            (
                "Longest time without a checkpoint",
                "Plus long temps sans checkpoint",
            ),
            (Unit::Seconds, Shown::Most),
            [
                between(0.2, 1.234_5, 60),
                between(0.2, 61.07, 45),
                between(0.2, 2.0, 39),
            ],
        ),
    ]
}

fn lost_worker_times() -> Vec<TimedResult> {
    vec![
        timed(
            "rebalance-triggered",
            ("Rebalancing triggered", "Rebalancing déclenché"),
            (Event::Fault, None),
            within(4_235_716, 11_351_226),
        ),
        timed(
            "tasks-redistributed",
            ("Tasks redistributed", "Tasks redistribuées"),
            (Event::Fault, None),
            within(12_921_880, 14_900_000),
        ),
        timed(
            "replication-resumed",
            ("Replication resumed", "Réplication reprise"),
            (Event::Fault, Some(Measure::RecoveryTime)),
            within(14_611_020, 14_792_518),
        ),
        timed(
            "tasks-back",
            (
                "After the restart: all tasks RUNNING",
                "Après redémarrage : toutes les tasks RUNNING",
            ),
            (Event::Restore, None),
            unknown("held_before"),
        ),
        timed(
            "interruption-of-restart",
            (
                "After the restart: interruption of the flow",
                "Après redémarrage : interruption du flux",
            ),
            (Event::Restore, Some(Measure::OutageSeconds)),
            within(1_100_000, 1_400_000),
        ),
    ]
}

/// A cut of which something is refuted, something never came, and one criterion fails as MM2 is made.
pub(crate) fn cut() -> Judgement {
    let mut judgement = lost_worker();
    "target-cut".clone_into(&mut judgement.scenario);
    "5.6".clone_into(&mut judgement.test);
    judgement.title = text(
        "Loss of connectivity to the target cluster",
        "Perte de Connectivité Cluster Target",
    );
    judgement.victim = None;
    judgement.expected = None;
    judgement.deed = Some(Deed {
        connector: None,
        fault: "cut".to_owned(),
    });
    judgement.notes = vec![text(
        "Nothing of MM2 buffers on disk.",
        "MM2 ne bufferise rien sur disque.",
    )];
    judgement.procedure = vec![
        stage(
            (
                "Measure the time until FAILED",
                "Mesurer temps avant état FAILED",
            ),
            Moment::Time("to-failed".to_owned()),
            None,
        ),
        stage(
            ("Mend the connectivity", "Restaurer connectivité"),
            Moment::Restore,
            None,
        ),
    ];
    judgement.restored = None;
    judgement.after_restore.clear();
    judgement.times = vec![
        timed(
            "to-failed",
            ("Time until FAILED", "Temps avant état FAILED"),
            (Event::Fault, None),
            Measured::between(87_911_861, None),
        ),
        timed(
            "catch-up",
            ("Time of catching up", "Temps rattrapage"),
            (Event::Restore, Some(Measure::CatchUp)),
            unknown("not_restored"),
        ),
    ];
    judgement.times[0].note = Some(text(
        "The producer retries without end.",
        "Le producteur réessaie sans fin.",
    ));
    judgement.properties = properties();
    judgement.placements.clear();
    judgement.capacity = Some(capacity(Some(true)));
    judgement.alerts = Some(Alerting {
        fired: Vec::new(),
        unknown: Vec::new(),
    });
    let mut retries = row(
        "retries",
        ("Number of retries", "Nombre de retries"),
        (Unit::Count, Shown::Increase),
        [(); 3].map(|()| Seen::NotApplicable {
            because: text("MM2 never counts them.", "MM2 ne les compte jamais."),
        }),
    );
    retries.evidence = String::new();
    judgement.observations.push(retries);
    judgement.expectations = expectations();
    judgement.criteria = cut_criteria();
    judgement.verdict = Verdict::Fail;
    judgement.remarks = Vec::new();
    judgement
}

fn expectations() -> Vec<ExpectationResult> {
    let one = |words: (&str, &str), confirmed, decided: Option<i64>| ExpectationResult {
        text: text(words.0, words.1),
        confirmed,
        decided_at: decided.map(at),
        evidence: "sum(kafka_connect_source_task_source_record_active_count) > 0".to_owned(),
        note: None,
    };
    let mut all = vec![
        one(
            (
                "MM2 goes on consuming from the source",
                "MM2 continue de consommer depuis la source",
            ),
            Some(false),
            Some(2_000_000),
        ),
        one(
            ("Records are buffered", "Les messages sont bufferisés"),
            Some(true),
            Some(1_000_000),
        ),
        one(
            (
                "Risk of back-pressure if the cut lasts",
                "Risque de backpressure si coupure prolongée",
            ),
            None,
            None,
        ),
    ];
    all[0].note = Some(text(
        "Only as far as its buffers hold.",
        "Seulement dans la limite de ses tampons.",
    ));
    all
}

fn cut_criteria() -> Vec<CriterionResult> {
    let mut detected = criterion(
        "detection",
        (
            "Loss detected < 30 seconds",
            "Détection de la perte < 30 secondes",
        ),
        Measure::Detection,
        unknown("not_detected"),
        30_000_000,
    );
    detected.verdict = Verdict::Inconclusive;
    let mut restarted = criterion(
        "auto-restart",
        ("Automatic restart works", "Auto-restart fonctionne"),
        Measure::Time,
        Measured::between(87_911_861, None),
        60_000_000,
    );
    restarted.verdict = Verdict::Fail;
    restarted.limit_is_ours = true;
    restarted.explained = Some(text(
        "Kafka Connect does not restart a FAILED task by itself.",
        "Kafka Connect ne redémarre pas de lui-même une task FAILED.",
    ));
    let mut near = criterion(
        "lag",
        ("Lag caught up < 5 minutes", "Rattrapage du lag < 5 minutes"),
        Measure::CatchUp,
        Measured::Within {
            interval: Interval {
                lower: 299_000_000,
                upper: Some(301_000_000),
            },
            parts: [("canary_lateness".to_owned(), 1_000_000)].into(),
        },
        300_000_000,
    );
    near.verdict = Verdict::Inconclusive;
    let mut lost = criterion(
        "no-loss",
        ("No message lost", "Aucune perte de message"),
        Measure::LostRecords,
        within(2, 2),
        1,
    );
    lost.verdict = Verdict::Fail;
    vec![detected, restarted, near, lost]
}
