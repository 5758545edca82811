//! From an MBean's object name to its group in the catalogue and its labels.

use std::collections::HashSet;
use std::sync::Arc;

use super::object_name::ObjectName;
use crate::model::flow::{Flow, source_of};
use crate::model::jmx::{BEANS, Bean, client_id};

/// Where an MBean's values belong.
pub(super) struct Place {
    /// Its group in the catalogue.
    pub(super) bean: usize,
    /// The values of the group's labels, without `worker`.
    pub(super) labels: Arc<[String]>,
}

/// Gives each MBean its place, each place once.
pub(super) struct Places<'f> {
    flows: &'f [Flow],
    /// Places of MM2's MBeans under their old names, which go before those under the new ones.
    mirrored: HashSet<(usize, Arc<[String]>)>,
}

impl<'f> Places<'f> {
    pub(super) fn new(flows: &'f [Flow]) -> Self {
        Self {
            flows,
            mirrored: HashSet::new(),
        }
    }

    /// The place of the MBean with this name in the answer to the question number `asked`; `None` if it has none.
    pub(super) fn of(&mut self, asked: usize, name: &str) -> Option<Place> {
        let name = ObjectName::parse(name)?;
        let is_new = asked >= BEANS.len();
        let bean = if is_new { mirror(&name)? } else { asked };
        let labels: Arc<[String]> = labels(BEANS[bean], &name, self.flows)?.into();
        let is_mirrored = BEANS[bean].prefix.starts_with("kafka_connect_mirror_");
        if is_mirrored && !self.mirrored.insert((bean, Arc::clone(&labels))) {
            return None;
        }
        Some(Place { bean, labels })
    }
}

/// The group of MM2 that an MBean under the names of KIP-1280 (Kafka 4.3) belongs to. Their type is shared with every
/// plugin of Connect; only MM2's have a source and a target.
fn mirror(name: &ObjectName) -> Option<usize> {
    name.get("source").and(name.get("target"))?;
    let prefix = match name.get("group") {
        Some(_) => "kafka_connect_mirror_checkpoint_connector",
        None => "kafka_connect_mirror_source_connector",
    };
    BEANS.iter().position(|bean| bean.prefix == prefix)
}

/// The labels of a group in their order, without `worker`; `None` if the object name lacks one that only it can tell.
fn labels(bean: &Bean, name: &ObjectName, flows: &[Flow]) -> Option<Vec<String>> {
    let owner = name.get("client-id").and_then(client_id::owner);
    bean.labels
        .iter()
        .filter(|label| **label != "worker")
        .map(|label| {
            let own = name.get(if *label == "client_id" {
                "client-id"
            } else {
                label
            });
            match (*label, own) {
                (_, Some(value)) => Some(value.to_owned()),
                ("source", None) => {
                    let source = source_of(flows, name.get("target")?, name.get("topic")?);
                    Some(source.unwrap_or_default().to_owned())
                }
                ("connector", None) => {
                    Some(owner.map_or("", |(connector, _)| connector).to_owned())
                }
                ("task", None) => Some(
                    owner
                        .and_then(|(_, task)| task)
                        .unwrap_or_default()
                        .to_owned(),
                ),
                (_, None) => None,
            }
        })
        .collect()
}
