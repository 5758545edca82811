//! Text that exporters answer with: Prometheus' text format 0.0.4 and `OpenMetrics` 1.0, read as Prometheus 3 reads them.
//!
//! One malformed line makes the whole text malformed, as it fails a scrape there. Exemplars are read over; help texts and units are not kept.
//! Sources: `prometheus.io/docs/instrumenting/exposition_formats`, the `OpenMetrics` specification, and Prometheus' `model/textparse`.

mod buckets;
mod cursor;
mod series;

use crate::promql::{Labels, Millis};
use buckets::Kind;
use cursor::Cursor;

/// Longest line that is read, in bytes.
pub(super) const MAX_LINE: usize = 1 << 20;

/// Which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `text/plain; version=0.0.4`: times are whole milliseconds.
    Classic,
    /// `application/openmetrics-text`: times are seconds, and `# EOF` ends the text.
    OpenMetrics,
}

impl Format {
    /// The format that a `Content-Type` names; Prometheus 3 refuses any other, and none.
    pub fn of_content_type(value: &str) -> Option<Self> {
        match value.split(';').next()?.trim() {
            "text/plain" => Some(Self::Classic),
            "application/openmetrics-text" => Some(Self::OpenMetrics),
            _ => None,
        }
    }
}

/// A sample as it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Who.
    pub labels: Labels,
    /// What.
    pub value: f64,
    /// When, if the text says so.
    pub at: Option<Millis>,
}

/// Why a text is not in its format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Error {
    /// From 1 on.
    pub line: usize,
    /// In characters, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

/// All samples of a text, in its order.
pub fn parse(format: Format, text: &str) -> Result<Vec<Line>, Error> {
    let mut reader = Reader::new(format);
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.extend(reader.line(line)?);
    }
    reader.end()?;
    Ok(lines)
}

/// Reads a text line by line.
#[derive(Debug)]
pub struct Reader {
    format: Format,
    /// Lines so far.
    number: usize,
    /// What the last `# TYPE` named.
    kind: Kind,
    /// Whether `# EOF` was seen.
    is_ended: bool,
}

impl Reader {
    /// Before the first line.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            number: 0,
            kind: Kind::Other,
            is_ended: false,
        }
    }

    /// The sample of the next line, given without its end, if it has one.
    pub fn line(&mut self, line: &str) -> Result<Option<Line>, Error> {
        self.number += 1;
        let mut cursor = Cursor::new(line);
        self.read(&mut cursor).map_err(|what| Error {
            line: self.number,
            column: cursor.column(),
            what,
        })
    }

    /// That there are no more lines.
    pub fn end(&self) -> Result<(), Error> {
        if self.format == Format::Classic || self.is_ended {
            return Ok(());
        }
        Err(Error {
            line: self.number + 1,
            column: 1,
            what: "the text ends without `# EOF`: it was cut off".to_owned(),
        })
    }

    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Line>, String> {
        if self.is_ended {
            return Err("something follows `# EOF`".to_owned());
        }
        if cursor.rest().len() > MAX_LINE {
            return Err(format!("a line of more than {MAX_LINE} bytes"));
        }
        if self.format == Format::Classic {
            cursor.skip_space();
        }
        match cursor.rest() {
            "" if self.format == Format::Classic => Ok(None),
            "" => Err("an empty line".to_owned()),
            comment if comment.starts_with('#') => {
                self.comment(comment);
                Ok(None)
            }
            _ => self.sample(cursor).map(Some),
        }
    }

    fn comment(&mut self, comment: &str) {
        if let Some(kind) = Kind::declared(comment) {
            self.kind = kind;
        }
        self.is_ended = self.format == Format::OpenMetrics && comment == "# EOF";
    }

    fn sample(&self, cursor: &mut Cursor<'_>) -> Result<Line, String> {
        let labels = series::read(cursor, self.kind)?;
        cursor.space()?;
        let value = number(cursor.word())?;
        cursor.skip_space();
        let at = match cursor.rest() {
            "" => None,
            rest if rest.starts_with('#') => None,
            _ => Some(self.time(cursor.word())?),
        };
        cursor.skip_space();
        match cursor.rest() {
            "" => Ok(Line { labels, value, at }),
            // An exemplar.
            rest if rest.starts_with("# {") && self.format == Format::OpenMetrics => {
                Ok(Line { labels, value, at })
            }
            _ => Err("something follows the sample".to_owned()),
        }
    }

    fn time(&self, word: &str) -> Result<Millis, String> {
        let bad = || format!("`{word}` is not a time");
        match self.format {
            Format::Classic => word.parse().map_err(|_| bad()),
            Format::OpenMetrics => {
                let millis = number(word).map_err(|_| bad())? * 1000.0;
                // Rounding to the millisecond is what Prometheus does, too.
                #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
                (millis.abs() < 9_007_199_254_740_992.0)
                    .then_some(millis.round() as Millis)
                    .ok_or_else(bad)
            }
        }
    }
}

fn number(word: &str) -> Result<f64, String> {
    word.parse()
        .map_err(|_| format!("`{word}` is not a number"))
}

#[cfg(test)]
mod tests;
