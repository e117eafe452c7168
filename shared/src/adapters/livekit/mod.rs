//! LiveKit 1.11, which is OpenVidu 3, over its Twirp API: the only files that know its JSON, its status
//! codes, and its tokens.
//!
//! A session is a room, named by the session's id in a form that is short enough. A connection is a
//! participant's identity. We sign tokens ourselves; the server hears of one when somebody connects with
//! it.

mod credentials;
mod events;
mod listing;
mod names;
mod tokens;

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

pub use self::credentials::{ApiKeys, ApiSecrets, InvalidApiKeys, InvalidApiSecrets};
pub use self::events::{Webhooks, event};
use super::video_http::{self, ANSWER_LIMIT, Answer, HttpClientError, TrustedCertificate, without};
use crate::deadline::Deadline;
use crate::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, Role, SessionId, Token, UserName,
};
use crate::ports::{VideoError, VideoServer};
use crate::system;

/// How long a token may wait until somebody connects with it.
const TOKEN_LIFETIME: Duration = Duration::from_secs(120);

/// How long the server accepts a token after its end.
const LEEWAY: Duration = Duration::from_secs(60);

/// How long a join may take from signing a token to recording it, or a client to reconnect: it is not listed
/// meanwhile.
const UNLISTED_MARGIN: Duration = Duration::from_secs(60);

/// How long a room stays open that nobody has joined, in seconds. It counts from the making of the room, also
/// when the server restarts and people come back. So it is longer than any call lasts; we close rooms
/// ourselves.
const EMPTY_TIMEOUT: u64 = 24 * 60 * 60;

/// How long a room stays open after the last one has left, in seconds.
const DEPARTURE_TIMEOUT: u64 = 30;

/// How often a cluster may be asked to make a room. For five seconds it still gives rooms to a node that has died,
/// and says so after three seconds each time.
const MAKINGS: usize = 3;

/// A LiveKit server. Use [`LiveKit::until`] to send requests.
#[derive(Clone, Debug)]
pub struct LiveKit {
    http: reqwest::Client,
    url: Url,
    keys: ApiKeys,
}

/// Requests to a LiveKit server, all of which are answered by a deadline or fail.
#[derive(Clone, Debug)]
pub struct Requests {
    server: LiveKit,
    deadline: Deadline,
}

/// The server's own report of an error.
#[derive(Deserialize)]
struct Reported {
    msg: String,
}

impl LiveKit {
    /// The server at `url` (scheme, host and port), which knows us by `keys`.
    ///
    /// It is trusted by the certificate `trusted`, or without one by a public authority.
    ///
    /// # Errors
    /// [`HttpClientError`]
    pub fn new(
        url: Url,
        keys: ApiKeys,
        trusted: Option<TrustedCertificate>,
    ) -> Result<Self, HttpClientError> {
        let http = video_http::client(&url, trusted)?;
        Ok(Self { http, url, keys })
    }

    /// Where it is: scheme, host and port.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Requests to the server that must all be answered by `deadline`.
    pub fn until(&self, deadline: Deadline) -> Requests {
        Requests {
            server: self.clone(),
            deadline,
        }
    }

    /// Who may send events: the server itself.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.keys.clone())
    }
}

impl Requests {
    /// Asks the server's room service for `method`, which errors call `what`, about this room if any.
    async fn ask(
        &self,
        what: &'static str,
        method: &str,
        room: Option<&str>,
        body: &Value,
    ) -> Result<Answer, VideoError> {
        let accepted = self.ask_for(ANSWER_LIMIT, what, method, room, body);
        Ok(accepted.await?.0)
    }

