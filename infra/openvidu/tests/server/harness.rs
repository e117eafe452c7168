//! A running server, and clients that speak to it like OpenVidu's own.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use openvidu_stand_in::{Settings, serve};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const SECRET: &str = "MY_SECRET";

/// Longer than any step takes. A test that waits for something that never comes fails instead of
/// hanging.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it should have happened by now")
}

/// A stand-in for one test.
pub(crate) struct Server {
    pub(crate) url: String,
    http: Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let mut settings = Settings::new(SECRET);
        change(&mut settings);
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(listener, settings, async {
            let _ = stopped.await;
        }));
        Self {
            url,
            http: http_client(),
            stop,
            served,
        }
    }

    /// Stops it as SIGTERM would, and waits for its end.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        in_time(self.served)
            .await
            .expect("the server does not panic")
            .expect("the server ends well");
    }

    /// A request without credentials.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A request with the right credentials.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, &format!("/openvidu/api{path}"))
            .basic_auth("OPENVIDUAPP", Some(SECRET))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        in_time(self.request(Method::GET, path).send())
            .await
            .expect("the server answers")
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        in_time(self.request(Method::DELETE, path).send())
            .await
            .expect("the server answers")
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        in_time(self.request(Method::POST, path).json(&body).send())
            .await
            .expect("the server answers")
    }

    pub(crate) async fn create_session(&self, id: &str) {
        let response = self
            .post("/sessions", json!({ "customSessionId": id }))
            .await;
        assert_eq!(response.status(), 200);
    }

    /// A new connection as REST describes it.
    pub(crate) async fn connection(&self, session: &str, body: Value) -> Value {
        let response = self
            .post(&format!("/sessions/{session}/connection"), body)
            .await;
        assert_eq!(response.status(), 200);
        json_of(response).await
    }

    pub(crate) async fn token(&self, session: &str, role: &str) -> String {
        let connection = self.connection(session, json!({ "role": role })).await;
        text(&connection["token"])
    }

    pub(crate) async fn browser(&self) -> Browser {
        Browser::open(&self.url).await
    }

    /// A browser that has joined with a new token, and the answer that it got.
    pub(crate) async fn join(&self, session: &str, role: &str) -> (Browser, Value) {
        let token = self.token(session, role).await;
        let mut browser = self.browser().await;
        let welcome = browser
            .join(session, &token)
            .await
            .expect("a fresh token is good");
        (browser, welcome)
    }
}

/// An HTTP client without a connection pool: a paused clock would let idle timers run out.
pub(crate) fn http_client() -> Client {
    // Fails if a provider is installed already, which is fine.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder()
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .expect("a plain client can be built")
}

pub(crate) async fn json_of(response: Response) -> Value {
    in_time(response.json()).await.expect("the answer is JSON")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("it is a string").to_owned()
}

/// The code of a JSON-RPC error.
pub(crate) type Code = i64;

/// The WebSocket side of openvidu-browser.
pub(crate) struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    notifications: VecDeque<Value>,
}

impl Browser {
    pub(crate) async fn open(url: &str) -> Self {
        let url = format!("{}/openvidu?sessionId=any", url.replace("http", "ws"));
        let (socket, _) = in_time(connect_async(url))
            .await
            .expect("the WebSocket opens");
        Self {
            socket,
            next_id: 0,
            notifications: VecDeque::new(),
        }
    }

    /// Sends a request without waiting for its answer. Returns its id.
    pub(crate) async fn send(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": id });
        self.send_text(request.to_string()).await;
        id
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        in_time(self.socket.send(Message::text(text)))
            .await
            .expect("the WebSocket is open");
    }

