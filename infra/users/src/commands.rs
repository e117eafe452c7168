//! Turns commands into use cases.

use std::fs::File;

use shared::adapters::passwords::Argon2id;
use shared::domain::{Account, Role, User, UserChange, UserName};
use shared::ports::{HashError, PasswordHashing, StoreError, UserAdministration};
use shared::system;
use shared::use_cases::{add_user, change_user, delete_user};

use crate::import::{self, ImportError};
use crate::options::{Command, RoleOrOwn};
use crate::passwords::{self, Chosen, PasswordError};

/// The result of a command.
pub(crate) enum Outcome {
    /// A user was added or changed. `password` is to be shown.
    Done {
        user: UserName,
        what: String,
        password: Option<String>,
    },
    Listed(Vec<User>),
    /// Of each user in the file: were they added, and the password to show.
    Imported(Vec<(UserName, bool, Option<String>)>),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// `add` for an existing user.
    #[error("there is a user {0} already")]
    Exists(UserName),
    /// Any other command for a missing user.
    #[error("there is no user {0}")]
    NotThere(UserName),
    /// A password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// `role --call` with any role but MODERATOR and OWN, or OWN without.
    #[error("with --call a role is MODERATOR or OWN, and without it never OWN")]
    RoleInCall,
    /// The system is out of memory.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error("the database failed; are the table, the region and the credentials right?")]
    Store(#[from] StoreError),
}

/// Carries out a command.
pub(crate) async fn run(
    users: &impl UserAdministration,
    command: &Command,
) -> Result<Outcome, CommandError> {
    let (name, change, what) = match command {
        Command::Add {
            name,
            role,
            password,
        } => {
            // Before anybody types a password in vain.
            if users.find(name).await?.is_some() {
                return Err(CommandError::Exists(name.clone()));
            }
            return add(users, name, *role, passwords::choose(*password, name)?).await;
        }
        Command::Passwd { name, password } => {
            if users.find(name).await?.is_none() {
                return Err(CommandError::NotThere(name.clone()));
            }
            return passwd(users, name, passwords::choose(*password, name)?).await;
        }
        Command::Remove { name } => {
            return match delete_user(users, name).await? {
                true => Ok(done(name, "removed, and logged out")),
                false => Err(CommandError::NotThere(name.clone())),
            };
        }
        Command::List => return Ok(Outcome::Listed(users.all().await?)),
        Command::Import { file } => {
            let unreadable =
                |error| ImportError(vec![format!("{} cannot be read: {error}", file.display())]);
            let file = File::open(file).map_err(unreadable)?;
            return import_all(users, file).await;
        }
        Command::Role { name, role, call } => match (role, call) {
            (RoleOrOwn::Role(role), None) => {
                let what = format!("{} from now on, and logged out", role.as_str());
                (name, UserChange::Role(*role), what)
            }
            (RoleOrOwn::Role(Role::Moderator), Some(call)) => {
                let what = format!("MODERATOR of {}", call.as_str());
                (name, UserChange::Moderates(call.clone()), what)
            }
            (RoleOrOwn::Own, Some(call)) => {
                let what = format!("no longer MODERATOR of {}", call.as_str());
                (name, UserChange::NoLongerModerates(call.clone()), what)
            }
            (RoleOrOwn::Role(_), Some(_)) | (RoleOrOwn::Own, None) => {
                return Err(CommandError::RoleInCall);
            }
        },
        Command::Disable { name } => (
            name,
            UserChange::Disabled(true),
            "disabled, and logged out".to_owned(),
        ),
        Command::Enable { name } => (name, UserChange::Disabled(false), "enabled".to_owned()),
    };
    change_one(users, name, &change).await?;
    Ok(done(name, &what))
}

async fn add(
    users: &impl UserAdministration,
    name: &UserName,
    role: Role,
    chosen: Chosen,
) -> Result<Outcome, CommandError> {
    let account = new_account(name, role, &chosen)?;
    match add_user(users, &account, system::now()).await? {
        true => Ok(Outcome::Done {
            user: name.clone(),
            what: format!("added as {}", role.as_str()),
            password: chosen.to_show,
        }),
        false => Err(CommandError::Exists(name.clone())),
    }
}

async fn passwd(
    users: &impl UserAdministration,
    name: &UserName,
    chosen: Chosen,
) -> Result<Outcome, CommandError> {
    let hash = Argon2id::new().hash(chosen.password.as_ref())?;
    change_one(users, name, &UserChange::Password(hash)).await?;
    Ok(Outcome::Done {
        user: name.clone(),
        what: "given another password, and logged out".to_owned(),
        password: chosen.to_show,
    })
}

async fn import_all(users: &impl UserAdministration, file: File) -> Result<Outcome, CommandError> {
    let mut outcomes = Vec::new();
    for newcomer in import::read(file)? {
        let account = new_account(&newcomer.name, newcomer.role, &newcomer.password)?;
        let added = add_user(users, &account, system::now()).await?;
        let to_show = newcomer.password.to_show.filter(|_| added);
        outcomes.push((newcomer.name, added, to_show));
    }
    Ok(Outcome::Imported(outcomes))
}

async fn change_one(
    users: &impl UserAdministration,
    name: &UserName,
    change: &UserChange,
) -> Result<(), CommandError> {
    let generation = system::new_generation();
    match change_user(users, name, change, generation, system::now()).await? {
        true => Ok(()),
        false => Err(CommandError::NotThere(name.clone())),
    }
}

fn new_account(name: &UserName, role: Role, chosen: &Chosen) -> Result<Account, HashError> {
    Ok(Account::new(
        User {
            name: name.clone(),
            role,
            moderates: [].into(),
            disabled: false,
            generation: system::new_generation(),
        },
        Argon2id::new().hash(chosen.password.as_ref())?,
    ))
}

fn done(user: &UserName, what: &str) -> Outcome {
    Outcome::Done {
        user: user.clone(),
        what: what.to_owned(),
        password: None,
    }
}
