//! What a function is made of, kept current: secrets may be rotated while it runs.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::adapters::secrets::Secrets;
use crate::telemetry;

/// How long a secret is used without looking whether it has changed.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// The environment, with the secrets that it names by ARN in their variables' place.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    secrets: Secrets,
}

impl Variables {
    async fn read() -> Result<Self, Failure> {
        let secrets = Secrets::read(process).await?;
        Ok(Self { secrets })
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        self.secrets.get(name).or_else(|| process(name))
    }
}

/// Why something could not be made.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Something made from [`Variables`], and made anew once its secrets are five minutes old.
pub struct Current<T, M> {
    make: M,
    made: Mutex<Made<T>>,
}

struct Made<T> {
    value: Arc<T>,
    at: Instant,
    has_secrets: bool,
}

impl<T, M> Current<T, M>
where
    M: AsyncFn(&Variables) -> Result<T, Failure>,
{
    /// Makes it for the first time.
    ///
    /// # Errors
    /// Whatever is wrong with the environment or its secrets.
    pub async fn new(make: M) -> Result<Self, Failure> {
        let made = Mutex::new(Made::new(&make).await?);
        Ok(Self { make, made })
    }

    /// It, as of five minutes ago at most. If it cannot be made anew, the old one serves on.
    pub async fn get(&self) -> Arc<T> {
        let mut made = self.made.lock().await;
        if made.has_secrets && made.at.elapsed() >= FRESH {
            match Made::new(&self.make).await {
                Ok(anew) => *made = anew,
                Err(error) => {
                    let error = telemetry::chain(error.as_ref());
                    tracing::error!(error, "the secrets of five minutes ago are used on");
                    made.at = Instant::now();
                }
            }
        }
        made.value.clone()
    }
}

impl<T> Made<T> {
    async fn new(make: &impl AsyncFn(&Variables) -> Result<T, Failure>) -> Result<Self, Failure> {
        let variables = Variables::read().await?;
        Ok(Self {
            value: Arc::new(make(&variables).await?),
            at: Instant::now(),
            has_secrets: !variables.secrets.is_empty(),
        })
    }
}

fn process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
