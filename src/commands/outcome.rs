//! Writes a judgement to stdout as it was asked for, and turns its verdict into an exit code (definitions.md).

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::cli::{Lang, ReportFormat};
use crate::recovery::judgement::{Judgement, Verdict};
use crate::recovery::timeline::Timeline;
use crate::report::{Language, Style, html, json, junit, markdown, text};

/// What came of a drill.
pub(super) struct Judged {
    pub(super) judgement: Judgement,
    /// What is drawn of it; only an HTML page has pictures.
    pub(super) timeline: Option<Timeline>,
}

/// Write the report.
pub(super) fn report(judged: &Judged, lang: Lang, format: ReportFormat) -> io::Result<()> {
    let judgement = &judged.judgement;
    let language = language(lang);
    let stdout = io::stdout();
    let style = Style::new(
        language,
        stdout.is_terminal(),
        std::env::var_os("NO_COLOR").as_deref(),
    );
    let mut out = io::BufWriter::new(stdout.lock());
    match format {
        ReportFormat::Text => text::write(&mut out, judgement, style)?,
        ReportFormat::Markdown => markdown::write(&mut out, judgement, language)?,
        ReportFormat::Html => {
            html::write(&mut out, judgement, judged.timeline.as_ref(), language)?;
        }
        ReportFormat::Junit => junit::write(&mut out, judgement, language)?,
        ReportFormat::Json => json::write(&mut out, judgement)?,
    }
    out.flush()
}

/// The language that was asked for.
pub(super) fn language(lang: Lang) -> Language {
    match lang {
        Lang::En => Language::English,
        Lang::Fr => Language::French,
    }
}

/// 0 PASS, 1 FAIL, 2 ERROR, 3 INCONCLUSIVE, 4 INVALID; strictly, the last two are 1.
pub(super) fn exit_code(verdict: Verdict, strict: bool) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::Error => 2,
        Verdict::Inconclusive | Verdict::Invalid if strict => 1,
        Verdict::Inconclusive => 3,
        Verdict::Invalid => 4,
    })
}

#[test]
fn strict_turns_undecided_into_failed_and_leaves_the_rest() {
    let code = |verdict, strict| format!("{:?}", exit_code(verdict, strict));
    let exit = |code: u8| format!("{:?}", ExitCode::from(code));
    assert_eq!(code(Verdict::Inconclusive, true), exit(1));
    assert_eq!(code(Verdict::Invalid, true), exit(1));
    assert_eq!(code(Verdict::Invalid, false), exit(4));
    assert_eq!(code(Verdict::Error, true), exit(2));
}
