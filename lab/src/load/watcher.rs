//! The watcher of topics that others write: it notes the first arrival of each record. A record that comes again, with the same bytes in the
//! same partition, is a replay and no news; what the bytes mean is not looked at.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::thread;

use rdkafka::error::KafkaError;

use super::journal::Notes;
use super::reader::{Arrival, Reader};
use crate::description::Cluster;

/// Watches these topics on a thread of its own.
pub(super) fn start(
    cluster: &Cluster,
    topics: Vec<String>,
    notes: Notes,
) -> Result<(), KafkaError> {
    let reader = Reader::new(cluster, topics)?;
    let mut seen = Seen::default();
    thread::spawn(move || {
        reader.run(|arrival| {
            if seen.is_first(arrival) {
                notes.arrived(arrival);
            }
        });
    });
    Ok(())
}

/// Fingerprints of what has arrived.
#[derive(Default)]
struct Seen(HashSet<u64>);

impl Seen {
    fn is_first(&mut self, arrival: &Arrival<'_>) -> bool {
        let mut hasher = DefaultHasher::new();
        (arrival.topic, arrival.partition, arrival.payload).hash(&mut hasher);
        self.0.insert(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(partition: i32, offset: i64, payload: &[u8]) -> Arrival<'_> {
        Arrival {
            topic: "source.a",
            partition,
            offset,
            payload,
            timestamp_ms: offset,
            us: offset,
        }
    }

    #[test]
    fn a_replay_is_known_by_its_bytes_and_partition() {
        let mut seen = Seen::default();
        assert!(seen.is_first(&arrival(0, 1, b"one")));
        assert!(seen.is_first(&arrival(0, 2, b"two")));
        assert!(!seen.is_first(&arrival(0, 3, b"one")));
        assert!(seen.is_first(&arrival(1, 1, b"one")));
        assert!(!seen.is_first(&arrival(0, 4, b"two")));
    }
}
