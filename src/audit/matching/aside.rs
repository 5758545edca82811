//! What is kept beside the remembered part of the source: contents at the target that the source did not have yet, and records of the source
//! that are no longer remembered and were not found. Both are exceptions, and few; how many are kept is bounded all the same.

use serde::{Deserialize, Serialize};

use crate::audit::content::{ByContent, Digest, Seen};

/// As what a record at the target was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CountedAs {
    Unexpected,
    Unplaced,
    Outside,
}

/// A record at the target whose content the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stranger {
    pub(super) seen: Seen,
    pub(super) counted_as: CountedAs,
}

/// Values by content, up to a number of them.
#[derive(Debug)]
pub(super) struct Aside<T> {
    by_content: ByContent<Vec<T>>,
    kept: usize,
    most: usize,
}

impl<T> Aside<T> {
    pub(super) fn up_to(most: usize) -> Self {
        Self {
            by_content: ByContent::default(),
            kept: 0,
            most,
        }
    }

    /// Keep one; false if there is no room.
    pub(super) fn keep(&mut self, digest: Digest, value: T) -> bool {
        if self.kept >= self.most {
            return false;
        }
        self.kept += 1;
        self.by_content.entry(digest).or_default().push(value);
        true
    }

    /// Take the last one of a content.
    pub(super) fn take(&mut self, digest: &Digest) -> Option<T> {
        let values = self.by_content.get_mut(digest)?;
        let value = values.pop();
        if values.is_empty() {
            self.by_content.remove(digest);
        }
        self.kept -= usize::from(value.is_some());
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_content.values().flatten()
    }
}
