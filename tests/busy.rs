//! More work than the machine takes: told at once, with a time to come back, and never an error of another kind.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use vivat::service::inference::Inference;
use vivat::vision::{PackChoice, Pipeline};

use crate::support::database::TestDatabase;
use crate::support::server::{KNOWN, OpenedSession, TestServer, answer, models, photo};

/// Bytes of the largest request that is taken.
const LARGEST: usize = vivat::http::layers::BODY_BYTES;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_a_503_with_a_time_to_come_back() {
    let database = TestDatabase::sqlite();
    let pipeline = Pipeline::load(&models(), PackChoice::Auto).unwrap();
    let server = TestServer::start_with(&database.url, Inference::new(pipeline, 1).unwrap().with_queue(8)).await;
    let mut sessions = Vec::new();
    for _ in 0..24 {
        sessions.push(server.open(KNOWN, "kiosk").await);
    }
    let picture = photo("obama2.jpg");
    let sending = sessions.iter().map(|session| answer(server.send_frame(session, picture.clone())));
    let answers = futures_util::future::join_all(sending).await;
    let (accepted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert!(accepted.len() >= 9, "one at work and eight in the queue, but {} were accepted", accepted.len());
    assert!(!refused.is_empty(), "nothing was refused");
    for answer in refused {
        assert_eq!((answer.status, answer.problem()), (503, "busy"));
        assert_eq!(answer.headers["retry-after"], "2");
    }
    // Who comes back is served, and the refused frame left nothing behind.
    for (session, answered) in sessions.iter().zip(&answers).filter(|(_, answer)| answer.status == 503).take(2) {
        assert_eq!(answered.problem(), "busy");
        assert_eq!(answer(server.send_frame(session, picture.clone())).await.body["frames"], 1);
    }
}

/// A decision holds the write lock: behind pictures it would keep everybody waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_does_not_wait_behind_pictures() {
    let database = TestDatabase::sqlite();
    let pipeline = Pipeline::load(&models(), PackChoice::Auto).unwrap();
    let server = TestServer::start_with(&database.url, Inference::new(pipeline, 1).unwrap()).await;
    let picture = photo("obama2.jpg");
    let decided = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&decided, picture.clone())).await.status, 201);
    let mut sending = JoinSet::new();
    for _ in 0..8 {
        let session = server.open(KNOWN, "kiosk").await;
        sending.spawn(answer(server.send_frame(&session, picture.clone())));
    }
    assert_eq!(sending.join_next().await.unwrap().unwrap().status, 201);
    let asked = Instant::now();
    assert_eq!(answer(server.complete(&decided)).await.status, 201);
    let (waited, asked) = (asked.elapsed(), Instant::now());
    sending.join_all().await;
    assert!(waited < asked.elapsed(), "the decision took {waited:?}, and nothing was left to do then");
}

/// The beginning of the largest upload that is taken.
fn upload_head(address: &str, session: &OpenedSession) -> String {
    format!(
        "POST /v1/sessions/{}/captures HTTP/1.1\r\nhost: {address}\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: {LARGEST}\r\n\r\n\
         --x\r\ncontent-disposition: form-data; name=\"frame\"; filename=\"frame\"\r\n\r\n",
        session.id
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_uploads_lock_nobody_out() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let address = server.base.trim_start_matches("http://");
    let mut idle = Vec::new();
    for _ in 0..40 {
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        connection.write_all(upload_head(address, &session).as_bytes()).await.unwrap();
        idle.push(connection);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_beyond_the_memory_of_a_node_are_asked_to_come_back() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let address = server.base.trim_start_matches("http://");
    let (head, almost) = (upload_head(address, &session), vec![0xff; LARGEST - 1024 * 1024]);
    let mut slow = Vec::new();
    for _ in 0..11 {
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&almost).await.unwrap();
        slow.push(connection);
    }
    let upload = || answer(server.send_frame(&session, vec![0xff; 20 * 1024 * 1024]));
    let refused = loop {
        // What was written may need a moment until it has arrived.
        let answered = upload().await;
        if answered.status == 503 {
            break answered;
        }
    };
    assert_eq!(refused.problem(), "busy");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(answer(server.complete(&session)).await.problem(), "no_captures", "small requests go on");
    drop(slow);
    let later = loop {
        let answered = upload().await;
        if answered.status != 503 {
            break answered;
        }
    };
    assert_eq!(later.problem(), "image_too_many_bytes");
}
