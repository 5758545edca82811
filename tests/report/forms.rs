//! Markdown, HTML and `JUnit`: golden files, and texts of others that none of them takes for more than text.

use mirrorwatch::model::text::visible;
use mirrorwatch::recovery::judgement::{Judgement, Verdict};
use mirrorwatch::report::{Language, html, junit, markdown};
use roxmltree::{Document, Node, ParsingOptions};

use crate::grids::{self, cut, lost_worker};
use crate::is_golden;
use crate::judgements::{fail, inconclusive, invalid, loss, pass, said};

type Form = fn(&mut Vec<u8>, &Judgement, Language) -> std::io::Result<()>;

const FORMS: [(&str, Form); 3] = [
    ("md", markdown::write),
    ("html", |out, judgement, language| {
        html::write(out, judgement, None, language)
    }),
    ("xml", junit::write),
];

fn written(form: Form, judgement: &Judgement, language: Language) -> String {
    let mut page = Vec::new();
    form(&mut page, judgement, language).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn each_form_is_as_it_was_looked_at() {
    for (name, judgement) in [
        ("pass", pass()),
        ("loss", loss()),
        ("invalid", invalid()),
        ("lost-worker", lost_worker()),
        ("cut", cut()),
    ] {
        for (language, code) in [(Language::English, "en"), (Language::French, "fr")] {
            for (extension, form) in FORMS {
                let page = written(form, &judgement, language);
                is_golden(&format!("report-{name}.{code}.{extension}"), &page);
            }
        }
    }
}

/// What others may have called a topic, a site or a worker.
pub(crate) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "a|b `c` *d* _e_ [f](g)",
    "lone ` tick",
    "&amp; &#x41; ]]> -->",
    "\u{1b}[2J\u{202e}\u{0}\n\r\t",
    "é \u{1f600} \u{e000}",
    "",
];

fn hostile(text: &str) -> Judgement {
    let mut judgement = loss();
    text.clone_into(&mut judgement.site);
    text.clone_into(&mut judgement.scenario);
    text.clone_into(&mut judgement.audited[0].topic);
    text.clone_into(&mut judgement.title.en);
    text.clone_into(&mut judgement.criteria[0].id);
    judgement
        .remarks
        .push(said("step_failed", &[("step", text), ("reason", text)]));
    text.clone_into(&mut judgement.victim.as_mut().unwrap().worker);
    let grids = cut();
    judgement.procedure = lost_worker().procedure;
    judgement.observations = lost_worker().observations;
    judgement.times = grids.times;
    judgement.expectations = grids.expectations;
    judgement.notes = grids.notes;
    judgement.deed = grids.deed;
    name_all(&mut judgement, text);
    judgement
}

/// Name every row of the grids, every note and every expression.
fn name_all(judgement: &mut Judgement, text: &str) {
    let words = || grids::text(text, text);
    for stage in &mut judgement.procedure {
        stage.title = words();
        stage.note = Some(words());
    }
    for row in &mut judgement.observations {
        (row.title, row.note) = (words(), Some(words()));
        text.clone_into(&mut row.evidence);
        text.clone_into(&mut row.id);
    }
    for row in &mut judgement.times {
        (row.title, row.note) = (words(), Some(words()));
        text.clone_into(&mut row.evidence);
    }
    for row in &mut judgement.expectations {
        (row.text, row.note) = (words(), Some(words()));
    }
    for row in &mut judgement.criteria {
        (row.title, row.explained) = (words(), Some(words()));
        text.clone_into(&mut row.evidence);
    }
    judgement.notes = vec![words()];
    if let Some(deed) = &mut judgement.deed {
        deed.connector = Some(text.to_owned());
    }
}

fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}: {page}"))
}

pub(crate) fn all_text(node: Node<'_, '_>) -> String {
    let texts = node
        .descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()));
    texts.collect()
}

