//! `mirrorwatch serve`: wire endpoints, polls, pages and server together, read the configuration again when asked to, and
//! stop them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::canaries::{self, LEAVE};
use super::running::Running;
use crate::cli::Serve;
use crate::config::{self, Config};
use crate::exposition::Pages;
use crate::http::{Connections, Reload, Server};
use crate::model::snapshot::Loaded;
use crate::web::{self, Web};
use crate::{clock, http};

/// Run until SIGTERM or Ctrl-C.
pub(super) fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let config = config::load(&arguments.config)?;
    let web = arguments.web_config.as_deref().map(web::load).transpose()?;
    allow_descriptors();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(serve(arguments, config, web));
    runtime.shutdown_timeout(LEAVE);
    outcome.map(|()| ExitCode::SUCCESS)
}

/// As many file descriptors as this user may have: the usual soft limit of 1,024 is less than what the server's
/// connections alone may take. Where it cannot be raised, fewer connections are accepted.
fn allow_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of file descriptors stays");
    }
}

async fn serve(arguments: &Serve, config: Config, web: Option<Web>) -> anyhow::Result<()> {
    let mut listeners = Vec::new();
    for address in &arguments.listen {
        listeners.push(listen(*address).await?);
    }
    let stop = stop_signal()?;
    let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let port = listeners[0].local_addr()?.port();
    let instance = match &arguments.exporter_name {
        Some(name) => name.clone(),
        None => canaries::default_instance(port)?,
    };
    let (web, web_loaded) = live(arguments, web);
    let mut running = Running::start(config, instance, web_loaded).await?;
    let (reload, wishes) = mpsc::channel(1);
    let server = Server {
        pages: Arc::new(Pages::new(running.snapshots())),
        telemetry_path: arguments.telemetry_path.as_str().into(),
        web,
        reload: arguments.lifecycle.then_some(reload),
        connections: Connections::default(),
    };
    let mut servers = JoinSet::new();
    for listener in listeners {
        let path = &arguments.telemetry_path;
        tracing::info!(address = %listener.local_addr()?, tls = server.web.now().tls.is_some(), "serving {path}");
        servers.spawn(http::run(listener, server.clone(), stopped(stop.clone())));
    }
    tokio::select! {
        () = stopped(stop) => {}
        () = reloads(&mut running, arguments, hangup, wishes) => {}
    }
    tracing::info!("stopping");
    let last_answers = async { while servers.join_next().await.is_some() {} };
    tokio::join!(last_answers, running.stop());
    Ok(())
}

/// The web configuration in force, and how it was read, where there is one.
fn live(arguments: &Serve, web: Option<Web>) -> (web::Live, Option<watch::Receiver<Loaded>>) {
    let (Some(path), Some(web)) = (&arguments.web_config, web) else {
        return (web::Live::default(), None);
    };
    let (sender, receiver) = watch::channel(Arc::new(web));
    let (loaded, web_loaded) = watch::channel(Loaded::at(clock::wall()));
    tokio::spawn(web::follow(path.clone(), sender, loaded));
    (web::Live::new(receiver), Some(web_loaded))
}

/// Read the configuration again at each SIGHUP, each wish, and whenever a file that it names has changed, for ever.
async fn reloads(
    running: &mut Running,
    arguments: &Serve,
    mut hangup: Signal,
    mut wishes: mpsc::Receiver<Reload>,
) {
    loop {
        let wish = tokio::select! {
            _ = hangup.recv() => None,
            Some(wish) = wishes.recv() => Some(wish),
            () = running.renewed() => None,
        };
        let outcome = running.reload(&arguments.config).await;
        if let Some(wish) = wish {
            // Whoever wished may have gone meanwhile.
            let _ = wish.send(outcome);
        }
    }
}

/// `:19850` means every address; on a host without IPv6 that is every IPv4 address.
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
