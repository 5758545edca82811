//! What the exporter logs: how many lines, and by how many.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::samples::number;

/// A part of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) lines: f64,
    /// Who wrote them: modules, each endpoint and client of theirs by itself.
    pub(super) tellers: f64,
}

/// The whole lines in a file that grows.
pub(super) fn lines(log: &Path) -> usize {
    whole(&fs::read(log).unwrap_or_default()).lines().count()
}

/// What was logged after so many lines.
pub(super) fn since(log: &Path, before: usize) -> Logged {
    of(&whole(&fs::read(log).unwrap_or_default()), before)
}

/// Without a last line that is still being written.
fn whole(log: &[u8]) -> String {
    let end = log.iter().rposition(|byte| *byte == b'\n');
    let whole = end.map_or(&log[..0], |end| &log[..=end]);
    String::from_utf8_lossy(whole).into_owned()
}

fn of(log: &str, before: usize) -> Logged {
    let lines: Vec<&str> = log.lines().skip(before).collect();
    let tellers: HashSet<_> = lines.iter().map(|line| teller(line)).collect();
    Logged {
        lines: number(lines.len()),
        tellers: number(tellers.len()),
    }
}

/// The module of a line, which follows its time and its level, and of whom it tells.
fn teller(line: &str) -> (Option<&str>, Option<&str>) {
    const WHOM: [&str; 3] = ["endpoint=", "client=", "source="];
    let mut words = line.split_whitespace().skip(2);
    let module = words.next();
    let whom = words.find(|word| WHOM.iter().any(|key| word.starts_with(key)));
    (module, whom)
}

#[test]
fn an_endpoint_that_tells_twice_is_one_teller() {
    let log = "\
1T INFO mirrorwatch::commands::serve: serving /metrics
2T WARN mirrorwatch::poll::endpoint: does not answer endpoint=\"tasks\" kind=\"timeout\"
3T WARN mirrorwatch::poll::endpoint: does not answer endpoint=\"rest:a\" kind=\"connect\"
4T INFO mirrorwatch::poll::endpoint: answers again endpoint=\"tasks\"
5T WARN mirrorwatch::canary::client: canary: no broker client=target-reader
6T INFO mirr";
    let logged = |before| {
        let logged = of(&whole(log.as_bytes()), before);
        (logged.lines, logged.tellers)
    };
    assert_eq!(logged(0), (5.0, 4.0));
    assert_eq!(logged(1), (4.0, 3.0));
    assert_eq!(logged(5), (0.0, 0.0));
}
