//! What is asked of a soak by the environment.

use std::time::Duration;

use mirrorwatch::clock;

/// Two hours.
const LENGTH: Duration = Duration::from_hours(2);

/// How long, and by which seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) length: Duration,
    pub(super) seed: u64,
}

impl Asked {
    /// `SOAK_SECONDS` and `SOAK_SEED`; the seed is the time if it is not said.
    pub(super) fn of_environment() -> Self {
        let said = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let now = clock::wall().as_micros().unsigned_abs();
        Self::of(said("SOAK_SECONDS"), said("SOAK_SEED"), now)
    }

    fn of(seconds: Option<String>, seed: Option<String>, now: u64) -> Self {
        let number = |text: String| {
            let number = text.parse();
            number.unwrap_or_else(|_| panic!("SOAK_SECONDS and SOAK_SEED are numbers: {text}"))
        };
        Self {
            length: seconds.map(number).map_or(LENGTH, Duration::from_secs),
            seed: seed.map_or(now, number),
        }
    }
}

#[test]
fn two_hours_and_a_seed_of_the_time_are_asked_for_unless_said_otherwise() {
    let two_hours = Asked::of(None, None, 77);
    assert_eq!((two_hours.length, two_hours.seed), (LENGTH, 77));
    let said = Asked::of(Some("600".to_owned()), Some("5".to_owned()), 77);
    assert_eq!((said.length.as_secs(), said.seed), (600, 5));
}
