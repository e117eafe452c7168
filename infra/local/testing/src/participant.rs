//! The minimum of a client in a room: the WebSocket of signalling, without media. The server lists it as joined,
//! and drops it after about a minute.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A server that says nothing for so long will not.
const PATIENCE: Duration = Duration::from_secs(30);

/// The message `leave` of a `SignalRequest`, in protocol buffers: field 8, which is empty.
const LEAVE: [u8; 2] = [(8 << 3) | 2, 0];

/// The WebSocket of somebody in a room.
pub struct Participant(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Participant {
    /// Connects to the server at `url` with `token`, and returns when the server says that it has joined.
    ///
    /// # Errors
    /// The status with which the server refuses.
    pub async fn join(url: &str, token: &str) -> Result<Self, u16> {
        let server = url.replacen("http", "ws", 1);
        let address = format!("{server}/rtc?access_token={token}&protocol=15&sdk=rust");
        let mut socket = match connect_async(address).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(answer)) => return Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        };
        // The first message says so.
        let joined = timeout(PATIENCE, socket.next()).await.unwrap();
        joined.unwrap().unwrap();
        Ok(Self(socket))
    }

    /// Leaves as a client does whose user wants to.
    pub async fn leave(mut self) {
        // The server may have removed them already.
        let _ = self.0.send(Message::binary(LEAVE.to_vec())).await;
        self.until_gone().await;
    }

    /// Does the server still hold the connection?
    pub fn is_there(&mut self) -> bool {
        loop {
            match self.0.next().now_or_never() {
                None => return true,
                Some(Some(Ok(message))) if !message.is_close() => (),
                Some(_) => return false,
            }
        }
    }

    /// Waits until the server ends the connection.
    pub async fn until_gone(mut self) {
        let ended = async { while let Some(Ok(_)) = self.0.next().await {} };
        timeout(PATIENCE, ended).await.unwrap();
    }
}
