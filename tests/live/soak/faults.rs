//! What is done to the lab and to the exporter in a soak, and when: all of it follows from the seed.

use std::time::Duration;

use super::chance::Rng;

/// Something that is done, and undone after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    KillWorker,
    FreezeWorker,
    StopWorker,
    RollWorkers,
    CutSource,
    CutTarget,
    KillSource,
    StopSource,
    KillTarget,
    StopTarget,
    PauseConnector,
    StopConnector,
    RestartConnector,
    EndExporter,
    KillExporter,
}

const ALL: [Fault; 15] = [
    Fault::KillWorker,
    Fault::FreezeWorker,
    Fault::StopWorker,
    Fault::RollWorkers,
    Fault::CutSource,
    Fault::CutTarget,
    Fault::KillSource,
    Fault::StopSource,
    Fault::KillTarget,
    Fault::StopTarget,
    Fault::PauseConnector,
    Fault::StopConnector,
    Fault::RestartConnector,
    Fault::EndExporter,
    Fault::KillExporter,
];

/// Seconds without a fault before one is made, and seconds until it is undone: from, to below.
const PAUSE: (i64, i64) = (45, 106);
const HOLD: (i64, i64) = (3, 21);

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drawn {
    pub(super) pause: Duration,
    pub(super) fault: Fault,
    /// How long it lasts.
    pub(super) hold: Duration,
    /// The worker that it hits, of so many.
    pub(super) worker: usize,
}

/// The faults in an order of chance: each comes once before any comes again.
pub(super) struct Deck {
    chance: Rng,
    left: Vec<Fault>,
}

impl Fault {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::KillWorker => "a worker is killed",
            Self::FreezeWorker => "a worker is frozen",
            Self::StopWorker => "a worker is stopped",
            Self::RollWorkers => "all workers are restarted in turn",
            Self::CutSource => "the links to the source are cut",
            Self::CutTarget => "the links to the target are cut",
            Self::KillSource => "the source's broker is killed",
            Self::StopSource => "the source's broker is stopped",
            Self::KillTarget => "the target's broker is killed",
            Self::StopTarget => "the target's broker is stopped",
            Self::PauseConnector => "the connector is paused",
            Self::StopConnector => "the connector is stopped",
            Self::RestartConnector => "the connector is restarted",
            Self::EndExporter => "the exporter is ended (TERM)",
            Self::KillExporter => "the exporter is killed",
        }
    }

    /// Whether it hits one worker and not all.
    pub(super) fn has_victim(self) -> bool {
        matches!(
            self,
            Self::KillWorker | Self::FreezeWorker | Self::StopWorker
        )
    }

    pub(super) fn is_of_exporter(self) -> bool {
        matches!(self, Self::EndExporter | Self::KillExporter)
    }
}

impl Deck {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Rng::new(seed),
            left: Vec::new(),
        }
    }

    /// The next one, for a lab of so many workers; the exporter is let live from `spare_exporter` on.
    pub(super) fn draw(&mut self, workers: usize, spare_exporter: bool) -> Drawn {
        self.left
            .retain(|fault| !(spare_exporter && fault.is_of_exporter()));
        if self.left.is_empty() {
            let all = ALL.into_iter();
            self.left = all
                .filter(|fault| !(spare_exporter && fault.is_of_exporter()))
                .collect();
        }
        let fault = self.chance.pick(&self.left);
        self.left.retain(|left| *left != fault);
        let mut seconds = |(from, to)| {
            let seconds = self.chance.within(from, to);
            Duration::from_secs(seconds.unsigned_abs())
        };
        let (pause, hold) = (seconds(PAUSE), seconds(HOLD));
        let numbers: Vec<usize> = (0..workers).collect();
        Drawn {
            pause,
            fault,
            hold,
            worker: self.chance.pick(&numbers),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_faults_and_another_one_others() {
        let draws = |seed| {
            let mut deck = Deck::new(seed);
            (0..20).map(|_| deck.draw(3, false)).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }

    #[test]
    fn every_fault_comes_once_before_one_comes_again() {
        let mut deck = Deck::new(1);
        for _ in 0..3 {
            let round: BTreeSet<_> = ALL.iter().map(|_| deck.draw(3, false).fault).collect();
            assert_eq!(round.len(), ALL.len());
        }
    }

    #[test]
    fn an_exporter_that_is_spared_goes_on_while_all_else_is_hit() {
        let mut deck = Deck::new(2);
        deck.draw(3, false);
        let later: Vec<_> = (0..60).map(|_| deck.draw(3, true)).collect();
        assert!(later.iter().all(|drawn| !drawn.fault.is_of_exporter()));
        let hit: BTreeSet<_> = later.iter().map(|drawn| drawn.worker).collect();
        assert_eq!(hit, BTreeSet::from([0, 1, 2]));
        for drawn in later {
            assert!((45..=105).contains(&drawn.pause.as_secs()));
            assert!((3..=20).contains(&drawn.hold.as_secs()));
        }
    }
}
