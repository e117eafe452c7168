//! Output for people or programs: text or JSON on stdout, problems on stderr, an exit code.

use shared::chain;
use std::process::ExitCode;

use serde_json::{Value, json};
use shared::domain::{SessionName, User};

use crate::commands::{CommandError, Outcome};
use crate::passwords::PasswordError;

/// Prints the result of a command.
#[expect(
    clippy::print_stdout,
    reason = "this is what somebody asked this program for"
)]
pub(crate) fn report(outcome: &Result<Outcome, CommandError>, as_json: bool) -> ExitCode {
    match outcome {
        Ok(outcome) if as_json => println!("{}", json(outcome)),
        Ok(outcome) => print!("{}", text(outcome)),
        Err(error) if as_json => eprintln!("{}", json!({ "error": chain(error) })),
        Err(error) => eprintln!("users: {}", chain(error)),
    }
    ExitCode::from(code(outcome))
}

/// As `--help` lists them.
fn code(outcome: &Result<Outcome, CommandError>) -> u8 {
    match outcome {
        Ok(Outcome::Imported(users)) if users.iter().any(|(_, added, _)| !added) => 3,
        Ok(_) => 0,
        Err(CommandError::Store(_) | CommandError::Hash(_)) => 1,
        Err(CommandError::Import(_) | CommandError::RoleInCall) => 2,
        Err(CommandError::Exists(_)) => 3,
        Err(CommandError::NotThere(_)) => 4,
        Err(CommandError::Password(error)) => match error {
            PasswordError::NoTerminal(_) | PasswordError::Unreadable(_) => 2,
            PasswordError::Invalid(_) | PasswordError::Common | PasswordError::Differ => 5,
        },
    }
}

fn json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Done { user, password, .. } => {
            let mut answer = json!({ "user": user.as_str() });
            if let Some(password) = password {
                answer["password"] = password.as_str().into();
            }
            answer
        }
        Outcome::Listed(users) => users.iter().map(user_json).collect(),
        Outcome::Imported(users) => users
            .iter()
            .map(|(user, added, password)| {
                let mut answer = json!({ "user": user.as_str(), "added": added });
                if let Some(password) = password {
                    answer["password"] = password.as_str().into();
                }
                answer
            })
            .collect(),
    }
}

fn user_json(user: &User) -> Value {
    let moderates: Vec<&str> = user.moderates.iter().map(SessionName::as_str).collect();
    json!({
        "user": user.name.as_str(),
        "role": user.role.as_str(),
        "moderates": moderates,
        "disabled": user.disabled,
    })
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done {
            user,
            what,
            password,
        } => {
            let shown = password.as_ref().map(|text| shown_once(text));
            format!("{user}: {what}\n{}", shown.unwrap_or_default())
        }
        Outcome::Listed(users) => {
            let width = users.iter().map(|user| user.name.as_str().len()).max();
            let width = width.unwrap_or_default();
            users.iter().map(|user| line(user, width)).collect()
        }
        Outcome::Imported(users) => users
            .iter()
            .map(|(user, added, password)| match (added, password) {
                (true, Some(password)) => format!("{user}: added, password {password}\n"),
                (true, None) => format!("{user}: added\n"),
                (false, _) => format!("{user}: there already, and as before\n"),
            })
            .collect(),
    }
}

fn shown_once(password: &str) -> String {
    format!("Password, shown only now: {password}\n")
}

fn line(user: &User, width: usize) -> String {
    let mut line = format!("{:width$}  {:10}", user.name.as_str(), user.role.as_str());
    if user.disabled {
        line.push_str("  disabled");
    }
    if !user.moderates.is_empty() {
        let calls: Vec<&str> = user.moderates.iter().map(SessionName::as_str).collect();
        line.push_str(&format!("  moderator of {}", calls.join(", ")));
    }
    line.trim_end().to_owned() + "\n"
}
