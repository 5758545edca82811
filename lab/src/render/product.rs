//! The files that mirrorwatch itself reads: the exporter's configuration and one inventory for each Prometheus server.

use std::fmt::Write as _;

use super::{commands, connector};
use crate::config::Config;
use crate::description::{Cluster, Description, Prometheus, Worker};
use crate::policy::{BACK_CANARY, CANARY};
use crate::secure::{APPLICATION, MIRRORWATCH, Mechanism, PROBE_GROUP};

/// The exporter's configuration.
pub(super) fn configuration(lab: &Description, config: &Config) -> String {
    let mut text = "connect:\n  workers:\n".to_owned();
    for worker in &lab.workers {
        let _ = writeln!(
            text,
            "    - url: {}\n      jolokia: {}\n      worker_id: {}",
            quoted(&worker.rest),
            quoted(&worker.jolokia),
            quoted(&worker.id)
        );
    }
    for access in ["rest_access", "jolokia_access"] {
        if lab.secure.is_some() {
            let _ = writeln!(text, "  {access}: {{ {BASIC}, {TRUST} }}");
        }
    }
    let _ = write!(
        text,
        "  group: {}\n  group_cluster: {}\n  status_topic: lab-statuses\nclusters:\n",
        lab.group, lab.group_cluster
    );
    for (alias, cluster) in &lab.clusters {
        let _ = writeln!(
            text,
            "  {alias}: {{ bootstrap.servers: {}{} }}",
            quoted(&cluster.bootstrap),
            secured(cluster, alias)
        );
    }
    text.push_str(&flows(config));
    text.push_str("poll: { interval: 5s, deadline: 4s, time_to_live: 15s }\n");
    text
}

/// The user of mirrorwatch at Connect and at Jolokia, and whom it trusts.
const BASIC: &str =
    "basic_auth: { username: mirrorwatch, password_file: config/secure/mirrorwatch.password }";
const TRUST: &str = "tls: { ca_file: config/secure/ca.pem }";

/// Who a drill is to the workers' REST APIs.
pub(super) fn rest_access() -> String {
    format!("{BASIC}\n{TRUST}\n")
}

/// Who mirrorwatch is to a cluster of a secured lab; to the source it shows a certificate besides.
fn secured(cluster: &Cluster, alias: &str) -> String {
    let Some(secure) = &cluster.secure else {
        return String::new();
    };
    let mut text = format!(
        ", security.protocol: SASL_SSL, sasl.mechanism: {}, sasl.username: {MIRRORWATCH}, \
         sasl.password.file: config/secure/mirrorwatch.password, ssl.ca.location: {}",
        Mechanism::of(alias).name(),
        quoted(&secure.authority())
    );
    if alias == "source" {
        let [certificate, key] =
            ["mirrorwatch.pem", "mirrorwatch.key"].map(|name| quoted(&secure.file(name)));
        let _ = write!(
            text,
            ", ssl.certificate.location: {certificate}, ssl.key.location: {key}"
        );
    }
    text
}

/// One flow for each direction.
fn flows(config: &Config) -> String {
    let forth = (
        "source",
        "target",
        connector::SOURCE,
        &config.policy,
        CANARY,
    );
    let back = config.back.as_ref();
    let back = back.map(|policy| ("target", "source", connector::BACK, policy, BACK_CANARY));
    let mut text = "flows:\n".to_owned();
    for (source, target, connector, policy, topic) in std::iter::once(forth).chain(back) {
        let _ = write!(
            text,
            "  - source: {source}\n    target: {target}\n    connector: {connector}\n{}    canary:\n      \
             topic: {topic}\n      records_per_second: 10\n",
            policy.flow_keys()
        );
        // All that asks for a right runs where rights are asked for.
        if config.secure && source == "source" {
            let _ = write!(
                text,
                "      translation_probe: {{ group: {PROBE_GROUP}, interval: 10s }}\n    consumer_groups: [{APPLICATION}]\n"
            );
        }
    }
    text
}