    /// The same, for an answer of up to `limit` bytes. Returns the secret that the server has accepted, too.
    ///
    /// While its key is being changed, we may have two secrets; both are tried. If it accepts none, ours may
    /// have been changed, and the request is sent again with what is kept now.
    async fn ask_for(
        &self,
        limit: usize,
        what: &'static str,
        method: &str,
        room: Option<&str>,
        body: &Value,
    ) -> Result<(Answer, SecretString), VideoError> {
        let mut url = self.server.url.clone();
        url.set_path(&format!("/twirp/livekit.RoomService/{method}"));
        let keys = &self.server.keys;
        let mut secrets = keys.secrets.get();
        let mut asked_before = false;
        loop {
            for secret in secrets.all() {
                let credentials = tokens::of_request(keys, secret, room, system::now())?;
                let request = self.server.http.post(url.clone());
                let request = request.bearer_auth(credentials).json(body);
                let answer = Answer::to(what, request, limit, self.deadline).await?;
                // The answer's text may quote our credentials, so nobody sees it.
                if answer.status != StatusCode::UNAUTHORIZED {
                    return Ok((answer, secret.clone()));
                }
            }
            if asked_before {
                return Err(VideoError::WrongSecret);
            }
            asked_before = true;
            let changed = keys.secrets.instead_of(&secrets);
            let changed = self.deadline.limit(changed).await.flatten();
            secrets = changed.ok_or(VideoError::WrongSecret)?;
        }
    }

    /// The error for an answer that no caller expects.
    fn refused(&self, answer: &Answer) -> VideoError {
        let mut words = match answer.json() {
            Ok(Reported { msg }) => msg,
            Err(_) => answer.text().into_owned(),
        };
        for secret in self.server.keys.secrets.get().all() {
            words = words.replace(secret.expose_secret(), "(secret)");
        }
        let in_tokens = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let words = without(&words, "eyJ", in_tokens);
        answer.refusal(answer.is_transient(), &words)
    }

    /// Makes the room, or finds that it is there. Returns the secret that the server has accepted.
    async fn make(&self, room: &str) -> Result<SecretString, VideoError> {
        let body = json!({
            "name": room,
            "empty_timeout": EMPTY_TIMEOUT,
            "departure_timeout": DEPARTURE_TIMEOUT,
        });
        let (what, method) = ("making a room", "CreateRoom");
        let mut makings = 1;
        loop {
            let made = self.ask_for(ANSWER_LIMIT, what, method, None, &body);
            let (answer, secret) = made.await?;
            match answer.status {
                StatusCode::OK => return Ok(secret),
                StatusCode::SERVICE_UNAVAILABLE if makings < MAKINGS => makings += 1,
                _ => return Err(self.refused(&answer)),
            }
        }
    }
}

impl VideoServer for Requests {
    /// For 240 s: its lifetime, the server's leeway, and a margin.
    fn unlisted_for(&self) -> Duration {
        TOKEN_LIFETIME + LEEWAY + UNLISTED_MARGIN
    }

    fn token(&self, text: &str) -> Result<Token, InvalidToken> {
        tokens::read(text)
    }

    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.make(&names::room(id)?).await.map(drop)
    }

    /// The room is made in any case: it may have run out, or the server may have restarted. So this never
    /// answers that the server does not have it.
    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
        nickname: Option<&Nickname>,
    ) -> Result<Option<Connection>, VideoError> {
        let room = names::room(id)?;
        let secret = self.make(&room).await?;
        let connection = ConnectionId::new(rand::random());
        let (keys, now) = (&self.server.keys, system::now());
        let holder = tokens::Holder {
            id: &connection,
            user,
            role,
            nickname,
        };
        let text = tokens::of_participant(keys, &secret, &room, &holder, now)?;
        Ok(Some(Connection {
            token: Token::of_connection(text, id.clone(), connection.clone()),
            id: connection,
        }))
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        let room = names::room(session)?;
        let body = json!({ "room": room, "identity": connection.as_str() });
        let answer = self
            .ask("removing somebody", "RemoveParticipant", Some(&room), &body)
            .await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            // The first of two requests may have removed them.
            StatusCode::NOT_FOUND => Ok(answer.is_second),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        let room = names::room(id)?;
        let body = json!({ "room": room });
        // On a cluster, the room may be on the list though the node that had it is dead. Making it gives it a
        // node again, which can delete it.
        let mut made_before = false;
        loop {
            let answer = self
                .ask("deleting a room", "DeleteRoom", Some(&room), &body)
                .await?;
            match answer.status {
                StatusCode::OK | StatusCode::NOT_FOUND => return Ok(()),
                StatusCode::SERVICE_UNAVAILABLE if !made_before => drop(self.make(&room).await?),
                _ => return Err(self.refused(&answer)),
            }
            made_before = true;
        }
    }
}
