//! What runs by the configuration of `serve`, and how another configuration takes its place: the new polls start beside
//! the old ones, and the page moves over once they have looked everywhere. What is wrong leaves everything as it is.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::canaries::{self, Canaries, Prepared, Told};
use super::complaint::complaint;
use super::course;
use super::endpoints::endpoints;
use crate::clock;
use crate::config::{self, Config, Files};
use crate::model::connect::TaskMap;
use crate::model::snapshot::{Configurations, Loaded, Reading, Snapshot};
use crate::model::time::Timestamp;
use crate::poll::Polls;

/// How often the named files are looked at.
const RENEWED_EVERY: Duration = Duration::from_secs(5);

/// A channel whose source changes with the configuration.
type Source<T> = watch::Sender<watch::Receiver<T>>;

/// What runs now.
pub(super) struct Running {
    config: Config,
    /// The files that it names, as they were at the last attempt to take them.
    tried: Files,
    instance: String,
    started: Timestamp,
    polls: Polls,
    canaries: Canaries,
    loaded: watch::Sender<Loaded>,
    snapshots: (Source<Arc<Snapshot>>, watch::Receiver<Arc<Snapshot>>),
    tasks: (Source<Reading<TaskMap>>, watch::Receiver<Reading<TaskMap>>),
    _relays: JoinSet<()>,
    /// Says where canaries' records go astray.
    courses: JoinSet<()>,
}

impl Running {
    /// Start what the configuration asks for. `instance` names this exporter, `web` is how its web configuration was read.
    pub(super) async fn start(
        config: Config,
        instance: String,
        web: Option<watch::Receiver<Loaded>>,
    ) -> anyhow::Result<Self> {
        let started = clock::wall();
        let mut canaries = Canaries::default();
        let prepared = canaries.prepare(&config, &instance)?;
        let polls = Polls::start(
            endpoints(&config, prepared.views())?,
            config.schedule,
            started,
        );
        let (loaded, main) = watch::channel(Loaded::at(started));
        let mut relays = JoinSet::new();
        let dress = move |snapshot: &Arc<Snapshot>| {
            let configurations = Configurations {
                main: *main.borrow(),
                web: web.as_ref().map(|web| *web.borrow()),
            };
            Arc::new(Snapshot {
                configurations,
                ..Snapshot::clone(snapshot)
            })
        };
        let snapshots = relay(&mut relays, polls.snapshots.clone(), dress);
        let tasks = relay(&mut relays, polls.tasks.clone(), Reading::clone);
        let told = Told {
            tasks: tasks.1.clone(),
            snapshots: snapshots.1.clone(),
        };
        canaries.take(prepared, &told).await;
        Ok(Self {
            courses: course::tell(canaries::courses(&config), tasks.1.clone()),
            tried: config.files.clone(),
            config,
            instance,
            started,
            polls,
            canaries,
            loaded,
            snapshots,
            tasks,
            _relays: relays,
        })
    }

