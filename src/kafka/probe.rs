//! The probe of MM2's offset translation: commits a group of its own at the end of a topic of the source, and looks where
//! that lands on the target. It is the only part of mirrorwatch that commits an offset: its own group's, at the source.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Slot, left};
use super::landing::{Content, Search, skipped};
use super::walk::Log;
use super::{CheckpointReader, ConsumerGroupsReader, Error};
use crate::clock;
use crate::model::connect::TopicPartition;
use crate::model::probe::{Landing, ProbePartition, ProbeView};
use crate::model::time::Timestamp;

/// What the probe of one flow is told.
#[derive(Clone)]
pub struct ProbeSettings {
    /// librdkafka properties of the source.
    pub source: BTreeMap<String, String>,
    /// librdkafka properties of the target.
    pub target: BTreeMap<String, String>,
    /// Its topic at the source.
    pub topic: String,
    /// The same on the target.
    pub remote_topic: String,
    /// The flow's checkpoints.
    pub checkpoint_topic: String,
    /// Its group.
    pub group: String,
    /// Time between two commits.
    pub interval: Duration,
}

/// Commits, and looks where it lands.
pub struct TranslationProbe {
    settings: ProbeSettings,
    committer: Slot,
    checkpoints: CheckpointReader,
    target_group: ConsumerGroupsReader,
    source_log: Log,
    target_log: Log,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    /// When the last commit was made, by both clocks.
    at: Option<(Timestamp, Duration)>,
    committed: BTreeMap<i32, i64>,
    /// What was found since, by partition and offset of the target: it does not change any more.
    known: BTreeMap<(i32, i64), Landing>,
}

impl TranslationProbe {
    /// Nothing is committed before the first read.
    pub fn new(settings: ProbeSettings) -> Self {
        let ProbeSettings { source, target, .. } = &settings;
        let groups = [settings.group.clone()];
        Self {
            committer: Slot::of_group(source.clone(), &settings.group),
            checkpoints: CheckpointReader::new(target.clone(), &settings.checkpoint_topic),
            target_group: ConsumerGroupsReader::new(target, &groups),
            source_log: Log::new(source, &settings.topic, "mirrorwatch-probe-source"),
            target_log: Log::new(target, &settings.remote_topic, "mirrorwatch-probe-target"),
            state: Mutex::default(),
            settings,
        }
    }

