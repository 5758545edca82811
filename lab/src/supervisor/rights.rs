//! The right of MM2's consumers to read the topics that they copy, taken and given back; everybody else keeps it.

use serde_json::json;

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::shared::Shared;
use crate::kafka::acls;
use crate::links::FROM;
use crate::policy::CANARY;

/// Takes it.
pub(super) fn deny(shared: &Shared) -> Result<Done, Error> {
    let (source, topics) = (&shared.lab.clusters["source"], topics(shared));
    let (stamp, ()) = stamped(|| acls::deny_read(source, &topics, &FROM.to_string()))?;
    Ok(Done {
        stamp,
        details: json!({ "topics": topics, "denied": "READ", "host": FROM.to_string() }),
    })
}

/// Gives it back.
pub(super) fn allow(shared: &Shared) -> Result<Done, Error> {
    let (source, topics) = (&shared.lab.clusters["source"], topics(shared));
    let (stamp, ()) = stamped(|| acls::forget(source, &topics))?;
    Ok(Done {
        stamp,
        details: json!({ "topics": topics }),
    })
}

/// The load's, the canary's and those beside.
fn topics(shared: &Shared) -> Vec<&str> {
    let lab = &shared.lab;
    let extra = lab.extra_topics.iter().map(String::as_str);
    [lab.load.topic.as_str(), CANARY]
        .into_iter()
        .chain(extra)
        .collect()
}
