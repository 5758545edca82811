//! Strict YAML files. What is wrong in one is said once, with file, line, key and remedy, and never with a value or a
//! neighbouring line: it may be a secret.

mod fault;
mod place;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_saphyr::Location;

pub use fault::{Fault, fault};

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not YAML, or not of the form that is asked for.
    #[error("{}:{line}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong, with the key and the remedy.
        message: String,
    },
    /// A value cannot be meant.
    #[error("{}:{line}: `{key}` {message}", path.display())]
    Meaning {
        /// The file.
        path: PathBuf,
        /// The line of the value, or of the part where it should be.
        line: u64,
        /// Path of the key.
        key: String,
        /// What is wrong, and the remedy.
        message: String,
    },
}

/// A YAML file that was read.
pub struct File<'a> {
    /// Where it stands.
    pub path: &'a Path,
    /// What is in it.
    pub text: &'a str,
    /// The document that shows what to write in such a file.
    pub reference: &'static str,
}

impl File<'_> {
    /// What the file says.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        parse(self.text, self.reference).map_err(|complaint| Error::Form {
            path: self.path.to_owned(),
            line: complaint.line,
            message: complaint.message,
        })
    }

    /// That a value cannot be meant.
    pub fn meaning(&self, fault: Fault) -> Error {
        let Fault { key, message } = fault;
        Error::Meaning {
            path: self.path.to_owned(),
            line: place::line(self.text, &key),
            key,
            message,
        }
    }
}

/// The text of the file at `path`.
pub fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// A value that is kept as text: a text, a number or a boolean.
#[derive(Clone)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number, true or false")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

/// What is wrong with the form, and where.
struct Complaint {
    line: u64,
    message: String,
}

/// Largest file: a configuration is written by hand.
const MAX_BYTES: usize = 1 << 20;

fn parse<T: DeserializeOwned>(text: &str, reference: &str) -> Result<T, Complaint> {
    if text.len() > MAX_BYTES {
        let message = "the file is larger than 1 MiB, which no configuration is".to_owned();
        return Err(Complaint { line: 1, message });
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| explain(text, reference, &error))
}

fn explain(text: &str, reference: &str, error: &serde_saphyr::Error) -> Complaint {
    let error = error.without_snippet();
    let location = error.location().filter(|location| location.line() > 0);
    let key = location.and_then(|location| key_at(text, &location));
    Complaint {
        line: location.map_or(1, |location| location.line()),
        message: message(error, key.as_deref(), reference),
    }
}

/// What is wrong at `key`, as far as that is known.
fn message(error: &serde_saphyr::Error, key: Option<&str>, reference: &str) -> String {
    use serde_saphyr::Error;
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
            format!("the file is empty; {reference} shows what to write")
        }
        _ => format!("this is not valid YAML here, or not of the form that {reference} shows"),
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
