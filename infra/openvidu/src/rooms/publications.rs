//! Publishing a stream, changing it, and its end.
//!
//! 1. A participant sends one stream at a time, if its role allows it.
//! 2. A stream ends with its publisher, and all subscriptions end with it.
//! 3. Media is negotiated between `check_publish` and `publish`. The state may change meanwhile, so
//!    the latter checks again.

use serde_json::{Value, json};

use super::notices::Notice;
use super::{Missing, Rooms};
use crate::effect::{Consequences, Effect, End, EventKind, Flow};
use crate::model::{EndReason, Participant, Publication, Session};
use crate::refusal::Refusal;
use crate::wire;

impl Rooms {
    /// Checks that this participant may publish now. Returns its connection id.
    pub(crate) fn check_publish(&self, rpc: &str) -> Result<String, Refusal> {
        let (_, participant) = self
            .participant(rpc)
            .ok_or_else(|| super::not_joined(rpc))?;
        if !participant.may_publish() {
            return Err(Refusal::new(
                Refusal::UNAUTHORIZED,
                "Unable to publish video. The user does not have a valid token",
            ));
        }
        if participant.publication.is_some() {
            return Err(Refusal::new(
                Refusal::ALREADY_STREAMING,
                format!(
                    "Participant '{}' is already streaming media",
                    participant.connection.id
                ),
            ));
        }
        Ok(participant.connection.id.clone())
    }

    /// A stream begins. Everybody else is notified.
    pub(crate) fn publish(
        &mut self,
        rpc: &str,
        publication: Publication,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_publish(rpc)?;
        let (session, index) = self.participant_mut(rpc)?;
        let mut follows = Consequences::of(session, now);
        let publisher = &mut session.participants[index];
        let connection_id = publisher.connection.id.clone();
        follows.report(EventKind::WebrtcConnectionCreated(Flow {
            connection_id: connection_id.clone(),
            stream_id: publication.stream_id.clone(),
            receiving_from: None,
            media: publication.media.clone(),
        }));
        let stream = wire::stream(&publication);
        publisher.publication = Some(publication);
        let params = json!({ "id": connection_id, "streams": [stream] });
        let published = Notice::new("participantPublished", params);
        session.tell_others(rpc, &published, &mut follows);
        Ok(follows.into_effects())
    }

    /// The publisher ends its own stream.
    pub(crate) fn unpublish(&mut self, rpc: &str, now: u64) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.participant_mut(rpc)?;
        let publisher = &session.participants[index];
        if publisher.publication.is_none() {
            return Err(Refusal::new(
                Refusal::NOT_STREAMING,
                format!(
                    "Participant '{}' is not streaming media",
                    publisher.connection.id
                ),
            ));
        }
        let mut follows = Consequences::of(session, now);
        let unpublished = end_stream(session, index, EndReason::Unpublish, &mut follows);
        session.tell_others(rpc, &unpublished, &mut follows);
        Ok(follows.into_effects())
    }

    /// A moderator ends somebody's stream.
    pub(crate) fn force_unpublish(
        &mut self,
        moderator: &str,
        stream_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.participant_mut(moderator)?;
        if !session.participants[index].may_moderate() {
            return Err(Refusal::new(
                Refusal::UNAUTHORIZED,
                "Unable to force unpublish. The user does not have a valid token",
            ));
        }
        let publisher = publisher_of(session, stream_id).ok_or_else(|| {
            Refusal::new(
                Refusal::USER_NOT_FOUND,
                "Connection not found when calling 'forceUnpublish'",
            )
        })?;
        Ok(take_off_air(
            session,
            publisher,
            EndReason::ForceUnpublishByUser,
            now,
        ))
    }

    /// Over REST: ends a participant's stream.
    pub(crate) fn remove_stream(
        &mut self,
        session_id: &str,
        stream_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        let publisher = publisher_of(session, stream_id).ok_or(Missing::Part)?;
        let reason = EndReason::ForceUnpublishByServer;
        let effects = take_off_air(session, publisher, reason, now);
        // Everybody whom it notified may have been a ghost.
        self.forget_ended();
        Ok(effects)
    }

    /// A publisher reports a change, such as muting. It does not matter which stream it names.
    pub(crate) fn change_stream(
        &mut self,
        rpc: &str,
        property: &str,
        value: &Value,
        reason: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.participant_mut(rpc)?;
        let mut follows = Consequences::of(session, now);
        let publisher = &mut session.participants[index];
        let connection_id = publisher.connection.id.clone();
        let Some(publication) = &mut publisher.publication else {
            return Err(Refusal::new(
                Refusal::NOT_STREAMING,
                format!("Participant '{connection_id}' is not streaming media"),
            ));
        };
        match property {
            "audioActive" => publication.media.audio_active = value.as_bool(),
            "videoActive" => publication.media.video_active = value.as_bool(),
            "videoDimensions" => {
                publication.media.video_dimensions = value.as_str().map(str::to_owned);
            }
            _ => {}
        }
        let stream_id = publication.stream_id.clone();
        // The browser parses the value from a string, so the JSON is sent as one.
        let params = json!({
            "connectionId": connection_id,
            "streamId": stream_id,
            "property": property,
            "newValue": value.to_string(),
            "reason": reason,
        });
        let changed = Notice::new("streamPropertyChanged", params);
        session.tell_others(rpc, &changed, &mut follows);
        Ok(follows.into_effects())
    }
}

impl Participant {
    pub(super) fn end_publication(&mut self, reason: EndReason, follows: &mut Consequences) {
        let Some(ended) = self.publication.take() else {
            return;
        };
        follows.release(ended.endpoint);
        follows.report(EventKind::WebrtcConnectionDestroyed(
            Flow {
                connection_id: self.connection.id.clone(),
                stream_id: ended.stream_id,
                receiving_from: None,
                media: ended.media,
            },
            End {
                started_at: ended.created_at,
                reason,
            },
        ));
    }
}

fn publisher_of(session: &Session, stream_id: &str) -> Option<usize> {
    session.participants.iter().position(|participant| {
        participant
            .publication
            .as_ref()
            .is_some_and(|publication| publication.stream_id == stream_id)
    })
}

/// Ends a participant's stream and all views of it. Returns the notification to send.
fn end_stream(
    session: &mut Session,
    publisher: usize,
    reason: EndReason,
    follows: &mut Consequences,
) -> Notice {
    session.participants[publisher].end_publication(reason, follows);
    let connection_id = session.participants[publisher].connection.id.clone();
    for participant in &mut session.participants {
        participant.end_subscriptions_to(&connection_id, reason, follows);
    }
    Notice::of_end("participantUnpublished", &connection_id, reason)
}

/// Ends a stream against its owner's will. Everybody is notified, including the owner.
fn take_off_air(
    session: &mut Session,
    publisher: usize,
    reason: EndReason,
    now: u64,
) -> Vec<Effect> {
    let mut follows = Consequences::of(session, now);
    let unpublished = end_stream(session, publisher, reason, &mut follows);
    session.tell_all(&unpublished, &mut follows);
    follows.into_effects()
}
