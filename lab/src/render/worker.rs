//! Connect workers in distributed mode, each with a Jolokia agent; their group and topics live on the target unless a third cluster has them.

use std::fmt::Write as _;

use super::broker::jaas;
use super::jvm::{self, Java};
use crate::config::Config;
use crate::description::{Description, Worker};
use crate::home::{self, Home};
use crate::process::Launch;
use crate::secure::{CONNECT, MM2, STORE_PASSWORD, Secure};

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
         listeners={scheme}://{host}:{port}\nrest.advertised.host.name={host}\nrest.advertised.port={port}\n\
         plugin.discovery=service_load\n\
         config.providers=env,dir\nconfig.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider\n\
         config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n",
        bootstrap = worker.bootstrap[&lab.group_cluster],
        group = lab.group,
        scheme = if lab.secure.is_some() {
            "https"
        } else {
            "http"
        },
    );
    if let Some(secure) = &lab.secure {
        text.push_str(&security(lab, secure));
    }
    for (key, value) in &lab.settings {
        let _ = writeln!(text, "{key}={value}");
    }
    text
}

/// Connect itself and the clients of its tasks have users of their own; its REST API speaks TLS and wants a password, its own requests too.
fn security(lab: &Description, secure: &Secure) -> String {
    let mut text = String::new();
    for (prefix, user) in [
        ("", CONNECT),
        ("producer.", MM2),
        ("consumer.", MM2),
        ("admin.", MM2),
    ] {
        for (key, value) in secure.java_client(user, &lab.group_cluster) {
            let _ = writeln!(text, "{prefix}{key}={value}");
        }
    }
    let store = secure.file("server.p12");
    for kind in ["keystore", "truststore"] {
        let key = format!("listeners.https.ssl.{kind}");
        let _ = writeln!(
            text,
            "{key}.location={store}\n{key}.type=PKCS12\n{key}.password={STORE_PASSWORD}"
        );
    }
    let _ = writeln!(
        text,
        "listeners.https.ssl.key.password={STORE_PASSWORD}\nrest.advertised.listener=https\n\
         rest.extension.classes=org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"
    );
    text
}

/// What the agent is told. In a secured lab it has a password, TLS and the policy that the project ships; what is secret stands in a file.
fn agent(lab: &Description, home: &Home, port: &str) -> Result<String, home::Error> {
    let agent = home.jolokia(&lab.kafka)?;
    let mut line = format!(
        "-javaagent:{}=port={port},host={},discoveryEnabled=false",
        agent.display(),
        lab.host
    );
    if let Some(secure) = &lab.secure {
        let policy = home.shipped("docs/jolokia-access.xml");
        let config = secure.file("jolokia.properties");
        let _ = write!(
            line,
            ",policyLocation=file://{},config={config}",
            policy.display()
        );
    }
    Ok(line)
}

/// The worker itself. The connectors name the clusters by variables, so that each worker takes its own way to them.
pub(super) fn launch(
    lab: &Description,
    home: &Home,
    worker: &Worker,
) -> Result<Launch, home::Error> {
    let jolokia = worker.jolokia.trim_end_matches("/jolokia/");
    let port = jolokia.rsplit(':').next().unwrap_or_default();
    let mut options = jaas(lab, "connect.jaas");
    options.push(agent(lab, home, port)?);
    let java = Java {
        name: worker.name.clone(),
        address: worker.rest.clone(),
        heap_mib: HEAP_MIB,
        options,
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
