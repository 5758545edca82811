//! Binary operators on numbers: of scalars, and of an instant vector with a scalar.

use crate::promql::CompareOp;
use crate::promql::syntax::{ArithmeticOp, BinaryOp};

use super::EvalError;
use super::rows::{ABSENT, Row, is_present};
use super::select::canonical;

/// An operator that computes.
pub(super) fn arithmetic(op: ArithmeticOp) -> fn(f64, f64) -> f64 {
    match op {
        ArithmeticOp::Add => |a, b| a + b,
        ArithmeticOp::Subtract => |a, b| a - b,
        ArithmeticOp::Multiply => |a, b| a * b,
        ArithmeticOp::Divide => |a, b| a / b,
        ArithmeticOp::Modulo => |a, b| a % b,
        ArithmeticOp::Power => libm::pow,
        ArithmeticOp::Atan2 => libm::atan2,
    }
}

/// An operator that compares; doubles are compared exactly.
#[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
pub(super) fn comparison(op: CompareOp) -> fn(f64, f64) -> bool {
    match op {
        CompareOp::Equal => |a, b| a == b,
        CompareOp::NotEqual => |a, b| a != b,
        CompareOp::Less => |a, b| a < b,
        CompareOp::LessOrEqual => |a, b| a <= b,
        CompareOp::Greater => |a, b| a > b,
        CompareOp::GreaterOrEqual => |a, b| a >= b,
    }
}

/// What a comparison leaves of an element.
pub(super) fn compared(holds: bool, returns_bool: bool, element: f64) -> f64 {
    match (returns_bool, holds) {
        (true, truth) => f64::from(truth),
        (false, true) => element,
        (false, false) => ABSENT,
    }
}

/// Both operands are scalars.
pub(super) fn of_scalars(
    op: BinaryOp,
    mut left: Vec<f64>,
    right: &[f64],
) -> Result<Vec<f64>, EvalError> {
    let pairs = left.iter_mut().zip(right);
    match op {
        BinaryOp::Arithmetic(op) => {
            let compute = arithmetic(op);
            pairs.for_each(|(a, b)| *a = compute(*a, *b));
        }
        BinaryOp::Compare(op) => {
            let holds = comparison(op);
            pairs.for_each(|(a, b)| *a = f64::from(holds(*a, *b)));
        }
        BinaryOp::Set(_) => return Err(EvalError::Type),
    }
    Ok(left)
}

/// One operand is an instant vector; a comparison keeps its element, whichever side it is on.
pub(super) fn with_scalar(
    op: BinaryOp,
    rows: &mut [Row],
    scalar: &[f64],
    (scalar_is_left, returns_bool): (bool, bool),
) -> Result<(), EvalError> {
    let sides = |element: f64, scalar: f64| {
        if scalar_is_left {
            (scalar, element)
        } else {
            (element, scalar)
        }
    };
    match op {
        BinaryOp::Arithmetic(op) => {
            let compute = arithmetic(op);
            combine(rows, scalar, |element, scalar| {
                let (a, b) = sides(element, scalar);
                canonical(compute(a, b))
            });
        }
        BinaryOp::Compare(op) => {
            let holds = comparison(op);
            combine(rows, scalar, |element, scalar| {
                let (a, b) = sides(element, scalar);
                compared(holds(a, b), returns_bool, element)
            });
        }
        BinaryOp::Set(_) => return Err(EvalError::Type),
    }
    Ok(())
}

fn combine(rows: &mut [Row], scalar: &[f64], compute: impl Fn(f64, f64) -> f64) {
    for row in rows {
        for (value, scalar) in row.values.iter_mut().zip(scalar) {
            if is_present(*value) {
                *value = compute(*value, *scalar);
            }
        }
    }
}
