//! How fast the lag falls or grows while a drill watches, and when it will be gone at that pace. For people: nothing is judged by it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::time::Timestamp;

/// The lag is looked at over so long: longer than the exporter takes between two readings, so that there is more than one.
const SPAN: Duration = Duration::from_secs(30);

/// A fall or a growth of less than this part of the lag in a second is told as steady.
const STEADY: f64 = 0.001;

/// The lag as it was seen.
#[derive(Debug, Default)]
pub struct Trend {
    seen: VecDeque<(Timestamp, f64)>,
}

impl Trend {
    /// The page says `lag` at `now`. What a reading repeats is kept at its first moment only.
    pub fn saw(&mut self, lag: f64, now: Timestamp) {
        if self
            .seen
            .back()
            .is_none_or(|(_, last)| (last - lag).abs() >= 0.5)
        {
            self.seen.push_back((now, lag));
        }
        while self.seen.len() > 2
            && self
                .seen
                .front()
                .is_some_and(|(at, _)| now.since(*at) > SPAN)
        {
            self.seen.pop_front();
        }
    }

    /// Records in a second; `None` before a second reading, and once the last one is old.
    fn slope(&self, now: Timestamp) -> Option<f64> {
        let (first, then) = self.seen.front()?;
        let (last, lag) = self.seen.back()?;
        let length = last.since(*first).as_secs_f64();
        (length > 0.0 && now.since(*last) <= SPAN).then(|| (lag - then) / length)
    }

    /// In words: the lag, where it goes, and when it is gone; nothing where no page told any.
    pub fn told(&self, now: Timestamp) -> Option<String> {
        let (_, lag) = self.seen.back()?;
        let shown = grouped(*lag);
        if *lag < 0.5 {
            return Some(format!("lag {shown}"));
        }
        let Some(slope) = self.slope(now) else {
            return Some(format!("lag {shown}"));
        };
        let pace = grouped(slope.abs());
        Some(if slope.abs() < lag * STEADY {
            format!("lag {shown}, steady")
        } else if slope > 0.0 {
            format!("lag {shown}, growing, +{pace}/s")
        } else {
            format!("lag {shown}, −{pace}/s, about {}", length(lag / -slope))
        })
    }
}

/// Seconds below two minutes, minutes beyond.
fn length(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

/// A whole number with its thousands set apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut shown = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// What is told of a lag that was seen so, second by second, at the last of them.
    fn told(lags: &[f64]) -> String {
        let mut trend = Trend::default();
        let mut now = 0;
        for lag in lags {
            now += 1;
            trend.saw(*lag, at(now));
        }
        trend.told(at(now)).unwrap_or_default()
    }

    #[test]
    fn a_lag_that_falls_says_how_fast_and_when_it_is_gone() {
        assert_eq!(
            told(&[13_120.0, 12_710.0, 12_300.0]),
            "lag 12,300, −410/s, about 30 s"
        );
        assert_eq!(
            told(&[130_400.0, 130_000.0]),
            "lag 130,000, −400/s, about 5 min"
        );
    }

    #[test]
    fn a_lag_that_grows_has_no_end() {
        assert_eq!(told(&[100.0, 600.0]), "lag 600, growing, +500/s");
    }

    #[test]
    fn a_lag_that_stays_or_is_gone_or_was_seen_once_has_no_pace() {
        assert_eq!(told(&[10_000.0, 9_995.0]), "lag 9,995, steady");
        assert_eq!(told(&[500.0, 0.0]), "lag 0");
        assert_eq!(told(&[500.0]), "lag 500");
        assert_eq!(told(&[]), "");
    }

    #[test]
    fn a_reading_that_is_repeated_does_not_slow_the_pace() {
        assert_eq!(
            told(&[1_000.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0, 500.0, 500.0]),
            "lag 500, −100/s, about 5 s"
        );
    }

    #[test]
    fn a_pace_that_was_is_forgotten() {
        let mut trend = Trend::default();
        trend.saw(1_000.0, at(0));
        trend.saw(500.0, at(5));
        assert!(trend.told(at(35)).unwrap().contains("−100/s"));
        assert_eq!(trend.told(at(36)).unwrap(), "lag 500");
    }
}
