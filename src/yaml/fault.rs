//! A value that is written well and cannot be meant: told by the path of its key, to which the file gives a line.

/// What cannot be meant, and where.
#[derive(Debug)]
pub struct Fault {
    /// Path of the key.
    pub key: String,
    /// What is wrong, and the remedy.
    pub message: String,
}

impl Fault {
    /// That the value at `key` cannot be meant.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }
}

/// The same in place of a value.
pub fn fault<T>(key: impl Into<String>, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(key, message))
}