    /// Calls a method. Returns its result, or the whole error.
    pub(crate) async fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send(method, params).await;
        loop {
            let frame = in_time(self.frame()).await;
            if frame.get("id") != Some(&json!(id)) {
                self.notifications.push_back(frame);
                continue;
            }
            assert_eq!(frame["jsonrpc"], "2.0");
            return match frame.get("error") {
                Some(error) => Err(error.clone()),
                None => Ok(frame["result"].clone()),
            };
        }
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params)
            .await
            .expect("the call succeeds")
    }

    /// Calls a method that must fail. Returns the error's code.
    pub(crate) async fn refused(&mut self, method: &str, params: Value) -> Code {
        let error = self
            .try_call(method, params)
            .await
            .expect_err("the call is refused");
        error["code"].as_i64().expect("an error has a code")
    }

    pub(crate) async fn join(&mut self, session: &str, token: &str) -> Result<Value, Value> {
        self.try_call("joinRoom", joining(session, token)).await
    }

    /// Joins. Returns everything that arrives up to and including the answer.
    pub(crate) async fn join_frames(&mut self, session: &str, token: &str) -> Vec<Value> {
        let id = self.send("joinRoom", joining(session, token)).await;
        let mut frames = Vec::new();
        loop {
            frames.push(in_time(self.frame()).await);
            if frames.last().expect("it was just pushed")["id"] == id {
                return frames;
            }
        }
    }

    /// The parameters of the next notification, which must be of this kind.
    pub(crate) async fn told(&mut self, method: &str) -> Value {
        in_time(self.told_at_last(method)).await
    }

    /// The same without a time limit, for tests that pause the clock.
    pub(crate) async fn told_at_last(&mut self, method: &str) -> Value {
        let frame = match self.notifications.pop_front() {
            Some(frame) => frame,
            None => self.frame().await,
        };
        assert_eq!(frame["method"], method, "{frame}");
        assert_eq!(frame.get("id"), None);
        frame["params"].clone()
    }

    /// All notifications so far that no test has read yet.
    pub(crate) async fn told_so_far(&mut self) -> Vec<Value> {
        // The answer comes after everything that was sent before it.
        self.call("ping", json!({})).await;
        self.notifications.drain(..).collect()
    }

    /// Waits until the server closes the WebSocket. Returns code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(frame))) => {
                    let frame = frame.expect("the server gives a code");
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a close: {other:?}"),
            }
        }
    }

    /// All notifications until the server closes the WebSocket in the usual way.
    pub(crate) async fn told_until_closed(&mut self) -> Vec<Value> {
        let mut told: Vec<Value> = self.notifications.drain(..).collect();
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    told.push(serde_json::from_str(&text).expect("frames are JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    assert_eq!(u16::from(frame.code), 1000);
                    return told;
                }
                other => panic!("the socket ended without a close: {other:?}"),
            }
        }
    }

    /// Closes the WebSocket as openvidu-browser does after it has left.
    pub(crate) async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.to_owned().into(),
        };
        in_time(self.socket.close(Some(frame)))
            .await
            .expect("it is open");
        // Read until the server has answered: then it has noticed.
        in_time(async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }

    /// Ends the connection without a close frame, as the system does for a crashed browser.
    pub(crate) async fn vanish(mut self) {
        let stream = self.socket.get_mut();
        in_time(stream.shutdown()).await.expect("it is open");
        // Unread data at the drop would turn this into a reset.
        in_time(async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }

    /// Resets the connection.
    pub(crate) fn reset(self) {
        let MaybeTlsStream::Plain(stream) = self.socket.get_ref() else {
            panic!("this is plain HTTP");
        };
        stream.set_zero_linger().expect("it is open");
    }

    /// Sends a request that is never answered. A later one is answered.
    pub(crate) async fn unanswered(&mut self, method: &str, params: Value) {
        self.send(method, params).await;
        self.call("echo", json!({})).await;
        assert_eq!(self.notifications, Vec::<Value>::new(), "{method}");
    }

    /// Waits until the server cuts the connection without a close frame.
    pub(crate) async fn cut(&mut self) {
        match self.socket.next().await {
            None | Some(Err(_)) => {}
            Some(Ok(frame)) => panic!("the server said {frame:?}"),
        }
    }

    async fn frame(&mut self) -> Value {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).expect("frames are JSON");
                }
                Some(Ok(_)) => {}
                other => panic!("the socket ended: {other:?}"),
            }
        }
    }
}

/// The parameters of openvidu-browser's join.
fn joining(session: &str, token: &str) -> Value {
    json!({
        "token": token,
        "session": session,
        "platform": "Chrome 156.0.0.0 on Linux 64-bit",
        "sdkVersion": "2.32.2",
        "metadata": "{\"clientData\":\"somebody\"}",
        "secret": "",
        "recorder": false,
        "stt": false,
    })
}
