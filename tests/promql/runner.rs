//! The runner of scripts can fail: it says what is wrong.

use crate::promqltest::{Refusal, Verdict, run};
use mirrorwatch::promql::Settings;

const LOAD: &str =
    "load 1m\n  a{x=\"1\"} 1+1x5\n  a{x=\"2\"} 2+2x5\n  h {{schema:1 sum:3 count:2}}\n\n";

fn verdict(evaluation: &str) -> Verdict {
    let outcomes = run(&format!("{LOAD}{evaluation}"), &mut Settings::default());
    let outcomes = outcomes.expect("a script");
    outcomes.into_iter().next().expect("an evaluation").verdict
}

fn fails_with(evaluation: &str, part: &str) {
    match verdict(evaluation) {
        Verdict::Failed(why) => assert!(why.contains(part), "{why}"),
        other => panic!("{evaluation}: {other:?}"),
    }
}

#[test]
fn what_is_as_expected_passes() {
    for right in [
        "eval instant at 1m a\n  a{x=\"2\"} 4\n  a{x=\"1\"} 2\n",
        "eval range from 0 to 2m step 1m sum(a)\n  {} 3 6 9\n",
        "eval instant at 1m topk(2, a)\n  expect ordered\n  a{x=\"2\"} 4\n  a{x=\"1\"} 2\n",
        "eval instant at 1m 1 + 1\n  2\n",
        "eval instant at 1m \"b\"\n  expect string \"b\"\n",
        "eval instant at 1m a[2m]\n  expect range vector from 0 to 1m step 1m\n  a{x=\"1\"} 1 2\n  a{x=\"2\"} 2 4\n",
        "eval instant at 1m quantile(2, a)\n  expect warn regex: between 0 and 1\n  {} Inf\n",
        "eval instant at 1m a + on() a\n  expect fail regex: many-to-many\n",
    ] {
        assert_eq!(verdict(right), Verdict::Passed, "{right}");
    }
}

#[test]
fn a_wrong_value_fails() {
    fails_with("eval instant at 1m sum(a)\n  {} 7\n", "7");
    fails_with(
        "eval instant at 1m 1 + 1\n  3\n",
        "3 was expected, but came 2",
    );
    fails_with(
        "eval range from 0 to 2m step 1m sum(a)\n  {} 3 6 8\n",
        "came",
    );
    fails_with(
        "eval range from 0 to 2m step 1m sum(a)\n  {} 3 6 _\n",
        "came",
    );
    fails_with("eval instant at 1m \"b\"\n  expect string \"c\"\n", "came");
}

#[test]
fn a_wrong_label_fails() {
    fails_with(
        "eval instant at 1m sum(a)\n  {x=\"1\"} 6\n",
        "{} 6 was not expected",
    );
    fails_with(
        "eval instant at 1m a{x=\"1\"}\n  a{x=\"1\"} 2\n  a{x=\"3\"} 2\n",
        "did not come",
    );
    fails_with("eval instant at 1m a{x=\"1\"}\n", "was not expected");
}

#[test]
fn a_wrong_order_fails() {
    fails_with(
        "eval instant at 1m sort_desc(a)\n  expect ordered\n  a{x=\"1\"} 2\n  a{x=\"2\"} 4\n",
        "place 2, but came at 1",
    );
}

#[test]
fn a_missing_warning_or_one_too_many_fails() {
    fails_with(
        "eval instant at 1m sum(a)\n  expect warn\n  {} 6\n",
        "none came",
    );
    fails_with(
        "eval instant at 1m quantile(2, a)\n  expect no_warn\n  {} Inf\n",
        "no warning",
    );
    fails_with(
        "eval instant at 1m quantile(2, a)\n  expect warn msg: other\n  {} Inf\n",
        "other",
    );
}

#[test]
fn a_missing_or_another_error_fails() {
    fails_with(
        "eval instant at 1m sum(a)\n  expect fail\n",
        "an error was expected",
    );
    fails_with(
        "eval instant at 1m a + on() a\n  expect fail msg: other\n",
        "other",
    );
    fails_with("eval instant at 1m a + on() a\n", "no error was expected");
}

#[test]
fn what_is_not_evaluated_is_refused_for_a_reason() {
    let native = Verdict::Refused(Refusal::NativeHistograms);
    assert_eq!(verdict("eval instant at 1m h\n"), native);
    assert_eq!(verdict("eval instant at 1m a\n  a {{schema:1}}\n"), native);
    let reason = verdict("eval instant at 1m sort_by_label(a, \"x\")\n");
    assert!(
        matches!(reason, Verdict::Refused(Refusal::Experimental(_))),
        "{reason:?}"
    );
}
