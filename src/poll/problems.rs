//! Lines in the log on what is wrong with the configuration, and on what it leaves out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::normalised::Normalised;
use crate::model::snapshot::Snapshot;

/// The problems that were last told.
#[derive(Default)]
pub(super) struct Problems {
    told: BTreeSet<String>,
    last: Option<Arc<Normalised>>,
}

impl Problems {
    /// One line for each problem that is new, and one for each that is over.
    pub(super) fn note(&mut self, normalised: &Arc<Normalised>) {
        // Most snapshots say nothing new.
        if self
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, normalised))
        {
            return;
        }
        self.last = Some(Arc::clone(normalised));
        let now: BTreeSet<String> = normalised.problems().into_iter().collect();
        for problem in now.difference(&self.told) {
            tracing::warn!("{problem}");
        }
        for problem in self.told.difference(&now) {
            tracing::info!("no longer so: {problem}");
        }
        self.told = now;
    }
}

/// One line for each source that is not configured.
pub(super) fn missing(snapshot: &Snapshot) {
    for (source, _) in snapshot
        .sources()
        .into_iter()
        .filter(|(_, is_there)| !is_there)
    {
        tracing::info!(source, "not configured; missing: {}", without(&source));
    }
}

/// What is missing without a source.
fn without(source: &str) -> &'static str {
    match source.split(':').next() {
        Some("jolokia") => {
            "kafka_* series of this worker but for statuses, mm2_replicated_*_total and mm2_task_workers; tasks are not \
             known to be stalled or missing, and lag follows from committed offsets, which are late"
        }
        Some("group") => "leader, members and withheld tasks (mm2_connect_*)",
        Some("status_topic") => {
            "exact times of transitions; those by REST are up to two polls late"
        }
        Some("cluster") => {
            "log offsets of this cluster, its probe, and what follows: lag, gap, headroom, source_down or target_down"
        }
        _ => "offsets of consumer groups and mm2_offset_translation_*",
    }
}
