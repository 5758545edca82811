//! Who answers at a worker's addresses. REST does not say which worker answers; JMX does, by the id of its `app-info`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::taken_in::TakenIn;
use crate::model::address::{AddressFault, AddressView};
use crate::model::jmx::JmxView;
use crate::model::snapshot::{Snapshot, WorkerReadings};

/// Answers that are remembered: a balancer has shown two workers by then.
const ANSWERS: usize = 12;
/// Readings of the group that must all lack a worker before that is said: one that starts answers before it joins.
const READINGS: u32 = 3;

/// What is remembered of all workers' addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    workers: BTreeMap<Arc<str>, Memory>,
    /// The configured workers that the group or a status has ever had. Others are not kept: there may be a new id at each start.
    known: BTreeSet<Arc<str>>,
    taken_in: TakenIn,
}

impl Addresses {
    /// Take in what is new, and say what is known of each configured worker.
    pub(super) fn observe(&mut self, snapshot: &Snapshot) -> Vec<AddressView> {
        let named: BTreeSet<&str> = named(snapshot).collect();
        let ids = snapshot.workers.iter().map(|worker| &worker.id);
        self.known
            .extend(ids.filter(|id| named.contains(&***id)).cloned());
        let group = snapshot.group.as_ref();
        let is_grouped = group
            .and_then(|group| self.taken_in.take(group))
            .is_some_and(|(view, _)| view.group.assignment.is_some());
        let workers = snapshot.workers.iter();
        workers
            .map(|worker| self.worker(worker, is_grouped))
            .collect()
    }

    fn worker(&mut self, worker: &WorkerReadings, is_grouped: bool) -> AddressView {
        let memory = self.workers.entry(Arc::clone(&worker.id)).or_default();
        let is_known = self.known.contains(&worker.id);
        if let Some((view, _)) = self.taken_in.take(&worker.rest) {
            memory.rest(&format!(
                "{} {} {}",
                view.version, view.commit, view.kafka_cluster_id
            ));
        }
        let jolokia = worker.jolokia.as_ref();
        if let Some((view, _)) = jolokia.and_then(|jolokia| self.taken_in.take(jolokia)) {
            memory.jmx(ids(&view));
        }
        if is_grouped && worker.rest.up {
            memory.grouped(is_known);
        }
        let has_jmx = jolokia.is_some_and(|jolokia| jolokia.value.is_some());
        AddressView {
            worker: Arc::clone(&worker.id),
            faults: memory.faults(&worker.id, has_jmx, is_known),
        }
    }
}

/// Workers that the group or a status names, and that are not configured: their life and their JMX are not seen.
pub(super) fn strangers(snapshot: &Snapshot) -> Vec<String> {
    let is_configured = |id: &str| snapshot.workers.iter().any(|worker| *worker.id == *id);
    let strangers: BTreeSet<&str> = named(snapshot).filter(|id| !is_configured(id)).collect();
    strangers.into_iter().map(str::to_owned).collect()
}

/// The ids in the group and in the statuses.
fn named(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let group = snapshot
        .group
        .as_ref()
        .and_then(|group| group.value.as_deref());
    let members = group.and_then(|view| view.group.assignment.as_ref());
    let members = members.into_iter().flat_map(|group| &group.workers);
    let connectors = snapshot
        .authority()
        .map_or(&[][..], |view| &view.connectors);
    let owners = connectors.iter().flat_map(|connector| {
        let tasks = connector.tasks.iter().map(|task| &task.worker);
        tasks.chain([&connector.worker])
    });
    members
        .chain(owners)
        .map(String::as_str)
        .filter(|id| !id.is_empty())
}

/// What is remembered of one worker's addresses.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Ids by JMX, of the last answers that had any.
    ids: VecDeque<BTreeSet<String>>,
    /// What REST said of version and cluster, without repetitions.
    versions: VecDeque<String>,
    /// Readings of the group in a row that did not know the id while REST answered.
    unknown: u32,
}

/// The ids of the worker that gave this view: its own, and those of its clients.
pub(super) fn ids(view: &JmxView) -> BTreeSet<String> {
    let ids = view.values("kafka_connect_app", "StartTimeMs");
    ids.filter_map(|(labels, _)| labels.get("id"))
        .map(str::to_owned)
        .collect()
}

impl Memory {
    /// JMX answered for the worker with these ids.
    pub(super) fn jmx(&mut self, ids: BTreeSet<String>) {
        if !ids.is_empty() {
            remember(&mut self.ids, ids);
        }
    }

    /// REST answered with this version.
    pub(super) fn rest(&mut self, version: &str) {
        if self.versions.back().is_none_or(|last| last != version) {
            remember(&mut self.versions, version.to_owned());
        }
    }

    /// The group was read while REST answered.
    pub(super) fn grouped(&mut self, is_known: bool) {
        self.unknown = if is_known { 0 } else { self.unknown + 1 };
    }

