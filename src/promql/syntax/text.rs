//! What is checked before the parser sees a text: length, number of operators and brackets, and every duration. The parser
//! overflows the stack on deep nesting, panics on some numbers in place of durations and reads others wrongly. Comments are
//! dropped here and raw strings quoted, because the parser takes a backslash in them for an escape.

use crate::promql::{Error, parse_duration};

/// Longest expression that is parsed, in bytes.
pub(crate) const MAX_LENGTH: usize = 16 * 1024;
/// Most brackets and operators: far below what overflows the parser's stack.
const MAX_TOKENS: usize = 1000;
/// Longest duration, in milliseconds: that of Prometheus, 292 years. Sums of them never overflow.
pub(super) const MAX_DURATION: u128 = 9_223_372_036_854;

/// The text for the parser, or why it does not get it.
pub(super) fn prepare(text: &str) -> Result<String, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::TooLong(text.len()));
    }
    let mut scan = Scan {
        rest: text,
        prepared: String::with_capacity(text.len()),
        tokens: 0,
        place: Place::Outside,
        in_brackets: false,
        has_bytes: false,
    };
    while let Some(first) = scan.rest.chars().next() {
        scan.step(first)
            .map_err(|message| Error::syntax(text, message))?;
    }
    if scan.tokens > MAX_TOKENS {
        return Err(Error::too_deep(text));
    }
    if scan.has_bytes {
        let what = "a string of bytes that are no text";
        return Err(Error::unsupported(text, what, ""));
    }
    Ok(scan.prepared)
}

struct Scan<'a> {
    rest: &'a str,
    prepared: String,
    tokens: usize,
    place: Place,
    in_brackets: bool,
    /// Whether a string has bytes that are no text.
    has_bytes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// Between braces there are no numbers, and words are labels.
    Braces,
    /// Behind `[` or `:` in brackets, or behind `offset`: a number is a duration.
    Duration,
    Brackets,
}

impl Scan<'_> {
    fn step(&mut self, first: char) -> Result<(), String> {
        match first {
            '"' | '\'' | '`' => return self.string(first),
            '#' => {
                let end = self.rest.find(['\r', '\n']).unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
                self.prepared.push(' ');
                return Ok(());
            }
            c if c.is_ascii_digit() || c == '.' => return self.number(),
            c if self.is_word(c) => return self.word(),
            _ => {}
        }
        match first {
            '[' | ']' => self.in_brackets = first == '[',
            _ => {}
        }
        match first {
            '[' => self.place = Place::Duration,
            ':' if self.place == Place::Brackets => self.place = Place::Duration,
            '{' => self.place = Place::Braces,
            ']' | '}' => self.place = Place::Outside,
            _ => {}
        }
        if "([{+-*/%^=<>!".contains(first) && self.place != Place::Braces || first == '{' {
            self.tokens += 1;
        }
        self.take(first.len_utf8());
        Ok(())
    }

    /// A string; a raw one is written with escapes.
    fn string(&mut self, quote: char) -> Result<(), String> {
        let end = closing_quote(self.rest, quote).ok_or("unterminated quoted string")?;
        if quote == '`' {
            let raw = self.rest[1..end].replace('\\', r"\\");
            let raw = raw.replace('"', "\\\"").replace('\n', r"\n");
            self.prepared.push('"');
            self.prepared.push_str(&raw);
            self.prepared.push('"');
            self.rest = &self.rest[end + 1..];
        } else {
            self.has_bytes |= has_bytes(&self.rest[1..end]);
            self.take(end + 1);
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        let length = self.rest.find(|c| !self.is_word(c));
        let length = length.unwrap_or(self.rest.len());
        let word = &self.rest[..length];
        if self.place != Place::Braces {
            let lower = word.to_lowercase();
            match lower.as_str() {
                "inf" | "nan" if self.place == Place::Duration => {
                    return Err(format!("`{word}` is no duration"));
                }
                "and" | "or" | "unless" | "atan2" => self.tokens += 1,
                "offset" => self.place = Place::Duration,
                _ => {}
            }
        }
        self.take(length);
        Ok(())
    }

    /// A number or a duration, which ends where the parser's would.
    fn number(&mut self) -> Result<(), String> {
        let digits = self.rest.find(|c: char| !c.is_ascii_digit());
        let tail = &self.rest[digits.unwrap_or(self.rest.len())..];
        let is_duration = tail.starts_with(|c: char| "smhdwy".contains(c));
        let exponent_sign = |at: usize, c: char| {
            (c == '+' || c == '-')
                && self.rest[..at].ends_with(['e', 'E'])
                && !self.rest.starts_with("0x")
        };
        let end = self.rest.char_indices().find(|&(at, c)| {
            !(c.is_ascii_alphanumeric()
                || c == '_'
                || c == '.' && !is_duration
                || exponent_sign(at, c))
        });
        let length = end.map_or(self.rest.len(), |(at, _)| at);
        let token = &self.rest[..length];
        if is_duration {
            check_duration(token)?;
        } else if self.place == Place::Duration {
            return self.seconds(token, length);
        }
        self.settle();
        self.take(length);
        Ok(())
    }

    /// A number of seconds in place of a duration.
    fn seconds(&mut self, token: &str, length: usize) -> Result<(), String> {
        let seconds: f64 = match token.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
            None => token.parse().ok(),
        }
        .ok_or_else(|| format!("`{token}` is no duration"))?;
        #[expect(clippy::cast_precision_loss, reason = "a limit, not a value")]
        if !(0.0..=MAX_DURATION as f64 / 1000.0).contains(&seconds) {
            return Err(format!("duration `{token}` is out of range"));
        }
        if seconds == 0.0 && self.in_brackets {
            return Err("duration must be greater than 0".to_owned());
        }
        self.settle();
        self.take(length);
        Ok(())
    }

    /// A duration has been read: what follows is in brackets or outside.
    fn settle(&mut self) {
        if self.place == Place::Duration {
            self.place = if self.in_brackets {
                Place::Brackets
            } else {
                Place::Outside
            };
        }
    }

    /// Whether it is part of a word; a colon is, but in brackets it stands between two durations.
    fn is_word(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_' || c == ':' && self.place == Place::Outside
    }

    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.prepared.push_str(taken);
        self.rest = rest;
    }
}

