//! Round numbers for axes.

use crate::report::Language;

/// Steps of an axis of time that people count in, in seconds.
const SECONDS: [i64; 17] = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400,
];

/// The step of an axis of time, in microseconds, that gives at most so many parts of a span.
pub(super) fn step(span: i64, parts: i64) -> i64 {
    let steps = SECONDS.iter().map(|seconds| seconds * 1_000_000);
    let fits = |step: &i64| span / step <= parts;
    steps.clone().find(fits).unwrap_or_else(|| {
        let days = span / (86_400_000_000 * parts) + 1;
        days * 86_400_000_000
    })
}

/// The multiples of a step in a range.
pub(super) fn multiples(step: i64, from: i64, to: i64) -> impl Iterator<Item = i64> {
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) != 0);
    (first..=to.div_euclid(step)).map(move |n| n * step)
}

/// The step of an axis of values from 0 to at least `most`, and how many steps it has: three or less.
pub(super) fn values(most: f64, least_step: f64) -> (f64, u32) {
    let rough = (most / 3.0).max(least_step);
    let power = 10_f64.powf(rough.log10().floor());
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0].map(|n| n * power);
    let whole = |step: &f64| least_step < 1.0 || (step.round() - step).abs() < 1e-9;
    let fits = |step: &f64| *step >= rough * 0.999_999 && whole(step);
    let step = nice.into_iter().find(fits).unwrap_or(10.0 * power);
    let needed = (1..3_u32).find(|n| step * f64::from(*n) >= most * 0.999_999);
    (step, needed.unwrap_or(3))
}

/// A number beside an axis, with as many digits as its step needs, grouped by thousands as its language does.
pub(super) fn number(value: f64, step: f64, language: Language) -> String {
    let places = usize::from(step < 1.0) + usize::from(step < 0.1) + usize::from(step < 0.01);
    let places = if step > 1.0 && step < 10.0 && step.fract() > 0.0 {
        1
    } else {
        places
    };
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(language.pick(',', '\u{a0}'));
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push(language.pick('.', ','));
        grouped.push_str(fraction);
    }
    grouped
}

#[test]
fn an_axis_of_time_counts_in_steps_that_people_use() {
    let seconds = |span: i64, parts| step(span * 1_000_000, parts) / 1_000_000;
    assert_eq!(seconds(106, 12), 10);
    assert_eq!(seconds(3_600, 12), 300);
    assert_eq!(seconds(1, 12), 1);
    assert_eq!(seconds(86_400 * 100, 10), 86_400 * 11);
    assert_eq!(
        multiples(10, -25, 20).collect::<Vec<_>>(),
        [-20, -10, 0, 10, 20]
    );
}

#[test]
fn an_axis_of_values_reaches_what_is_drawn_in_at_most_three_steps() {
    let axis = |most, least| {
        let (step, count) = values(most, least);
        (step.to_string(), count)
    };
    let is = |step: &str, count| (step.to_owned(), count);
    assert_eq!(axis(16.2, 0.1), is("10", 2));
    assert_eq!(axis(0.12, 0.1), is("0.1", 2));
    assert_eq!(axis(3.0, 1.0), is("1", 3));
    assert_eq!(axis(7.0, 1.0), is("5", 2));
    assert_eq!(axis(364.0, 1.0), is("200", 2));
    assert_eq!(axis(0.0, 1.0), is("1", 1));
}

#[test]
fn a_number_reads_as_its_language_has_it() {
    assert_eq!(
        number(12_345_678.0, 1_000.0, Language::English),
        "12,345,678"
    );
    assert_eq!(number(12_345.0, 1.0, Language::French), "12\u{a0}345");
    assert_eq!(number(0.25, 0.05, Language::French), "0,25");
    assert_eq!(number(7.5, 2.5, Language::English), "7.5");
    assert_eq!(number(20.0, 10.0, Language::English), "20");
}
