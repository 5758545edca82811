//! How the peers themselves show what has happened.

use std::collections::BTreeMap;
use std::fs;

use mirrorwatch_lab::Worker;

use super::POLL;
use super::of_topics::FLEETING;
use super::peer::{CONNECTOR, Status};
use super::row::{Peer, Watch};

/// Over what a source that does not grow is without traffic.
const QUIET_US: i64 = 60_000_000;

pub(super) const SILENT: Peer = Peer {
    how: "its REST API does not answer within 1 s",
    shows: |watch| !watch.peers.answers(&watch.scene.victim),
};
pub(super) const WITHHELD: Peer = Peer {
    how: "a worker's log has an assignment with that delay",
    shows: |watch| watch.logs(|_| true).contains("delay=8000"),
};
pub(super) const ALL_RUN: Peer = Peer {
    how: "REST of all workers that answer says RUNNING of all tasks, on workers that answer",
    shows: |watch| watch.peers.all_run(),
};
pub(super) const ALL_ARE_THERE: Peer = Peer {
    how: "REST says RUNNING of all tasks, JMX has an MBean of each, and for two polls all workers have been of one generation",
    shows: |watch| {
        // Whoever comes back first is given all tasks, until the others are back.
        watch.is_whole_and_rests() && watch.generations()[0].is_some()
    },
};
pub(super) const MOVES_AT_REST: Peer = Peer {
    how: "JMX: every task of the flow has written records again; REST says RUNNING of all tasks, JMX has an MBean of each, and for two polls all workers have been of one generation",
    shows: |watch| {
        // One that was moved counts from zero on.
        let are_on = watch.all_went_on(|now, then| {
            now > 0.0 && then.is_none_or(|then| (now - then).abs() >= 1.0)
        });
        watch.is_whole_and_rests() && are_on
    },
};
pub(super) const GROUP_WITHOUT_IT: Peer = Peer {
    how: "the log of another worker has an assignment since",
    shows: |watch| {
        let victim = watch.scene.victim.clone();
        let logs = watch.logs(|worker| worker.id != victim);
        logs.contains("got assignment")
    },
};
pub(super) const JOINED: Peer = Peer {
    how: "it answers, and its log has an assignment since",
    shows: |watch| {
        let victim = watch.scene.victim.clone();
        let log = watch.logs(|worker| worker.id == victim);
        log.contains("got assignment") && watch.peers.answers(&victim)
    },
};
pub(super) const STANDS: Peer = Peer {
    how: "JMX: for one poll no task has written a record, while the load goes on",
    shows: |watch| watch.stands_for(1),
};
pub(super) const STANDS_LONG: Peer = Peer {
    how: "JMX: for three more polls no task has written a record, while the load goes on",
    shows: |watch| watch.stands_for(3),
};
pub(super) const MOVES: Peer = Peer {
    how: "JMX: every task has written records again",
    shows: |watch| watch.all_went_on(|now, then| then.is_none_or(|then| now > then)) && watch.done,
};
pub(super) const NO_BEANS: Peer = Peer {
    how: "JMX of all workers has no MBean of any task",
    shows: |watch| {
        let workers = watch.peers.workers().iter();
        let counts: Vec<_> = workers
            .map(|worker| watch.peers.counts(worker, "*"))
            .collect();
        counts
            .iter()
            .all(|beans| beans.as_ref().is_some_and(BTreeMap::is_empty))
    },
};
pub(super) const PAUSED: Peer = Peer {
    how: "REST of all workers says PAUSED of it and its tasks",
    shows: |watch| {
        let is_paused = |one: &Status| {
            !one.tasks.is_empty() && one.tasks.values().all(|task| task.state == "PAUSED")
        };
        flow(watch).is_some_and(|one| one.state == "PAUSED" && is_paused(&one))
    },
};
pub(super) const SOURCE_CLOSED: Peer = Peer {
    how: "nobody listens on the broker's port",
    shows: |watch| watch.peers.is_closed("source"),
};
pub(super) const TARGET_CLOSED: Peer = Peer {
    how: "nobody listens on the broker's port",
    shows: |watch| watch.peers.is_closed("target"),
};
pub(super) const ANSWERS: Peer = Peer {
    how: "it answers with its metadata",
    shows: |watch| watch.done,
};
pub(super) const STOPPED: Peer = Peer {
    how: "REST of all workers says STOPPED of it, and has no task of it",
    shows: |watch| flow(watch).is_some_and(|one| one.state == "STOPPED" && one.tasks.is_empty()),
};
pub(super) const DELETED: Peer = Peer {
    how: "REST of all workers does not have it",
    shows: |watch| {
        let all = watch.peers.statuses();
        all.is_some_and(|all| !all.is_empty() && !all.contains_key(CONNECTOR))
    },
};
pub(super) const FAILED: Peer = Peer {
    how: "REST of all workers says FAILED of it",
    shows: |watch| {
        let Some(status) = flow(watch) else {
            return false;
        };
        let failed = status.tasks.iter().find(|(_, task)| task.state == "FAILED");
        if let Some((number, _)) = failed {
            watch.scene.failed = number.to_string();
        }
        failed.is_some()
    },
};
pub(super) const DONE: Peer = Peer {
    how: "the source's own metadata or offsets",
    shows: |watch| watch.done,
};
pub(super) const COPIES_IT: Peer = Peer {
    how: "JMX: its records are copied",
    shows: |watch| watch.done && watch.peers.copied(&format!("source.{FLEETING}")) > 0.0,
};
pub(super) const QUIET: Peer = Peer {
    how: "nothing was written to the source for one minute",
    shows: |watch| watch.done && watch.unmoved("quiet") >= QUIET_US.unsigned_abs().into(),
};

