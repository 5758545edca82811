//! Kafka brokers: `KRaft`, the first broker of a cluster is its controller too, one listener for each worker.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;

use super::jvm::{self, Java};
use crate::config::Config;
use crate::description::{Broker, Description};
use crate::home::{self, Home};
use crate::links::BEHIND;
use crate::process::Launch;
use crate::secure::{CONNECT, LAB, MIRRORWATCH, MM2, STORE_PASSWORD, Secure};

const HEAP_MIB: u32 = 256;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678900";

/// The broker's `server.properties`.
pub(super) fn properties(lab: &Description, config: &Config, alias: &str, node: usize) -> String {
    let brokers = &lab.clusters[alias].brokers;
    let broker = &brokers[node];
    let controls = node == 0;
    // What a worker is told leads to the proxy before the broker's listener for it.
    let advertised = listeners(lab, broker, &broker.for_workers).join(",");
    let mut listeners = listeners(lab, broker, BEHIND);
    if controls {
        listeners.push(format!("CONTROLLER://{}:{}", lab.host, broker.controller));
    }
    let mut text = format!(
        "process.roles={roles}\nnode.id={id}\ncontroller.quorum.voters=1@{host}:{controller}\n\
         listeners={listeners}\nadvertised.listeners={advertised}\nlistener.security.protocol.map={protocols}\n\
         inter.broker.listener.name=CLIENT\ncontroller.listener.names=CONTROLLER\nlog.dirs={logs}\n",
        roles = if controls {
            "broker,controller"
        } else {
            "broker"
        },
        id = node + 1,
        host = lab.host,
        controller = brokers[0].controller,
        listeners = listeners.join(","),
        protocols = protocols(lab, broker),
        logs = lab.dir.join("data").join(&broker.name).display(),
    );
    text.push_str(&small_settings(config.replication()));
    text.push_str(&match &lab.secure {
        Some(secure) => security(secure),
        None => "allow.everyone.if.no.acl.found=true\n".to_owned(),
    });
    text
}

/// Clients prove who they are by SCRAM or PLAIN, brokers and controllers among themselves by PLAIN; the source's clients may show a certificate
/// besides. The passwords stand in the JAAS file. Clients may come with a token, too, which Kafka's own validator takes unsigned; a session by one
/// ends with the token, or after some seconds, so that it is proved anew.
fn security(secure: &Secure) -> String {
    let store = secure.file("server.p12");
    format!(
        "super.users=User:{LAB}\n\
         sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512\nlistener.name.controller.sasl.enabled.mechanisms=PLAIN\n\
         sasl.mechanism.inter.broker.protocol=PLAIN\nsasl.mechanism.controller.protocol=PLAIN\n\
         ssl.keystore.type=PKCS12\nssl.keystore.location={store}\nssl.keystore.password={STORE_PASSWORD}\n\
         ssl.key.password={STORE_PASSWORD}\n\
         ssl.truststore.type=PKCS12\nssl.truststore.location={store}\nssl.truststore.password={STORE_PASSWORD}\n\
         listener.name.client.ssl.client.auth=requested\n\
         listener.name.client.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER\n\
         listener.name.client.oauthbearer.connections.max.reauth.ms=5000\n\
         listener.name.client.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
         unsecuredLoginStringClaim_sub=\"{LAB}\";\n"
    )
}

/// What the JVM of a broker or worker is told besides in a secured lab.
pub(super) fn jaas(lab: &Description, file: &str) -> Vec<String> {
    let secure = lab.secure.iter();
    secure
        .map(|secure| format!("-Djava.security.auth.login.config={}", secure.file(file)))
        .collect()
}

/// Of each listener its protocol.
fn protocols(lab: &Description, broker: &Broker) -> String {
    let protocol = if lab.secure.is_some() {
        "SASL_SSL"
    } else {
        "PLAINTEXT"
    };
    let mut protocols = format!("CLIENT:{protocol},CONTROLLER:{protocol}");
    for index in 1..=broker.workers.len() {
        let _ = write!(protocols, ",WORKER{index}:{protocol}");
    }
    protocols
}

/// The listener for clients, and those for the workers at this address.
fn listeners(lab: &Description, broker: &Broker, for_workers: &str) -> Vec<String> {
    let workers = broker.workers.iter().enumerate();
    let workers =
        workers.map(|(index, port)| format!("WORKER{}://{for_workers}:{port}", index + 1));
    let client = format!("CLIENT://{}:{}", lab.host, broker.client);
    std::iter::once(client).chain(workers).collect()
}

