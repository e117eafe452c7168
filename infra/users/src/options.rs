//! The command line. There is no option for a password, because everybody can see options in the
//! list of processes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use shared::domain::{Role, SessionName, UserName};

/// Administers the people who may log in.
///
/// Works on the table of the environment's AWS account and region, or with --local on that of `make
/// dev`. Each change is written to stderr as a line of the audit log.
///
/// Exit codes: 0 success, 1 the database failed, 2 the command line or a file is wrong, 3 the user
/// exists already, 4 there is no such user, 5 the password is not allowed.
#[derive(Debug, Parser)]
#[command(name = "users", version)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,

    /// Print JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct DatabaseOptions {
    /// The users' table (the output `UsersTable` of the stack).
    #[arg(long, global = true, env = "USERS_TABLE", default_value = "users")]
    pub(crate) table: String,

    /// Where DynamoDB is, if not on AWS.
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL_DYNAMODB")]
    pub(crate) endpoint_url: Option<String>,

    /// Use the database that `make dev` has started, on port 8000 or `DYNAMODB_PORT`.
    #[arg(long, global = true)]
    pub(crate) local: bool,

    /// Where the database of `make dev` listens.
    #[arg(
        long,
        global = true,
        env = "DYNAMODB_PORT",
        default_value_t = 8000,
        hide = true
    )]
    pub(crate) local_port: u16,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Adds a user; never overwrites one.
    Add {
        /// 1 to 64 letters, digits, dots, underscores, hyphens or at signs.
        #[arg(value_parser = user_name)]
        name: UserName,
        /// SUBSCRIBER, PUBLISHER or MODERATOR.
        #[arg(long, value_parser = role)]
        role: Role,
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// Changes a user's password and ends their logins.
    Passwd {
        /// The user.
        #[arg(value_parser = user_name)]
        name: UserName,
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// Changes a user's role and ends their logins. With --call, changes their role in that call
    /// only, at once.
    Role {
        /// The user.
        #[arg(value_parser = user_name)]
        name: UserName,
        /// SUBSCRIBER, PUBLISHER or MODERATOR. With --call, MODERATOR, or OWN for their own role
        /// again.
        #[arg(value_parser = role_or_own)]
        role: RoleOrOwn,
        /// The call in which they have that role.
        #[arg(long, value_parser = session_name)]
        call: Option<SessionName>,
    },
    /// Locks a user out and ends their logins.
    Disable {
        /// The user.
        #[arg(value_parser = user_name)]
        name: UserName,
    },
    /// Lets a disabled user log in again.
    Enable {
        /// The user.
        #[arg(value_parser = user_name)]
        name: UserName,
    },
    /// Removes a user and ends their logins.
    Remove {
        /// The user.
        #[arg(value_parser = user_name)]
        name: UserName,
    },
    /// Lists all users.
    List,
    /// Adds the users of a CSV file with the columns `user`, `role` and optionally `password`.
    ///
    /// Users without a password get one that is shown once. Existing users stay as they are. Nobody
    /// is added if anything in the file is wrong.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// The source of a new password. Without any of these, the program asks for it.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PasswordOptions {
    /// Read the password from the first line of stdin.
    #[arg(long)]
    pub(crate) stdin: bool,

    /// Generate a password, and show it once.
    #[arg(long)]
    pub(crate) generate: bool,
}

/// A role, or the user's own role in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleOrOwn {
    Role(Role),
    /// The user's own role.
    Own,
}

fn user_name(text: &str) -> Result<UserName, String> {
    UserName::parse(text).map_err(|error| error.to_string())
}

fn session_name(text: &str) -> Result<SessionName, String> {
    SessionName::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn role(text: &str) -> Result<Role, String> {
    Role::parse(&text.to_ascii_uppercase()).map_err(|error| error.to_string())
}

fn role_or_own(text: &str) -> Result<RoleOrOwn, String> {
    match text.eq_ignore_ascii_case("OWN") {
        true => Ok(RoleOrOwn::Own),
        false => role(text).map(RoleOrOwn::Role),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn no_option_takes_a_password() {
        for line in [
            "users add ann --role PUBLISHER --password hunter22",
            "users add ann --role PUBLISHER hunter22",
            "users passwd ann hunter22",
            "users passwd ann --stdin --generate",
        ] {
            assert!(Options::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
