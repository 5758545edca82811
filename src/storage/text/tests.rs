use proptest::prelude::*;

use super::*;

fn read(format: Format, text: &str) -> Vec<(String, String, Option<Millis>)> {
    let lines = parse(format, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let told = |line: Line| (line.labels.to_string(), line.value.to_string(), line.at);
    lines.into_iter().map(told).collect()
}

fn sample(labels: &str, value: &str, at: Option<Millis>) -> (String, String, Option<Millis>) {
    (labels.to_owned(), value.to_owned(), at)
}

#[test]
fn a_classic_page_is_read() {
    let text = "# HELP up Whether.\n# TYPE up gauge\n\nup 1\n  up{a=\"b\" , c = \"x\\\"y\\\\z\\n\\t\",} 2e3 1500\n\t# a comment\nnan NaN\nneg{} -Inf\n\
                {\"a name\",\"a label\"=\"v\"} 3\n";
    let expected = [
        sample(r#"{__name__="up"}"#, "1", None),
        sample(
            r#"{__name__="up", a="b", c="x\"y\\z\n\\t"}"#,
            "2000",
            Some(1_500),
        ),
        sample(r#"{__name__="nan"}"#, "NaN", None),
        sample(r#"{__name__="neg"}"#, "-inf", None),
        sample(r#"{__name__="a name", a label="v"}"#, "3", None),
    ];
    assert_eq!(read(Format::Classic, text), expected);
}

#[test]
fn an_openmetrics_page_is_read_with_times_in_seconds_and_exemplars_left_out() {
    let text = "# TYPE a counter\na_total{x=\"y\"} 5 1.5 # {trace=\"q\"} 1 2\na_total 6 # {} 1\na_created 1e9\n# EOF\n";
    let expected = [
        sample(r#"{__name__="a_total", x="y"}"#, "5", Some(1_500)),
        sample(r#"{__name__="a_total"}"#, "6", None),
        sample(r#"{__name__="a_created"}"#, "1000000000", None),
    ];
    assert_eq!(read(Format::OpenMetrics, text), expected);
}

#[test]
fn bounds_of_buckets_and_quantiles_have_one_form_and_other_labels_keep_theirs() {
    let text = "# TYPE h histogram\nh_bucket{le=\"1\",x=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n# TYPE s summary\ns{quantile=\"1\"} 1\n\
                # TYPE g gauge\ng{le=\"1\",quantile=\"1\"} 1\n";
    let labels: Vec<_> = read(Format::Classic, text)
        .into_iter()
        .map(|line| line.0)
        .collect();
    let expected = [
        r#"{__name__="h_bucket", le="1.0", x="1"}"#,
        r#"{__name__="h_bucket", le="+Inf"}"#,
        r#"{__name__="s", quantile="1.0"}"#,
        r#"{__name__="g", le="1", quantile="1"}"#,
    ];
    assert_eq!(labels, expected);
}

#[test]
fn what_is_malformed_is_told_with_line_and_column() {
    let said = |format, text: &str| parse(format, text).unwrap_err().to_string();
    let classic = [
        ("up 1\nup", "line 2, column 3: a space is missing"),
        ("up x", "line 1, column 5: `x` is not a number"),
        ("up 1 x", "line 1, column 7: `x` is not a time"),
        ("up 1 1 1", "line 1, column 8: something follows the sample"),
        (
            "up{a} 1",
            "line 1, column 5: `=` is missing behind the name of a label",
        ),
        (
            "up{a=\"b\" 1",
            "line 1, column 10: `,` or `}` is missing behind a label",
        ),
        ("up{a=\"b", "line 1, column 8: a quote is not closed"),
        (
            "up{a=\"b\",a=\"c\"} 1",
            "line 1, column 15: the label `a` comes twice",
        ),
        (
            "{a=\"b\"} 1",
            "line 1, column 8: a sample without the name of a metric",
        ),
        (
            "1up 1",
            "line 1, column 4: `1up` is not the name of a metric",
        ),
    ];
    for (text, expected) in classic {
        assert_eq!(said(Format::Classic, text), expected, "{text}");
    }
    let open = Format::OpenMetrics;
    assert_eq!(
        said(open, "up 1\n"),
        "line 2, column 1: the text ends without `# EOF`: it was cut off"
    );
    assert_eq!(
        said(open, "# EOF\nup 1"),
        "line 2, column 1: something follows `# EOF`"
    );
    assert_eq!(said(open, "\n# EOF"), "line 1, column 1: an empty line");
}

#[test]
fn a_content_type_names_a_format_or_none() {
    let of = Format::of_content_type;
    assert_eq!(
        of("text/plain; version=0.0.4; charset=utf-8"),
        Some(Format::Classic)
    );
    assert_eq!(
        of("application/openmetrics-text;version=1.0.0"),
        Some(Format::OpenMetrics)
    );
    assert_eq!(of("text/html"), None);
}

proptest! {
    #[test]
    fn no_text_panics(text in "(up|a_b|[{}\"=,# \t\n0-9.\\\\]|é|EOF|\\PC){0,60}") {
        for format in [Format::Classic, Format::OpenMetrics] {
            let _ = parse(format, &text);
        }
    }
}
