//! `le` and `quantile` have one form each, whatever the exporter wrote: `1` is `1.0` (Prometheus 3, `normalizeFloatsInLabelValues`).

/// What the type of a metric means for its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Histogram,
    Summary,
    Other,
}

impl Kind {
    /// What a comment declares, if it is a `# TYPE`.
    pub(super) fn declared(comment: &str) -> Option<Self> {
        let mut words = comment.split([' ', '\t']).filter(|word| !word.is_empty());
        if words.next() != Some("#") || words.next() != Some("TYPE") {
            return None;
        }
        Some(match words.next_back()? {
            "histogram" => Self::Histogram,
            "summary" => Self::Summary,
            _ => Self::Other,
        })
    }

    pub(super) fn normalise(self, label: &str, value: &mut String) {
        let is_number = match self {
            Self::Histogram => label == "le",
            Self::Summary => label == "quantile",
            Self::Other => false,
        };
        if let Some(number) = value.parse().ok().filter(|_| is_number) {
            *value = printed(number);
        }
    }
}

/// As `OpenMetrics` writes numbers: the shortest digits, with a point.
fn printed(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if number != 0.0 && !(1e-4..1e21).contains(&number.abs()) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').expect("it was asked for");
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = number.to_string();
    if text.contains('.') {
        text
    } else {
        text + ".0"
    }
}

#[test]
fn numbers_are_printed_as_prometheus_prints_bounds() {
    let all = [
        (0.0, "0.0"),
        (1.0, "1.0"),
        (0.25, "0.25"),
        (-2.0, "-2.0"),
        (1e-5, "1e-05"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000.0"),
        (f64::INFINITY, "+Inf"),
    ];
    for (number, text) in all {
        assert_eq!(printed(number), text);
    }
}
