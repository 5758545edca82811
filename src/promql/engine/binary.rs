//! Binary expressions that yield an instant vector: which way they are evaluated, and which names their results keep.

use crate::promql::syntax::{Binary, BinaryOp, Type};

use super::grid::Grid;
use super::matching::Limits;
use super::rows::{self, Row};
use super::{EvalError, Evaluator, arithmetic, matching, set};

impl Evaluator<'_> {
    pub(super) fn binary(&mut self, binary: &Binary, grid: Grid) -> Result<Vec<Row>, EvalError> {
        match (binary.left.value_type(), binary.right.value_type()) {
            (Type::Vector, Type::Vector) => {
                let left = self.vector(&binary.left, grid)?;
                let right = self.vector(&binary.right, grid)?;
                let steps = grid.len();
                let limits = Limits {
                    steps,
                    rows: self.settings.max_samples / steps,
                    delays_names: self.settings.delayed_name_removal,
                };
                let combined = match binary.op {
                    BinaryOp::Set(op) => set::combine(op, &binary.matching, left, right, steps),
                    _ => matching::combine(binary, left, right, limits)?,
                };
                rows::joined(rows::populated(combined))
            }
            (Type::Vector, _) => {
                let mut rows = self.vector(&binary.left, grid)?;
                let scalar = self.scalar(&binary.right, grid)?;
                let how = (false, binary.returns_bool);
                arithmetic::with_scalar(binary.op, &mut rows, &scalar, how)?;
                self.named_by(binary, rows)
            }
            _ => {
                let scalar = self.scalar(&binary.left, grid)?;
                let mut rows = self.vector(&binary.right, grid)?;
                let how = (true, binary.returns_bool);
                arithmetic::with_scalar(binary.op, &mut rows, &scalar, how)?;
                self.named_by(binary, rows)
            }
        }
    }

    fn named_by(&self, binary: &Binary, rows: Vec<Row>) -> Result<Vec<Row>, EvalError> {
        let rows = rows::populated(rows);
        if drops_name(binary) {
            self.without_names(rows)
        } else {
            Ok(rows)
        }
    }
}

/// Only a comparison that filters keeps the names of metrics.
fn drops_name(binary: &Binary) -> bool {
    binary.returns_bool || matches!(binary.op, BinaryOp::Arithmetic(_))
}
