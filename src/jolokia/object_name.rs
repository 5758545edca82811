//! JMX object names: `domain:key=value,key="quoted value",…`, in any order of the keys.
//!
//! Agents differ in the order (canonical or as created), and Kafka quotes values with unusual characters.

/// An object name taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    keys: Vec<(String, String)>,
}

impl ObjectName {
    /// The parts of `text`; `None` if it is no object name.
    pub fn parse(text: &str) -> Option<Self> {
        let (_domain, mut rest) = text.split_once(':')?;
        let mut keys = Vec::new();
        loop {
            let (key, after) = rest.split_once('=')?;
            let (value, after) = value(after)?;
            keys.push((key.to_owned(), value));
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None if after.is_empty() => return Some(Self { keys }),
                None => return None,
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.keys.iter().find(|(name, _)| name == key)?;
        Some(value)
    }
}

/// The value at the start of `text`, unquoted, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                escaped @ ('"' | '\\' | '*' | '?') => escaped,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

#[test]
fn keys_are_found_in_any_order() {
    for text in [
        "kafka.connect.mirror:type=MirrorSourceConnector,source=a,target=b,topic=a.orders,partition=0",
        "kafka.connect.mirror:partition=0,source=a,target=b,topic=a.orders,type=MirrorSourceConnector",
    ] {
        let name = ObjectName::parse(text).unwrap();
        assert_eq!(name.get("topic"), Some("a.orders"));
        assert_eq!(name.get("partition"), Some("0"));
        assert_eq!(name.get("group"), None);
    }
}

#[test]
fn quoted_values_may_hold_what_parts_keys() {
    let name = ObjectName::parse(r#"d:type=t,connector="a->b, \"c\" = \*\?\\\n",task=1"#).unwrap();
    assert_eq!(name.get("connector"), Some("a->b, \"c\" = *?\\\n"));
    assert_eq!(name.get("task"), Some("1"));
}

#[test]
fn what_is_no_object_name_is_refused() {
    for text in [
        "",
        "d",
        "d:",
        "d:k",
        r#"d:k="open"#,
        r#"d:k="a"b"#,
        r#"d:k="\x""#,
    ] {
        assert_eq!(ObjectName::parse(text), None, "{text}");
    }
}
