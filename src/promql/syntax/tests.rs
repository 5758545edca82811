use super::parse;
use crate::promql::Error;

fn refused(text: &str) -> String {
    match parse(text) {
        Err(Error::Unsupported { what, .. }) => what.into_owned(),
        other => panic!("{text}: {other:?}"),
    }
}

fn wrong(text: &str) -> String {
    match parse(text) {
        Err(Error::Syntax { message, .. }) => message,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_not_evaluated_is_refused_by_name() {
    for (text, what) in [
        (
            "info(a)",
            "function `info` (experimental in Prometheus 3.16)",
        ),
        (
            "mad_over_time(a[1m])",
            "function `mad_over_time` (experimental in Prometheus 3.16)",
        ),
        (
            "integral(a[1m])",
            "function `integral` (experimental in Prometheus 3.16)",
        ),
        (
            "start_timestamp(a)",
            "function `start_timestamp` (experimental in Prometheus 3.16)",
        ),
        ("limitk(1, a)", "aggregation `limitk` (experimental)"),
        ("a + fill(0) b", "`fill` (experimental)"),
        ("{a='1' or b='2'}", "`or` between matchers"),
        ("rate(a[1m] smoothed)", "`smoothed`"),
        ("a[5m*2]", "arithmetic in durations"),
        ("a offset (5m)", "arithmetic in durations"),
        ("a{b='\\xc5'}", "a string of bytes that are no text"),
        ("a{b='\\\\\\305'}", "a string of bytes that are no text"),
        ("a </ 1", "trimming of native histograms"),
    ] {
        assert_eq!(refused(text), what, "{text}");
    }
    assert!(refused("histogram_count(a)").starts_with("function `histogram_count`"));
}

#[test]
fn types_are_checked_as_prometheus_does() {
    assert_eq!(
        wrong("ln(Inf)"),
        "expected type instant vector in call to function \"ln\", got scalar"
    );
    for text in [
        "rate(a)",
        "abs(1)",
        "1 == 1",
        "sum(1)",
        "topk('a', b)",
        "count_values(1, a)",
        "a + bool b",
        "1 and a",
        "a and on(x) group_left() b",
        "a + on(x) group_left(x) b",
        "a[1m] + 1",
        "-'a'",
        "'a' + 1",
        "abs()",
        "round(a, 1, 2)",
        "label_join(a, 'b')",
        "1[5m:]",
        "{}",
        "{x=~'.*'}",
        "a{__name__='b'}",
        "a @ 1e300",
        "a offset 5m offset 5m",
        "a[1m][1m]",
    ] {
        assert!(!wrong(text).is_empty());
    }
    assert!(parse("round(a)").is_ok() && parse("label_join(a, 'b', ',')").is_ok());
    assert!(parse("{x=~'.+'}").is_ok() && parse("{'a.b', 'c d'='1'}").is_ok());
    assert!(parse("a{x=~`\\d+`} # and ((((").is_ok());
}
