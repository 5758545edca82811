//! The whole section: golden files, what counts where, and names of others that are no more than text.

use mirrorwatch::recovery::judgement::{Interval, Judgement, Measured, Verdict};
use mirrorwatch::report::whole::{
    Deployed, Line, Run, Synthesis, as_html, as_json, as_markdown, as_text,
};
use mirrorwatch::report::{Language, Style};
use roxmltree::Document;

use crate::drawings::recovered;
use crate::forms::{HOSTILE, all_tags};
use crate::grids::{cut, lost_worker};
use crate::is_golden;
use crate::judgements::{fail, inconclusive, invalid, within};

const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::French, "fr")];

fn run(name: &str, judgement: Judgement) -> Run {
    Run {
        name: name.to_owned(),
        judgement,
        timeline: None,
        deployed: None,
    }
}

fn runs() -> Vec<Run> {
    let mut first = run("5.1-kill", lost_worker());
    first.timeline = Some(recovered());
    first.deployed = Some(Deployed {
        tasks: [
            ("mirror-checkpoint".to_owned(), 1),
            ("mirror-source".to_owned(), 3),
        ]
        .into(),
        flow: "mirror-source".to_owned(),
    });
    vec![first, run("5.1-stop", fail()), run("5.6-cut", cut())]
}

#[test]
fn a_section_is_as_it_was_looked_at() {
    for (language, code) in LANGUAGES {
        let style = Style {
            language,
            color: false,
        };
        let (mut text, mut markdown, mut html) = (Vec::new(), Vec::new(), Vec::new());
        as_text(&mut text, &runs(), style).unwrap();
        as_markdown(&mut markdown, &runs(), language).unwrap();
        as_html(&mut html, &runs(), language).unwrap();
        for (extension, page) in [("txt", text), ("md", markdown), ("html", html)] {
            let page = String::from_utf8(page).unwrap();
            is_golden(&format!("section.{code}.{extension}"), &page);
        }
    }
}

#[test]
fn a_section_is_no_wider_than_a_terminal() {
    for (language, _) in LANGUAGES {
        let style = Style {
            language,
            color: false,
        };
        let mut text = Vec::new();
        as_text(&mut text, &runs(), style).unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

fn line<'a>(lines: &'a [Line], id: &str) -> &'a Line {
    lines.iter().find(|line| line.id == id).unwrap()
}

#[test]
fn the_worst_run_counts_and_what_was_not_run_is_never_held() {
    let synthesis = Synthesis::of(&runs());
    assert_eq!(synthesis.verdict, Verdict::Fail);
    let test = line(&synthesis.tests, "5.1");
    assert_eq!((test.verdict, test.held), (Some(Verdict::Fail), (1, 2)));
    assert_eq!(line(&synthesis.tests, "5.2").verdict, None);
    let worker = line(&synthesis.recovery, "one-worker");
    assert_eq!(worker.worst.as_deref(), Some("5.1-stop"));
    assert_eq!(worker.verdict, Some(Verdict::Fail));
    let Some(Measured::Within { interval, .. }) = &worker.measured else {
        panic!("{worker:?}")
    };
    assert_eq!(interval.upper, Some(74_792_518));
    assert_eq!(line(&synthesis.recovery, "restart").verdict, None);
    let loss = line(&synthesis.global, "no-loss");
    assert_eq!((loss.verdict, loss.held), (Some(Verdict::Fail), (2, 3)));
    assert_eq!(line(&synthesis.global, "configuration").verdict, None);
}

#[test]
fn seven_passes_are_a_pass_and_six_are_not() {
    let passing = |test: &str| {
        let mut judgement = lost_worker();
        test.clone_into(&mut judgement.test);
        run(test, judgement)
    };
    let seven = ["5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7"].map(passing);
    assert_eq!(Synthesis::of(&seven).verdict, Verdict::Pass);
    assert_eq!(Synthesis::of(&seven[1..]).verdict, Verdict::Inconclusive);
    assert_eq!(Synthesis::of(&[]).verdict, Verdict::Inconclusive);
}

