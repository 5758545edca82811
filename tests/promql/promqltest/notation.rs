//! The notation of series: `name{label="value"} 1 2+3x2 _ _x3 stale NaN` (Prometheus 3.16, `docs/configuration/unit_testing_rules.md`).

use mirrorwatch::promql::{Labels, Sample};

/// Most points that one series may have, so that a count in a script cannot fill the memory.
const MOST_POINTS: usize = 1_000_000;

/// A line of the notation.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Whose points.
    pub(crate) labels: Labels,
    /// Its points.
    pub(crate) points: Points,
}

/// Points of a series.
#[derive(Clone, Debug)]
pub(crate) enum Points {
    /// Numbers, stale markers or nothing.
    Floats(Vec<Option<f64>>),
    /// Some are native histograms.
    Histograms,
    /// A line of start timestamps.
    Starts,
}

/// Read a line.
pub(crate) fn series(line: &str) -> Result<Line, String> {
    let (name, rest) = line.split_at(line.find(['{', ' ', '\t']).unwrap_or(line.len()));
    let (name, bare_start) = match name.strip_suffix("@st") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let mut pairs = vec![("__name__".to_owned(), name.to_owned())];
    let rest = match rest.trim_start().strip_prefix('{') {
        Some(inside) if !inside.starts_with('{') => braces(inside, &mut pairs)?,
        _ => rest,
    };
    let (start, rest) = match rest.strip_prefix("@st") {
        Some(rest) => (true, rest),
        None => (bare_start, rest),
    };
    let labels = pairs.into_iter().collect();
    let points = if start {
        Points::Starts
    } else if rest.contains("{{") {
        Points::Histograms
    } else {
        Points::Floats(floats(rest)?)
    };
    Ok(Line { labels, points })
}

/// What is between braces, and what is left behind them.
fn braces<'a>(inside: &'a str, pairs: &mut Vec<(String, String)>) -> Result<&'a str, String> {
    let mut rest = inside.trim_start();
    loop {
        if let Some(behind) = rest.strip_prefix('}') {
            return Ok(behind);
        }
        let (name, behind) = if rest.starts_with(['"', '\'', '`']) {
            unquote(rest)?
        } else {
            let end = rest
                .find(['=', '}', ',', ' '])
                .ok_or("labels without an end")?;
            (rest[..end].to_owned(), &rest[end..])
        };
        rest = behind.trim_start();
        if let Some(behind) = rest.strip_prefix('=') {
            let (value, behind) = unquote(behind.trim_start())?;
            pairs.push((name, value));
            rest = behind.trim_start();
        } else {
            pairs.push(("__name__".to_owned(), name));
        }
        rest = match rest.strip_prefix(',') {
            Some(behind) => behind.trim_start(),
            None if rest.starts_with('}') => rest,
            None => return Err(format!("`{rest}` in labels")),
        };
    }
}

/// A string as Go writes it, and what is left behind it.
pub(super) fn unquote(text: &str) -> Result<(String, &str), String> {
    let unread = || format!("`{text}` is no string");
    let mut chars = text.char_indices();
    let (_, quote) = chars.next().ok_or_else(unread)?;
    if !['"', '\'', '`'].contains(&quote) {
        return Err(unread());
    }
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((value, &text[at + 1..])),
            '\\' if quote != '`' => {
                let (_, escaped) = chars.next().ok_or_else(unread)?;
                value.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'x' | 'u' => {
                        let digits = if escaped == 'x' { 2 } else { 4 };
                        let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&hex, 16).map_err(|_| unread())?;
                        char::from_u32(code).ok_or_else(unread)?
                    }
                    other => other,
                });
            }
            c => value.push(c),
        }
    }
    Err(unread())
}

fn floats(text: &str) -> Result<Vec<Option<f64>>, String> {
    let mut all = Vec::new();
    for item in text.split_whitespace() {
        let unread = || format!("`{item}` is no point");
        let (what, times) = match item.rsplit_once('x') {
            Some((what, count)) => (what, Some(count.parse::<usize>().map_err(|_| unread())?)),
            None => (item, None),
        };
        if times.unwrap_or(0).saturating_add(all.len()) > MOST_POINTS {
            return Err(format!("`{item}`: more than {MOST_POINTS} points"));
        }
        if what == "_" {
            all.extend(vec![None; times.unwrap_or(1)]);
            continue;
        }
        let (mut value, step) = value_and_step(what).ok_or_else(unread)?;
        // The first value is not one of the repetitions; each is the one before it and the step, with that rounding.
        for _ in 0..=times.unwrap_or(0) {
            all.push(Some(value));
            value += step.unwrap_or(0.0);
        }
        if step.is_some() && times.is_none() {
            return Err(unread());
        }
    }
    Ok(all)
}

/// `value`, or `value+step`.
fn value_and_step(text: &str) -> Option<(f64, Option<f64>)> {
    if text == "stale" {
        return Some((Sample::stale(0).value, None));
    }
    if let Some(value) = number(text) {
        return Some((value, None));
    }
    let mut signs = text
        .match_indices(['+', '-'])
        .skip_while(|(at, _)| *at == 0);
    signs.find_map(|(at, _)| Some((number(&text[..at])?, Some(number(&text[at..])?))))
}

fn number(text: &str) -> Option<f64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

#[test]
fn points_are_repeated_stepped_left_out_and_stale() {
    let line = series(r#"a{b="c",d="}\"",} 1 2+3x2 -5x1 _ _x2 1e3-1e2x1 NaN -Inf stale"#).unwrap();
    assert_eq!(line.labels.to_string(), r#"{__name__="a", b="c", d="}\""}"#);
    let Points::Floats(values) = line.points else {
        panic!()
    };
    let numbers: Vec<_> = values[..11].iter().map(|v| v.unwrap_or(-1.5)).collect();
    assert_eq!(
        numbers,
        [1.0, 2.0, 5.0, 8.0, -5.0, -5.0, -1.5, -1.5, -1.5, 1e3, 9e2]
    );
    assert!(values[11].is_some_and(f64::is_nan));
    assert_eq!(values[12], Some(f64::NEG_INFINITY));
    assert!(values[13].is_some_and(|value| Sample { at: 0, value }.is_stale()));
}

#[test]
fn names_may_be_quoted_and_histograms_and_starts_are_known() {
    let line = series(r#"{"a.b", c='d'}"#).unwrap();
    assert_eq!(line.labels.to_string(), r#"{__name__="a.b", c="d"}"#);
    assert!(matches!(
        series("h {{schema:1 sum:3}}x2 1").unwrap().points,
        Points::Histograms
    ));
    assert!(matches!(
        series("h{a=\"b\"}@st _ -1m").unwrap().points,
        Points::Starts
    ));
    for wrong in ["a 1+2", "a x", "a{b} c", "a 1x99999999999", "a{b=\"c\" 1"] {
        assert!(series(wrong).is_err(), "{wrong}");
    }
}
