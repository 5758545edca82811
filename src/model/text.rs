//! Text that others wrote, made safe to print.

/// The text with every character that could steer a terminal or reorder the line written as an escape.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_safe(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Whether a character neither steers a terminal nor reorders a line.
pub fn is_safe(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// Format characters: zero width, line separators, bidirectional marks and overrides.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[test]
fn control_characters_become_visible() {
    assert_eq!(visible("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\n");
    assert_eq!(visible("x\u{202e}y"), "x\\u{202e}y");
    assert_eq!(visible("été 5 µs"), "été 5 µs");
}