fn flow(watch: &Watch<'_>) -> Option<Status> {
    watch.peers.statuses()?.remove(CONNECTOR)
}

impl Watch<'_> {
    /// What some workers have logged since the last thing that was done.
    fn logs(&self, whose: impl Fn(&Worker) -> bool) -> String {
        let workers = self.peers.workers().iter().zip(&self.marks);
        let logs = workers.filter(|(worker, _)| whose(worker));
        logs.map(|(worker, mark)| {
            let log = fs::read(self.peers.log(worker)).unwrap_or_default();
            String::from_utf8_lossy(log.get(*mark..).unwrap_or_default()).into_owned()
        })
        .collect()
    }

    /// By worker the generation of the group that it joined last, since the last thing that was done.
    fn generations(&self) -> Vec<Option<String>> {
        let of = |worker: &Worker| {
            let log = self.logs(|one| one.id == worker.id);
            let (_, last) = log.rsplit_once("Joined group at generation ")?;
            Some(last.split_whitespace().next()?.to_owned())
        };
        self.peers.workers().iter().map(of).collect()
    }

    /// Whether this holds of the records that each task of the flow has written, now and at the first look.
    fn all_went_on(&mut self, went_on: fn(f64, Option<f64>) -> bool) -> bool {
        let counts = self.peers.all_counts(CONNECTOR);
        let started = self.counts.get_or_insert_with(|| counts.clone());
        let then = |task| started.get(task).map(|[then, _]| *then);
        let mut tasks = counts.iter();
        !counts.is_empty() && tasks.all(|(task, [now, _])| went_on(*now, then(task)))
    }

    /// Whether all tasks run and are counted, and nobody has joined another generation of the group than the others, all of it for two polls.
    fn is_whole_and_rests(&mut self) -> bool {
        let generations = self.generations();
        let are_one = generations.windows(2).all(|pair| pair[0] == pair[1]);
        // Not of all connectors: a worker that was away writes its late UNASSIGNED over the RUNNING of the next owner.
        let is_whole = self.peers.all_counts("*").len() == self.scene.all_tasks.len()
            && self.peers.all_tasks_run();
        let stands = self.unmoved(&format!("{generations:?} {is_whole}"));
        are_one && is_whole && stands >= 2 * POLL.as_micros()
    }

    /// Whether no task of the flow has written a record for this many polls.
    fn stands_for(&mut self, polls: u32) -> bool {
        let counts = self.peers.all_counts(CONNECTOR);
        let written: Vec<f64> = counts.values().map(|[written, _]| *written).collect();
        !written.is_empty() && self.unmoved(&format!("{written:?}")) >= (POLL * polls).as_micros()
    }

    /// For how many microseconds this has been what is seen.
    fn unmoved(&mut self, seen: &str) -> u128 {
        let now = mirrorwatch::clock::monotonic();
        match &self.moved {
            Some((before, since)) if before == seen => now.saturating_sub(*since).as_micros(),
            _ => {
                self.moved = Some((seen.to_owned(), now));
                0
            }
        }
    }
}
