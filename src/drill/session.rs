//! One drill under way. Each phase is one method; what is looked at is here, what is done stands in [`Acts`].

use std::time::Duration;

use super::acts::Acts;
use super::page::Exporter;
use super::preflight::{self, Look, Rows};
use super::progress::Progress;
use super::recorded::Recorded;
use super::signals::Signals;
use super::steady::{self, Ending};
use super::target::Target;
use super::victim::Roles;
use super::watch::{Ends, Window};
use super::{Error, Options, ask, audits, clocks, ready, save};
use crate::clock;
use crate::model::time::Timestamp;
use crate::recovery::clocks::Clock;
use crate::recovery::events::{Closed, What};
use crate::recovery::judgement::Zero;
use crate::recovery::read::Log;
use crate::recovery::scenario::Event;
use crate::storage::prometheus::Server;

/// How often the clocks are asked for at first, and the pause between.
const CLOCK_ATTEMPTS: usize = 5;
const CLOCK_PAUSE: Duration = Duration::from_secs(2);

/// A drill under way.
#[derive(Debug)]
pub(super) struct Session<'a> {
    options: &'a Options,
    signals: Signals,
    progress: Progress,
    exporter: Exporter,
    server: &'a Server,
    target: Target,
    acts: Acts,
    /// What was found before anything is done, as last told.
    found: Rows,
    http: reqwest::Client,
    /// The exporter's clock, as last compared with ours.
    clock: Clock,
    recorded: Option<Recorded>,
}

impl<'a> Session<'a> {
    /// Bind everything, then begin the evidence. Until here nothing is written, and nothing is ever done.
    pub(super) async fn begin(options: &'a Options) -> Result<Self, Error> {
        if !options.yes && !options.manual {
            ask::possible()?;
        }
        let inventory = &options.inventory;
        let signals = Signals::listen().map_err(Error::Signals)?;
        let http = options.rest.requests()?;
        let url = inventory.exporter.as_deref().ok_or(Error::NoExporter)?;
        let exporter = Exporter::new(url, &options.page)?;
        let mut progress = Progress::new(options.terminal);
        let roles = ready::known_roles(&exporter, inventory, &mut progress, &signals).await?;
        let target = Target::choose(options, roles)?;
        let acts = Acts::begin(options, &target, http.clone())?;
        let recorded = Recorded::start(options, exporter.address());
        Ok(Self {
            acts,
            recorded: Some(recorded),
            found: Rows::default(),
            http,
            clock: Clock {
                offset: 0,
                epsilon: 0,
            },
            options,
            signals,
            progress,
            exporter,
            server: &options.server,
            target,
        })
    }

    /// From the first look to the end of the window. Whatever comes out, the restore follows.
    pub(super) async fn observe(&mut self) -> Result<Ending, Error> {
        self.introduce();
        if !self.options.manual {
            let inventory = &self.options.inventory;
            let (progress, signals) = (&mut self.progress, &self.signals);
            self.acts.preflight(inventory, progress, signals).await?;
        }
        self.look_before().await?;
        self.acts.read_properties(self.options).await?;
        if let Some(ending) = self.prove_steady().await? {
            return Ok(ending);
        }
        self.choose_again().await?;
        if !self.options.yes {
            self.look_before().await?;
        }
        if !self.agreed().await? {
            return Ok(if self.signals.is_interrupted() {
                Closed::Interrupted.into()
            } else {
                Closed::Declined.into()
            });
        }
        // Whoever was asked took their time: the state must be steady now.
        if !self.options.yes
            && let Some(ending) = self.prove_steady().await?
        {
            return Ok(ending);
        }
        if self.signals.is_interrupted() {
            return Ok(Closed::Interrupted.into());
        }
        let ends = clock::wall().plus(self.target.longest());
        self.acts.silence(self.options, ends).await?;
        match self
            .acts
            .issue(&self.target.steps, &self.exporter, &self.signals)
            .await?
        {
            Some(zero) => Ok(self.watch(zero, Event::Fault).await.into()),
            None => Ok(Closed::Interrupted.into()),
        }
    }

