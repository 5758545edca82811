//! What a run came to, and what is asked of it.

use std::collections::BTreeMap;

use super::crowd::{EVERY, Peer, SCRAPERS, Scrape};
use super::judge::{
    Answered, Check, Losses, Ruling, Said, Seen, all_answered, all_told, flat, log_is_short,
    no_false_loss, none_invented, slope, whole_life,
};
use super::lives::Lives;
use super::logged::Logged;
use super::made::Made;
use super::samples::Sample;
use super::spans::Span;
use super::told::Told;

/// So many more descriptors and threads than after the warm-up are no leak.
const DESCRIPTORS: f64 = 10.0;
const THREADS: f64 = 2.0;

/// All that is known of a run.
pub(super) struct Found {
    pub(super) seed: u64,
    /// From the first pause to the end.
    pub(super) span: Span,
    /// What the exporter logged in that time.
    pub(super) logged: Logged,
    pub(super) made: Vec<Made>,
    pub(super) lives: Lives,
    pub(super) told: Told,
    pub(super) samples: Vec<Sample>,
    pub(super) scrapes: Vec<Scrape>,
    /// Of the watcher, by partition.
    pub(super) silences: BTreeMap<String, Vec<Span>>,
    pub(super) losses: Losses,
    pub(super) load_lost: u64,
}

impl Found {
    /// Every question with what it came to.
    pub(super) fn checks(&self) -> Vec<Check> {
        let seen = self.seen();
        let life = whole_life(&self.samples);
        let of = |amount: fn(&Sample) -> f64| -> Vec<(f64, f64)> {
            let each = life.iter();
            each.map(|sample| (sample.at, amount(sample))).collect()
        };
        let all = [
            ("each fault was made and recovered from", self.went_well()),
            ("no false loss", no_false_loss(&self.losses)),
            ("every outage told", all_told(&seen)),
            ("no outage invented", none_invented(&seen)),
            ("memory", slope(&of(|sample| sample.resident))),
            (
                "descriptors",
                flat(&of(|sample| sample.descriptors), DESCRIPTORS),
            ),
            ("threads", flat(&of(|sample| sample.threads), THREADS)),
            ("log", self.log()),
            ("scrapes of the exporter", self.answers(Peer::Exporter)),
            ("questions to Prometheus", self.answers(Peer::Prometheus)),
        ];
        all.map(|(what, ruling)| Check { what, ruling }).into()
    }

    pub(super) fn seen(&self) -> Seen {
        Seen {
            silences: self.silences.clone(),
            outages: self.told.outages_since(self.span.from),
            blind: self.told.blind_since(self.span.from),
        }
    }

    /// What the crowd got of a peer.
    pub(super) fn answered(&self, peer: Peer) -> Answered {
        let mut answered = Answered::default();
        for scrape in self.scrapes.iter().filter(|scrape| scrape.peer == peer) {
            let was_up = peer == Peer::Prometheus || self.lives.were_up(scrape.asked);
            match &scrape.failed {
                None => {
                    answered.answers += 1;
                    answered.slowest = answered.slowest.max(scrape.took);
                }
                Some(why) if was_up => {
                    let at = scrape.asked.from;
                    answered.failed.push(format!("at {at:.1}: {why}"));
                }
                Some(_) => answered.excused += 1,
            }
        }
        answered
    }

    fn answers(&self, peer: Peer) -> Ruling {
        // The first and the last turn of a scraper may be cut short.
        let turns = (self.span.length() / EVERY.as_secs_f64() - 2.0).max(0.0);
        let due = f64::from(SCRAPERS) * turns.floor();
        all_answered(&self.answered(peer), due)
    }

    fn went_well(&self) -> Ruling {
        let troubles = self.made.iter().filter_map(|made| {
            let trouble = made.trouble.as_ref()?;
            Some(format!("{}: {trouble}", made.fault.name()))
        });
        let troubles: Vec<String> = troubles.collect();
        if self.made.is_empty() {
            return Ruling::NotJudged("there was no time for a fault".to_owned());
        }
        Ruling::unless(&troubles, format!("{} faults", self.made.len()))
    }

    fn log(&self) -> Ruling {
        let faults = self.made.iter().map(|made| Said {
            during: made.fault.name(),
            seconds: made.over - made.begun,
            logged: made.logged,
        });
        let faults: Vec<_> = faults.collect();
        let whole = Said {
            during: "the whole run",
            seconds: self.span.length(),
            logged: self.logged,
        };
        log_is_short(&faults, whole)
    }
}
