//! What functions are made of, by their environment.

use super::*;
use crate::config::ConfigError;

const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

async fn wire(variables: &[(&str, &str)]) -> Result<Joining, ConfigError> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .build();
    load(&variable, &Secrets::default(), &Client::from_conf(config))
}

#[tokio::test]
async fn a_complete_environment_makes_a_function() {
    let joining = wire(&[
        ("JWT_KEYS", KEYS),
        ("LOGINS_TABLE", "logins"),
        ("USERS_TABLE", "users"),
        ("INSTALLATION", "3f9c21d07b58"),
        ("CALLS_TABLE", "calls"),
        ("OPENVIDU_URL", "https://video.example.org:4443"),
        ("OPENVIDU_SECRET", "MY_SECRET"),
    ])
    .await
    .unwrap();
    assert_eq!(joining.check.cookie, LoginCookie::new(true));
    assert_eq!((joining.limit.per_minute, joining.limit.unused), (20, 5));
    assert!(!format!("{joining:?}").contains("MY_SECRET"));
}

#[tokio::test]
async fn all_problems_are_reported_at_once_and_no_value_is_shown() {
    let problems = wire(&[
        ("JWT_KEYS", "k1:hush"),
        ("INSTALLATION", "Hush"),
        ("CALLS_TABLE", ""),
        ("COOKIE_SECURE", "maybe"),
        ("OPENVIDU_URL", "ftp://hush"),
        ("OPENVIDU_SECRET", "hush!"),
        ("ORIGIN_SECRET", "hush"),
        ("JOINS_PER_MINUTE", "hush"),
        ("UNUSED_TOKENS", "0"),
    ])
    .await
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
        "JOINS_PER_MINUTE",
        "UNUSED_TOKENS",
    ] {
        assert!(problems.contains(name), "{problems}");
    }
    assert!(!problems.to_lowercase().contains("hush"), "{problems}");
}

#[test]
fn secrets_are_looked_at_every_five_minutes_at_least() {
    assert_eq!(fresh(None).unwrap(), FRESH);
    assert_eq!(fresh(Some("0")).unwrap(), Duration::ZERO);
    for wrong in ["301", "-1", "5 min"] {
        let error = fresh(Some(wrong)).unwrap_err();
        assert_eq!(error, "SECRETS_SECONDS must be a number from 0 to 300");
    }
}
