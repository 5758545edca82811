//! Expressions as we evaluate them: the parser's tree translated into our terms, so that the parser can be replaced. Types are
//! checked, parentheses are gone, durations are milliseconds.

use std::sync::Arc;

use regex::Regex;

use super::places::Site;
use crate::promql::functions::Signature;
use crate::promql::{CompareOp, Millis, Selector};

/// A checked expression.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// A number.
    Number(f64),
    /// A string, alone or as an argument.
    Text(String),
    /// An instant vector selector.
    Vector(VectorSelector),
    /// A range vector selector: the samples of `range` milliseconds.
    Range(VectorSelector, Millis),
    /// An expression evaluated over a range.
    Subquery(Box<Subquery>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// Two operands.
    Binary(Box<Binary>),
    /// An aggregation.
    Aggregate(Box<Aggregate>),
    /// A function call.
    Call(Call),
}

/// The four types of PromQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Scalar,
    Text,
    Vector,
    Matrix,
}

/// A selector with its modifiers.
#[derive(Clone, Debug)]
pub(crate) struct VectorSelector {
    pub(crate) selector: Selector,
    pub(crate) shift: Shift,
}

/// `@` and `offset`; `@` is applied first, whatever their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) offset: Millis,
    pub(crate) at: Option<At>,
}

/// The time after `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The first step of the whole query.
    Start,
    /// The last step of the whole query.
    End,
    /// A fixed time.
    Time(Millis),
}

#[derive(Clone, Debug)]
pub(crate) struct Subquery {
    pub(crate) inner: Expr,
    pub(crate) range: Millis,
    /// None for the default step.
    pub(crate) step: Option<Millis>,
    pub(crate) shift: Shift,
}

#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) op: BinaryOp,
    pub(crate) left: Expr,
    pub(crate) right: Expr,
    pub(crate) returns_bool: bool,
    pub(crate) matching: Matching,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Arithmetic(ArithmeticOp),
    Compare(CompareOp),
    Set(SetOp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOp {
    And,
    Or,
    Unless,
}

/// By which labels elements of two vectors belong together.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    /// `on` these labels, or `ignoring` them.
    pub(crate) on: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) cardinality: Cardinality,
}

/// How many elements of a side may match one of the other, and labels taken over from the one side.
#[derive(Clone, Debug)]
pub(crate) enum Cardinality {
    OneToOne,
    /// `group_left`
    ManyToOne(Vec<String>),
    /// `group_right`
    OneToMany(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: &'static Signature,
    pub(crate) arguments: Vec<Expr>,
    /// That of `label_replace`, compiled; none if it is no regular expression.
    pub(crate) pattern: Option<Arc<Regex>>,
    pub(crate) site: Site,
}

#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    pub(crate) op: AggregateOp,
    pub(crate) inner: Expr,
    /// Of `topk`, `bottomk`, `quantile` and `count_values`.
    pub(crate) parameter: Option<Expr>,
    pub(crate) grouping: Grouping,
    pub(crate) site: Site,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateOp {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    StdDev,
    StdVar,
    TopK,
    BottomK,
    Quantile,
    CountValues,
}

#[derive(Clone, Debug)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

impl Expr {
    /// Its type; a call's is its function's.
    pub(crate) fn value_type(&self) -> Type {
        match self {
            Self::Number(_) => Type::Scalar,
            Self::Text(_) => Type::Text,
            Self::Range(..) | Self::Subquery(_) => Type::Matrix,
            Self::Vector(_) | Self::Aggregate(_) => Type::Vector,
            Self::Negate(inner) => inner.value_type(),
            Self::Binary(binary) => {
                let scalar = |side: &Self| side.value_type() == Type::Scalar;
                if scalar(&binary.left) && scalar(&binary.right) {
                    Type::Scalar
                } else {
                    Type::Vector
                }
            }
            Self::Call(call) => super::types::of_result(call.function),
        }
    }

    /// The expressions that it is made of, in their order in the text.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Vector(_) | Self::Range(..) => Vec::new(),
            Self::Subquery(subquery) => vec![&subquery.inner],
            Self::Negate(inner) => vec![inner],
            Self::Binary(binary) => vec![&binary.left, &binary.right],
            Self::Aggregate(aggregate) => {
                let parameter = aggregate.parameter.as_ref();
                parameter.into_iter().chain([&aggregate.inner]).collect()
            }
            Self::Call(call) => call.arguments.iter().collect(),
        }
    }

    /// Put fixed times in place of `start()` and `end()`.
    pub(crate) fn pin(&mut self, (start, end): (Millis, Millis)) {
        let fix = |shift: &mut Shift| match shift.at {
            Some(At::Start) => shift.at = Some(At::Time(start)),
            Some(At::End) => shift.at = Some(At::Time(end)),
            Some(At::Time(_)) | None => {}
        };
        match self {
            Self::Number(_) | Self::Text(_) => {}
            Self::Vector(vector) | Self::Range(vector, _) => fix(&mut vector.shift),
            Self::Subquery(subquery) => {
                fix(&mut subquery.shift);
                subquery.inner.pin((start, end));
            }
            Self::Negate(inner) => inner.pin((start, end)),
            Self::Binary(binary) => {
                binary.left.pin((start, end));
                binary.right.pin((start, end));
            }
            Self::Aggregate(aggregate) => {
                aggregate.inner.pin((start, end));
                let parameter = aggregate.parameter.iter_mut();
                parameter.for_each(|parameter| parameter.pin((start, end)));
            }
            Self::Call(call) => {
                let arguments = call.arguments.iter_mut();
                arguments.for_each(|argument| argument.pin((start, end)));
            }
        }
    }

    /// Whether its value is the same at every step, so that one evaluation will do (Prometheus 3.16, promql/engine.go
    /// `preprocessExprHelper`).
    pub(crate) fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) | Self::Text(_) => true,
            Self::Vector(vector) | Self::Range(vector, _) => vector.shift.at.is_some(),
            Self::Subquery(subquery) => subquery.shift.at.is_some(),
            Self::Negate(inner) => inner.is_constant(),
            Self::Binary(binary) => binary.left.is_constant() && binary.right.is_constant(),
            // As in Prometheus, a parameter that changes does not count: its first value is taken.
            Self::Aggregate(aggregate) => aggregate.inner.is_constant(),
            Self::Call(call) => {
                let reads_the_clock = match call.function.name {
                    // Prometheus takes the functions of dates for such, whatever they are given.
                    "time" | "predict_linear" | "days_in_month" | "day_of_month"
                    | "day_of_week" | "day_of_year" | "hour" | "minute" | "month" | "year" => true,
                    "timestamp" => !matches!(call.arguments.first(), Some(Self::Vector(_))),
                    name => call.arguments.is_empty() && name != "pi",
                };
                !reads_the_clock && call.arguments.iter().all(Self::is_constant)
            }
        }
    }
}
