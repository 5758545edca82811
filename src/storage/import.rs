//! `OpenMetrics` text with times into a recording, line by line: a text may be larger than memory.

use std::io::{self, BufRead, Read as _};

use super::recording::{self, Writer};
use super::text::{self, Format, MAX_LINE, Reader};
use crate::promql::Sample;

/// Samples of one flush.
const BATCH: u64 = 100_000;

/// Why a text was not imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not `OpenMetrics`.
    #[error(transparent)]
    Malformed(#[from] text::Error),
    /// A sample does not say when it was.
    #[error("line {0}: a sample without a time; only text with times can be imported")]
    Timeless(u64),
    /// The recording cannot be written.
    #[error(transparent)]
    Recording(#[from] recording::Error),
}

/// Add every sample of a text to a recording; how many there were. `tell` is called after each flush with the bytes read so far. What was
/// flushed before an error stays in the recording.
pub fn openmetrics(
    mut from: impl BufRead,
    to: &mut Writer,
    mut tell: impl FnMut(u64),
) -> Result<u64, Error> {
    let mut reader = Reader::new(Format::OpenMetrics);
    let (mut samples, mut lines, mut read) = (0, 0, 0);
    let mut line = String::new();
    loop {
        line.clear();
        // A line that never ends is refused like any that is too long.
        let length = from
            .by_ref()
            .take(MAX_LINE as u64 + 2)
            .read_line(&mut line)?;
        if length == 0 {
            break;
        }
        lines += 1;
        read += length as u64;
        let text = line.strip_suffix('\n').unwrap_or(&line);
        let Some(found) = reader.line(text)? else {
            continue;
        };
        let at = found.at.ok_or(Error::Timeless(lines))?;
        let value = found.value;
        to.add([(found.labels, Sample { at, value })]);
        samples += 1;
        if samples % BATCH == 0 {
            to.flush()?;
            tell(read);
        }
    }
    reader.end()?;
    to.flush()?;
    tell(read);
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;
    use crate::storage::recording::{Limits, Recording};

    fn imported(text: &str) -> (tempfile::TempDir, Result<u64, Error>) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer =
            Writer::open(dir.path(), Limits::default(), Timestamp::from_millis(0)).unwrap();
        let result = openmetrics(text.as_bytes(), &mut writer, |_| ());
        (dir, result)
    }

    #[test]
    fn every_sample_with_its_time_is_in_the_recording() {
        let (dir, result) = imported("a{b=\"c\"} 1 1.5\na{b=\"c\"} 2 2.5\nd 3 1\n# EOF\n");
        assert_eq!(result.unwrap(), 3);
        let info = Recording::open(dir.path()).unwrap().info().unwrap();
        assert_eq!(
            (info.samples, info.series, info.times),
            (3, 2, Some((1_000, 2_500)))
        );
    }

    #[test]
    fn a_text_without_times_or_cut_off_is_refused_by_its_line() {
        let said = |text| imported(text).1.unwrap_err().to_string();
        assert!(said("a 1 1\nb 2\n# EOF\n").starts_with("line 2: a sample without a time"));
        assert!(said("a 1 1\n").starts_with("line 2, column 1: the text ends without `# EOF`"));
        assert!(said("a x 1\n").starts_with("line 1, column 4: `x` is not a number"));
    }
}
