//! What does not change: every page from what is done first to the end of the recovery is held against the one before it. Whatever moves
//! must be expected by the stage that it falls into, or by one beside it, or be named there as something that moves on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expect::Expected;
use super::movers::{BUSY, Mover, Moves, ON_THE_WAY};
use super::page::{Page, Series};
use super::whole::is_compared;

const GONE: &str = "gone";

/// A stage as it was run.
pub(super) struct Window {
    pub(super) what: &'static str,
    /// When it was begun: what was done, or the page that told the stage before it; in seconds since the epoch.
    pub(super) from: f64,
    /// Whether nothing was done: it may begin before the page has told the stage before it.
    pub(super) by_itself: bool,
    pub(super) expected: Vec<Expected>,
    pub(super) moves: &'static [&'static Moves],
}

/// All that moved and was not to, each with the page's time in seconds since the first page.
pub(super) fn moved(before: &Page, pages: &[Arc<Page>], windows: &[Window]) -> Vec<String> {
    let (was_before, mut last) = (told(before), told(before));
    let zero = pages.first().map_or(0.0, |page| page.taken());
    let mut moved = Vec::new();
    for page in pages {
        let now = told(page);
        let begun = windows.partition_point(|window| window.from < page.taken());
        // What was done first may have been done after the first pages.
        if let Some(index) = begun.checked_sub(1) {
            let near = near(windows, index);
            for (series, was, is) in differences(&last, &now) {
                let is_back = value(&was_before, series) == is;
                if !may_become(&near, series, is, is_back) {
                    moved.push(format!(
                        "{:.2} s, {}: {series}: {was} → {is}",
                        page.taken() - zero,
                        windows[index].what
                    ));
                }
            }
        }
        last = now;
    }
    moved
}

/// The stage, the one before it, whose last effects may come late, and the one after it if that comes by itself.
fn near(windows: &[Window], index: usize) -> Vec<&Window> {
    let next = windows.get(index + 1).filter(|next| next.by_itself);
    let own = windows[index.saturating_sub(1)..=index].iter();
    own.chain(next).collect()
}

fn may_become(near: &[&Window], series: &Series, is: &str, is_back: bool) -> bool {
    let all = near.iter().flat_map(|window| &window.expected);
    let expected: Vec<&Expected> = all.filter(|one| one.is_about(series)).collect();
    let on_the_way = (!expected.is_empty()).then_some(&ON_THE_WAY);
    let all = near.iter().flat_map(|window| window.moves);
    let always = on_the_way.into_iter().chain([&BUSY]);
    let movers = all.flat_map(|moves| moves.series).chain(always);
    let movers: Vec<&Mover> = movers.filter(|mover| is_of(mover, series)).collect();
    let is_concerned = !expected.is_empty() || !movers.is_empty();
    let is_named = |mover: &&Mover| mover.through.is_empty() || mover.through.contains(&is);
    (is_concerned && is_back)
        || expected.iter().any(|one| one.permits(is))
        || movers.iter().any(is_named)
}

fn is_of(mover: &Mover, series: &Series) -> bool {
    let has = |(key, value): &(&str, &str)| series.label(key) == *value;
    series.metric == mover.metric && mover.labels.iter().all(has)
}

/// What a page says of all that is compared; of a set of states it is the one that holds.
fn told(page: &Page) -> BTreeMap<Series, String> {
    let mut told = BTreeMap::new();
    for (series, number) in page.series.iter().filter(|(series, _)| is_compared(series)) {
        let (set, state) = series.apart();
        match state {
            None => drop(told.insert(set, number.to_string())),
            Some(state) if *number > 0.5 => drop(told.insert(set, state)),
            Some(_) => drop(told.entry(set).or_insert_with(|| "none".to_owned())),
        }
    }
    told
}

fn value<'a>(told: &'a BTreeMap<Series, String>, series: &Series) -> &'a str {
    told.get(series).map_or(GONE, String::as_str)
}

fn differences<'a>(
    last: &'a BTreeMap<Series, String>,
    now: &'a BTreeMap<Series, String>,
) -> Vec<(&'a Series, &'a str, &'a str)> {
    let new = now.keys().filter(|series| !last.contains_key(series));
    let all = last.keys().chain(new);
    let both = all.map(|series| (series, value(last, series), value(now, series)));
    both.filter(|(_, was, is)| was != is).collect()
}

#[cfg(test)]
mod tests {
    use super::super::expect::series;
    use super::super::movers::JOINING;
    use super::super::says::flow;
    use super::*;

    const STATES: [&str; 4] = ["healthy", "degraded", "stalled", "source_down"];

    /// A page at this second: the flow's state, and more lines.
    fn page(at: f64, state: &str, more: &str) -> Arc<Page> {
        let states = STATES.map(|one| {
            let holds = u8::from(one == state);
            format!("mm2_flow_state{{source=\"a\",target=\"b\",state=\"{one}\"}} {holds}\n")
        });
        let time = format!("mm2_exporter_page_timestamp_seconds {at}\n");
        Arc::new(Page::parse(&(states.concat() + &time + more)))
    }

