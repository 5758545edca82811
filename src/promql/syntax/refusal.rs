//! What Prometheus' language has and the parser does not take, found in a text that the parser refused, so that it is refused
//! by name and not as a mistake.

use crate::promql::functions;
use crate::promql::parse::outside_strings;

/// The first construct of the text that is not evaluated, if there is one.
pub(super) fn named_in(text: &str) -> Option<String> {
    let is_quote = |c: &char| matches!(c, '"' | '\'');
    let bare: String = outside_strings(text).filter(|c| !is_quote(c)).collect();
    let words = bare.split(|c: char| !c.is_alphanumeric() && c != '_');
    for word in words.filter(|word| !word.is_empty()) {
        if matches!(word.to_lowercase().as_str(), "anchored" | "smoothed") {
            return Some(format!("`{word}`"));
        }
        if let Some(reason) = functions::refused(word).filter(|_| is_called(&bare, word)) {
            return Some(format!("function `{word}` ({reason})"));
        }
    }
    if bare.contains("</") || bare.contains(">/") {
        return Some("trimming of native histograms".to_owned());
    }
    has_duration_expression(&bare).then(|| "arithmetic in durations".to_owned())
}

fn is_called(text: &str, name: &str) -> bool {
    text.match_indices(name)
        .any(|(at, _)| text[at + name.len()..].trim_start().starts_with('('))
}

/// Whether brackets hold, or `offset` is followed by, more than a duration.
fn has_duration_expression(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut brackets = text.split('[').skip(1);
    let mut offsets = text.split("offset").skip(1);
    brackets.any(|rest| {
        let inside = rest.split(']').next().unwrap_or_default();
        inside.contains(['+', '-', '*', '/', '%', '^', '('])
    }) || offsets.any(|rest| {
        let rest = rest.trim_start_matches(['-', '+', ' ']);
        ["(", "step", "range", "min", "max"]
            .iter()
            .any(|start| rest.starts_with(start))
    })
}
