//! `truth/load.csv`: what the load's producer sent and what its own consumer saw arrive, one event a line:
//!
//! - `S,partition,seq,us`: the record was due to be sent (the intended time, not the actual one);
//! - `A,partition,seq,us`: the source cluster acknowledged it;
//! - `F,partition,seq,us`: it was given up;
//! - `R,partition,seq,us`: it arrived on the target, once for each time that it did;
//! - `T,us`: all events up to this instant stand above.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// One record of the load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// When it was due to be sent.
    pub sent_us: i64,
    /// When the source acknowledged it.
    pub acknowledged_us: Option<i64>,
    /// When it arrived on the target, in the order of arrival.
    pub arrivals_us: Vec<i64>,
}

/// All records by partition and sequence number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The records.
    pub partitions: BTreeMap<i32, BTreeMap<u64, Record>>,
    /// The ledger is complete up to here.
    pub through_us: i64,
}

impl Record {
    /// Whether the source is known to have it: what arrived was certainly there.
    pub fn is_owed(&self) -> bool {
        self.acknowledged_us.is_some() || !self.arrivals_us.is_empty()
    }
}

impl Ledger {
    /// Reads `load.csv` in the `truth` folder of a lab.
    pub fn read(truth: &Path) -> io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string(truth.join("load.csv"))?))
    }

    /// Reads the events; a line that is not whole (the last one, while the lab writes) is left out.
    pub fn parse(text: &str) -> Self {
        let mut ledger = Self::default();
        for line in text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
        {
            let _ = ledger.note(line);
        }
        ledger
    }

    fn note(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(',')?;
        if kind == "T" {
            self.through_us = rest.parse().ok()?;
            return Some(());
        }
        let mut fields = rest.split(',');
        let partition = fields.next()?.parse().ok()?;
        let sequence = fields.next()?.parse().ok()?;
        let us = fields.next()?.parse().ok()?;
        let record: &mut Record = self
            .partitions
            .entry(partition)
            .or_default()
            .entry(sequence)
            .or_default();
        match kind {
            "S" => record.sent_us = us,
            "A" => record.acknowledged_us = Some(us),
            "R" => record.arrivals_us.push(us),
            _ => {}
        }
        Some(())
    }

    /// On how many partitions anything has arrived.
    pub fn arriving_partitions(&self) -> usize {
        self.partitions
            .values()
            .filter(|records| {
                records
                    .values()
                    .any(|record| !record.arrivals_us.is_empty())
            })
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_left_out() {
        let ledger = Ledger::parse("S,0,1,100\nA,0,1,110\nR,0,1,120\nR,0,1,130\nT,140\nR,0,1,15");
        assert_eq!(
            ledger.partitions[&0][&1],
            Record {
                sent_us: 100,
                acknowledged_us: Some(110),
                arrivals_us: vec![120, 130]
            }
        );
        assert_eq!(ledger.through_us, 140);
    }

    #[test]
    fn nonsense_is_no_event() {
        assert_eq!(Ledger::parse("hello\nS,x,1,2\n\n"), Ledger::default());
    }
}
