use super::*;
use crate::model::flow::ReplicationPolicy;
use crate::model::jmx::{BEANS, JmxSample};

const AT: Duration = Duration::from_secs(100);

fn flow() -> Flow {
    Flow {
        source: "source".to_owned(),
        target: "target".to_owned(),
        connector: "mirror-source".to_owned(),
        policy: ReplicationPolicy::default(),
    }
}

/// One sample of the catalogue, with these labels.
fn sample(prefix: &str, attribute: &str, labels: &[(&str, &str)], value: f64) -> JmxSample {
    let has_all = |bean: &crate::model::jmx::Bean| {
        let mut named = labels.iter();
        bean.prefix == prefix && named.all(|(key, _)| bean.labels.contains(key))
    };
    let mut places = BEANS.iter().enumerate().filter(|(_, bean)| has_all(bean));
    let (bean, attribute) = places
        .find_map(|(index, bean)| {
            let mut rows = bean.attributes.iter();
            Some((index, rows.position(|row| row.name == attribute)?))
        })
        .expect("the catalogue has it");
    let keys = BEANS[bean].labels.iter().filter(|key| **key != "worker");
    let value_of = |key: &&str| labels.iter().find(|(name, _)| name == key);
    let labels =
        keys.map(|key| value_of(key).map_or(String::new(), |(_, value)| (*value).to_owned()));
    JmxSample {
        bean,
        attribute,
        labels: labels.collect(),
        value,
    }
}

/// What Jolokia told of a task of Kafka 4.3.1 that was started before the one of its name had ended: neither `record-count` nor
/// `fetch-total`, but the lag of its partition, and what the worker counts of it.
fn uncounted() -> Vec<JmxSample> {
    let task = [("connector", "mirror-source"), ("task", "0")];
    let partition = [
        task[0],
        task[1],
        ("topic", "test-orders"),
        ("partition", "0"),
    ];
    let source_task = "kafka_connect_source_task";
    vec![
        sample(
            "kafka_consumer_fetch_manager",
            "records-lag",
            &partition,
            3.0,
        ),
        sample(source_task, "source-record-active-count", &task, 1.0),
        sample(source_task, "source-record-poll-total", &task, 1_970.0),
    ]
}

fn look(samples: Vec<JmxSample>) -> Look {
    let view = JmxView {
        samples,
        ..JmxView::default()
    };
    Look::at(&view, AT, &[flow()])
}

#[test]
fn a_task_without_mbeans_of_mm2_and_of_its_client_is_seen_by_its_lag_and_by_what_it_polls() {
    let look = look(uncounted());
    let seen: Vec<&Seen> = look.flows[&0].values().collect();
    let [seen] = seen[..] else {
        panic!("one partition: {seen:?}")
    };
    assert_eq!(seen.counts, None, "nothing is counted, which is not zero");
    let expected = Sight {
        at: AT,
        consumer_lag: Some(3.0),
        fetches: Some(1_970.0),
        in_flight: Some(1.0),
        acknowledged: None,
        partitions: 1,
    };
    assert_eq!(seen.sight, expected);
}

#[test]
fn a_lag_that_nothing_counts_is_not_seen_unless_its_task_runs_and_has_lost_its_client() {
    let mut gone = uncounted();
    gone.truncate(1);
    assert!(look(gone).flows[&0].is_empty(), "the task is gone");
    // A task that has its client, and beside it one of Connect's for its own topic, or a lag that is left over.
    let task = [("connector", "mirror-source"), ("task", "0")];
    let mut whole = uncounted();
    whole.push(sample(
        "kafka_consumer_fetch_manager",
        "fetch-total",
        &task,
        1_484.0,
    ));
    assert!(look(whole).flows[&0].is_empty(), "it has its client");
}
