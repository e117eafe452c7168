//! The parts of each function: the adapters behind its ports, built as the environment describes
//! them.
//!
//! Each function gets only what it uses, so it cannot hold a secret that it does not need.
//! Everything is built once, when a function starts. Connections and the password hasher's memory
//! survive changes of secrets.

mod video;

use std::env;
use std::time::Duration;

use aws_sdk_dynamodb::Client;

use crate::adapters::aws::sdk_config;
use crate::adapters::dynamodb::{
    DynamoDbAttempts, DynamoDbCalls, DynamoDbEndedLogins, DynamoDbJoinTallies, DynamoDbLogins,
    DynamoDbUsers,
};
use crate::adapters::jwt::KeyRing;
use crate::adapters::openvidu::WebhookSecrets;
use crate::adapters::passwords::Argon2id;
use crate::adapters::secrets_manager::SecretsManager;
use crate::adapters::video::{Events, Kind, Video};
use crate::config::{
    Environment, Part, boolean, joins_per_minute, load, login_seconds, text, unused_tokens,
};
use crate::domain::{Installation, JoinLimit};
use crate::http::{ClientAddresses, LoginCheck, LoginCookie, OriginSecret};
use crate::ports::Source;
use crate::secrets::{FRESH, Reloading, Secrets};

/// The variables that contain secrets. If the environment has `NAME_ARN`, the secret with that ARN
/// in AWS Secrets Manager replaces the variable `NAME`.
const SECRETS: [&str; 5] = [
    "JWT_KEYS",
    "LIVEKIT_API_SECRET",
    "OPENVIDU_SECRET",
    "ORIGIN_SECRET",
    "WEBHOOK_SECRETS",
];

/// How long secrets are used before checking whether they have changed, in seconds. The default and
/// maximum are five minutes; 0 means to check each time.
const SECRETS_SECONDS: &str = "SECRETS_SECONDS";

/// Builds the parts of a function from the environment of this process.
///
/// # Errors
/// Whatever is wrong with the environment or its secrets.
pub async fn start<P: Part>() -> Result<(Secrets, P), Source> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let aws = sdk_config().await;
    let named: Vec<_> = SECRETS
        .into_iter()
        .filter_map(|name| Some((name, variable(&format!("{name}_ARN"))?)))
        .collect();
    let fresh = fresh(variable(SECRETS_SECONDS).as_deref())?;
    let secrets = match named.is_empty() {
        true => Secrets::default(),
        false => Secrets::read(SecretsManager::new(&aws), named, fresh).await?,
    };
    let part = load(&variable, &secrets, &Client::new(&aws))?;
    Ok((secrets, part))
}

fn fresh(seconds: Option<&str>) -> Result<Duration, String> {
    let Some(seconds) = seconds else {
        return Ok(FRESH);
    };
    let fresh = seconds.parse().ok().map(Duration::from_secs);
    let fresh = fresh.filter(|fresh| *fresh <= FRESH);
    fresh.ok_or_else(|| {
        format!(
            "{SECRETS_SECONDS} must be a number from 0 to {}",
            FRESH.as_secs()
        )
    })
}

/// Who is asking.
pub type Check = LoginCheck<Reloading<KeyRing>, DynamoDbLogins>;

impl Part for Check {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        // `JWT_KEYS`: verifies logins; see [`KeyRing::parse`].
        let proofs = env.secret("JWT_KEYS", KeyRing::parse);
        let logins = DynamoDbLogins::wire(env);
        // The origin of our page, if it is not on the API's host.
        let site_origin = env.optional("SITE_ORIGIN", text);
        let cookie = LoginCookie::wire(env);
        let addresses = ClientAddresses::wire(env);
        Some(Self {
            proofs: proofs?,
            logins: logins?,
            cookie: cookie?,
            site_origin,
            addresses: addresses?,
        })
    }
}

/// The function `logout`: who is asking, whether the login still stands or not.
pub type Logout = LoginCheck<Reloading<KeyRing>, DynamoDbEndedLogins>;

impl Part for Logout {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let proofs = env.secret("JWT_KEYS", KeyRing::parse);
        let logins = env.required("LOGINS_TABLE", text);
        let site_origin = env.optional("SITE_ORIGIN", text);
        let cookie = LoginCookie::wire(env);
        let addresses = ClientAddresses::wire(env);
        Some(Self {
            proofs: proofs?,
            logins: DynamoDbEndedLogins::new(env.dynamodb(), logins?),
            cookie: cookie?,
            site_origin,
            addresses: addresses?,
        })
    }
}

/// The function `login`.
#[derive(Debug)]
pub struct Login {
    pub users: DynamoDbUsers,
    pub attempts: DynamoDbAttempts,
    pub hashing: Argon2id,
    /// Signs logins.
    pub proofs: Reloading<KeyRing>,
    /// How long a login lasts.
    pub lifetime: Duration,
    /// The cookie that keeps it in browsers.
    pub cookie: LoginCookie,
    /// Finds the addresses of clients.
    pub addresses: ClientAddresses,
}

