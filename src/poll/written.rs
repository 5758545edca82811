//! What Connect and MM2 write into topics of their own: statuses, checkpoints, heartbeats; and where they translate a group to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clusters::asked;
use super::{Schedule, Written};
use crate::kafka;
use crate::model::checkpoint::{Checkpoints, Heartbeat};
use crate::model::flow::{Flow, HEARTBEATS};
use crate::model::probe::ProbeView;
use crate::model::snapshot::{FlowReadings, Moment, Reading};
use crate::model::status::StatusLog;

/// Where the latest readings of one flow are found.
pub(super) struct WrittenLatest {
    checkpoints: watch::Receiver<Reading<Checkpoints>>,
    heartbeats: Vec<(Arc<str>, watch::Receiver<Reading<Heartbeat>>)>,
}

impl WrittenLatest {
    pub(super) fn fresh_at(&self, now: Moment, time_to_live: Duration) -> FlowReadings {
        let heartbeats = self.heartbeats.iter().map(|(topic, reading)| {
            (
                Arc::clone(topic),
                reading.borrow().fresh_at(now, time_to_live),
            )
        });
        FlowReadings {
            checkpoints: self.checkpoints.borrow().fresh_at(now, time_to_live),
            heartbeats: heartbeats.collect(),
        }
    }
}

/// Look again and again where MM2 translates the probes' groups to.
pub(super) fn probes(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    probes: BTreeMap<usize, kafka::TranslationProbe>,
    flows: &[Flow],
) -> BTreeMap<usize, watch::Receiver<Reading<ProbeView>>> {
    // The read has to come back before the poll gives up, else the next one finds it still under way.
    let deadline = schedule.deadline.mul_f64(0.9);
    let started = probes.into_iter().filter_map(|(index, probe)| {
        let Flow { source, target, .. } = flows.get(index)?;
        let name = format!("translation:{source}:{target}");
        let read = move || probe.read(deadline);
        Some((index, asked(loops, schedule, &name, read)))
    });
    started.collect()
}

/// Follow the status topic of the Connect cluster.
pub(super) fn status(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    reader: kafka::StatusReader,
) -> watch::Receiver<Reading<StatusLog>> {
    // The read has to come back before the poll gives up, else the next one finds it still under way.
    let deadline = schedule.deadline.mul_f64(0.9);
    asked(loops, schedule, "status_topic", move || {
        reader.read(deadline)
    })
}

/// Follow what MM2 writes about one flow.
pub(super) fn written(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    flow: &Flow,
    written: Written,
) -> WrittenLatest {
    let deadline = schedule.deadline.mul_f64(0.9);
    let name = |what: &str| format!("{what}:{}:{}", flow.source, flow.target);
    let checkpoints = written.checkpoints;
    let topics = [HEARTBEATS.to_owned(), flow.heartbeat_topic()];
    let heartbeats = topics
        .into_iter()
        .zip(written.heartbeats)
        .map(|(topic, reader)| {
            let endpoint = name(&format!("heartbeats:{topic}"));
            let reading = asked(loops, schedule, &endpoint, move || reader.read(deadline));
            (topic.into(), reading)
        });
    let heartbeats = heartbeats.collect();
    WrittenLatest {
        checkpoints: asked(loops, schedule, &name("checkpoints"), move || {
            checkpoints.read(deadline)
        }),
        heartbeats,
    }
}
