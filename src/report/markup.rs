//! Text between tags.

/// Text in which nothing is taken for HTML or XML (HTML Living Standard §13.3; XML 1.0 §2.4).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[test]
fn nothing_in_a_text_is_taken_for_a_tag_or_ends_an_attribute() {
    assert_eq!(
        escaped(r#"<a b="c" d='e'>&amp;"#),
        "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;"
    );
}
