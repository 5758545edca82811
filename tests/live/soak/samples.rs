//! What the exporter takes of the machine, as Linux tells of its process.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::logged::lines;

/// The process at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Seconds since the epoch.
    pub(super) at: f64,
    /// Number of the exporter's life.
    pub(super) life: usize,
    /// Bytes in memory.
    pub(super) resident: f64,
    /// Files and sockets that are open.
    pub(super) descriptors: f64,
    pub(super) threads: f64,
    /// Lines of the log of all lives so far.
    pub(super) lines: f64,
    /// What waits for the machine: the load average of a minute.
    pub(super) load: f64,
}

impl Sample {
    /// None if the process is gone.
    pub(super) fn take(at: f64, life: usize, pid: &str, log: &Path) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
        let load = fs::read_to_string("/proc/loadavg").ok()?;
        Some(Self {
            at,
            life,
            resident: field(&status, "VmRSS:")? * 1024.0,
            descriptors: number(descriptors.count()),
            threads: field(&status, "Threads:")?,
            lines: number(lines(log)),
            load: load.split(' ').next()?.parse().ok()?,
        })
    }
}

/// All of them, as comma-separated values.
pub(super) fn table(samples: &[Sample]) -> String {
    let mut text = "at_s,life,resident_bytes,descriptors,threads,log_lines,load\n".to_owned();
    for one in samples {
        let _ = writeln!(
            text,
            "{:.1},{},{},{},{},{},{}",
            one.at, one.life, one.resident, one.descriptors, one.threads, one.lines, one.load
        );
    }
    text
}

/// A count as a number to reckon with.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn field(status: &str, key: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_descriptors_and_threads() {
        let pid = std::process::id().to_string();
        let sample = Sample::take(1.0, 0, &pid, Path::new("Cargo.toml"));
        let sample = sample.expect("this process runs");
        assert!(sample.resident > 1e6 && sample.lines > 10.0, "{sample:?}");
        assert!(sample.descriptors > 2.0 && sample.threads >= 1.0);
        let text = table(&[sample]);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn a_process_that_is_gone_has_none() {
        assert!(Sample::take(1.0, 0, "0", Path::new("Cargo.toml")).is_none());
    }
}
