//! The people who can log in here. Their password is known to everybody, which is why they exist nowhere else.

use std::{
    error::Error,
    time::{SystemTime, UNIX_EPOCH},
};

use shared::{
    adapters::{
        dynamodb::{AddUserError, DynamoDbUsers},
        passwords::Argon2id,
    },
    domain::{Password, Role, Timestamp, User, UserName},
};

/// Everybody's password.
const PASSWORD: &str = "pass";

/// Everybody, and what they may do in a call.
const DEMO_USERS: [(&str, Role); 4] = [
    ("publisher1", Role::Publisher),
    ("publisher2", Role::Publisher),
    ("subscriber", Role::Subscriber),
    ("moderator", Role::Moderator),
];

/// Adds those who are not there yet.
pub(crate) async fn add(users: &DynamoDbUsers) -> Result<(), Box<dyn Error + Send + Sync>> {
    let password_hash = Argon2id::new().hash(&Password::new(PASSWORD.into()))?;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp::from_unix_seconds(since_epoch.as_secs());
    for (name, role) in DEMO_USERS {
        let user = User {
            name: UserName::parse(name)?,
            role,
            password_hash: password_hash.clone(),
            disabled: false,
        };
        match users.add(&user, now).await {
            Ok(()) | Err(AddUserError::Exists) => {}
            Err(error @ AddUserError::Store(_)) => return Err(error.into()),
        }
    }
    Ok(())
}
