//! One peer connection and its state. Does no IO: whatever has to be sent or reported goes into an
//! `Outbox`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::crypto::CryptoProvider;
use str0m::media::{KeyframeRequestKind, MediaData, MediaKind, Mid};
use str0m::net::{Receive, Transmit};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcError};
use tracing::debug;

use super::EndpointId;

/// A publisher is asked for a keyframe at most this often, however many viewers need one.
const KEYFRAME_PAUSE: Duration = Duration::from_millis(300);

/// What endpoints want to have done.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) packets: Vec<Transmit>,
    pub(super) tidings: Vec<Tiding>,
}

/// News of one endpoint that concerns others.
pub(super) enum Tiding {
    /// A frame came from this publisher.
    Frame(EndpointId, Box<MediaData>),
    /// A viewer of this publisher cannot go on without a keyframe.
    KeyframeWanted(EndpointId),
}

pub(super) struct Endpoint {
    id: EndpointId,
    rtc: Rtc,
    /// The publisher whose frames are sent to this browser.
    pub(super) source: Option<EndpointId>,
    audio: Option<Mid>,
    video: Option<Mid>,
    /// When `rtc` wants to be called again.
    due: Instant,
    /// Has anything happened to `rtc` since it was last polled?
    touched: bool,
    keyframe_wanted: bool,
    keyframe_asked: Option<Instant>,
}

impl Endpoint {
    /// Answers a browser's offer. Returns the endpoint and the SDP of the answer.
    pub(super) fn answer(
        id: EndpointId,
        source: Option<EndpointId>,
        offer: &str,
        address: SocketAddr,
        crypto: &Arc<CryptoProvider>,
        now: Instant,
    ) -> Result<(Self, String), RtcError> {
        // ICE lite: the browser does the connectivity checks, so we do not need to know its
        // candidates.
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::clone(crypto))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_ice_lite(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        let offer = SdpOffer::from_sdp_string(offer)?;
        let answer = rtc.sdp_api().accept_offer(offer)?;
        let endpoint = Self {
            id,
            rtc,
            source,
            audio: None,
            video: None,
            due: now,
            touched: true,
            keyframe_wanted: false,
            keyframe_asked: None,
        };
        Ok((endpoint, answer.to_sdp_string()))
    }

    /// When this endpoint has to be driven again.
    pub(super) fn due(&self) -> Instant {
        match self.keyframe_due() {
            Some(keyframe_due) => self.due.min(keyframe_due),
            None => self.due,
        }
    }

    pub(super) fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.is_alive() && self.rtc.accepts(input)
    }

    pub(super) fn receive(&mut self, now: Instant, packet: Receive<'_>) {
        self.handle(Input::Receive(now, packet));
    }

    pub(super) fn want_keyframe(&mut self) {
        self.keyframe_wanted = true;
    }

    /// Advances the time and takes out everything that is ready.
    pub(super) fn drive(&mut self, now: Instant, outbox: &mut Outbox) {
        if self.due <= now {
            self.handle(Input::Timeout(now));
        }
        self.ask_for_keyframe(now);
        if !self.touched {
            return;
        }
        self.touched = false;
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(packet)) => outbox.packets.push(packet),
                Ok(Output::Event(event)) => self.heed(event, outbox),
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    return;
                }
                Err(error) => self.fail(&error),
            }
        }
        // It is dead until it is released or replaced. Nothing is due, so look again much later.
        self.due = now + Duration::from_secs(3600);
    }

    /// Sends a publisher's frame to this browser, if it has negotiated that kind and codec.
    pub(super) fn write(&mut self, frame: &MediaData) {
        let mid = if frame.params.spec().codec.is_audio() {
            self.audio
        } else {
            self.video
        };
        let Some(mut writer) = mid.and_then(|mid| self.rtc.writer(mid)) else {
            return;
        };
        let Some(payload_type) = writer.match_params(frame.params) else {
            return;
        };
        if let (Some(level), Some(speaking)) =
            (frame.ext_vals.audio_level, frame.ext_vals.voice_activity)
        {
            writer = writer.audio_level(level, speaking);
        }
        if let Some(orientation) = frame.ext_vals.video_orientation {
            writer = writer.video_orientation(orientation);
        }
        let written = writer.write(
            payload_type,
            frame.network_time,
            frame.time,
            Arc::clone(&frame.data),
        );
        self.touched = true;
        if let Err(error) = written {
            self.fail(&error);
        }
    }

    fn heed(&mut self, event: Event, outbox: &mut Outbox) {
        match event {
            Event::MediaAdded(added) => match added.kind {
                MediaKind::Audio => self.audio = Some(added.mid),
                MediaKind::Video => self.video = Some(added.mid),
            },
            // Without a keyframe a new viewer would see nothing.
            Event::Connected | Event::KeyframeRequest(_) => {
                if let Some(source) = self.source {
                    outbox.tidings.push(Tiding::KeyframeWanted(source));
                }
            }
            Event::MediaData(frame) => {
                if !frame.contiguous && Some(frame.mid) == self.video {
                    outbox.tidings.push(Tiding::KeyframeWanted(self.id));
                }
                outbox.tidings.push(Tiding::Frame(self.id, Box::new(frame)));
            }
            Event::IceConnectionStateChange(state) => {
                debug!(endpoint = self.id.0, ?state, "ICE state");
            }
            _ => {}
        }
    }

    fn keyframe_due(&self) -> Option<Instant> {
        if !self.keyframe_wanted || self.video.is_none() || !self.rtc.is_alive() {
            return None;
        }
        Some(
            self.keyframe_asked
                .map_or(self.due, |asked| asked + KEYFRAME_PAUSE),
        )
    }

    fn ask_for_keyframe(&mut self, now: Instant) {
        let paused = self
            .keyframe_asked
            .is_some_and(|asked| now < asked + KEYFRAME_PAUSE);
        if !self.keyframe_wanted || paused || !self.rtc.is_alive() {
            return;
        }
        let Some(video) = self.video else {
            return;
        };
        // This fails before the publisher's first packet, and is tried again after the pause.
        let asked = self
            .rtc
            .writer(video)
            .is_some_and(|mut it| it.request_keyframe(None, KeyframeRequestKind::Pli).is_ok());
        self.keyframe_wanted = !asked;
        self.keyframe_asked = Some(now);
        self.touched = true;
    }

    fn handle(&mut self, input: Input<'_>) {
        self.touched = true;
        if let Err(error) = self.rtc.handle_input(input) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &RtcError) {
        debug!(endpoint = self.id.0, %error, "peer connection failed");
        self.rtc.disconnect();
    }
}
