//! Carries media between browsers: an SFU for VP8 and Opus on top of `str0m`, in one task. Knows
//! endpoints and SDP, but no sessions, participants or JSON.

mod endpoint;
mod router;
mod stun;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use router::Router;

/// One peer connection, either of a publisher or of a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EndpointId(u64);

#[cfg(test)]
impl EndpointId {
    pub(crate) fn test(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// Why there is no SDP answer.
#[derive(Debug, Error)]
pub(crate) enum MediaError {
    /// The offer could not be parsed.
    #[error("the SDP offer is not usable")]
    Sdp(#[source] str0m::RtcError),
    /// The stream to receive no longer exists.
    #[error("the stream has ended")]
    NoSource,
    /// The media task has ended, together with the server.
    #[error("the media server has stopped")]
    Stopped,
}

/// A command to the media task.
enum Order {
    Publish {
        endpoint: EndpointId,
        offer: String,
        loopback: bool,
        answer: oneshot::Sender<Result<String, MediaError>>,
    },
    Subscribe {
        endpoint: EndpointId,
        source: EndpointId,
        offer: String,
        answer: oneshot::Sender<Result<String, MediaError>>,
    },
    Release(EndpointId),
}

/// A handle to the media task. The task ends when the handle is dropped.
pub(crate) struct Media {
    orders: UnboundedSender<Order>,
    next_endpoint: AtomicU64,
    stun: SocketAddr,
}

impl Media {
    /// Opens the sockets for media and STUN on `ip` and starts their tasks.
    ///
    /// # Errors
    ///
    /// If a UDP socket cannot be bound.
    pub(crate) async fn start(ip: IpAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        // STUN has a socket of its own. Chrome hands everything from the address of a configured
        // STUN server to its STUN client, so answers to connectivity checks would never get
        // through.
        let stun_socket = UdpSocket::bind((ip, 0)).await?;
        let stun = stun_socket.local_addr()?;
        let (orders, received) = unbounded_channel();
        let router = Router::new(socket)?;
        let stun_server = tokio::spawn(stun::serve(stun_socket));
        tokio::spawn(async move {
            router.run(received).await;
            stun_server.abort();
        });
        Ok(Self {
            orders,
            next_endpoint: AtomicU64::new(0),
            stun,
        })
    }

    /// The STUN server for browsers, so that they ask none on the internet.
    pub(crate) fn stun_url(&self) -> String {
        format!("stun:{}", self.stun)
    }

    pub(crate) fn new_endpoint(&self) -> EndpointId {
        EndpointId(self.next_endpoint.fetch_add(1, Ordering::Relaxed))
    }

    /// Takes a browser's offer to send. A new offer for the same endpoint replaces the earlier peer
    /// connection, and the viewers go on.
    ///
    /// # Errors
    ///
    /// If the offer is not usable.
    pub(crate) async fn publish(
        &self,
        endpoint: EndpointId,
        offer: String,
        loopback: bool,
    ) -> Result<String, MediaError> {
        self.ask(|answer| Order::Publish {
            endpoint,
            offer,
            loopback,
            answer,
        })
        .await
    }

    /// Sends the stream of `source` to the browser that made this offer.
    ///
    /// # Errors
    ///
    /// If the offer is not usable or the stream is gone.
    pub(crate) async fn subscribe(
        &self,
        endpoint: EndpointId,
        source: EndpointId,
        offer: String,
    ) -> Result<String, MediaError> {
        self.ask(|answer| Order::Subscribe {
            endpoint,
            source,
            offer,
            answer,
        })
        .await
    }

    /// Ends a peer connection.
    pub(crate) fn release(&self, endpoint: EndpointId) {
        // If the task is gone, so is the endpoint.
        let _ = self.orders.send(Order::Release(endpoint));
    }

    async fn ask(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<String, MediaError>>) -> Order,
    ) -> Result<String, MediaError> {
        let (sender, answer) = oneshot::channel();
        self.orders
            .send(order(sender))
            .map_err(|_| MediaError::Stopped)?;
        answer.await.map_err(|_| MediaError::Stopped)?
    }
}
