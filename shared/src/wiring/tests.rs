//! What functions are made of, by their environment.

use super::*;
use crate::adapters::video::{Address, Server};
use crate::config::ConfigError;

const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

const OPENVIDU: [(&str, &str); 2] = [
    ("OPENVIDU_URL", "https://video.example.org:4443"),
    ("OPENVIDU_SECRET", "MY_SECRET"),
];

const LIVEKIT: [(&str, &str); 3] = [
    ("LIVEKIT_URL", "wss://video.example.org"),
    ("LIVEKIT_API_KEY", "devkey"),
    ("LIVEKIT_API_SECRET", "MY_SECRET"),
];

const REST: [(&str, &str); 3] = [
    ("INSTALLATION", "3f9c21d07b58"),
    ("CALLS_TABLE", "calls"),
    ("WEBHOOK_SECRETS", "0123456789abcdef0123456789abcdef"),
];

fn wire<P: Part>(variables: &[(&str, &str)]) -> Result<P, ConfigError> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .build();
    load(&variable, &Secrets::default(), &Client::from_conf(config))
}

#[test]
fn a_complete_environment_makes_a_function() {
    let joining: Joining = wire(&[
        ("JWT_KEYS", KEYS),
        ("LOGINS_TABLE", "logins"),
        ("USERS_TABLE", "users"),
        ("INSTALLATION", "3f9c21d07b58"),
        ("CALLS_TABLE", "calls"),
        ("OPENVIDU_URL", "https://video.example.org:4443"),
        ("OPENVIDU_SECRET", "MY_SECRET"),
    ])
    .unwrap();
    assert_eq!(joining.check.cookie, LoginCookie::new(true));
    assert_eq!((joining.limit.per_minute, joining.limit.unused), (20, 5));
    assert!(!format!("{joining:?}").contains("MY_SECRET"));
}

#[test]
fn all_problems_are_reported_at_once_and_no_value_is_shown() {
    let problems = wire::<Joining>(&[
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

/// The parts of a function that hears events, with this description of its video server.
fn webhook(server: &[(&str, &str)]) -> Result<Webhook, String> {
    wire(&[server, &REST].concat()).map_err(|error| error.to_string())
}

#[test]
fn the_video_server_is_the_one_that_is_described() {
    let webhook_of = |server: &[(&str, &str)]| webhook(server).unwrap();
    let openvidu = webhook_of(&OPENVIDU);
    assert!(matches!(openvidu.video.server, Server::OpenVidu(_)));
    assert!(matches!(openvidu.events, Events::OpenVidu(_)));
    let livekit = webhook_of(&LIVEKIT);
    assert!(matches!(livekit.video.server, Server::LiveKit(_)));
    assert!(matches!(livekit.events, Events::LiveKit(_)));
    let shown = format!("{livekit:?}");
    assert!(!shown.contains("MY_SECRET"), "{shown}");
    // What templates leave empty is not set.
    let empty = ["OPENVIDU_URL", "OPENVIDU_SECRET", "WEBHOOK_SECRETS"].map(|name| (name, ""));
    assert!(webhook(&[&LIVEKIT[..], &empty].concat()).is_ok());
}

#[test]
fn two_video_servers_or_none_are_one_problem() {
    for server in [
        &[][..],
        &[&OPENVIDU[..], &LIVEKIT].concat(),
        &[OPENVIDU[0], LIVEKIT[2]],
        &[OPENVIDU[1], LIVEKIT[1]],
    ] {
        assert_eq!(
            webhook(server).unwrap_err(),
            "the environment is not complete: set either OPENVIDU_URL and OPENVIDU_SECRET, or LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, not both"
        );
    }
}

#[test]
fn half_a_video_server_is_told_of_with_everything_that_it_lacks() {
    for (set, problems) in [
        (
            LIVEKIT[0],
            "LIVEKIT_API_SECRET is not set; LIVEKIT_API_KEY is not set",
        ),
        (
            LIVEKIT[1],
            "LIVEKIT_URL is not set; LIVEKIT_API_SECRET is not set",
        ),
        (
            LIVEKIT[2],
            "LIVEKIT_URL is not set; LIVEKIT_API_KEY is not set",
        ),
        (
            ("LIVEKIT_URL", "https://h/twirp"),
            "LIVEKIT_URL must be http(s)://host[:port] or ws(s)://host[:port]; LIVEKIT_API_SECRET is not set; LIVEKIT_API_KEY is not set",
        ),
        (OPENVIDU[0], "OPENVIDU_SECRET is not set"),
        (OPENVIDU[1], "OPENVIDU_URL is not set"),
        (
            ("OPENVIDU_URL", "wss://h"),
            "OPENVIDU_URL must be http(s)://host[:port]; OPENVIDU_SECRET is not set",
        ),
    ] {
        let problem = webhook(&[set]).unwrap_err();
        assert_eq!(
            problem,
            format!("the environment is not complete: {problems}")
        );
    }
    let keys = [LIVEKIT[0], ("LIVEKIT_API_KEY", "k,k"), LIVEKIT[2]];
    let problem = webhook(&keys).unwrap_err();
    assert!(problem.contains("LIVEKIT_API_KEY must be"), "{problem}");
    let certificate = webhook(&[&LIVEKIT[..], &[("LIVEKIT_CA", "hush")]].concat()).unwrap_err();
    assert!(certificate.contains("LIVEKIT_CA must be"), "{certificate}");
    // Whoever sends events to us needs a secret at `OpenVidu` alone.
    let unheard: Result<Webhook, _> = wire(&[&OPENVIDU[..], &REST[..2]].concat());
    let problem = unheard.unwrap_err().to_string();
    assert!(
        problem.ends_with(": WEBHOOK_SECRETS is not set"),
        "{problem}"
    );
    let heard: Result<Webhook, _> = wire(&[&LIVEKIT[..], &REST[..2]].concat());
    assert!(heard.is_ok());
}

#[test]
fn browsers_find_the_server_where_we_do_or_at_its_public_address() {
    for (kind, described, url) in [
        (
            Kind::OpenVidu,
            [("OPENVIDU_URL", "https://h:443"), OPENVIDU[1]].to_vec(),
            "https://h",
        ),
        (
            Kind::OpenVidu,
            [
                &OPENVIDU[..],
                &[("OPENVIDU_PUBLIC_URL", "http://other:80/")],
            ]
            .concat(),
            "http://other",
        ),
        (Kind::LiveKit, LIVEKIT.to_vec(), "wss://video.example.org"),
        (
            Kind::LiveKit,
            [&[("LIVEKIT_URL", "http://127.0.0.1:7880")], &LIVEKIT[1..]].concat(),
            "ws://127.0.0.1:7880",
        ),
        (
            Kind::LiveKit,
            [
                &LIVEKIT[..],
                &[("LIVEKIT_PUBLIC_URL", "https://other:7443")],
            ]
            .concat(),
            "wss://other:7443",
        ),
    ] {
        let address = webhook(&described).unwrap().video.address;
        let url = url.to_owned();
        assert_eq!(address, Address { kind, url });
    }
    assert_eq!(
        [Kind::OpenVidu, Kind::LiveKit].map(Kind::as_str),
        ["openvidu", "livekit"]
    );
}
