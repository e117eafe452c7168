//! Two copies of all functions on one database: a login that ends at one copy has also ended at the
//! other.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::{
    site,
    started::{Local, local_with},
};

/// Logs in and returns the JWT.
fn log_in(at: &Local, user: &str) -> String {
    let credentials = json!({ "user": user, "pass": "pass" }).to_string();
    let (status, answer) = at.post("/api-login/login", "", &credentials);
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// Asks for a token. Returns status and body.
fn ask(at: &Local, jwt: &str) -> (u16, Value) {
    let call = r#"{"sessionName":"TUTORIAL"}"#;
    let (status, answer) = at.post("/api-sessions/get-token", jwt, call);
    (status, answer["code"].clone())
}

/// Runs the program `users` on its database.
fn users(at: &Local, arguments: &[&str]) {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--bin", "users", "--"])
        .current_dir("../..")
        .args(["--endpoint-url", &at.database()])
        .args(arguments)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .status()
        .unwrap();
    assert!(status.success(), "users {arguments:?}");
}

#[test]
fn a_login_ended_at_one_copy_is_refused_at_the_other_at_the_next_request() {
    let site = site("a page");
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut a = Local::start(local_with(&site).arg("--data-dir").arg(one.path()));
    // The second stack shares the database and the key.
    fs::copy(one.path().join("jwt-keys"), other.path().join("jwt-keys")).unwrap();
    let mut b = Local::start(
        local_with(&site)
            .arg("--data-dir")
            .arg(other.path())
            .arg("--dynamodb-url")
            .arg(a.database()),
    );
    let over = (401, json!("not_logged_in"));

    let anns = log_in(&a, "publisher1");
    let on_another_device = log_in(&a, "publisher1");
    assert_eq!(ask(&a, &anns).0, 200);
    assert_eq!(b.post("/api-login/logout", &anns, "{}").0, 200);
    assert_eq!(ask(&a, &anns), over);
    assert_eq!(ask(&a, &on_another_device).0, 200);

    let bobs = log_in(&b, "publisher2");
    assert_eq!(ask(&a, &bobs).0, 200);
    users(&a, &["disable", "publisher2"]);
    for copy in [&a, &b] {
        assert_eq!(ask(copy, &bobs), over);
        let again = copy.post(
            "/api-login/login",
            "",
            r#"{"user":"publisher2","pass":"pass"}"#,
        );
        assert_eq!(again.0, 401);
    }
    users(&a, &["enable", "publisher2"]);
    assert_eq!(ask(&a, &bobs), over, "who is enabled logs in anew");
    log_in(&a, "publisher2");

    b.end("INT");
    a.end("INT");
}
