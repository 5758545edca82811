//! From what a lab is asked to be to its address book.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{CONNECT_CLUSTER, Config, LinkKind};
use crate::description::{Broker, Cluster, Description, GROUP, Prometheus, Worker};
use crate::network::Subnet;
use crate::policy::BACK_PARTITIONS;
use crate::ports::{self, Ports};
use crate::render;
use crate::secure::Secure;

/// Where a lab listens.
const LOOPBACK: &str = "127.0.0.1";

impl Description {
    /// Gives every part of the lab its address.
    pub fn plan(config: &Config, binary: PathBuf, ports: &mut Ports) -> Self {
        let own = config.links == LinkKind::Netns;
        let subnet = own.then(|| Subnet::of(ports.block()));
        let mut places = Places {
            host: subnet.map_or_else(|| LOOPBACK.to_owned(), Subnet::lab),
            subnet,
            ports,
        };
        let clusters: BTreeMap<_, _> = (0..)
            .zip(config.clusters())
            .map(|(number, alias)| {
                let cluster = cluster((number, alias), config, &mut places);
                (alias.to_owned(), cluster)
            })
            .collect();
        let workers = (0..config.workers)
            .map(|index| worker(index, config, &clusters, &mut places))
            .collect();
        // Without a load no group commits an offset, and without such a group the connector makes no task.
        let has_load = config.load.records_per_second > 0.0;
        let mut tasks = vec![
            ("mirror-source", config.source_tasks()),
            ("mirror-checkpoint", u16::from(has_load)),
            ("mirror-heartbeat", 1),
        ];
        tasks.extend(
            config
                .back
                .as_ref()
                .map(|_| (render::BACK, BACK_PARTITIONS)),
        );
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            dir: config.dir.clone(),
            binary,
            supervisor: std::process::id(),
            kafka: config.kafka.clone(),
            profile: config.profile,
            settings: config.settings(),
            clusters,
            group: GROUP.to_owned(),
            group_cluster: if config.group_cluster {
                CONNECT_CLUSTER
            } else {
                "target"
            }
            .to_owned(),
            workers,
            connectors: tasks
                .into_iter()
                .map(|(name, tasks)| (name.to_owned(), tasks))
                .collect(),
            prometheus: servers(config, &mut places),
            alertmanager: format!("http://{}", places.next()),
            receiver: config.alerts.then(|| format!("http://{}", places.next())),
            exporter: format!(
                "{}:{}",
                subnet.map_or_else(|| LOOPBACK.to_owned(), Subnet::machine),
                places.ports.next()
            ),
            secure: Secure::of(config),
            namespace: subnet.map(Subnet::name),
            host: places.host,
            load: config.load.clone(),
            extra_topics: config.extra_topics.clone(),
            remote_topic: config.policy.remote_topic("source", &config.load.topic),
            watch: config.watched(),
            processes: BTreeMap::new(),
        }
    }

    /// How many ports `plan` takes.
    pub fn ports_needed(config: &Config) -> usize {
        let (brokers, workers) = (usize::from(config.brokers), usize::from(config.workers));
        let shipped = if config.alerts { 2 } else { 0 };
        config.clusters().count() * brokers * (2 + workers) + 2 * workers + 4 + shipped
    }

    /// Takes a block of ports that is large enough.
    pub fn take_ports(config: &Config) -> Result<Ports, ports::Error> {
        Ports::take(Self::ports_needed(config), std::process::id())
    }
}

/// Gives out addresses.
struct Places<'a> {
    host: String,
    subnet: Option<Subnet>,
    ports: &'a mut Ports,
}

impl Places<'_> {
    fn next(&mut self) -> String {
        format!("{}:{}", self.host, self.ports.next())
    }
}

fn cluster((number, alias): (u16, &str), config: &Config, places: &mut Places<'_>) -> Cluster {
    let (host, subnet) = (places.host.clone(), places.subnet);
    let ports = &mut *places.ports;
    let brokers: Vec<Broker> = (1..=config.brokers)
        .map(|node| Broker {
            name: format!("{alias}-{node}"),
            client: ports.next(),
            controller: ports.next(),
            for_workers: subnet.map_or_else(|| host.clone(), |subnet| subnet.broker(number, node)),
            workers: (0..config.workers).map(|_| ports.next()).collect(),
        })
        .collect();
    Cluster {
        bootstrap: bootstrap(&brokers, |broker| (&host, broker.client)),
        secure: Secure::of(config),
        brokers,
    }
}

fn bootstrap<'a>(brokers: &'a [Broker], address: impl Fn(&'a Broker) -> (&'a str, u16)) -> String {
    let addresses: Vec<String> = brokers
        .iter()
        .map(|broker| {
            let (host, port) = address(broker);
            format!("{host}:{port}")
        })
        .collect();
    addresses.join(",")
}

