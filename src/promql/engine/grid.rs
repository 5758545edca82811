//! The steps of an evaluation.

use crate::promql::{Millis, Steps};

use super::EvalError;

/// Farthest time and longest step that are evaluated, in milliseconds: sums of them do not overflow.
const MAX_TIME: Millis = 1 << 53;

/// Times at equal distances; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    from: Millis,
    step: Millis,
    count: usize,
    is_instant: bool,
}

impl Grid {
    /// One time.
    pub(super) fn instant(at: Millis) -> Result<Self, EvalError> {
        Self::new(at, at, 1)?.ok_or(EvalError::Time)
    }

    /// The steps of a query; none if it ends before it starts.
    pub(super) fn of(steps: Steps) -> Result<Option<Self>, EvalError> {
        if steps.step <= 0 {
            return Err(EvalError::Step);
        }
        Self::new(steps.from, steps.to, steps.step)
    }

    /// From a time to at most another; none if that is earlier.
    pub(super) fn new(from: Millis, to: Millis, step: Millis) -> Result<Option<Self>, EvalError> {
        let times = -MAX_TIME..=MAX_TIME;
        if !times.contains(&from) || !times.contains(&to) || !times.contains(&step) {
            return Err(EvalError::Time);
        }
        let Ok(more) = usize::try_from((to - from).div_euclid(step)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            from,
            step,
            count: more + 1,
            is_instant: from == to,
        }))
    }

    /// Only its first time.
    pub(super) fn first(self) -> Self {
        Self {
            count: 1,
            is_instant: true,
            ..self
        }
    }

    /// Its first time.
    pub(super) fn start(self) -> Millis {
        self.from
    }

    /// Its last time.
    pub(super) fn end(self) -> Millis {
        self.at(self.count - 1)
    }

    /// How many times there are.
    pub(super) fn len(self) -> usize {
        self.count
    }

    /// Whether it is of an instant query: then the order of elements is kept. A range that has room for one step only is none, as in Prometheus.
    pub(super) fn is_instant(self) -> bool {
        self.is_instant
    }

    /// All times, oldest first.
    pub(super) fn times(self) -> impl Iterator<Item = Millis> {
        (0..self.count).map(move |i| self.at(i))
    }

    fn at(self, i: usize) -> Millis {
        // The last time lies within the limits of a time, and so does every one before it.
        self.from + Millis::try_from(i).unwrap_or(0) * self.step
    }
}

#[test]
fn a_grid_ends_with_its_last_whole_step() {
    let grid = Grid::new(-5, 26, 10).unwrap().unwrap();
    assert_eq!(grid.times().collect::<Vec<_>>(), [-5, 5, 15, 25]);
    assert_eq!((grid.len(), grid.end()), (4, 25));
    assert_eq!(Grid::new(0, -1, 1), Ok(None));
    assert_eq!(Grid::new(0, i64::MAX, 1), Err(EvalError::Time));
    assert!(Grid::instant(7).unwrap().is_instant());
    assert!(!Grid::new(7, 8, 5).unwrap().unwrap().is_instant());
}
