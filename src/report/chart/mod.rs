//! Charts of a report: pictures as SVG elements that stand in an HTML page. They need no script, take their colours from the page, light or
//! dark, and no meaning rests on colour alone: places, shapes and words carry it, too.

mod axis;
mod comparison;
mod events;
mod lane;
mod lines;
mod rows;
mod scale;
mod svg;
mod tick;
mod words;

pub use comparison::{Run, comparison};

use self::lane::{Lane, lanes};
use self::scale::Across;
use self::svg::{Area, Svg};
use super::{Language, number};
use crate::recovery::timeline::Timeline;

/// How charts look; it belongs into the page's style.
pub const STYLE: &str = include_str!("chart.css");

/// Width of a chart in its own units, which are pixels where there is room.
const WIDTH: f64 = 912.0;
/// Where what is drawn begins: left of it stand names and numbers.
const LEFT: f64 = 196.0;
/// Where it ends.
const RIGHT: f64 = WIDTH - 14.0;
/// Height of the axis above the lanes.
const TOP: f64 = 24.0;
/// Height of the axis and the legend below them.
const BOTTOM: f64 = 66.0;

/// A drill as lanes on one axis of time.
pub fn timelines(timeline: &Timeline, language: Language) -> String {
    let across = Across::new(timeline.drawn, LEFT, RIGHT);
    let lanes = lanes(timeline, language);
    let height = lanes.iter().map(Lane::height).sum::<f64>();
    let area = Area {
        x: LEFT,
        y: TOP,
        width: RIGHT - LEFT,
        height,
    };
    let (title, described) = words::described(timeline, language);
    let mut svg = Svg::new(WIDTH, TOP + height + BOTTOM, &title, &described);
    axis::grid(&mut svg, &across, timeline.zero, area);
    events::bands(&mut svg, &across, timeline, area);
    gaps(&mut svg, &across, timeline, area, language);
    events::limit(&mut svg, &across, timeline, area);
    let mut y = TOP;
    for lane in &lanes {
        lane.draw(&mut svg, &across, y, language);
        y += lane.height();
    }
    axis::time_of_day(&mut svg, &across, TOP, language);
    axis::after_zero(&mut svg, &across, timeline.zero, y, language);
    axis::legend(&mut svg, y + 38.0, timeline, language);
    svg.close()
}

/// Where no scrape tells anything.
fn gaps(svg: &mut Svg, across: &Across, timeline: &Timeline, area: Area, language: Language) {
    let nothing = language.pick("no scrape", "aucun scrape");
    for (from, to) in &timeline.gaps {
        let (x, end) = (across.x(*from), across.x(*to));
        let title = format!(
            "{nothing}: {} … {}",
            number::time_of_day(*from),
            number::time_of_day(*to)
        );
        let gap = Area {
            x,
            width: end - x,
            ..area
        };
        svg.area("gap", gap, Some(&title));
    }
}
