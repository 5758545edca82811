//! Records the exporter's page beside the drill, so that it can be judged where its Prometheus is not at hand.
//!
//! A recording that fails is told and costs the drill nothing: it is judged by the samples of the server.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Options;
use crate::clock;
use crate::storage::recorder::{self, Failure, Plan};
use crate::storage::recording::{Limits, Writer};
use crate::storage::scraped::Target;

/// The recording within the directory of a drill.
pub const RECORDING: &str = "recording";
/// Between two scrapes.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// What a kill can cost.
const FLUSH: Duration = Duration::from_secs(5);

/// A recording under way.
#[derive(Debug)]
pub(super) struct Recorded {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Recorded {
    /// Record the exporter's page into the evidence, under the job that the inventory names.
    pub(super) fn start(options: &Options, exporter: &Url) -> Self {
        let (stop, stopped) = oneshot::channel();
        let plan = plan(exporter, options);
        let dir = options.out.join(RECORDING);
        let task = tokio::spawn(async move { record(&plan, dir, stopped).await });
        Self { stop, task }
    }

    /// End it; what was scraped is on disk then.
    pub(super) async fn end(self) {
        // It may have ended by itself.
        let _ = self.stop.send(());
        if let Ok(Err(failure)) = self.task.await {
            tracing::warn!("the drill's own recording is not whole: {failure}");
        }
    }
}

async fn record(plan: &Plan, dir: PathBuf, stopped: oneshot::Receiver<()>) -> Result<(), Failure> {
    let mut writer = Writer::open(&dir, Limits::default(), clock::wall())?;
    let stop = async {
        // A drill that is gone wants no more, either.
        let _ = stopped.await;
    };
    recorder::record(plan, &mut writer, stop, |_| ()).await?;
    Ok(())
}

fn plan(exporter: &Url, options: &Options) -> Plan {
    let target = Target::of(exporter, &options.inventory.prometheus.job);
    Plan {
        access: options.page.clone(),
        targets: vec![(target, exporter.clone())],
        interval: INTERVAL,
        timeout: INTERVAL,
        flush: FLUSH,
        length: None,
    }
}
