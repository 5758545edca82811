//! What an `eval` says of errors, warnings, infos and order, and whether an answer keeps to it.

use regex::Regex;

/// How a message is to be.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// Any.
    Any,
    /// Exactly this.
    Text(String),
    /// Somewhere this.
    Pattern(Regex),
}

impl Message {
    /// Whether a message is so.
    pub(super) fn is(&self, message: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(text) => text == message,
            Self::Pattern(pattern) => pattern.is_match(message),
        }
    }
}

/// Messages that are expected, all of them and no other; or none at all.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    expected: Vec<Message>,
    none: bool,
}

impl Messages {
    /// What is wrong with the messages that came.
    pub(super) fn check(&self, kind: &str, came: &[String]) -> Result<(), String> {
        if self.none && !came.is_empty() {
            return Err(format!("no {kind} was expected, but came: {came:?}"));
        }
        if self.expected.is_empty() {
            return Ok(());
        }
        if came.is_empty() {
            return Err(format!("a {kind} was expected, but none came"));
        }
        if let Some(missing) = self.expected.iter().find(|e| !came.iter().any(|c| e.is(c))) {
            return Err(format!("no {kind} was {missing:?}, but came: {came:?}"));
        }
        match came.iter().find(|c| !self.expected.iter().any(|e| e.is(c))) {
            Some(other) => Err(format!("the {kind} {other:?} was not expected")),
            None => Ok(()),
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations {
    /// An error, and which.
    pub(super) fail: Option<Message>,
    /// Results in the order of the lines.
    pub(super) ordered: bool,
    warnings: Messages,
    infos: Messages,
}

impl Expectations {
    /// Add a line `expect …` without this word.
    pub(super) fn add(&mut self, line: &str) -> Result<(), String> {
        let (kind, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let message = message(rest.trim())?;
        match kind {
            "ordered" => self.ordered = true,
            "fail" if self.fail.is_some() => {
                return Err("more than one error is expected".to_owned());
            }
            "fail" => self.fail = Some(message),
            "warn" => self.warnings.expected.push(message),
            "info" => self.infos.expected.push(message),
            "no_warn" => self.warnings.none = true,
            "no_info" => self.infos.none = true,
            _ => return Err(format!("`expect {line}` is not known")),
        }
        for messages in [&self.warnings, &self.infos] {
            if messages.none && !messages.expected.is_empty() {
                return Err("messages are expected and excluded".to_owned());
            }
        }
        Ok(())
    }

    /// What is wrong with the warnings and infos of an answer.
    pub(super) fn check(&self, warnings: &[String], infos: &[String]) -> Result<(), String> {
        self.warnings.check("warning", warnings)?;
        self.infos.check("info", infos)
    }
}

/// `msg: TEXT`, `regex: PATTERN` or nothing.
fn message(text: &str) -> Result<Message, String> {
    if text.is_empty() {
        return Ok(Message::Any);
    }
    if let Some(text) = text.strip_prefix("msg:") {
        return Ok(Message::Text(text.trim().to_owned()));
    }
    match text.strip_prefix("regex:") {
        Some(pattern) => pattern_of(pattern),
        None => Err(format!("`{text}` is neither msg: nor regex:")),
    }
}

/// A pattern, somewhere in a message.
pub(super) fn pattern_of(text: &str) -> Result<Message, String> {
    let pattern = Regex::new(text.trim()).map_err(|error| error.to_string())?;
    Ok(Message::Pattern(pattern))
}

#[test]
fn messages_must_all_come_and_no_other() {
    let mut all = Expectations::default();
    all.add("warn msg: one").unwrap();
    all.add("warn regex: tw.").unwrap();
    all.add("no_info").unwrap();
    let strings = |all: &[&str]| all.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
    assert_eq!(all.check(&strings(&["one", "two"]), &[]), Ok(()));
    for (warnings, infos) in [
        (vec!["one"], vec![]),
        (vec!["one", "two", "three"], vec![]),
        (vec![], vec![]),
        (vec!["one", "two"], vec!["hint"]),
    ] {
        assert!(all.check(&strings(&warnings), &strings(&infos)).is_err());
    }
    for wrong in ["warn message: x", "no_warn", "regex", "fail regex: ("] {
        assert!(all.add(wrong).is_err(), "{wrong}");
    }
}
