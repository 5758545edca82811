//! Names of topics in the MBeans of consumers. Kafka up to 4.0 writes `_` for each dot there and nowhere else; 4.1 and
//! later (KIP-1109) has such an MBean twice, under the topic's name and the old way. Each partition stands once, under
//! the name that the topic has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::flow::Flow;
use crate::model::jmx::{BEANS, JmxView};

/// The MBeans of a consumer's partitions.
const FETCH_PARTITION: &str =
    "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*,topic=*,partition=*";
/// MM2's own MBeans, which have the name at the target.
const MIRRORED: &str = "kafka.connect.mirror:type=MirrorSourceConnector,*";

/// What becomes of an MBean whose topic may be written the old way.
#[derive(Clone)]
enum Fate {
    /// It is what it says.
    Stays,
    /// It stands there under the topic's name, too.
    Copy,
    /// It gets these labels.
    Renamed(Arc<[String]>),
}

/// Give the consumers' partitions in `view` the names of their topics, each once.
pub(super) fn settle(view: &mut JmxView, flows: &[Flow]) {
    let place = |name: &str| BEANS.iter().position(|bean| bean.name == name);
    let label = |bean: usize, label: &str| BEANS[bean].labels.iter().position(|l| *l == label);
    let Some((bean, topic)) =
        place(FETCH_PARTITION).and_then(|bean| Some((bean, label(bean, "topic")?)))
    else {
        return;
    };
    let judge = Judge::of(view, flows, bean, topic);
    // The values of one MBean stand together and share their labels.
    let mut last: Option<(Arc<[String]>, Fate)> = None;
    view.samples.retain_mut(|sample| {
        if sample.bean != bean || sample.labels[topic].contains('.') {
            return true;
        }
        let known = last
            .take()
            .filter(|(labels, _)| Arc::ptr_eq(labels, &sample.labels));
        let (labels, fate) =
            known.unwrap_or_else(|| (Arc::clone(&sample.labels), judge.fate(&sample.labels)));
        let stays = !matches!(fate, Fate::Copy);
        if let Fate::Renamed(renamed) = &fate {
            sample.labels = Arc::clone(renamed);
        }
        last = Some((labels, fate));
        stays
    });
}

/// What is known of the topics of one view.
struct Judge {
    /// Place of the topic among the labels.
    topic: usize,
    /// Labels of the MBeans whose topic has a dot.
    dotted: HashSet<Arc<[String]>>,
    names: HashMap<String, Option<String>>,
}

impl Judge {
    fn of(view: &JmxView, flows: &[Flow], bean: usize, topic: usize) -> Self {
        let samples = view.samples.iter().filter(|sample| sample.bean == bean);
        let dotted = samples.filter(|sample| sample.labels[topic].contains('.'));
        let dotted: HashSet<_> = dotted.map(|sample| Arc::clone(&sample.labels)).collect();
        let names = names(view, flows, dotted.iter().map(|labels| &*labels[topic]));
        Self {
            topic,
            dotted,
            names,
        }
    }

    /// What becomes of an MBean whose topic has no dot.
    fn fate(&self, labels: &Arc<[String]>) -> Fate {
        let Some(Some(name)) = self.names.get(&labels[self.topic]) else {
            return Fate::Stays;
        };
        let mut renamed: Vec<String> = labels.to_vec();
        renamed[self.topic].clone_from(name);
        let renamed: Arc<[String]> = renamed.into();
        if self.dotted.contains(&renamed) {
            Fate::Copy
        } else if self.dotted.is_empty() {
            Fate::Renamed(renamed)
        } else {
            // This Kafka writes dots: the topic is really called so.
            Fate::Stays
        }
    }
}

