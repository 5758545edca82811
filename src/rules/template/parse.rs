//! Reads templates.

use super::functions::Function;
use super::{Node, Operand, Pipeline};

/// A piece of a template.
enum Piece {
    Text(String),
    /// What stands between braces.
    Action(String),
}

type Pieces = std::vec::IntoIter<Piece>;

pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut pieces = pieces(text)?.into_iter();
    let (nodes, end) = block(&mut pieces)?;
    match end {
        Stop::OfText => Ok(nodes),
        Stop::AtEnd => Err("`end` without `if` or `with` before it".to_owned()),
        Stop::AtElse => Err("`else` without `if` or `with` before it".to_owned()),
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let (mut rest, mut trims) = (text, false);
    while let Some((before, behind)) = rest.split_once("{{") {
        let end = closing(behind).ok_or("`{{` is not closed")?;
        let (mut action, after) = (&behind[..end], &behind[end + 2..]);
        let mut before = if trims { before.trim_start() } else { before };
        if let Some(trimmed) = action.strip_prefix("- ") {
            (action, before) = (trimmed, before.trim_end());
        }
        trims = action.ends_with(" -");
        action = action.strip_suffix(" -").unwrap_or(action);
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(Piece::Action(action.trim().to_owned()));
        rest = after;
    }
    let rest = if trims { rest.trim_start() } else { rest };
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// Where the braces close, outside of texts.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            None if text[at..].starts_with("}}") => return Some(at),
            None if matches!(c, '"' | '`') => quote = Some(c),
            Some('"') if c == '\\' && !escaped => {
                escaped = true;
                continue;
            }
            Some(open) if c == open && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    None
}

/// How a block ends.
enum Stop {
    OfText,
    AtElse,
    AtEnd,
}

fn block(pieces: &mut Pieces) -> Result<(Vec<Node>, Stop), String> {
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let action = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action) => action,
        };
        let (word, rest) = action.split_once(' ').unwrap_or((&action, ""));
        match word {
            "end" => return Ok((nodes, Stop::AtEnd)),
            "else" if rest.is_empty() => return Ok((nodes, Stop::AtElse)),
            "if" | "with" => nodes.push(branch(word == "with", rest, pieces)?),
            _ if word.starts_with("/*") => {}
            _ => nodes.push(Node::Print(pipeline(&action)?)),
        }
    }
    Ok((nodes, Stop::OfText))
}

fn branch(rebinds: bool, asked: &str, pieces: &mut Pieces) -> Result<Node, String> {
    let asked = pipeline(asked)?;
    let missing = || "`end` is missing".to_owned();
    let (then, end) = block(pieces)?;
    let otherwise = match end {
        Stop::AtEnd => Vec::new(),
        Stop::OfText => return Err(missing()),
        Stop::AtElse => match block(pieces)? {
            (nodes, Stop::AtEnd) => nodes,
            _ => return Err(missing()),
        },
    };
    Ok(Node::Branch {
        asked,
        rebinds,
        then,
        otherwise,
    })
}

fn pipeline(text: &str) -> Result<Pipeline, String> {
    let mut stages = stages(text).into_iter();
    let first = stages
        .next()
        .filter(|stage| !stage.is_empty())
        .ok_or("nothing between `{{` and `}}`")?;
    let mut functions = Vec::new();
    // `humanize $value` is `$value | humanize`.
    let (called, operand) = match first.split_once(' ') {
        Some((name, operand)) if !name.starts_with(['"', '`']) => (Some(name), operand.trim()),
        _ => (None, first),
    };
    let named = |name: &str| {
        Function::named(name)
            .ok_or_else(|| format!("`{name}` is not a function that is expanded here"))
    };
    functions.extend(called.map(named).transpose()?);
    for stage in stages {
        functions.push(named(stage)?);
    }
    Ok(Pipeline {
        first: self::operand(operand)?,
        functions,
    })
}

/// Between bars that stand outside of texts.
fn stages(text: &str) -> Vec<&str> {
    let mut stages = Vec::new();
    let (mut from, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match quote {
            None if c == '|' => {
                stages.push(text[from..at].trim());
                from = at + 1;
            }
            None if matches!(c, '"' | '`') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
    }
    stages.push(text[from..].trim());
    stages
}

fn operand(text: &str) -> Result<Operand, String> {
    let label = text
        .strip_prefix("$labels.")
        .or(text.strip_prefix(".Labels."));
    let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some(name) = label.filter(|name| is_word(name)) {
        return Ok(Operand::Label(name.to_owned()));
    }
    match text {
        "." => return Ok(Operand::Dot),
        "$labels" | ".Labels" => return Ok(Operand::Labels),
        "$value" | ".Value" => return Ok(Operand::Value),
        _ => {}
    }
    if let Some(inner) = text
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return Ok(Operand::Text(inner.to_owned()));
    }
    if text.starts_with('"') {
        let text = serde_json::from_str(text).map_err(|_| format!("`{text}` is not a text"))?;
        return Ok(Operand::Text(text));
    }
    let number = text
        .parse()
        .ok()
        .filter(|_| text.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
    number
        .map(Operand::Number)
        .ok_or_else(|| format!("`{text}` is not expanded here"))
}
