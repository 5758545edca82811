//! Words of a table that stay on one line: a number with its sign, its unit and its bounds.

/// How much stays together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// `≈ 114 [94 … 135] msg/s`.
    Whole,
    /// `≈ 114`, `[94 … 135] msg/s`.
    Parts,
    /// Nothing.
    Words,
}

/// A space that is no place for a break.
pub(super) const JOINT: char = '\u{a0}';

const UNITS: [&str; 5] = ["s", "msg", "msg/s", "%", "ms"];

/// The text with joints for those of its spaces at which it must not be broken.
pub(super) fn joined(text: &str, kept: Kept) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut before: Option<&str> = None;
    for word in text.split(' ') {
        if let Some(before) = before {
            joined.push(if stay(before, word, kept) { JOINT } else { ' ' });
        }
        joined.push_str(word);
        before = Some(word);
    }
    joined
}

fn stay(before: &str, word: &str, kept: Kept) -> bool {
    if kept == Kept::Words {
        return false;
    }
    let bounds = word.starts_with('[') && is_number(word);
    let signed = matches!(before, "≈" | "≥" | "<" | "…") && is_number(word);
    let measured = is_number(before) && (UNITS.contains(&word) || word == "…");
    let marked = matches!(before, "—" | "N/A") && word.starts_with('(');
    let with_bounds = bounds && (is_number(before) || UNITS.contains(&before));
    signed && !(bounds && before != "…")
        || measured
        || marked
        || before == "☑"
        || before == "☐"
        || (kept == Kept::Whole && with_bounds)
}

fn is_number(word: &str) -> bool {
    let bare = word.trim_start_matches(['[', '-', '+', '−']);
    bare.starts_with(|c: char| c.is_ascii_digit())
}

/// The longest run of characters without a place for a break.
pub(super) fn longest(text: &str) -> usize {
    let runs = text.split([' ', '\n']).map(|run| run.chars().count());
    runs.max().unwrap_or(0)
}

#[test]
fn a_number_stays_with_its_sign_its_unit_and_its_bounds() {
    let runs = |text: &str, kept| {
        let joined = joined(text, kept);
        let runs = joined.split(' ').map(|run| run.replace(JOINT, "_"));
        runs.collect::<Vec<_>>().join(" ")
    };
    let rate = "≈ 114 [94 … 135] msg/s";
    assert_eq!(runs(rate, Kept::Whole), "≈_114_[94_…_135]_msg/s");
    assert_eq!(runs(rate, Kept::Parts), "≈_114 [94_…_135]_msg/s");
    assert_eq!(runs(rate, Kept::Words), rate);
    let time = "16.183 s [16.072 … 16.294]";
    assert_eq!(runs(time, Kept::Whole), "16.183_s_[16.072_…_16.294]");
    assert_eq!(runs(time, Kept::Parts), "16.183_s [16.072_…_16.294]");
    assert_eq!(
        runs("no outage longer than 1.018 s", Kept::Whole),
        "no outage longer than 1.018_s"
    );
    assert_eq!(
        runs("08:01:02.123 … 08:01:04.222", Kept::Parts),
        "08:01:02.123_…_08:01:04.222"
    );
    assert_eq!(runs("— (1)", Kept::Parts), "—_(1)");
    assert_eq!(
        runs("< 60 s (our limit)", Kept::Parts),
        "<_60_s (our limit)"
    );
}
