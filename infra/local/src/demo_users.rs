//! The people who can log in here. Their password is known to everybody, which is why they exist nowhere else.

use std::error::Error;

use shared::{
    adapters::{dynamodb::DynamoDbUsers, passwords::Argon2id},
    domain::{Account, Password, Role, User, UserName},
    ports::PasswordHashing,
    system,
    use_cases::add_user,
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

/// Adds those who are not there yet. This goes around the rules for new passwords, which would refuse theirs.
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
        let account = Account {
            user,
            password_hash: password_hash.clone(),
        };
        add_user(users, &account, system::now()).await?;
    }
    Ok(())
}
