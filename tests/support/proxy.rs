//! A wire between the service and PostgreSQL that tests cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections until it is cut, and again after it is mended.
pub(crate) struct Proxy(watch::Sender<bool>);

impl Proxy {
    /// Puts itself before the server of a `postgres://…@host:port/…` address; returns the address through it.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let (head, rest) = url.rsplit_once('@').expect("user@host");
        let (server, name) = rest.split_once('/').expect("host/database");
        let server: SocketAddr = tokio::net::lookup_host(server).await.unwrap().next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (whole, watched) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server, watched.clone()));
            }
        });
        (Self(whole), format!("{head}@{address}/{name}"))
    }

    /// Drops every connection, and each new one at once.
    pub(crate) fn cut(&self) {
        self.0.send_replace(false);
    }

    /// Forwards new connections again.
    pub(crate) fn mend(&self) {
        self.0.send_replace(true);
    }
}

async fn forward(mut client: TcpStream, server: SocketAddr, mut whole: watch::Receiver<bool>) {
    if !*whole.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}
