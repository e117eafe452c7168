//! DynamoDB in this process, with our tables and the demo users.

use shared::chain;
use std::{fs, path::Path, time::Duration};

use aws_sdk_dynamodb::error::SdkError;
use dynoxide::server::serve_with_shutdown;
use tokio::{net::TcpListener, task::spawn_blocking, time::interval};
use tokio_util::sync::CancellationToken;

use shared::adapters::dynamodb::{
    DynamoDbUsers,
    local::{self, KEY, REGION},
    tables::{self, TableNames},
};

use crate::{demo_users, error::Error};

/// An empty file.
const NO_FILE: &str = "/dev/null";

/// How often expired items are removed. On AWS it can take days; the code must not rely on it.
const SWEEP: Duration = Duration::from_secs(60);

/// The embedded database.
pub(crate) struct Database(dynoxide::Database);

impl Database {
    /// Opens the database kept in `data_dir`, or an empty one in memory.
    pub(crate) fn open(data_dir: Option<&Path>) -> Result<Self, Error> {
        let database = match data_dir {
            None => dynoxide::Database::memory(),
            Some(folder) => {
                fs::create_dir_all(folder).map_err(|source| Error::File {
                    path: folder.to_owned(),
                    source,
                })?;
                let file = folder.join("dynamodb.sqlite");
                dynoxide::Database::new(&file.to_string_lossy())
            }
        };
        database
            .map(Self)
            .map_err(|error| Error::Database(error.into()))
    }

    /// Serves it until `shutdown` is cancelled.
    pub(crate) fn serve(
        &self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let database = self.0.clone();
        async move {
            let sweeping = sweep(database.clone());
            let serving = serve_with_shutdown(listener, database, shutdown.cancelled_owned());
            tokio::select! {
                served = serving => if let Err(error) = served {
                    tracing::error!(error, "DynamoDB's server failed");
                },
                () = sweeping => {}
            }
        }
    }
}

async fn sweep(database: dynoxide::Database) {
    let mut clock = interval(SWEEP);
    loop {
        clock.tick().await;
        let database = database.clone();
        match spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = chain(&error), "expired items cannot be removed")
            }
            Err(error) => tracing::warn!(error = chain(&error), "expired items cannot be removed"),
        }
    }
}

/// Forgets all calls that are on record.
pub(crate) async fn forget_calls(endpoint: &str) -> Result<(), Error> {
    let deleting = local::client(endpoint)
        .delete_table()
        .table_name(table_names().calls)
        .send();
    match deleting.await.map_err(SdkError::into_service_error) {
        Ok(_) => Ok(()),
        Err(error) if error.is_resource_not_found_exception() => Ok(()),
        Err(error) => Err(Error::Database(error.into())),
    }
}

/// Creates missing tables and demo users.
pub(crate) async fn prepare(endpoint: &str) -> Result<(), Error> {
    if !demo_users::may_be_at(endpoint) {
        let reason = "everybody knows the password of the demo users: they are not added on AWS";
        return Err(Error::Database(reason.into()));
    }
    let client = local::client(endpoint);
    let names = table_names();
    tables::create(&client, &names)
        .await
        .map_err(|error| Error::Database(error.into()))?;
    demo_users::add(&DynamoDbUsers::new(client, names.users))
        .await
        .map_err(Error::Database)
}

fn table_names() -> TableNames {
    TableNames {
        calls: "calls".into(),
        users: "users".into(),
        logins: "logins".into(),
    }
}

/// The environment that makes a program use this database, and ask nobody else for anything.
pub(crate) fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    let names = table_names();
    vec![
        ("AWS_REGION", REGION.into()),
        ("AWS_ACCESS_KEY_ID", KEY.into()),
        ("AWS_SECRET_ACCESS_KEY", KEY.into()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.into()),
        // The developer's own profiles may name other accounts and endpoints.
        ("AWS_CONFIG_FILE", NO_FILE.into()),
        ("AWS_SHARED_CREDENTIALS_FILE", NO_FILE.into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("CALLS_TABLE", names.calls),
        ("USERS_TABLE", names.users),
        ("LOGINS_TABLE", names.logins),
    ]
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[tokio::test]
    async fn calls_can_be_forgotten_and_nothing_else_is() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = Database::open(None)
            .unwrap()
            .serve(listener, CancellationToken::new());
        tokio::spawn(serving);
        forget_calls(&endpoint).await.unwrap();
        prepare(&endpoint).await.unwrap();
        let (client, names) = (local::client(&endpoint), table_names());
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let call = client.put_item().table_name(&names.calls);
        let call = call.item("sessionName", text("call"));
        call.item("token", text("#session")).send().await.unwrap();
        let count = async |table: &str| client.scan().table_name(table).send().await.unwrap().count;
        let users = count(&names.users).await;
        assert_eq!(count(&names.calls).await, 1);

        forget_calls(&endpoint).await.unwrap();
        prepare(&endpoint).await.unwrap();
        assert_eq!(count(&names.calls).await, 0);
        assert_eq!(count(&names.users).await, users);
        assert!(users > 0);
    }
}
