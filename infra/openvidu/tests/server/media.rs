//! Real media through the stand-in, with `str0m` as the browser.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::crypto::from_feature_flags;
use str0m::media::{Direction, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::harness::{Browser, Server, in_time, text};

/// What openvidu-browser sends with `publishVideo` for a camera.
pub(crate) fn publication(offer: &str) -> Value {
    json!({
        "doLoopback": false, "hasAudio": true, "hasVideo": true,
        "audioActive": true, "videoActive": true, "typeOfVideo": "CAMERA", "frameRate": 30,
        "videoDimensions": "{\"width\":640,\"height\":480}", "sdpOffer": offer,
    })
}

/// An offer without a real peer connection, for tests that need no media.
pub(crate) async fn offer(direction: Direction) -> String {
    Peer::new(direction).await.1
}

#[tokio::test]
async fn frames_reach_a_viewer_who_can_start_at_once() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "SUBSCRIBER").await;

    let (mut sending, stream) = publish(&mut alice).await;
    let mut receiving = subscribe(&mut bob, &stream).await;
    assert_eq!(in_time(sending.next()).await, Happening::KeyframeRequest);
    for _ in 0..10 {
        let Happening::Frame(frame) = in_time(receiving.next()).await else {
            panic!("viewers are asked for nothing");
        };
        assert_eq!(frame[..6], FRAME[..6]);
    }

    // The publisher's peer connection is replaced. The viewer's stays and goes on.
    let (peer, offer) = Peer::new(Direction::SendOnly).await;
    let answer = alice
        .call(
            "reconnectStream",
            json!({ "stream": stream, "sdpString": offer }),
        )
        .await;
    assert_eq!(answer["id"], stream.as_str());
    drop(sending);
    receiving.forget();
    let _sending = peer.connect(&text(&answer["sdpAnswer"]));
    assert!(matches!(
        in_time(receiving.next()).await,
        Happening::Frame(_)
    ));

    // Now the viewer's is replaced.
    let (peer, offer) = Peer::new(Direction::RecvOnly).await;
    let params = json!({ "stream": stream, "sdpOffer": offer, "forciblyReconnect": false });
    let answer = bob.call("reconnectStream", params).await;
    let mut receiving = peer.connect(&text(&answer["sdpAnswer"]));
    assert!(matches!(
        in_time(receiving.next()).await,
        Happening::Frame(_)
    ));
    server.stop().await;
}

#[tokio::test]
async fn a_publisher_can_subscribe_to_its_own_stream() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (peer, offer) = Peer::new(Direction::SendRecv).await;
    let mut params = publication(&offer);
    params["doLoopback"] = json!(true);
    let answer = alice.call("publishVideo", params).await;
    let mut both_ways = peer.connect(&text(&answer["sdpAnswer"]));
    loop {
        if let Happening::Frame(frame) = in_time(both_ways.next()).await {
            assert_eq!(frame[..6], FRAME[..6]);
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn the_server_answers_stun_beside_its_media() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (_alice, welcome) = server.join("room", "PUBLISHER").await;
    let url = text(&welcome["customIceServers"][0]["url"]);
    let address: SocketAddr = url
        .strip_prefix("stun:")
        .expect("a STUN server")
        .parse()
        .expect("an address");
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], [7; 12].as_slice()].concat();
    socket.send_to(&request, address).await.expect("loopback");
    let mut buffer = [0; 100];
    let (length, _) = in_time(socket.recv_from(&mut buffer))
        .await
        .expect("an answer");
    assert_eq!(buffer[..2], [1, 1]);
    assert_eq!(buffer[4..length][..16], request[4..]);
    server.stop().await;
}

async fn publish(browser: &mut Browser) -> (Running, String) {
    let (peer, offer) = Peer::new(Direction::SendOnly).await;
    let answer = browser.call("publishVideo", publication(&offer)).await;
    let sdp = text(&answer["sdpAnswer"]);
    assert!(sdp.contains("a=recvonly") && sdp.contains("VP8/90000") && sdp.contains("opus/48000"));
    (peer.connect(&sdp), text(&answer["id"]))
}

