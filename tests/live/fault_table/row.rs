//! One row of the table: a fault, how the peer itself shows it, what the page says then, and the same of the recovery.

use std::collections::BTreeMap;
use std::time::Duration;

use mirrorwatch_lab::{Action, Deed};

use super::expect::Expected;
use super::movers::Moves;
use super::peer::Peers;

/// A fault from its beginning to the end of its recovery.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(super) stages: Vec<Stage>,
    /// Whether the lag is held against the lab's own produced − delivered all the while.
    pub(super) lag: bool,
    /// Metrics that are not again what they were, beside those that are expected otherwise.
    pub(super) stays: &'static [&'static str],
}

/// One thing that happens.
pub(super) struct Stage {
    pub(super) what: &'static str,
    pub(super) act: Act,
    pub(super) peer: Peer,
    /// What the page says then.
    pub(super) page: fn(&Scene) -> Vec<Expected>,
    /// What may move on the way, beside what is expected to.
    pub(super) moves: &'static [&'static Moves],
}

/// What is done.
#[derive(Clone)]
pub(crate) enum Act {
    /// It comes by itself.
    Nothing,
    /// To the worker of this role, which becomes the victim.
    Hurt(Action, &'static str),
    /// To the victim.
    Victim(Action),
    /// To something else.
    Lab(Deed),
}

/// How the peer itself shows it.
pub(super) struct Peer {
    pub(super) how: &'static str,
    pub(super) shows: fn(&mut Watch<'_>) -> bool,
}

/// Who is who in this run.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    /// The worker that is hurt.
    pub(super) victim: String,
    /// Its tasks.
    pub(super) tasks: Vec<(String, String)>,
    /// Numbers of the flow's tasks.
    pub(super) flow_tasks: Vec<String>,
    /// All tasks.
    pub(super) all_tasks: Vec<(String, String)>,
    /// The flow's task that failed.
    pub(super) failed: String,
    /// Workers of the lab.
    pub(super) workers: u32,
    /// By partition the records that were deleted before they were copied.
    pub(super) deleted: Vec<(String, f64)>,
}

/// The eyes on the peers while a stage is waited for.
pub(super) struct Watch<'a> {
    pub(super) peers: &'a Peers<'a>,
    pub(super) scene: &'a mut Scene,
    /// How long each worker's log was when something was last done.
    pub(super) marks: Vec<usize>,
    /// Whether what is done is done.
    pub(super) done: bool,
    /// What was seen last, and since when.
    pub(super) moved: Option<(String, Duration)>,
    /// The counts of the tasks at the first look.
    pub(super) counts: Option<BTreeMap<String, [f64; 2]>>,
}

impl Scene {
    /// The words that stand for workers and tasks in the documentation.
    pub(super) fn in_words() -> Self {
        let task = |connector: &str, number: &str| (connector.to_owned(), number.to_owned());
        Self {
            victim: "WORKER".to_owned(),
            tasks: vec![task("ITS CONNECTOR", "ITS TASK")],
            flow_tasks: vec!["EACH TASK".to_owned()],
            all_tasks: vec![task("EACH CONNECTOR", "EACH TASK")],
            failed: "THE TASK".to_owned(),
            workers: 3,
            deleted: vec![("EACH PARTITION".to_owned(), f64::NAN)],
        }
    }
}

/// A row without stages.
pub(super) fn row(fault: &'static str) -> Row {
    Row {
        fault,
        stages: Vec::new(),
        lag: false,
        stays: &[],
    }
}

impl Row {
    /// What is done in its stages, one after the other.
    pub(crate) fn acts(&self) -> Vec<Act> {
        let acts = self.stages.iter().map(|stage| &stage.act);
        acts.filter(|act| !matches!(act, Act::Nothing))
            .cloned()
            .collect()
    }

    pub(super) fn stage(
        mut self,
        what: &'static str,
        act: Act,
        peer: Peer,
        page: fn(&Scene) -> Vec<Expected>,
    ) -> Self {
        self.stages.push(Stage {
            what,
            act,
            peer,
            page,
            moves: &[],
        });
        self
    }

    /// What may move in the last stage.
    pub(super) fn moving(mut self, moves: &'static [&'static Moves]) -> Self {
        let stage = self.stages.last_mut().expect("a stage was added");
        stage.moves = moves;
        self
    }

    pub(super) fn with_lag(self) -> Self {
        Self { lag: true, ..self }
    }

    pub(super) fn staying(self, metrics: &'static [&'static str]) -> Self {
        Self {
            stays: metrics,
            ..self
        }
    }
}
