//! The functions of PromQL: what they take, and the arithmetic of those that need nothing but values and times. A kernel knows neither
//! labels nor steps; the engine drives it over windows and elements, and does the rest (`absent`, `label_replace`, `sort` …) itself.

mod counters;
mod dates;
mod elementwise;
pub(crate) mod histogram;
pub(crate) mod labels;
mod over_time;
mod quantile;
mod sums;
mod table;
mod trend;

use crate::promql::{Millis, Sample};

pub(crate) use counters::falls;
pub(crate) use quantile::quantile;
pub(crate) use sums::{Mean, Sum};
pub use table::functions;
pub(crate) use table::{refused, signature};

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArgType {
    /// A number for each step.
    Scalar,
    /// A text.
    String,
    /// An instant vector.
    Vector,
    /// A range vector.
    Matrix,
}

/// What a call yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    /// A number for each step.
    Scalar,
    /// An instant vector.
    Vector,
}

/// How a function is called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) args: &'static [ArgType],
    /// 0: exactly these arguments. n: the last one may be missing or be there up to n times. -1: as often as one likes.
    pub(crate) variadic: i8,
    pub(crate) returns: ValueType,
}

/// The samples of one series in a range, oldest first, without staleness markers; at least one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    pub(crate) samples: &'a [Sample],
    /// Where the range begins; a sample just there is not in it.
    pub(crate) from: Millis,
    /// Where it ends; a sample just there is in it.
    pub(crate) to: Millis,
    /// The evaluation's time, to which `offset` and `@` do nothing.
    pub(crate) at: Millis,
    /// Whether the series may fall in it: nobody has to look where a whole series is known not to.
    pub(crate) may_fall: bool,
}

impl Window<'_> {
    fn first(&self) -> Sample {
        self.samples[0]
    }

    fn last(&self) -> Sample {
        self.samples[self.samples.len() - 1]
    }

    fn values(&self) -> impl ExactSizeIterator<Item = f64> + Clone {
        self.samples.iter().map(|sample| sample.value)
    }
}

/// A function of a window.
#[derive(Clone, Copy)]
pub(crate) struct RangeKernel {
    /// Of a window and the scalar arguments; none if the window has too few samples.
    pub(crate) function: fn(&Window<'_>, &[f64]) -> Option<f64>,
    /// Whether the result keeps the metric's name.
    pub(crate) keeps_name: bool,
    /// Whether Prometheus asks that the metric be named like a counter.
    pub(crate) expects_counter: bool,
}

/// Who does the work of a function.
#[derive(Clone, Copy)]
pub(crate) enum Kernel {
    /// A function of the samples in a window.
    Range(RangeKernel),
    /// A function of one value and the scalar arguments.
    Elementwise(fn(f64, &[f64]) -> f64),
    /// The engine: it needs labels, whole vectors or times.
    Engine,
}

/// What computes a function; none if there is no such function here.
pub(crate) fn kernel(name: &str) -> Option<Kernel> {
    signature(name)?;
    let of_window = counters::kernel(name)
        .or_else(|| trend::kernel(name))
        .or_else(|| over_time::kernel(name))
        .map(Kernel::Range);
    let of_value = || elementwise::kernel(name).or_else(|| dates::kernel(name));
    let kernel = of_window.or_else(|| of_value().map(Kernel::Elementwise));
    Some(kernel.unwrap_or(Kernel::Engine))
}

impl RangeKernel {
    /// One whose result has no name.
    const fn unnamed(function: fn(&Window<'_>, &[f64]) -> Option<f64>) -> Self {
        Self {
            function,
            keeps_name: false,
            expects_counter: false,
        }
    }
}

/// How many, as a value.
#[expect(clippy::cast_precision_loss, reason = "no window has 2^53 samples")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel over samples at these seconds, in a range of these seconds, evaluated at its end.
    pub(super) fn over(
        name: &str,
        samples: &[(Millis, f64)],
        range: (Millis, Millis),
        args: &[f64],
    ) -> Option<f64> {
        let samples: Vec<_> = samples
            .iter()
            .map(|(at, value)| Sample {
                at: at * 1000,
                value: *value,
            })
            .collect();
        let window = Window {
            samples: &samples,
            from: range.0 * 1000,
            to: range.1 * 1000,
            at: range.1 * 1000,
            may_fall: counters::falls(&samples),
        };
        match kernel(name) {
            Some(Kernel::Range(kernel)) => (kernel.function)(&window, args),
            _ => panic!("{name} is no function of a window"),
        }
    }

    /// A kernel of one value.
    pub(super) fn of(name: &str, value: f64, args: &[f64]) -> f64 {
        match kernel(name) {
            Some(Kernel::Elementwise(function)) => function(value, args),
            _ => panic!("{name} is no function of a value"),
        }
    }

    #[test]
    fn each_function_has_who_computes_it() {
        let by_the_engine: Vec<_> = table::all()
            .filter(|signature| matches!(kernel(signature.name), Some(Kernel::Engine)))
            .map(|signature| signature.name)
            .collect();
        assert_eq!(
            by_the_engine,
            [
                "absent",
                "absent_over_time",
                "histogram_fraction",
                "histogram_quantile",
                "label_join",
                "label_replace",
                "pi",
                "scalar",
                "sort",
                "sort_desc",
                "time",
                "timestamp",
                "vector"
            ]
        );
        assert!(kernel("no_such_function").is_none());
    }
}
