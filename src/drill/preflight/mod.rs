//! Looks before anything is done, and tells what was found in one table: in a rehearsal, and in a drill before it asks.

mod bound;
mod clocks;
pub(super) mod commands;
mod coverage;
mod filters;
mod limits;
mod replicas;
mod rights;
mod roles;
mod row;

pub use row::{Row, Rows, Standing};

use futures_util::future::join;

use super::page::Exporter;
use super::page::Page;
use super::target::Target;
use super::{Options, clocks as compared};

/// Why nothing is begun.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A command of the inventory says so.
    #[error(transparent)]
    Command(#[from] commands::Error),
    /// What was found says so.
    #[error("nothing was done:\n{0}")]
    Refused(String),
}

/// What is looked at.
#[derive(Debug)]
pub(super) struct Look<'a> {
    /// The drill.
    pub(super) options: &'a Options,
    /// Whom it hits.
    pub(super) target: &'a Target,
    /// Its exporter.
    pub(super) exporter: &'a Exporter,
    /// The exporter's page.
    pub(super) page: &'a Page,
    /// Talks to the workers.
    pub(super) http: &'a reqwest::Client,
}

impl Look<'_> {
    /// Everything that can be seen without doing anything.
    pub(super) async fn rows(&self) -> Rows {
        let Self {
            options,
            target,
            page,
            http,
            ..
        } = *self;
        let inventory = &options.inventory;
        let clusters = options.clusters.as_ref();
        let mut rows = roles::rows(options, target);
        let replicas = replicas::rows(page, inventory, &options.clusters);
        // Both ask the clusters, and one that does not answer takes its time.
        let (replicas, rights) = join(replicas, rights::rows(page, &options.clusters)).await;
        rows.extend(replicas);
        rows.extend(rights);
        rows.push(coverage::row(page, inventory));
        rows.extend(self.clocks().await);
        rows.extend(limits::rows(&target.plan, inventory, clusters.ok()));
        rows.extend(bound::rows(options, target, page));
        rows.extend(filters::rows(http, &target.steps, page, inventory).await);
        rows.extend(self.silence().await);
        Rows(rows)
    }

    async fn clocks(&self) -> [Row; 2] {
        let exporter = compared::best("exporter", || self.exporter.clock_offset()).await;
        let server = || compared::server_offset(&self.options.server);
        let server = compared::best("prometheus", server).await;
        let plan = &self.target.plan;
        [
            clocks::row("exporter", exporter, plan),
            clocks::row("Prometheus", server, plan),
        ]
    }

    async fn silence(&self) -> Option<Row> {
        let alerts = self.options.alerts.as_ref()?;
        Some(match alerts.alertmanager.answers().await {
            Ok(()) => Row::new("silence", Standing::Ok, &format!("{} answers", alerts.url)),
            Err(error) => Row::new("silence", Standing::Refused, &error.to_string()),
        })
    }
}
