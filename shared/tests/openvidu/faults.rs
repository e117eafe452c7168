//! Servers that are not there, are slow, break off, fail, or send too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use shared::domain::Role;
use shared::ports::{VideoError, VideoServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    REQUESTS, SECRET, TOKEN, always, answering, ask, connection, openvidu, session, user, within,
};

/// A server that answers every connection with these bytes and closes it.
async fn sending(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // The request arrives in one piece, so this reads all of it.
            let _ = stream.read(&mut [0; 4096]).await;
            // The client may have hung up already.
            let _ = stream.write_all(&answer).await;
        }
    });
    url
}

/// An answer with a JSON body.
fn with_body(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n\r\n{body}").into()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for request in REQUESTS {
        let refused = ask(&openvidu(&url), request).await;
        assert!(
            matches!(refused, Err(VideoError::Unreachable(_))),
            "{request}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_times_out_and_a_slow_one_does_not() {
    let server = always(ResponseTemplate::new(200).set_delay(Duration::from_millis(300))).await;
    openvidu(&server.uri()).open(&session()).await.unwrap();
    let impatient = within(Duration::from_millis(100), &server.uri());
    // The time limit is for all requests together: nothing is left for the second one.
    for _ in 0..2 {
        let late = impatient.open(&session()).await;
        assert!(matches!(late, Err(VideoError::TimedOut)), "{late:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let body = json!({ "connectionId": "con_A1", "token": TOKEN, "content": [] }).to_string();
    let half = &body[..body.len() / 2];
    let broken = [
        // Shorter than the header says.
        with_body(&format!("content-length: {}", body.len()), half),
        with_body("content-length: 40", ""),
        // The next chunk does not come, or is not a chunk.
        with_body("transfer-encoding: chunked", "5\r\n{\"con\r\n"),
        with_body("transfer-encoding: chunked", "5\r\n{\"con\r\nzz\r\n"),
        // Nothing says how long it is.
        with_body("connection: close", half),
        // Not even the head is complete.
        b"HTTP/1.1 200 O".to_vec(),
        Vec::new(),
    ];
    for answer in broken {
        let url = sending(answer.clone()).await;
        for request in ["connect", "seats", "all_seats"] {
            let lost = ask(&openvidu(&url), request).await;
            assert!(
                matches!(lost, Err(VideoError::Unreachable(_))),
                "{request}, {}: {lost:?}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_has_no_end_is_not_read_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sending = tokio::spawn(async move {
        let mut sent = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let head = with_body("connection: close", "[");
            stream.write_all(&head).await.unwrap();
            let blanks = [b' '; 1 << 16];
            let mut bytes = 0_usize;
            while stream.write_all(&blanks).await.is_ok() {
                bytes += blanks.len();
            }
            sent.push(bytes);
        }
        sent
    });
    for request in ["connect", "all_seats"] {
        let endless = ask(&openvidu(&url), request).await;
        assert!(
            matches!(endless, Err(VideoError::Unreadable(_))),
            "{request}: {endless:?}"
        );
    }
    let sent = sending.await.unwrap();
    // What was in transit when we hung up counts as sent: up to some MB in the system's buffers.
    assert!(sent[0] < 16 << 20 && sent[1] < 80 << 20, "{sent:?}");
}

#[tokio::test]
async fn an_exception_in_the_server_is_transient_and_a_ban_is_not() {
    let locked = json!({ "message": "Timeout waiting for Session S closing lock to be available" });
    let banned = "<html>\r\n<head><title>403 Forbidden</title></head>";
    for (answer, transient) in [
        (ResponseTemplate::new(403), true),
        (ResponseTemplate::new(403).set_body_string(banned), false),
        (ResponseTemplate::new(400).set_body_json(locked), true),
        (ResponseTemplate::new(400), false),
    ] {
        let server = always(answer).await;
        let error = openvidu(&server.uri()).close(&session()).await.unwrap_err();
        assert_eq!(
            matches!(error, VideoError::Transient(_)),
            transient,
            "{error}"
        );
        assert_eq!(
            matches!(error, VideoError::Unexpected(_)),
            !transient,
            "{error}"
        );
    }
}

/// A server that was restarted: it ends the first connection at its second request, without an answer.
async fn restarted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut requests = 1;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_requests(stream, requests));
            requests = usize::MAX;
        }
    });
    url
}

async fn answer_requests(mut stream: TcpStream, count: usize) {
    let body = json!({
        "connectionId": "con_A1", "token": TOKEN, "content": [],
        "createdAt": 0, "connections": { "content": [] },
    });
    let body = body.to_string();
    let found = with_body(&format!("content-length: {}", body.len()), &body);
    let mut request = [0; 4096];
    for _ in 0..count {
        let length = stream.read(&mut request).await.unwrap_or_default();
        let answer = match &request[..length] {
            [] => return,
            [b'D', ..] => b"HTTP/1.1 204 No Content\r\n\r\n".as_slice(),
            _ => &found,
        };
        let _ = stream.write_all(answer).await;
    }
    let _ = stream.read(&mut request).await;
}

