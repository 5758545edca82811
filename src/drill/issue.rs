//! Issues the steps of a drill, each only after its undo and its event are on disk.

use std::future::Future;
use std::time::Duration;

use super::ask;
use super::deed::Deed;
use super::events::EventLog;
use super::page::Exporter;
use super::restore::{self, Restore, Undo};
use super::schedule::{Step, UNDO_LIMIT};
use super::signals::Signals;
use super::steps::{self, Runner};
use crate::clock;
use crate::recovery::events::What;
use crate::recovery::judgement::Zero;
use crate::recovery::plan::Bound;

/// How often the page is looked at while a step waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why the steps ended before the last one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step failed.
    #[error("step `{step}` failed: {source}")]
    Failed {
        /// Its name.
        step: String,
        /// Why.
        source: steps::Error,
    },
    /// What is to be undone cannot be written.
    #[error(transparent)]
    Restore(#[from] restore::Error),
    /// The event log cannot be written.
    #[error("cannot write the event log: {0}")]
    Log(#[from] std::io::Error),
}

/// What the steps are issued with.
#[derive(Debug)]
pub struct Issuer<'a> {
    /// Does the calls.
    pub runner: &'a Runner,
    /// Keeps what is to be undone.
    pub restore: &'a mut Restore,
    /// Keeps what happened.
    pub log: &'a mut EventLog,
    /// Shows what steps wait for.
    pub exporter: &'a Exporter,
    /// Whether the drill is to end.
    pub signals: &'a Signals,
}

