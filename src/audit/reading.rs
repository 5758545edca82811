//! One side of a partition, as far as it is read for now.

use super::Error;
use super::content::Seen;
use super::stream::{Next, Records};

/// Why the rest of a side is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It was deleted before it could be read.
    Deleted,
    /// It stands behind an open transaction, or the log ends before it did.
    Unread,
}

/// One side.
pub(super) struct Reading<R> {
    records: R,
    /// All that stands below this offset was read.
    next: i64,
    /// To here it is to be read.
    end: i64,
    /// A record that stands behind that end.
    held: Option<(Seen, Option<i64>)>,
    /// Whether the log ended before that end when it was last looked at.
    is_short: bool,
    cut: Option<Cut>,
}

impl<R: Records> Reading<R> {
    pub(super) fn new(records: R, from: i64, end: i64) -> Self {
        Self {
            records,
            next: from,
            end: end.max(from),
            held: None,
            is_short: false,
            cut: None,
        }
    }

    /// The next record before the end, if there is one at hand, and its timestamp.
    pub(super) fn take(&mut self) -> Result<Option<(Seen, Option<i64>)>, Error> {
        if self.is_read() {
            return Ok(None);
        }
        let next = match self.held.take() {
            Some((seen, timestamp)) => Next::Record(seen, timestamp),
            None => self.records.next()?,
        };
        match next {
            Next::Record(seen, timestamp) if seen.offset < self.end => {
                (self.next, self.is_short) = (seen.offset + 1, false);
                return Ok(Some((seen, timestamp)));
            }
            Next::Record(seen, timestamp) => {
                (self.next, self.held) = (self.end, Some((seen, timestamp)));
            }
            Next::End(at) => {
                self.next = self.next.max(at);
                self.is_short = self.next < self.end;
            }
            Next::Deleted => self.cut(Cut::Deleted),
            Next::Nothing => {}
        }
        Ok(None)
    }

    /// The end lies further on now.
    pub(super) fn extend(&mut self, end: i64) {
        self.end = self.end.max(end);
    }

    /// The rest is not going to be read.
    pub(super) fn cut(&mut self, why: Cut) {
        self.cut = Some(why);
    }

    pub(super) fn why_cut(&self) -> Option<Cut> {
        self.cut
    }

    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// Whether all before the end was read, as far as it can be.
    pub(super) fn is_read(&self) -> bool {
        self.next >= self.end || self.cut.is_some()
    }

    /// Whether the log ended before the end when it was last looked at.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }
}