impl Part for Login {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let proofs = env.secret("JWT_KEYS", KeyRing::parse);
        let users = env.required("USERS_TABLE", text);
        let attempts = env.required("LOGINS_TABLE", text);
        let lifetime = env.optional("LOGIN_SECONDS", login_seconds);
        let cookie = LoginCookie::wire(env);
        let addresses = ClientAddresses::wire(env);
        Some(Self {
            users: DynamoDbUsers::new(env.dynamodb(), users?),
            attempts: DynamoDbAttempts::new(env.dynamodb(), attempts?),
            hashing: Argon2id::new(),
            proofs: proofs?,
            lifetime: lifetime.unwrap_or(Duration::from_secs(8 * 60 * 60)),
            cookie: cookie?,
            addresses: addresses?,
        })
    }
}

/// The function `get-token`.
#[derive(Debug)]
pub struct Joining {
    /// Who is asking.
    pub check: Check,
    /// How often a user may join.
    pub limit: JoinLimit,
    /// The tallies of users' joins.
    pub tallies: DynamoDbJoinTallies,
    /// The mark of our sessions at the video server, which others may share.
    pub installation: Installation,
    /// The calls' records.
    pub calls: DynamoDbCalls,
    pub video: Video,
}

impl Part for Joining {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let check = Check::wire(env);
        let limit = JoinLimit::wire(env);
        let tallies = env.required("LOGINS_TABLE", text);
        let installation = Installation::wire(env);
        let calls = DynamoDbCalls::wire(env);
        let video = Video::wire(env);
        Some(Self {
            check: check?,
            limit: limit?,
            tallies: DynamoDbJoinTallies::new(env.dynamodb(), tallies?),
            installation: installation?,
            calls: calls?,
            video: video?,
        })
    }
}

/// The function `remove-user`.
#[derive(Debug)]
pub struct Leaving {
    /// Who is asking.
    pub check: Check,
    /// The calls' records.
    pub calls: DynamoDbCalls,
    pub video: Video,
}

impl Part for Leaving {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let check = Check::wire(env);
        let calls = DynamoDbCalls::wire(env);
        let video = Video::wire(env);
        Some(Self {
            check: check?,
            calls: calls?,
            video: video?,
        })
    }
}

/// The function `openvidu-webhook`.
#[derive(Debug)]
pub struct Webhook {
    /// The events of the video server.
    pub events: Events,
    /// The mark of our sessions at the video server, which others may share.
    pub installation: Installation,
    /// The calls' records.
    pub calls: DynamoDbCalls,
    pub video: Video,
}

impl Part for Webhook {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let installation = Installation::wire(env);
        let calls = DynamoDbCalls::wire(env);
        let video = Video::wire(env);
        let events = match video::kind(env) {
            Ok(Kind::OpenVidu) => {
                let secrets = env.secret("WEBHOOK_SECRETS", WebhookSecrets::parse);
                secrets.map(Events::OpenVidu)
            }
            Ok(Kind::LiveKit) => video.as_ref().and_then(Video::signed_events),
            Err(_noted) => None,
        };
        Some(Self {
            events: events?,
            installation: installation?,
            calls: calls?,
            video: video?,
        })
    }
}

/// The function `sweep`.
#[derive(Debug)]
pub struct Sweep {
    /// The mark of our sessions at the video server, which others may share.
    pub installation: Installation,
    /// The calls' records.
    pub calls: DynamoDbCalls,
    pub video: Video,
}

impl Part for Sweep {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let installation = Installation::wire(env);
        let calls = DynamoDbCalls::wire(env);
        let video = Video::wire(env);
        Some(Self {
            installation: installation?,
            calls: calls?,
            video: video?,
        })
    }
}

impl Part for DynamoDbLogins {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let logins = env.required("LOGINS_TABLE", text);
        let users = env.required("USERS_TABLE", text);
        Some(Self::new(env.dynamodb(), logins?, users?))
    }
}

impl Part for Installation {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        env.required("INSTALLATION", Self::parse)
    }
}

impl Part for JoinLimit {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let usual = Self::default();
        let per_minute = env.optional("JOINS_PER_MINUTE", joins_per_minute);
        let unused = env.optional("UNUSED_TOKENS", unused_tokens);
        Some(Self {
            per_minute: per_minute.unwrap_or(usual.per_minute),
            unused: unused.unwrap_or(usual.unused),
        })
    }
}

impl Part for DynamoDbCalls {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let table = env.required("CALLS_TABLE", text)?;
        Some(Self::new(env.dynamodb(), table))
    }
}

impl Part for LoginCookie {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        // `false` only where the site is on plain HTTP on loopback.
        let secure = env.optional("COOKIE_SECURE", boolean);
        Some(Self::new(secure.unwrap_or(true)))
    }
}

impl Part for ClientAddresses {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        // What CloudFront says so that we believe it where clients are.
        let origin_secret = env.optional_secret("ORIGIN_SECRET", OriginSecret::parse);
        Some(Self::new(origin_secret))
    }
}

#[cfg(test)]
mod tests;
