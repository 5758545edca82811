use super::{load, ranged};
use crate::promql::{Error, EvalError, Query, SeriesSet, Settings, Steps, Value};
use proptest::prelude::*;

fn evaluate(text: &str) {
    let data = load(&["a{x=\"1\"} 1 2 NaN stale", "b_bucket{le=\"1\"} 1 2 3"]);
    if let Ok(query) = Query::parse(text) {
        let _ = query.instant(&data, 10_000, &Settings::default());
        let steps = Steps {
            from: 0,
            to: 30_000,
            step: 10_000,
        };
        let _ = query.range(&data, steps, &Settings::default());
        let _ = query.selectors();
    }
}

#[test]
fn nesting_of_every_kind_is_refused_or_evaluated_on_a_small_stack() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}a{}", open.repeat(depth), close.repeat(depth))
    };
    for depth in [50, 190, 1000, 3000] {
        for text in [
            nested("(", ")", depth),
            nested("-", "", depth),
            nested("abs(", ")", depth),
            nested("sum(", ")", depth),
            nested("sum_over_time((", ")[1m:10s])", depth),
            nested("1 + (", ")", depth),
            nested("", " or b_bucket", depth),
            nested("", " + a", depth),
            nested("", " == a", depth),
            nested("2 ^ ", "", depth),
            nested("", "[1m:1m]", depth),
        ] {
            evaluate(&text);
        }
    }
    let deep = Query::parse(&nested("abs(", ")", 300)).unwrap_err();
    assert!(matches!(deep, Error::TooDeep(_)));
    let long = Query::parse(&"a ".repeat(10_000)).unwrap_err();
    assert!(matches!(long, Error::TooLong(_)));
}

#[test]
fn times_and_counts_out_of_range_are_errors() {
    let data = load(&["a 1"]);
    let range = |from, to, step| {
        let steps = Steps { from, to, step };
        let query = Query::parse("a + time()").unwrap();
        query.range(&data, steps, &Settings::default())
    };
    assert_eq!(range(i64::MIN, i64::MAX, 1), Err(EvalError::Time));
    assert_eq!(range(0, 1 << 50, 1), Err(EvalError::TooManySamples));
    assert_eq!(range(0, 1, 0), Err(EvalError::Step));
    assert_eq!(range(0, -1, 1).unwrap().value, Value::Matrix(Vec::new()));
    let too_fine = Query::parse("sum_over_time(a[290y:1ms])").unwrap();
    assert_eq!(
        too_fine.instant(&data, 0, &Settings::default()),
        Err(EvalError::TooManySamples)
    );
    assert_eq!(
        ranged("a[1m]", &data, 10).unwrap_err().to_string(),
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
    );
}

#[test]
fn more_series_than_fit_are_an_error() {
    let data: SeriesSet = load(&["a{x=\"1\"} 1", "a{x=\"2\"} 1", "a{x=\"3\"} 1"]);
    let settings = Settings {
        max_samples: 2,
        ..Settings::default()
    };
    let query = Query::parse("a").unwrap();
    assert_eq!(
        query.instant(&data, 0, &settings),
        Err(EvalError::TooManySamples)
    );
    assert!(
        Query::parse("a{x='1'}")
            .unwrap()
            .instant(&data, 0, &settings)
            .is_ok()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        evaluate(&text);
    }

    #[test]
    fn no_row_of_words_makes_it_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "b_bucket", "{", "}", "x", "=", "=~", "\"1\"", "'.*'", "`\\d`", "(", ")", "[", "]", ":", ",", "1",
                "0", "1e300", "5m", "1h5000000000ms", "99999999999999999y", "Inf", "NaN", "0x1", "+", "-", "*", "/",
                "^", "%", "==", "bool", "and", "or", "unless", "on", "ignoring", "group_left", "sum", "by", "topk",
                "rate", "abs", "time", "offset", "@", "start", "end", "#", "\n", "fill", "atan2", "count_values",
            ]),
            0..20,
        )
    ) {
        evaluate(&words.join(" "));
    }
}
