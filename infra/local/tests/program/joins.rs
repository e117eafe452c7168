//! How often a user may join, over HTTP and with the limits that everybody has who sets none.

use serde_json::{Value, json};

use crate::started::{Local, local_with};

/// Joins the call: the token, or the code of the refusal.
fn join(local: &Local, jwt: &str) -> Result<Value, Value> {
    let call = r#"{"sessionName":"TUTORIAL"}"#;
    let (status, answer) = local.post("/api-sessions/get-token", jwt, call);
    match status {
        200 => Ok(answer["token"].clone()),
        429 => Err(answer["code"].clone()),
        _ => panic!("{answer}"),
    }
}

fn leave(local: &Local, jwt: &str, token: &Value) {
    let body = json!({ "sessionName": "TUTORIAL", "token": token }).to_string();
    let (status, answer) = local.post("/api-sessions/remove-user", jwt, &body);
    assert_eq!(status, 200, "{answer}");
}

fn log_in(local: &Local, user: &str) -> String {
    let body = json!({ "user": user, "pass": "pass" }).to_string();
    let (status, answer) = local.post("/api-login/login", "", &body);
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_user_joins_as_often_as_people_do_and_no_more() {
    let site = crate::site("a page");
    let mut local = Local::start(&mut local_with(&site));
    let refused = Err(json!("too_many_joins"));

    // Five tokens that nobody uses, and another when one is given back.
    let ann = log_in(&local, "publisher1");
    let tokens: Vec<Value> = (0..5).map(|_| join(&local, &ann).unwrap()).collect();
    assert_eq!(join(&local, &ann), refused);
    leave(&local, &ann, &tokens[0]);
    join(&local, &ann).unwrap();
    assert_eq!(join(&local, &ann), refused);

    // Twenty joins, and those that the time which they take allows on top.
    let bob = log_in(&local, "publisher2");
    let mut joins = 0;
    while let Ok(token) = join(&local, &bob) {
        leave(&local, &bob, &token);
        joins += 1;
        assert!(joins < 1000, "there is no limit");
    }
    assert!(joins >= 20, "{joins}");
    assert_eq!(local.end("INT").code(), Some(0));
}
