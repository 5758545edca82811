//! Charts: golden files, names of others that are no more than text, and nothing drawn that was not seen.

use mirrorwatch::recovery::judgement::{Interval, Outage, Verdict};
use mirrorwatch::recovery::scenario::Event;
use mirrorwatch::recovery::timeline::{Point, Quantity, Timeline};
use mirrorwatch::report::chart::{Run, comparison, timelines};
use mirrorwatch::report::{Language, html};
use roxmltree::{Document, Node};

use crate::drawings::{never_back, recovered, second};
use crate::forms::{HOSTILE, all_tags, all_text};
use crate::is_golden;
use crate::judgements::{invalid, pass};
use mirrorwatch::model::text::visible;

const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::French, "fr")];

#[test]
fn a_page_with_timelines_is_as_it_was_looked_at() {
    for (language, code) in LANGUAGES {
        let page = page(Some(&recovered()), language);
        is_golden(&format!("report-drawn.{code}.html"), &page);
        let open = timelines(&never_back(), language);
        is_golden(&format!("timelines-open.{code}.svg"), &open);
    }
}

#[test]
fn a_comparison_is_as_it_was_looked_at() {
    for (language, code) in LANGUAGES {
        let picture = comparison(&runs(), language);
        is_golden(&format!("comparison.{code}.svg"), &picture);
    }
}

#[test]
fn a_comparison_says_from_which_zero_its_times_count() {
    let said = |runs: &[Run<'_>]| {
        let picture = comparison(runs, Language::English);
        all_text(parsed(&picture).root_element())
    };
    let mixed = runs();
    let of_both = said(&mixed);
    assert!(of_both.contains("seconds after the fault"));
    assert!(of_both.contains("↩ seconds after the restoration"));
    assert!(of_both.contains("↩ 7.300 s [7.120 … 7.480]"));
    assert!(of_both.contains("no outage longer than 1.018 s"));
    let of_restorations = said(&mixed[6..7]);
    assert!(of_restorations.contains("seconds after the restoration"));
    assert!(!of_restorations.contains("the fault") && !of_restorations.contains('↩'));
    assert!(!said(&mixed[..6]).contains('↩'));
}

#[test]
fn the_limit_of_the_recovery_time_is_named_where_it_is_drawn() {
    let named = |timeline: &Timeline| {
        let picture = timelines(timeline, Language::English);
        let text = all_text(parsed(&picture).root_element());
        text.contains("limit of the recovery time, 60 s")
    };
    let mut timeline = recovered();
    let issued = timeline.zero.issued;
    let over = issued.plus_micros(60_000_000);
    timeline.drawn = (issued, issued.plus_micros(61_000_000));
    timeline.limit = Some((over, over));
    assert!(named(&timeline));
    timeline.drawn.1 = issued.plus_micros(59_000_000);
    assert!(!named(&timeline));
}

#[test]
fn a_page_with_timelines_asks_for_nothing_from_elsewhere_and_one_without_has_no_picture() {
    let drawn = page(Some(&recovered()), Language::English);
    assert_eq!(drawn.matches("url(").count(), 1);
    for foreign in [
        "http:", "https:", "@import", "<script", "<link", "src=", "href",
    ] {
        assert!(!drawn.contains(foreign), "{foreign}");
    }
    let plain = page(None, Language::English);
    assert!(!plain.contains("<svg") && !plain.contains(".chart"));
}

#[test]
fn a_picture_says_in_words_what_it_shows() {
    let picture = timelines(&recovered(), Language::French);
    let document = parsed(&picture);
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let mut inside = root.children().filter(Node::is_element);
    let title = inside.next().unwrap();
    assert!(title.has_tag_name("title") && !all_text(title).is_empty());
    let described = all_text(inside.next().unwrap());
    assert!(
        described.contains("reprise 14,702 s [14,611 … 14,793]"),
        "{described}"
    );
}

#[test]
fn a_name_that_looks_like_markup_is_text_in_a_picture() {
    let known = all_tags(&timelines(&named("plain"), Language::English));
    for text in HOSTILE {
        let picture = timelines(&named(text), Language::English);
        for tag in all_tags(&picture) {
            assert!(known.contains(&tag), "{text:?} made a <{tag}>");
        }
        let said = all_text(parsed(&picture).root_element());
        assert!(said.contains(&visible(text)), "{text:?}");
        assert!(!picture.contains('\u{1b}') && !picture.contains('\u{202e}'));
        let run = Run {
            label: text,
            ..runs()[0]
        };
        let picture = comparison(&[run], Language::English);
        assert!(all_text(parsed(&picture).root_element()).contains(&visible(text)));
        assert!(
            !all_tags(&picture)
                .iter()
                .any(|tag| tag == "script" || tag == "img")
        );
    }
}

#[test]
fn a_lane_without_samples_says_so_and_draws_nothing() {
    let mut timeline = recovered();
    timeline
        .lines
        .iter_mut()
        .for_each(|line| line.stretches.clear());
    timeline.tasks.clear();
    timeline.workers.clear();
    timeline.outages.clear();
    let picture = timelines(&timeline, Language::English);
    let document = parsed(&picture);
    for class in ["curve", "under", "dot", "state"] {
        let drawn: Vec<_> = of_class(&document, class).collect();
        assert!(drawn.is_empty(), "{class}: {drawn:?}");
    }
    assert_eq!(picture.matches("no samples of it").count(), 5);
}

