//! Expressions as trees of text, which can be made smaller.

use std::fmt;

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number.
    Scalar,
    /// An instant vector.
    Vector,
    /// A range vector.
    Range,
    /// What cannot be put in another's place: strings and lists of labels.
    Fixed,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Its type.
    pub(crate) kind: Kind,
    /// The words of the language that its root is made of.
    pub(crate) features: Vec<&'static str>,
    /// Its text, with a `$` for every child.
    pattern: String,
    children: Vec<Tree>,
}

impl Tree {
    /// An expression of a text with a `$` for every child.
    pub(crate) fn new(
        kind: Kind,
        features: &[&'static str],
        pattern: impl Into<String>,
        children: Vec<Tree>,
    ) -> Self {
        Self {
            kind,
            features: features.to_vec(),
            pattern: pattern.into(),
            children,
        }
    }

    /// An expression without children; its text may hold `$`.
    pub(crate) fn leaf(kind: Kind, features: &[&'static str], text: impl Into<String>) -> Self {
        let text = Self::new(Kind::Fixed, &[], text, Vec::new());
        Self::new(kind, features, "$", vec![text])
    }

    /// The words of the language of the whole expression.
    pub(crate) fn all_features(&self) -> Vec<&'static str> {
        let mut all = self.features.clone();
        all.extend(self.children.iter().flat_map(Self::all_features));
        all
    }

    /// Expressions of the same type with a node less or more: a subtree in its ancestor's place.
    pub(crate) fn smaller(&self) -> Vec<Tree> {
        let mut all: Vec<Tree> = Vec::new();
        self.of_kind(self.kind, &mut all);
        for (i, child) in self.children.iter().enumerate() {
            for smaller in child.smaller() {
                let mut copy = self.clone();
                copy.children[i] = smaller;
                all.push(copy);
            }
        }
        all
    }

    /// Every proper subtree of a type, larger ones first on every way down.
    fn of_kind(&self, kind: Kind, all: &mut Vec<Tree>) {
        if kind == Kind::Fixed {
            return;
        }
        for child in &self.children {
            if child.kind == kind {
                all.push(child.clone());
            }
            child.of_kind(kind, all);
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.children.is_empty() {
            return f.write_str(&self.pattern);
        }
        let mut children = self.children.iter();
        for (i, text) in self.pattern.split('$').enumerate() {
            if i > 0
                && let Some(child) = children.next()
            {
                write!(f, "{child}")?;
            }
            f.write_str(text)?;
        }
        Ok(())
    }
}

#[test]
fn a_subtree_of_the_same_type_takes_its_ancestors_place() {
    let vector = |name: &str| Tree::leaf(Kind::Vector, &[], name);
    let rate = Tree::new(
        Kind::Vector,
        &["rate"],
        "rate($)",
        vec![Tree::leaf(Kind::Range, &[], "a[5m]")],
    );
    let sum = Tree::new(Kind::Vector, &["sum"], "sum($)", vec![rate]);
    let whole = Tree::new(Kind::Vector, &["+"], "($) + ($)", vec![sum, vector("b")]);
    assert_eq!(whole.to_string(), "(sum(rate(a[5m]))) + (b)");
    assert_eq!(whole.all_features(), ["+", "sum", "rate"]);
    let smaller: Vec<_> = whole.smaller().iter().map(Tree::to_string).collect();
    assert_eq!(
        smaller,
        [
            "sum(rate(a[5m]))",
            "rate(a[5m])",
            "b",
            "(rate(a[5m])) + (b)"
        ]
    );
}
