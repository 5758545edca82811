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