    fn window(from: f64, expected: Vec<Expected>) -> Window {
        Window {
            what: "a stage",
            from,
            by_itself: false,
            expected,
            moves: &[],
        }
    }

    /// A link is cut at 10 s and mended at 20 s.
    fn cut_and_mended() -> [Window; 2] {
        let expected = |state: &str| {
            let labels = [("source", "a"), ("target", "b"), ("state", state)];
            vec![series("mm2_flow_state", &labels).is(1.0)]
        };
        [
            window(10.0, expected("stalled")),
            window(20.0, expected("healthy")),
        ]
    }

    const UP: &str = "mm2_cluster_up{alias=\"a\"} 1\n";
    const DOWN: &str = "mm2_cluster_up{alias=\"a\"} 0\n";

    #[test]
    fn what_the_stages_expect_may_move_and_pass_through_degraded() {
        let pages = [
            page(9.0, "healthy", UP),
            page(12.0, "degraded", UP),
            page(12.2, "stalled", UP),
            page(21.0, "degraded", UP),
            page(22.0, "healthy", UP),
        ];
        assert_eq!(moved(&pages[0], &pages, &cut_and_mended()), [""; 0]);
    }

    #[test]
    fn a_flap_on_a_single_page_between_two_stages_fails_with_name_time_and_values() {
        let pages = [
            page(9.0, "healthy", UP),
            page(12.0, "stalled", UP),
            page(15.0, "stalled", DOWN),
            page(15.2, "stalled", UP),
            page(22.0, "healthy", UP),
        ];
        let moved = moved(&pages[0], &pages, &cut_and_mended());
        assert_eq!(
            moved,
            [
                "6.00 s, a stage: mm2_cluster_up{alias=\"a\"}: 1 → 0",
                "6.20 s, a stage: mm2_cluster_up{alias=\"a\"}: 0 → 1",
            ]
        );
    }

    #[test]
    fn a_state_that_no_stage_expects_fails_though_others_of_its_set_are_expected() {
        let pages = [
            page(9.0, "healthy", UP),
            page(12.0, "source_down", UP),
            page(12.2, "stalled", UP),
            page(22.0, "healthy", UP),
        ];
        let moved = moved(&pages[0], &pages, &cut_and_mended());
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert!(moved[0].contains("healthy → source_down"), "{moved:?}");
    }

    #[test]
    fn a_series_that_vanishes_for_one_page_has_moved_twice() {
        let pages = [
            page(9.0, "healthy", UP),
            page(12.0, "stalled", UP),
            page(15.0, "stalled", ""),
            page(15.2, "stalled", UP),
        ];
        let moved = moved(&pages[0], &pages, &cut_and_mended());
        assert!(moved[0].ends_with("1 → gone"), "{moved:?}");
        assert!(moved[1].ends_with("gone → 1"), "{moved:?}");
    }

    #[test]
    fn what_was_expected_two_stages_ago_is_to_stand_still() {
        let stages = [
            window(10.0, vec![series("mm2_cluster_up", &[]).is(0.0)]),
            window(20.0, Vec::new()),
            window(30.0, Vec::new()),
        ];
        let late = [page(9.0, "healthy", UP), page(22.0, "healthy", DOWN)];
        assert_eq!(moved(&late[0], &late, &stages), [""; 0]);
        let too_late = [page(9.0, "healthy", UP), page(32.0, "healthy", DOWN)];
        assert_eq!(moved(&too_late[0], &too_late, &stages).len(), 1);
    }

    #[test]
    fn what_comes_by_itself_may_come_early_and_what_is_done_may_not() {
        let cut = |by_itself| {
            let next = Window {
                by_itself,
                ..window(20.0, vec![series("mm2_cluster_up", &[]).is(0.0)])
            };
            [window(10.0, Vec::new()), next]
        };
        let pages = [page(9.0, "healthy", UP), page(15.0, "healthy", DOWN)];
        assert_eq!(moved(&pages[0], &pages, &cut(true)), [""; 0]);
        assert_eq!(moved(&pages[0], &pages, &cut(false)).len(), 1);
    }

    #[test]
    fn a_mover_becomes_what_is_named_and_is_what_it_was_again_and_nothing_else() {
        let withheld = |value: &str| match value {
            "gone" => String::new(),
            value => format!("mm2_connect_assignment_withheld {value}\n"),
        };
        let rebalance = [Window {
            moves: &[&JOINING],
            ..window(10.0, vec![flow("stalled")])
        }];
        let moved = |values: [&str; 3]| {
            let page = |(at, value): (f64, &str)| page(at, "healthy", &withheld(value));
            let pages = [(9.0, values[0]), (12.0, values[1]), (13.0, values[2])].map(page);
            moved(&pages[0], &pages, &rebalance)
        };
        assert_eq!(moved(["0", "gone", "0"]), [""; 0]);
        assert_eq!(moved(["0", "1", "0"]).len(), 1);
    }
}