    /// What is known of each fault. `has_jmx` is whether the last answer of JMX is fresh, `is_known` whether the group or
    /// a status has ever had the id `worker`.
    pub(super) fn faults(
        &self,
        worker: &str,
        has_jmx: bool,
        is_known: bool,
    ) -> [Option<bool>; AddressFault::ALL.len()] {
        let last = self.ids.back().filter(|_| has_jmx);
        // A version that comes back after another is no upgrade.
        let flips = (1..self.versions.len()).any(|at| {
            self.versions
                .iter()
                .take(at)
                .any(|one| *one == self.versions[at])
        });
        let several = match last {
            // A worker that starts has only some of its ids yet.
            Some(last) => Some(flips || self.ids.iter().any(|ids| are_of_two(ids, last))),
            None => flips.then_some(true),
        };
        let another = last.map(|ids| !ids.contains(worker));
        let no_such = match (is_known, self.unknown) {
            (true, _) => Some(false),
            (false, READINGS..) => Some(true),
            (false, _) => None,
        };
        // Of several one is mostly another: that is no fault of its own.
        let another = another.map(|another| another && several != Some(true));
        [several, another, no_such]
    }
}

fn are_of_two(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    !one.is_subset(other) && !other.is_subset(one)
}

fn remember<T>(last: &mut VecDeque<T>, one: T) {
    last.push_back(one);
    if last.len() > ANSWERS {
        last.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(ids: &[&str]) -> Memory {
        let mut memory = Memory::default();
        for id in ids {
            memory.jmx([(*id).to_owned(), format!("connect-{id}")].into());
        }
        memory
    }

    #[test]
    fn a_worker_that_answers_under_its_own_id_has_no_fault() {
        let memory = answers(&["a:1", "a:1"]);
        assert_eq!(memory.faults("a:1", true, true), [Some(false); 3]);
    }

    #[test]
    fn several_ids_in_turn_are_a_load_balancer() {
        let [several, another, _] = answers(&["a:1", "b:1", "a:1"]).faults("lb:80", true, false);
        assert_eq!((several, another), (Some(true), Some(false)));
        let once = answers(&["b:1", "b:1"]).faults("a:1", true, true);
        assert_eq!(once, [Some(false), Some(true), Some(false)]);
    }

    #[test]
    fn a_worker_that_starts_shows_only_some_of_its_ids_and_is_no_other() {
        let mut memory = answers(&["a:1"]);
        memory.jmx(["connect-a:1".to_owned()].into());
        assert_eq!(memory.faults("a:1", true, true)[0], Some(false));
        memory.jmx(["a:1".to_owned(), "connect-a:1".to_owned()].into());
        assert_eq!(memory.faults("a:1", true, true), [Some(false); 3]);
        memory.jmx(["connect-b:1".to_owned()].into());
        assert_eq!(memory.faults("a:1", true, true)[0], Some(true));
    }

    #[test]
    fn versions_that_come_back_are_a_load_balancer_and_an_upgrade_is_not() {
        let mut memory = Memory::default();
        for version in ["3.7.2", "3.7.2", "4.3.1", "4.3.1"] {
            memory.rest(version);
        }
        assert_eq!(memory.faults("a:1", false, true)[0], None);
        memory.rest("3.7.2");
        assert_eq!(memory.faults("a:1", false, true)[0], Some(true));
    }

    #[test]
    fn an_id_that_the_group_never_had_is_told_after_some_readings() {
        let mut memory = Memory::default();
        for _ in 0..READINGS {
            assert_eq!(memory.faults("lb:80", false, false)[2], None);
            memory.grouped(false);
        }
        assert_eq!(memory.faults("lb:80", false, false)[2], Some(true));
        assert_eq!(memory.faults("a:1", false, true)[2], Some(false));
    }

    #[test]
    fn answers_long_ago_are_forgotten() {
        let ids: Vec<&str> = ["b:1"].into_iter().chain(["a:1"; ANSWERS]).collect();
        assert_eq!(answers(&ids).faults("a:1", true, true)[0], Some(false));
    }

    #[test]
    fn ids_of_others_that_come_and_go_are_not_kept() {
        use crate::model::group::{ConnectGroup, GroupAssignment, GroupView};
        use crate::model::snapshot::{Moment, Reading};
        use crate::model::time::Timestamp;
        use std::time::Duration;

        let now = Moment {
            wall: Timestamp::from_micros(0),
            monotonic: Duration::ZERO,
        };
        let mut snapshot = Snapshot::unpolled(now, Duration::from_secs(15));
        snapshot.workers.push(WorkerReadings {
            id: "a:1".into(),
            rest: Reading::none("rest:a:1"),
            health: Reading::none("health:a:1"),
            jolokia: None,
        });
        let mut addresses = Addresses::default();
        for start in 0..100 {
            let mut group = Reading::none("group");
            group.value = Some(Arc::new(GroupView {
                group: ConnectGroup {
                    members: 2,
                    assignment: Some(GroupAssignment {
                        workers: vec!["a:1".to_owned(), format!("uuid-{start}")],
                        leader: None,
                        delay: Duration::ZERO,
                    }),
                },
                withheld_until: None,
            }));
            snapshot.group = Some(group);
            addresses.observe(&snapshot);
        }
        assert_eq!(addresses.known, ["a:1".into()].into());
    }
}
