//! Kafka's primitive types, as its protocol and MM2's records have them.

/// Kafka's primitive types, read from the front.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `count` bytes; `None` if there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn int16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    pub(super) fn int32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    /// A string, or a null one (length −1).
    #[expect(
        clippy::option_option,
        reason = "the outer one is a fault, the inner one is Kafka's null"
    )]
    pub(super) fn string(&mut self) -> Option<Option<String>> {
        let Ok(length) = usize::try_from(self.int16()?) else {
            return Some(None);
        };
        String::from_utf8(self.take(length)?.to_vec())
            .ok()
            .map(Some)
    }

    pub(super) fn int64(&mut self) -> Option<i64> {
        self.take(8)?.try_into().ok().map(i64::from_be_bytes)
    }

    /// A string that may not be null.
    pub(super) fn text(&mut self) -> Option<String> {
        self.string()?
    }
}