/// The inventory that leads to this Prometheus server.
pub(super) fn inventory(lab: &Description, server: &Prometheus) -> String {
    let connectors: Vec<String> = lab
        .connectors
        .iter()
        .map(|(name, tasks)| format!("{name}: {tasks}"))
        .collect();
    let mut text = format!(
        "site: {}\nprometheus: {{ url: {}, scrape_interval: {}s, job: mirrorwatch }}\nexporter: {}\n\
         flow: {{ source: source, target: target, connector: mirror-source }}\nconnectors: {{ {} }}\nworkers:\n",
        quoted(&format!("lab-{}", lab.profile.name())),
        quoted(&server.url),
        server.scrape_interval_seconds,
        quoted(&format!("http://{}", lab.exporter)),
        connectors.join(", "),
    );
    for (index, worker) in lab.workers.iter().enumerate() {
        text.push_str(&site_of(lab, index, worker));
    }
    if lab.secure.is_some() {
        text.push_str("access: { rest: rest.yml }\n");
    }
    text.push_str("commands:\n");
    for (name, line) in commands::of_site(lab) {
        let _ = writeln!(text, "  {name}: {}", quoted(&line));
    }
    text.push_str(&settings(lab));
    let config = lab.dir.join("mirrorwatch.yml").display().to_string();
    let _ = writeln!(
        text,
        "audit: {{ config: {}, topics: [{}] }}",
        quoted(&config),
        quoted(&lab.load.topic)
    );
    text
}

/// Only numbers are settings to an inventory; other worker properties say nothing about recovery.
fn settings(lab: &Description) -> String {
    let mut text = "settings:\n".to_owned();
    let settings = lab.settings.iter();
    for (key, value) in settings.filter(|(_, value)| value.parse::<u64>().is_ok()) {
        let _ = writeln!(text, "  {key}: {value}");
    }
    text
}

fn site_of(lab: &Description, index: usize, worker: &Worker) -> String {
    let mut text = format!(
        "  - id: {}\n    zone: paris{}\n",
        quoted(&worker.id),
        index + 1
    );
    if lab.secure.is_some() {
        let _ = writeln!(text, "    url: {}", quoted(&worker.rest));
    }
    text.push_str("    commands:\n");
    for (command, line) in commands::of_worker(lab, worker) {
        let _ = writeln!(text, "      {command}: {}", quoted(&line));
    }
    text
}

/// A YAML string in double quotes; JSON's are YAML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn the_inventory_names_tasks_commands_settings_and_what_is_audited() {
        let config = Config::new("/lab");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "/bin/lab".into(), &mut ports);
        let text = inventory(&lab, &lab.prometheus[1]);
        assert!(text.contains("scrape_interval: 15s"));
        assert!(text.contains("mirror-source: 3"));
        assert!(text.contains("kill: \"/bin/lab fault --dir /lab kill worker-2\""));
        assert!(text.contains("\n  lower-load: \"/bin/lab fault --dir /lab lower-load\"\n"));
        assert!(text.contains("  scheduled.rebalance.max.delay.ms: 5000\n"));
        let audit = "audit: { config: \"/lab/mirrorwatch.yml\", topics: [\"test-orders\"] }\n";
        assert!(text.ends_with(audit), "{text}");
    }

    #[test]
    fn in_a_secured_lab_mirrorwatch_is_told_where_its_password_is_and_the_drill_too() {
        let mut config = Config::new("/lab");
        config.secure = true;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "/bin/lab".into(), &mut ports);
        let text = configuration(&lab, &config);
        for access in ["rest_access: ", "jolokia_access: "] {
            assert!(text.contains(&format!("  {access}{{ {BASIC}, {TRUST} }}\n")));
        }
        assert!(
            text.contains("sasl.mechanism: SCRAM-SHA-512")
                && text.contains("sasl.mechanism: PLAIN")
        );
        assert_eq!(
            text.matches("sasl.password.file: config/secure/").count(),
            2
        );
        assert!(text.contains("- url: \"https://"));
        assert!(inventory(&lab, &lab.prometheus[0]).contains("access: { rest: rest.yml }\n"));
    }

    #[test]
    fn each_direction_is_a_flow_with_its_own_policy() {
        let mut config = Config::new("/lab");
        assert!(!flows(&config).contains("separator") && !flows(&config).contains("back"));
        config.policy = Policy::Identity;
        config.back = Some(Policy::Default {
            separator: "--".to_owned(),
        });
        let text = flows(&config);
        let (forth, back) = text.split_once("  - source: target\n").unwrap();
        assert!(forth.contains("replication_policy: identity\n"));
        assert!(back.contains("connector: mirror-source-back\n    separator: \"--\"\n"));
        assert!(back.contains("topic: back-mirrorwatch-canary\n"));
    }
}
