//! Named sets of the Connect settings that decide how soon tasks of a lost worker run again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A named set of the Connect settings that decide recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Session 10 s, delay 5 s: recovery well below a minute.
    #[default]
    Tuned,
    /// Kafka's defaults: session 10 s, delay 300 s.
    Default,
    /// Delay 65 s: just above an objective of 60 s.
    Slow,
}

impl Profile {
    /// The name as it stands in `lab.json` and in the site of the inventory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tuned => "tuned",
            Self::Default => "default",
            Self::Slow => "slow",
        }
    }

    fn rebalance_delay_ms(self) -> u32 {
        match self {
            Self::Tuned => 5_000,
            Self::Default => 300_000,
            Self::Slow => 65_000,
        }
    }

    /// The settings of this profile by their names in the worker's properties.
    pub fn settings(self) -> BTreeMap<String, String> {
        let delay = self.rebalance_delay_ms().to_string();
        [
            ("session.timeout.ms", "10000"),
            ("heartbeat.interval.ms", "3000"),
            ("scheduled.rebalance.max.delay.ms", delay.as_str()),
            ("offset.flush.interval.ms", "10000"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
    }
}