impl Issuer<'_> {
    /// Issue the steps in order; the zero of the clock, or `None` when a signal came before it.
    pub async fn issue_all(&mut self, steps: &[Step]) -> Result<Option<Zero>, Error> {
        let mut zero = None;
        for step in steps {
            if self.signals.is_interrupted() {
                break;
            }
            let times = self.issue(step).await?;
            if step.zero {
                zero = Some(times);
            }
        }
        Ok(zero)
    }

    async fn issue(&mut self, step: &Step) -> Result<Zero, Error> {
        self.await_hand(step).await?;
        let (deed, undo) = self.prepared(step).await?;
        self.restore.before(&step.name, undo)?;
        let issued = self.log.append(What::StepIssued {
            step: step.name.clone(),
            zero: step.zero,
        })?;
        match self.done(step, &deed).await {
            Ok(()) => {
                let done = self.log.append(What::StepDone {
                    step: step.name.clone(),
                })?;
                self.restore.after()?;
                Ok(Zero { issued, done })
            }
            Err(source) => Err(self.failed(step, source)?),
        }
    }

    /// Where a person does the steps, the step begins when they say so.
    async fn await_hand(&mut self, step: &Step) -> Result<(), Error> {
        let by_hand = matches!(step.deed, Deed::Call(_) | Deed::Configure(_));
        if !self.runner.is_manual() || !by_hand {
            return Ok(());
        }
        let told = format!("{}: {}\n  press Enter as you begin", step.name, step.deed);
        let begun = self.unless_interrupted(ask::enter(&told)).await;
        let begun = begun.and_then(|pressed| Ok(pressed?));
        match begun {
            Ok(()) => Ok(()),
            Err(source) => Err(self.failed(step, source)?),
        }
    }

    /// What is to be done, and what undoes it: of a configuration both follow from what it is now.
    async fn prepared(&mut self, step: &Step) -> Result<(Deed, Option<Undo>), Error> {
        let Deed::Configure(change) = &step.deed else {
            return Ok((step.deed.clone(), step.undo.clone()));
        };
        let (put, back) = match change.prepared(self.runner.http()).await {
            Ok(calls) => calls,
            Err(source) => return Err(self.failed(step, source)?),
        };
        let undo = Undo {
            step: step.name.clone(),
            call: back,
            limit_seconds: UNDO_LIMIT.as_secs(),
        };
        Ok((Deed::Call(put), Some(undo)))
    }

    async fn done(&self, step: &Step, deed: &Deed) -> Result<(), steps::Error> {
        match deed {
            Deed::Call(call) => {
                let abandoned = self.signals.interrupted_with_grace();
                self.runner
                    .run(&step.name, call, step.limit, abandoned)
                    .await
            }
            Deed::Wait(length) => self.unless_interrupted(tokio::time::sleep(*length)).await,
            Deed::Until(condition) => {
                let limit = step.limit;
                let seen = tokio::time::timeout(limit, self.shown(condition));
                let seen = self.unless_interrupted(seen).await?;
                seen.map_err(|_| steps::Error::NotSeen {
                    condition: condition.expr(),
                    limit,
                })
            }
            // It has become a call.
            Deed::Configure(_) => Ok(()),
        }
    }

    async fn unless_interrupted<T>(
        &self,
        wait: impl Future<Output = T>,
    ) -> Result<T, steps::Error> {
        tokio::select! {
            value = wait => Ok(value),
            () = self.signals.interrupted() => Err(steps::Error::Interrupted),
        }
    }

    /// Until a page shows it.
    async fn shown(&self, condition: &Bound) {
        loop {
            let page = self.exporter.page().await;
            if page.is_ok_and(|page| page.shows(condition, clock::wall())) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn failed(&mut self, step: &Step, source: steps::Error) -> Result<Error, Error> {
        self.log.append(What::StepFailed {
            step: step.name.clone(),
            reason: source.to_string(),
        })?;
        Ok(Error::Failed {
            step: step.name.clone(),
            source,
        })
    }
}

#[cfg(test)]
fn step(name: &str, command: &str) -> Step {
    let call = |command: &str| super::call::Call::Shell {
        command: command.to_owned(),
        variables: [].into(),
    };
    Step {
        name: name.to_owned(),
        zero: true,
        deed: Deed::Call(call(command)),
        limit: std::time::Duration::from_secs(5),
        undo: Some(restore::Undo {
            step: name.to_owned(),
            call: call("true"),
            limit_seconds: 5,
        }),
    }
}

#[cfg(test)]
async fn issued(dir: &std::path::Path, steps: &[Step]) -> (Result<Option<Zero>, Error>, Vec<What>) {
    let mut log = EventLog::create(dir).unwrap();
    let runner = Runner::new(dir, "m", reqwest::Client::new()).unwrap();
    let mut restore = Restore::new(dir, "m");
    let signals = Signals::listen().unwrap();
    let exporter = Exporter::new("http://localhost:1", &crate::fetch::Access::default()).unwrap();
    let mut issuer = Issuer {
        exporter: &exporter,
        runner: &runner,
        restore: &mut restore,
        log: &mut log,
        signals: &signals,
    };
    let result = issuer.issue_all(steps).await;
    (
        result,
        log.written()
            .iter()
            .map(|event| event.what.clone())
            .collect(),
    )
}

#[tokio::test]
async fn what_undoes_a_step_and_its_event_are_on_disk_when_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display();
    let seen = format!("cp {path}/restore.json {path}/events.jsonl {path}/steps/");
    let (result, _) = issued(dir.path(), &[step("stop", &seen)]).await;
    assert!(result.unwrap().is_some());
    let restore = std::fs::read_to_string(dir.path().join("steps/restore.json")).unwrap();
    let events = std::fs::read_to_string(dir.path().join("steps/events.jsonl")).unwrap();
    assert!(restore.contains("\"step\": \"stop\"") && events.contains("step_issued"));
}

#[tokio::test]
async fn a_step_that_fails_ends_the_drill_and_leaves_its_undo() {
    let dir = tempfile::tempdir().unwrap();
    let (result, events) =
        issued(dir.path(), &[step("stop", "exit 1"), step("next", "true")]).await;
    assert!(matches!(result, Err(Error::Failed { step, .. }) if step == "stop"));
    assert!(matches!(events.last(), Some(What::StepFailed { .. })) && events.len() == 2);
    assert!(Restore::load(dir.path()).unwrap().is_some());
}

#[tokio::test]
async fn a_pause_is_a_step_with_its_times() {
    let dir = tempfile::tempdir().unwrap();
    let mut pause = step("pause", "");
    (pause.deed, pause.undo) = (Deed::Wait(Duration::from_millis(20)), None);
    let (result, events) = issued(dir.path(), &[pause]).await;
    let zero = result.unwrap().unwrap();
    assert!(zero.done.since(zero.issued) >= Duration::from_millis(20));
    assert_eq!(events.len(), 2);
}
