//! Numbers of the table of metrics: rounded outwards, so that what is printed still contains what was seen.

use super::Language;
use crate::recovery::scenario::{Shown, Unit};

/// What was seen of a quantity in one phase: `3`, `2 … 3`, `≈ 114 [94 … 135] msg/s`.
pub(super) fn seen(
    (least, most): (f64, f64),
    unit: Unit,
    shown: Shown,
    language: Language,
) -> String {
    let scale = if unit == Unit::Ratio { 100.0 } else { 1.0 };
    let (least, most) = (least * scale, most * scale);
    let digits = digits((least, most), unit, shown);
    let lower = written(towards(least, digits, f64::floor), digits, language);
    let upper = written(towards(most, digits, f64::ceil), digits, language);
    let number = match shown {
        Shown::Most => upper,
        _ if lower == upper => upper,
        Shown::Rate => {
            let middle = written(least.midpoint(most), digits, language);
            format!("≈ {middle} [{lower} … {upper}]")
        }
        Shown::Range | Shown::Last | Shown::Increase => format!("{lower} … {upper}"),
    };
    format!("{number}{}", suffix(unit))
}

/// What a quantity certainly is, rounded down.
pub(super) fn at_least(least: f64, unit: Unit, language: Language) -> String {
    let least = if unit == Unit::Ratio {
        least * 100.0
    } else {
        least
    };
    let digits = digits((least, least), unit, Shown::Rate);
    let number = written(towards(least, digits, f64::floor), digits, language);
    format!("{number}{}", suffix(unit))
}

fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "",
        Unit::Records => " msg",
        Unit::RecordsPerSecond => " msg/s",
        Unit::Seconds => " s",
        Unit::Ratio => " %",
    }
}

/// How many digits after the decimal sign say something.
fn digits((least, most): (f64, f64), unit: Unit, shown: Shown) -> usize {
    let whole = |number: f64| number.fract() == 0.0;
    let counted = matches!(unit, Unit::Count | Unit::Records) && shown != Shown::Rate;
    if counted && whole(least) && whole(most) {
        return 0;
    }
    match (unit, most.abs()) {
        (Unit::Seconds, most) if most < 10.0 => 3,
        (Unit::Ratio | Unit::Seconds, _) => 1,
        (_, most) if most >= 100.0 => 0,
        (_, most) if most >= 10.0 => 1,
        _ => 2,
    }
}

fn towards(number: f64, digits: usize, end: fn(f64) -> f64) -> f64 {
    let shift = [1.0, 10.0, 100.0, 1_000.0][digits.min(3)];
    end(number * shift) / shift
}

fn written(number: f64, digits: usize, language: Language) -> String {
    // Minus zero is zero.
    let number = number + 0.0;
    format!("{number:.digits$}").replace('.', language.pick(".", ","))
}

#[test]
fn what_is_printed_contains_what_was_seen() {
    let english = |seen_at, unit, shown| seen(seen_at, unit, shown, Language::English);
    let rate = english((94.884, 134.057), Unit::RecordsPerSecond, Shown::Rate);
    assert_eq!(rate, "≈ 114 [94 … 135] msg/s");
    assert_eq!(english((2.0, 3.0), Unit::Count, Shown::Range), "2 … 3");
    assert_eq!(english((3.0, 3.0), Unit::Count, Shown::Range), "3");
    assert_eq!(english((0.0, 615.0), Unit::Records, Shown::Most), "615 msg");
    assert_eq!(english((7.0, 7.0), Unit::Count, Shown::Increase), "7");
    assert_eq!(english((-0.0, 0.0), Unit::Count, Shown::Range), "0");
}

#[test]
fn what_is_at_least_so_much_is_rounded_down() {
    let english = |least, unit| at_least(least, unit, Language::English);
    assert_eq!(english(172.99, Unit::RecordsPerSecond), "172 msg/s");
    assert_eq!(english(0.712_9, Unit::Ratio), "71.2 %");
}

#[test]
fn seconds_and_per_cent_have_the_digits_that_say_something() {
    let french = |seen_at, unit, shown| seen(seen_at, unit, shown, Language::French);
    assert_eq!(
        french((1.0, 2.345_6), Unit::Seconds, Shown::Most),
        "2,346 s"
    );
    assert_eq!(french((1.0, 61.01), Unit::Seconds, Shown::Most), "61,1 s");
    assert_eq!(
        french((0.104, 0.131), Unit::Ratio, Shown::Rate),
        "≈ 11,8 [10,4 … 13,1] %"
    );
    assert_eq!(french((0.5, 0.5), Unit::Count, Shown::Last), "0,50");
}
