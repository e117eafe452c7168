//! What a login's proof must withstand.

use super::*;

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
        role: Role::Publisher,
        expires_at: Timestamp::from_unix_seconds(NOW.unix_seconds() + 60),
    }
}

/// A proof whose header and claims can be bent before it is signed with the key `OLD`.
fn forged(bend: impl FnOnce(&mut serde_json::Value, &mut serde_json::Value)) -> String {
    let mut header = serde_json::json!({"typ": "JWT", "alg": "HS256", "kid": "old"});
    let mut claims = serde_json::json!({
        "iss": ISSUER, "aud": ISSUER, "sub": "publisher1", "role": "PUBLISHER",
        "jti": "0".repeat(32), "iat": NOW.unix_seconds(), "exp": NOW.unix_seconds() + 60,
    });
    bend(&mut header, &mut claims);
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let algorithm = match header["alg"].as_str() {
        Some("HS384") => Algorithm::HS384,
        _ => Algorithm::HS256,
    };
    let key = ring(&[OLD]).first.encoding;
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_proof_reads_back_until_it_ends() {
    let ring = ring(&[OLD]);
    let proof = ring.prove(&login(), NOW).unwrap();
    assert_eq!(ring.read(&proof, NOW), Some(login()));
    assert_eq!(ring.read(&proof, login().expires_at), None);
}

#[test]
fn a_key_is_rotated_in_and_out() {
    let before = ring(&[OLD]).prove(&login(), NOW).unwrap();
    let during = ring(&[NEW, OLD]).prove(&login(), NOW).unwrap();
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

#[test]
fn the_forger_of_these_tests_can_forge() {
    assert!(ring(&[OLD]).read(&forged(|_, _| ()), NOW).is_some());
}

#[test]
fn forgeries_are_not_read() {
    type Bend = fn(&mut serde_json::Value, &mut serde_json::Value);
    let bends: [(&str, Bend); 14] = [
        ("alg none", |header, _| header["alg"] = "none".into()),
        ("another alg", |header, _| header["alg"] = "HS384".into()),
        ("RS256 with the key as a public key", |header, _| {
            header["alg"] = "RS256".into()
        }),
        ("no kid", |header, _| {
            header["kid"] = serde_json::Value::Null
        }),
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
        ("no end", |_, claims| {
            claims["exp"] = serde_json::Value::Null
        }),
        ("from the future", |_, claims| {
            claims["iat"] = (NOW.unix_seconds() + 61).into()
        }),
        ("no id", |_, claims| claims["jti"] = serde_json::Value::Null),
        ("an id of another form", |_, claims| {
            claims["jti"] = "../x".into()
        }),
        ("an unknown role", |_, claims| {
            claims["role"] = "ADMIN".into()
        }),
    ];
    for (name, bend) in bends {
        assert_eq!(ring(&[OLD]).read(&forged(bend), NOW), None, "{name}");
    }
    for garbage in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
        assert_eq!(ring(&[OLD]).read(garbage, NOW), None);
    }
    let honest = forged(|_, _| ());
    let unsigned = &honest[..=honest.rfind('.').unwrap()];
    assert_eq!(ring(&[OLD]).read(unsigned, NOW), None, "no signature");
}

#[test]
fn weak_and_malformed_keys_are_refused() {
    for (text, error) in [
        ("", InvalidKeyRing::Form),
        ("secret", InvalidKeyRing::Form),
        ("a:c2hvcnQ", InvalidKeyRing::TooShort),
        ("a:not base64!", InvalidKeyRing::Encoding),
        (&format!(":{}", &OLD[4..]), InvalidKeyRing::Id),
        (&format!("a/b:{}", &OLD[4..]), InvalidKeyRing::Id),
        (&format!("{OLD},{OLD}"), InvalidKeyRing::Duplicate),
        (&format!("{OLD},"), InvalidKeyRing::Form),
    ] {
        assert_eq!(KeyRing::parse(text).err(), Some(error), "{text}");
    }
}

#[test]
fn keys_do_not_show_in_debug_output() {
    assert_eq!(format!("{:?}", ring(&[OLD])), "KeyRing(REDACTED)");
}
