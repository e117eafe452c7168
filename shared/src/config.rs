//! Configuration from the environment, parsed and checked whole at start.
//!
//! Each function loads only what it uses, so that it cannot hold a secret it has no use for. All
//! problems are reported at once. No secret has a default.

use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use secrecy::SecretString;
use url::Url;

use crate::adapters::dynamodb::DynamoDbCalls;
use crate::adapters::jwt::KeyRing;
use crate::adapters::openvidu::{HttpClientError, OpenVidu, TrustedCertificate};
use crate::current::Variables;
use crate::domain::Installation;
use crate::http::{OriginSecret, WebhookSecrets};

/// What is wrong with the environment, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl std::error::Error for ConfigError {}

impl Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the environment is not complete: {}", self.0.join("; "))
    }
}

/// What every function that wants to know who is asking needs.
#[derive(Debug)]
pub struct LoginCheckConfig {
    /// `JWT_KEYS`: verifies logins; see [`KeyRing::parse`].
    pub keys: KeyRing,
    /// `LOGINS_TABLE`: where ended logins are recorded.
    pub logins_table: String,
    /// `USERS_TABLE`: where the people who may log in are recorded.
    pub users_table: String,
    /// `SITE_ORIGIN` (optional): where our page is served from, if not from the API's own host.
    pub site_origin: Option<String>,
    /// `COOKIE_SECURE` (default `true`): `false` only where the site is on plain HTTP on loopback.
    pub cookie_secure: bool,
    /// `ORIGIN_SECRET` (optional): what CloudFront says so that we believe it where clients are.
    pub origin_secret: Option<OriginSecret>,
}

/// The function `login`.
#[derive(Debug)]
pub struct LoginConfig {
    /// `JWT_KEYS`: the first signs; see [`KeyRing::parse`].
    pub keys: KeyRing,
    /// `USERS_TABLE`: where the people who may log in are recorded.
    pub users_table: String,
    /// `LOGINS_TABLE`: where attempts to log in are counted.
    pub logins_table: String,
    /// `LOGIN_SECONDS` (default 28800, 8 h): how long a login lasts; 60 to 86400.
    pub lifetime: Duration,
    /// `COOKIE_SECURE`, as in [`LoginCheckConfig`].
    pub cookie_secure: bool,
    /// `ORIGIN_SECRET`, as in [`LoginCheckConfig`].
    pub origin_secret: Option<OriginSecret>,
}

/// The functions that work on calls.
#[derive(Debug)]
pub struct CallConfig {
    /// Who is asking.
    pub login: LoginCheckConfig,
    /// What they ask for.
    pub records: RecordsConfig,
}

impl LoginCheckConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is missing or wrong.
    pub fn load(variables: &Variables) -> Result<Self, ConfigError> {
        Environment::new(&|name| variables.get(name)).load(Self::read)
    }

    fn read(env: &mut Environment<'_>) -> Option<Self> {
        let keys = env.required("JWT_KEYS", KeyRing::parse);
        let logins_table = env.required("LOGINS_TABLE", text);
        let users_table = env.required("USERS_TABLE", text);
        let site_origin = env.optional("SITE_ORIGIN", text);
        let cookie_secure = env.optional("COOKIE_SECURE", boolean);
        let origin_secret = env.optional("ORIGIN_SECRET", OriginSecret::parse);
        Some(Self {
            keys: keys?,
            logins_table: logins_table?,
            users_table: users_table?,
            site_origin,
            cookie_secure: cookie_secure.unwrap_or(true),
            origin_secret,
        })
    }
}

