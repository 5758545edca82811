//! Runs one row on a lab: does what is to be done, waits until the peer shows it, and holds the pages against what is expected.

use std::fs;
use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::truth::Ledger;
use mirrorwatch_lab::{Lab, Outcome};

use super::expect::Expected;
use super::history::{History, Polls};
use super::kept::Kept;
use super::page::Page;
use super::peer::{CONNECTOR, Peers};
use super::row::{Act, Row, Scene, Stage, Watch};
use super::truth::{Compared, Undelivered};
use super::whole::{changed, is_steady};

/// How long anything may take that waits for Connect; nothing is judged by it.
const PATIENCE: Duration = Duration::from_mins(3);
/// Polls after which a page tells what the peer shows.
const POLLS: u32 = 2;

/// A lab with an exporter whose pages are kept.
pub(super) struct Bench<'a> {
    pub(super) lab: &'a Lab,
    pub(super) history: &'a History,
    pub(super) peers: Peers<'a>,
    pub(super) kept: Kept,
}

/// When things were seen, in seconds.
pub(super) struct Seen {
    pub(super) what: &'static str,
    /// From what was done to its sign by the peer.
    pub(super) peer: f64,
    /// From there to the page that tells it; negative if that came first.
    pub(super) page: f64,
}

/// What a row came to.
pub(super) struct Measured {
    pub(super) stages: Vec<Seen>,
    pub(super) lag: Option<Compared>,
}

impl Bench<'_> {
    /// Runs a row from steady state to steady state.
    pub(super) fn run(&self, row: &Row) -> Result<Measured, String> {
        let before = self.await_roles(row)?;
        self.history.forget();
        let mut run = Run::new(self, before);
        let mut told = Ok(());
        for stage in &row.stages {
            // What was begun is undone, whatever the pages say.
            let seen = run.stage(stage, told.is_ok());
            told = told.and(seen);
        }
        let steady = self.await_steady();
        let ended = told
            .and(steady)
            .and_then(|page| run.whole_again(row, &page));
        let lag = row.lag.then(|| self.compare());
        self.kept.row(row.fault, &self.history.pages(), &run.marks);
        ended?;
        match lag {
            Some(lag) if !lag.wrong.is_empty() => Err(format!(
                "{} of {} lags are wrong: {}",
                lag.wrong.len(),
                lag.lags,
                lag.wrong[..lag.wrong.len().min(20)].join("\n  ")
            )),
            Some(lag) if lag.lags == 0 => Err("no lag was compared with the truth".to_owned()),
            lag => Ok(Measured {
                stages: run.seen,
                lag,
            }),
        }
    }

    /// Waits until Connect says that everything runs, and the page has said so through two polls.
    pub(super) fn await_steady(&self) -> Result<Arc<Page>, String> {
        let deadline = clock::monotonic() + PATIENCE;
        let (mut seen, mut polls) = (self.history.len(), None::<Polls>);
        let mut last = None;
        let mut nudged = clock::monotonic();
        loop {
            for page in self.history.pages().get(seen..).unwrap_or_default() {
                seen += 1;
                if !is_steady(page, self.peers.workers().len()) {
                    polls = None;
                    continue;
                }
                let steady = polls.get_or_insert_with(|| Polls::after(page.taken(), page));
                steady.see(page);
                last = Some(Arc::clone(page));
            }
            let is_steady = polls.as_ref().is_some_and(|polls| polls.fewest() >= POLLS);
            if let Some(last) = last.take_if(|_| is_steady && self.peers.all_run()) {
                return Ok(last);
            }
            // A worker that lost the target for a while writes its late UNASSIGNED over the RUNNING of the next owner.
            if clock::monotonic() > nudged + Duration::from_secs(20) {
                nudged = clock::monotonic();
                self.peers.restart_unassigned();
            }
            if clock::monotonic() > deadline {
                return Err(format!("no steady state: {:?}", self.peers.statuses()));
            }
            sleep(Duration::from_millis(100));
        }
    }

    fn compare(&self) -> Compared {
        let ledger = Ledger::read(&self.lab.dir().join("truth")).expect("the lab notes the truth");
        let load = &self.lab.description().load;
        Undelivered::of(&ledger).compare(
            &self.history.pages(),
            &load.topic,
            load.records_per_second,
        )
    }
}

