//! Topics of the source that are deleted and made again, beside the load's.

use std::time::Duration;

use serde_json::json;

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::shared::Shared;
use crate::clock;
use crate::config::EXTRA_PARTITIONS;
use crate::kafka;
use crate::kafka::topics::{Topic, bounds, create as make, delete as remove, partitions};
use crate::load::Control;
use crate::render::LARGEST_RECORD;

const PATIENCE: Duration = Duration::from_secs(30);

/// Deletes a topic and waits until the source does not know it any more.
pub(super) fn delete(shared: &Shared, topic: &str) -> Result<Done, Error> {
    if topic == shared.lab.load.topic {
        return Err(Error::TopicOfTheLoad(topic.to_owned()));
    }
    let source = &shared.lab.clusters["source"];
    let held = bounds(source, topic)?;
    if held.is_empty() {
        return Err(Error::NoSuchTopic(topic.to_owned()));
    }
    let (stamp, ()) = stamped(|| {
        remove(source, topic)?;
        wait(topic, "go", || Ok(partitions(source, topic)?.is_empty()))
    })?;
    let rows = held.iter().map(
        |(partition, (first, end))| json!({ "partition": partition, "first": first, "end": end }),
    );
    Ok(Done {
        stamp,
        details: json!({ "topic": topic, "partitions": rows.collect::<Vec<_>>() }),
    })
}

/// Makes a topic and waits until each of its partitions answers.
pub(super) fn create(shared: &Shared, topic: &str, number: Option<u16>) -> Result<Done, Error> {
    let source = &shared.lab.clusters["source"];
    if !partitions(source, topic)?.is_empty() {
        return Err(Error::TopicExists(topic.to_owned()));
    }
    let number = number.unwrap_or(EXTRA_PARTITIONS);
    let new = Topic {
        name: topic,
        partitions: number,
        replication: shared.config.replication(),
        largest: Some(LARGEST_RECORD),
    };
    let (stamp, ()) = stamped(|| {
        make(source, new)?;
        wait(topic, "answer", || {
            Ok(bounds(source, topic).is_ok_and(|bounds| bounds.len() == usize::from(number)))
        })
    })?;
    Ok(Done {
        stamp,
        details: json!({ "topic": topic, "partitions": number }),
    })
}

/// Makes a topic, if it is not there, and has the load send records to it.
pub(super) fn new(shared: &Shared, topic: &str) -> Result<Done, Error> {
    let control = Control::new(&shared.lab.dir);
    let source = &shared.lab.clusters["source"];
    let is_there = !partitions(source, topic)?.is_empty();
    let (stamp, ()) = stamped(|| {
        if !is_there {
            create(shared, topic, None)?;
        }
        Ok::<_, Error>(control.feed(topic, true)?)
    })?;
    Ok(Done {
        stamp,
        details: json!({ "topic": topic, "partitions": EXTRA_PARTITIONS }),
    })
}

/// Has the load send no more records to a topic, and deletes it and its copy, as far as they are there.
pub(super) fn drop(shared: &Shared, topic: &str) -> Result<Done, Error> {
    if topic == shared.lab.load.topic {
        return Err(Error::TopicOfTheLoad(topic.to_owned()));
    }
    let (source, target) = (
        &shared.lab.clusters["source"],
        &shared.lab.clusters["target"],
    );
    let copy = shared.config.policy.remote_topic("source", topic);
    let (stamp, ()) = stamped(|| {
        Control::new(&shared.lab.dir).feed(topic, false)?;
        for (cluster, name) in [(source, topic), (target, &copy)] {
            remove(cluster, name)?;
            wait(name, "go", || Ok(partitions(cluster, name)?.is_empty()))?;
        }
        Ok::<_, Error>(())
    })?;
    Ok(Done {
        stamp,
        details: json!({ "topic": topic, "copy": copy }),
    })
}

fn wait(
    topic: &str,
    what: &'static str,
    done: impl Fn() -> Result<bool, kafka::Error>,
) -> Result<(), Error> {
    let deadline = clock::monotonic() + PATIENCE;
    while !done()? {
        if clock::monotonic() > deadline {
            return Err(Error::TooSlow {
                name: topic.to_owned(),
                what,
                seconds: PATIENCE.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
