//! Brokers that are stopped, killed and started again; what they hold stays on their disk.

use rustix::process::Signal;
use serde_json::json;

use super::deeds::Done;
use super::fault::Error;
use super::lives;
use super::protocol::Stamp;
use super::shared::Shared;
use crate::description::{Broker, Cluster, Description};
use crate::kafka;

/// Ends brokers one after the other; the first one of a cluster, which is its controller, too, goes last.
pub(super) fn end(shared: &Shared, named: &str, how: Signal) -> Result<Done, Error> {
    let (cluster, mut brokers) = chosen(&shared.lab, named)?;
    brokers.retain(|broker| shared.pid(&broker.name).is_some());
    brokers.reverse();
    if brokers.is_empty() {
        return Err(Error::NotRunning(named.to_owned()));
    }
    let end = |broker: &&Broker| lives::end(shared, &broker.name, how);
    let stamps: Vec<Stamp> = brokers.iter().map(end).collect::<Result<_, _>>()?;
    Ok(done(cluster, &brokers, &stamps))
}

/// Starts brokers again and waits until the cluster answers with all that run.
pub(super) fn start(shared: &Shared, named: &str) -> Result<Done, Error> {
    let (alias, brokers) = chosen(&shared.lab, named)?;
    let cluster = &shared.lab.clusters[alias];
    let start = |broker: &&Broker| {
        lives::start(shared, &broker.name, || {
            let all = cluster.brokers.iter();
            let run = all.filter(|broker| shared.pid(&broker.name).is_some());
            kafka::is_up(cluster, run.count())
        })
    };
    let stamps: Vec<Stamp> = brokers.iter().map(start).collect::<Result<_, _>>()?;
    Ok(done(alias, &brokers, &stamps))
}

/// The brokers of a cluster, or the one of this name, and the alias of their cluster.
fn chosen<'a>(lab: &'a Description, named: &str) -> Result<(&'a str, Vec<&'a Broker>), Error> {
    let of = |(alias, cluster): (&'a String, &'a Cluster)| {
        let all = cluster.brokers.iter();
        let chosen = all.filter(|broker| alias == named || broker.name == named);
        (alias.as_str(), chosen.collect::<Vec<_>>())
    };
    let mut clusters = lab.clusters.iter().map(of);
    clusters
        .find(|(_, brokers)| !brokers.is_empty())
        .ok_or_else(|| Error::NoSuchBroker {
            name: named.to_owned(),
            known: known(lab),
        })
}

fn known(lab: &Description) -> Vec<String> {
    let names = lab.clusters.iter().flat_map(|(alias, cluster)| {
        let brokers = cluster.brokers.iter().map(|broker| broker.name.clone());
        std::iter::once(alias.clone()).chain(brokers)
    });
    names.collect()
}

fn done(cluster: &str, brokers: &[&Broker], stamps: &[Stamp]) -> Done {
    let names: Vec<&str> = brokers.iter().map(|broker| broker.name.as_str()).collect();
    let of = |stamp: fn(&Stamp) -> i64| stamps.iter().map(stamp);
    Done {
        stamp: Stamp {
            before_us: of(|stamp| stamp.before_us).min().unwrap_or_default(),
            after_us: of(|stamp| stamp.after_us).max().unwrap_or_default(),
        },
        details: json!({ "cluster": cluster, "brokers": names }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn brokers_are_named_by_their_cluster_or_one_by_one() {
        let mut config = Config::new("/lab");
        config.brokers = 2;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        let names = |named: &str| {
            let (cluster, brokers) = chosen(&lab, named).unwrap();
            let names = brokers.iter().map(|broker| broker.name.clone());
            (cluster, names.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(names("source"), ("source", "source-1 source-2".to_owned()));
        assert_eq!(names("target-2"), ("target", "target-2".to_owned()));
        let Err(error) = chosen(&lab, "worker-1") else {
            panic!("a worker is no broker");
        };
        let known = "source, source-1, source-2, target, target-1, target-2";
        assert!(error.to_string().ends_with(known), "{error}");
    }
}
