//! The command line: types and help texts only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use mirrorwatch_lab::{Action, Deed, LinkKind, PolicyKind, Profile};

/// Start real Kafka clusters, Kafka Connect with MM2, Prometheus and Alertmanager on this machine, hurt them, and know the truth.
#[derive(Debug, Parser)]
#[command(name = "lab", version, help_expected = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a lab, wait until it is ready, and leave it running.
    Up(Up),
    /// Start a lab and run it until Ctrl-C.
    Run(Up),
    /// Show processes, connectors, tasks and the leader.
    Status(Show),
    /// Print the address of one part of a lab.
    Address(Address),
    /// Do something to a worker, a link, a connector, a topic or the load, and print what and when.
    Fault(FaultArguments),
    /// Run a command in the network namespace of a lab (lab up --links netns), such as iptables, and note what and when.
    Inside(Inside),
    /// Print when each partition of the load stopped and flowed again, what was lost or doubled, and the silences of the watched topics
    /// (first arrivals only: a record that comes again breaks none).
    Truth(TruthArguments),
    /// Stop a lab; its directory stays.
    Down(Place),
    #[command(hide = true)]
    Supervise(Supervise),
    #[command(hide = true)]
    Load(Place),
    #[command(hide = true)]
    Receive(Place),
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Use the lab in DIR (default: .lab/run in the project's folder).
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Give the workers the settings of PROFILE.
    #[arg(long, value_enum, value_name = "PROFILE", default_value = "tuned")]
    pub(crate) profile: Profile,
    /// Set a property of the workers, before the profile's (repeatable).
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) worker_property: Vec<(String, String)>,
    /// Set a property of the source connector (repeatable).
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) connector_property: Vec<(String, String)>,
    /// Set a property of the checkpoint connector (repeatable).
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) checkpoint_property: Vec<(String, String)>,
    /// Name topics on the target by POLICY: the alias before the name (default), or the same name (identity).
    #[arg(long, value_enum, value_name = "POLICY", default_value = "default")]
    pub(crate) policy: PolicyKind,
    /// Put TEXT between alias and name instead of a dot.
    #[arg(long, value_name = "TEXT", value_parser = separator, allow_hyphen_values = true)]
    pub(crate) separator: Option<String>,
    /// Copy from target to source, too: a connector mirror-source-back for topics named back-... (and the heartbeats), and a second flow
    /// in mirrorwatch.yml.
    #[arg(long)]
    pub(crate) both_directions: bool,
    /// Name topics on the source by POLICY (default: as in the other direction).
    #[arg(long, value_enum, value_name = "POLICY", requires = "both_directions")]
    pub(crate) back_policy: Option<PolicyKind>,
    /// Put TEXT between alias and name on the source.
    #[arg(long, value_name = "TEXT", value_parser = separator, allow_hyphen_values = true, requires = "both_directions")]
    pub(crate) back_separator: Option<String>,
    /// Run N Connect workers.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=8))]
    pub(crate) workers: u16,
    /// Set tasks.max of the source connector to N.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) tasks_max: u16,
    /// Run N brokers in each cluster.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=5))]
    pub(crate) brokers: u16,
    /// Let Connect's own group and topics live on a third cluster (connect) instead of the target.
    #[arg(long)]
    pub(crate) group_cluster: bool,
    /// Secure everything: brokers with `SASL_SSL` and an authorizer, Connect and Jolokia with HTTPS and passwords. Keys are made at the start.
    #[arg(long)]
    pub(crate) secure: bool,
    /// Run this version of Kafka, with the Jolokia that goes with it, as fetched by lab/setup.sh (4.3.1 and 3.7.2 unless told otherwise).
    #[arg(long, value_name = "VERSION", default_value = "4.3.1")]
    pub(crate) kafka: String,
    /// Let the links between workers and brokers be stalled and reset (proxy), or lose packets, too (netns).
    #[arg(long, value_enum, value_name = "KIND", default_value = "proxy")]
    pub(crate) links: LinkKind,
    /// Write the load to TOPIC.
    #[arg(long, value_name = "TOPIC", default_value = "test-orders")]
    pub(crate) topic: String,
    /// Give the load's topic N partitions.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) partitions: u16,
    /// Send RATE records per second to each partition; 0 sends none.
    #[arg(long, value_name = "RATE", default_value_t = 20.0, value_parser = rate, allow_negative_numbers = true)]
    pub(crate) rate: f64,
    /// Give each record BYTES bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 200)]
    pub(crate) size: usize,
    /// Make TOPIC on the source, too, with two partitions that get as many records each as the load's (repeatable). Such a topic may be
    /// deleted and made again; give it a name that MM2 copies (test-...).
    #[arg(long, value_name = "TOPIC")]
    pub(crate) extra_topic: Vec<String>,
    /// Note when each record first arrives in TOPIC of the target (repeatable; default: the canary's, such as
    /// source.test-mirrorwatch-canary).
    #[arg(long, value_name = "TOPIC")]
    pub(crate) watch: Vec<String>,
    /// Load the rule files of GLOB into both Prometheus servers (repeatable).
    #[arg(long, value_name = "GLOB")]
    pub(crate) rules: Vec<String>,
    /// Run the alerts as they are shipped: a third Prometheus server (prometheus-10s) with docs/prometheus.yml, Alertmanager with
    /// alerts/alertmanager.yml, and a receiver that notes each notification in truth/notifications.jsonl.
    #[arg(long)]
    pub(crate) alerts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inside {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Run COMMAND.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Address {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Take NAME: source, target, connect (lab up --group-cluster), exporter, alertmanager, receiver (lab up --alerts), or a worker or Prometheus server (worker-1,
    /// prometheus-1s).
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct FaultArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Stop a worker cleanly (SIGTERM) and wait until its process is gone.
    Stop(Victim),
    /// Kill a worker (SIGKILL).
    Kill(Victim),
    /// Freeze a worker (SIGSTOP).
    Freeze(Victim),
    /// Let a frozen worker go on (SIGCONT).
    Thaw(Victim),
    /// Start a worker again, if it does not run, and wait until its REST interface answers.
    Start(Victim),
    /// Stop a worker cleanly and start it again.
    Restart(Victim),
    #[command(flatten)]
    Deed(Deed),
}

#[derive(Debug, Args)]
pub(crate) struct Victim {
    /// Take the worker of this name (worker-1), this worker id, or this role: leader, owner (of a task of mirror-source, not the
    /// leader), idle (owner of none).
    #[arg(value_name = "WORKER")]
    pub(crate) worker: String,
}

#[derive(Debug, Args)]
pub(crate) struct TruthArguments {
    #[command(flatten)]
    pub(crate) show: Show,
    /// Look at nothing before US, in microseconds since the epoch.
    #[arg(long, value_name = "US", default_value_t = i64::MIN, hide_default_value = true)]
    pub(crate) from: i64,
    /// Look at nothing after US, in microseconds since the epoch.
    #[arg(long, value_name = "US", default_value_t = i64::MAX, hide_default_value = true)]
    pub(crate) to: i64,
    /// Call an outage or a silence what is longer than MS milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) threshold: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Supervise {
    /// Read what the lab should be from FILE.
    #[arg(value_name = "FILE")]
    pub(crate) asked: PathBuf,
    /// Stop when standard input ends.
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
}

impl What {
    /// The action on a worker, if it is one.
    pub(crate) fn action(&self) -> Result<(Action, &str), &Deed> {
        Ok(match self {
            Self::Stop(victim) => (Action::Stop, &victim.worker),
            Self::Kill(victim) => (Action::Kill, &victim.worker),
            Self::Freeze(victim) => (Action::Freeze, &victim.worker),
            Self::Thaw(victim) => (Action::Thaw, &victim.worker),
            Self::Start(victim) => (Action::Start, &victim.worker),
            Self::Restart(victim) => (Action::Restart, &victim.worker),
            Self::Deed(deed) => return Err(deed),
        })
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "a number is expected")?;
    let is_sane = rate == 0.0 || (0.01..=10_000.0).contains(&rate);
    if is_sane {
        Ok(rate)
    } else {
        Err("0, or 0.01 to 10000, is expected".to_owned())
    }
}

fn separator(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.is_empty() && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err("letters, digits, `.`, `_` and `-` are expected".to_owned())
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is expected")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
