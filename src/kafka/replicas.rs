//! How the partitions of a cluster are replicated: one question for the metadata of all topics.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::metadata::MetadataTopic;

use super::Error;
use super::client::Slot;
use crate::model::replicas::{PartitionReplicas, Replicas};

/// Reads the replicas of one cluster.
pub struct ReplicasReader(Slot);

impl ReplicasReader {
    /// A reader of the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>) -> Self {
        Self(Slot::new(properties, "mirrorwatch-replicas"))
    }

    /// The replicas of every topic that we may see; one of which the cluster tells nothing is left out. Blocks for up to `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<Replicas, Error> {
        self.0.ask(|client| {
            let metadata = client.fetch_metadata(None, deadline)?;
            let told = metadata.topics().iter().filter(|t| t.error().is_none());
            Ok(told.map(of_topic).collect())
        })
    }
}

fn of_topic(topic: &MetadataTopic) -> (String, Vec<PartitionReplicas>) {
    let partitions = topic.partitions().iter().map(|one| PartitionReplicas {
        partition: one.id(),
        // Kafka names −1 as the leader of a partition that has none.
        has_leader: one.leader() >= 0,
        assigned: one.replicas().len(),
        in_sync: one.isr().len(),
    });
    (topic.name().to_owned(), partitions.collect())
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;

    fn read(cluster: &MockCluster<'_, rdkafka::producer::DefaultProducerContext>) -> Replicas {
        let address = cluster.bootstrap_servers();
        let properties = [("bootstrap.servers".to_owned(), address)].into();
        let reader = ReplicasReader::new(properties);
        reader.read(Duration::from_secs(10)).unwrap()
    }

    #[test]
    fn a_partition_without_a_leader_is_told_from_one_that_has_one() {
        let cluster = MockCluster::new(3).unwrap();
        cluster.create_topic("orders", 2, 3).unwrap();
        let whole = PartitionReplicas {
            partition: 0,
            has_leader: true,
            assigned: 3,
            in_sync: 3,
        };
        let second = PartitionReplicas {
            partition: 1,
            ..whole
        };
        assert_eq!(read(&cluster)["orders"], [whole, second]);
        cluster.partition_leader("orders", 1, None).unwrap();
        let orphan = PartitionReplicas {
            has_leader: false,
            ..second
        };
        assert_eq!(read(&cluster)["orders"], [whole, orphan]);
    }

    #[test]
    fn a_cluster_that_is_not_there_is_an_error_and_no_empty_list() {
        let properties = [("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned())];
        let reader = ReplicasReader::new(properties.into());
        assert!(reader.read(Duration::from_millis(500)).is_err());
    }
}
