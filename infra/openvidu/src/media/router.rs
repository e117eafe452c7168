//! The media task: one UDP socket, all peer connections, and who receives from whom.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Input;
use str0m::crypto::{CryptoProvider, from_feature_flags};
use str0m::media::MediaData;
use str0m::net::{Protocol, Receive};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::debug;

use super::endpoint::{Endpoint, Outbox, Tiding};
use super::{EndpointId, MediaError, Order};

/// More than any WebRTC packet.
const PACKET: usize = 2000;

pub(super) struct Router {
    socket: UdpSocket,
    address: SocketAddr,
    crypto: Arc<CryptoProvider>,
    endpoints: HashMap<EndpointId, Endpoint>,
}

impl Router {
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self {
            address: socket.local_addr()?,
            socket,
            crypto: Arc::new(from_feature_flags()),
            endpoints: HashMap::new(),
        })
    }

    /// Runs until nobody can send commands any more.
    pub(super) async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        let mut buffer = vec![0; PACKET];
        loop {
            let due = self.settle().await;
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                packet = self.socket.recv_from(&mut buffer) => match packet {
                    Ok((length, from)) => self.receive(&buffer[..length], from),
                    // A browser has closed its port, for example. This does not affect the others.
                    Err(error) => debug!(%error, "media socket"),
                },
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
    }

    fn obey(&mut self, order: Order) {
        // The caller may be gone; then `release` follows.
        match order {
            Order::Publish {
                endpoint,
                offer,
                loopback,
                answer,
            } => {
                let source = loopback.then_some(endpoint);
                let _ = answer.send(self.open(endpoint, source, &offer));
            }
            Order::Subscribe {
                endpoint,
                source,
                offer,
                answer,
            } => {
                let opened = if self.endpoints.contains_key(&source) {
                    self.open(endpoint, Some(source), &offer)
                } else {
                    Err(MediaError::NoSource)
                };
                let _ = answer.send(opened);
            }
            Order::Release(endpoint) => {
                self.endpoints.remove(&endpoint);
            }
        }
    }

    fn open(
        &mut self,
        id: EndpointId,
        source: Option<EndpointId>,
        offer: &str,
    ) -> Result<String, MediaError> {
        let (endpoint, answer) =
            Endpoint::answer(id, source, offer, self.address, &self.crypto, now())
                .map_err(MediaError::Sdp)?;
        self.endpoints.insert(id, endpoint);
        Ok(answer)
    }

    fn receive(&mut self, packet: &[u8], from: SocketAddr) {
        let Ok(contents) = packet.try_into() else {
            return;
        };
        let input = Input::Receive(
            now(),
            Receive {
                proto: Protocol::Udp,
                source: from,
                destination: self.address,
                contents,
            },
        );
        let taker = self
            .endpoints
            .values_mut()
            .find(|endpoint| endpoint.accepts(&input));
        if let (Some(endpoint), Input::Receive(at, packet)) = (taker, input) {
            endpoint.receive(at, packet);
        }
    }

    /// Does everything that can be done now. Returns when there is something to do again.
    ///
    /// It handles one `Tiding` at a time: str0m asks that every peer connection is polled before
    /// the next frame is written to it.
    async fn settle(&mut self) -> Instant {
        let mut outbox = Outbox::default();
        let mut pending = VecDeque::new();
        loop {
            let now = now();
            for endpoint in self.endpoints.values_mut() {
                endpoint.drive(now, &mut outbox);
            }
            for packet in outbox.packets.drain(..) {
                // A lost packet, as on any network. WebRTC repairs it.
                let _ = self
                    .socket
                    .send_to(&packet.contents, packet.destination)
                    .await;
            }
            pending.extend(outbox.tidings.drain(..));
            match pending.pop_front() {
                Some(Tiding::Frame(from, frame)) => self.forward(from, &frame),
                Some(Tiding::KeyframeWanted(of)) => {
                    if let Some(publisher) = self.endpoints.get_mut(&of) {
                        publisher.want_keyframe();
                    }
                }
                None => break,
            }
        }
        let idle = now() + Duration::from_secs(60);
        self.endpoints
            .values()
            .map(Endpoint::due)
            .fold(idle, Instant::min)
    }

    fn forward(&mut self, from: EndpointId, frame: &MediaData) {
        for endpoint in self.endpoints.values_mut() {
            if endpoint.source == Some(from) {
                endpoint.write(frame);
            }
        }
    }
}

/// The time of tokio's clock, which a test may have paused.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