/// Where the string ends with which a text begins.
pub(super) fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped && quote != '`';
        closes
    });
    Some(1 + end?)
}

/// Whether a string has an escape of a byte beyond ASCII, which the parser takes for a character.
fn has_bytes(string: &str) -> bool {
    let mut chars = string.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        let is_byte = match escaped {
            Some('x') => chars
                .next()
                .is_some_and(|digit| !('0'..='7').contains(&digit)),
            Some(octal) => matches!(octal, '2' | '3'),
            None => false,
        };
        if is_byte {
            return true;
        }
    }
    false
}

fn check_duration(token: &str) -> Result<(), String> {
    let duration = parse_duration(token).map_err(|error| error.to_string())?;
    // The parser reads numbers of 32 bits, and silently takes greater ones for nothing.
    let mut numbers = token.split(|c: char| !c.is_ascii_digit());
    let is_lost = numbers.any(|number| !number.is_empty() && number.parse::<u32>().is_err());
    if is_lost || duration.as_millis() > MAX_DURATION {
        return Err(format!("duration `{token}` is out of range"));
    }
    Ok(())
}

#[test]
fn every_duration_is_checked_before_the_parser_sees_it() {
    let refused = |text: &str| matches!(prepare(text), Err(Error::Syntax { .. }));
    for text in [
        "x[1e300]",
        "x[Inf]",
        "x[0]",
        "x[5m:NaN]",
        "x offset 1e300",
        "x offset -inf",
        "x[1h5000000000ms]",
        "99999999999999999y",
        "x[300y]",
        "x[5m:1e12]",
        "'a",
    ] {
        assert!(refused(text), "{text}");
    }
    for text in [
        "x[5]",
        "x[0x10]",
        "a:5m",
        "x{a='['} offset 0",
        "1e300",
        "x[5m:]",
        "Inf",
        "x[1h500000ms]",
        r"'\x41\\xff'",
    ] {
        assert_eq!(prepare(text).unwrap(), text);
    }
}

#[test]
fn comments_are_dropped_and_raw_strings_quoted() {
    let prepared = prepare("a{b=`\\d\"`} # (((\n+ '#'").unwrap();
    assert_eq!(prepared, "a{b=\"\\\\d\\\"\"}  \n+ '#'");
}
