//! What pages can tell of catching up, from what became of each record. docs/evaluation.md: "Recovery time".

use super::Bounds;
use super::canary::{Outage, calm_from, late, through_at};
use crate::world::D;

/// One partition, and whether its pages tell the worst age of a calm.
pub struct Part<'a> {
    pub through: &'a [(i64, i64)],
    pub outages: &'a [Outage],
    pub arrivals: &'a [i64],
    pub given_up: &'a [i64],
    pub tells_calm: bool,
}

/// What decides it: from b on, for H, records a period apart, before the restoration at its earliest.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub b: i64,
    pub hold: i64,
    pub period: i64,
    pub undone: i64,
}

/// Between which lengths it was: from b until no page, and nothing between two of them, can have been late for H.
pub fn bounds(parts: &[Part<'_>], pages: &[i64], span: Span) -> Bounds {
    let Span {
        b,
        hold,
        period,
        undone,
    } = span;
    let certainly = parts.iter().flat_map(|part| part.certainly(pages, period));
    let certainly = before(certainly, undone);
    let mut possibly = before(parts.iter().flat_map(|part| part.possibly(pages)), undone);
    if undone < i64::MAX {
        possibly.push((undone, i64::MAX));
    }
    let from = calm_from(&certainly, b, hold - period);
    let until = calm_from(&possibly, b, hold + period);
    let lower = from.map_or(0, |from| (from - b - period).max(0));
    (lower, until.map(|until| until - b + period))
}

/// What of spans lies before an instant.
pub fn before(spans: impl Iterator<Item = (i64, i64)>, end: i64) -> Vec<(i64, i64)> {
    let cut = spans.map(|(from, to)| (from, to.min(end)));
    cut.filter(|(from, to)| from < to).collect()
}

impl Part<'_> {
    /// Rule: a page shows that it is late if its S is older than D by more than a period; a later page, D on, must vouch for it.
    fn certainly(&self, pages: &[i64], period: i64) -> Vec<(i64, i64)> {
        let last = pages[pages.len() - 1];
        let vouched = pages.iter().filter(|page| **page + D <= last);
        let spans = vouched.filter_map(|page| Some((self.s(*page)? + D + period, *page)));
        spans.filter(|(from, to)| from < to).collect()
    }

    /// Rule: S stands still at worst, but over a calm that was never late as long as it goes on.
    fn possibly(&self, pages: &[i64]) -> Vec<(i64, i64)> {
        let from = |page: i64| self.s(page).map_or(page, |s| page.max(s + D));
        let pairs = pages.windows(2).map(|pair| (pair[0], pair[1]));
        let untold = pairs.filter(|pair| !self.was_fresh(*pair));
        let mut spans: Vec<_> = untold.map(|(old, new)| (from(old), new)).collect();
        spans.push((i64::MIN, pages[0]));
        spans.push((from(pages[pages.len() - 1]), i64::MAX));
        spans.retain(|(from, to)| from < to);
        spans
    }

    fn s(&self, at: i64) -> Option<i64> {
        through_at(self.through, at)
    }

    fn was_fresh(&self, (old, new): (i64, i64)) -> bool {
        let Some(since) = self.calm_since(old).filter(|_| self.tells_calm) else {
            return false;
        };
        let was_late = late(self.through).any(|(from, to)| from < new && to > since);
        let given_up = self.given_up.iter().any(|at| *at > old && *at <= new);
        self.calm_since(new) == Some(since) && !was_late && !given_up
    }

    /// Since when it is calm as a page has it: since the first arrival after the last outage with which it was not late.
    fn calm_since(&self, page: i64) -> Option<i64> {
        let mut shown = self.outages.iter().rev();
        let last = shown.find(|outage| outage.0 + D < page);
        let after = last.map_or(Some(i64::MIN), |outage| outage.1)?;
        let fresh = |at: &i64| self.s(*at).is_some_and(|s| at - s <= D);
        let since = self
            .arrivals
            .iter()
            .copied()
            .find(|at| *at >= after && fresh(at));
        since.filter(|at| *at <= page)
    }
}
