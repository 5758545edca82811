//! From the address book to files and command lines: text, written by `files`.

mod broker;
mod commands;
mod connector;
mod jvm;
mod monitoring;
mod product;
mod shipped;
mod worker;

use std::fs;
use std::io;
use std::path::Path;

pub(crate) use connector::{
    BACK, CHECKPOINT, FAILING, HEARTBEAT, SOURCE, connector, failing_connector,
};
pub(crate) use jvm::program as java;
pub(crate) use shipped::{Error as ShippedError, SHIPPED, Shipped};

use crate::config::Config;
use crate::description::Description;
use crate::home::{self, Home};
use crate::process::Launch;

/// The largest record that topics of the source take: more than MM2's producer sends.
pub(crate) const LARGEST_RECORD: usize = 8 * 1024 * 1024;

/// Writes every configuration file of the lab; `shipped` is there if it runs the shipped alerts.
pub(crate) fn files(
    lab: &Description,
    config: &Config,
    shipped: Option<&Shipped>,
) -> io::Result<()> {
    let dir = &lab.dir;
    for folder in ["logs", "truth", "config", "data"] {
        fs::create_dir_all(dir.join(folder))?;
    }
    let authorizer = if config.secure { jvm::AUTHORIZER } else { "" };
    let log4j2 = [jvm::LOG4J2, authorizer].concat();
    write(dir, "config/log4j2.properties", &log4j2)?;
    write(dir, "config/log4j.properties", jvm::LOG4J1)?;
    for (alias, cluster) in &lab.clusters {
        for node in 0..cluster.brokers.len() {
            write(
                dir,
                &format!("config/{}.properties", cluster.brokers[node].name),
                &broker::properties(lab, config, alias, node),
            )?;
        }
    }
    for one in &lab.workers {
        write(
            dir,
            &format!("config/{}.properties", one.name),
            &worker::properties(lab, config, one),
        )?;
    }
    monitors_files(lab, config, shipped)?;
    if lab.secure.is_some() {
        write(dir, "rest.yml", &product::rest_access())?;
    }
    write(dir, "mirrorwatch.yml", &product::configuration(lab, config))
}

fn monitors_files(lab: &Description, config: &Config, shipped: Option<&Shipped>) -> io::Result<()> {
    let dir = &lab.dir;
    for server in &lab.prometheus {
        let text = match shipped {
            Some(shipped) if server.name == SHIPPED => shipped.prometheus.clone(),
            _ => monitoring::prometheus(lab, config, server),
        };
        write(dir, &format!("{}.yml", server.name), &text)?;
        write(dir, &server.inventory, &product::inventory(lab, server))?;
    }
    let routes = shipped.map_or(monitoring::ALERTMANAGER, |shipped| &shipped.alertmanager);
    write(dir, "alertmanager.yml", routes)
}

fn write(dir: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::write(dir.join(name), text)
}

/// The steps that format the brokers' storage, once each.
pub(crate) fn formats(lab: &Description, home: &Home) -> Result<Vec<Launch>, home::Error> {
    let mut launches = Vec::new();
    for (alias, cluster) in &lab.clusters {
        let id = broker::cluster_id();
        for node in &cluster.brokers {
            launches.push(broker::format(lab, home, alias, node, &id)?);
        }
    }
    Ok(launches)
}

/// The brokers of both clusters.
pub(crate) fn brokers(lab: &Description, home: &Home) -> Result<Vec<Launch>, home::Error> {
    lab.clusters
        .values()
        .flat_map(|cluster| &cluster.brokers)
        .map(|node| broker::launch(lab, home, node))
        .collect()
}

/// The Connect workers.
pub(crate) fn workers(lab: &Description, home: &Home) -> Result<Vec<Launch>, home::Error> {
    lab.workers
        .iter()
        .map(|one| worker::launch(lab, home, one))
        .collect()
}

/// Prometheus servers, Alertmanager and, before them, the receiver of its notifications.
pub(crate) fn monitors(lab: &Description, home: &Home) -> Result<Vec<Launch>, home::Error> {
    let receiver = lab.receiver.iter();
    let mut launches: Vec<Launch> = receiver
        .map(|url| own(lab, "receiver", "receive", url))
        .collect();
    launches.push(monitoring::launch_alertmanager(lab, home)?);
    for server in &lab.prometheus {
        launches.push(monitoring::launch_prometheus(lab, home, server)?);
    }
    Ok(launches)
}

/// The load generator with its readers.
pub(crate) fn load(lab: &Description) -> Launch {
    let address = format!("{} -> {}", lab.load.topic, lab.remote_topic);
    Launch {
        piped: true,
        ..own(lab, "load", "load", &address)
    }
}

/// A process of the lab's own binary, by its hidden subcommand.
fn own(lab: &Description, name: &str, subcommand: &str, address: &str) -> Launch {
    Launch {
        name: name.to_owned(),
        program: lab.binary.clone(),
        arguments: vec![
            subcommand.to_owned(),
            "--dir".to_owned(),
            lab.dir.display().to_string(),
        ],
        environment: Vec::new(),
        directory: lab.dir.clone(),
        log: lab.dir.join(format!("logs/{name}.log")),
        address: address.to_owned(),
        piped: false,
    }
}
