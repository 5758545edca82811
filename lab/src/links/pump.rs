//! One connection through a proxy: bytes from either side to the other, as long as the gate is open.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use super::{FROM, Gate};

const BUFFER: usize = 16 * 1024;
/// Before the next connection is accepted after one that could not be.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections for ever, also while the link is stalled.
pub(super) async fn accept(listener: TcpListener, to: SocketAddr, gate: Gate) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, to, gate.clone()))),
            // No descriptor is free, or the peer has gone already: neither ends the proxy.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Forwards until either side has ended or failed, or the link is reset; then both sides are closed.
async fn connection(mut from: TcpStream, to: SocketAddr, gate: Gate) {
    let mut resets = gate.resets.subscribe();
    tokio::select! {
        _ = forward(&mut from, to, &gate) => {}
        _ = resets.changed() => {}
    }
}

async fn forward(from: &mut TcpStream, to: SocketAddr, gate: &Gate) -> io::Result<()> {
    opened(&mut gate.open.subscribe()).await;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(FROM, 0))?;
    let mut to = socket.connect(to).await?;
    from.set_nodelay(true)?;
    to.set_nodelay(true)?;
    let ((from_reads, from_writes), (to_reads, to_writes)) = (from.split(), to.split());
    tokio::try_join!(
        pump(from_reads, to_writes, gate),
        pump(to_reads, from_writes, gate),
    )
    .map(drop)
}

/// Between a look at the gate and the next `await` no order is carried out: what is read or written there was allowed.
async fn pump(from: ReadHalf<'_>, mut to: WriteHalf<'_>, gate: &Gate) -> io::Result<()> {
    let mut open = gate.open.subscribe();
    let mut buffer = vec![0; BUFFER];
    loop {
        from.readable().await?;
        opened(&mut open).await;
        let read = match from.try_read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            read => read?,
        };
        if read == 0 {
            return to.shutdown().await;
        }
        gate.width.pass(read).await;
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            to.writable().await?;
            opened(&mut open).await;
            match to.try_write(rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => rest = &rest[written?..],
            }
        }
    }
}

/// Waits until the gate is open. Its sender lives as long as the thread that runs this.
async fn opened(gate: &mut watch::Receiver<bool>) {
    let _ = gate.wait_for(|open| *open).await;
}
