//! Connect workers in distributed mode, each with a Jolokia agent; their group and topics live on the target unless a third cluster has them.

use std::fmt::Write as _;

use super::jvm::{self, Java};
use crate::config::Config;
use crate::description::{Description, Worker};
use crate::home::{self, Home};
use crate::process::Launch;

const HEAP_MIB: u32 = 224;
const BYTES: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

/// The worker's properties. Headers are bytes too: with Connect's default converter their values would arrive in base64.
pub(super) fn properties(lab: &Description, config: &Config, worker: &Worker) -> String {
    let replication = config.replication();
    let (host, port) = worker.id.rsplit_once(':').unwrap_or(("127.0.0.1", "0"));
    let mut text = format!(
        "bootstrap.servers={bootstrap}\ngroup.id={group}\n\
         key.converter={BYTES}\nvalue.converter={BYTES}\nheader.converter={BYTES}\n\
         config.storage.topic=lab-configs\nconfig.storage.replication.factor={replication}\n\
         offset.storage.topic=lab-offsets\noffset.storage.replication.factor={replication}\noffset.storage.partitions=5\n\
         status.storage.topic=lab-statuses\nstatus.storage.replication.factor={replication}\nstatus.storage.partitions=2\n\
         listeners=http://{host}:{port}\nrest.advertised.host.name={host}\nrest.advertised.port={port}\n\
         plugin.discovery=service_load\n\
         config.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n",
        bootstrap = worker.bootstrap[&lab.group_cluster],
        group = lab.group,
    );
    for (key, value) in &lab.settings {
        let _ = writeln!(text, "{key}={value}");
    }
    text
}

/// The worker itself. The connectors name the clusters by variables, so that each worker takes its own way to them.
pub(super) fn launch(
    lab: &Description,
    home: &Home,
    worker: &Worker,
) -> Result<Launch, home::Error> {
    let jolokia = worker.jolokia.trim_end_matches("/jolokia/");
    let port = jolokia.rsplit(':').next().unwrap_or_default();
    let agent = home.jolokia(&lab.kafka)?;
    let java = Java {
        name: worker.name.clone(),
        address: worker.rest.clone(),
        heap_mib: HEAP_MIB,
        options: vec![format!(
            "-javaagent:{}=port={port},host={},discoveryEnabled=false",
            agent.display(),
            lab.host
        )],
        main: "org.apache.kafka.connect.cli.ConnectDistributed",
        arguments: vec![
            lab.dir
                .join(format!("config/{}.properties", worker.name))
                .display()
                .to_string(),
        ],
        environment: vec![
            (
                "LAB_SOURCE_BOOTSTRAP".to_owned(),
                worker.bootstrap["source"].clone(),
            ),
            (
                "LAB_TARGET_BOOTSTRAP".to_owned(),
                worker.bootstrap["target"].clone(),
            ),
        ],
    };
    jvm::launch(lab, home, java)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_and_its_overrides_end_in_the_properties() {
        let mut config = Config::new("/lab");
        config.profile = crate::profile::Profile::Slow;
        config
            .worker_properties
            .insert("session.timeout.ms".into(), "6000".into());
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        let text = properties(&lab, &config, &lab.workers[0]);
        assert!(text.contains("scheduled.rebalance.max.delay.ms=65000\n"));
        assert!(
            text.contains("session.timeout.ms=6000\n")
                && !text.contains("session.timeout.ms=10000")
        );
    }

    #[test]
    fn the_group_may_live_on_a_cluster_of_its_own() {
        let mut config = Config::new("/lab");
        config.group_cluster = true;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        let text = properties(&lab, &config, &lab.workers[1]);
        let third = &lab.workers[1].bootstrap["connect"];
        assert!(text.starts_with(&format!("bootstrap.servers={third}\n")));
        assert_ne!(third, &lab.workers[1].bootstrap["target"]);
    }
}
