//! Subscribing to a stream, unsubscribing, and renewing either side of a stream.
//!
//! A stream is named by its id, which ends in its owner's connection id. As with publishing, media
//! is negotiated between a check and the change, and the change checks again.

use super::Rooms;
use crate::effect::{Consequences, Effect, End, EventKind, Flow};
use crate::media::EndpointId;
use crate::model::{EndReason, Participant, Publication, Subscription};
use crate::refusal::Refusal;

/// What `reconnectStream` renews.
#[derive(Debug, PartialEq)]
pub(crate) enum Reconnection {
    /// The caller's own stream.
    Publication {
        endpoint: EndpointId,
        stream_id: String,
        created_at: u64,
    },
    /// The caller's view of somebody else's stream.
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
    /// What this participant would receive from the owner of `sender`, a stream id.
    pub(crate) fn check_subscribe(
        &self,
        rpc: &str,
        sender: &str,
    ) -> Result<(String, Publication), Refusal> {
        let (session, participant) = self
            .participant(rpc)
            .ok_or_else(|| super::not_joined(rpc))?;
        // A stream id ends in its owner's connection id, which can contain any character.
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

    /// A participant begins to receive a stream.
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
        let (session, index) = self.participant_mut(rpc)?;
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

    /// A participant stops receiving the stream of `sender`, a connection id.
    pub(crate) fn unsubscribe(
        &mut self,
        rpc: &str,
        sender: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.participant_mut(rpc)?;
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

    /// What a participant wants to renew. The others do not notice.
    pub(crate) fn check_reconnect(
        &self,
        rpc: &str,
        stream_id: &str,
    ) -> Result<Reconnection, Refusal> {
        let (_, participant) = self
            .participant(rpc)
            .ok_or_else(|| super::not_joined(rpc))?;
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
