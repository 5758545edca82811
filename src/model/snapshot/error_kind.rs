//! The closed set of reasons for a poll to fail.

/// Why a poll failed: a closed set, safe as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No connection: refused, unreachable, name not found, TLS not agreed.
    Connect,
    /// No whole answer within the deadline.
    Timeout,
    /// Credentials missing or refused (HTTP 401 or 403, or Kafka's authorization).
    Denied,
    /// The worker is rebalancing (HTTP 409).
    Busy,
    /// Any other HTTP status than success.
    Status,
    /// The answer is larger than the cap.
    TooLarge,
    /// The answer is not what this endpoint answers.
    Malformed,
    /// The connection broke within the answer.
    Broken,
    /// Kafka refused the request.
    Kafka,
    /// Some MBeans could not be read; the others were.
    Mbean,
    /// mirrorwatch itself is at fault.
    Panic,
}

impl ErrorKind {
    /// All kinds, in the order of [`ErrorKind::index`].
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Timeout,
        Self::Denied,
        Self::Busy,
        Self::Status,
        Self::TooLarge,
        Self::Malformed,
        Self::Broken,
        Self::Kafka,
        Self::Mbean,
        Self::Panic,
    ];

    /// The kind as a label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::Status => "status",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Broken => "broken",
            Self::Kafka => "kafka",
            Self::Mbean => "mbean",
            Self::Panic => "panic",
        }
    }

    /// Its place in [`ErrorKind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

#[test]
fn the_kinds_stand_in_the_order_of_their_indices() {
    for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
        assert_eq!(kind.index(), index, "{}", kind.as_str());
    }
}