async fn subscribe(browser: &mut Browser, stream: &str) -> Running {
    let (peer, offer) = Peer::new(Direction::RecvOnly).await;
    let params = json!({ "sender": stream, "sdpOffer": offer });
    let answer = browser.call("receiveVideoFrom", params).await;
    let sdp = text(&answer["sdpAnswer"]);
    assert!(sdp.contains("a=sendonly"));
    peer.connect(&sdp)
}

/// The header of a VP8 keyframe.
const FRAME: [u8; 64] = {
    let mut frame = [0x55; 64];
    frame[0] = 0x10;
    frame[3] = 0x9d;
    frame[4] = 0x01;
    frame[5] = 0x2a;
    frame
};
const FRAME_PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, PartialEq)]
enum Happening {
    Frame(Vec<u8>),
    KeyframeRequest,
}

/// A peer connection with its offer.
struct Peer {
    rtc: Rtc,
    pending: SdpPendingOffer,
    video: Mid,
    sends: bool,
    socket: UdpSocket,
}

/// A peer connection that sends or receives until this is dropped.
struct Running {
    happenings: UnboundedReceiver<Happening>,
    task: JoinHandle<()>,
}

impl Running {
    async fn next(&mut self) -> Happening {
        self.happenings.recv().await.expect("the peer is running")
    }

    fn forget(&mut self) {
        while self.happenings.try_recv().is_ok() {}
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    async fn new(direction: Direction) -> (Self, String) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::new(from_feature_flags()))
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a host candidate"));
        let mut change = rtc.sdp_api();
        change.add_media(MediaKind::Audio, direction, None, None, None);
        let video = change.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = change.apply().expect("media was added");
        let peer = Self {
            rtc,
            pending,
            video,
            sends: direction != Direction::RecvOnly,
            socket,
        };
        (peer, offer.to_sdp_string())
    }

    fn connect(self, answer: &str) -> Running {
        let Self {
            mut rtc,
            pending,
            video,
            sends,
            socket,
        } = self;
        let answer = SdpAnswer::from_sdp_string(answer).expect("the answer is SDP");
        rtc.sdp_api()
            .accept_answer(pending, answer)
            .expect("the answer fits the offer");
        let (sender, happenings) = unbounded_channel();
        let task = tokio::spawn(run(rtc, video, sends, socket, sender));
        Running { happenings, task }
    }
}

async fn run(
    mut rtc: Rtc,
    video: Mid,
    sends: bool,
    socket: UdpSocket,
    happenings: UnboundedSender<Happening>,
) {
    let mut ticks = tokio::time::interval(FRAME_PAUSE);
    let mut sent = 0;
    let mut connected = false;
    let mut buffer = [0; 2000];
    loop {
        let due = loop {
            match rtc.poll_output().expect("the peer connection holds") {
                Output::Timeout(due) => break due,
                Output::Transmit(packet) => {
                    let _ = socket.send_to(&packet.contents, packet.destination).await;
                }
                Output::Event(Event::Connected) => connected = true,
                Output::Event(Event::MediaData(frame)) if frame.mid == video => {
                    let _ = happenings.send(Happening::Frame(frame.data.to_vec()));
                }
                Output::Event(Event::KeyframeRequest(_)) => {
                    let _ = happenings.send(Happening::KeyframeRequest);
                }
                Output::Event(_) => {}
            }
        };
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => {}
            _ = ticks.tick(), if sends && connected => {
                sent += 1;
                let writer = rtc.writer(video).expect("video was negotiated");
                let payload_type = writer.payload_params().next().expect("a codec").pt();
                let time = MediaTime::from_90khz(sent * 1800);
                writer.write(payload_type, Instant::now(), time, FRAME).expect("a frame is written");
            }
            packet = socket.recv_from(&mut buffer) => {
                let (length, source) = packet.expect("loopback");
                let Ok(contents) = buffer[..length].try_into() else { continue };
                let destination = socket.local_addr().expect("it is bound");
                let packet = Receive { proto: Protocol::Udp, source, destination, contents };
                rtc.handle_input(Input::Receive(Instant::now(), packet)).expect("a good packet");
            }
        }
        rtc.handle_input(Input::Timeout(Instant::now()))
            .expect("time passes");
    }
}
