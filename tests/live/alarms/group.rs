//! The labs in which faults are made, by the settings of Connect's group. How long a state lasts must not decide which alerts fire: each has
//! settings that let the states of its faults last.

use std::time::Duration;

use mirrorwatch_lab::{Config, LinkKind, Load};

use crate::fault_table::FLEETING;

/// The settings of one of these labs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// A lost worker is missed for half a minute, and its tasks are withheld for longer than Alertmanager takes to say so.
    Withholding,
    /// A lost worker is missed for longer than the recovery point and what Prometheus and Alertmanager take to say so.
    Patient,
    /// As an operator should have it: who does not reach the group gives its tasks up within seconds.
    Tuned,
}

impl Group {
    /// All, those that run one after the other together: two labs at a time.
    pub(super) const LANES: [&[Self]; 2] = [&[Self::Withholding, Self::Tuned], &[Self::Patient]];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Withholding => "withholding",
            Self::Patient => "patient",
            Self::Tuned => "tuned",
        }
    }

    /// `session.timeout.ms` and `scheduled.rebalance.max.delay.ms`.
    pub(super) fn times(self) -> [Duration; 2] {
        let seconds = match self {
            Self::Withholding => [30, 150],
            Self::Patient => [170, 5],
            Self::Tuned => [10, 5],
        };
        seconds.map(Duration::from_secs)
    }

    /// The lab, with a load above every rate that the alerts know, even if one of two tasks carries it alone.
    pub(super) fn config(self) -> Config {
        let dir = format!("{}/lab-alarms-{}", env!("CARGO_TARGET_TMPDIR"), self.name());
        let mut config = Config::new(dir);
        config.alerts = true;
        config.tasks_max = 2;
        config.extra_topics = vec![FLEETING.to_owned()];
        config.load = Load {
            records_per_second: 30.0,
            size: 14_000,
            ..Load::default()
        };
        config.connector_properties.extend(in_lots());
        config.worker_properties.extend(self.settings());
        if rustix::process::geteuid().is_root() {
            config.links = LinkKind::Netns;
        }
        config
    }

    fn settings(self) -> Vec<(String, String)> {
        let keys = ["session.timeout.ms", "scheduled.rebalance.max.delay.ms"];
        let times = self.times().map(|time| time.as_millis().to_string());
        let mut settings: Vec<_> = keys.map(str::to_owned).into_iter().zip(times).collect();
        // A task that is started before the old one has ended loses its MBeans when that one ends. That is not to happen by luck; where the
        // target is away it is what a fault does.
        if self != Self::Tuned {
            let graceful = "task.shutdown.graceful.timeout.ms";
            settings.push((graceful.to_owned(), "60000".to_owned()));
        }
        settings
    }
}

/// What is copied in lots costs a small machine less, and the canary does not mind a tenth of a second.
fn in_lots() -> [(String, String); 4] {
    let pairs = [
        ("producer.override.linger.ms", "100"),
        ("source.consumer.fetch.min.bytes", "100000"),
        ("source.consumer.fetch.max.wait.ms", "100"),
        ("refresh.topics.interval.seconds", "5"),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
}
