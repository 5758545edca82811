//! The links between workers and brokers: a TCP proxy of the lab's own before each listener that a broker has for a worker. A link can be
//! stalled: connections are still accepted and acknowledged, nothing is forwarded in either direction, nothing is lost, and all goes on
//! where it stopped. One thread does all of it, so that once a stall is confirmed no byte passes any more.

mod pump;
mod width;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::description::Description;
use width::Width;

/// Where the brokers listen for the workers; what they advertise is the proxy's address. Any address of the loopback will do that is not
/// the lab's own, so that both can have the same port.
pub(crate) const BEHIND: &str = "127.0.0.2";

/// Where their connections come from, as the brokers see them: those of everybody else come from another address.
pub(crate) const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

/// The link of one worker to one cluster, whatever brokers that has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    /// The worker's name.
    pub(crate) worker: String,
    /// The cluster's alias.
    pub(crate) cluster: String,
}

/// What can be done to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Forward nothing.
    Stall,
    /// Forward again.
    Mend,
    /// Close its connections; what is on its way is thrown away.
    Reset,
}

/// All links of a lab.
#[derive(Debug)]
pub(crate) struct Links {
    gates: BTreeMap<Link, Gate>,
    orders: UnboundedSender<Order>,
}

/// Whether a link is open, and how often its connections were closed.
#[derive(Clone, Debug)]
struct Gate {
    open: watch::Sender<bool>,
    resets: watch::Sender<u64>,
    width: Width,
}

struct Order {
    links: Vec<Link>,
    change: Change,
    done: mpsc::Sender<()>,
}

/// A proxy: where it listens and where its connections lead.
struct Proxy {
    link: Link,
    listener: TcpListener,
    to: SocketAddr,
}

impl Links {
    /// Takes all addresses and starts to forward.
    pub(crate) fn start(lab: &Description) -> io::Result<Self> {
        let proxies = proxies(lab)?;
        let new = |proxy: &Proxy| (proxy.link.clone(), Gate::new());
        let gates: BTreeMap<Link, Gate> = proxies.iter().map(new).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (orders, receiver) = unbounded_channel();
        let served = gates.clone();
        thread::spawn(move || runtime.block_on(serve(proxies, served, receiver)));
        Ok(Self { gates, orders })
    }

    /// Does the same to some links at once; when this returns it has taken effect.
    pub(crate) fn change(&self, links: &[Link], change: Change) -> io::Result<()> {
        let (done, confirmed) = mpsc::channel();
        let gone = || io::Error::other("the links are not served any more");
        let links = links.to_vec();
        let order = Order {
            links,
            change,
            done,
        };
        self.orders.send(order).map_err(|_| gone())?;
        confirmed.recv().map_err(|_| gone())
    }

    /// Lets only so many bytes per second through each of some links, both directions together; none = as many as come.
    pub(crate) fn narrow(&self, links: &[Link], bytes_per_second: Option<f64>) {
        for gate in links.iter().filter_map(|link| self.gates.get(link)) {
            gate.width.set(bytes_per_second);
        }
    }

    /// Whether the link forwards nothing.
    pub(crate) fn is_stalled(&self, link: &Link) -> bool {
        self.gates.get(link).is_some_and(|gate| !gate.is_open())
    }
}

impl Gate {
    fn new() -> Self {
        Self {
            open: watch::Sender::new(true),
            resets: watch::Sender::new(0),
            width: Width::default(),
        }
    }

    fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    fn change(&self, change: Change) {
        match change {
            Change::Stall => drop(self.open.send_replace(false)),
            Change::Mend => drop(self.open.send_replace(true)),
            Change::Reset => self.resets.send_modify(|resets| *resets += 1),
        }
    }
}

/// Each link with the address and port of each listener that it leads to.
pub(crate) fn listeners(lab: &Description) -> impl Iterator<Item = (Link, &str, u16)> {
    let brokers = lab.clusters.iter().flat_map(|(alias, cluster)| {
        let brokers = cluster.brokers.iter();
        brokers.map(move |broker| (alias, broker))
    });
    brokers.flat_map(|(alias, broker)| {
        let ports = lab.workers.iter().zip(&broker.workers);
        ports.map(move |(worker, port)| {
            let link = Link {
                worker: worker.name.clone(),
                cluster: alias.clone(),
            };
            (link, broker.for_workers.as_str(), *port)
        })
    })
}

fn proxies(lab: &Description) -> io::Result<Vec<Proxy>> {
    listeners(lab)
        .map(|(link, host, port)| Proxy::listen(link, host, port))
        .collect()
}

impl Proxy {
    fn listen(link: Link, host: &str, port: u16) -> io::Result<Self> {
        let address = |host: &str| {
            format!("{host}:{port}")
                .parse::<SocketAddr>()
                .map_err(io::Error::other)
        };
        let listener = TcpListener::bind(address(host)?)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            link,
            listener,
            to: address(BEHIND)?,
        })
    }
}

/// The work of the thread: connections in tasks, orders as they come. A task runs only while this one waits, so that an order which is
/// carried out is in force for all of them.
async fn serve(
    proxies: Vec<Proxy>,
    gates: BTreeMap<Link, Gate>,
    mut orders: UnboundedReceiver<Order>,
) {
    for proxy in proxies {
        if let (Some(gate), Ok(listener)) = (
            gates.get(&proxy.link).cloned(),
            tokio::net::TcpListener::from_std(proxy.listener),
        ) {
            tokio::spawn(pump::accept(listener, proxy.to, gate));
        }
    }
    while let Some(order) = orders.recv().await {
        for gate in order.links.iter().filter_map(|link| gates.get(link)) {
            gate.change(order.change);
        }
        let _ = order.done.send(());
    }
}

#[cfg(test)]
mod tests;
