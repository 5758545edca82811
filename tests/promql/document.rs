//! `docs/promql.md`: what is evaluated and what is refused, each row asked of the engine. `UPDATE_GOLDEN=1 cargo test --test promql document`
//! writes it anew.

use std::fmt::Write as _;
use std::fs;

use mirrorwatch::promql::{Error, Query, functions};

const PATH: &str = "docs/promql.md";

/// What the language has beside functions, with an example.
const CONSTRUCTS: [(&str, &str); 32] = [
    (
        "selectors with `=`, `!=`, `=~`, `!~`",
        r#"up{a="b",c!="d",e=~"f.*",g!~"h"}"#,
    ),
    ("names in quotes (UTF-8)", r#"{"a metric","a label"="b"}"#),
    ("range vectors", "rate(up[5m])"),
    ("`offset`, forwards too", "up offset -5m"),
    (
        "`@` with a time, `start()` or `end()`",
        "up @ start() + up @ 1795716000",
    ),
    (
        "subqueries, with and without a step",
        "max_over_time(up[1h:1m] offset 1m)",
    ),
    ("arithmetic: `+ - * / % ^ atan2`", "-up ^ 2 * 3 atan2 up"),
    ("comparisons, with and without `bool`", "up > bool 0 == 1"),
    ("`and`, `or`, `unless`", "up and up or up unless up"),
    (
        "matching: `on`, `ignoring`, `group_left`, `group_right`",
        "up * on (a) group_left (b) up",
    ),
    (
        "`sum`, `avg`, `min`, `max`, `count`, `group`",
        "sum by (a) (up) + avg(up) + min(up) + max(up) + count(up) + group(up)",
    ),
    (
        "`stddev`, `stdvar`, `quantile`",
        "stddev(up) + stdvar(up) + quantile(0.9, up)",
    ),
    (
        "`topk`, `bottomk`, `count_values`",
        r#"topk(2, up) or bottomk(2, up) or count_values("v", up)"#,
    ),
    (
        "`by` and `without`, before and behind",
        "sum by (a) (sum(up) without (b))",
    ),
    (
        "numbers: decimal, hexadecimal, octal, `Inf`, `NaN`, durations",
        "0x1F + 017 + 1e3 + Inf + NaN + 1m30s",
    ),
    (
        "strings in each kind of quotes",
        r#"label_replace(up, "a", '$1', "b", `(.*)`)"#,
    ),
    ("comments", "up # comment"),
    ("aggregation `limitk`", "limitk(2, up)"),
    ("aggregation `limit_ratio`", "limit_ratio(0.5, up)"),
    ("trimming of native histograms", "up </ 2"),
    ("`anchored` and `smoothed` ranges", "rate(up[5m] anchored)"),
    ("arithmetic in durations", "rate(up[5m * 2])"),
    ("`fill` in matching", "up + fill(0) up"),
    ("`or` between matchers", r#"up{a="b" or c="d"}"#),
    ("`step()`, `range()`, `start()`, `end()`", "up + step()"),
    (
        "a range of an expression without a step",
        "rate(sum(up)[5m])",
    ),
    ("selectors that may select everything", r#"{a=~".*"}"#),
    ("numbers with `_`", "1_000"),
    ("unknown functions", "no_such_function(up)"),
    (
        "`timestamp` of a selector with `@` and `offset`",
        "timestamp(up @ 0 offset 5m)",
    ),
    (
        "`holt_winters`, its name in Prometheus 2",
        "holt_winters(up[5m], 0.5, 0.5)",
    ),
    ("nested more deeply than is read", "DEEP"),
];

#[test]
fn the_documentation_says_what_the_engine_does() {
    let now = document();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(PATH, &now).unwrap();
    }
    let kept = fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        now == kept,
        "{PATH} differs; refresh it with `UPDATE_GOLDEN=1 cargo test --test promql document`"
    );
}

fn document() -> String {
    let mut text = include_str!("document.md").to_owned();
    let names = |wanted: fn(&(&str, Option<&str>)) -> bool| {
        let named = functions()
            .filter(wanted)
            .map(|(name, _)| format!("`{name}`"));
        named.collect::<Vec<_>>().join(", ")
    };
    let _ = write!(
        text,
        "\n## Functions\n\nEvaluated: {}.\n\n",
        names(|(_, reason)| reason.is_none())
    );
    let mut reasons: Vec<_> = functions().filter_map(|(_, reason)| reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for why in reasons {
        let of_it = functions().filter(|(_, reason)| *reason == Some(why));
        let of_it: Vec<_> = of_it.map(|(name, _)| format!("`{name}`")).collect();
        let _ = write!(text, "Refused, {why}: {}.\n\n", of_it.join(", "));
    }
    text += "## Everything else\n\n| construct | example | |\n|---|---|---|\n";
    for (construct, example) in CONSTRUCTS {
        let deep = "(".repeat(500) + "1" + &")".repeat(500);
        let asked = if example == "DEEP" { &deep } else { example };
        let shown = if example == "DEEP" {
            "((((…".to_owned()
        } else {
            example.replace('|', "\\|")
        };
        let ticks = if shown.contains('`') { "``" } else { "`" };
        let _ = writeln!(
            text,
            "| {construct} | {ticks}{shown}{ticks} | {} |",
            answer(asked)
        );
    }
    text
}

fn answer(expr: &str) -> String {
    match Query::parse(expr) {
        Ok(_) => "evaluated".to_owned(),
        Err(Error::Unsupported { what, .. }) => format!("refused: {what}"),
        Err(Error::Syntax { message, .. }) => format!("no PromQL: {}", message.replace('|', "\\|")),
        Err(Error::TooDeep(_)) => "refused: nested too deeply".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}
