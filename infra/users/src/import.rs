//! Users from a CSV file. The whole file is checked before anything is written.

use std::collections::BTreeSet;
use std::io::Read;

use serde::Deserialize;
use shared::domain::{Role, UserName};

use crate::options::role;
use crate::passwords::{self, Chosen};

/// Why a file cannot be imported, with one line per problem.
#[derive(Debug, thiserror::Error)]
#[error("nobody was added: {}", .0.join("; "))]
pub(crate) struct ImportError(pub(crate) Vec<String>);

/// A user to add.
pub(crate) struct Newcomer {
    pub(crate) name: UserName,
    pub(crate) role: Role,
    pub(crate) password: Chosen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    user: String,
    role: String,
    #[serde(default)]
    password: String,
}

/// Reads the file.
pub(crate) fn read(file: impl Read) -> Result<Vec<Newcomer>, ImportError> {
    let mut problems = Vec::new();
    let mut newcomers = Vec::new();
    let mut names = BTreeSet::new();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_reader(file);
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = index + 2; // The first line contains the column names.
        match row
            .map_err(|error| unreadable(&error))
            .and_then(|row| newcomer(&row))
        {
            Ok(newcomer) if !names.insert(newcomer.name.clone()) => {
                problems.push(format!("line {line}: {} is there twice", newcomer.name));
            }
            Ok(newcomer) => newcomers.push(newcomer),
            Err(problem) => problems.push(format!("line {line}: {problem}")),
        }
    }
    if newcomers.is_empty() && problems.is_empty() {
        problems.push("the file names nobody".to_owned());
    }
    problems
        .is_empty()
        .then_some(newcomers)
        .ok_or(ImportError(problems))
}

fn newcomer(row: &Row) -> Result<Newcomer, String> {
    let name = UserName::parse(row.user.trim()).map_err(|error| error.to_string())?;
    let password = match row.password.as_str() {
        "" => passwords::generate(),
        text => Chosen {
            password: passwords::check(text, &name).map_err(|error| error.to_string())?,
            to_show: None,
        },
    };
    Ok(Newcomer {
        name,
        role: role(row.role.trim())?,
        password,
    })
}

/// The reader's own message may quote the line, which may contain a password.
fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => "it has more or fewer columns than the first",
        csv::ErrorKind::Deserialize { .. } => "the columns must be user, role and perhaps password",
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
        _ => "it cannot be read",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_without_a_password_get_one() {
        let file = "user, role,password\nann,publisher,\"correct, horse\"\nbob,MODERATOR,\n";
        let newcomers = read(file.as_bytes()).unwrap();
        let [ann, bob] = newcomers.as_slice() else {
            panic!("two");
        };
        assert_eq!(ann.name.as_str(), "ann");
        assert_eq!(ann.role, Role::Publisher);
        assert_eq!(ann.password.password.as_ref().expose(), "correct, horse");
        assert!(ann.password.to_show.is_none());
        assert_eq!(bob.role, Role::Moderator);
        assert!(bob.password.to_show.is_some());
        assert_eq!(
            read("user,role\nann,publisher\n".as_bytes()).unwrap().len(),
            1
        );
    }

    #[test]
    fn all_problems_are_reported_at_once_without_a_password() {
        let file = "user,role,password\na b,PUBLISHER,\nann,ADMIN,\nbob,PUBLISHER,hush\n\
            eve,PUBLISHER,\neve,PUBLISHER,\nhush,PUBLISHER\n";
        let problems = read(file.as_bytes()).err().unwrap().0;
        let lines: Vec<&str> = problems.iter().map(|text| &text[..6]).collect();
        assert_eq!(lines, ["line 2", "line 3", "line 4", "line 6", "line 7"]);
        assert!(!problems.concat().contains("hush"), "{problems:?}");
    }

    #[test]
    fn a_file_that_is_no_list_of_users_is_refused() {
        for file in [
            "",
            "user,role\n",
            "name,role\nann,PUBLISHER\n",
            "user,role,x\na,PUBLISHER,y\n",
        ] {
            assert!(read(file.as_bytes()).is_err(), "{file}");
        }
    }
}
