//! Which groups MM2 translates, by the task lists of its checkpoint connectors. No configuration names them: every connector is asked,
//! and for that rarely.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Schedule;
use super::endpoint;
use super::readers::{connect_failure, connectors, hedged, lists, whole};
use crate::connect;
use crate::model::checkpoint::CheckpointConnector;
use crate::model::flow::Flow;
use crate::model::snapshot::Reading;

/// Ask again and again which checkpoint connectors there are.
pub(super) fn translators(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    clients: Vec<connect::Client>,
    flows: &Arc<[Flow]>,
) -> watch::Receiver<Reading<Vec<CheckpointConnector>>> {
    let (sender, receiver) = endpoint::channel("checkpoint_connectors");
    let (clients, others): (Arc<[_]>, _) = (clients.into(), connectors(flows));
    loops.spawn(endpoint::run(schedule, sender, move || {
        let (clients, others) = (Arc::clone(&clients), Arc::clone(&others));
        async move {
            let read = hedged(&clients, schedule.deadline, |client| all(client, &others));
            read.await.map(whole).map_err(connect_failure)
        }
    }));
    receiver
}

/// The checkpoint connectors among all connectors but `others`, of which it is known that they are none.
async fn all(
    client: connect::Client,
    others: &[String],
) -> Result<Vec<CheckpointConnector>, connect::Error> {
    let mut names = client.names().await?;
    names.retain(|name| !others.contains(name));
    let ask = |name: String| {
        let client = client.clone();
        async move { client.checkpoints(&name).await }
    };
    // One that is not there was deleted meanwhile.
    let (found, _) = lists(names, ask).await?;
    Ok(found.into_iter().flatten().collect())
}