#[test]
fn a_name_that_looks_like_markup_is_text_in_html() {
    let known = all_tags(&written(FORMS[1].1, &hostile("plain"), Language::English));
    for text in HOSTILE {
        let page = written(FORMS[1].1, &hostile(text), Language::English);
        let document = parsed(&page);
        for tag in all_tags(&page) {
            assert!(known.contains(&tag), "{text:?} made a <{tag}>");
        }
        let said = all_text(document.root_element());
        // In a sentence what stands between backticks is set as code, without them.
        let shown = visible(text);
        assert!(
            said.replace('`', "").contains(&shown.replace('`', "")),
            "{text:?}"
        );
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    }
}

pub(crate) fn all_tags(page: &str) -> Vec<String> {
    let document = parsed(page);
    let elements = document.descendants().filter(Node::is_element);
    elements
        .map(|node| node.tag_name().name().to_owned())
        .collect()
}

#[test]
fn a_page_asks_for_nothing_from_elsewhere() {
    for judgement in [pass(), fail(), loss(), invalid(), inconclusive()] {
        let page = written(FORMS[1].1, &judgement, Language::French);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"fr\">"));
        for foreign in [
            "http:", "https:", "url(", "@import", "<script", "<link", "src=",
        ] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }
}

#[test]
fn a_name_that_looks_like_a_table_stays_in_its_cell_in_markdown() {
    for text in HOSTILE {
        let page = written(FORMS[0].1, &hostile(text), Language::English);
        let bars = |line: &str| {
            line.replace("\\\\", "")
                .replace("\\|", "")
                .matches('|')
                .count()
        };
        let row = page.lines().find(|line| line.contains("1259712")).unwrap();
        assert_eq!(bars(row), 8, "{row}");
        let lines: Vec<_> = page.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0].starts_with("| ")) {
            let is_row = pair[1].starts_with('|');
            assert!(!is_row || bars(pair[0]) == bars(pair[1]), "{pair:?}");
        }
        assert!(!without_code(&page).contains("<script"), "{page}");
    }
}

/// What Markdown does not take as it is.
fn without_code(page: &str) -> String {
    let outside = |line: &str| {
        line.replace("\\`", "")
            .replace("\\<", "")
            .split('`')
            .step_by(2)
            .collect::<String>()
    };
    page.lines().map(outside).collect()
}

#[test]
fn test_servers_see_a_case_for_each_criterion_and_nothing_undecided_passes() {
    for judgement in [
        pass(),
        fail(),
        loss(),
        invalid(),
        inconclusive(),
        hostile(HOSTILE[1]),
    ] {
        let page = written(FORMS[2].1, &judgement, Language::English);
        let document = parsed(&page);
        let cases: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
            .collect();
        assert_eq!(cases.len(), 1 + judgement.criteria.len());
        let verdicts = judgement.criteria.iter().map(|criterion| criterion.verdict);
        let verdicts = std::iter::once(judgement.verdict).chain(verdicts);
        for (case, verdict) in cases.iter().zip(verdicts) {
            let tag = match verdict {
                Verdict::Pass => "system-out",
                Verdict::Fail => "failure",
                Verdict::Inconclusive | Verdict::Invalid | Verdict::Error => "error",
            };
            assert!(
                case.children().any(|child| child.has_tag_name(tag)),
                "{page}"
            );
        }
        let suite = document
            .descendants()
            .find(|node| node.has_tag_name("testsuite"))
            .unwrap();
        for (count, tag) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
        ] {
            let there = document
                .descendants()
                .filter(|node| node.has_tag_name(tag))
                .count();
            assert_eq!(
                suite.attribute(count),
                Some(there.to_string().as_str()),
                "{page}"
            );
        }
        let names = cases[1..]
            .iter()
            .map(|case| case.attribute("name").unwrap().to_owned());
        let ids = judgement
            .criteria
            .iter()
            .map(|criterion| visible(&criterion.id));
        assert!(names.eq(ids));
    }
}
