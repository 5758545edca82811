//! Times, counts and intervals in words. Bounds are rounded outwards, so that a printed interval still contains the true value.

use super::Language;
use crate::model::time::Timestamp;
use crate::recovery::judgement::Interval;

/// What a number of the judgement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Microseconds.
    Time,
    /// Things.
    Count,
}

/// `12.345 s [12.201 … 12.489]`, `> 12.201 s` when there is no upper bound.
pub(super) fn interval(interval: Interval, unit: Unit, language: Language) -> String {
    let Interval { lower, upper } = interval;
    match (unit, upper) {
        (Unit::Count, Some(upper)) if upper == lower => format!("{lower}"),
        (Unit::Count, Some(upper)) => format!("[{lower} … {upper}]"),
        (Unit::Count, None) => format!("≥ {lower}"),
        (Unit::Time, None) => format!("≥ {} s", floor(lower, language)),
        (Unit::Time, Some(upper)) if upper == lower => exact(lower, unit, language),
        (Unit::Time, Some(upper)) => {
            let middle = lower + (upper - lower) / 2;
            format!(
                "{} s [{} … {}]",
                nearest(middle, language),
                floor(lower, language),
                ceil(upper, language)
            )
        }
    }
}

/// A time of which only the bounds say something, rounded outwards to a tenth of a second: `20.9 … 31.0 s`.
pub(super) fn between(interval: Interval, language: Language) -> String {
    let tenths = |micros: i64| decimal(micros, 1, language);
    let lower = tenths(interval.lower.div_euclid(100_000));
    match interval.upper {
        Some(upper) => format!("{lower} … {} s", tenths(-(-upper).div_euclid(100_000))),
        None => format!("≥ {lower} s"),
    }
}

/// A limit or another exact number: `60 s`, `0.5 s`, `1`.
pub(super) fn exact(value: i64, unit: Unit, language: Language) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Time => {
            let text = decimal(value, 6, language);
            let short = text.trim_end_matches('0').trim_end_matches(['.', ',']);
            format!("{short} s")
        }
    }
}

/// What is left or too much at least: a time rounded down to the millisecond.
pub(super) fn at_least(value: i64, unit: Unit, language: Language) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Time => format!("{} s", floor(value, language)),
    }
}

/// A time of which an upper bound is asked: rounded up to the millisecond.
pub(super) fn at_most(micros: i64, language: Language) -> String {
    format!("{} s", ceil(micros, language))
}

/// Date and time of day in UTC, to the millisecond.
pub(super) fn instant(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M:%S%.3f UTC")
}

/// Date and time of day in UTC, to the minute.
pub(super) fn minute(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M UTC")
}

/// Time of day in UTC, to the millisecond.
pub(super) fn time_of_day(at: Timestamp) -> String {
    formatted(at, "%H:%M:%S%.3f")
}

/// Time of day in UTC, to the second.
pub(super) fn second_of_day(at: Timestamp) -> String {
    formatted(at, "%H:%M:%S")
}

fn formatted(at: Timestamp, form: &str) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map_or_else(|_| at.to_string(), |at| at.strftime(form).to_string())
}

fn floor(micros: i64, language: Language) -> String {
    decimal(micros.div_euclid(1_000), 3, language)
}

fn ceil(micros: i64, language: Language) -> String {
    decimal(-(-micros).div_euclid(1_000), 3, language)
}

fn nearest(micros: i64, language: Language) -> String {
    floor(micros.saturating_add(500), language)
}

/// An integer with `places` of its digits after the decimal sign.
fn decimal(value: i64, places: usize, language: Language) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, rest) = digits.split_at(digits.len() - places);
    let point = language.pick('.', ',');
    format!("{sign}{whole}{point}{rest}")
}

#[test]
fn bounds_are_rounded_outwards_and_the_middle_to_the_nearest() {
    let within = Interval {
        lower: 12_201_999,
        upper: Some(12_488_001),
    };
    let english = interval(within, Unit::Time, Language::English);
    assert_eq!(english, "12.345 s [12.201 … 12.489]");
    let french = interval(within, Unit::Time, Language::French);
    assert_eq!(french, "12,345 s [12,201 … 12,489]");
}

#[test]
fn bounds_alone_are_rounded_outwards_to_a_tenth() {
    let bounds = |lower, upper| between(Interval { lower, upper }, Language::English);
    assert_eq!(bounds(20_999_999, Some(31_000_001)), "20.9 … 31.1 s");
    assert_eq!(bounds(0, Some(31_000_000)), "0.0 … 31.0 s");
    assert_eq!(bounds(20_900_000, None), "≥ 20.9 s");
}

#[test]
fn an_interval_without_width_is_one_number() {
    let none = Interval {
        lower: 0,
        upper: Some(0),
    };
    assert_eq!(interval(none, Unit::Time, Language::French), "0 s");
    assert_eq!(interval(none, Unit::Count, Language::French), "0");
}

#[test]
fn an_open_interval_has_only_its_lower_end() {
    let open = Interval {
        lower: 90_000_000,
        upper: None,
    };
    assert_eq!(interval(open, Unit::Time, Language::English), "≥ 90.000 s");
    assert_eq!(interval(open, Unit::Count, Language::English), "≥ 90000000");
}

#[test]
fn limits_print_without_needless_zeros() {
    assert_eq!(exact(60_000_000, Unit::Time, Language::English), "60 s");
    assert_eq!(exact(500_000, Unit::Time, Language::French), "0,5 s");
    assert_eq!(exact(-1_500_000, Unit::Time, Language::English), "-1.5 s");
    assert_eq!(exact(100, Unit::Count, Language::English), "100");
}
