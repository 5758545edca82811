//! What it takes of the machine: CPU, memory, descriptors, as Linux tells of its process.

use std::fs;

use super::Exporter;

/// Clock ticks per second, as Linux tells them to programs.
const TICKS: f64 = 100.0;

impl Exporter {
    /// CPU that it has used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = self.proc("stat");
        // The name in brackets may hold anything; user and system time are the 12th and 13th behind it.
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let ticks: f64 = fields
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        ticks / TICKS
    }

    /// Its resident memory now and at most so far, in KiB.
    pub(crate) fn resident(&self) -> (u64, u64) {
        let status = self.proc("status");
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok())
                .unwrap_or(0)
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// The same in words.
    pub(crate) fn memory(&self) -> String {
        let (now, most) = self.resident();
        format!("{} MiB, at most {} MiB so far", now >> 10, most >> 10)
    }

    /// Files and sockets that it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.id()))
            .expect("the program runs")
            .count()
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.id())).expect("the program runs")
    }
}
