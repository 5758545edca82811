//! Templates of labels and annotations: of Go's `text/template` what alerts need. What is not known is an error when a file is read.
//!
//! `{{ $labels.x }}`, `{{ $labels }}`, `{{ $value }}`, `{{ . }}`, texts and numbers, through functions by `|`; `{{ if }}`, `{{ with }}`, `{{ else }}`,
//! `{{ end }}`; `{{-` and `-}}` trim space.

mod functions;
mod parse;

use std::collections::BTreeMap;

use crate::promql::Labels;
use functions::{Function, printed};

/// A template that was read.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Node>);

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Print(Pipeline),
    /// `if`, or `with` where `.` is what was asked about within.
    Branch {
        asked: Pipeline,
        rebinds: bool,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

/// A value through functions, one after the other.
#[derive(Clone, Debug)]
struct Pipeline {
    first: Operand,
    functions: Vec<Function>,
}

#[derive(Clone, Debug)]
enum Operand {
    Dot,
    Labels,
    Label(String),
    Value,
    Text(String),
    Number(f64),
}

/// What an operand is.
#[derive(Clone, Debug)]
enum Datum {
    Text(String),
    Number(f64),
    Labels(BTreeMap<String, String>),
}

impl Datum {
    /// What `if` and `with` take for true.
    fn holds(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Labels(labels) => !labels.is_empty(),
        }
    }

    fn print(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => printed(*number),
            Self::Labels(labels) => {
                let pairs: Vec<_> = labels
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("map[{}]", pairs.join(" "))
            }
        }
    }
}

impl Template {
    /// Read a template; the error says what is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text).map(Self)
    }

    /// A text that holds nothing to expand.
    pub(super) fn literal(text: &str) -> Self {
        Self(vec![Node::Text(text.to_owned())])
    }

    /// The text for an element with these labels, its name among them, and this value.
    pub(super) fn expand(&self, labels: &Labels, value: f64) -> String {
        let given = Given {
            labels: labels
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            value,
        };
        let mut text = String::new();
        given.write(&self.0, None, &mut text);
        text
    }
}

struct Given {
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Given {
    fn write(&self, nodes: &[Node], dot: Option<&Datum>, to: &mut String) {
        for node in nodes {
            match node {
                Node::Text(text) => to.push_str(text),
                Node::Print(pipeline) => to.push_str(&self.datum(pipeline, dot).print()),
                Node::Branch {
                    asked,
                    rebinds,
                    then,
                    otherwise,
                } => {
                    let datum = self.datum(asked, dot);
                    match datum.holds() {
                        true if *rebinds => self.write(then, Some(&datum), to),
                        true => self.write(then, dot, to),
                        false => self.write(otherwise, dot, to),
                    }
                }
            }
        }
    }

    fn datum(&self, pipeline: &Pipeline, dot: Option<&Datum>) -> Datum {
        let first = match &pipeline.first {
            Operand::Dot => dot
                .cloned()
                .unwrap_or_else(|| Datum::Labels(self.labels.clone())),
            Operand::Labels => Datum::Labels(self.labels.clone()),
            Operand::Label(name) => Datum::Text(self.labels.get(name).cloned().unwrap_or_default()),
            Operand::Value => Datum::Number(self.value),
            Operand::Text(text) => Datum::Text(text.clone()),
            Operand::Number(number) => Datum::Number(*number),
        };
        let functions = pipeline.functions.iter();
        functions.fold(first, |datum, function| function.apply(&datum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str, value: f64) -> String {
        let labels = [("__name__", "up"), ("job", "mm2"), ("worker", "w:1")]
            .into_iter()
            .collect();
        Template::parse(text).unwrap().expand(&labels, value)
    }

    #[test]
    fn labels_and_values_stand_where_the_template_says() {
        assert_eq!(
            expanded(
                "{{ $labels.job }} of {{$labels.worker}}{{ $labels.none }}: {{ $value }}",
                1.5
            ),
            "mm2 of w:1: 1.5"
        );
        assert_eq!(
            expanded("{{ .Labels.job }} {{ .Value }} {{ $labels }}", 2.0),
            "mm2 2 map[__name__:up job:mm2 worker:w:1]"
        );
        assert_eq!(
            expanded("{{ \"a\" | toUpper }} {{ `b` }} {{ 1e3 | humanize }}", 0.0),
            "A b 1k"
        );
        assert_eq!(expanded("a  {{- \" b \" -}}  c", 0.0), "a b c");
    }

    #[test]
    fn branches_ask_what_is_empty_and_with_gives_what_it_asked() {
        let text = "{{ with $labels.job }}in {{ . }}{{ else }}nowhere{{ end }}";
        assert_eq!(expanded(text, 0.0), "in mm2");
        assert_eq!(expanded(&text.replace("job", "none"), 0.0), "nowhere");
        let text = "{{ if $value }}{{ if $labels.none }}a{{ else }}b{{ end }}{{ end }}c";
        assert_eq!(
            (expanded(text, 1.0), expanded(text, 0.0)),
            ("bc".to_owned(), "c".to_owned())
        );
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let said = |text| Template::parse(text).unwrap_err();
        assert!(said("{{ $labels.x").contains("`{{` is not closed"));
        assert!(said("{{ range query \"up\" }}").contains("`range`"));
        assert!(said("{{ $value | nope }}").contains("`nope`"));
        assert!(said("{{ $other }}").contains("`$other`"));
        assert!(said("{{ if $value }}").contains("`end` is missing"));
        assert!(said("{{ end }}").contains("`end` without"));
        assert!(said("{{ }}").contains("nothing"));
    }
}