/// One row under way.
struct Run<'a> {
    bench: &'a Bench<'a>,
    scene: Scene,
    before: Arc<Page>,
    /// The page that told the last stage.
    at: usize,
    acted: f64,
    logs: Vec<usize>,
    expected: Vec<Expected>,
    moving: Vec<&'static str>,
    seen: Vec<Seen>,
    marks: Vec<(f64, String)>,
}

impl<'a> Run<'a> {
    fn new(bench: &'a Bench<'a>, before: Arc<Page>) -> Self {
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
            expected: Vec::new(),
            moving: Vec::new(),
            seen: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// One stage; it is done even if nobody looks any more.
    fn stage(&mut self, stage: &Stage, look: bool) -> Result<(), String> {
        let start = self.bench.history.len().saturating_sub(1);
        let from = if matches!(stage.act, Act::Nothing) {
            self.at
        } else {
            start
        };
        if !matches!(stage.act, Act::Nothing) {
            self.acted = now();
            self.logs = self.bench.log_lengths();
        }
        let sign = self.await_sign(stage);
        if !look {
            return Ok(());
        }
        let sign = sign?;
        self.marks
            .push((sign, format!("{}: {}", stage.what, stage.peer.how)));
        let expected = (stage.page)(&self.scene);
        let page = self.await_page(stage, from, sign, &expected)?;
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

    /// The page that says what is expected, no later than the second poll of every endpoint after the peer showed it; and nothing else
    /// has changed.
    fn await_page(
        &mut self,
        stage: &Stage,
        from: usize,
        sign: f64,
        expected: &[Expected],
    ) -> Result<f64, String> {
        let deadline = clock::monotonic() + PATIENCE;
        let holds = |page: &Page| expected.iter().all(|expected| expected.holds(page));
        let first = self.bench.history.pages()[from].clone();
        if holds(&first) {
            return Err(format!("{}: the page said so before", stage.what));
        }
        self.expected.extend(expected.iter().cloned());
        self.moving.extend(stage.moves);
        let mut polls = None::<Polls>;
        let (mut index, mut told, mut last) = (from + 1, None, first);
        loop {
            for page in self.bench.history.pages().get(index..).unwrap_or_default() {
                if page.taken() >= sign {
                    polls
                        .get_or_insert_with(|| Polls::after(sign, &last))
                        .see(page);
                }
                let polled = polls.as_ref().map_or(0, Polls::fewest);
                if told.is_none() && holds(page) {
                    (told, self.at) = (Some(page.taken()), index);
                }
                if told.is_none() && polled >= POLLS {
                    return Err(format!(
                        "{}: not told at the second poll:\n  {}",
                        stage.what,
                        missing(expected, page)
                    ));
                }
                let others = changed(&self.before, page, &self.expected, &self.moving);
                match told {
                    Some(told) if others.is_empty() => return Ok(told),
                    Some(_) if polled >= 2 * POLLS => {
                        return Err(format!(
                            "{}: this changed as well:\n  {}",
                            stage.what,
                            others.join("\n  ")
                        ));
                    }
                    _ => {}
                }
                last = Arc::clone(page);
                index += 1;
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

    /// After the recovery everything is as it was.
    fn whole_again(&self, row: &Row, page: &Page) -> Result<(), String> {
        let others = changed(&self.before, page, &[], row.stays);
        if others.is_empty() {
            return Ok(());
        }
        Err(format!("after the recovery:\n  {}", others.join("\n  ")))
    }
}

impl Bench<'_> {
    fn log_lengths(&self) -> Vec<usize> {
        let workers = self.peers.workers().iter();
        let length = |path| fs::metadata(path).map_or(0, |file| file.len());
        workers
            .map(|worker| usize::try_from(length(self.peers.log(worker))).unwrap_or(0))
            .collect()
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

fn do_it(lab: &Lab, act: &Act, victim: &str) -> Result<Option<Outcome>, String> {
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
