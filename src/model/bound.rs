//! A time as people write it: an instant, or so long ago.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// One end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// An instant.
    At(Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl Bound {
    /// The instant that it means now.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::Ago(ago) => now.minus(ago),
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    /// `2026-11-26T18:00:00Z`, `1795716000.5` in seconds since the epoch as Prometheus' API takes it, or `15m`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ago) = humantime::parse_duration(text) {
            return Ok(Self::Ago(ago));
        }
        let seconds = text.parse().ok().and_then(Timestamp::from_seconds);
        let instant = text.parse::<jiff::Timestamp>().ok();
        let instant = instant.map(|instant| Timestamp::from_micros(instant.as_microsecond()));
        seconds.or(instant).map(Self::At).ok_or_else(|| {
            format!("`{text}` is no time; write it as 2026-11-26T18:00:00Z, or as 15m for 15 minutes ago")
        })
    }
}

#[test]
fn a_bound_is_an_instant_or_so_long_ago() {
    let now = Timestamp::from_millis(1_000_000);
    let at = |text: &str| text.parse::<Bound>().map(|bound| bound.at(now));
    assert_eq!(at("10s"), Ok(Timestamp::from_millis(990_000)));
    assert_eq!(
        at("1970-01-01T00:00:05Z"),
        Ok(Timestamp::from_millis(5_000))
    );
    assert_eq!(
        at("1795716000.5"),
        Ok(Timestamp::from_millis(1_795_716_000_500))
    );
    for wrong in ["yesterday", "NaN", "inf", ""] {
        let error = at(wrong).unwrap_err();
        assert!(error.contains("is no time; write it as"), "{error}");
    }
}