    fn introduce(&mut self) {
        self.progress.say(&self.target.introduction(self.options));
    }

    /// Look whether the drill can say what it is run for; told when it is new. What is refused ends it.
    async fn look_before(&mut self) -> Result<(), Error> {
        self.progress.clear();
        let page = self.exporter.page().await?;
        let look = Look {
            options: self.options,
            target: &self.target,
            exporter: &self.exporter,
            page: &page,
            http: &self.http,
        };
        let found = tokio::select! {
            found = look.rows() => found,
            // Whoever waits for the steady state next sees the signal, too.
            () = self.signals.interrupted() => return Ok(()),
        };
        if found.is_news(&self.found) {
            self.progress.say(&found.to_string());
        }
        let refusal = found.refusal();
        self.found = found;
        match refusal {
            Some(reasons) => Err(preflight::Error::Refused(reasons).into()),
            None => Ok(()),
        }
    }

    /// Whether both clocks could be compared with ours.
    async fn compare_clocks(&mut self) -> Result<bool, Error> {
        let log = &mut self.acts.log;
        let exporter = clocks::compare("exporter", log, || self.exporter.clock_offset()).await;
        let exporter = exporter.map_err(Error::Log)?;
        self.clock = exporter.unwrap_or(self.clock);
        let server = || clocks::server_offset(self.server);
        let server = clocks::compare("prometheus", log, server).await;
        Ok(exporter.is_some() && server.map_err(Error::Log)?.is_some())
    }

    /// Without its clock nothing that a peer says can be placed; one that is just starting answers a little later.
    async fn compare_clocks_at_first(&mut self) -> Result<(), Error> {
        for _ in 0..CLOCK_ATTEMPTS {
            if self.compare_clocks().await? {
                break;
            }
            self.progress
                .status("waiting for the clocks", clock::monotonic());
            tokio::select! {
                () = tokio::time::sleep(CLOCK_PAUSE) => {}
                () = self.signals.interrupted() => break,
            }
        }
        Ok(())
    }

    /// Compare the clocks and wait for the steady state; `Some` when it does not come.
    async fn prove_steady(&mut self) -> Result<Option<Ending>, Error> {
        self.compare_clocks_at_first().await?;
        let proof = steady::Proof {
            scenario: &self.options.scenario,
            log: Log {
                events: self.acts.log.written().to_vec(),
                torn: false,
            },
            plan: &self.target.plan,
            inventory: &self.options.inventory,
            server: self.server,
        };
        let ending = proof.wait(&mut self.progress, &self.signals).await?;
        if ending.is_none() {
            self.acts.note(What::SteadyState)?;
        }
        Ok(ending)
    }

    /// Tasks may have moved while the steady state was awaited: the role is looked for again.
    async fn choose_again(&mut self) -> Result<(), Error> {
        let roles = Roles::read(&self.exporter.page().await?, &self.options.inventory);
        let target = Target::choose(self.options, roles)?;
        if target.is_same(&self.target) {
            return Ok(());
        }
        self.acts.note(What::VictimChosen {
            victim: target.victim.worker.clone(),
            chosen_as: target.victim.chosen_as.clone(),
            second: target.second.as_ref().map(|second| second.worker.clone()),
        })?;
        self.target = target;
        self.introduce();
        Ok(())
    }

    async fn agreed(&mut self) -> Result<bool, Error> {
        self.progress.clear();
        // Whoever does the steps says with the first of them that they agree.
        if self.options.yes || self.options.manual {
            return Ok(!self.signals.is_interrupted());
        }
        let question = self.target.question(self.options);
        Ok(ask::confirm(&question, &self.signals).await?)
    }

