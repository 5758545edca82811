//! What went wrong, in the words that a user reads.

/// What went wrong and why, each reason once: an error may tell its cause itself.
pub fn complaint(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.ends_with(&cause) {
            continue;
        }
        if !said.is_empty() {
            said.push_str(": ");
        }
        said.push_str(&cause);
    }
    said
}

#[test]
fn a_cause_that_an_error_tells_itself_is_not_told_again() {
    use crate::storage::recording::Error;
    use std::io::{Error as IoError, ErrorKind};
    let refused = Error::Io {
        path: "samples/00000001.log".into(),
        source: IoError::from(ErrorKind::StorageFull),
    };
    let error = anyhow::Error::from(refused).context("history.om");
    assert_eq!(
        complaint(&error),
        "history.om: samples/00000001.log: no storage space"
    );
    let untold = anyhow::Error::from(IoError::from(ErrorKind::StorageFull)).context("history.om");
    assert_eq!(complaint(&untold), "history.om: no storage space");
}
