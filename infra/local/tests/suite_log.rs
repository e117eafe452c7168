//! All that was said while the API's and the browser's tests ran against the functions: `make test` keeps it, in
//! the file that `SUITE_LOG` names.

use std::{env, fs};

/// How secrets look that differ each time: a JWT's first part, a token's name at OpenVidu and in its URL, a
/// hash, a header with a secret in it.
const FORMS: [&str; 7] = [
    "eyJ",
    "tok_",
    "token=",
    "$argon2",
    "Bearer ",
    "Basic ",
    "x-webhook-secret:",
];

/// The stand-in's.
const OPENVIDU_SECRET: &str = "MY_SECRET";

/// Everybody's, as a word of its own.
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
    let is_secret = |line: &&str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        words.any(|word| word == PASSWORD)
            || line.contains(OPENVIDU_SECRET)
            || FORMS.iter().any(|form| line.contains(form))
    };
    let found: Vec<&str> = log.lines().filter(is_secret).collect();
    assert!(found.is_empty(), "{found:#?}");
}
