//! The configuration of all AWS clients.

use crate::chain;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

/// The roots of AWS's endpoints. Reading the system's whole store would take longer than everything
/// else that a function does before its first request.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// The configuration in the environment (region, credentials, endpoints) with our own time-outs: a
/// request takes at most 2 s, including all retries.
pub(crate) async fn sdk_config() -> SdkConfig {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let tls = TlsContext::builder().with_trust_store(roots).build();
    let mut http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    match tls {
        Ok(tls) => http = http.tls_context(tls),
        Err(error) => {
            tracing::error!(
                error = chain(&error),
                "using the system's roots for AWS instead of our own"
            )
        }
    }
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_millis(1200))
        .operation_timeout(Duration::from_secs(2))
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.build_https())
        .timeout_config(timeouts)
        .retry_config(retries)
        .load()
        .await
}
