//! The window as it was asked for. An interrupted audit is known again by that: `30m` means another window at each start.

use serde::{Deserialize, Serialize};

use super::range::{OffsetRange, Window};
use crate::model::bound::Bound;
use crate::model::time::Timestamp;

/// What is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Records by their timestamps.
    Times {
        /// From here on.
        from: Option<Bound>,
        /// Up to here.
        to: Option<Bound>,
    },
    /// Records by their offsets.
    Offsets(Vec<OffsetRange>),
}

impl Asked {
    /// What it means for an audit that begins now.
    pub fn window(&self, now: Timestamp) -> Window {
        match self {
            Self::Offsets(ranges) => Window::Offsets(ranges.clone()),
            Self::Times { from, to } => Window::Times {
                from: from.map(|bound| bound.at(now)),
                to: to.map(|bound| bound.at(now)),
            },
        }
    }
}
