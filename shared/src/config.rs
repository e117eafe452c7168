//! Configuration from the environment, completely parsed and checked at start.
//!
//! All problems are reported at once. Values are never shown, and no secret has a default.

use crate::chain;
use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::secrets::{Reloading, Secrets};

/// The problems of the environment, one per line.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl Error for ConfigError {}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is not complete: {}", self.0.join("; "))
    }
}

/// A part of a function, built as the environment describes it.
pub trait Part: Sized {
    /// Builds it. `None`: `env` has noted why not.
    fn wire(env: &mut Environment<'_>) -> Option<Self>;
}

/// Builds a part.
///
/// # Errors
/// [`ConfigError`] with everything that is missing or wrong.
pub fn load<P: Part>(
    variable: &dyn Fn(&str) -> Option<String>,
    secrets: &Secrets,
    dynamodb: &Client,
) -> Result<P, ConfigError> {
    let mut env = Environment {
        variable,
        secrets,
        dynamodb,
        problems: Vec::new(),
    };
    match P::wire(&mut env) {
        Some(part) if env.problems.is_empty() => Ok(part),
        Some(_) | None => Err(ConfigError(env.problems)),
    }
}

/// Reads variables and collects their problems.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    secrets: &'a Secrets,
    dynamodb: &'a Client,
    problems: Vec<String>,
}

impl Environment<'_> {
    /// The one connection to DynamoDB.
    pub(crate) fn dynamodb(&self) -> Client {
        self.dynamodb.clone()
    }

    pub(crate) fn required<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.value(name).or_else(|| self.missing(name))?;
        parse(&value).map_err(|error| self.wrong(name, error)).ok()
    }

    pub(crate) fn optional<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.value(name)?;
        parse(&value).map_err(|error| self.wrong(name, error)).ok()
    }

    /// A secret: the variable's value, or the secret that the variable `NAME_ARN` names.
    pub(crate) fn secret<T, E>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<Reloading<T>>
    where
        T: Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
    {
        if self.is_absent(name) {
            return self.missing(name);
        }
        self.optional_secret(name, parse)
    }

    pub(crate) fn optional_secret<T, E>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<Reloading<T>>
    where
        T: Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
    {
        if self.is_absent(name) {
            return None;
        }
        let value = match self.secrets.reloading(name, parse) {
            Some(value) => value,
            None => parse(&self.value(name)?).map(Reloading::fixed),
        };
        value.map_err(|error| self.wrong(name, error)).ok()
    }

    /// The value, or `None` after noting the error.
    pub(crate) fn made<T>(&mut self, outcome: Result<T, impl Error>) -> Option<T> {
        outcome
            .map_err(|error| self.problems.push(chain(&error)))
            .ok()
    }

    /// An empty variable counts as missing, because templates leave one out like that.
    fn value(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Is there neither such a variable nor such a secret?
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        match self.secrets.get(name) {
            Some(secret) => secret.expose_secret().is_empty(),
            None => self.value(name).is_none(),
        }
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.problems.push(format!("{name} is not set"));
        None
    }

    /// The value is not part of the problem: it may be a secret.
    fn wrong(&mut self, name: &str, error: impl Display) {
        self.problems.push(format!("{name} {error}"));
    }
}

/// For variables that accept any text.
pub(crate) fn text(value: &str) -> Result<String, &'static str> {
    Ok(value.to_owned())
}

pub(crate) fn boolean(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "must be true or false")
}

pub(crate) fn login_seconds(value: &str) -> Result<Duration, &'static str> {
    let seconds = value
        .parse()
        .ok()
        .filter(|seconds| (60..=86_400).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or("must be a number from 60 to 86400")
}

/// How many joins fit into a minute.
pub(crate) fn joins_per_minute(value: &str) -> Result<u32, &'static str> {
    let joins = value.parse().ok().filter(|joins| *joins <= 1200);
    joins.ok_or("must be a number from 0 to 1200")
}

/// How many tokens may be unused. A record of them is written at each join, so there must be few.
pub(crate) fn unused_tokens(value: &str) -> Result<usize, &'static str> {
    let tokens = value
        .parse()
        .ok()
        .filter(|tokens| (1..=50).contains(tokens));
    tokens.ok_or("must be a number from 1 to 50")
}

pub(crate) fn openvidu_url(value: &str) -> Result<Url, &'static str> {
    let url = server_url(value).filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or("must be http(s)://host[:port]")
}

/// Browsers know the same server by `ws`, and `OpenVidu` 3 prints its address so.
pub(crate) fn livekit_url(value: &str) -> Result<Url, &'static str> {
    const WRONG: &str = "must be http(s)://host[:port] or ws(s)://host[:port]";
    let mut url = server_url(value).ok_or(WRONG)?;
    let scheme = match url.scheme() {
        "http" | "ws" => "http",
        "https" | "wss" => "https",
        _ => return Err(WRONG),
    };
    url.set_scheme(scheme).map_err(|()| WRONG)?;
    Ok(url)
}

/// A URL of nothing but scheme, host and port.
fn server_url(value: &str) -> Option<Url> {
    let url = Url::parse(value).ok()?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (url.has_host() && plain).then_some(url)
}

/// The text cannot be `OpenVidu`'s secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have letters, digits, underscores and hyphens only")]
pub(crate) struct InvalidOpenViduSecret;

/// Checks what `OpenVidu` itself requires of its secret at start.
pub(crate) fn openvidu_secret(value: &str) -> Result<SecretString, InvalidOpenViduSecret> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !value.is_empty() && value.chars().all(allowed) {
        Ok(value.into())
    } else {
        Err(InvalidOpenViduSecret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_scheme_host_and_port_alone() {
        for bad in [
            "localhost:4443",
            "http://",
            "http://u:p@h",
            "http://h/path",
            "http://h?x",
            "http://h#x",
            "ftp://h",
            "x",
        ] {
            assert!(openvidu_url(bad).is_err(), "{bad}");
            assert!(livekit_url(bad).is_err(), "{bad}");
        }
        assert!(openvidu_url("http://127.0.0.1:4443/").is_ok());
        assert!(openvidu_url("wss://h").is_err());
    }

    #[test]
    fn livekits_two_addresses_are_of_one_server() {
        for (named, asked) in [
            ("ws://127.0.0.1:7880", "http://127.0.0.1:7880/"),
            ("http://127.0.0.1:7880", "http://127.0.0.1:7880/"),
            ("wss://video.example.org/", "https://video.example.org/"),
            (
                "https://video.example.org:443",
                "https://video.example.org/",
            ),
        ] {
            assert_eq!(livekit_url(named).unwrap().as_str(), asked);
        }
    }

    #[test]
    fn a_login_lasts_a_minute_to_a_day() {
        assert_eq!(login_seconds("60"), Ok(Duration::from_secs(60)));
        for bad in ["59", "86401", "-1", "8h", ""] {
            assert!(login_seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn joins_have_a_limit_or_none_and_unused_tokens_always_have_one() {
        assert_eq!(
            [joins_per_minute("0"), joins_per_minute("1200")],
            [Ok(0), Ok(1200)]
        );
        assert_eq!([unused_tokens("1"), unused_tokens("50")], [Ok(1), Ok(50)]);
        for bad in ["-1", "1201", "20/min", ""] {
            assert!(joins_per_minute(bad).is_err(), "{bad}");
        }
        for bad in ["0", "51", "-1", ""] {
            assert!(unused_tokens(bad).is_err(), "{bad}");
        }
    }
}
