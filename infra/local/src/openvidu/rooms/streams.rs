//! Publishing, subscribing, and what becomes of streams.
//!
//! 1. A participant sends one stream at a time, if its role lets it.
//! 2. A stream ends with its publisher, and with it everybody's subscription.
//! 3. Media is agreed on with the media server between a `check_` and the change it allows; the
//!    world may move on meanwhile, so the change checks once more.

use serde_json::{Value, json};

use super::{Missing, Rooms};
use crate::openvidu::effect::{Consequences, Effect, End, EventKind, Flow};
use crate::openvidu::media::EndpointId;
use crate::openvidu::model::{EndReason, Participant, Publication, Session, Subscription};
use crate::openvidu::refusal::Refusal;
use crate::openvidu::wire;

/// What `reconnectStream` is to renew.
#[derive(Debug, PartialEq)]
pub(crate) enum Reconnection {
    /// The caller's own stream.
    Publication {
        endpoint: EndpointId,
        stream_id: String,
        created_at: u64,
    },
    /// The caller's view of somebody else's.
    Subscription {
        endpoint: EndpointId,
        source: EndpointId,
    },
}

impl Reconnection {
    pub(crate) fn endpoint(&self) -> EndpointId {
        match self {
            Self::Publication { endpoint, .. } | Self::Subscription { endpoint, .. } => *endpoint,
        }
    }
}

impl Rooms {
    /// Whether this participant may publish now; its connection id if so.
    pub(crate) fn check_publish(&self, rpc: &str) -> Result<String, Refusal> {
        let (_, participant) = self.seat(rpc).ok_or_else(|| super::not_joined(rpc))?;
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

    /// A stream begins; everybody else is told.
    pub(crate) fn publish(
        &mut self,
        rpc: &str,
        publication: Publication,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_publish(rpc)?;
        let (session, index) = self.seat_mut(rpc)?;
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
        for peer in others(session, rpc) {
            follows.notify(
                &peer.rpc,
                "participantPublished",
                json!({ "id": connection_id, "streams": [stream] }),
            );
        }
        Ok(follows.into_effects())
    }

    /// The publisher ends its own stream.
    pub(crate) fn unpublish(&mut self, rpc: &str, now: u64) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(rpc)?;
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
        let connection_id = end_stream(session, index, EndReason::Unpublish, &mut follows);
        for peer in others(session, rpc) {
            notify_unpublished(peer, &connection_id, EndReason::Unpublish, &mut follows);
        }
        Ok(follows.into_effects())
    }

    /// A moderator ends somebody's stream.
    pub(crate) fn force_unpublish(
        &mut self,
        moderator: &str,
        stream_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(moderator)?;
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

    /// The server ends somebody's stream, over REST.
    pub(crate) fn remove_stream(
        &mut self,
        session_id: &str,
        stream_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        let publisher = publisher_of(session, stream_id).ok_or(Missing::Part)?;
        Ok(take_off_air(
            session,
            publisher,
            EndReason::ForceUnpublishByServer,
            now,
        ))
    }

    /// What this participant would receive from the owner of `sender`, a stream id.
    pub(crate) fn check_subscribe(
        &self,
        rpc: &str,
        sender: &str,
    ) -> Result<(String, Publication), Refusal> {
        let (session, participant) = self.seat(rpc).ok_or_else(|| super::not_joined(rpc))?;
        // A stream id ends in its owner's connection id, which may itself contain anything.
        let owner = sender
            .rfind("con_")
            .map_or(sender, |start| &sender[start..]);
        let publisher = session.participant(owner).ok_or_else(|| {
            Refusal::new(
                Refusal::USER_NOT_FOUND,
                format!("User '{owner} not found in session '{}'", session.id),
            )
        })?;
        match &publisher.publication {
            Some(publication) if owner != participant.connection.id => {
                Ok((owner.to_owned(), publication.clone()))
            }
            Some(_) => Err(Refusal::new(
                Refusal::NOT_STREAMING,
                "Can loopback only when publishing media",
            )),
            None => Err(Refusal::new(
                Refusal::NOT_STREAMING,
                format!(
                    "User '{owner} not streaming media in session '{}'",
                    session.id
                ),
            )),
        }
    }

    /// Somebody begins to receive a stream.
    pub(crate) fn subscribe(
        &mut self,
        rpc: &str,
        subscription: Subscription,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (_, publication) = self.check_subscribe(rpc, &subscription.stream_id)?;
        if publication.stream_id != subscription.stream_id {
            return Err(Refusal::new(
                Refusal::ENDPOINT,
                format!(
                    "Unable to create subscriber endpoint. Publisher endpoint of participant {} is closed",
                    subscription.from
                ),
            ));
        }
        let (session, index) = self.seat_mut(rpc)?;
        let mut follows = Consequences::of(session, now);
        let subscriber = &mut session.participants[index];
        follows.report(EventKind::WebrtcConnectionCreated(
            subscription.flow(&subscriber.connection.id),
        ));
        if let Some(index) = subscriber.subscription_to(&subscription.from) {
            follows.release(subscriber.subscriptions.remove(index).endpoint);
        }
        subscriber.subscriptions.push(subscription);
        Ok(follows.into_effects())
    }

    /// Somebody no longer wants the stream of `sender`, a connection id.
    pub(crate) fn unsubscribe(
        &mut self,
        rpc: &str,
        sender: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(rpc)?;
        if session.participant(sender).is_none() {
            return Err(Refusal::new(
                Refusal::USER_NOT_FOUND,
                format!("User {sender} not found in session {}", session.id),
            ));
        }
        let mut follows = Consequences::of(session, now);
        session.participants[index].end_subscriptions_to(
            sender,
            EndReason::Unsubscribe,
            &mut follows,
        );
        Ok(follows.into_effects())
    }

    /// What a participant asks to renew. The others notice nothing of it.
    pub(crate) fn check_reconnect(
        &self,
        rpc: &str,
        stream_id: &str,
    ) -> Result<Reconnection, Refusal> {
        let (_, participant) = self.seat(rpc).ok_or_else(|| super::not_joined(rpc))?;
        if let Some(own) = &participant.publication
            && own.stream_id == stream_id
        {
            return Ok(Reconnection::Publication {
                endpoint: own.endpoint,
                stream_id: own.stream_id.clone(),
                created_at: own.created_at,
            });
        }
        let (from, publication) = self.check_subscribe(rpc, stream_id)?;
        let index = participant.subscription_to(&from).ok_or_else(|| {
            Refusal::new(
                Refusal::ENDPOINT,
                format!("There is no subscription to {stream_id} to reconnect"),
            )
        })?;
        Ok(Reconnection::Subscription {
            endpoint: participant.subscriptions[index].endpoint,
            source: publication.endpoint,
        })
    }

    /// A publisher tells of a change, such as muting. Which stream it names does not matter.
    pub(crate) fn change_stream(
        &mut self,
        rpc: &str,
        property: &str,
        value: &Value,
        reason: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(rpc)?;
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
        // The browser parses the value out of a string, so the JSON text is sent as one.
        let params = json!({
            "connectionId": connection_id,
            "streamId": stream_id,
            "property": property,
            "newValue": value.to_string(),
            "reason": reason,
        });
        for peer in others(session, rpc) {
            follows.notify(&peer.rpc, "streamPropertyChanged", params.clone());
        }
        Ok(follows.into_effects())
    }

    /// A publisher reports what it sends. Only REST shows it; nobody is told.
    pub(crate) fn note_video(
        &mut self,
        rpc: &str,
        (width, height): (i64, i64),
        (video_active, audio_active): (bool, bool),
    ) -> Result<(), Refusal> {
        let (session, index) = self.seat_mut(rpc)?;
        if let Some(publication) = &mut session.participants[index].publication {
            if publication.media.has_video {
                publication.media.video_active = Some(video_active);
                publication.media.video_dimensions =
                    Some(format!("{{\"width\":{width},\"height\":{height}}}"));
            }
            if publication.media.has_audio {
                publication.media.audio_active = Some(audio_active);
            }
        }
        Ok(())
    }
}

impl Subscription {
    fn flow(&self, subscriber: &str) -> Flow {
        Flow {
            connection_id: subscriber.to_owned(),
            stream_id: self.stream_id.clone(),
            receiving_from: Some(self.from.clone()),
            media: self.media.clone(),
        }
    }
}

impl Participant {
    fn subscription_to(&self, publisher: &str) -> Option<usize> {
        self.subscriptions
            .iter()
            .position(|subscription| subscription.from == publisher)
    }

