//! Who a sample is of: `name{label="value",…}`, or `{"any name","any label"="value"}`.

use std::collections::BTreeMap;

use super::buckets::Kind;
use super::cursor::Cursor;
use crate::promql::Labels;

const NAME: &str = "__name__";

pub(super) fn read(cursor: &mut Cursor<'_>, kind: Kind) -> Result<Labels, String> {
    let mut pairs = BTreeMap::new();
    let name = cursor.take_while(|c| is_of_name(c) || c == ':');
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{name}` is not the name of a metric"));
    }
    if !name.is_empty() {
        pairs.insert(NAME.to_owned(), name.to_owned());
    }
    if cursor
        .rest()
        .trim_start_matches([' ', '\t'])
        .starts_with('{')
    {
        cursor.skip_space();
        cursor.eat("{");
        labels(cursor, &mut pairs)?;
    }
    if pairs.get(NAME).is_none_or(String::is_empty) {
        return Err("a sample without the name of a metric".to_owned());
    }
    for (label, value) in &mut pairs {
        kind.normalise(label, value);
    }
    Ok(pairs.into_iter().collect())
}

fn labels(cursor: &mut Cursor<'_>, pairs: &mut BTreeMap<String, String>) -> Result<(), String> {
    loop {
        cursor.skip_space();
        if cursor.eat("}") {
            return Ok(());
        }
        let is_quoted = cursor.rest().starts_with('"');
        let label = if is_quoted {
            cursor.quoted()?
        } else {
            cursor.take_while(is_of_name).to_owned()
        };
        cursor.skip_space();
        let (label, value) = if cursor.eat("=") {
            cursor.skip_space();
            (label, cursor.quoted()?)
        } else if is_quoted {
            (NAME.to_owned(), label)
        } else {
            return Err("`=` is missing behind the name of a label".to_owned());
        };
        if label.is_empty() || (!is_quoted && label.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(format!("`{label}` is not the name of a label"));
        }
        if pairs.contains_key(&label) {
            return Err(format!("the label `{label}` comes twice"));
        }
        pairs.insert(label, value);
        cursor.skip_space();
        if !cursor.eat(",") && !cursor.rest().starts_with('}') {
            return Err("`,` or `}` is missing behind a label".to_owned());
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
