//! Tables that the documentation has from the tests.

use std::fs;

/// Panics unless the text between two marks of a document is this table; with `UPDATE_GOLDEN` it becomes it.
pub(crate) fn has_the_table(path: &str, (begin, end): (&str, &str), table: &str) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (before, rest) = text
        .split_once(begin)
        .expect("it has the mark before the table");
    let (_, after) = rest
        .split_once(end)
        .expect("it has the mark after the table");
    let expected = format!("{before}{begin}{table}{end}{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, &expected).expect("the document is writable");
        return;
    }
    assert!(
        text == expected,
        "{path} is not what the table says; write it anew: UPDATE_GOLDEN=1 cargo test --test live document"
    );
}
