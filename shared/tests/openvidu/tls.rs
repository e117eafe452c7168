//! Which certificates a server may have, with real TLS.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use shared::adapters::openvidu::OpenVidu;
use shared::adapters::video_http::TrustedCertificate;
use shared::deadline::Deadline;
use shared::ports::{VideoError, VideoServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::{default_provider, sign::any_supported_type};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::{SECRET, session};

/// The certificates that a server sends, and the key that it uses.
struct Identity {
    chain: Vec<Certificate>,
    key: KeyPair,
}

impl Identity {
    fn own(params: &CertificateParams) -> Self {
        Self::with_key(KeyPair::generate().unwrap(), params)
    }

    fn with_key(key: KeyPair, params: &CertificateParams) -> Self {
        let chain = vec![params.self_signed(&key).unwrap()];
        Self { chain, key }
    }

    /// The server's own certificate.
    fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }
}

/// An authority that no client trusts by itself.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        Self::with(authority(named(&[], name)))
    }

    fn with(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate signed by it. The server sends the authority's as well.
    fn signs(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let chain = vec![
            params.signed_by(&key, &self.issuer).unwrap(),
            self.certificate.clone(),
        ];
        Identity { chain, key }
    }
}

/// A certificate for these hosts, with this common name.
fn named(hosts: &[&str], common_name: &str) -> CertificateParams {
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn authority(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn leaf(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Like the certificate of OpenVidu's installer: `openssl req -new -nodes -x509 -subj /CN=HOST
/// -extensions v3_ca`.
fn of_the_installer(host: &str) -> Identity {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    Identity::with_key(key, &authority(named(&[], host)))
}

/// Serves one answer after the other. Returns the port.
async fn serve(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> u16 {
    let chain = identity.chain.iter().map(|one| one.der().clone()).collect();
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    // Does not check that the key belongs to the certificate: a thief would not either.
    let key = CertifiedKey::new(chain, any_supported_type(&key).unwrap());
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

/// Asks the server for a session at `host`. Returns an error with all its causes.
async fn ask(host: &str, port: u16, trusted: Option<&Certificate>) -> Result<(), String> {
    let url = format!("https://{host}:{port}").parse().unwrap();
    let trusted =
        trusted.map(|one| TrustedCertificate::parse(&STANDARD.encode(one.der())).unwrap());
    let openvidu = OpenVidu::new(url, SECRET.into(), trusted).unwrap();
    let requests = openvidu.until(Deadline::after(Duration::from_secs(20)));
    match requests.open(&session()).await {
        Ok(()) => Ok(()),
        Err(VideoError::Unreachable(error)) => {
            let mut told = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                told = format!("{told}: {error}");
                source = error.source();
            }
            Err(told)
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn accepted(host: &str, server: &Identity, trusted: &Certificate) {
    for versions in [&[&TLS12], &[&TLS13]] {
        let port = serve(server, versions).await;
        assert_eq!(ask(host, port, Some(trusted)).await, Ok(()), "{versions:?}");
    }
}

#[track_caller]
fn assert_refused(answer: Result<(), String>, why: &str) {
    let error = answer.unwrap_err();
    assert!(error.contains(why), "{error}");
}

async fn refused(host: &str, server: &Identity, trusted: &Certificate, why: &str) {
    let port = serve(server, &[&TLS12, &TLS13]).await;
    assert_refused(ask(host, port, Some(trusted)).await, why);
}

const NOT_TRUSTED: &str = "it is not the trusted certificate";

#[tokio::test]
async fn the_very_certificate_that_is_trusted_is_accepted_whatever_made_it() {
    let authority_of_nobody = Authority::new("Ours");
    let localhost = || named(&["localhost"], "OpenVidu");
    for server in [
        of_the_installer("localhost"),
        // `openssl req -x509 -addext subjectAltName=...`
        Identity::own(&authority(localhost())),
        Identity::own(&leaf(localhost())),
        Identity::own(&localhost()),
        // Like the certificate in OpenVidu's jar.
        authority_of_nobody.signs(&leaf(localhost())),
    ] {
        accepted("localhost", &server, server.certificate()).await;
        refused(
            "localhost",
            &server,
            of_the_installer("localhost").certificate(),
            NOT_TRUSTED,
        )
        .await;
        let port = serve(&server, &[&TLS13]).await;
        let error = ask("localhost", port, None).await.unwrap_err();
        assert!(error.contains("invalid peer certificate"), "{error}");
    }
    for host in ["127.0.0.1", "LOCALHOST"] {
        let server = of_the_installer(host);
        accepted(host, &server, server.certificate()).await;
    }
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_accepted() {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Theirs"));
    let server = ours.signs(&leaf(named(&["localhost", "127.0.0.1"], "OpenVidu")));
    accepted("localhost", &server, &ours.certificate).await;
    accepted("127.0.0.1", &server, &ours.certificate).await;
    refused("localhost", &server, &other.certificate, NOT_TRUSTED).await;
    let namesake = Authority::new("Ours");
    refused("localhost", &server, &namesake.certificate, NOT_TRUSTED).await;
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let ours = Authority::new("Ours");
    let elsewhere = leaf(named(&["video.example.org"], "localhost"));
    let signed = ours.signs(&elsewhere);
    let why = r#"not valid for name "localhost""#;
    refused("localhost", &signed, &ours.certificate, why).await;
    // The common name counts only if there are no other names.
    refused("localhost", &signed, signed.certificate(), why).await;
    let own = Identity::own(&elsewhere);
    refused("localhost", &own, own.certificate(), why).await;
    let installed = of_the_installer("video.example.org");
    let why = "certificate is only valid for video.example.org";
    refused("localhost", &installed, installed.certificate(), why).await;
    let nameless = Identity::own(&authority(CertificateParams::new([]).unwrap()));
    refused(
        "localhost",
        &nameless,
        nameless.certificate(),
        "not valid for",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_that_has_run_out_or_is_not_valid_yet_is_refused() {
    let ours = Authority::new("Ours");
    let mut past = named(&["localhost"], "OpenVidu");
    (past.not_before, past.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let mut future = named(&["localhost"], "OpenVidu");
    (future.not_before, future.not_after) = (date_time_ymd(2900, 1, 1), date_time_ymd(2901, 1, 1));
    for (params, why) in [
        (past, "certificate expired"),
        (future, "certificate not valid yet"),
    ] {
        let own = Identity::own(&params);
        refused("localhost", &own, own.certificate(), why).await;
        let own = Identity::own(&authority(params.clone()));
        refused("localhost", &own, own.certificate(), why).await;
        let run_out = Authority::with(authority(params.clone()));
        let signed = run_out.signs(&leaf(named(&["localhost"], "OpenVidu")));
        refused("localhost", &signed, &run_out.certificate, why).await;
        let signed = ours.signs(&leaf(params));
        refused("localhost", &signed, signed.certificate(), why).await;
        refused("localhost", &signed, &ours.certificate, why).await;
    }
}

#[tokio::test]
async fn who_has_a_trusted_certificate_but_not_its_key_is_refused() {
    let real = of_the_installer("localhost");
    let thief = Identity {
        chain: real.chain.clone(),
        key: KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap(),
    };
    for version in [&TLS12, &TLS13] {
        let port = serve(&thief, &[version]).await;
        let answer = ask("localhost", port, Some(real.certificate())).await;
        assert_refused(answer, "invalid peer certificate: BadSignature");
    }
}

#[tokio::test]
async fn a_servers_own_certificate_vouches_for_no_other() {
    // It says that it is no authority, or says nothing.
    for is_ca in [IsCa::ExplicitNoCa, IsCa::NoCa] {
        let mut params = leaf(named(&["localhost"], "OpenVidu"));
        params.is_ca = is_ca;
        let server = Identity::own(&params);
        let abused = Authority {
            certificate: server.certificate().clone(),
            issuer: Issuer::new(params.clone(), server.key),
        };
        let signed = abused.signs(&params);
        refused("localhost", &signed, &abused.certificate, NOT_TRUSTED).await;
    }
}

#[test]
fn what_is_no_certificate_is_not_trusted() {
    let certificate = of_the_installer("localhost").certificate().der().to_vec();
    let cut = STANDARD.encode(&certificate[..certificate.len() - 1]);
    let two = STANDARD.encode([&certificate[..], &certificate].concat());
    for text in ["", "%", "bm9uZQ==", &cut, &two] {
        assert!(TrustedCertificate::parse(text).is_err(), "{text}");
    }
}