    /// Commit if it is time, and look where the last commit lands. Blocks for about `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<ProbeView, Error> {
        let now = clock::monotonic();
        let until = now + deadline;
        self.hear();
        let mut state = self.state().clone();
        let is_due = state
            .at
            .is_none_or(|(_, at)| now.saturating_sub(at) >= self.settings.interval);
        if is_due {
            state = self.commit(until)?;
            self.state().clone_from(&state);
        }
        let by_checkpoint = self.checkpoints(left(until))?;
        let by_group = self.group_offsets(&state, left(until))?;
        for landings in [&by_checkpoint, &by_group] {
            self.resolve(&mut state, landings, until)?;
        }
        self.state().known.clone_from(&state.known);
        let partition = |(partition, committed): (&i32, &i64)| {
            let landing = |offsets: &BTreeMap<i32, i64>| {
                let offset = offsets.get(partition)?;
                state.known.get(&(*partition, *offset)).copied()
            };
            let found = ProbePartition {
                committed: *committed,
                by_checkpoint: landing(&by_checkpoint),
                by_group: landing(&by_group),
            };
            (*partition, found)
        };
        Ok(ProbeView {
            topic: self.settings.topic.clone(),
            group: self.settings.group.clone(),
            has_checkpoint: !by_checkpoint.is_empty(),
            committed_at: state.at.map(|(at, _)| at),
            partitions: state.committed.iter().map(partition).collect(),
        })
    }

    /// Hear what those clients have told that are asked only if all before them have answered.
    fn hear(&self) {
        self.committer.hear(|_| ());
        self.target_group.hear();
        self.source_log.hear();
        self.target_log.hear();
    }

    /// Commit the group at the end of each partition: where a consumer stands that has read everything.
    fn commit(&self, until: Duration) -> Result<State, Error> {
        let topic = &self.settings.topic;
        let partitions = self.partitions(left(until))?;
        let committed = self.source_log.ends(partitions.iter(), until)?;
        let mut list = TopicPartitionList::new();
        for (partition, end) in &committed {
            list.add_partition_offset(topic, *partition, Offset::Offset(*end))?;
        }
        if committed.is_empty() {
            return Err(Error::NoTopic(topic.clone()));
        }
        // No membership: the group stays empty, and MM2 may write its offsets on the target.
        self.committer
            .ask(|client| Ok(client.commit(&list, CommitMode::Sync)?))?;
        Ok(State {
            at: Some((clock::wall(), clock::monotonic())),
            committed,
            known: BTreeMap::new(),
        })
    }

    fn partitions(&self, deadline: Duration) -> Result<Vec<i32>, Error> {
        let name = &self.settings.topic;
        self.committer.ask(|client| {
            let metadata = client.fetch_metadata(Some(name), deadline)?;
            let topics = metadata.topics().iter();
            let of_topic = topics.filter(|topic| topic.name() == name && topic.error().is_none());
            let partitions = of_topic.flat_map(MetadataTopic::partitions);
            Ok(partitions.map(MetadataPartition::id).collect())
        })
    }

    fn checkpoints(&self, deadline: Duration) -> Result<BTreeMap<i32, i64>, Error> {
        let checkpoints = self.checkpoints.read(deadline)?;
        let of_group = checkpoints.groups.get(&self.settings.group);
        let here = of_group
            .into_iter()
            .flatten()
            .filter(|(at, _)| at.topic == self.settings.remote_topic);
        Ok(here
            .map(|(at, found)| (at.partition, found.downstream))
            .collect())
    }

    fn group_offsets(
        &self,
        state: &State,
        deadline: Duration,
    ) -> Result<BTreeMap<i32, i64>, Error> {
        let partitions = state.committed.keys();
        let partitions: Vec<_> = partitions
            .map(|partition| at(&self.settings.remote_topic, *partition))
            .collect();
        let offsets = self.target_group.read(&partitions, deadline)?;
        let of_group = offsets
            .groups
            .get(&self.settings.group)
            .into_iter()
            .flatten();
        Ok(of_group
            .map(|(at, offset)| (at.partition, *offset))
            .collect())
    }

    /// Find out what these offsets of the target mean; what cannot be found yet is left for the next time.
    fn resolve(
        &self,
        state: &mut State,
        offsets: &BTreeMap<i32, i64>,
        until: Duration,
    ) -> Result<(), Error> {
        let is_open = |(partition, offset): &(&i32, &i64)| {
            let known = state.known.contains_key(&(**partition, **offset));
            state.committed.contains_key(*partition) && !known
        };
        let starts = offsets.iter().filter(is_open).map(|(p, o)| (*p, *o));
        let starts: BTreeMap<i32, i64> = starts.collect();
        let mut searches = self.next_records(state, &starts, until)?;
        search(&self.target_log, &starts, &mut searches, until)?;
        let mut passed = BTreeMap::new();
        for (partition, found) in searches {
            let Some(&offset) = starts.get(&partition) else {
                continue;
            };
            if let Some(landing) = found.reread(offset) {
                state.known.insert((partition, offset), landing);
            } else if let Some(first) = found.first() {
                passed.insert(partition, (offset, Search::new(first.clone())));
            }
        }
        self.look_ahead(state, passed, until)
    }

    /// Where the record is not there from the offset on: if what is there comes later in the source, it has been passed.
    fn look_ahead(
        &self,
        state: &mut State,
        passed: BTreeMap<i32, (i64, Search)>,
        until: Duration,
    ) -> Result<(), Error> {
        let offsets: BTreeMap<i32, i64> = passed.iter().map(|(p, (o, _))| (*p, *o)).collect();
        let mut searches = passed.into_iter().map(|(p, (_, s))| (p, s)).collect();
        search(&self.source_log, &state.committed, &mut searches, until)?;
        for (partition, found) in searches {
            if let (Some(&offset), Some(records)) = (offsets.get(&partition), found.distance()) {
                let landing = skipped(offset, records);
                state.known.insert((partition, offset), landing);
            }
        }
        Ok(())
    }

    /// Searches for the records that the group has to read next at the source, as far as they have been written.
    fn next_records(
        &self,
        state: &State,
        wanted: &BTreeMap<i32, i64>,
        until: Duration,
    ) -> Result<BTreeMap<i32, Search>, Error> {
        let committed = state.committed.iter();
        let from = committed.filter(|(partition, _)| wanted.contains_key(partition));
        let from = from.map(|(p, o)| (*p, *o)).collect();
        let mut searches = BTreeMap::new();
        let visit = |partition, content: Content, _| {
            searches.insert(partition, Search::new(content));
            false
        };
        self.source_log.walk(&from, until, visit)?;
        Ok(searches)
    }

    /// Whatever was found before a panic stands.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn search(
    log: &Log,
    starts: &BTreeMap<i32, i64>,
    searches: &mut BTreeMap<i32, Search>,
    until: Duration,
) -> Result<(), Error> {
    let starts = starts
        .iter()
        .filter(|(partition, _)| searches.contains_key(partition));
    let starts = starts.map(|(p, o)| (*p, *o)).collect();
    log.walk(&starts, until, |partition, content, millis| {
        let search = searches.get_mut(&partition);
        search.is_some_and(|search| search.take(content, millis))
    })
}

fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition {
        topic: topic.to_owned(),
        partition,
    }
}
