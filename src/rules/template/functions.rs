//! The functions of templates (Prometheus 3.16, `template/template.go`), and numbers as Go prints them.

use super::Datum;

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Humanize,
    Humanize1024,
    HumanizeDuration,
    HumanizePercentage,
    HumanizeTimestamp,
    ToUpper,
    ToLower,
    Title,
}

const NAMES: [(&str, Function); 8] = [
    ("humanize", Function::Humanize),
    ("humanize1024", Function::Humanize1024),
    ("humanizeDuration", Function::HumanizeDuration),
    ("humanizePercentage", Function::HumanizePercentage),
    ("humanizeTimestamp", Function::HumanizeTimestamp),
    ("toUpper", Function::ToUpper),
    ("toLower", Function::ToLower),
    ("title", Function::Title),
];

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| *function)
    }

    pub(super) fn apply(self, datum: &Datum) -> Datum {
        let text = match self {
            Self::ToUpper => datum.print().to_uppercase(),
            Self::ToLower => datum.print().to_lowercase(),
            Self::Title => title(&datum.print()),
            of_number => match number(datum) {
                Some(number) => of_number.humanized(number),
                // Prometheus writes an error into the text.
                None => format!(
                    "<error expanding template: can't convert {:?} to float>",
                    datum.print()
                ),
            },
        };
        Datum::Text(text)
    }

    fn humanized(self, number: f64) -> String {
        match self {
            Self::Humanize1024 => scaled(number, 1024.0, &BINARY, &[]),
            Self::HumanizeDuration => duration(number),
            Self::HumanizePercentage => four_digits(number * 100.0) + "%",
            Self::HumanizeTimestamp => timestamp(number),
            _ => scaled(number, 1000.0, &LARGE, &SMALL),
        }
    }
}

fn number(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Number(number) => Some(*number),
        Datum::Text(text) => text.parse().ok(),
        Datum::Labels(_) => None,
    }
}

fn title(text: &str) -> String {
    let words = text.split_inclusive(' ').map(|word| {
        let mut rest = word.chars();
        let first = rest.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + rest.as_str()
    });
    words.collect()
}

/// With the prefix that leaves one to three digits before the point.
fn scaled(number: f64, base: f64, large: &[&str], small: &[&str]) -> String {
    let (mut scaled, mut prefix) = (number, "");
    if number == 0.0 || !number.is_finite() {
        return four_digits(number);
    }
    if number.abs() >= 1.0 {
        for next in large {
            if scaled.abs() < base {
                break;
            }
            (scaled, prefix) = (scaled / base, next);
        }
    } else {
        for next in small {
            if scaled.abs() >= 1.0 {
                break;
            }
            (scaled, prefix) = (scaled * base, next);
        }
    }
    four_digits(scaled) + prefix
}

fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return four_digits(seconds);
    }
    if seconds.abs() < 1.0 {
        return scaled(seconds, 1000.0, &[], &SMALL) + "s";
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off as in Prometheus"
    )]
    let whole = seconds.abs() as u64;
    let (days, hours, minutes, rest) = (
        whole / 86_400,
        whole / 3_600 % 24,
        whole / 60 % 60,
        whole % 60,
    );
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(seconds.abs())),
        (0, 0, _) => format!("{sign}{minutes}m {rest}s"),
        (0, ..) => format!("{sign}{hours}h {minutes}m {rest}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {rest}s"),
    }
}

/// As Go prints a time.
fn timestamp(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "checked by the library")]
    let time = jiff::Timestamp::from_millisecond((seconds * 1_000.0) as i64);
    match time {
        Ok(time) if seconds.is_finite() => {
            let fraction = time.subsec_millisecond();
            let whole = time.strftime("%Y-%m-%d %H:%M:%S").to_string();
            let fraction = if fraction == 0 {
                String::new()
            } else {
                format!(".{fraction:03}").trim_end_matches('0').to_owned()
            };
            format!("{whole}{fraction} +0000 UTC")
        }
        _ => four_digits(seconds),
    }
}

/// As Go's `%v`: the shortest digits.
pub(super) fn printed(number: f64) -> String {
    if !number.is_finite() {
        return special(number);
    }
    let text = format!("{number:e}");
    let (digits, exponent) = parts(&text);
    if (-4..21).contains(&exponent) {
        number.to_string()
    } else {
        scientific(digits, exponent)
    }
}

/// As Go's `%.4g`.
fn four_digits(number: f64) -> String {
    if !number.is_finite() {
        return special(number);
    }
    let text = format!("{number:.3e}");
    let (digits, exponent) = parts(&text);
    if !(-4..4).contains(&exponent) {
        return scientific(trimmed(digits), exponent);
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    trimmed(&format!("{number:.decimals$}")).to_owned()
}

fn special(number: f64) -> String {
    let text = match number {
        f64::INFINITY => "+Inf",
        f64::NEG_INFINITY => "-Inf",
        _ => "NaN",
    };
    text.to_owned()
}

fn parts(text: &str) -> (&str, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits, exponent.parse().unwrap_or(0))
}

fn scientific(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Without zeros at the end behind a point.
fn trimmed(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are those of Prometheus' `template_test.go` and of Go.
    #[test]
    fn numbers_are_humanized_as_prometheus_does() {
        let humanized = |name: &str, number: f64| Function::named(name).unwrap().humanized(number);
        let cases = [
            ("humanize", 0.0, "0"),
            ("humanize", 1.0, "1"),
            ("humanize", 1_234_567.0, "1.235M"),
            ("humanize", 0.12, "120m"),
            ("humanize", f64::INFINITY, "+Inf"),
            ("humanize1024", 1_048_576.0, "1Mi"),
            ("humanize1024", 0.12, "0.12"),
            ("humanizeDuration", 0.0, "0s"),
            ("humanizeDuration", 0.5, "500ms"),
            ("humanizeDuration", 1.5, "1.5s"),
            ("humanizeDuration", 59.99, "59.99s"),
            ("humanizeDuration", 60.0, "1m 0s"),
            ("humanizeDuration", 3_600.0, "1h 0m 0s"),
            ("humanizeDuration", 86_400.0, "1d 0h 0m 0s"),
            ("humanizeDuration", -899.0, "-14m 59s"),
            ("humanizePercentage", 0.123_456_7, "12.35%"),
            ("humanizePercentage", -1.0, "-100%"),
            (
                "humanizeTimestamp",
                1_435_065_584.128,
                "2015-06-23 13:19:44.128 +0000 UTC",
            ),
        ];
        for (name, number, text) in cases {
            assert_eq!(humanized(name, number), text, "{name} {number}");
        }
    }

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        assert_eq!(
            [1.5, 1e21, 1e-5, 100_000.0].map(printed),
            ["1.5", "1e+21", "1e-05", "100000"]
        );
        assert_eq!(
            [12_345.0, 0.000_123_45, 999.96].map(four_digits),
            ["1.234e+04", "0.0001234", "1000"]
        );
    }
}