#[test]
fn no_line_crosses_a_hole_and_a_lone_sample_is_a_dot() {
    let mut timeline = recovered();
    timeline.lines.retain(|line| line.quantity == Quantity::Lag);
    let lone = Point {
        at: second(26),
        value: 3.0,
    };
    timeline.lines[0].stretches.insert(1, vec![lone]);
    let picture = timelines(&timeline, Language::English);
    let document = parsed(&picture);
    let edges = |node: Node<'_, '_>| {
        let points = node.attribute("d").unwrap().split(['M', 'L']).skip(1);
        let x: Vec<f64> = points
            .map(|point| point.split(' ').next().unwrap().parse().unwrap())
            .collect();
        (x[0], x[x.len() - 1])
    };
    let curves: Vec<_> = of_class(&document, "curve").map(edges).collect();
    let gap =
        of_class(&document, "gap").find(|node| node.has_tag_name("rect") && node.has_children());
    let gap = gap.unwrap();
    let (start, width) = (length(gap, "x"), length(gap, "width"));
    assert_eq!(curves.len(), 2);
    assert!(curves[0].1 <= start + 0.1 && curves[1].0 >= start + width - 0.1);
    assert_eq!(of_class(&document, "dot").count(), 1);
}

#[test]
fn everything_stays_inside_the_picture() {
    let mut late = recovered();
    late.outages.push(Outage {
        partition: 9,
        task: None,
        start: second(-500),
        end: Some(second(500)),
    });
    let pictures =
        [recovered(), never_back(), late].map(|timeline| timelines(&timeline, Language::French));
    for picture in pictures
        .iter()
        .chain([&comparison(&runs(), Language::French)])
    {
        let document = parsed(picture);
        let size = document.root_element().attribute("viewBox").unwrap();
        let size: Vec<f64> = size.split(' ').map(|n| n.parse().unwrap()).collect();
        for area in document
            .descendants()
            .filter(|node| node.has_tag_name("rect"))
        {
            let [x, y, width, height] =
                ["x", "y", "width", "height"].map(|name| length(area, name));
            assert!(width >= 0.0 && height >= 0.0, "{area:?}");
            assert!(x >= 0.0 && x + width <= size[2], "{area:?}");
            assert!(y >= 0.0 && y + height <= size[3], "{area:?}");
        }
    }
}

#[test]
fn without_an_upper_end_a_bar_has_an_arrow() {
    let arrows = |picture: &str| picture.matches("Z\"/>").count();
    let [bounded, open] = [runs()[0], runs()[3]].map(|run| comparison(&[run], Language::English));
    assert_eq!((arrows(&bounded), arrows(&open)), (0, 1));
    assert!(open.contains("≥ 90.000 s"));
    assert!(comparison(&[], Language::English).ends_with("</svg>\n"));
}

fn page(timeline: Option<&Timeline>, language: Language) -> String {
    let judgement = if timeline.is_some() {
        pass()
    } else {
        invalid()
    };
    let mut page = Vec::new();
    html::write(&mut page, &judgement, timeline, language).unwrap();
    String::from_utf8(page).unwrap()
}

/// Runs of each kind.
fn runs() -> [Run<'static>; 8] {
    let run = |label, recovery: Option<(i64, Option<i64>)>, verdict| Run {
        label,
        recovery: recovery.map(|(lower, upper)| Interval { lower, upper }),
        at_most: None,
        after: Event::Fault,
        limit: Some(60_000_000),
        verdict,
    };
    [
        run(
            "2026-11-23 owner, kill",
            Some((16_072_000, Some(16_294_000))),
            Verdict::Pass,
        ),
        run(
            "2026-11-24 owner, freeze",
            Some((17_911_000, Some(18_402_000))),
            Verdict::Pass,
        ),
        run(
            "2026-11-25 owner, stop, 15 s",
            Some((52_100_000, Some(66_400_000))),
            Verdict::Inconclusive,
        ),
        run(
            "2026-11-26 owner, defaults",
            Some((90_000_000, None)),
            Verdict::Fail,
        ),
        run(
            "2026-11-27 leader, kill, no second zone",
            Some((0, Some(1_100_000))),
            Verdict::Pass,
        ),
        run("2026-11-27 idle", None, Verdict::Invalid),
        Run {
            after: Event::Restore,
            ..run(
                "2026-11-28 source, cut",
                Some((7_120_000, Some(7_480_000))),
                Verdict::Pass,
            )
        },
        Run {
            at_most: Some(1_018_000),
            ..run("2026-11-28 connector, restart", None, Verdict::Pass)
        },
    ]
}

/// A timeline of which everything that others name is called so.
fn named(text: &str) -> Timeline {
    let mut timeline = recovered();
    timeline.victim = Some(text.to_owned());
    for row in &mut timeline.workers {
        text.clone_into(&mut row.worker);
        row.zone = Some(text.to_owned());
    }
    for row in &mut timeline.tasks {
        text.clone_into(&mut row.connector);
        for span in &mut row.spans {
            text.clone_into(&mut span.what.state);
            span.what.worker = Some(text.to_owned());
        }
    }
    for outage in &mut timeline.outages {
        outage.task = Some(text.to_owned());
    }
    timeline
}

fn parsed(picture: &str) -> Document<'_> {
    Document::parse(picture).unwrap_or_else(|error| panic!("{error}: {picture}"))
}

fn of_class<'a>(document: &'a Document<'_>, class: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    let nodes = document.descendants();
    nodes.filter(move |node| {
        let classes = node.attribute("class").unwrap_or_default();
        classes.split(' ').any(|one| one == class) && node.parent_element().is_some()
    })
}

fn length(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}
