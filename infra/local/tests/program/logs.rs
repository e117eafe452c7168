//! What the log contains after people have come and gone, and what it never contains.

use serde_json::{Value, json};

use crate::{
    site,
    started::{Local, local_with},
};

/// If this password is in the log, passwords are logged.
const WRONG: &str = "a-wrong-one-e7b1";

/// The parts of a secret that could be used alone: the three of a JWT, a token's id, a key without
/// its name.
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let parts = secret.split(['.', ':', '=', '&', '?']);
    parts.filter(|part| part.len() >= 16)
}

#[test]
fn the_log_says_who_did_what_and_contains_no_secret() {
    let site = site("a page");
    let mut local = Local::start(&mut local_with(&site));
    let mut secrets = vec![WRONG.to_owned(), "argon2id".to_owned()];
    for name in ["JWT_KEYS", "WEBHOOK_SECRETS", "OPENVIDU_SECRET"] {
        secrets.push(local.variable(name));
    }
    let mut post = |path: &str, jwt: &str, body: Value| {
        let (status, answer) = local.post(path, jwt, &body.to_string());
        let secret = answer["token"].as_str().unwrap_or_default();
        secrets.push(secret.to_owned());
        (status, secret.to_owned())
    };

    let login = |user: &str, pass: &str| json!({ "user": user, "pass": pass });
    let (_, jwt) = post("/api-login/login", "", login("publisher1", "pass"));
    // A password in the field for the name.
    assert_eq!(post("/api-login/login", "", login(WRONG, "pass")).0, 401);
    for _ in 0..5 {
        assert_eq!(
            post("/api-login/login", "", login("moderator", WRONG)).0,
            401
        );
    }
    assert_eq!(
        post("/api-login/login", "", login("moderator", "pass")).0,
        429
    );
    let (_, bobs) = post("/api-login/login", "", login("publisher2", "pass"));

    let call = json!({ "sessionName": "TUTORIAL" });
    let (status, token) = post("/api-sessions/get-token", &jwt, call.clone());
    assert_eq!(status, 200);
    let (_, other) = post("/api-sessions/get-sessionid-token", &bobs, call.clone());
    let leave = |token: &str| json!({ "sessionName": "TUTORIAL", "token": token });
    assert_eq!(
        post("/api-sessions/remove-user", &jwt, leave(&other)).0,
        403
    );
    assert_eq!(
        post("/api-sessions/remove-user", &jwt, leave(&token)).0,
        200
    );
    assert_eq!(post("/api-sessions/remove-user", &jwt, leave(WRONG)).0, 404);
    let forged = format!("{jwt}x");
    assert_eq!(
        post("/api-sessions/get-token", &forged, call.clone()).0,
        401
    );
    assert_eq!(
        post("/api-openvidu/webhook", "", json!({ "event": WRONG })).0,
        401
    );
    assert_eq!(
        post("/api-login/login", "", json!({ "pass": WRONG })).0,
        400
    );
    let elsewhere = format!("cookie: login={bobs}\r\nsec-fetch-site: cross-site");
    let body = call.to_string();
    let refused = local.post_with("/api-sessions/get-token", &elsewhere, &body);
    assert_eq!(refused.0, 403);
    assert_eq!(post("/api-login/logout", &jwt, json!({})).0, 200);
    assert_eq!(post("/api-sessions/get-token", &jwt, call).0, 401);
    secrets.push(forged);
    local.end("INT");

    // Indented lines are no log: they tell a developer the demo users' password and the stand-in's
    // secret.
    let said = local.said();
    let log: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("  "))
        .collect();
    let log = log.join("\n");
    for (event, user, reason) in [
        ("login", Some("publisher1"), "right password"),
        ("refusal", None, "unknown user"),
        ("refusal", Some("moderator"), "wrong password"),
        ("refusal", Some("moderator"), "too many attempts"),
        ("refusal", None, "forged or run out"),
        ("refusal", None, "another site's page"),
        ("refusal", Some("publisher1"), "somebody else's token"),
        ("logout", Some("publisher1"), "their own wish"),
        ("refusal", Some("publisher1"), "logged out"),
    ] {
        let user = user.map(|user| format!("user=\"{user}\""));
        let found = log.lines().any(|line| {
            line.contains("audit")
                && line.contains(&format!("event=\"{event}\""))
                && line.contains(&format!("reason={reason}"))
                && line.contains("address=")
                && user
                    .as_ref()
                    .map_or(!line.contains("user="), |user| line.contains(user))
        });
        assert!(found, "{event}, {user:?}, {reason}: {log}");
    }
    for secret in &secrets {
        for part in [secret.as_str()].into_iter().chain(parts(secret)) {
            assert!(
                part.is_empty() || !log.contains(part),
                "{part} is in the log"
            );
        }
    }
    let words = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "pass")
    };
    assert!(
        !log.lines().any(words),
        "the demo users' password is in the log"
    );
}
