//! On which line a key path (`flows[0].canary.topic`) stands: the file read again as a tree that keeps only places.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

#[derive(Deserialize)]
#[serde(transparent)]
struct Tree(Spanned<Node>);

enum Node {
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
    Leaf,
}

/// The line of the value at `path` in `text`, or of its nearest parent that is there; 1 if nothing of it is.
pub(super) fn line(text: &str, path: &str) -> u64 {
    let Ok(tree) = serde_saphyr::from_str::<Tree>(text) else {
        return 1;
    };
    let (mut here, mut rest) = (&tree, path);
    while !rest.is_empty() {
        let Some((child, after)) = here.child(rest) else {
            break;
        };
        (here, rest) = (child, after);
    }
    here.0.referenced.line().max(1)
}

impl Tree {
    /// The child that `path` begins with, and what of the path is left. A key may hold dots itself.
    fn child<'a, 'p>(&'a self, path: &'p str) -> Option<(&'a Tree, &'p str)> {
        match &self.0.value {
            Node::Map(entries) => entries.iter().find_map(|(key, child)| {
                let rest = path
                    .strip_prefix('.')
                    .unwrap_or(path)
                    .strip_prefix(key.as_str())?;
                (rest.is_empty() || rest.starts_with(['.', '['])).then_some((child, rest))
            }),
            Node::List(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                Some((items.get(index.parse::<usize>().ok()?)?, rest))
            }
            Node::Leaf => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[test]
fn a_path_leads_to_its_line_or_to_that_of_its_nearest_parent() {
    let text = "a:\n  b.c: { d: 1 }\n  list:\n    - x: 1\n    - x: 2\n      y: z\n";
    for (path, expected) in [
        ("a.b.c.d", 2),
        ("a.list[1].y", 6),
        ("a.list[1].none", 5),
        ("none", 1),
    ] {
        assert_eq!(line(text, path), expected, "{path}");
    }
}
