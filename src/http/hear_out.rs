//! What a client is still sending when its request is answered is taken off the wire and thrown away: a connection that
//! ends with unread bytes is reset, and the client never hears the answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;

use super::layers::BODY_BYTES;

/// Whoever sends for longer than this after the answer is not listening.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads on, once the handler has turned away from the body. A client that asks before it sends is not kept sending.
pub(super) async fn hear_out(request: Request, next: Next) -> Response {
    let asks_first = request.headers().contains_key(EXPECT);
    next.run(if asks_first { request } else { request.map(|body| Body::new(HeardOut(body))) }).await
}

/// A body that is read to its end, by its reader or after it.
struct HeardOut(Body);

impl HttpBody for HeardOut {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        // Nothing comes after the end or an error.
        if !matches!(frame, Some(Ok(_))) {
            self.0 = Body::empty();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for HeardOut {
    fn drop(&mut self) {
        let body = std::mem::take(&mut self.0);
        if !body.is_end_stream()
            && let Ok(runtime) = Handle::try_current()
        {
            // Neither its end nor its failure changes anything any more.
            runtime.spawn(tokio::time::timeout(PATIENCE, throw_away(body)));
        }
    }
}

async fn throw_away(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await
        && bytes <= BODY_BYTES
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}