    async fn watch(&mut self, zero: Zero, event: Event) -> Closed {
        let plan = &self.target.plan;
        let window = Window {
            zero,
            ends: match event {
                Event::Fault if plan.keep_for.is_some() => Ends::InTime,
                Event::Fault => plan.calm_after.map_or(Ends::Recovered, |least| {
                    Ends::RecoveredOrCalm(duration(least))
                }),
                Event::Restore => Ends::Calm,
            },
            limit: duration(plan.longest_limit(event)),
            hold: duration(self.target.plan.hold),
            interval: self.options.inventory.prometheus.interval(),
            clock: self.clock,
        };
        let inventory = &self.options.inventory;
        let closed = window
            .watch(&self.exporter, inventory, &mut self.progress, &self.signals)
            .await;
        self.progress.clear();
        closed
    }

    /// Close the window, look once more, undo everything. The fault is undone first unless the drill ran its course.
    pub(super) async fn wind_up(&mut self, ending: Ending) -> Result<(), Error> {
        let Ending { reason, missing } = ending;
        self.progress.clear();
        self.progress
            .say(&format!("the window is closed: {}", reason.words()));
        let end = self.acts.note(What::WindowClosed { reason, missing });
        // The time is good enough for a last look even if the log could not take it.
        let at = *end.as_ref().unwrap_or(&clock::wall());
        let ran_its_course = matches!(reason, Closed::Recovered | Closed::TimeLimit);
        let goes_on = ran_its_course && self.target.plan.watch_restore.is_some();
        let mut looked = Ok(());
        if ran_its_course && !goes_on {
            looked = self.last_look(at).await;
        }
        let restored = self.acts.undo(&mut self.progress).await;
        if goes_on && restored.is_ok() {
            looked = self.watch_restoration().await;
        } else if goes_on || !ran_its_course {
            looked = self.last_look(at).await;
        }
        self.progress.clear();
        // Last of all: what is not undone, or broke when it was, is no longer part of the drill.
        let silent = self.acts.unsilence(self.options.access_of).await;
        let ended = self.acts.note(What::DrillEnded);
        restored
            .and(end.and(ended).map(drop))
            .and(looked)
            .and(silent)
    }

    /// The restoration as an event of its own.
    async fn watch_restoration(&mut self) -> Result<(), Error> {
        let Some(zero) = self.acts.restoration() else {
            return Ok(());
        };
        self.progress.say("undone; watching what that does");
        let reason = self.watch(zero, Event::Restore).await;
        self.progress
            .say(&format!("the second window is closed: {}", reason.words()));
        let end = self.acts.note(What::RestoreWatched { reason })?;
        self.last_look(end).await
    }

    /// Wait until the server has seen the whole window, and compare the clocks again; one more signal cuts it short.
    async fn last_look(&mut self, end: Timestamp) -> Result<(), Error> {
        if !self.acts.has_hit() {
            return Ok(());
        }
        let signals = self.signals.clone();
        let end = end.plus_micros(self.clock.offset);
        let look = async {
            let inventory = &self.options.inventory;
            steady::settled(self.server, inventory, end, &mut self.progress).await;
            self.compare_clocks().await.map(|_| ())
        };
        tokio::select! {
            looked = look => looked,
            () = signals.another() => Ok(()),
        }
    }

    /// Save the samples of the window and seal the evidence.
    pub(super) async fn save(&mut self) -> Result<(), Error> {
        if let Some(recorded) = self.recorded.take() {
            recorded.end().await;
        }
        let Options { inventory, out, .. } = self.options;
        let events = self.acts.log.written();
        let names = save::names(&self.options.metrics);
        let samples =
            save::samples(self.server, &self.target.plan, inventory, events, &names).await;
        let samples = match samples {
            // Of a drill that did nothing the events say all there is to say.
            Err(error) if !self.acts.has_hit() => save::none(&error, events),
            samples => samples?,
        };
        save::seal(self.server, inventory, samples, names, out)
    }

    /// Compare the topics of the load with their copies over the window of the drill, if it ran its course.
    pub(super) async fn audit(&mut self) -> Result<(), Error> {
        let Options { audits, out, .. } = self.options;
        let window = audits::window(self.acts.log.written(), self.target.plan.steady_for);
        let Some(window) = window.filter(|_| !audits.is_empty()) else {
            return Ok(());
        };
        Ok(audits::run(audits, window, &self.signals, &mut self.progress, out).await?)
    }
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}