/// Few threads and small buffers, and an authorizer; the rest is Kafka's defaults. In a lab that is not secured it lets everybody do everything
/// until it is told something of a topic.
fn small_settings(replication: u16) -> String {
    format!(
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         auto.create.topics.enable=false\ndefault.replication.factor={replication}\n\
         offsets.topic.replication.factor={replication}\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor={replication}\ntransaction.state.log.min.isr=1\ntransaction.state.log.num.partitions=4\n\
         group.initial.rebalance.delay.ms=0\n\
         num.network.threads=1\nnum.io.threads=4\nbackground.threads=2\n\
         log.cleaner.dedupe.buffer.size=4194304\nlog.index.size.max.bytes=1048576\n"
    )
}

/// Formats the storage of one broker.
pub(super) fn format(
    lab: &Description,
    home: &Home,
    alias: &str,
    broker: &Broker,
    id: &str,
) -> Result<Launch, home::Error> {
    let path = properties_path(lab, broker);
    let arguments = ["format", "--ignore-formatted", "-t", id, "-c", &path];
    let mut arguments = arguments.map(str::to_owned).to_vec();
    if let Some(secure) = &lab.secure {
        for user in [CONNECT, MM2, MIRRORWATCH] {
            let password = secure.password(user);
            let credential = format!("SCRAM-SHA-512=[name={user},password={password}]");
            arguments.extend(["--add-scram".to_owned(), credential]);
        }
    }
    let java = Java {
        name: format!("format-{}", broker.name),
        address: alias.to_owned(),
        heap_mib: HEAP_MIB,
        options: Vec::new(),
        main: "kafka.tools.StorageTool",
        arguments,
        environment: Vec::new(),
    };
    jvm::launch(lab, home, java)
}

/// The broker itself.
pub(super) fn launch(
    lab: &Description,
    home: &Home,
    broker: &Broker,
) -> Result<Launch, home::Error> {
    let java = Java {
        name: broker.name.clone(),
        address: format!("{}:{}", lab.host, broker.client),
        heap_mib: HEAP_MIB,
        options: jaas(lab, "brokers.jaas"),
        main: "kafka.Kafka",
        arguments: vec![properties_path(lab, broker)],
        environment: Vec::new(),
    };
    jvm::launch(lab, home, java)
}

fn properties_path(lab: &Description, broker: &Broker) -> String {
    lab.dir
        .join(format!("config/{}.properties", broker.name))
        .display()
        .to_string()
}

/// A random cluster id: base64 of 16 bytes, without `-`, because the tool takes an id that begins with it for an option.
pub(super) fn cluster_id() -> String {
    let mut bytes = [0_u8; 21];
    if File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .is_err()
    {
        bytes = [7; 21];
    }
    let mut id: String = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 64)]))
        .collect();
    // The 22nd character of 16 bytes carries two bits only.
    id.push('A');
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_id_is_22_characters_and_no_option() {
        let id = cluster_id();
        assert_eq!(id.len(), 22);
        assert!(
            id.chars()
                .all(|character| character.is_ascii_alphanumeric())
        );
    }

    #[test]
    fn only_the_first_broker_is_a_controller() {
        let mut config = Config::new("/lab");
        config.brokers = 2;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        assert!(
            properties(&lab, &config, "source", 0).contains("process.roles=broker,controller\n")
        );
        let second = properties(&lab, &config, "source", 1);
        assert!(second.contains("process.roles=broker\n") && !second.contains("CONTROLLER://"));
    }

    #[test]
    fn a_secured_broker_has_no_plain_listener_and_lets_nobody_do_what_was_not_granted() {
        let properties = |secure| {
            let mut config = Config::new("/lab");
            config.secure = secure;
            let mut ports = Description::take_ports(&config).unwrap();
            let lab = Description::plan(&config, "lab".into(), &mut ports);
            properties(&lab, &config, "target", 0)
        };
        let (open, secured) = (properties(false), properties(true));
        let everybody = "allow.everyone.if.no.acl.found=true";
        assert!(open.contains(everybody) && open.contains("CLIENT:PLAINTEXT"));
        assert!(!secured.contains("PLAINTEXT") && !secured.contains(everybody));
        assert!(secured.contains("CONTROLLER:SASL_SSL,WORKER1:SASL_SSL"));
    }

    #[test]
    fn a_worker_is_told_the_way_through_the_proxy() {
        let config = Config::new("/lab");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "lab".into(), &mut ports);
        let text = properties(&lab, &config, "target", 0);
        let port = lab.clusters["target"].brokers[0].workers[1];
        let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap();
        assert!(line("listeners=").contains(&format!("WORKER2://127.0.0.2:{port}")));
        assert!(line("advertised.").contains(&format!("WORKER2://127.0.0.1:{port}")));
        assert!(lab.workers[1].bootstrap["target"].ends_with(&format!("127.0.0.1:{port}")));
    }
}
