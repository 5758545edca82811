//! `mirrorwatch serve`: wire endpoints, polls, pages and server together, and stop them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::canaries::{self, Canaries};
use crate::cli::Serve;
use crate::config::{self, Config, FlowConfig, Properties};
use crate::exposition::Pages;
use crate::kafka::{
    CheckpointReader, ClusterProbe, ConsumerGroupsReader, GroupReader, HeartbeatReader,
    OffsetsReader, StatusReader,
};
use crate::model::flow::{Flow, HEARTBEATS};
use crate::poll::{CanaryReceiver, Cluster, Endpoints, Group, Polls, Worker, Written};
use crate::{clock, connect, fetch, http, jolokia};

/// What the canaries' clients, and then blocking reads of Kafka, get to end before the process ends without them.
const LEAVE: Duration = Duration::from_secs(1);

/// Run until SIGTERM or Ctrl-C.
pub(super) fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let config = config::load(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(serve(arguments, config));
    runtime.shutdown_timeout(LEAVE);
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(arguments: &Serve, config: Config) -> anyhow::Result<()> {
    let mut listeners = Vec::new();
    for address in &arguments.listen {
        listeners.push(listen(*address).await?);
    }
    let stop = stop_signal()?;
    let schedule = config.schedule;
    let port = listeners[0].local_addr()?.port();
    let canaries = Canaries::start(&config, &canaries::instance(port)?)?;
    let endpoints = endpoints(config, canaries.views())?;
    let polls = Polls::start(endpoints, schedule, clock::wall());
    let canaries = tokio::spawn(canaries.run(polls.tasks.clone(), stop.clone(), LEAVE));
    let pages = Arc::new(Pages::new(polls.snapshots.clone()));
    let mut servers = JoinSet::new();
    for listener in listeners {
        tracing::info!(address = %listener.local_addr()?, "serving /metrics");
        servers.spawn(http::run(
            listener,
            Arc::clone(&pages),
            stopped(stop.clone()),
        ));
    }
    stopped(stop).await;
    tracing::info!("stopping");
    while servers.join_next().await.is_some() {}
    canaries.await?;
    polls.stop().await;
    Ok(())
}

/// `:9850` means every address; on a host without IPv6 that is every IPv4 address.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let outcome = match TcpListener::bind(address).await {
        Err(error) if is_without_ipv6(&error) && address.ip() == Ipv6Addr::UNSPECIFIED => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        outcome => outcome,
    };
    outcome.with_context(|| format!("cannot listen on {address}"))
}

fn is_without_ipv6(error: &std::io::Error) -> bool {
    let code = error
        .raw_os_error()
        .map(rustix::io::Errno::from_raw_os_error);
    matches!(
        code,
        Some(rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::ADDRNOTAVAIL)
    )
}

fn endpoints(config: Config, canaries: Vec<CanaryReceiver>) -> anyhow::Result<Endpoints> {
    let client = fetch::Client::new(config.schedule.deadline)?;
    let workers = config
        .workers
        .into_iter()
        .map(|worker| Worker {
            id: worker.id,
            rest: connect::Client::new(client.clone(), worker.url),
            jolokia: worker
                .jolokia
                .map(|url| jolokia::Client::new(client.clone(), url)),
        })
        .collect();
    let properties = |alias: &str| -> BTreeMap<String, String> {
        let Properties(properties) = config.clusters.get(alias).cloned().unwrap_or_default();
        properties
    };
    let group = config.group.map(|group| Group {
        reader: GroupReader::new(properties(&group.cluster), &group.id),
        status: group
            .status_topic
            .map(|topic| StatusReader::new(properties(&group.cluster), &topic)),
        id: group.id,
    });
    let clusters = config.clusters.keys().map(|alias| Cluster {
        alias: alias.clone(),
        probe: ClusterProbe::new(properties(alias)),
        offsets: OffsetsReader::new(properties(alias)),
        groups: consumer_groups(&config.flows, alias, &properties(alias)),
    });
    let clusters = clusters.collect();
    let written = config
        .flows
        .iter()
        .enumerate()
        .filter(|(_, flow)| config.clusters.contains_key(&flow.flow.target))
        .map(|(index, FlowConfig { flow, .. })| (index, written(flow, &properties(&flow.target))))
        .collect();
    Ok(Endpoints {
        flows: config.flows.into_iter().map(|flow| flow.flow).collect(),
        workers,
        group,
        clusters,
        written,
        canaries,
        limits: Arc::new(config.limits),
    })
}

/// The reader of the groups of all flows from or to the cluster; `None` if there are none.
fn consumer_groups(
    flows: &[FlowConfig],
    alias: &str,
    properties: &BTreeMap<String, String>,
) -> Option<ConsumerGroupsReader> {
    let here = flows
        .iter()
        .filter(|flow| [&flow.flow.source, &flow.flow.target].contains(&&alias.to_owned()));
    let groups: BTreeSet<String> = here
        .flat_map(|flow| flow.consumer_groups.iter().cloned())
        .collect();
    let groups: Vec<String> = groups.into_iter().collect();
    (!groups.is_empty()).then(|| ConsumerGroupsReader::new(properties, &groups))
}

fn written(flow: &Flow, target: &BTreeMap<String, String>) -> Written {
    let heartbeats = |topic: &str| HeartbeatReader::new(target.clone(), topic);
    Written {
        checkpoints: CheckpointReader::new(target.clone(), &flow.checkpoint_topic()),
        heartbeats: [heartbeats(HEARTBEATS), heartbeats(&flow.heartbeat_topic())],
    }
}

/// Becomes true at SIGTERM or Ctrl-C.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        sender.send_replace(true);
        sender.closed().await;
    });
    Ok(receiver)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the receivers; were it gone, stopping is right, too.
    let _ = stop.wait_for(|stop| *stop).await;
}
