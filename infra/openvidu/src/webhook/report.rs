//! The bodies of webhook events, field by field and in the order OpenVidu writes them
//! (`cdr/CDREvent*.java`, 2.32.2).

use serde::Serialize;

use crate::effect::{End, Event, EventKind, Flow, Who};
use crate::model::EndReason;

/// One event as it is posted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    session_id: &'a str,
    unique_session_id: String,
    timestamp: u64,
    #[serde(flatten)]
    ended: Option<Ended>,
    #[serde(flatten)]
    subject: Subject<'a>,
    event: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ended {
    start_time: u64,
    duration: u64,
    reason: EndReason,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Subject<'a> {
    Session {},
    Participant(Participant<'a>),
    Webrtc(Webrtc<'a>),
    Signal(Signal<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Participant<'a> {
    participant_id: &'a str,
    connection_id: &'a str,
    location: &'static str,
    ip: &'a str,
    platform: &'a str,
    client_data: &'a str,
    server_data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Webrtc<'a> {
    stream_id: &'a str,
    participant_id: &'a str,
    connection_id: &'a str,
    connection: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiving_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_framerate: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_dimensions: Option<&'a str>,
    audio_enabled: bool,
    video_enabled: bool,
}

#[derive(Serialize)]
struct Signal<'a> {
    from: Option<&'a str>,
    to: &'a [String],
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    data: Option<&'a str>,
}

impl<'a> Report<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let (name, ended, subject) = match &event.kind {
            EventKind::SessionCreated => ("sessionCreated", None, Subject::Session {}),
            EventKind::SessionDestroyed(end) => {
                ("sessionDestroyed", Some(end), Subject::Session {})
            }
            EventKind::ParticipantJoined(who) => ("participantJoined", None, participant(who)),
            EventKind::ParticipantLeft(who, end) => {
                ("participantLeft", Some(end), participant(who))
            }
            EventKind::WebrtcConnectionCreated(flow) => {
                ("webrtcConnectionCreated", None, webrtc(flow))
            }
            EventKind::WebrtcConnectionDestroyed(flow, end) => {
                ("webrtcConnectionDestroyed", Some(end), webrtc(flow))
            }
            EventKind::SignalSent {
                from,
                to,
                kind,
                data,
            } => {
                let signal = Signal {
                    from: from.as_deref(),
                    to,
                    kind: kind.as_deref(),
                    data: data.as_deref(),
                };
                ("signalSent", None, Subject::Signal(signal))
            }
        };
        Self {
            session_id: &event.session_id,
            unique_session_id: format!("{}_{}", event.session_id, event.session_created_at),
            timestamp: event.timestamp,
            ended: ended.map(|end| ended_at(event.timestamp, *end)),
            subject,
            event: name,
        }
    }

    pub(super) fn event(&self) -> &'static str {
        self.event
    }
}

fn ended_at(now: u64, end: End) -> Ended {
    Ended {
        start_time: end.started_at,
        duration: now.saturating_sub(end.started_at) / 1000,
        reason: end.reason,
    }
}

fn participant(who: &Who) -> Subject<'_> {
    Subject::Participant(Participant {
        participant_id: &who.connection_id,
        connection_id: &who.connection_id,
        location: "unknown",
        ip: &who.ip,
        platform: &who.platform,
        client_data: &who.client_data,
        server_data: &who.server_data,
    })
}

fn webrtc(flow: &Flow) -> Subject<'_> {
    let media = &flow.media;
    Subject::Webrtc(Webrtc {
        stream_id: &flow.stream_id,
        participant_id: &flow.connection_id,
        connection_id: &flow.connection_id,
        connection: match flow.receiving_from {
            Some(_) => "INBOUND",
            None => "OUTBOUND",
        },
        receiving_from: flow.receiving_from.as_deref(),
        video_source: media.type_of_video.as_deref(),
        video_framerate: media.frame_rate.filter(|_| media.has_video),
        video_dimensions: media.video_dimensions.as_deref(),
        audio_enabled: media.has_audio,
        video_enabled: media.has_video,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_written_with_its_start_its_seconds_and_its_reason() {
        let event = Event {
            session_id: "room".to_owned(),
            session_created_at: 1_000,
            timestamp: 4_900,
            kind: EventKind::SessionDestroyed(End {
                started_at: 1_000,
                reason: EndReason::LastParticipantLeft,
            }),
        };
        assert_eq!(
            serde_json::to_string(&Report::of(&event)).expect("a report is plain data"),
            r#"{"sessionId":"room","uniqueSessionId":"room_1000","timestamp":4900,"startTime":1000,"duration":3,"reason":"lastParticipantLeft","event":"sessionDestroyed"}"#
        );
    }

    #[test]
    fn a_signal_from_the_server_has_no_sender() {
        let event = Event {
            session_id: "room".to_owned(),
            session_created_at: 1,
            timestamp: 2,
            kind: EventKind::SignalSent {
                from: None,
                to: vec!["con_A".to_owned()],
                kind: Some("chat".to_owned()),
                data: None,
            },
        };
        assert_eq!(
            serde_json::to_string(&Report::of(&event)).expect("a report is plain data"),
            r#"{"sessionId":"room","uniqueSessionId":"room_1","timestamp":2,"from":null,"to":["con_A"],"type":"chat","data":null,"event":"signalSent"}"#
        );
    }
}
