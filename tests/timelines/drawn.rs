//! What is drawn of a random timeline holds the truth, and nothing is drawn where nothing was seen.

use mirrorwatch::recovery::timeline::{Event, Quantity, Timeline, timeline as draw};

use crate::judged::timelines;
use crate::page::render;
use crate::{inventory, observed};

/// Rounding of seconds that are doubles, and of a few that are added up.
const ROUNDING: i64 = 5;

#[test]
fn a_recovery_is_drawn_around_the_true_one_and_no_line_crosses_a_gap() {
    let (mut recovered, mut gaps, mut points) = (0, 0, 0);
    for timeline in timelines().iter().take(600) {
        let (world, judgement) = (&timeline.world, &timeline.judgement);
        let seed = world.seed;
        let series = render(world).set;
        let observed = observed(world, &series);
        let drawn = draw(&inventory(), &timeline.log, observed, judgement);
        let Some(drawn) = drawn else { continue };
        points += whole(&drawn, seed);
        gaps += drawn.gaps.len();
        let mark = drawn
            .marks
            .iter()
            .find(|mark| mark.event == Event::Recovery);
        // Where a judgement is INVALID its measures are not held to the truth either.
        let valid = mark.filter(|_| timeline.is_valid());
        if let Some((mark, b)) = valid.zip(timeline.truth.recovered.flatten()) {
            let after = mark.from.as_micros() <= b + ROUNDING || mark.from == drawn.zero.issued;
            let before = mark.to.is_none_or(|to| b <= to.as_micros() + ROUNDING);
            assert!(after && before, "seed {seed}: {b} is not in {mark:?}");
            recovered += 1;
        }
    }
    assert!(
        recovered > 100 && gaps > 100 && points > 1_000,
        "{recovered} {gaps} {points}"
    );
}

/// Points are in what is drawn, in order, and none of the stretches of a line goes over a gap. How many points there are.
fn whole(drawn: &Timeline, seed: u64) -> usize {
    let mut count = 0;
    let age = drawn
        .lines
        .iter()
        .find(|line| line.quantity == Quantity::CanaryAge);
    for stretch in age.map_or(&[][..], |line| &line.stretches) {
        let (first, last) = (stretch[0].at, stretch[stretch.len() - 1].at);
        assert!(
            first >= drawn.drawn.0 && last <= drawn.drawn.1,
            "seed {seed}"
        );
        assert!(stretch.is_sorted_by_key(|point| point.at), "seed {seed}");
        assert!(
            stretch.iter().all(|point| point.value >= 0.0),
            "seed {seed}"
        );
        // A page is of its scrape or somewhat older: a gap ends with a scrape, and begins with one.
        let middle = |(from, to): &(_, _)| first < *from && *to < last;
        assert!(!drawn.gaps.iter().any(middle), "seed {seed}");
        count += stretch.len();
    }
    count
}
