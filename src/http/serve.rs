//! Listening, and ending without losing a request that was begun.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower_layer::Layer;

use super::{AppState, app};

/// How long requests that were begun may go on after the process was asked to end.
const DRAIN: Duration = Duration::from_secs(30);
/// A client that has not sent the head of a request by then is gone, or holds a connection for its own sake.
const HEAD: Duration = Duration::from_secs(15);
/// After the system refused a connection, for want of file descriptors perhaps.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop` resolves. Then, for `grace`, requests are still taken while `/readyz` turns traffic away; then
/// nobody is let in, and what was begun is finished.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> std::io::Result<()> {
    let draining = std::sync::Arc::clone(&state.draining);
    let app = app(state);
    let connections = GracefulShutdown::new();
    let stop = async move {
        stop.await;
        draining.store(true, Ordering::Relaxed);
        tracing::info!(grace_seconds = grace.as_secs(), "asked to stop: finishing what was begun");
        tokio::time::sleep(grace).await;
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(&app, &connections, stream, peer),
                Err(error) => {
                    tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

/// Answers the requests of one connection, on a task of its own.
fn connect(app: &Router, connections: &GracefulShutdown, stream: TcpStream, peer: SocketAddr) {
    let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(app.clone()));
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        // Whoever hangs up, or speaks something else than HTTP, is nobody's trouble.
        let _ = watched.await;
    });
}