fn worker(
    index: u16,
    config: &Config,
    clusters: &BTreeMap<String, Cluster>,
    places: &mut Places<'_>,
) -> Worker {
    let scheme = if config.secure { "https" } else { "http" };
    let (rest, jolokia) = (places.next(), places.next());
    let own = |cluster: &Cluster| {
        bootstrap(&cluster.brokers, |broker| {
            (&broker.for_workers, broker.workers[usize::from(index)])
        })
    };
    Worker {
        name: format!("worker-{}", index + 1),
        rest: format!("{scheme}://{rest}"),
        id: rest,
        jolokia: format!("{scheme}://{jolokia}/jolokia/"),
        bootstrap: clusters
            .iter()
            .map(|(alias, cluster)| (alias.clone(), own(cluster)))
            .collect(),
    }
}

/// The lab's own two, and the one that runs the shipped alerts.
fn servers(config: &Config, places: &mut Places<'_>) -> Vec<Prometheus> {
    let mut servers = vec![
        prometheus(1, "inventory.yml", places),
        prometheus(15, "inventory-15s.yml", places),
    ];
    if config.alerts {
        servers.push(Prometheus {
            name: render::SHIPPED.to_owned(),
            ..prometheus(10, "inventory-10s.yml", places)
        });
    }
    servers
}

fn prometheus(seconds: u16, inventory: &str, places: &mut Places<'_>) -> Prometheus {
    Prometheus {
        name: format!("prometheus-{seconds}s"),
        url: format!("http://{}", places.next()),
        scrape_interval_seconds: seconds,
        inventory: inventory.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_takes_as_many_ports_as_it_says() {
        let mut config = Config::new("x");
        config.brokers = 2;
        for more in [false, true] {
            (config.alerts, config.group_cluster) = (more, more);
            let mut ports = Description::take_ports(&config).unwrap();
            let first = ports.next();
            Description::plan(&config, PathBuf::from("lab"), &mut ports);
            assert_eq!(
                usize::from(ports.next() - first - 1),
                Description::ports_needed(&config)
            );
        }
    }

    #[test]
    fn every_part_is_found_by_its_name() {
        let config = Config::new("x");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, PathBuf::from("lab"), &mut ports);
        assert_eq!(lab.address("exporter"), Some(lab.exporter.as_str()));
        assert_eq!(
            lab.address("source"),
            Some(lab.clusters["source"].bootstrap.as_str())
        );
        assert_eq!(lab.address("worker-2"), Some(lab.workers[1].rest.as_str()));
        assert_eq!(
            lab.address("prometheus-15s"),
            Some(lab.prometheus[1].url.as_str())
        );
        assert_eq!(lab.address("worker-9"), None);
    }

    #[test]
    fn only_a_lab_of_the_shipped_alerts_has_their_server_and_a_receiver() {
        let mut config = Config::new("x");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, PathBuf::from("lab"), &mut ports);
        assert_eq!(lab.prometheus.len(), 2);
        assert_eq!(lab.address("receiver"), None);
        config.alerts = true;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, PathBuf::from("lab"), &mut ports);
        let receiver = lab.receiver.as_deref();
        assert!(receiver.is_some() && lab.address("receiver") == receiver);
        let url = lab.prometheus[2].url.as_str();
        assert_eq!(lab.address("prometheus-10s"), Some(url));
        assert_eq!(lab.prometheus[2].inventory, "inventory-10s.yml");
    }

    #[test]
    fn a_lab_in_a_namespace_has_one_address_and_the_exporter_the_other() {
        let mut config = Config::new("x");
        config.links = LinkKind::Netns;
        let mut ports = Description::take_ports(&config).unwrap();
        let subnet = Subnet::of(ports.block());
        let lab = Description::plan(&config, PathBuf::from("lab"), &mut ports);
        assert_eq!(lab.namespace, Some(subnet.name()));
        assert!(lab.workers[0].id.starts_with(&subnet.lab()));
        assert!(lab.clusters["source"].bootstrap.starts_with(&subnet.lab()));
        assert!(lab.exporter.starts_with(&subnet.machine()));
        let of_target = format!("{}:", subnet.broker(1, 1));
        assert!(lab.workers[2].bootstrap["target"].starts_with(&of_target));
    }

    #[test]
    fn every_worker_has_addresses_of_its_own() {
        let config = Config::new("x");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, PathBuf::from("lab"), &mut ports);
        assert_ne!(
            lab.workers[0].bootstrap["target"],
            lab.workers[1].bootstrap["target"]
        );
        assert_ne!(
            lab.workers[0].bootstrap["target"],
            lab.clusters["target"].bootstrap
        );
    }
}
