//! All functions of Prometheus 3.16 (promql/parser/functions.go): the stable ones with their signatures, the others with the reason why
//! they are not evaluated here.

use super::ArgType::{Matrix, Scalar, String, Vector};
use super::{ArgType, Signature, ValueType};

const fn function(name: &'static str, args: &'static [ArgType]) -> Signature {
    Signature {
        name,
        args,
        variadic: 0,
        returns: ValueType::Vector,
    }
}

/// The last argument may be missing.
const fn optional(name: &'static str, args: &'static [ArgType]) -> Signature {
    Signature {
        variadic: 1,
        ..function(name, args)
    }
}

/// The last argument may be missing, or be there as often as one likes.
const fn repeated(name: &'static str, args: &'static [ArgType]) -> Signature {
    Signature {
        variadic: -1,
        ..function(name, args)
    }
}

const fn scalar(name: &'static str, args: &'static [ArgType]) -> Signature {
    Signature {
        returns: ValueType::Scalar,
        ..function(name, args)
    }
}

/// By name.
static STABLE: &[Signature] = &[
    function("abs", &[Vector]),
    function("absent", &[Vector]),
    function("absent_over_time", &[Matrix]),
    function("acos", &[Vector]),
    function("acosh", &[Vector]),
    function("asin", &[Vector]),
    function("asinh", &[Vector]),
    function("atan", &[Vector]),
    function("atanh", &[Vector]),
    function("avg_over_time", &[Matrix]),
    function("ceil", &[Vector]),
    function("changes", &[Matrix]),
    function("clamp", &[Vector, Scalar, Scalar]),
    function("clamp_max", &[Vector, Scalar]),
    function("clamp_min", &[Vector, Scalar]),
    function("cos", &[Vector]),
    function("cosh", &[Vector]),
    function("count_over_time", &[Matrix]),
    optional("day_of_month", &[Vector]),
    optional("day_of_week", &[Vector]),
    optional("day_of_year", &[Vector]),
    optional("days_in_month", &[Vector]),
    function("deg", &[Vector]),
    function("delta", &[Matrix]),
    function("deriv", &[Matrix]),
    function("exp", &[Vector]),
    function("first_over_time", &[Matrix]),
    function("floor", &[Vector]),
    function("histogram_fraction", &[Scalar, Scalar, Vector]),
    function("histogram_quantile", &[Scalar, Vector]),
    optional("hour", &[Vector]),
    function("idelta", &[Matrix]),
    function("increase", &[Matrix]),
    function("irate", &[Matrix]),
    repeated("label_join", &[Vector, String, String, String]),
    function("label_replace", &[Vector, String, String, String, String]),
    function("last_over_time", &[Matrix]),
    function("ln", &[Vector]),
    function("log10", &[Vector]),
    function("log2", &[Vector]),
    function("max_over_time", &[Matrix]),
    function("min_over_time", &[Matrix]),
    optional("minute", &[Vector]),
    optional("month", &[Vector]),
    scalar("pi", &[]),
    function("predict_linear", &[Matrix, Scalar]),
    function("present_over_time", &[Matrix]),
    function("quantile_over_time", &[Scalar, Matrix]),
    function("rad", &[Vector]),
    function("rate", &[Matrix]),
    function("resets", &[Matrix]),
    optional("round", &[Vector, Scalar]),
    scalar("scalar", &[Vector]),
    function("sgn", &[Vector]),
    function("sin", &[Vector]),
    function("sinh", &[Vector]),
    function("sort", &[Vector]),
    function("sort_desc", &[Vector]),
    function("sqrt", &[Vector]),
    function("stddev_over_time", &[Matrix]),
    function("stdvar_over_time", &[Matrix]),
    function("sum_over_time", &[Matrix]),
    function("tan", &[Vector]),
    function("tanh", &[Vector]),
    scalar("time", &[]),
    function("timestamp", &[Vector]),
    function("vector", &[Scalar]),
    optional("year", &[Vector]),
];

const NATIVE: &str = "only of native histograms";
const EXPERIMENTAL: &str = "experimental in Prometheus 3.16";

/// By name.
static REFUSED: &[(&str, &str)] = &[
    ("double_exponential_smoothing", EXPERIMENTAL),
    ("end", EXPERIMENTAL),
    ("histogram_avg", NATIVE),
    ("histogram_count", NATIVE),
    ("histogram_quantiles", EXPERIMENTAL),
    ("histogram_stddev", NATIVE),
    ("histogram_stdvar", NATIVE),
    ("histogram_sum", NATIVE),
    ("info", EXPERIMENTAL),
    ("integral", EXPERIMENTAL),
    ("mad_over_time", EXPERIMENTAL),
    ("max_of", EXPERIMENTAL),
    ("min_of", EXPERIMENTAL),
    ("range", EXPERIMENTAL),
    ("sort_by_label", EXPERIMENTAL),
    ("sort_by_label_desc", EXPERIMENTAL),
    ("start", EXPERIMENTAL),
    ("start_timestamp", EXPERIMENTAL),
    ("step", EXPERIMENTAL),
    ("ts_of_first_over_time", EXPERIMENTAL),
    ("ts_of_last_over_time", EXPERIMENTAL),
    ("ts_of_max_over_time", EXPERIMENTAL),
    ("ts_of_min_over_time", EXPERIMENTAL),
];

/// How a function that is evaluated here is called.
pub(crate) fn signature(name: &str) -> Option<&'static Signature> {
    let found = STABLE.binary_search_by_key(&name, |signature| signature.name);
    found.ok().map(|at| &STABLE[at])
}

/// Why a function of Prometheus is not evaluated here.
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    let found = REFUSED.binary_search_by_key(&name, |(name, _)| name);
    found.ok().map(|at| REFUSED[at].1)
}

/// Every function of Prometheus 3.16 by its name, those that are evaluated here first, and the reason why one is not.
pub fn functions() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let evaluated = STABLE.iter().map(|signature| (signature.name, None));
    evaluated.chain(REFUSED.iter().map(|(name, reason)| (*name, Some(*reason))))
}

/// Every function that is evaluated here, by name.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Signature> {
    STABLE.iter()
}

#[test]
fn both_tables_are_in_order_and_have_each_name_once() {
    assert!(STABLE.is_sorted_by(|one, next| one.name < next.name));
    assert!(REFUSED.is_sorted_by(|one, next| one.0 < next.0));
    assert!(REFUSED.iter().all(|(name, _)| signature(name).is_none()));
    assert_eq!(refused("info"), Some(EXPERIMENTAL));
    assert_eq!(refused("rate"), None);
}
