//! A connection to a server that can be cut, or fall silent.

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the connections do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Carry everything.
    Up,
    /// End at once, the old ones and the new.
    Cut,
    /// Stay open, and carry nothing.
    Silent,
}

/// Listens on a port of its own, and passes everything on to the server.
pub(crate) struct Proxy {
    line: watch::Sender<Line>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Stands in front of the server of a `postgres://` address; gives the address through it too.
    pub(crate) async fn before_database(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("//").unwrap();
        let (role, place) = rest.split_once('@').unwrap_or(("postgres", rest));
        let (server, name) = place.split_once('/').unwrap();
        let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
        let (proxy, through) = Self::before(server).await;
        (proxy, format!("{scheme}//{role}@{through}/{name}"))
    }

    /// Stands in front of a server; gives its own host and port.
    pub(crate) async fn before(server: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let through = listener.local_addr().unwrap().to_string();
        let (line, state) = watch::channel(Line::Up);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), state.clone()));
            }
        });
        (Self { line, accepting }, through)
    }

    /// Changes what all connections do.
    pub(crate) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(mut client: TcpStream, server: String, mut line: watch::Receiver<Line>) {
    if *line.borrow_and_update() == Line::Up {
        let Ok(mut server) = TcpStream::connect(server).await else { return };
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
            _ = line.wait_for(|line| *line != Line::Up) => {}
        }
    }
    // Silent: both ends stay open until the line is cut or comes up again, and then they are dropped.
    let _ = line.wait_for(|line| *line != Line::Silent).await;
}
