//! What a function is made of, kept current: secrets may be rotated while it runs.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::adapters::secrets::Secrets;
use crate::telemetry;

/// How long a secret is used at most without looking whether it has changed.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// What makes that shorter: seconds, or 0 to look each time.
const SECONDS: &str = "SECRETS_SECONDS";

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
    fresh: Duration,
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
        let fresh = fresh(process(SECONDS))?;
        let made = Mutex::new(Made::new(&make).await?);
        Ok(Self { make, fresh, made })
    }

    /// It, as of five minutes ago at most. If it cannot be made anew, the old one serves on.
    pub async fn get(&self) -> Arc<T> {
        let mut made = self.made.lock().await;
        if made.has_secrets && made.at.elapsed() >= self.fresh {
            match Made::new(&self.make).await {
                Ok(anew) => *made = anew,
                Err(error) => {
                    let error = telemetry::chain(error.as_ref());
                    tracing::error!(
                        error,
                        "the secrets cannot be read anew; the old ones are used on"
                    );
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

fn fresh(seconds: Option<String>) -> Result<Duration, Failure> {
    let Some(seconds) = seconds.filter(|seconds| !seconds.is_empty()) else {
        return Ok(FRESH);
    };
    let fresh = seconds.parse().ok().map(Duration::from_secs);
    let fresh = fresh.filter(|fresh| *fresh <= FRESH);
    fresh.ok_or_else(|| format!("{SECONDS} must be a number from 0 to {}", FRESH.as_secs()).into())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_has_secrets_is_made_anew_when_they_are_five_minutes_old_and_not_before() {
        let times = Cell::new(0);
        let current = Current::new(async |_| {
            times.set(times.get() + 1);
            Ok(times.get())
        });
        let current = current.await.unwrap();
        advance(FRESH).await;
        assert_eq!(*current.get().await, 1, "without secrets, never");

        current.made.lock().await.has_secrets = true;
        current.made.lock().await.at = Instant::now();
        advance(FRESH - Duration::from_millis(1)).await;
        assert_eq!(*current.get().await, 1);
        advance(Duration::from_millis(1)).await;
        assert_eq!(*current.get().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_made_anew_serves_on_and_is_tried_again_later() {
        let times = Cell::new(0);
        let current = Current::new(async |_| {
            times.set(times.get() + 1);
            match times.get() {
                2 => Err("Secrets Manager is away".into()),
                time => Ok(time),
            }
        });
        let current = current.await.unwrap();
        current.made.lock().await.has_secrets = true;
        advance(FRESH).await;
        assert_eq!(*current.get().await, 1);
        assert_eq!(*current.get().await, 1, "not at each request");
        assert_eq!(times.get(), 2);
        advance(FRESH).await;
        assert_eq!(*current.get().await, 3);
    }

    #[test]
    fn secrets_are_never_used_for_longer_than_five_minutes() {
        assert_eq!(fresh(None).unwrap(), FRESH);
        assert_eq!(fresh(Some(String::new())).unwrap(), FRESH);
        assert_eq!(fresh(Some("0".into())).unwrap(), Duration::ZERO);
        for wrong in ["301", "-1", "5 min"] {
            let error = fresh(Some(wrong.into())).unwrap_err().to_string();
            assert_eq!(error, "SECRETS_SECONDS must be a number from 0 to 300");
        }
    }
}
