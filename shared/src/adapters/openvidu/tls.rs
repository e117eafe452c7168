//! TLS to an `OpenVidu` server: which certificates it may have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};

/// An authority that signs certificates.
#[derive(Clone, Debug)]
pub struct Authority(TrustAnchor<'static>);

/// The text is not an authority's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one certificate, as DER in base64")]
pub struct InvalidAuthority;

impl Authority {
    /// Reads a certificate, as DER in base64.
    ///
    /// # Errors
    /// [`InvalidAuthority`]
    pub fn parse(text: &str) -> Result<Self, InvalidAuthority> {
        let der = STANDARD.decode(text).map_err(|_| InvalidAuthority)?;
        let mut store = RootCertStore::empty();
        store
            .add(CertificateDer::from(der))
            .map_err(|_| InvalidAuthority)?;
        store.roots.pop().map(Self).ok_or(InvalidAuthority)
    }
}

/// TLS with Mozilla's roots as compiled in: parsing the system's takes longer than a cold start may.
pub(super) fn client_config(authority: Option<Authority>) -> Result<ClientConfig, rustls::Error> {
    let roots = match authority {
        Some(Authority(root)) => RootCertStore { roots: vec![root] },
        None => RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        },
    };
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
