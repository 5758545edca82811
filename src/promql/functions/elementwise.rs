//! Functions of one value. Transcendental ones come from `libm`, which gives the same result on every machine.

use std::f64::consts::PI;

pub(super) fn kernel(name: &str) -> Option<fn(f64, &[f64]) -> f64> {
    Some(match name {
        "abs" => |value, _| value.abs(),
        "ceil" => |value, _| value.ceil(),
        "floor" => |value, _| value.floor(),
        "round" => |value, args| round(value, args.first().copied().unwrap_or(1.0)),
        "sgn" => |value, _| sign(value),
        "sqrt" => |value, _| value.sqrt(),
        "clamp" => |value, args| clamp(value, argument(args, 0), argument(args, 1)),
        "clamp_min" => |value, args| clamp(value, argument(args, 0), f64::INFINITY),
        "clamp_max" => |value, args| clamp(value, f64::NEG_INFINITY, argument(args, 0)),
        "deg" => |value, _| value * (180.0 / PI),
        "rad" => |value, _| value * (PI / 180.0),
        "exp" => |value, _| libm::exp(value),
        "ln" => |value, _| libm::log(value),
        "log2" => |value, _| libm::log2(value),
        "log10" => |value, _| libm::log10(value),
        "sin" => |value, _| libm::sin(value),
        "cos" => |value, _| libm::cos(value),
        "tan" => |value, _| libm::tan(value),
        "asin" => |value, _| libm::asin(value),
        "acos" => |value, _| libm::acos(value),
        "atan" => |value, _| libm::atan(value),
        "sinh" => |value, _| libm::sinh(value),
        "cosh" => |value, _| libm::cosh(value),
        "tanh" => |value, _| libm::tanh(value),
        "asinh" => |value, _| libm::asinh(value),
        "acosh" => |value, _| libm::acosh(value),
        "atanh" => |value, _| libm::atanh(value),
        _ => return None,
    })
}

/// A scalar argument; the signature says that it is there.
fn argument(args: &[f64], at: usize) -> f64 {
    args.get(at).copied().unwrap_or(f64::NAN)
}

/// To the nearest multiple, upwards from the middle (Prometheus 3.16, promql/functions.go `funcRound`: by the inverse).
fn round(value: f64, to: f64) -> f64 {
    let inverse = 1.0 / to;
    (value * inverse + 0.5).floor() / inverse
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

fn clamp(value: f64, least: f64, most: f64) -> f64 {
    greater(least, lesser(most, value))
}

/// As Go's `math.Max`: an infinity that settles it wins over NaN, NaN over all else.
fn greater(one: f64, other: f64) -> f64 {
    if one == f64::INFINITY || other == f64::INFINITY {
        f64::INFINITY
    } else if one.is_nan() || other.is_nan() {
        f64::NAN
    } else {
        one.max(other)
    }
}

/// As Go's `math.Min`.
fn lesser(one: f64, other: f64) -> f64 {
    -greater(-one, -other)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::super::tests::of;

    const NAN: f64 = f64::NAN;
    const INFINITY: f64 = f64::INFINITY;

    #[test]
    fn the_middle_is_rounded_upwards() {
        assert_eq!(of("round", 2.5, &[]), 3.0);
        assert_eq!(of("round", -2.5, &[]), -2.0);
        assert_eq!(of("round", 7.0, &[5.0]), 5.0);
        assert_eq!(of("round", 7.5, &[5.0]), 10.0);
        assert_eq!(of("round", 0.25, &[0.1]), 0.3);
        assert!(of("round", 1.0, &[0.0]).is_nan());
    }

    #[test]
    fn the_sign_of_zero_and_of_nan_is_the_value() {
        assert_eq!(of("sgn", -3.0, &[]), -1.0);
        assert_eq!(of("sgn", 0.5, &[]), 1.0);
        assert!(of("sgn", -0.0, &[]).is_sign_negative());
        assert!(of("sgn", NAN, &[]).is_nan());
    }

    #[test]
    fn a_value_is_clamped_between_its_bounds() {
        assert_eq!(of("clamp", 5.0, &[1.0, 3.0]), 3.0);
        assert_eq!(of("clamp", -5.0, &[1.0, 3.0]), 1.0);
        assert_eq!(of("clamp", 2.0, &[1.0, 3.0]), 2.0);
        assert!(of("clamp", NAN, &[1.0, 3.0]).is_nan());
        assert!(of("clamp", 2.0, &[NAN, 3.0]).is_nan());
        assert_eq!(of("clamp_min", 1.0, &[2.0]), 2.0);
        assert_eq!(of("clamp_max", 3.0, &[2.0]), 2.0);
        assert_eq!(of("clamp_max", NAN, &[-INFINITY]), -INFINITY);
    }

    #[test]
    fn logarithms_of_what_has_none_are_infinite_or_nan() {
        for name in ["ln", "log2", "log10"] {
            assert_eq!(of(name, 0.0, &[]), -INFINITY, "{name}");
            assert!(of(name, -1.0, &[]).is_nan(), "{name}");
            assert_eq!(of(name, INFINITY, &[]), INFINITY, "{name}");
        }
        assert_eq!(of("log2", 8.0, &[]), 3.0);
        assert_eq!(of("log10", 1000.0, &[]), 3.0);
    }

    #[test]
    fn each_function_and_its_inverse_give_the_value() {
        let pairs = [
            ("sin", "asin"),
            ("cos", "acos"),
            ("tan", "atan"),
            ("sinh", "asinh"),
            ("cosh", "acosh"),
            ("tanh", "atanh"),
            ("exp", "ln"),
            ("rad", "deg"),
        ];
        for (name, inverse) in pairs {
            let back = of(inverse, of(name, 0.5, &[]), &[]);
            assert!((back - 0.5).abs() < 1e-15, "{name}: {back}");
        }
        assert_eq!(of("sqrt", 2.25, &[]), 1.5);
        assert_eq!(of("abs", -2.5, &[]), 2.5);
        assert_eq!(of("ceil", 1.2, &[]), 2.0);
        assert_eq!(of("floor", -1.2, &[]), -2.0);
    }
}
