//! A network between a process and the server, which can be cut, or carry nothing.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// Connections are cut, and new ones refused.
    Cut,
    /// Connections stay, new ones are taken, and nothing comes through.
    Silent,
}

/// One of them; a clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Network {
    /// To the server of this address.
    pub(crate) async fn start(server: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, states) = watch::channel(State::Open);
        tokio::spawn(serve(listener, address, server, states));
        Ok(Self { address, state })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn serve(
    mut listener: TcpListener,
    address: SocketAddr,
    server: String,
    mut states: watch::Receiver<State>,
) {
    loop {
        let mut connections = JoinSet::new();
        let mut is_cut = states.clone();
        loop {
            tokio::select! {
                _ = is_cut.wait_for(|state| *state == State::Cut) => break,
                Ok((client, _)) = listener.accept() => {
                    connections.spawn(carry(client, server.clone(), states.clone()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        connections.shutdown().await;
        let Ok(_) = states.wait_for(|state| *state != State::Cut).await else {
            return;
        };
        listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                // Another program was given the port of a connection of its own meanwhile.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
    }
}

async fn carry(client: TcpStream, server: String, states: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When one direction has ended, so has the other.
    tokio::select! {
        () = one_way(from_client, to_server, states.clone()) => {}
        () = one_way(from_server, to_client, states) => {}
    }
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut states: watch::Receiver<State>,
) {
    let mut bytes = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if states
            .wait_for(|state| *state != State::Silent)
            .await
            .is_err()
        {
            return;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
