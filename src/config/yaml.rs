//! Strict YAML with errors that name line, key and remedy, and that show no value: it may be a secret.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location};

/// What is wrong, and where.
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) message: String,
}

/// Largest file: a configuration is written by hand.
const MAX_BYTES: usize = 1 << 20;

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    if text.len() > MAX_BYTES {
        let message = "the file is larger than 1 MiB, which no configuration is".to_owned();
        return Err(Fault { line: 1, message });
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| explain(text, &error))
}

fn explain(text: &str, error: &Error) -> Fault {
    let error = error.without_snippet();
    let location = error.location().filter(|location| location.line() > 0);
    let key = location.and_then(|location| key_at(text, &location));
    Fault {
        line: location.map_or(1, |location| location.line()),
        message: message(error, key.as_deref()),
    }
}

/// What is wrong at `key`, as far as that is known.
fn message(error: &Error, key: Option<&str>) -> String {
    let named = |what: &str| match key {
        Some(key) => format!("`{key}` {what}"),
        None => format!("a value {what}"),
    };
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            format!(
                "unknown key `{field}`; remove it, or write one of {}",
                list(expected)
            )
        }
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing; add it"),
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("the key `{key}` stands twice; remove one of them"),
            None => "a key stands twice; remove one of them".to_owned(),
        },
        Error::SerdeUnknownVariant { expected, .. } => {
            named(&format!("is not one of {}", list(expected)))
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            named(&wrong_type(expected))
        }
        Error::Unexpected { expected, .. } => named(&wrong_type(expected)),
        Error::InvalidScalar { ty, .. } => named(&wrong_type(ty)),
        Error::NullIntoString { .. } => named("has no value; give it one, or remove the key"),
        Error::Message { msg, .. } => named(msg),
        Error::Eof { .. } => {
            "the file is empty; docs/reference-config.yml shows what to write".to_owned()
        }
        _ => "this is not valid YAML here, or not of the form that docs/reference-config.yml shows"
            .to_owned(),
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The parser's names of types in the words of whoever writes the file.
fn wrong_type(expected: &str) -> String {
    let word = match expected {
        "mapping start" => "keys with values (`key: value`)",
        "sequence start" => "a list (`- item`)",
        "string scalar" => "a text",
        "floating point" => "a number",
        "u32" => "a whole number",
        other => other,
    };
    format!("is of the wrong type; write {word}")
}

/// The key before a place: the last `key:` on that line up to there, else the first one on it. Only a key leaves the line, never a value.
fn key_at(text: &str, location: &Location) -> Option<String> {
    let line = text
        .lines()
        .nth(usize::try_from(location.line()).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(location.column()).ok()?;
    let before: String = line.chars().take(column.saturating_sub(1)).collect();
    let (keys, _) = before.rsplit_once(':').or_else(|| line.split_once(':'))?;
    let key: String = keys
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
        .collect();
    (!key.is_empty()).then(|| key.chars().rev().collect())
}
