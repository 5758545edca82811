//! Expressions on narrow pages: broken where a reader would break them.

/// The lines of an expression, none longer than `width` characters: broken at spaces, after commas and opening brackets, never within a name or a string
/// that fits a line.
pub(super) fn lines(code: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(code) {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + piece.trim_end().chars().count() > width {
            lines.push(String::new());
        }
        add(&mut lines, piece, width);
    }
    let trimmed = lines.iter().map(|line| line.trim_end().to_owned());
    trimmed.filter(|line| !line.is_empty()).collect()
}

/// Add a piece; what no line has room for is cut.
fn add(lines: &mut Vec<String>, piece: &str, width: usize) {
    for c in piece.chars() {
        let is_full = lines
            .last()
            .is_some_and(|line| line.chars().count() >= width);
        if is_full && !c.is_whitespace() {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let leads = line.is_empty() && c.is_whitespace();
            if !leads {
                line.push(c);
            }
        }
    }
}

/// What must stay together, with what follows it: up to a space, a comma or an opening bracket that is not within a string.
fn pieces(code: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut quote, mut escaped) = (0, None, false);
    for (at, c) in code.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(open) => {
                escaped = c == '\\' && open != '`';
                if c == open {
                    quote = None;
                }
            }
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if matches!(c, ' ' | '\n' | ',' | '(' | '{' | '[') => {
                let end = at + c.len_utf8();
                pieces.push(&code[begin..end]);
                begin = end;
            }
            None => {}
        }
    }
    pieces.push(&code[begin..]);
    pieces
}

#[test]
fn an_expression_is_broken_between_its_parts() {
    let code = r#"sum(rate(a_metric_total{topic!~"(a|b), (c)",source="x"}[1m])) > 0"#;
    assert_eq!(
        lines(code, 30),
        [
            "sum(rate(a_metric_total{",
            "topic!~\"(a|b), (c)\",",
            "source=\"x\"}[1m])) > 0"
        ]
    );
    assert_eq!(lines(code, 100), [code]);
    assert_eq!(lines("", 10), Vec::<String>::new());
}

#[test]
fn only_what_no_line_has_room_for_is_cut() {
    assert_eq!(lines("abcdefgh + i", 5), ["abcde", "fgh +", "i"]);
    assert_eq!(lines(r#"x{a="\"(","#, 20), [r#"x{a="\"(","#]);
}
