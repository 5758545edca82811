//! One label as it is written: escaped, and no longer than a server accepts.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Most bytes of a value. Servers may refuse a whole page for one long label.
const MOST: usize = 256;

/// Append `name="value",`; nothing if the value is empty, which is the same to Prometheus.
pub(super) fn push(text: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    text.push_str(name);
    text.push_str("=\"");
    if value.len() > MOST {
        shorten(text, value);
    } else {
        escape(text, value, true);
    }
    text.push_str("\",");
}

/// The beginning of a value and a hash of all of it, so that two long values stay two.
fn shorten(text: &mut String, value: &str) {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let end = value.floor_char_boundary(MOST - "…0123456789abcdef".len());
    escape(text, &value[..end], true);
    write!(text, "…{:016x}", hasher.finish()).expect("writing to a string cannot fail");
}

/// Append `raw` so that it stays on its line, and with `quotes` between its quotes.
pub(super) fn escape(text: &mut String, raw: &str, quotes: bool) {
    // Most need no escape, and bytes are looked through much faster than characters.
    let special = |byte: u8| matches!(byte, b'\\' | b'\n' | b'"');
    if !raw.bytes().any(special) {
        return text.push_str(raw);
    }
    let special = |c: char| matches!(c, '\\' | '\n') || (quotes && c == '"');
    let mut rest = raw;
    while let Some(at) = rest.find(special) {
        text.push_str(&rest[..at]);
        text.push('\\');
        text.push(if rest[at..].starts_with('\n') {
            'n'
        } else {
            char::from(rest.as_bytes()[at])
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

#[test]
fn a_value_is_escaped_and_an_empty_one_left_out() {
    let mut text = String::new();
    push(&mut text, "topic", "a\"b\\c\nd");
    push(&mut text, "task", "");
    assert_eq!(text, "topic=\"a\\\"b\\\\c\\nd\",");
}

#[test]
fn long_values_are_cut_at_a_character_and_stay_apart() {
    let written = |value: &str| {
        let mut text = String::new();
        push(&mut text, "x", value);
        text
    };
    let (one, other) = ("é".repeat(600), "é".repeat(601));
    assert_ne!(written(&one), written(&other));
    assert!(written(&one).len() <= MOST + "x=\"\",".len());
    let longest = "é".repeat(MOST / 2);
    assert!(written(&longest).contains(&longest));
}
