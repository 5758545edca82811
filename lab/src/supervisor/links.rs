//! Links between workers and clusters that are stalled and mended; all workers at once are one deed.

use serde_json::{Value, json};

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::protocol::{Hurt, Stamp};
use super::scene::Scene;
use super::shared::Shared;
use crate::description::Worker;
use crate::links::{Change, Link};

/// Does the same to the links of these workers to the cluster.
pub(super) fn change(
    shared: &Shared,
    cluster: &str,
    workers: &str,
    change: Change,
) -> Result<Done, Error> {
    let (links, who) = chosen(shared, cluster, workers)?;
    let (stamp, ()) = stamped(|| {
        shared.links.change(&links, change)?;
        match &shared.rules {
            Some(rules) if change == Change::Mend => Ok(rules.mend(&links)?),
            _ => Ok::<(), Error>(()),
        }
    })?;
    Ok(done(stamp, cluster, &who))
}

/// Drops the packets from these workers to the cluster.
pub(super) fn drop_packets(shared: &Shared, cluster: &str, workers: &str) -> Result<Done, Error> {
    let rules = shared.rules.as_ref().ok_or(Error::NoLoss)?;
    let (links, who) = chosen(shared, cluster, workers)?;
    let (stamp, ()) = stamped(|| rules.drop(&links))?;
    Ok(done(stamp, cluster, &who))
}

fn done(stamp: Stamp, cluster: &str, who: &[Value]) -> Done {
    Done {
        stamp,
        details: json!({ "cluster": cluster, "workers": who }),
    }
}

/// The links that do not flow.
pub(super) fn hurt(shared: &Shared) -> Vec<Hurt> {
    let workers = shared.lab.workers.iter();
    let links = workers.flat_map(|worker| {
        let clusters = shared.lab.clusters.keys();
        clusters.map(|cluster| link(worker, cluster))
    });
    let hurt = links.filter_map(|link| {
        Some(Hurt {
            state: state(shared, &link)?.to_owned(),
            worker: link.worker,
            cluster: link.cluster,
        })
    });
    hurt.collect()
}

/// What was done to a link that does not flow.
fn state(shared: &Shared, link: &Link) -> Option<&'static str> {
    let rules = shared.rules.as_ref();
    if rules.is_some_and(|rules| rules.drops(link)) {
        return Some("dropped");
    }
    shared.links.is_stalled(link).then_some("stalled")
}

/// Whether no worker has a link to the cluster that flows.
pub(super) fn all_are_hurt(shared: &Shared, cluster: &str) -> bool {
    let links = of_all(shared, cluster);
    links.iter().all(|link| state(shared, link).is_some())
}

/// The links of all workers to the cluster.
pub(super) fn of_all(shared: &Shared, cluster: &str) -> Vec<Link> {
    let workers = shared.lab.workers.iter();
    workers.map(|worker| link(worker, cluster)).collect()
}

/// Their links, and who they are as a note tells it: with role and tasks where one was chosen.
fn chosen(shared: &Shared, cluster: &str, workers: &str) -> Result<(Vec<Link>, Vec<Value>), Error> {
    if workers == "all" {
        let all = shared.lab.workers.iter();
        return Ok((
            of_all(shared, cluster),
            all.map(|worker| json!({ "name": worker.name, "worker": worker.id }))
                .collect(),
        ));
    }
    let (scene, worker) = Scene::with(shared, workers)?;
    Ok((vec![link(worker, cluster)], vec![scene.describe(worker)]))
}

fn link(worker: &Worker, cluster: &str) -> Link {
    Link {
        worker: worker.name.clone(),
        cluster: cluster.to_owned(),
    }
}