#[test]
fn a_drill_that_proves_nothing_holds_nothing() {
    let mut proves_nothing = lost_worker();
    proves_nothing.verdict = Verdict::Invalid;
    let synthesis = Synthesis::of(&[run("idle", proves_nothing)]);
    let worker = line(&synthesis.recovery, "one-worker");
    assert_eq!(
        (worker.verdict, worker.held),
        (Some(Verdict::Invalid), (0, 1))
    );
    assert_eq!(synthesis.verdict, Verdict::Invalid);
}

#[test]
fn a_scenarios_own_limit_does_not_replace_the_plans() {
    let judged = |lower, upper, limit, verdict| {
        let mut judgement = lost_worker();
        let criterion = &mut judgement.criteria[0];
        criterion.measured = within(lower, upper);
        (criterion.limit, criterion.verdict) = (limit, verdict);
        let synthesis = Synthesis::of(&[run("own", judgement)]);
        line(&synthesis.recovery, "one-worker").verdict.unwrap()
    };
    let s = 1_000_000;
    assert_eq!(judged(70 * s, 71 * s, 90 * s, Verdict::Pass), Verdict::Fail);
    assert_eq!(judged(40 * s, 41 * s, 30 * s, Verdict::Fail), Verdict::Pass);
    assert_eq!(
        judged(59 * s, 61 * s, 90 * s, Verdict::Pass),
        Verdict::Inconclusive
    );
    assert_eq!(
        judged(10 * s, 11 * s, 90 * s, Verdict::Inconclusive),
        Verdict::Inconclusive
    );
}

#[test]
fn an_open_time_is_worse_than_a_long_one_of_the_same_verdict() {
    let mut open = lost_worker();
    open.criteria[0].measured = Measured::Within {
        interval: Interval {
            lower: 61_000_000,
            upper: None,
        },
        parts: std::collections::BTreeMap::new(),
    };
    open.criteria[0].verdict = Verdict::Fail;
    let synthesis = Synthesis::of(&[run("open", open), run("long", fail())]);
    let worker = line(&synthesis.recovery, "one-worker");
    assert_eq!(worker.worst.as_deref(), Some("open"));
}

#[test]
fn names_that_look_like_markup_are_text_in_a_section() {
    let page = |name: &str| {
        let runs: Vec<_> = [lost_worker(), cut(), inconclusive(), invalid()]
            .into_iter()
            .map(|mut judgement| {
                name.clone_into(&mut judgement.site);
                name.clone_into(&mut judgement.scenario);
                run(name, judgement)
            })
            .collect();
        let mut page = Vec::new();
        as_html(&mut page, &runs, Language::French).unwrap();
        String::from_utf8(page).unwrap()
    };
    let known = all_tags(&page("plain"));
    for name in HOSTILE {
        let page = page(name);
        for tag in all_tags(&page) {
            assert!(known.contains(&tag), "{name:?} made a <{tag}>");
        }
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
        assert!(
            Document::parse_with_options(
                &page,
                roxmltree::ParsingOptions {
                    allow_dtd: true,
                    ..roxmltree::ParsingOptions::default()
                }
            )
            .is_ok()
        );
    }
}

#[test]
fn machines_get_every_judgement_and_what_they_come_to() {
    let mut document = Vec::new();
    as_json(&mut document, &runs()).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["format"], 1);
    assert_eq!(document["synthesis"]["verdict"], "FAIL");
    assert_eq!(
        document["synthesis"]["tests"][1]["verdict"],
        serde_json::Value::Null
    );
    assert_eq!(document["runs"][2]["name"], "5.6-cut");
    let judgement = document["runs"][0]["judgement"].clone();
    let judgement: Judgement = serde_json::from_value(judgement).unwrap();
    assert_eq!(judgement, lost_worker());
}
