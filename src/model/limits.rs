//! What bounds a page: how fine its series are, which topics it tells of, and how many series a metric may have.

use regex::Regex;

use super::flow::Flow;

/// Series of one metric unless said otherwise: 10,000 partitions fit on both clusters, and the canary's.
pub const SERIES_PER_METRIC: usize = 25_000;

/// What bounds a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Whether partitions have series of their own.
    pub granularity: Granularity,
    /// Of which topics there are series.
    pub topics: TopicFilter,
    /// Most series of one metric; what comes on top is dropped and counted.
    pub series_per_metric: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            granularity: Granularity::Partition,
            topics: TopicFilter::default(),
            series_per_metric: SERIES_PER_METRIC,
        }
    }
}

/// How fine the series of topics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One series for each topic: its partitions are joined.
    Topic,
    /// One series for each partition.
    Partition,
}

/// Of which topics there are series. Expressions match a whole name, as in Prometheus, and stand for the name at the
/// source and for the one at the target alike.
#[derive(Clone, Debug, Default)]
pub struct TopicFilter {
    include: Option<Regex>,
    exclude: Option<Regex>,
    /// They tell what a topic at the target is called at its source.
    flows: Vec<Flow>,
}

/// Filters are the same if they are written the same.
impl PartialEq for TopicFilter {
    fn eq(&self, other: &Self) -> bool {
        let written = |filter: &Self| {
            [&filter.include, &filter.exclude]
                .map(|regex| regex.as_ref().map(|regex| regex.as_str().to_owned()))
        };
        self.flows == other.flows && written(self) == written(other)
    }
}

impl Eq for TopicFilter {}

impl TopicFilter {
    /// A filter for the topics of these flows.
    ///
    /// # Errors
    ///
    /// When an expression is none.
    pub fn new(
        include: Option<&str>,
        exclude: Option<&str>,
        flows: Vec<Flow>,
    ) -> Result<Self, regex::Error> {
        let whole = |expression: &str| Regex::new(&format!("^(?:{expression})$"));
        Ok(Self {
            include: include.map(whole).transpose()?,
            exclude: exclude.map(whole).transpose()?,
            flows,
        })
    }

    /// Whether every topic passes.
    pub fn is_open(&self) -> bool {
        self.include.is_none() && self.exclude.is_none()
    }

    /// Whether there are series of `topic`.
    pub fn passes(&self, topic: &str) -> bool {
        let matches = |expression: &Regex| {
            let mut at_sources = self
                .flows
                .iter()
                .filter_map(|flow| flow.source_topic(topic));
            expression.is_match(topic) || at_sources.any(|name| expression.is_match(name))
        };
        self.include.as_ref().is_none_or(matches) && !self.exclude.as_ref().is_some_and(matches)
    }
}

#[cfg(test)]
fn flow(source: &str, policy: super::flow::ReplicationPolicy) -> Flow {
    Flow {
        source: source.to_owned(),
        target: "target".to_owned(),
        connector: "mirror".to_owned(),
        policy,
    }
}

#[test]
fn an_expression_stands_for_whole_names_on_both_sides() {
    let flows = || vec![flow("source", super::flow::ReplicationPolicy::default())];
    let filter = |include, exclude| TopicFilter::new(include, exclude, flows()).unwrap();
    let orders = filter(Some("orders"), None);
    assert!(orders.passes("orders") && orders.passes("source.orders"));
    assert!(!orders.passes("orders-2") && !orders.passes("other.orders"));
    let others = filter(None, Some("orders|internal.*"));
    assert!(
        !others.passes("source.orders")
            && !others.passes("internal-x")
            && others.passes("payments")
    );
    let both = filter(Some("a.*"), Some("ab"));
    assert!(both.passes("ac") && !both.passes("ab") && !both.passes("b"));
    assert!(TopicFilter::default().is_open() && TopicFilter::default().passes("x"));
    assert!(TopicFilter::new(Some("("), None, flows()).is_err());
}

#[test]
fn a_name_at_the_target_is_taken_apart_as_its_flow_puts_it_together() {
    use super::flow::ReplicationPolicy;
    let separated = |separator: &str| ReplicationPolicy::Default {
        separator: separator.to_owned(),
    };
    let flows = vec![
        flow("paris", separated("__")),
        flow("lyon", separated("to")),
        flow("lille", ReplicationPolicy::Identity),
    ];
    let orders = TopicFilter::new(Some("orders"), None, flows).unwrap();
    for remote in ["paris__orders", "lyontoorders", "orders"] {
        assert!(orders.passes(remote), "{remote}");
    }
    for other in [
        "paris.orders",
        "paris_orders",
        "lyon.orders",
        "lille.orders",
    ] {
        assert!(!orders.passes(other), "{other}");
    }
}
