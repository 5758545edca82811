//! `truth/arrivals.csv`: the first arrival of every record in a watched topic of the target, undecoded:
//! `topic,partition,offset,timestamp_ms,us`, and `T,us` once all up to that instant stand above. A record that arrives again, the same
//! bytes in the same partition, is a replay and not noted. From it come the silences of each partition and the ages at which records
//! arrived, whatever was written there and by whom: a replay ends no silence.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Window;

/// First arrivals by topic and partition, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Each of them.
    pub partitions: BTreeMap<(String, i32), Vec<Arrival>>,
    /// Complete up to here.
    pub through_us: i64,
}

/// The first arrival of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Where it stands on the target.
    pub offset: i64,
    /// The record's own timestamp, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// When it was read, in microseconds since the epoch.
    pub us: i64,
}

/// A time without the first arrival of any record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The topic on the target.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The last first arrival before it.
    pub last_before_us: i64,
    /// The next first arrival; none while it lasts.
    pub first_after_us: Option<i64>,
}

impl Arrivals {
    /// Reads `arrivals.csv` in the `truth` folder of a lab.
    pub fn read(truth: &Path) -> io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string(
            truth.join("arrivals.csv"),
        )?))
    }

    /// Reads the arrivals; a torn last line is left out.
    pub fn parse(text: &str) -> Self {
        let mut arrivals = Self::default();
        for line in text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
        {
            let _ = arrivals.note(line);
        }
        arrivals
    }

    fn note(&mut self, line: &str) -> Option<()> {
        if let Some(us) = line.strip_prefix("T,") {
            self.through_us = us.parse().ok()?;
            return Some(());
        }
        let mut fields = line.rsplitn(5, ',');
        let us = fields.next()?.parse().ok()?;
        let timestamp_ms = fields.next()?.parse().ok()?;
        let offset = fields.next()?.parse().ok()?;
        let partition = fields.next()?.parse().ok()?;
        let topic = fields.next()?.to_owned();
        self.partitions
            .entry((topic, partition))
            .or_default()
            .push(Arrival {
                offset,
                timestamp_ms,
                us,
            });
        Some(())
    }

    /// The greatest age, in microseconds, at which a record arrived in the window; none if none did.
    pub fn greatest_age(&self, window: Window) -> Option<i64> {
        let arrivals = self.partitions.values().flatten();
        let within = arrivals.filter(|arrival| window.contains(arrival.us));
        within
            .map(|arrival| arrival.us - arrival.timestamp_ms * 1_000)
            .max()
    }

    /// Silences longer than `threshold_us` that touch the window.
    pub fn silences(&self, window: Window, threshold_us: i64) -> Vec<Silence> {
        let mut silences = Vec::new();
        for ((topic, partition), arrivals) in &self.partitions {
            let ends = arrivals
                .iter()
                .skip(1)
                .map(|arrival| Some(arrival.us))
                .chain([None]);
            for (last, first_after_us) in arrivals.iter().zip(ends) {
                let last_before_us = last.us;
                let until = first_after_us.unwrap_or(self.through_us);
                if until - last_before_us > threshold_us
                    && window.touches(last_before_us, first_after_us)
                {
                    silences.push(Silence {
                        topic: topic.clone(),
                        partition: *partition,
                        last_before_us,
                        first_after_us,
                    });
                }
            }
        }
        silences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "source.a,0,0,0,100\nsource.a,0,1,0,200\nsource.a,0,2,0,900\nsource.a,1,0,-1,850\nT,1000\nsource.a,1,1,0,9";

    #[test]
    fn a_silence_lies_between_two_arrivals() {
        let silences = Arrivals::parse(TEXT).silences(Window::ALL, 300);
        assert_eq!(
            silences,
            [Silence {
                topic: "source.a".into(),
                partition: 0,
                last_before_us: 200,
                first_after_us: Some(900)
            }]
        );
    }

    #[test]
    fn an_age_is_the_time_from_the_record_to_its_arrival_in_the_window() {
        let ages = |from_us, to_us| Arrivals::parse(TEXT).greatest_age(Window { from_us, to_us });
        assert_eq!(ages(0, 1000), Some(1850));
        assert_eq!(ages(0, 500), Some(200));
        assert_eq!(ages(300, 800), None);
    }

    #[test]
    fn a_silence_at_the_end_lasts() {
        let silences = Arrivals::parse(TEXT).silences(
            Window {
                from_us: 950,
                to_us: 1000,
            },
            120,
        );
        assert_eq!(silences.len(), 1);
        assert_eq!(
            (silences[0].partition, silences[0].first_after_us),
            (1, None)
        );
    }
}