impl LoginConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is missing or wrong.
    pub fn load(variables: &Variables) -> Result<Self, ConfigError> {
        Environment::new(&|name| variables.get(name)).load(Self::read)
    }

    fn read(env: &mut Environment<'_>) -> Option<Self> {
        let keys = env.required("JWT_KEYS", KeyRing::parse);
        let users_table = env.required("USERS_TABLE", text);
        let logins_table = env.required("LOGINS_TABLE", text);
        let lifetime = env.optional("LOGIN_SECONDS", login_seconds);
        let cookie_secure = env.optional("COOKIE_SECURE", boolean);
        let origin_secret = env.optional("ORIGIN_SECRET", OriginSecret::parse);
        Some(Self {
            keys: keys?,
            users_table: users_table?,
            logins_table: logins_table?,
            lifetime: lifetime.unwrap_or(Duration::from_secs(8 * 60 * 60)),
            cookie_secure: cookie_secure.unwrap_or(true),
            origin_secret,
        })
    }
}

impl CallConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is missing or wrong.
    pub fn load(variables: &Variables) -> Result<Self, ConfigError> {
        Environment::new(&|name| variables.get(name)).load(Self::read)
    }

    fn read(env: &mut Environment<'_>) -> Option<Self> {
        let login = LoginCheckConfig::read(env);
        let records = RecordsConfig::read(env);
        Some(Self {
            login: login?,
            records: records?,
        })
    }
}

/// Calls: their records, and the server that carries them. All that the function `sweep` needs.
#[derive(Debug)]
pub struct RecordsConfig {
    /// `INSTALLATION`: the mark of our sessions at the `OpenVidu` server, which others may share.
    pub installation: Installation,
    /// `CALLS_TABLE`: where open calls and tokens are recorded.
    pub calls_table: String,
    /// `OPENVIDU_URL`: scheme, host and port of the `OpenVidu` server.
    pub openvidu_url: Url,
    /// `OPENVIDU_SECRET`: what it knows us by.
    pub openvidu_secret: SecretString,
    /// `OPENVIDU_CA` (optional): the one certificate that it is trusted by, its own or that of the
    /// authority which signed it, as DER in base64; for a server that no public authority vouches for.
    pub openvidu_ca: Option<TrustedCertificate>,
}

/// The function `openvidu-webhook`.
#[derive(Debug)]
pub struct WebhookConfig {
    /// What it works on.
    pub records: RecordsConfig,
    /// `WEBHOOK_SECRETS`: what `OpenVidu` sends; one, or two while it is being changed.
    pub secrets: WebhookSecrets,
}

impl RecordsConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is missing or wrong.
    pub fn load(variables: &Variables) -> Result<Self, ConfigError> {
        Environment::new(&|name| variables.get(name)).load(Self::read)
    }

    /// What it describes.
    ///
    /// # Errors
    /// [`HttpClientError`]
    pub fn adapters(self, dynamodb: Client) -> Result<(DynamoDbCalls, OpenVidu), HttpClientError> {
        let calls = DynamoDbCalls::new(dynamodb, self.calls_table);
        let openvidu = OpenVidu::new(self.openvidu_url, self.openvidu_secret, self.openvidu_ca)?;
        Ok((calls, openvidu))
    }

    fn read(env: &mut Environment<'_>) -> Option<Self> {
        let installation = env.required("INSTALLATION", Installation::parse);
        let calls_table = env.required("CALLS_TABLE", text);
        let openvidu_url = env.required("OPENVIDU_URL", server_url);
        let openvidu_secret = env.required("OPENVIDU_SECRET", secret);
        let openvidu_ca = env.optional("OPENVIDU_CA", TrustedCertificate::parse);
        Some(Self {
            installation: installation?,
            calls_table: calls_table?,
            openvidu_url: openvidu_url?,
            openvidu_secret: openvidu_secret?,
            openvidu_ca,
        })
    }
}

impl WebhookConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is missing or wrong.
    pub fn load(variables: &Variables) -> Result<Self, ConfigError> {
        Environment::new(&|name| variables.get(name)).load(|env| {
            let records = RecordsConfig::read(env);
            let secrets = env.required("WEBHOOK_SECRETS", WebhookSecrets::parse);
            Some(Self {
                records: records?,
                secrets: secrets?,
            })
        })
    }
}

