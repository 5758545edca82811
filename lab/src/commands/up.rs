//! `lab up`, `lab run` and the supervisor itself.

use std::fs::File;
use std::io::{self, Write as _};

use anyhow::Context as _;
use mirrorwatch_lab::{Config, Lab, Load, Policy, PolicyKind};

use super::{directory, print};
use crate::cli::{Supervise, Up};

/// Starts a lab and leaves it running.
pub(super) fn up(up: &Up) -> anyhow::Result<()> {
    let lab = Lab::start_detached(&config(up)?, tell)?;
    introduce(&lab)
}

/// Starts a lab and waits; whatever ends this process ends the lab.
pub(super) fn run(up: &Up) -> anyhow::Result<()> {
    let lab = Lab::start_with(&config(up)?, tell)?;
    introduce(&lab)?;
    print("stop it with Ctrl-C")?;
    lab.wait();
    Ok(())
}

/// Owns a lab until it is told to stop.
pub(super) fn supervise(supervise: &Supervise) -> anyhow::Result<()> {
    let file =
        File::open(&supervise.asked).with_context(|| supervise.asked.display().to_string())?;
    let config: Config =
        serde_json::from_reader(file).with_context(|| supervise.asked.display().to_string())?;
    Ok(mirrorwatch_lab::supervise(
        &config,
        supervise.until_stdin_closes,
    )?)
}

fn config(up: &Up) -> anyhow::Result<Config> {
    let mut config = Config::new(directory(&up.place)?);
    config.profile = up.profile;
    config.worker_properties = up.worker_property.iter().cloned().collect();
    config.connector_properties = up.connector_property.iter().cloned().collect();
    config.checkpoint_properties = up.checkpoint_property.iter().cloned().collect();
    config.workers = up.workers;
    config.tasks_max = up.tasks_max;
    config.brokers = up.brokers;
    config.group_cluster = up.group_cluster;
    config.secure = up.secure;
    config.kafka.clone_from(&up.kafka);
    config.links = up.links;
    config.load = Load {
        topic: up.topic.clone(),
        partitions: up.partitions,
        records_per_second: up.rate,
        size: up.size,
    };
    config.extra_topics.clone_from(&up.extra_topic);
    config.rules.clone_from(&up.rules);
    config.alerts = up.alerts;
    config.watch.clone_from(&up.watch);
    directions(up, &mut config)?;
    Ok(config)
}

/// Both directions name topics in the same way unless told otherwise.
fn directions(up: &Up, config: &mut Config) -> anyhow::Result<()> {
    config.policy = policy(up.policy, up.separator.clone(), "--separator")?;
    if up.both_directions {
        config.back = Some(match (up.back_policy, &up.back_separator) {
            (None, None) => config.policy.clone(),
            (kind, separator) => policy(
                kind.unwrap_or(PolicyKind::Default),
                separator.clone(),
                "--back-separator",
            )?,
        });
    }
    Ok(())
}

fn policy(kind: PolicyKind, separator: Option<String>, option: &str) -> anyhow::Result<Policy> {
    Policy::new(kind, separator).with_context(|| {
        format!("{option} has no meaning with the identity policy; remove it, or choose the default policy")
    })
}

fn tell(seconds: f64, text: &str) {
    let _ = writeln!(io::stderr().lock(), "{seconds:6.1} s  {text}");
}

fn introduce(lab: &Lab) -> anyhow::Result<()> {
    let about = lab.description();
    let dir = lab.dir().display();
    let workers: Vec<&str> = about
        .workers
        .iter()
        .map(|worker| worker.rest.as_str())
        .collect();
    let prometheus: Vec<&str> = about
        .prometheus
        .iter()
        .map(|server| server.url.as_str())
        .collect();
    print(&format!("directory   {dir}"))?;
    print(&format!(
        "source      {}",
        about.clusters["source"].bootstrap
    ))?;
    print(&format!(
        "target      {}",
        about.clusters["target"].bootstrap
    ))?;
    print(&format!("workers     {}", workers.join(" ")))?;
    print(&format!("prometheus  {}", prometheus.join(" ")))?;
    if let Some(receiver) = &about.receiver {
        print(&format!("receiver    {receiver}"))?;
    }
    print(&format!(
        "exporter    mirrorwatch serve --config {dir}/mirrorwatch.yml --web.listen-address {}",
        about.exporter
    ))?;
    Ok(())
}
