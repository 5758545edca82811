//! Many scrapers at once, each of which asks the exporter and a Prometheus server as often as a Prometheus server scrapes.

use std::io::Read as _;
use std::sync::Mutex;
use std::time::Duration;

use flate2::read::GzDecoder;
use mirrorwatch::clock;

use super::beside::Over;
use super::spans::Span;

pub(super) const SCRAPERS: u32 = 50;
pub(super) const EVERY: Duration = Duration::from_secs(15);
/// How long Prometheus waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it keeps a connection that it does not use.
const KEPT: Duration = Duration::from_mins(5);
/// It stands on every page.
const SIGN: &str = "\nmm2_exporter_page_timestamp_seconds ";

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Exporter,
    Prometheus,
}

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Scrape {
    pub(super) peer: Peer,
    pub(super) asked: Span,
    /// How long it took, by the clock that is not set.
    pub(super) took: Duration,
    /// Why there was no whole answer.
    pub(super) failed: Option<String>,
}

/// Where the two are asked.
pub(super) struct Urls {
    pub(super) page: String,
    pub(super) query: String,
}

/// One of the crowd: the odd ones ask for gzip.
pub(super) fn scraper(number: u32, urls: &Urls, over: &Over, scrapes: &Mutex<Vec<Scrape>>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_idle_age(KEPT)
        .build()
        .into();
    let encoding = if number % 2 == 1 { "gzip" } else { "identity" };
    over.every(EVERY * number / SCRAPERS, EVERY, || {
        let page = ask(Peer::Exporter, || whole_page(&agent, &urls.page, encoding));
        let answer = ask(Peer::Prometheus, || answer(&agent, &urls.query));
        super::lock(scrapes).extend([page, answer]);
    });
}

fn ask(peer: Peer, question: impl FnOnce() -> Result<(), String>) -> Scrape {
    let (from, begun) = (clock::wall().as_seconds(), clock::monotonic());
    let failed = question().err();
    Scrape {
        peer,
        asked: Span {
            from,
            to: clock::wall().as_seconds(),
        },
        took: clock::monotonic().saturating_sub(begun),
        failed,
    }
}

fn whole_page(agent: &ureq::Agent, url: &str, encoding: &str) -> Result<(), String> {
    let request = agent.get(url).header("Accept-Encoding", encoding);
    let mut answer = request.call().map_err(|error| error.to_string())?;
    let body = answer.body_mut().with_config().limit(1 << 28).read_to_vec();
    let body = body.map_err(|error| error.to_string())?;
    let told = answer.headers().get("content-encoding");
    let is_zipped = told.is_some_and(|told| told == "gzip");
    if is_zipped != (encoding == "gzip") {
        return Err(format!("asked for {encoding}, got {told:?}"));
    }
    let mut text = String::new();
    let read = if is_zipped {
        GzDecoder::new(body.as_slice()).read_to_string(&mut text)
    } else {
        body.as_slice().read_to_string(&mut text)
    };
    read.map_err(|error| error.to_string())?;
    if text.contains(SIGN) && text.ends_with('\n') {
        Ok(())
    } else {
        Err(format!("no whole page of {} bytes", text.len()))
    }
}

fn answer(agent: &ureq::Agent, url: &str) -> Result<(), String> {
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string();
    let text = text.map_err(|error| error.to_string())?;
    if text.contains(r#""status":"success""#) {
        Ok(())
    } else {
        Err(text)
    }
}