/// Reads variables and collects what is wrong with them.
struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Environment<'a> {
    fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variable,
            problems: Vec::new(),
        }
    }

    fn load<T>(mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, ConfigError> {
        match read(&mut self) {
            Some(config) if self.problems.is_empty() => Ok(config),
            Some(_) | None => Err(ConfigError(self.problems)),
        }
    }

    fn required<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if (self.variable)(name).is_none_or(|value| value.is_empty()) {
            self.problems.push(format!("{name} is not set"));
            return None;
        }
        self.optional(name, parse)
    }

    /// An empty variable counts as none: that is how templates leave one out.
    fn optional<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = (self.variable)(name).filter(|value| !value.is_empty())?;
        // The value stays out of the problem: it may be a secret.
        parse(&value)
            .map_err(|error| self.problems.push(format!("{name} {error}")))
            .ok()
    }
}

fn text(value: &str) -> Result<String, &'static str> {
    Ok(value.to_owned())
}

fn boolean(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "must be true or false")
}

fn login_seconds(value: &str) -> Result<Duration, &'static str> {
    let seconds = value
        .parse()
        .ok()
        .filter(|seconds| (60..=86_400).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or("must be a number from 60 to 86400")
}

fn server_url(value: &str) -> Result<Url, &'static str> {
    const WRONG: &str = "must be http(s)://host[:port]";
    let url = Url::parse(value).map_err(|_| WRONG)?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain)
        .then_some(url)
        .ok_or(WRONG)
}

/// As `OpenVidu` wants its secret, or it would not have started.
fn secret(value: &str) -> Result<SecretString, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if value.chars().all(allowed) {
        Ok(value.into())
    } else {
        Err("must have letters, digits, underscores and hyphens only")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

    fn load(variables: &[(&str, &str)]) -> Result<CallConfig, ConfigError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment::new(&variable).load(CallConfig::read)
    }

    #[test]
    fn a_complete_environment_is_a_configuration() {
        let config = load(&[
            ("JWT_KEYS", KEYS),
            ("LOGINS_TABLE", "logins"),
            ("USERS_TABLE", "users"),
            ("INSTALLATION", "3f9c21d07b58"),
            ("CALLS_TABLE", "calls"),
            ("OPENVIDU_URL", "https://video.example.org:4443"),
            ("OPENVIDU_SECRET", "MY_SECRET"),
        ])
        .unwrap();
        assert!(config.login.cookie_secure);
        assert_eq!(
            config.records.openvidu_url.as_str(),
            "https://video.example.org:4443/"
        );
        assert!(!format!("{config:?}").contains("MY_SECRET"));
    }

    #[test]
    fn all_problems_are_reported_at_once_and_no_value_is_shown() {
        let problems = load(&[
            ("JWT_KEYS", "k1:hush"),
            ("INSTALLATION", "Hush"),
            ("CALLS_TABLE", ""),
            ("COOKIE_SECURE", "maybe"),
            ("OPENVIDU_URL", "ftp://hush"),
            ("OPENVIDU_SECRET", "hush!"),
            ("ORIGIN_SECRET", "hush"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "JWT_KEYS",
            "LOGINS_TABLE",
            "USERS_TABLE",
            "ORIGIN_SECRET",
            "INSTALLATION",
            "CALLS_TABLE",
            "COOKIE_SECURE",
            "OPENVIDU_URL",
            "OPENVIDU_SECRET",
        ] {
            assert!(problems.contains(name), "{problems}");
        }
        assert!(!problems.to_lowercase().contains("hush"), "{problems}");
    }

    #[test]
    fn a_server_is_named_by_scheme_host_and_port_alone() {
        for bad in [
            "localhost:4443",
            "http://",
            "http://u:p@h",
            "http://h/path",
            "http://h?x",
            "x",
        ] {
            assert!(server_url(bad).is_err(), "{bad}");
        }
        assert!(server_url("http://127.0.0.1:4443/").is_ok());
    }

    #[test]
    fn a_login_lasts_a_minute_to_a_day() {
        assert_eq!(login_seconds("60"), Ok(Duration::from_secs(60)));
        for bad in ["59", "86401", "-1", "8h", ""] {
            assert!(login_seconds(bad).is_err(), "{bad}");
        }
    }
}
