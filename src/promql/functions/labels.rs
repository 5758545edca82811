//! The value that `label_replace` makes.

use regex::{Captures, Regex};

/// The replacement with its `$1`, `${name}` and `$$` filled in, as Go's `regexp.Expand` does it; none if the pattern does not match.
pub(crate) fn replace(value: &str, pattern: &Regex, replacement: &str) -> Option<String> {
    let captures = pattern.captures(value)?;
    let mut text = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
        } else if let Some((name, after)) = name(rest) {
            text.push_str(captured(&captures, name));
            rest = after;
        } else {
            text.push('$');
        }
    }
    text.push_str(rest);
    Some(text)
}

/// The name of a group at the beginning, in braces or as long as it can be, and what follows.
fn name(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    let end = inner.find(|c| !is_of_a_name(c)).unwrap_or(inner.len());
    let (name, after) = inner.split_at(end);
    let after = if text.starts_with('{') {
        after.strip_prefix('}')?
    } else {
        after
    };
    (!name.is_empty()).then_some((name, after))
}

/// What a group matched; nothing if there is no such group.
fn captured<'t>(captures: &Captures<'t>, name: &str) -> &'t str {
    // A number with a leading zero is a name.
    let is_number =
        name.bytes().all(|b| b.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    let number = name.parse().ok().filter(|_| is_number);
    let group = number.map_or_else(|| captures.name(name), |number| captures.get(number));
    group.map_or("", |group| group.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(replacement: &str) -> Option<String> {
        let pattern = Regex::new("^(?:(.*)-(?P<tail>.*))$").unwrap();
        replace("worker-3", &pattern, replacement)
    }

    #[test]
    fn groups_are_filled_in_by_number_and_by_name() {
        assert_eq!(replaced("$1").as_deref(), Some("worker"));
        assert_eq!(replaced("${2}x").as_deref(), Some("3x"));
        assert_eq!(replaced("$tail/${tail}").as_deref(), Some("3/3"));
        assert_eq!(replaced("$0").as_deref(), Some("worker-3"));
    }

    #[test]
    fn a_name_is_as_long_as_it_can_be_and_an_unknown_one_is_nothing() {
        assert_eq!(replaced("a$1x-$9-").as_deref(), Some("a--"));
        assert_eq!(replaced("a$01-").as_deref(), Some("a-"));
    }

    #[test]
    fn a_dollar_that_begins_no_name_stays() {
        assert_eq!(replaced("$$1 $ ${1 ${}").as_deref(), Some("$1 $ ${1 ${}"));
        assert_eq!(replaced("ends with $").as_deref(), Some("ends with $"));
    }

    #[test]
    fn without_a_match_nothing_is_replaced() {
        let pattern = Regex::new("^(?:x)$").unwrap();
        assert_eq!(replace("worker", &pattern, "y"), None);
    }
}
