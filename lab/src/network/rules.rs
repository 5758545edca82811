//! The packets that are dropped: from a worker to the listeners that a cluster has for it, or from all of them to a broker's address, by
//! lines that somebody ran in the namespace (`lab inside`). The rules are always set whole, in one go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::Error;
use super::command::{read, run};
use crate::description::Description;
use crate::links::{self, Link};

/// The rules in the namespace that this process is in.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Address and port of the listeners that are the other end of each link.
    listeners: BTreeMap<Link, Vec<(String, u16)>>,
    dropped: Mutex<BTreeSet<Link>>,
}

impl Rules {
    pub(crate) fn new(lab: &Description) -> Self {
        let mut ends: BTreeMap<Link, Vec<(String, u16)>> = BTreeMap::new();
        for (link, host, port) in links::listeners(lab) {
            ends.entry(link).or_default().push((host.to_owned(), port));
        }
        Self {
            listeners: ends,
            dropped: Mutex::default(),
        }
    }

    /// Drops the packets of these links, too.
    pub(crate) fn drop(&self, links: &[Link]) -> Result<(), Error> {
        let cut = cut()?;
        self.set(&cut, |dropped| dropped.extend(links.iter().cloned()))
    }

    /// Drops the packets of these links no more. A broker's address that is cut for all is free again when all its links are among them.
    pub(crate) fn mend(&self, links: &[Link]) -> Result<(), Error> {
        let mended: BTreeSet<&Link> = links.iter().collect();
        let mut cut = cut()?;
        cut.retain(|address| self.of(address).any(|link| !mended.contains(link)));
        self.set(&cut, |dropped| {
            dropped.retain(|link| !mended.contains(link));
        })
    }

    /// Whether packets of the link are dropped.
    pub(crate) fn drops(&self, link: &Link) -> bool {
        let dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let is_cut = || {
            let cut = cut().unwrap_or_default();
            cut.iter()
                .any(|address| self.of(address).any(|one| one == link))
        };
        dropped.contains(link) || is_cut()
    }

    fn set(
        &self,
        cut: &BTreeSet<String>,
        change: impl FnOnce(&mut BTreeSet<Link>),
    ) -> Result<(), Error> {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = dropped.clone();
        change(&mut wanted);
        run("iptables-restore", "--wait", &self.text(cut, &wanted))?;
        *dropped = wanted;
        Ok(())
    }

    /// The links that lead to this address.
    fn of(&self, address: &str) -> impl Iterator<Item = &Link> {
        let leads = move |ends: &[(String, u16)]| ends.iter().any(|(host, _)| host == address);
        let links = self.listeners.iter().filter(move |(_, ends)| leads(ends));
        links.map(|(link, _)| link)
    }

    /// The whole table, as `iptables-restore` reads it.
    fn text(&self, cut: &BTreeSet<String>, dropped: &BTreeSet<Link>) -> String {
        let mut text = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n".to_owned();
        for address in cut {
            let _ = writeln!(text, "-A OUTPUT -d {address} -j DROP");
        }
        let ends = dropped.iter().filter_map(|link| self.listeners.get(link));
        for (host, port) in ends.flatten() {
            let _ = writeln!(text, "-A OUTPUT -p tcp -d {host} --dport {port} -j DROP");
        }
        text + "COMMIT\n"
    }
}

/// The brokers' addresses to which nothing passes, as the kernel has them.
fn cut() -> Result<BTreeSet<String>, Error> {
    let rules = read("iptables", "--wait -S OUTPUT")?;
    Ok(rules.lines().filter_map(whole).map(str::to_owned).collect())
}

/// The address of a rule that drops all that goes there.
fn whole(rule: &str) -> Option<&str> {
    let address = rule.strip_prefix("-A OUTPUT -d ")?;
    address.strip_suffix("/32 -j DROP")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn lab() -> Description {
        let mut config = Config::new("/lab");
        config.brokers = 2;
        config.links = crate::config::LinkKind::Netns;
        let mut ports = Description::take_ports(&config).unwrap();
        Description::plan(&config, "lab".into(), &mut ports)
    }

    #[test]
    fn only_the_listeners_of_that_worker_at_that_cluster_are_dropped() {
        let lab = lab();
        let rules = Rules::new(&lab);
        let link = Link {
            worker: "worker-2".into(),
            cluster: "target".into(),
        };
        let text = rules.text(&BTreeSet::new(), &BTreeSet::from([link]));
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("-A")).collect();
        let wanted = lab.clusters["target"].brokers.iter().map(|broker| {
            let (host, port) = (&broker.for_workers, broker.workers[1]);
            format!("-A OUTPUT -p tcp -d {host} --dport {port} -j DROP")
        });
        assert_eq!(lines, wanted.collect::<Vec<_>>());
    }

    #[test]
    fn a_broker_that_is_cut_as_between_hosts_is_known_by_its_rule() {
        let lab = lab();
        let rules = Rules::new(&lab);
        let broker = &lab.clusters["source"].brokers[0].for_workers;
        let rule = format!("-A OUTPUT -d {broker}/32 -j DROP");
        assert_eq!(whole(&rule), Some(broker.as_str()));
        assert_eq!(whole("-A OUTPUT -d 10.0.0.1/32 -p tcp -j DROP"), None);
        let cut: Vec<&Link> = rules.of(broker).collect();
        assert!(cut.len() == 3 && cut.iter().all(|link| link.cluster == "source"));
    }
}
