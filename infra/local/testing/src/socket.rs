//! The minimum of a browser in a call: the WebSocket of openvidu-browser, without media.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The id of the last request on a socket.
const LEAVE: u64 = 99;

/// The WebSocket of somebody in a call.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects with a token. `None` means that the token is dead.
pub async fn enter(token: &str) -> Option<Socket> {
    let (server, session) = token.split_once("?sessionId=").unwrap();
    let session = session.split('&').next().unwrap();
    let url = format!("{server}/openvidu?sessionId={session}");
    let (mut socket, _) = connect_async(url).await.unwrap();
    ask(&mut socket, 0, "ping", json!({ "interval": 5000 })).await;
    let join = json!({
        "token": token, "session": session, "platform": "a test", "metadata": "", "secret": "",
        "sdkVersion": "2.32.2",
    });
    let answer = ask(&mut socket, 1, "joinRoom", join).await;
    answer.get("result").is_some().then_some(socket)
}

/// Leaves as `session.disconnect()` does.
pub async fn disconnect(socket: &mut Socket) {
    // The server may have closed the session, and the socket with it.
    let leave = request(LEAVE, "leaveRoom", &json!({}));
    if socket.send(leave).await.is_ok() {
        answer(socket, LEAVE).await;
    }
    let left = CloseFrame {
        code: CloseCode::from(4102),
        reason: "Connection closed by client".into(),
    };
    let _ = socket.close(Some(left)).await;
}

/// Ends like the socket of a crashed browser: without a close frame.
pub async fn vanish(mut socket: Socket) {
    // The server may have been faster.
    let _ = socket.get_mut().shutdown().await;
    // Unread data at the drop would turn the end into a reset, which is something else.
    while let Some(Ok(_)) = socket.next().await {}
}

/// Sends a request and waits for its answer, skipping everything else.
pub async fn ask(socket: &mut Socket, id: u64, method: &str, params: Value) -> Value {
    socket.send(request(id, method, &params)).await.unwrap();
    answer(socket, id).await
}

/// The answer to a request, or nothing if the socket ends before.
async fn answer(socket: &mut Socket, id: u64) -> Value {
    loop {
        let Some(Ok(message)) = socket.next().await else {
            return Value::Null;
        };
        if let Message::Text(text) = message {
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == id {
                return answer;
            }
        }
    }
}

fn request(id: u64, method: &str, params: &Value) -> Message {
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    Message::text(request.to_string())
}
