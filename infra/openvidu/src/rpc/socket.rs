//! One WebSocket: reading and writing frames, pings, and its end.
//!
//! How a socket ends decides what happens to its participant (`afterConnectionClosed` of
//! `RpcHandler.java`, 2.32.2). The close *reason* counts, not the code:
//!
//! - The reason says that the client closes: nothing happens, because it has left before.
//! - The client vanished or wants to reconnect: it is evicted if it is not back in time.
//! - Any other reason, or a reset connection: the participant stays in the session as a ghost.
//!
//! Whoever is away for any of these reasons is evicted by the next notification (`rooms::notices`).

use std::error::Error;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use tracing::debug;

use super::caller::Caller;
use crate::hub::{Hub, Outgoing, Socket};

/// The longest message that a real server accepts (`InfoSocketConfig.java`).
pub(super) const MESSAGE_LIMIT: usize = 50 * 1024;
/// How many pings may be missed before a client counts as gone.
const MISSED_PINGS: u32 = 3;
const NO_PING: &str = "Close for not receive ping from client";
const RECONNECTING: &str = "Connection closed for reconnection";
/// How long the other side has to answer a close.
const CLOSING: Duration = Duration::from_secs(1);

/// Who opened a WebSocket.
pub(super) struct Visitor {
    pub(super) ip: String,
    /// The value of the cookie. Its first 16 characters name the "final user".
    pub(super) http_session: String,
}

/// Serves a WebSocket until it ends, and handles its end.
pub(super) async fn serve(mut websocket: WebSocket, hub: Arc<Hub>, visitor: Visitor) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (sender, outgoing) = unbounded_channel();
    let socket = Socket {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        sender,
    };
    let mut caller = Caller::new(Arc::clone(&hub), socket, visitor);
    let end = converse(&mut websocket, &mut caller, outgoing, &hub).await;
    debug!(socket = caller.socket.id, end, "WebSocket ended");
    if let Some(rpc) = &caller.rpc {
        let evict = matches!(end.as_str(), "" | RECONNECTING | NO_PING);
        hub.lose_line(rpc, caller.socket.id, evict);
    }
    // Waiting for the closing handshake comes last: a vanished client would only delay the rest.
    tokio::select! {
        () = async { while let Some(Ok(_)) = websocket.recv().await {} } => {}
        () = tokio::time::sleep(CLOSING) => {}
        () = hub.stopping.cancelled() => {}
    }
}

/// Reads and writes until the socket ends. Returns the reason of the end, or an empty string.
async fn converse(
    websocket: &mut WebSocket,
    caller: &mut Caller,
    mut outgoing: UnboundedReceiver<Outgoing>,
    hub: &Hub,
) -> String {
    let mut ping_due = None;
    loop {
        tokio::select! {
            // Send what is queued before ending.
            biased;
            Some(frame) = outgoing.recv() => match frame {
                Outgoing::Text(text) => {
                    if let Err(error) = websocket.send(Message::text(text)).await {
                        return broken(&error);
                    }
                }
                Outgoing::Close { code, reason } => {
                    close(websocket, code, reason).await;
                    return String::new();
                }
            },
            // Cut the connection without a close frame.
            () = hub.stopping.cancelled() => return String::new(),
            () = until(ping_due) => {
                close(websocket, 1000, NO_PING).await;
                return NO_PING.to_owned();
            }
            message = websocket.recv() => match message {
                Some(Ok(Message::Text(text))) if text.len() > MESSAGE_LIMIT => {
                    let reason = "The decoded text message was too big for the output buffer";
                    close(websocket, 1009, reason).await;
                    return reason.to_owned();
                }
                Some(Ok(Message::Text(text))) => {
                    if hub.settings.faults.get().silent_rpc {
                        continue;
                    }
                    if let Some(interval) = caller.handle(&text).await {
                        ping_due = Some(Instant::now() + interval * MISSED_PINGS);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                }
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                Some(Err(error)) => return broken(&error),
                None => return String::new(),
            },
        }
    }
}

/// The reason for a broken connection: empty, unless it was reset.
fn broken(error: &axum::Error) -> String {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::ConnectionReset
        {
            return "Connection reset".to_owned();
        }
        cause = error.source();
    }
    String::new()
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => pending().await,
    }
}

async fn close(websocket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    // The socket may be closed already.
    let _ = websocket.send(Message::Close(Some(frame))).await;
}