    pub(super) fn end_subscriptions_to(
        &mut self,
        publisher: &str,
        reason: EndReason,
        follows: &mut Consequences,
    ) {
        if let Some(index) = self.subscription_to(publisher) {
            let ended = self.subscriptions.remove(index);
            self.report_ended(&ended, reason, follows);
        }
    }

    pub(super) fn end_subscriptions(&mut self, reason: EndReason, follows: &mut Consequences) {
        for ended in std::mem::take(&mut self.subscriptions) {
            self.report_ended(&ended, reason, follows);
        }
    }

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

    fn report_ended(&self, ended: &Subscription, reason: EndReason, follows: &mut Consequences) {
        follows.release(ended.endpoint);
        follows.report(EventKind::WebrtcConnectionDestroyed(
            ended.flow(&self.connection.id),
            End {
                started_at: ended.created_at,
                reason,
            },
        ));
    }
}

fn others<'a>(session: &'a Session, rpc: &'a str) -> impl Iterator<Item = &'a Participant> {
    session
        .participants
        .iter()
        .filter(move |participant| participant.rpc != rpc)
}

fn publisher_of(session: &Session, stream_id: &str) -> Option<usize> {
    session.participants.iter().position(|participant| {
        participant
            .publication
            .as_ref()
            .is_some_and(|publication| publication.stream_id == stream_id)
    })
}

/// Ends a participant's stream and everybody's view of it; the participant's connection id.
fn end_stream(
    session: &mut Session,
    publisher: usize,
    reason: EndReason,
    follows: &mut Consequences,
) -> String {
    session.participants[publisher].end_publication(reason, follows);
    let connection_id = session.participants[publisher].connection.id.clone();
    for participant in &mut session.participants {
        participant.end_subscriptions_to(&connection_id, reason, follows);
    }
    connection_id
}

/// Ends a stream against its owner's will: everybody hears of it, the owner included.
fn take_off_air(
    session: &mut Session,
    publisher: usize,
    reason: EndReason,
    now: u64,
) -> Vec<Effect> {
    let mut follows = Consequences::of(session, now);
    let connection_id = end_stream(session, publisher, reason, &mut follows);
    for participant in &session.participants {
        notify_unpublished(participant, &connection_id, reason, &mut follows);
    }
    follows.into_effects()
}

fn notify_unpublished(
    to: &Participant,
    connection_id: &str,
    reason: EndReason,
    follows: &mut Consequences,
) {
    follows.notify(
        &to.rpc,
        "participantUnpublished",
        json!({ "connectionId": connection_id, "reason": reason }),
    );
}
