//! The users of a local stack. Everybody knows their password, so they exist nowhere else.

use std::error::Error;

use axum::http::Uri;

use shared::{
    adapters::{dynamodb::DynamoDbUsers, passwords::Argon2id},
    domain::{Account, Password, Role, User, UserName},
    ports::PasswordHashing,
    system,
    use_cases::add_user,
};

/// The password of all demo users.
const PASSWORD: &str = "pass";

/// The demo users and their roles.
const DEMO_USERS: [(&str, Role); 4] = [
    ("publisher1", Role::Publisher),
    ("publisher2", Role::Publisher),
    ("subscriber", Role::Subscriber),
    ("moderator", Role::Moderator),
];

/// May they be added to the database at `endpoint`? Never on AWS, where their password would let
/// everybody in.
pub(crate) fn may_be_at(endpoint: &str) -> bool {
    let uri = endpoint.parse::<Uri>();
    let Some(host) = uri.as_ref().ok().and_then(Uri::host) else {
        return false;
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ![".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
        .iter()
        .any(|domain| host.ends_with(domain))
}

/// Adds those that are missing. This bypasses the rules for new passwords, which would refuse
/// theirs.
pub(crate) async fn add(users: &DynamoDbUsers) -> Result<(), Box<dyn Error + Send + Sync>> {
    let password_hash = Argon2id::new().hash(&Password::new(PASSWORD))?;
    for (name, role) in DEMO_USERS {
        let user = User {
            name: UserName::parse(name)?,
            role,
            moderates: [].into(),
            disabled: false,
            generation: system::new_generation(),
        };
        let account = Account::new(user, password_hash.clone());
        add_user(users, &account, system::now()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_never_added_on_aws() {
        for aws in [
            "https://dynamodb.eu-west-1.amazonaws.com",
            "https://DYNAMODB.eu-west-1.amazonaws.com.:443/",
            "https://dynamodb.cn-north-1.amazonaws.com.cn",
            "https://123456789012.ddb.eu-west-1.amazonaws.com",
            "https://dynamodb.eu-west-1.api.aws",
            "https://key:secret@dynamodb.eu-west-1.amazonaws.com",
            "nowhere at all",
        ] {
            assert!(!may_be_at(aws), "{aws}");
        }
        for here in [
            "http://127.0.0.1:8000",
            "http://localhost:8000/",
            "http://db:8000",
        ] {
            assert!(may_be_at(here), "{here}");
        }
    }
}
