//! The packets that are dropped: from a worker to the listeners that a cluster has for it. The rules are always set whole, in one go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::Error;
use super::command::run;
use crate::description::Description;
use crate::links::{self, Link};

/// The rules in the namespace that this process is in.
#[derive(Debug)]
pub(crate) struct Rules {
    host: String,
    /// The ports that are the other end of each link.
    ports: BTreeMap<Link, Vec<u16>>,
    dropped: Mutex<BTreeSet<Link>>,
}

impl Rules {
    pub(crate) fn new(lab: &Description) -> Self {
        let mut ports: BTreeMap<Link, Vec<u16>> = BTreeMap::new();
        for (link, port) in links::listeners(lab) {
            ports.entry(link).or_default().push(port);
        }
        Self {
            host: lab.host.clone(),
            ports,
            dropped: Mutex::default(),
        }
    }

    /// Drops the packets of these links, or drops them no more.
    pub(crate) fn set(&self, links: &[Link], drop: bool) -> Result<(), Error> {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = dropped.clone();
        for link in links {
            if drop {
                wanted.insert(link.clone());
            } else {
                wanted.remove(link);
            }
        }
        if wanted != *dropped {
            run("iptables-restore", "--wait", &self.text(&wanted))?;
            *dropped = wanted;
        }
        Ok(())
    }

    /// Whether packets of the link are dropped.
    pub(crate) fn drops(&self, link: &Link) -> bool {
        let dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.contains(link)
    }

    /// The whole table, as `iptables-restore` reads it.
    fn text(&self, dropped: &BTreeSet<Link>) -> String {
        let mut text = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n".to_owned();
        for port in dropped
            .iter()
            .filter_map(|link| self.ports.get(link))
            .flatten()
        {
            let _ = writeln!(
                text,
                "-A OUTPUT -p tcp -d {} --dport {port} -j DROP",
                self.host
            );
        }
        text + "COMMIT\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn only_the_listeners_of_that_worker_at_that_cluster_are_dropped() {
        let mut config = Config::new("/lab");
        config.brokers = 2;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        let rules = Rules::new(&lab);
        let link = Link {
            worker: "worker-2".into(),
            cluster: "target".into(),
        };
        let text = rules.text(&BTreeSet::from([link]));
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("-A")).collect();
        let wanted = lab.clusters["target"].brokers.iter().map(|broker| {
            let port = broker.workers[1];
            format!("-A OUTPUT -p tcp -d {} --dport {port} -j DROP", lab.host)
        });
        assert_eq!(lines, wanted.collect::<Vec<_>>());
    }
}
