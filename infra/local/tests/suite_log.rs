//! The log of the functions during the tests of the API and of the page. `make test` keeps it in
//! the file that `SUITE_LOG` names.

use std::{env, fs};

/// Patterns of secrets that are different each time: a JWT's first part, a token's id at OpenVidu
/// and in its URL, a hash, a header with a secret.
const FORMS: [&str; 9] = [
    "eyJ",
    "tok_",
    "token=",
    "$argon2",
    "Bearer ",
    "Basic ",
    "x-webhook-secret:",
    "turnPassword",
    "turn_password",
];

/// The secret of the stand-in.
const OPENVIDU_SECRET: &str = "MY_SECRET";

/// The length of a key that signs JWTs, in base64url. `local` makes a new one at each start.
const JWT_KEY: usize = 43;

/// The password of all demo users, as a separate word.
const PASSWORD: &str = "pass";

#[test]
fn nothing_that_was_logged_while_all_tests_ran_is_a_secret() {
    let file = env::var("SUITE_LOG").expect("SUITE_LOG names what `make test` kept");
    let log = fs::read_to_string(&file).unwrap();
    for event in ["login", "refusal", "logout"] {
        let line = format!("event=\"{event}\"");
        assert!(
            log.contains(&line),
            "{file} is no log of the functions: no {event}"
        );
    }
    let found: Vec<&str> = log.lines().filter(|line| has_secret(line)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_secret_of_each_kind_is_found() {
    for line in [
        "pass: \"pass\"",
        "authorization: eyJhbGciOiJIUzI1NiJ9",
        "JWT_KEYS=local:b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0",
        "said 0123456789abcdef0123456789abcdef",
        "https://OPENVIDUAPP:MY_SECRET@127.0.0.1",
    ] {
        assert!(has_secret(line), "{line}");
    }
    for line in [
        "who passes Session_203-3f9c21d07b58-5f3a9c1e7b2d4608",
        "of con_74e2855070512d923d26c9345b2c71cf",
    ] {
        assert!(!has_secret(line), "{line}");
    }
}

fn has_secret(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut keys = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    words.any(|word| word == PASSWORD || is_webhook_secret(word))
        || keys.any(|word| word.len() == JWT_KEY)
        || line.contains(OPENVIDU_SECRET)
        || FORMS.iter().any(|form| line.contains(form))
}

/// `local` makes a new one at each start: 128 bits in hexadecimal.
fn is_webhook_secret(word: &str) -> bool {
    word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit())
}