#[tokio::test]
async fn a_request_on_a_connection_that_has_ended_is_sent_once_more() {
    for request in REQUESTS {
        let openvidu = openvidu(&restarted().await);
        for _ in 0..3 {
            let asked = ask(&openvidu, request).await;
            assert!(asked.is_ok(), "{request}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_sent_twice() {
    for request in REQUESTS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
            }
        });
        let asked = ask(&openvidu(&url), request).await;
        assert!(
            matches!(asked, Err(VideoError::Unreachable(_))),
            "{request}: {asked:?}"
        );
        assert_eq!(connections.load(Ordering::SeqCst), 2, "{request}");
    }
}

/// The first time it may have been ended, and only the answer was lost.
#[tokio::test]
async fn an_eviction_that_was_sent_once_more_may_find_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        drop(stream);
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(answer).await;
    });
    let gone = openvidu(&url).evict(&session(), &connection()).await;
    assert!(gone.unwrap());
}

/// A server that answers the first request with `first` and all later ones with `then`.
async fn twice(first: u16, then: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = |status| Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(status));
    answer(first).up_to_n_times(1).mount(&server).await;
    answer(then).mount(&server).await;
    server
}

#[tokio::test]
async fn an_eviction_that_the_server_fails_at_is_asked_for_once_more() {
    for first in [403, 429, 500, 502, 503, 200] {
        // It is gone by now, or the second request ends it.
        for then in [204, 404, 400] {
            let server = twice(first, then).await;
            let gone = openvidu(&server.uri())
                .evict(&session(), &connection())
                .await;
            assert!(gone.unwrap(), "{first}, {then}");
        }
        let server = twice(first, 403).await;
        let error = openvidu(&server.uri())
            .evict(&session(), &connection())
            .await;
        assert!(
            matches!(error, Err(VideoError::Transient(_))),
            "{first}: {error:?}"
        );
        assert_eq!(
            server.received_requests().await.unwrap().len(),
            2,
            "{first}"
        );
    }
    for sure in [204, 404, 400, 401] {
        let server = twice(sure, 500).await;
        let _ = openvidu(&server.uri())
            .evict(&session(), &connection())
            .await;
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{sure}");
    }
}

#[tokio::test]
async fn an_error_has_the_servers_own_words_and_no_secret() {
    let credentials = "T1BFTlZJRFVBUFA6TVlfU0VDUkVU";
    let long = "Parameter 'x' is wrong. ".repeat(1000);
    for (body, words) in [
        (
            json!({ "message": "Type error\r\nin \u{1b}[31msome\u{0} parameter" }),
            "Type error in [31msome parameter",
        ),
        (
            json!({ "message": format!("{SECRET} is not {credentials}") }),
            "(secret) is not (secret)",
        ),
        (
            json!({ "message": format!("no token {TOKEN}, nor tok_A1") }),
            "no token wss://video.example.org:4443?sessionId=TUTORIAL-3f9c21d07b58-0000000000000001&token=(token), nor (token)",
        ),
        (json!({ "message": long }), &long[..300]),
        (json!(["some", "JSON"]), r#"["some","JSON"]"#),
        (json!({ "message": 7 }), r#"{"message":7}"#),
    ] {
        let server = answering(418, body).await;
        let error = openvidu(&server.uri()).open(&session()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the video server answered 418 to making a session: {words}")
        );
    }
    let silent = always(ResponseTemplate::new(418)).await;
    let error = openvidu(&silent.uri()).open(&session()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the video server answered 418 to making a session"
    );
    let html =
        always(ResponseTemplate::new(418).set_body_bytes(b"<h1>no\xff</h1>".as_slice())).await;
    let error = openvidu(&html.uri()).open(&session()).await.unwrap_err();
    assert!(
        error.to_string().ends_with(": <h1>no\u{fffd}</h1>"),
        "{error}"
    );
}

#[tokio::test]
async fn errors_and_debug_output_show_neither_secret_nor_token() {
    let made = json!({ "connectionId": "con_A1", "token": TOKEN });
    let server = answering(200, made).await;
    let openvidu = openvidu(&server.uri());
    let made = openvidu
        .connect(&session(), &user(), Role::Publisher, None)
        .await;
    let shown = format!("{openvidu:?} {made:?}");
    assert!(
        !shown.contains(SECRET) && !shown.contains("tok_"),
        "{shown}"
    );
}
