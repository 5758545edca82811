//! The plan's own words and numbers: its tests, its targets of recovery, its objectives.

use crate::recovery::judgement::CriterionResult;
use crate::recovery::scenario::{Event, Measure, Text};

/// A test of the plan.
pub(super) struct Test {
    /// Its number.
    pub(super) number: &'static str,
    /// The chapter of the plan that has it.
    pub(super) chapter: &'static str,
    /// Its title there, in English and French.
    pub(super) title: (&'static str, &'static str),
    /// Its name in the checklist.
    pub(super) listed: (&'static str, &'static str),
}

pub(super) const TESTS: [Test; 7] = [
    Test {
        number: "5.1",
        chapter: "5.3",
        title: ("Loss of a Connect worker", "Perte d'un Worker Connect"),
        listed: ("Loss of a worker", "Perte d'un worker"),
    },
    Test {
        number: "5.2",
        chapter: "5.4",
        title: (
            "Loss of two workers (Connect quorum)",
            "Perte de Deux Workers (Quorum Connect)",
        ),
        listed: ("Loss of two workers", "Perte de deux workers"),
    },
    Test {
        number: "5.3",
        chapter: "5.5",
        title: ("Restart of a connector", "Restart d'un Connecteur"),
        listed: ("Restart of a connector", "Restart connecteur"),
    },
    Test {
        number: "5.4",
        chapter: "5.6",
        title: (
            "Failure of a task and automatic restart",
            "Échec de Task et Auto-Restart",
        ),
        listed: ("Failure of a task", "Échec de task"),
    },
    Test {
        number: "5.5",
        chapter: "5.7",
        title: (
            "Loss of connectivity to the source cluster",
            "Perte de Connectivité Cluster Source",
        ),
        listed: (
            "Loss of connectivity to the source",
            "Perte connectivité source",
        ),
    },
    Test {
        number: "5.6",
        chapter: "5.8",
        title: (
            "Loss of connectivity to the target cluster",
            "Perte de Connectivité Cluster Target",
        ),
        listed: (
            "Loss of connectivity to the target",
            "Perte connectivité target",
        ),
    },
    Test {
        number: "5.7",
        chapter: "5.9",
        title: (
            "Change of configuration while running",
            "Changement de Configuration à Chaud",
        ),
        listed: ("Configuration while running", "Config à chaud"),
    },
];

/// A row of the synthesis: which criteria of which tests it rests on, and the plan's limit in microseconds or records.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) title: (&'static str, &'static str),
    pub(super) limit: Option<i64>,
    pub(super) rests_on: fn(test: &str, criterion: &CriterionResult) -> bool,
}

impl Row {
    pub(super) fn title(&self) -> Text {
        text(self.title)
    }
}

pub(super) fn text((english, french): (&str, &str)) -> Text {
    Text {
        en: english.to_owned(),
        fr: french.to_owned(),
    }
}

const SECOND: i64 = 1_000_000;

fn recovers(criterion: &CriterionResult) -> bool {
    criterion.id == "recovery-time" && criterion.measure == Measure::RecoveryTime
}

fn one_worker(test: &str, criterion: &CriterionResult) -> bool {
    test == "5.1" && recovers(criterion)
}

fn two_workers(test: &str, criterion: &CriterionResult) -> bool {
    test == "5.2" && recovers(criterion)
}

fn restart(test: &str, criterion: &CriterionResult) -> bool {
    test == "5.3" && criterion.id == "restart"
}

fn connectivity(test: &str, criterion: &CriterionResult) -> bool {
    matches!(test, "5.5" | "5.6") && recovers(criterion) && criterion.after == Event::Restore
}

fn loss(_: &str, criterion: &CriterionResult) -> bool {
    criterion.measure == Measure::LostRecords
}

fn lag(_: &str, criterion: &CriterionResult) -> bool {
    criterion.measure == Measure::RecoveryPointSeconds
}

fn by_itself(test: &str, criterion: &CriterionResult) -> bool {
    connectivity(test, criterion) || (test == "5.4" && criterion.id == "auto-restart")
}

fn configuration(test: &str, _: &CriterionResult) -> bool {
    test == "5.7"
}

/// The plan's synthesis of recovery times.
pub(super) const RECOVERY: [Row; 4] = [
    Row {
        id: "one-worker",
        title: ("Loss of 1 worker", "Perte 1 worker"),
        limit: Some(60 * SECOND),
        rests_on: one_worker,
    },
    Row {
        id: "two-workers",
        title: ("Loss of 2 workers", "Perte 2 workers"),
        limit: Some(120 * SECOND),
        rests_on: two_workers,
    },
    Row {
        id: "restart",
        title: ("Restart of a connector", "Restart connecteur"),
        limit: Some(30 * SECOND),
        rests_on: restart,
    },
    Row {
        id: "connectivity",
        title: ("Loss of connectivity", "Perte connectivité"),
        limit: Some(60 * SECOND),
        rests_on: connectivity,
    },
];

/// The plan's result of the section.
pub(super) const GLOBAL: [Row; 4] = [
    Row {
        id: "failover",
        title: ("Worker failover < 60 s", "Failover worker < 60s"),
        limit: Some(60 * SECOND),
        rests_on: one_worker,
    },
    Row {
        id: "no-loss",
        title: ("No message lost", "Aucune perte message"),
        limit: Some(1),
        rests_on: loss,
    },
    Row {
        id: "auto-recovery",
        title: ("Automatic recovery works", "Auto-recovery fonctionnel"),
        limit: None,
        rests_on: by_itself,
    },
    Row {
        id: "configuration",
        title: (
            "Configuration while running works",
            "Config à chaud opérationnelle",
        ),
        limit: None,
        rests_on: configuration,
    },
];

/// The plan's objectives.
pub(super) const OBJECTIVES: [Row; 4] = [
    Row {
        id: "failover",
        title: ("Worker failover", "Failover worker"),
        limit: Some(60 * SECOND),
        rests_on: one_worker,
    },
    Row {
        id: "continuity",
        title: ("Continuous replication", "Continuité réplication"),
        limit: Some(1),
        rests_on: loss,
    },
    Row {
        id: "lag",
        title: ("Lag under control", "Lag contrôlé"),
        limit: Some(60 * SECOND),
        rests_on: lag,
    },
    Row {
        id: "auto-recovery",
        title: ("Automatic recovery", "Auto-recovery"),
        limit: None,
        rests_on: by_itself,
    },
];

/// Description and promise of each objective.
pub(super) const PROMISES: [[(&str, &str); 2]; 4] = [
    [
        (
            "Rebalancing after the loss of a worker",
            "Rebalancing après perte d'un worker",
        ),
        ("< 60 s", "< 60 s"),
    ],
    [
        ("No interruption of the flow", "Pas d'interruption de flux"),
        ("0 messages lost", "0 message perdu"),
    ],
    [
        (
            "Greatest lag accepted during an incident",
            "Lag max acceptable pendant incident",
        ),
        ("< 60 s", "< 60 s"),
    ],
    [
        (
            "Automatic recovery after an incident",
            "Reprise automatique après incident",
        ),
        ("100 %", "100 %"),
    ],
];
