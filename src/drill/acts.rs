//! What a drill does to the system, and the directory in which it keeps that: events, undos, what commands printed.

use std::fs::File;

use super::events::EventLog;
use super::issue::Issuer;
use super::page::Exporter;
use super::preflight;
use super::progress::Progress;
use super::properties;
use super::restore::Restore;
use super::schedule::Step;
use super::signals::Signals;
use super::silence::{self, AccessOf, Silence, Wanted};
use super::steps::Runner;
use super::target::Target;
use super::{Error, Options};
use crate::clock;
use crate::model::time::Timestamp;
use crate::recovery::events::What;
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::Zero;
use crate::recovery::zero;
use crate::storage::evidence;

/// The hands of a drill.
#[derive(Debug)]
pub(super) struct Acts {
    /// What happened.
    pub(super) log: EventLog,
    runner: Runner,
    restore: Restore,
    /// Held while the drill runs, so that nobody restores under it.
    _lock: File,
}

impl Acts {
    /// Make the evidence directory and begin its log.
    pub(super) fn begin(
        options: &Options,
        target: &Target,
        http: reqwest::Client,
    ) -> Result<Self, Error> {
        let (victim, second) = (&target.victim, &target.second);
        let Options {
            out,
            scenario_text,
            inventory_text,
            ..
        } = options;
        evidence::create(out, scenario_text, inventory_text)?;
        super::sync_parent(out).map_err(Error::Log)?;
        let lock = super::lock(out)?;
        let mark = format!("{}-{}", std::process::id(), clock::wall().as_micros());
        let runner = Runner::new(out, &mark, http).map_err(Error::Log)?;
        let runner = runner.by_hand(options.manual);
        let mut log = EventLog::create(out).map_err(Error::Log)?;
        log.append(What::DrillStarted {
            scenario: options.scenario.name.clone(),
            site: options.inventory.site.clone(),
            victim: victim.worker.clone(),
            chosen_as: victim.chosen_as.clone(),
            second: second.as_ref().map(|second| second.worker.clone()),
            fault: options.fault.clone(),
        })
        .map_err(Error::Log)?;
        Ok(Self {
            log,
            runner,
            restore: Restore::new(out, &mark)
                .by_hand(options.manual)
                .asking(options.rest_file.as_deref()),
            _lock: lock,
        })
    }

    /// Issue the steps; the zero, or `None` when a signal came before it.
    pub(super) async fn issue(
        &mut self,
        steps: &[Step],
        exporter: &Exporter,
        signals: &Signals,
    ) -> Result<Option<Zero>, Error> {
        let mut issuer = Issuer {
            runner: &self.runner,
            restore: &mut self.restore,
            log: &mut self.log,
            exporter,
            signals,
        };
        Ok(issuer.issue_all(steps).await?)
    }

    /// Look whether what will be done can be.
    pub(super) async fn preflight(
        &self,
        inventory: &Inventory,
        progress: &mut Progress,
        signals: &Signals,
    ) -> Result<(), Error> {
        let passed = preflight::commands::passed(inventory, &self.runner, progress, signals).await;
        Ok(passed.map_err(preflight::Error::Command)?)
    }

    /// Write down what the connector has of the properties that the scenario asks for.
    pub(super) async fn read_properties(&mut self, options: &Options) -> Result<(), Error> {
        let Options {
            scenario,
            inventory,
            ..
        } = options;
        if let Some(read) = properties::read(scenario, inventory, &self.runner).await {
            self.note(read)?;
        }
        Ok(())
    }

    /// Whether the fault has been issued.
    pub(super) fn has_hit(&self) -> bool {
        let issued = |what: &What| matches!(what, What::StepIssued { zero: true, .. });
        self.log.written().iter().any(|event| issued(&event.what))
    }

    /// Undo what was done.
    pub(super) async fn undo(&mut self, progress: &mut Progress) -> Result<(), Error> {
        if !self.restore.is_empty() {
            progress.say("undoing what was done");
        }
        Ok(self.restore.undo_all(&self.runner, &mut self.log).await?)
    }

    /// From before the first undo to after the last, where all was undone.
    pub(super) fn restoration(&self) -> Option<Zero> {
        zero::fault(self.log.written()).ok()?.restoration
    }

    /// Have the flow's alerts silenced until `ends`, if that is wanted. What would find the silence again is on disk before.
    pub(super) async fn silence(
        &mut self,
        options: &Options,
        ends: Timestamp,
    ) -> Result<(), Error> {
        let Some(alerts) = &options.alerts else {
            return Ok(());
        };
        let mark = self.restore.mark().to_owned();
        let dir = std::path::absolute(&options.out).map_err(Error::Log)?;
        let mut silence = Silence {
            url: alerts.url.clone(),
            access: alerts.access.clone(),
            ends: ends.to_string(),
            id: None,
            mark,
        };
        let wanted = Wanted {
            inventory: &options.inventory,
            comment: format!(
                "drill {} at {}, evidence in {} ({})",
                options.scenario.name,
                options.inventory.site,
                dir.display(),
                silence.mark
            ),
            span: (clock::wall(), ends),
        };
        self.restore.keep(Some(silence.clone()))?;
        let id = alerts.alertmanager.create(&wanted).await;
        let id = id.map_err(Error::NotSilenced)?;
        silence.id = Some(id.clone());
        self.restore.keep(Some(silence))?;
        self.note(What::Silenced { id, ends })?;
        Ok(())
    }

    /// End the silence, if there is one.
    pub(super) async fn unsilence(&mut self, access_of: AccessOf) -> Result<(), Error> {
        let ended = silence::ended(&mut self.restore, access_of).await;
        if let Some(id) = ended? {
            self.note(What::SilenceEnded { id })?;
        }
        Ok(())
    }

    /// Append to the log.
    pub(super) fn note(&mut self, what: What) -> Result<Timestamp, Error> {
        self.log.append(what).map_err(Error::Log)
    }
}
