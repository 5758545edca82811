//! The window as it was asked for. An interrupted audit is known again by that: `30m` means another window at each start.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::range::{OffsetRange, Window};
use crate::model::time::Timestamp;

/// One end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// An instant.
    At(Timestamp),
    /// So long before the audit begins.
    Ago(Duration),
}

impl Bound {
    fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::Ago(ago) => now.minus(ago),
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    /// `2026-11-26T18:00:00Z`, or `15m`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ago) = humantime::parse_duration(text) {
            return Ok(Self::Ago(ago));
        }
        match text.parse::<jiff::Timestamp>() {
            Ok(instant) => Ok(Self::At(Timestamp::from_micros(instant.as_microsecond()))),
            Err(_) => Err(format!(
                "`{text}` is no time; write it as 2026-11-26T18:00:00Z, or as 15m for 15 minutes ago"
            )),
        }
    }
}

/// What is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Records by their timestamps.
    Times {
        /// From here on.
        from: Option<Bound>,
        /// Up to here.
        to: Option<Bound>,
    },
    /// Records by their offsets.
    Offsets(Vec<OffsetRange>),
}

impl Asked {
    /// What it means for an audit that begins now.
    pub fn window(&self, now: Timestamp) -> Window {
        match self {
            Self::Offsets(ranges) => Window::Offsets(ranges.clone()),
            Self::Times { from, to } => Window::Times {
                from: from.map(|bound| bound.at(now)),
                to: to.map(|bound| bound.at(now)),
            },
        }
    }
}

#[test]
fn a_bound_is_a_time_or_so_long_ago() {
    let now = Timestamp::from_millis(1_000_000);
    let window = |from: &str| {
        let from = from.parse::<Bound>()?;
        let asked = Asked::Times {
            from: Some(from),
            to: None,
        };
        Ok(asked.window(now))
    };
    let since = |from| {
        Ok(Window::Times {
            from: Some(Timestamp::from_millis(from)),
            to: None,
        })
    };
    assert_eq!(window("10s"), since(990_000));
    assert_eq!(window("1970-01-01T00:00:05Z"), since(5_000));
    let wrong: Result<Window, String> = window("yesterday");
    assert!(wrong.is_err_and(|error| error.contains("`yesterday` is no time; write it as")));
}
