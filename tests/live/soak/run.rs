//! A run from its first fault to its last, with all that goes on beside.

use std::thread::{scope, sleep};
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::{Deed, Lab, LinkKind};

use super::asked::Asked;
use super::beside::Over;
use super::crowd::{self, SCRAPERS, Urls};
use super::faults::Deck;
use super::found::Found;
use super::hands::Hands;
use super::kept::{Kept, say};
use super::lock;
use super::logged::{self, lines};
use super::made::Made;
use super::notes::{Notes, now};
use super::spans::Span;
use super::truth;
use crate::fault_table::Peers;
use crate::site::{Exporter, serve_and_log};

/// Before the end no fault is begun any more for so long: it is to be over, and what is left to be seen at rest.
const REST: Duration = Duration::from_secs(150);
/// How long a record that MM2 has passed may be in doubt.
const DOUBT: Duration = Duration::from_mins(3);
/// What the crowd asks Prometheus.
const QUERY: &str = "mm2_flow_state";

/// A lab with its exporter.
pub(super) struct Run<'a> {
    lab: &'a Lab,
    links: LinkKind,
    exporter: Exporter,
    notes: Notes,
}

impl<'a> Run<'a> {
    /// Starts the exporter beside a lab whose FAILED tasks are restarted, as a site that wants it has to see to itself: Connect does not.
    pub(super) fn start(lab: &'a Lab, links: LinkKind) -> Self {
        lab.act(&Deed::SuperviseTasks)
            .unwrap_or_else(|error| panic!("the lab does not look after its tasks: {error}"));
        let exporter = serve_and_log(lab, &lab.dir().join("mirrorwatch.yml"));
        let notes = Notes {
            log: lab.dir().join("logs/mirrorwatch.log"),
            ..Notes::default()
        };
        lock(&notes.lives).begin(exporter.pid(), now());
        Self {
            lab,
            links,
            exporter,
            notes,
        }
    }

    /// Makes faults for as long as is asked, and tells what was found.
    pub(super) fn go_through(&mut self, asked: &Asked, kept: &Kept) -> Found {
        let (lab, notes, over) = (self.lab, &self.notes, &Over::default());
        let urls = &urls(lab);
        let mut hands = Hands {
            lab,
            exporter: &mut self.exporter,
            config: lab.dir().join("mirrorwatch.yml"),
            links: self.links,
            peers: Peers::of(lab),
            notes,
        };
        let (span, logged, made) = scope(|scope| {
            let _ends = over.at_the_end();
            scope.spawn(move || notes.read_pages(&urls.page, over));
            hands
                .await_flow()
                .unwrap_or_else(|why| panic!("nothing flows at the start: {why}"));
            scope.spawn(move || notes.take_samples(over));
            for number in 0..SCRAPERS {
                scope.spawn(move || crowd::scraper(number, urls, over, &notes.scrapes));
            }
            let (from, logged) = (now(), lines(&notes.log));
            let made = make_faults(&mut hands, asked, kept);
            await_certainty(notes);
            let logged = logged::since(&notes.log, logged);
            (Span { from, to: now() }, logged, made)
        });
        let told = lock(&notes.told).clone();
        Found {
            seed: asked.seed,
            span,
            logged,
            made,
            lives: lock(&notes.lives).clone(),
            samples: lock(&notes.samples).clone(),
            scrapes: lock(&notes.scrapes).clone(),
            silences: truth::silences(lab, span),
            losses: truth::losses(lab, &told),
            load_lost: truth::lost_of_the_load(lab, span),
            told,
        }
    }
}

fn urls(lab: &Lab) -> Urls {
    let description = lab.description();
    let server = description.address("prometheus-10s");
    let server = server.expect("the lab runs the shipped rules");
    Urls {
        page: format!("http://{}/metrics", description.exporter),
        query: format!("{server}/api/v1/query?query={QUERY}"),
    }
}

/// One after the other, as long as there is time; the exporter is hit in the first third only, so that its last life is a long one.
fn make_faults(hands: &mut Hands<'_>, asked: &Asked, kept: &Kept) -> Vec<Made> {
    let workers = hands.lab.description().workers.len();
    let begun = clock::monotonic();
    let (mut deck, mut made) = (Deck::new(asked.seed), Vec::new());
    loop {
        let gone = clock::monotonic().saturating_sub(begun);
        let drawn = deck.draw(workers, gone > asked.length / 3);
        if gone + drawn.pause + REST > asked.length {
            break;
        }
        sleep(drawn.pause);
        let one = hands.make(&drawn);
        say(&one.to_string());
        made.push(one);
        kept.so_far(&made, &lock(&hands.notes.samples));
    }
    sleep((begun + asked.length).saturating_sub(clock::monotonic()));
    made
}

/// Until the ledger has decided of every record that MM2 has passed.
fn await_certainty(notes: &Notes) {
    let deadline = clock::monotonic() + DOUBT;
    let is_certain = || {
        let told = lock(&notes.told);
        told.last
            .as_ref()
            .is_some_and(|last| last.ledger.overtaken == 0)
    };
    while !is_certain() && clock::monotonic() < deadline {
        sleep(Duration::from_secs(1));
    }
}
