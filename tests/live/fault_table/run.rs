//! One row under way: what is done, when the peer shows it, and the page that tells it.

use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::{Lab, Outcome};

use super::expect::Expected;
use super::history::Polls;
use super::page::Page;
use super::peer::CONNECTOR;
use super::row::{Act, Row, Scene, Stage, Watch};
use super::runner::{Bench, PATIENCE, POLLS};
use super::still::{Window, moved};
use super::whole::changed;

/// When things were seen, in seconds.
pub(super) struct Seen {
    pub(super) what: &'static str,
    /// From what was done to its sign by the peer.
    pub(super) peer: f64,
    /// From there to the page that tells it; negative if that came first.
    pub(super) page: f64,
}

/// One row under way.
pub(super) struct Run<'a> {
    bench: &'a Bench<'a>,
    scene: Scene,
    before: Arc<Page>,
    /// The page that told the last stage.
    at: usize,
    acted: f64,
    logs: Vec<usize>,
    windows: Vec<Window>,
    pub(super) seen: Vec<Seen>,
    /// When a peer showed what.
    pub(super) marks: Vec<(f64, String)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(bench: &'a Bench<'a>, before: Arc<Page>) -> Self {
        let statuses = bench.peers.statuses().unwrap_or_default();
        let all_tasks = statuses.iter().flat_map(|(name, status)| {
            let numbers = status.tasks.keys();
            numbers.map(|number| (name.clone(), number.to_string()))
        });
        let all_tasks: Vec<_> = all_tasks.collect();
        let of_flow = all_tasks.iter().filter(|(name, _)| name == CONNECTOR);
        let scene = Scene {
            flow_tasks: of_flow.map(|(_, number)| number.clone()).collect(),
            workers: u32::try_from(bench.peers.workers().len()).expect("there are few"),
            all_tasks,
            ..Scene::default()
        };
        Self {
            bench,
            scene,
            before,
            at: 0,
            acted: 0.0,
            logs: Vec::new(),
            windows: Vec::new(),
            seen: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// One stage; it is done even if nobody looks any more.
    pub(super) fn stage(&mut self, stage: &Stage, look: bool) -> Result<(), String> {
        let by_itself = matches!(stage.act, Act::Nothing);
        if !by_itself {
            self.at = self.bench.history.len().saturating_sub(1);
            self.acted = now();
            self.logs = self.bench.log_lengths();
        }
        let from = if by_itself {
            self.bench.history.pages()[self.at].taken()
        } else {
            self.acted
        };
        // What comes by itself may stand on the very page that told the stage before it.
        self.at -= usize::from(by_itself && self.at > 0);
        let sign = self.await_sign(stage);
        if !look {
            return Ok(());
        }
        let sign = sign?;
        self.marks
            .push((sign, format!("{}: {}", stage.what, stage.peer.how)));
        let expected = (stage.page)(&self.scene);
        let page = self.await_page(stage, sign, &expected)?;
        self.windows.push(Window {
            what: stage.what,
            from,
            by_itself,
            expected,
            moves: stage.moves,
        });
        self.seen.push(Seen {
            what: stage.what,
            peer: sign - self.acted,
            page: page - sign,
        });
        Ok(())
    }

    /// Does it, and looks at the peer meanwhile and afterwards; when the peer showed it, in seconds since the epoch.
    fn await_sign(&mut self, stage: &Stage) -> Result<f64, String> {
        let act = stage.act.clone();
        let victim = self.scene.victim.clone();
        let lab = self.bench.lab;
        if let Act::Hurt(action, role) = &act {
            let fault = lab
                .fault(*action, role)
                .map_err(|error| error.to_string())?;
            let task = |name: &String| {
                let (connector, number) = name.rsplit_once('-')?;
                Some((connector.to_owned(), number.to_owned()))
            };
            self.scene.tasks = fault.tasks.iter().filter_map(task).collect();
            self.scene.victim = fault.worker;
        }
        thread::scope(|scope| {
            let deed = scope.spawn(move || do_it(lab, &act, &victim));
            let mut deed = Some(deed);
            let mut watch = Watch {
                peers: &self.bench.peers,
                scene: &mut self.scene,
                marks: self.logs.clone(),
                done: false,
                moved: None,
                counts: None,
            };
            let deadline = clock::monotonic() + PATIENCE;
            let mut shown = None;
            loop {
                if let Some(deed) = deed.take_if(|deed| deed.is_finished()) {
                    let outcome = deed.join().map_err(|_| "the deed panicked")??;
                    watch.done = true;
                    watch.scene.learn(outcome.as_ref());
                }
                if shown.is_none() && (stage.peer.shows)(&mut watch) {
                    shown = Some(now());
                }
                if let (Some(shown), true) = (shown, watch.done) {
                    return Ok(shown);
                }
                if clock::monotonic() > deadline {
                    return Err(format!(
                        "{}: the peer never showed it ({})",
                        stage.what, stage.peer.how
                    ));
                }
                sleep(Duration::from_millis(50));
            }
        })
    }

    /// The page that says what is expected, no later than the second poll of every endpoint after the peer showed it.
    fn await_page(
        &mut self,
        stage: &Stage,
        sign: f64,
        expected: &[Expected],
    ) -> Result<f64, String> {
        let deadline = clock::monotonic() + PATIENCE;
        let holds = |page: &Page| expected.iter().all(|expected| expected.holds(page));
        let mut last = self.bench.history.pages()[self.at].clone();
        if holds(&last) {
            return Err(format!("{}: the page said so before", stage.what));
        }
        let mut polls = None::<Polls>;
        loop {
            let pages = self.bench.history.pages();
            for page in pages.get(self.at + 1..).unwrap_or_default() {
                self.at += 1;
                if page.taken() >= sign {
                    polls
                        .get_or_insert_with(|| Polls::after(sign, &last))
                        .see(page);
                }
                if holds(page) {
                    return Ok(page.taken());
                }
                if polls.as_ref().map_or(0, Polls::fewest) >= POLLS {
                    return Err(format!(
                        "{}: not told at the second poll:\n  {}",
                        stage.what,
                        missing(expected, page)
                    ));
                }
                last = Arc::clone(page);
            }
            if clock::monotonic() > deadline {
                return Err(format!(
                    "{}: no page for minutes:\n  {}",
                    stage.what,
                    missing(expected, &last)
                ));
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Nothing else has moved since the first act, and after the recovery everything is as it was.
    pub(super) fn whole_again(&self, row: &Row, page: &Page) -> Result<(), String> {
        let moved = moved(&self.before, &self.bench.history.pages(), &self.windows);
        if !moved.is_empty() {
            let first = &moved[..moved.len().min(20)];
            return Err(format!(
                "{} times something moved that was not to:\n  {}",
                moved.len(),
                first.join("\n  ")
            ));
        }
        let others = changed(&self.before, page, row.stays);
        if others.is_empty() {
            return Ok(());
        }
        Err(format!("after the recovery:\n  {}", others.join("\n  ")))
    }
}

impl Scene {
    /// What a deed tells of what it did.
    fn learn(&mut self, outcome: Option<&Outcome>) {
        let rows = outcome.and_then(|outcome| outcome.details["partitions"].as_array());
        for row in rows.into_iter().flatten() {
            if let (Some(partition), Some(records)) =
                (row["partition"].as_i64(), row["records"].as_f64())
            {
                self.deleted.push((partition.to_string(), records));
            }
        }
    }
}

/// Does it, unless it comes by itself or is yet to find its victim.
pub(crate) fn do_it(lab: &Lab, act: &Act, victim: &str) -> Result<Option<Outcome>, String> {
    let told = |error: mirrorwatch_lab::Error| error.to_string();
    match act {
        Act::Nothing | Act::Hurt(..) => Ok(None),
        Act::Victim(action) => lab.fault(*action, victim).map(|_| None).map_err(told),
        Act::Lab(deed) => lab.act(deed).map(Some).map_err(told),
    }
}

fn missing(expected: &[Expected], page: &Page) -> String {
    let wrong = expected.iter().filter(|expected| !expected.holds(page));
    let lines = wrong.map(|expected| {
        let seen: Vec<String> = expected
            .seen(page)
            .map(|(series, value)| format!("{series} {value}"))
            .collect();
        format!(
            "expected {expected}, seen: {}",
            if seen.is_empty() {
                "none".to_owned()
            } else {
                seen.join(", ")
            }
        )
    });
    lines.collect::<Vec<_>>().join("\n  ")
}

/// The wall clock in seconds.
fn now() -> f64 {
    clock::wall().as_seconds()
}
