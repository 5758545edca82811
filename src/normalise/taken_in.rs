//! Which readings have been taken in, so that none counts twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::snapshot::Reading;

/// When the reading of each endpoint was begun that was last taken in.
#[derive(Debug, Default)]
pub(super) struct TakenIn(BTreeMap<Arc<str>, Duration>);

impl TakenIn {
    /// The reading and when it was begun, if it has not been taken in; now it is.
    pub(super) fn take<T>(&mut self, reading: &Reading<T>) -> Option<(Arc<T>, Duration)> {
        let (value, begun) = (reading.value.as_ref()?, reading.begun?.monotonic);
        let before = self.0.insert(Arc::clone(&reading.endpoint), begun);
        (before != Some(begun)).then(|| (Arc::clone(value), begun))
    }
}
