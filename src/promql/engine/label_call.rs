//! `label_replace` and `label_join`: new labels for the same elements.

use crate::promql::functions::labels::replace;
use crate::promql::labels::NAME;
use crate::promql::syntax::{Call, Expr};

use super::grid::Grid;
use super::rows::{self, Row};
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    pub(super) fn label_replace(&mut self, call: &Call, grid: Grid) -> Result<Vec<Row>, EvalError> {
        let [
            inner,
            Expr::Text(target),
            Expr::Text(replacement),
            Expr::Text(source),
            Expr::Text(pattern),
        ] = call.arguments.as_slice()
        else {
            return Err(EvalError::Type);
        };
        let regex = call.pattern.as_deref();
        let regex = regex.ok_or_else(|| EvalError::Regex(pattern.clone()))?;
        check_name(target, "destination ", " in label_replace()")?;
        let mut rows = self.vector(inner, grid)?;
        for row in &mut rows {
            if let Some(value) = replace(row.labels.get(source), regex, replacement) {
                row.labels = row.labels.with(target, &value);
                row.loses_name &= target != NAME;
            }
        }
        rows::joined(rows)
    }

    pub(super) fn label_join(
        &mut self,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let [
            inner,
            Expr::Text(target),
            Expr::Text(separator),
            sources @ ..,
        ] = arguments
        else {
            return Err(EvalError::Type);
        };
        let mut names = Vec::new();
        for source in sources {
            let Expr::Text(name) = source else {
                return Err(EvalError::Type);
            };
            check_name(name, "source ", " in label_join()")?;
            names.push(name.as_str());
        }
        check_name(target, "destination ", " in label_join()")?;
        let mut rows = self.vector(inner, grid)?;
        for row in &mut rows {
            let values: Vec<_> = names.iter().map(|name| row.labels.get(name)).collect();
            row.labels = row.labels.with(target, &values.join(separator));
            row.loses_name &= target != NAME;
        }
        rows::joined(rows)
    }
}

/// Every string but the empty one is a label's name since Prometheus 3.
fn check_name(name: &str, role: &'static str, place: &'static str) -> Result<(), EvalError> {
    if name.is_empty() {
        let name = name.to_owned();
        return Err(EvalError::LabelName { role, place, name });
    }
    Ok(())
}
