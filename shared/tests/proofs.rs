//! Attacks that a login's proof must withstand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, COOKIE};
use jsonwebtoken::{Algorithm, EncodingKey};
use lambda_http::Request;
use serde_json::{Value, json};
use shared::adapters::jwt::KeyRing;
use shared::domain::{Generation, Login, LoginId, Timestamp, UserName};
use shared::http::{ClientAddresses, ErrorCode, LoginCheck, LoginCookie};
use shared::ports::{LoginProofs, Logins, Standing, StoreError};
use testing::invocation;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const OLD: &str = "old:b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0";
const NEW: &str = "new:bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0";

fn ring(keys: &[&str]) -> KeyRing {
    KeyRing::parse(&keys.join(",")).unwrap()
}

fn login() -> Login {
    Login {
        id: LoginId::new(7),
        user: UserName::parse("publisher1").unwrap(),
        generation: Generation::new(9),
        authenticated_at: NOW,
        issued_at: NOW,
        expires_at: Timestamp::from_unix_seconds(NOW.unix_seconds() + 60),
    }
}

/// A proof whose header and claims are changed before it is signed with the key `OLD`.
fn forged(bend: impl FnOnce(&mut Value, &mut Value)) -> String {
    let mut header = json!({"typ": "JWT", "alg": "HS256", "kid": "old"});
    let mut claims = json!({
        "iss": "openvidu-calls", "aud": "openvidu-calls", "sub": "publisher1",
        "jti": "0".repeat(32), "generation": "0".repeat(16), "auth_time": NOW.unix_seconds(), "iat": NOW.unix_seconds(), "exp": NOW.unix_seconds() + 60,
    });
    bend(&mut header, &mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let algorithm = match header["alg"].as_str() {
        Some("HS384") => Algorithm::HS384,
        _ => Algorithm::HS256,
    };
    let key = EncodingKey::from_secret("old-".repeat(8).as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_proof_reads_back_until_it_ends() {
    let ring = ring(&[OLD]);
    let proof = ring.prove(&login()).unwrap();
    assert_eq!(ring.read(&proof, NOW), Some(login()));
    assert_eq!(ring.read(&proof, login().expires_at), None);
}

#[test]
fn a_key_is_rotated_in_and_out() {
    let before = ring(&[OLD]).prove(&login()).unwrap();
    let during = ring(&[NEW, OLD]).prove(&login()).unwrap();
    assert!(ring(&[NEW, OLD]).read(&before, NOW).is_some());
    assert!(
        ring(&[NEW]).read(&during, NOW).is_some(),
        "the first key signs"
    );
    assert!(
        ring(&[NEW]).read(&before, NOW).is_none(),
        "the old key is out"
    );
}

/// Records that nobody may read.
struct Untouched;

impl Logins for Untouched {
    async fn standing(&self, id: &LoginId, user: &UserName) -> Result<Standing, StoreError> {
        panic!("{id} of {user} was looked for")
    }
}

/// Expects that a request with `proof`, as a bearer or as a cookie, gets a 401, and that no record
/// was read for it.
async fn assert_refused(name: &str, proof: &str) {
    let check = LoginCheck {
        proofs: ring(&[OLD]),
        logins: Untouched,
        cookie: LoginCookie::new(true),
        site_origin: None,
        addresses: ClientAddresses::new(None),
    };
    for (header, value) in [
        (AUTHORIZATION, format!("Bearer {proof}")),
        (COOKIE, format!("__Host-login={proof}")),
    ] {
        let mut request = Request::default();
        request.headers_mut().insert(header, value.parse().unwrap());
        let mut invocation = invocation(request);
        invocation.now = NOW;
        let refused = check.caller(&invocation).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NotLoggedIn, "{name}");
    }
    assert_eq!(ErrorCode::NotLoggedIn.wire().status, 401);
}

#[test]
fn the_forger_of_these_tests_can_forge() {
    assert!(ring(&[OLD]).read(&forged(|_, _| ()), NOW).is_some());
}

#[tokio::test]
async fn forgeries_are_refused_and_no_record_is_looked_at_for_them() {
    type Bend = fn(&mut Value, &mut Value);
    let bends: [(&str, Bend); 23] = [
        ("alg none", |header, _| header["alg"] = "none".into()),
        ("another alg", |header, _| header["alg"] = "HS384".into()),
        ("RS256 with the key as a public key", |header, _| {
            header["alg"] = "RS256".into()
        }),
        ("no kid", |header, _| header["kid"] = Value::Null),
        ("unknown kid", |header, _| header["kid"] = "new".into()),
        ("a path as kid", |header, _| {
            header["kid"] = "../../dev/null".into()
        }),
        ("another issuer", |_, claims| {
            claims["iss"] = "somebody".into()
        }),
        ("another audience", |_, claims| {
            claims["aud"] = "somebody".into()
        }),
        ("ended", |_, claims| {
            claims["exp"] = NOW.unix_seconds().into()
        }),
        ("no end", |_, claims| claims["exp"] = Value::Null),
        ("from the future", |_, claims| {
            claims["iat"] = (NOW.unix_seconds() + 61).into()
        }),
        ("the password given in the future", |_, claims| {
            claims["auth_time"] = (NOW.unix_seconds() + 61).into()
        }),
        ("something critical that nobody here knows", |header, _| {
            header["crit"] = ["b64"].into()
        }),
        ("no id", |_, claims| claims["jti"] = Value::Null),
        ("an id of another form", |_, claims| {
            claims["jti"] = "../x".into()
        }),
        ("not yet valid", |_, claims| {
            claims["nbf"] = (NOW.unix_seconds() + 61).into()
        }),
        ("the password given more than a day ago", |_, claims| {
            claims["auth_time"] = (NOW.unix_seconds() - 24 * 60 * 60).into()
        }),
        ("the password never given", |_, claims| {
            claims["auth_time"] = Value::Null
        }),
        ("no generation", |_, claims| {
            claims["generation"] = Value::Null
        }),
        ("no issuer", |_, claims| claims["iss"] = Value::Null),
        ("no audience", |_, claims| claims["aud"] = Value::Null),
        ("a user that cannot be", |_, claims| {
            claims["sub"] = "<b>".into()
        }),
        ("100 kB long", |_, claims| {
            claims["padding"] = "x".repeat(100_000).into()
        }),
    ];
    for (name, bend) in bends {
        assert_refused(name, &forged(bend)).await;
    }
    for garbage in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
        assert_refused(garbage, garbage).await;
    }
    let honest = forged(|_, _| ());
    let unsigned = &honest[..=honest.rfind('.').unwrap()];
    assert_refused("no signature", unsigned).await;
}

/// Every claim is changed after signing. If any of them counted before the signature is checked,
/// the outcome would show it.
#[test]
fn a_changed_claim_breaks_the_signature() {
    let honest = ring(&[OLD]).prove(&login()).unwrap();
    let parts: Vec<&str> = honest.split('.').collect();
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    for (from, to) in [
        ("publisher1", "moderator1"),
        ("0000000000000007", "0000000000000008"),
    ] {
        let bent = claims.replace(from, to);
        assert_ne!(bent, claims);
        let bent = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(bent), parts[2]);
        assert_eq!(ring(&[OLD]).read(&bent, NOW), None, "{to}");
    }
}

#[test]
fn during_a_rotation_no_function_refuses_what_another_signed() {
    // Functions get the new key ring one after the other: first it only verifies, then it signs,
    // then it is alone.
    let before = ring(&[OLD]);
    let added = ring(&[OLD, NEW]);
    let first = ring(&[NEW, OLD]);
    let alone = ring(&[NEW]);
    for (signs, verifies) in [
        (&before, &added),
        (&added, &before),
        (&added, &first),
        (&first, &added),
        (&first, &alone),
        (&alone, &first),
    ] {
        let proof = signs.prove(&login()).unwrap();
        assert!(verifies.read(&proof, NOW).is_some());
    }
    assert!(alone.read(&before.prove(&login()).unwrap(), NOW).is_none());
}
