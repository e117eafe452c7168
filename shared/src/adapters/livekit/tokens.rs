//! The tokens that we sign: of participants, and of our own requests.

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::credentials::ApiKeys;
use super::{DEPARTURE_TIMEOUT, EMPTY_TIMEOUT, TOKEN_LIFETIME, names};
use crate::domain::{ConnectionId, InvalidToken, Nickname, Role, Timestamp, Token, UserName};
use crate::ports::VideoError;

/// The longest token, in bytes. Ours are much shorter.
const LONGEST: usize = 4096;

/// How long a request of ours may take to be sent, in seconds.
const REQUEST_LIFETIME: u64 = 60;

/// Who a participant's token is for.
pub(super) struct Holder<'a> {
    pub(super) id: &'a ConnectionId,
    pub(super) user: &'a UserName,
    pub(super) role: Role,
    pub(super) nickname: Option<&'a Nickname>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a, G> {
    iss: &'a str,
    nbf: u64,
    exp: u64,
    video: G,
    #[serde(flatten)]
    participant: Option<Participant<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Participant<'a> {
    sub: &'a str,
    name: &'a str,
    metadata: String,
    room_config: RoomConfig,
}

/// What the room is like if this participant's connecting makes it anew.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomConfig {
    empty_timeout: u64,
    departure_timeout: u64,
}

/// What a participant may do. Nobody may change their own name and metadata: they say who somebody is. And
/// nobody administers the room, or they could go round our records.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grants<'a> {
    room: &'a str,
    room_join: bool,
    can_publish: bool,
    can_subscribe: bool,
    /// Without it, who may not publish could not chat.
    can_publish_data: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestGrants<'a> {
    room_create: bool,
    room_list: bool,
    room_admin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
}

/// The part of a participant's token that says what it opens.
#[derive(Deserialize)]
struct Opens {
    sub: String,
    video: OpensRoom,
}

#[derive(Deserialize)]
struct OpensRoom {
    room: String,
}

/// The token of one participant.
///
/// The server counts its times by its own clock, and the browser's does not matter.
pub(super) fn of_participant(
    keys: &ApiKeys,
    secret: &SecretString,
    room: &str,
    holder: &Holder<'_>,
    now: Timestamp,
) -> Result<String, VideoError> {
    let Holder {
        id,
        user,
        role,
        nickname,
    } = holder;
    let claims = Claims {
        iss: keys.signs(),
        nbf: now.unix_seconds(),
        exp: (now + TOKEN_LIFETIME).unix_seconds(),
        video: Grants {
            room,
            room_join: true,
            can_publish: *role != Role::Subscriber,
            can_subscribe: true,
            can_publish_data: true,
        },
        participant: Some(Participant {
            sub: id.as_str(),
            name: nickname.map_or(user.as_str(), Nickname::as_str),
            metadata: json!({ "role": role.as_str(), "user": user.as_str() }).to_string(),
            room_config: RoomConfig {
                empty_timeout: EMPTY_TIMEOUT,
                departure_timeout: DEPARTURE_TIMEOUT,
            },
        }),
    };
    sign(&claims, secret)
}

/// The token of one of our own requests, for this room if it is about one.
pub(super) fn of_request(
    keys: &ApiKeys,
    secret: &SecretString,
    room: Option<&str>,
    now: Timestamp,
) -> Result<String, VideoError> {
    let claims = Claims {
        iss: keys.signs(),
        nbf: now.unix_seconds(),
        exp: now.unix_seconds() + REQUEST_LIFETIME,
        video: RequestGrants {
            room_create: true,
            room_list: true,
            room_admin: room.is_some(),
            room,
        },
        participant: None,
    };
    sign(&claims, secret)
}

fn sign(claims: &impl Serialize, secret: &SecretString) -> Result<String, VideoError> {
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key)
        .map_err(|error| VideoError::Unreadable(Box::new(error)))
}

/// Reads what a participant's token opens. Nobody has proved anything by it: the record says whose it is.
pub(super) fn read(text: &str) -> Result<Token, InvalidToken> {
    if text.len() > LONGEST {
        return Err(InvalidToken);
    }
    let opens: Opens = insecure_decode_claims(text).map_err(|_| InvalidToken)?;
    let session = names::session(&opens.video.room).ok_or(InvalidToken)?;
    let connection = names::connection(&opens.sub).ok_or(InvalidToken)?;
    Ok(Token::of_connection(text.to_owned(), session, connection))
}