/// By the old way of writing, the topic that is written so; `None` where several are.
fn names<'a>(
    view: &'a JmxView,
    flows: &'a [Flow],
    dotted: impl Iterator<Item = &'a str>,
) -> HashMap<String, Option<String>> {
    let mirrored = view
        .samples
        .iter()
        .filter(|sample| BEANS[sample.bean].name == MIRRORED)
        .filter_map(|sample| source_topic(&sample.labels, flows))
        .map(str::to_owned);
    let own = flows.iter().flat_map(|flow| {
        let syncs = |alias: &str| format!("mm2-offset-syncs.{alias}.internal");
        [
            flow.checkpoint_topic(),
            syncs(&flow.source),
            syncs(&flow.target),
        ]
    });
    let mut names: HashMap<String, Option<String>> = HashMap::new();
    for name in dotted.map(str::to_owned).chain(mirrored).chain(own) {
        let old = name.replace('.', "_");
        match names.get_mut(&old) {
            Some(known) if known.as_ref() != Some(&name) => *known = None,
            Some(_) => {}
            None => {
                names.insert(old, Some(name));
            }
        }
    }
    names.retain(|old, name| name.as_ref() != Some(old));
    names
}

/// The name at the source of the topic that one of MM2's own MBeans is of.
fn source_topic<'a>(labels: &'a [String], flows: &[Flow]) -> Option<&'a str> {
    let [source, target, topic, ..] = labels else {
        return None;
    };
    let flow = flows
        .iter()
        .find(|flow| (&flow.source, &flow.target) == (source, target))?;
    flow.source_topic(topic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::ReplicationPolicy;
    use crate::model::jmx::JmxSample;

    fn view(mirrored: &[&str], consumed: &[&str]) -> JmxView {
        let sample = |name: &str, labels: Vec<&str>| JmxSample {
            bean: BEANS.iter().position(|bean| bean.name == name).unwrap(),
            attribute: 0,
            labels: labels.into_iter().map(str::to_owned).collect(),
            value: 5.0,
        };
        let mirrored = mirrored
            .iter()
            .map(|topic| sample(MIRRORED, vec!["s", "t", topic, "0"]));
        let consumed = consumed
            .iter()
            .map(|topic| sample(FETCH_PARTITION, vec!["c", "0", "client", topic, "0"]));
        JmxView {
            samples: mirrored.chain(consumed).collect(),
            ..JmxView::default()
        }
    }

    fn settled(mirrored: &[&str], consumed: &[&str]) -> Vec<String> {
        let mut view = view(mirrored, consumed);
        let flow = Flow {
            source: "s".into(),
            target: "t".into(),
            connector: "c".into(),
            policy: ReplicationPolicy::default(),
        };
        settle(&mut view, &[flow]);
        let consumed = view
            .samples
            .iter()
            .filter(|sample| sample.labels.len() == 5);
        consumed.map(|sample| sample.labels[3].clone()).collect()
    }

    #[test]
    fn of_a_topic_with_dots_only_the_mbean_under_its_name_stays() {
        assert_eq!(settled(&[], &["a.b", "a_b", "c_d"]), ["a.b", "c_d"]);
        assert_eq!(settled(&["s.a.b"], &["a_b", "x.y", "x_y"]), ["a_b", "x.y"]);
    }

    #[test]
    fn kafka_3_has_its_dots_back_where_they_are_known() {
        assert_eq!(
            settled(&["s.a.b", "s.c"], &["a_b", "c", "d_e"]),
            ["a.b", "c", "d_e"]
        );
        assert_eq!(
            settled(
                &[],
                &["mm2-offset-syncs_t_internal", "s_checkpoints_internal"]
            ),
            ["mm2-offset-syncs.t.internal", "s.checkpoints.internal"]
        );
    }

    #[test]
    fn a_name_that_may_be_two_topics_stays_as_it_is() {
        assert_eq!(settled(&["s.a.b", "s.a_b"], &["a_b"]), ["a_b"]);
        assert_eq!(settled(&["s.a_b"], &["a_b"]), ["a_b"]);
    }
}
