//! A straight line through points, by least squares.

use super::samples::number;

/// How steep it is, and how unsure that is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// Standard error of the slope.
    pub(super) error: f64,
}

/// None of fewer than three points, or of points above each other.
pub(super) fn through(points: &[(f64, f64)]) -> Option<Line> {
    let count = number(points.len());
    if points.len() < 3 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let common: f64 = points.iter().map(|at| (at.0 - x) * (at.1 - y)).sum();
    let slope = common / spread;
    let off = |point: &(f64, f64)| (point.1 - y - slope * (point.0 - x)).powi(2);
    let variance = points.iter().map(off).sum::<f64>() / (count - 2.0);
    let error = (variance / spread).sqrt();
    slope.is_finite().then_some(Line { slope, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_leave_no_doubt() {
        let line = through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (4.0, 9.0)]).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-9 && line.error < 1e-9);
    }

    #[test]
    fn points_beside_a_line_leave_some() {
        // By hand: slope 0.6, squares of what is off 0.2 in all, spread 5.
        let line = through(&[(0.0, 1.0), (1.0, 2.0), (2.0, 2.0), (3.0, 3.0)]).unwrap();
        assert!((line.slope - 0.6).abs() < 1e-9);
        assert!((line.error - (0.2_f64 / 2.0 / 5.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn too_few_points_make_no_line() {
        assert!(through(&[(0.0, 1.0), (1.0, 2.0)]).is_none());
        assert!(through(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]).is_none());
    }
}
