//! `mirrorwatch scenarios`: the tests that can be drilled without a file of one's own.

use std::io::Write;
use std::process::ExitCode;

use super::inputs;
use crate::cli::{Lang, Scenarios};
use crate::recovery::shipped;

/// List them, or print one.
pub(super) fn run(arguments: &Scenarios, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if let Some(name) = &arguments.name {
        let names = || shipped::names().collect::<Vec<_>>().join(", ");
        let text = shipped::scenario(name);
        let text =
            text.ok_or_else(|| anyhow::anyhow!("{name}: not shipped; there are {}", names()))?;
        out.write_all(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    for name in shipped::names() {
        let (scenario, _) = inputs::scenario(name)?;
        let title = match arguments.lang {
            Lang::En => &scenario.title.en,
            Lang::Fr => &scenario.title.fr,
        };
        writeln!(out, "{name:<22} {}  {title}", scenario.test)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[test]
fn a_shipped_scenario_is_printed_as_it_is() {
    let printed = |name: Option<&str>| {
        let arguments = Scenarios {
            name: name.map(str::to_owned),
            lang: Lang::En,
        };
        let mut out = Vec::new();
        let code = run(&arguments, &mut out)
            .map(drop)
            .map_err(|error| error.to_string());
        code.map(|()| String::from_utf8(out).unwrap())
    };
    let one = printed(Some("worker-loss"));
    assert_eq!(one.ok().as_deref(), shipped::scenario("worker-loss"));
    assert!(
        printed(None)
            .unwrap()
            .contains("worker-loss            5.1  Loss of a Connect worker\n")
    );
    assert!(
        printed(Some("nope"))
            .unwrap_err()
            .starts_with("nope: not shipped; there are worker-loss")
    );
}
