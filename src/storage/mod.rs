//! Where samples come from and where evidence is kept. Each way ends in a [`SeriesSet`](crate::promql::SeriesSet).

pub mod evidence;
pub mod export;
pub mod import;
mod lines;
pub mod prometheus;
pub mod recorder;
pub mod recording;
pub mod scrape;
pub mod scraped;
pub mod staleness;
pub mod text;

use crate::promql::{Millis, Selector};

/// The samples of a selector that are wanted: after the first and until the second time.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose.
    pub selector: Selector,
    /// When.
    pub times: (Millis, Millis),
}
