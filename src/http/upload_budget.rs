//! Uploads that are under way are held within the memory of a node, byte by byte as they arrive.
//!
//! What a client announces and does not send costs nothing, so that nobody is locked out by idle connections. Bytes that
//! find no room end their request with 503: it gives back what it held, and the others go on.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Extension, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;

/// Bodies with pictures that are under way hold at most this much: what memory a node needs (twice this, as a form is
/// taken apart) does not depend on the crowd.
const ALL_BODIES_KIB: usize = 256 * 1024;

/// The room of a node, to be laid around all routes.
#[derive(Clone)]
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ALL_BODIES_KIB)))
    }
}

/// Lets a request with pictures take its part of the budget while it is under way.
pub(super) async fn hold(Extension(Budget(budget)): Extension<Budget>, request: Request, next: Next) -> Response {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    // No room for all of it now: better heard before it is sent.
    if announced.is_some_and(|bytes: usize| bytes.div_ceil(1024) > budget.available_permits()) {
        return Problem::busy().into_response();
    }
    let held = Arc::new(Held { budget, permits: Mutex::new(None), refused: AtomicBool::new(false) });
    let (parts, body) = request.into_parts();
    let metered = Body::new(Metered { body, held: Arc::clone(&held), bytes: 0, kib: 0 });
    let response = next.run(Request::from_parts(parts, metered)).await;
    if held.refused.load(Ordering::Relaxed) { Problem::busy().into_response() } else { response }
}

/// What one request holds, until it is answered.
struct Held {
    budget: Arc<Semaphore>,
    permits: Mutex<Option<OwnedSemaphorePermit>>,
    refused: AtomicBool,
}

impl Held {
    fn take(&self, kib: u32) -> Result<(), NoRoom> {
        let Ok(more) = Arc::clone(&self.budget).try_acquire_many_owned(kib) else {
            self.refused.store(true, Ordering::Relaxed);
            return Err(NoRoom);
        };
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        match permits.as_mut() {
            Some(held) => held.merge(more),
            None => *permits = Some(more),
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no room for the upload")]
struct NoRoom;

/// A body that takes room for what arrives of it.
struct Metered {
    body: Body,
    held: Arc<Held>,
    bytes: usize,
    kib: u32,
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context).map_err(Into::into);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes = self.bytes.saturating_add(data.len());
            let kib = u32::try_from(self.bytes.div_ceil(1024)).unwrap_or(u32::MAX);
            if let Err(refused) = self.held.take(kib - self.kib) {
                return Poll::Ready(Some(Err(refused.into())));
            }
            self.kib = kib;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