    /// The snapshots of whatever runs.
    pub(super) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.1.clone()
    }

    /// Resolves when a file that the configuration names holds something else than at the last attempt to take it.
    pub(super) async fn renewed(&self) {
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            let tried = self.tried.clone();
            // A look that panicked saw nothing.
            let now = tokio::task::spawn_blocking(move || tried.now()).await;
            if now.is_ok_and(|now| now != self.tried) {
                tracing::info!("a key, certificate or password has changed");
                return;
            }
        }
    }

    /// Read the configuration at `path` again, and run by it. On an error, which is logged, all stays as it was.
    pub(super) async fn reload(&mut self, path: &Path) -> Result<(), String> {
        self.tried = self.tried.now();
        let outcome = self
            .try_reload(path)
            .await
            .map_err(|error| complaint(&error));
        match &outcome {
            Ok(()) => {
                self.loaded.send_replace(Loaded::at(clock::wall()));
            }
            Err(error) => {
                tracing::error!(
                    error,
                    "the configuration is not taken; the one before stays in force"
                );
                self.loaded
                    .send_modify(|loaded| loaded.is_successful = false);
            }
        }
        outcome
    }

    async fn try_reload(&mut self, path: &Path) -> anyhow::Result<()> {
        let path = path.to_owned();
        let config = tokio::task::spawn_blocking(move || config::load(&path)).await??;
        if config == self.config {
            tracing::info!("the configuration is read again and has not changed");
            return Ok(());
        }
        let prepared = self.canaries.prepare(&config, &self.instance)?;
        let endpoints = endpoints(&config, prepared.views())?;
        let polls = Polls::start(endpoints, config.schedule, self.started);
        let mut snapshots = polls.snapshots.clone();
        let patience = config.schedule.deadline + config.schedule.interval;
        // A new endpoint that never answers does not hold the rest.
        let _ = timeout(
            patience,
            snapshots.wait_for(|snapshot| snapshot.is_complete()),
        )
        .await;
        self.move_over(config, polls, prepared).await;
        tracing::info!(
            "the configuration has changed and is in force; counters of the exporter's own begin anew"
        );
        Ok(())
    }

    /// Let canaries take over from each other, and the page show the new polls; then stop what nobody asks for any more.
    async fn move_over(&mut self, config: Config, polls: Polls, prepared: Prepared) {
        let told = Told {
            tasks: self.tasks.1.clone(),
            snapshots: self.snapshots.1.clone(),
        };
        // Until then the page shows what the canaries that leave said last.
        self.canaries.take(prepared, &told).await;
        self.snapshots.0.send_replace(polls.snapshots.clone());
        self.tasks.0.send_replace(polls.tasks.clone());
        let before = std::mem::replace(&mut self.polls, polls);
        self.courses = course::tell(canaries::courses(&config), self.tasks.1.clone());
        self.tried = config.files.clone();
        self.config = config;
        before.stop().await;
    }

    /// Stop everything.
    pub(super) async fn stop(self) {
        self.canaries.stop().await;
        self.polls.stop().await;
    }
}

/// Pass on what `first` brings, dressed, and later what any other source brings that takes its place.
fn relay<T: Clone + Send + Sync + 'static>(
    loops: &mut JoinSet<()>,
    first: watch::Receiver<T>,
    dress: impl Fn(&T) -> T + Send + 'static,
) -> (Source<T>, watch::Receiver<T>) {
    let dressed = dress(&first.borrow());
    let (out, receiver) = watch::channel(dressed);
    let (source, mut sources) = watch::channel(first);
    loops.spawn(async move {
        loop {
            let mut source = sources.borrow_and_update().clone();
            source.mark_changed();
            while let Some(value) = next(&mut source, &mut sources).await {
                out.send_replace(dress(&value));
            }
            if sources.has_changed().is_err() {
                return;
            }
        }
    });
    (source, receiver)
}

/// The next value; `None` if the source has been replaced, or will be, as it has ended.
async fn next<T: Clone>(
    source: &mut watch::Receiver<T>,
    sources: &mut watch::Receiver<watch::Receiver<T>>,
) -> Option<T> {
    tokio::select! {
        // What replaced the source is more than what it still has to say.
        biased;
        _ = sources.changed() => None,
        Ok(()) = source.changed() => Some(source.borrow_and_update().clone()),
        else => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_relay_passes_on_what_its_latest_source_brings() {
        let mut loops = JoinSet::new();
        let (first, from_first) = watch::channel(1);
        let (source, mut out) = relay(&mut loops, from_first, |number| number * 10);
        assert_eq!(*out.borrow(), 10);
        first.send_replace(2);
        out.wait_for(|number| *number == 20).await.unwrap();
        let (second, from_second) = watch::channel(3);
        source.send_replace(from_second);
        out.wait_for(|number| *number == 30).await.unwrap();
        drop(first);
        second.send_replace(4);
        out.wait_for(|number| *number == 40).await.unwrap();
        drop(second);
        let (_third, from_third) = watch::channel(5);
        source.send_replace(from_third);
        timeout(Duration::from_mins(1), out.wait_for(|number| *number == 50))
            .await
            .unwrap()
            .unwrap();
    }
}
