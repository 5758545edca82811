//! The lines of a log that tell why something did not start.

use std::fs;
use std::path::Path;

const SHOWN: usize = 6;
const SPEAKING: [&str; 6] = [
    "ERROR",
    "FATAL",
    "Exception",
    "Caused by",
    "error",
    "level=error",
];
/// Lines of these levels are no errors, whatever words they use.
const CALM: [&str; 5] = [" DEBUG ", " INFO ", " WARN ", "level=info", "level=warn"];

/// The last lines of the log that speak of an error, else the last ones at all.
pub(crate) fn last_meaningful_lines(path: &Path) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    meaningful(&String::from_utf8_lossy(&text))
}

fn meaningful(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("at "))
        .collect();
    let speaking: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| SPEAKING.iter().any(|word| line.contains(word)))
        .filter(|line| !CALM.iter().any(|level| line.contains(level)))
        .collect();
    let chosen = if speaking.is_empty() { lines } else { speaking };
    chosen
        .iter()
        .skip(chosen.len().saturating_sub(SHOWN))
        .map(|line| (*line).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_go_before_chatter_and_stack_frames() {
        let text = "INFO up\nERROR broken\n  at a.b.C\nCaused by: x\nINFO bye\n";
        assert_eq!(meaningful(text), ["ERROR broken", "Caused by: x"]);
    }

    #[test]
    fn what_a_process_says_while_it_stops_does_not_hide_why() {
        let why =
            "ERROR Exiting Kafka\nCaused by: java.net.BindException: Address already in use\n";
        let stopping =
            "12:00:01 INFO  unable to start processing because of RejectedExecutionException\n";
        assert_eq!(
            meaningful(&(why.to_owned() + &stopping.repeat(9))),
            why.lines().collect::<Vec<_>>()
        );
    }

    #[test]
    fn without_an_error_the_last_lines_are_shown() {
        assert_eq!(meaningful("a\n\nb\n"), ["a", "b"]);
    }
}
