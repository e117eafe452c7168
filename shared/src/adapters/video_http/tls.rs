//! TLS to a video server: which certificates it may have.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

use crate::ports::Source;

/// The one certificate that a server is trusted by: its own, or that of the authority which signed it.
///
/// `OpenVidu`'s installer makes a certificate that is an authority's and has no subject alternative name.
/// Browsers accept it once their user has looked at it; the usual rules refuse it. A server that shows
/// the very certificate which was configured, and proves that it has its key, is the right one. So such
/// a certificate is held to its dates and its names alone.
#[derive(Clone, Debug)]
pub struct TrustedCertificate {
    der: CertificateDer<'static>,
    /// The beginning and end of its validity, in seconds since 1970.
    valid: (u64, u64),
    /// The host that it names, if it has no subject alternative names.
    common_name: Option<String>,
    may_sign: bool,
}

/// The text is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one certificate, as DER in base64")]
pub struct InvalidCertificate;

impl TrustedCertificate {
    /// Reads a certificate, as DER in base64.
    ///
    /// # Errors
    /// [`InvalidCertificate`]
    pub fn parse(text: &str) -> Result<Self, InvalidCertificate> {
        let der = STANDARD.decode(text).map_err(|_| InvalidCertificate)?;
        Self::read(der).map_err(|_| InvalidCertificate)
    }

    fn read(der: Vec<u8>) -> x509_cert::der::Result<Self> {
        let certificate = Certificate::from_der(&der)?;
        let content = certificate.tbs_certificate();
        let has_names = content.get_extension::<SubjectAltName>()?.is_some();
        let common_name = content.subject().common_name()?;
        let constraints = content.get_extension::<BasicConstraints>()?;
        let validity = content.validity();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        Ok(Self {
            valid: (seconds(validity.not_before), seconds(validity.not_after)),
            common_name: common_name
                .filter(|_| !has_names)
                .map(|name| name.value().into_owned()),
            // Certificates of version 1 could not say this.
            may_sign: constraints.map_or(content.version() == Version::V1, |(_, it)| it.ca),
            der: der.into(),
        })
    }

    /// Is this certificate good now?
    fn check_dates(&self, now: UnixTime) -> Result<(), Error> {
        let time = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (not_before, not_after) = self.valid;
        if now.as_secs() < not_before {
            let not_before = time(not_before);
            return Err(CertificateError::NotValidYetContext {
                time: now,
                not_before,
            }
            .into());
        }
        if now.as_secs() > not_after {
            let not_after = time(not_after);
            return Err(CertificateError::ExpiredContext {
                time: now,
                not_after,
            }
            .into());
        }
        Ok(())
    }

    /// Is this certificate good for a server of this name?
    fn check_name(&self, name: &ServerName<'_>) -> Result<(), Error> {
        let Some(common_name) = &self.common_name else {
            return verify_server_name(&ParsedCertificate::try_from(&self.der)?, name);
        };
        if ServerName::try_from(common_name.as_str()).is_ok_and(|common_name| common_name == *name)
        {
            return Ok(());
        }
        Err(CertificateError::NotValidForNameContext {
            expected: name.to_owned(),
            presented: vec![common_name.clone()],
        }
        .into())
    }
}

/// The server's certificate is unrelated to the trusted one.
struct NotTrusted {
    /// Why the trusted one did not sign it, if it may sign.
    unsigned: Option<CertificateError>,
}

impl std::error::Error for NotTrusted {}

impl Display for NotTrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not the trusted certificate")?;
        match &self.unsigned {
            Some(why) => write!(f, ", nor signed by it ({why})"),
            None => Ok(()),
        }
    }
}

// rustls shows an error in this form.
impl Debug for NotTrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl From<NotTrusted> for Error {
    fn from(error: NotTrusted) -> Self {
        CertificateError::Other(OtherError(Arc::new(error))).into()
    }
}

/// Accepts the trusted certificate, and what it has signed if it may sign.
#[derive(Debug)]
struct Verifier {
    trusted: TrustedCertificate,
    authority: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn new(trusted: TrustedCertificate, provider: &Arc<CryptoProvider>) -> Result<Self, Source> {
        let authority = if trusted.may_sign {
            Some(authority(trusted.der.clone(), provider)?)
        } else {
            None
        };
        Ok(Self {
            trusted,
            authority,
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

fn authority(
    certificate: CertificateDer<'static>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Source> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let verifier: Result<_, VerifierBuilderError> =
        WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build();
    Ok(verifier?)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The library does not look at the dates of an authority that it is told to trust.
        self.trusted.check_dates(now)?;
        if *end_entity == self.trusted.der {
            self.trusted.check_name(server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let Some(authority) = &self.authority else {
            return Err(NotTrusted { unsigned: None }.into());
        };
        let verified = authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        verified.map_err(|error| match error {
            Error::InvalidCertificate(
                why @ (CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::Other(_)),
            ) => NotTrusted {
                unsigned: Some(why),
            }
            .into(),
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// TLS to a server that is trusted by one certificate, or by a public authority.
///
/// Mozilla's list of authorities is compiled in: parsing the system's list would take too long for
/// a cold start.
pub(super) fn client_config(trusted: Option<TrustedCertificate>) -> Result<ClientConfig, Source> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let config = match trusted {
        Some(trusted) => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(trusted, &provider)?)),
        None => config.with_root_certificates(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        }),
    };
    Ok(config.with_no_client_auth())
}
