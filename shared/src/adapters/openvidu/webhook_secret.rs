//! Who may send events: `OpenVidu` does not sign them, but can send configured headers.

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

const HEADER: &str = "x-webhook-secret";

/// The secrets that webhooks may contain: one, or two during a rotation.
#[derive(Clone, Debug)]
pub struct WebhookSecrets(Vec<SecretString>);

/// The text is not one or two secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one or two secrets of at least 32 letters or digits, separated by a comma")]
pub struct InvalidWebhookSecrets;

impl WebhookSecrets {
    /// Reads `secret[,secret]`.
    ///
    /// # Errors
    /// [`InvalidWebhookSecrets`]
    pub fn parse(text: &str) -> Result<Self, InvalidWebhookSecrets> {
        let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
        let good =
            |secret: &&str| secret.len() >= 32 && secret.chars().all(|c| c.is_ascii_alphanumeric());
        if secrets.len() <= 2 && secrets.iter().all(good) {
            Ok(Self(secrets.into_iter().map(SecretString::from).collect()))
        } else {
            Err(InvalidWebhookSecrets)
        }
    }

    /// Does the request with these headers come from our server? The header must occur once and contain
    /// a secret. The time of the comparison does not depend on where they differ.
    pub fn is_genuine(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(HEADER).into_iter();
        let (Some(sent), None) = (values.next(), values.next()) else {
            return false;
        };
        let known = self.0.iter().fold(0, |known, secret| {
            let secret = secret.expose_secret().as_bytes();
            known | sent.as_bytes().ct_eq(secret).unwrap_u8()
        });
        known == 1
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OLD: &str = "0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210";

    fn headers(secrets: &[&str]) -> HeaderMap {
        let values = secrets
            .iter()
            .map(|secret| HeaderValue::from_str(secret).unwrap());
        values
            .map(|value| (http::HeaderName::from_static(HEADER), value))
            .collect()
    }

    #[test]
    fn a_secret_is_changed_without_losing_an_event() {
        let both = WebhookSecrets::parse(&format!("{NEW}, {OLD}")).unwrap();
        for secret in [OLD, NEW] {
            assert!(both.is_genuine(&headers(&[secret])));
        }
        let new = WebhookSecrets::parse(NEW).unwrap();
        assert!(!new.is_genuine(&headers(&[OLD])));
    }

    #[test]
    fn missing_wrong_and_repeated_secrets_are_refused() {
        let secrets = WebhookSecrets::parse(OLD).unwrap();
        for wrong in [
            &[][..],
            &[""],
            &[NEW],
            &[&OLD[1..]],
            &[OLD, OLD],
            &[NEW, OLD],
        ] {
            assert!(!secrets.is_genuine(&headers(wrong)), "{wrong:?}");
        }
        let joined = format!("{OLD},{OLD}");
        assert!(
            !secrets.is_genuine(&headers(&[&joined])),
            "API Gateway joins doubled headers"
        );
    }

    #[test]
    fn short_or_too_many_secrets_are_refused() {
        for bad in [
            "",
            "short",
            &format!("{OLD},"),
            &format!("{OLD},{OLD},{OLD}"),
            &format!("{OLD}!"),
        ] {
            assert!(WebhookSecrets::parse(bad).is_err(), "{bad}");
        }
        assert!(!format!("{:?}", WebhookSecrets::parse(OLD)).contains(OLD));
    }
}
