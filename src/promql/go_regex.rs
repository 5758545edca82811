//! Regular expressions as Prometheus reads them: Go's syntax (RE2), matched against the whole text, a dot matching newlines too.
//! Where Rust's syntax means something else by the same characters, the pattern is rewritten.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// Compile a pattern that must match the whole text; none if it is no regular expression, or one too large.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?s:{})$", translated(pattern))).ok()
}

fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, &mut out, false),
            '[' => class(&mut rest, &mut out),
            '{' if !is_repetition(rest.clone()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Go's classes are ASCII's, and it knows no word boundaries of one side.
fn escape(rest: &mut Peekable<Chars>, out: &mut String, in_class: bool) {
    let Some(c) = rest.next() else {
        out.push('\\');
        return;
    };
    let plain = match c {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\f\\r\\x20",
        'D' => return out.push_str("[^0-9]"),
        'W' => return out.push_str("[^0-9A-Za-z_]"),
        'S' => return out.push_str("[^\\t\\n\\f\\r\\x20]"),
        'b' if !in_class => return out.push_str("(?-u:\\b)"),
        '<' | '>' => return out.push(c),
        'Q' => return quoted(rest, out),
        _ => {
            out.push('\\');
            return out.push(c);
        }
    };
    if in_class {
        out.push_str(plain);
    } else {
        out.push('[');
        out.push_str(plain);
        out.push(']');
    }
}

/// What stands between `\Q` and `\E` is literal.
fn quoted(rest: &mut Peekable<Chars>, out: &mut String) {
    let mut literal = String::new();
    for c in rest.by_ref() {
        literal.push(c);
        if literal.ends_with("\\E") {
            literal.truncate(literal.len() - 2);
            break;
        }
    }
    out.push_str(&regex::escape(&literal));
}

/// A class: brackets in it are literal, and there are no operations on sets.
fn class(rest: &mut Peekable<Chars>, out: &mut String) {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    if rest.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(c) = rest.next() {
        match c {
            ']' => return out.push(']'),
            '\\' => escape(rest, out, true),
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                for c in rest.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
}

/// Whether `{` begins a repetition: `{2}`, `{2,}`, `{2,3}`.
fn is_repetition(rest: Peekable<Chars>) -> bool {
    let inside: String = rest.take_while(|c| *c != '}').collect();
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}

#[test]
fn patterns_mean_what_they_mean_in_go() {
    let matches = |pattern: &str, text: &str| compile(pattern).unwrap().is_match(text);
    assert!(matches("a{b}c", "a{b}c"));
    assert!(matches("a{2}", "aa") && matches("a{2,}", "aaa") && !matches("a{2,3}", "a"));
    assert!(matches(r"\d+", "12") && !matches(r"\d", "٣"));
    assert!(matches(r"[\w.]+", "a.b_1") && !matches(r"\w", "é"));
    assert!(matches(r"\Qa.b\E.", "a.bc") && !matches(r"\Qa.b\E.", "axbc"));
    assert!(matches("[[]", "[") && matches("[]a]+", "]a") && matches("[a&&b]+", "a&b"));
    assert!(matches("[[:alpha:]-]+", "a-b"));
    assert!(matches(r"\<a\>", "<a>"));
    assert!(matches(r"a\bb|a\b.b", "a b"));
    assert!(matches("a.b", "a\nb") && !matches("a", "ab"));
    assert!(compile("(").is_none() && compile(r"a\").is_none());
}
