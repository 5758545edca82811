//! The exporter's pages one after the other, and how many polls lie between two of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::page::Page;
use crate::site::{Repeated, get};

/// As often as the exporter makes a page.
const EVERY: Duration = Duration::from_millis(200);
/// These are asked rarer than the others, or may hang by themselves, and decide nothing that is looked for.
const APART: [&str; 2] = ["connect_offsets", "health:"];

/// The pages of one exporter since the last time that they were forgotten.
pub(super) struct History {
    pages: Arc<Mutex<Vec<Arc<Page>>>>,
    _scraper: Repeated,
}

impl History {
    /// Scrapes the exporter at this address until it is dropped.
    pub(super) fn begin(exporter: &str) -> Self {
        let url = format!("http://{exporter}/metrics");
        let pages = Arc::<Mutex<Vec<_>>>::default();
        let seen = Arc::clone(&pages);
        let scraper = Repeated::every(EVERY, move || {
            if let Some(text) = get(&url, "text/plain") {
                let page = Arc::new(Page::parse(&text));
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(page);
            }
        });
        Self {
            pages,
            _scraper: scraper,
        }
    }

    /// All pages so far.
    pub(super) fn pages(&self) -> Vec<Arc<Page>> {
        self.lock().clone()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Forgets all but the newest page.
    pub(super) fn forget(&self) {
        let mut pages = self.lock();
        let all_but_one = pages.len().saturating_sub(1);
        pages.drain(..all_but_one);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Page>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the polls of each endpoint that were begun after an instant, by the pages that show them.
#[derive(Debug)]
pub(super) struct Polls {
    since: f64,
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Debug, Default)]
struct Endpoint {
    /// When the last answered poll was begun.
    begun: f64,
    errors: f64,
    polls: u32,
}

impl Polls {
    /// Polls begun after `since`, in seconds since the epoch; `page` is one from before it.
    pub(super) fn after(since: f64, page: &Page) -> Self {
        let mut polls = Self {
            since,
            endpoints: BTreeMap::new(),
        };
        polls.see(page);
        for endpoint in polls.endpoints.values_mut() {
            endpoint.polls = 0;
        }
        polls
    }

    /// Counts what one more page shows.
    pub(super) fn see(&mut self, page: &Page) {
        for (name, up) in endpoints(page) {
            let endpoint = self.endpoints.entry(name.clone()).or_default();
            let begun = age(page, &name).map_or(0.0, |age| page.taken() - age);
            let errors = errors(page, &name);
            // A page tells when a poll was begun to the microsecond, but two clocks are in it.
            if up && begun > endpoint.begun + 0.01 && begun >= self.since {
                endpoint.polls += 1;
            }
            // A poll that failed does not tell when it was begun: at worst one counts that was under way.
            if !up && errors > endpoint.errors {
                endpoint.polls += 1;
            }
            (endpoint.begun, endpoint.errors) = (begun, errors);
        }
    }

    /// The polls that every endpoint has had at least.
    pub(super) fn fewest(&self) -> u32 {
        let polls = self.endpoints.values().map(|endpoint| endpoint.polls);
        polls.min().unwrap_or(0)
    }
}

/// The endpoints that a page tells of, and whether they answered.
fn endpoints(page: &Page) -> impl Iterator<Item = (String, bool)> {
    let up = page.of("mm2_exporter_endpoint_up");
    up.map(|(series, up)| (series.label("endpoint").to_owned(), up > 0.5))
        .filter(|(name, _)| !APART.iter().any(|apart| name.starts_with(apart)))
}

/// How old the reading of an endpoint is at most, by the page.
pub(super) fn age(page: &Page, endpoint: &str) -> Option<f64> {
    let mut ages = page.of("mm2_exporter_reading_age_seconds");
    ages.find(|(series, _)| series.label("endpoint") == endpoint)
        .map(|(_, age)| age)
}

fn errors(page: &Page, endpoint: &str) -> f64 {
    page.of("mm2_exporter_poll_errors_total")
        .filter(|(series, _)| series.label("endpoint") == endpoint)
        .map(|(_, errors)| errors)
        .sum()
}
