//! Listening, and ending without losing a request that was begun.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;

use super::{AppState, app};

/// How long requests that were begun may go on after the process was asked to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then finishes what was begun.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let draining = std::sync::Arc::clone(&state.draining);
    let (begin_drain, drain_begun) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        draining.store(true, Ordering::Relaxed);
        tracing::info!("asked to stop: finishing what was begun");
        let _ = begin_drain.send(());
    };
    let server = axum::serve(listener, app(state).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop);
    let patience = async {
        if drain_begun.await.is_ok() {
            tokio::time::sleep(DRAIN).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = server => result,
        () = patience => {
            tracing::warn!("some requests did not finish in time");
            Ok(())
        }
    }
}
