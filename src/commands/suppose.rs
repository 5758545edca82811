//! `evaluate --what-if`: other limits than the scenario's.

use anyhow::bail;

use crate::recovery::judgement::Remark;
use crate::recovery::plan;
use crate::recovery::scenario::Scenario;

/// Replace the limits that are supposed, each `ID=LIMIT`; what the report says of it.
pub(super) fn suppose(scenario: &mut Scenario, limits: &[String]) -> anyhow::Result<Vec<Remark>> {
    let remarks = limits.iter().map(|limit| one(scenario, limit)).collect();
    let problems = plan::problems(scenario);
    match problems.first() {
        Some(problem) if !limits.is_empty() => bail!("--what-if: {problem}"),
        _ => remarks,
    }
}

fn one(scenario: &mut Scenario, supposed: &str) -> anyhow::Result<Remark> {
    let Some((id, limit)) = supposed.split_once('=') else {
        bail!("--what-if: `{supposed}` is not ID=LIMIT, such as `recovery-time=30s`");
    };
    let known: Vec<_> = scenario.criteria.iter().map(|c| c.id.clone()).collect();
    let criterion = scenario.criteria.iter_mut().find(|c| c.id == id);
    let Some(criterion) = criterion else {
        bail!(
            "--what-if: no criterion `{id}`; the scenario has {}",
            known.join(", ")
        );
    };
    let told = std::mem::replace(&mut criterion.limit, limit.to_owned());
    let with = [
        ("criterion", id.to_owned()),
        ("limit", limit.to_owned()),
        ("instead", told),
    ];
    Ok(Remark {
        code: "what_if".to_owned(),
        with: with.map(|(name, value)| (name.to_owned(), value)).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::inputs;

    fn supposed(limits: &[&str]) -> Result<(Scenario, Vec<Remark>), String> {
        let (mut scenario, _) = inputs::scenario("worker-loss").unwrap();
        let limits: Vec<_> = limits.iter().map(|limit| (*limit).to_owned()).collect();
        let remarks = suppose(&mut scenario, &limits).map_err(|error| error.to_string())?;
        Ok((scenario, remarks))
    }

    #[test]
    fn a_limit_is_replaced_and_the_report_says_so() {
        let (scenario, remarks) = supposed(&["recovery-time=30s", "no-loss=5"]).unwrap();
        let limit = |id: &str| {
            let criterion = scenario.criteria.iter().find(|c| c.id == id);
            criterion.map(|c| c.limit.clone())
        };
        assert_eq!(limit("recovery-time").as_deref(), Some("30s"));
        assert_eq!(limit("no-loss").as_deref(), Some("5"));
        assert_eq!(limit("lag").as_deref(), Some("60s"));
        let said = crate::report::sentence(&remarks[0], crate::report::Language::English);
        assert_eq!(
            said,
            "What if: `recovery-time` is judged by a limit of 30s instead of 60s; this is not the drill's verdict."
        );
    }

    #[test]
    fn what_cannot_be_supposed_is_refused_by_name() {
        let refused = |limit: &str| supposed(&[limit]).map(drop).unwrap_err();
        assert!(refused("recovery-time").contains("is not ID=LIMIT"));
        assert_eq!(
            refused("rto=30s"),
            "--what-if: no criterion `rto`; the scenario has recovery-time, no-failed-task, lag, no-loss"
        );
        assert!(refused("recovery-time=fast").starts_with("--what-if: criteria[0].limit"));
        assert!(refused("no-loss=30s").starts_with("--what-if: criteria[3].limit"));
    }
}
