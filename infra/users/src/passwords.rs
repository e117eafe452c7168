//! New passwords: where they come from, and which ones are refused.

use std::io::{self, BufRead};

use rand::RngExt;
use shared::domain::{InvalidNewPassword, NewPassword, UserName};

use crate::options::PasswordOptions;

/// How many guesses are refused: an attacker starts with zxcvbn's lists of passwords and names, and
/// variants of them.
const COMMON: u64 = 100_000;

/// Words that an attacker tries here besides the user's own name: the product, its page, and its
/// parts.
const OURS: [&str; 4] = ["openvidu", "tutorial", "videocall", "rooms"];

/// Shorter words occur in too many good passwords.
const SHORTEST_WORD: usize = 4;

/// Letters and digits that cannot be mistaken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Why there is no new password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// It is too short or too long.
    #[error(transparent)]
    Invalid(#[from] InvalidNewPassword),
    /// An attacker would try it early.
    #[error("this password is one of those that are guessed first")]
    Common,
    /// The second input differs from the first.
    #[error("the two passwords differ")]
    Differ,
    /// There is no terminal, and no other source was given.
    #[error("cannot ask for a password here: use --stdin or --generate")]
    NoTerminal(#[source] io::Error),
    /// The input has ended early.
    #[error("cannot read the password")]
    Unreadable(#[source] io::Error),
}

/// A new password. It is shown if nobody knows it yet.
pub(crate) struct Chosen {
    pub(crate) password: NewPassword,
    pub(crate) to_show: Option<String>,
}

/// Gets a new password for `user` from the source in the options.
pub(crate) fn choose(options: PasswordOptions, user: &UserName) -> Result<Chosen, PasswordError> {
    if options.generate {
        return Ok(generate());
    }
    let text = if options.stdin {
        first_line(&mut io::stdin().lock())?
    } else {
        ask(|prompt| rpassword::prompt_password(prompt))?
    };
    Ok(Chosen {
        password: check(&text, user)?,
        to_show: None,
    })
}

/// Generates a password of a hundred random bits.
pub(crate) fn generate() -> Chosen {
    let mut random = rand::rng();
    let mut letter = || {
        let index = random.random_range(0..ALPHABET.len());
        ALPHABET.get(index).copied().map_or('x', char::from)
    };
    let groups: Vec<String> = (0..4).map(|_| (0..5).map(|_| letter()).collect()).collect();
    let text = groups.join("-");
    let password = NewPassword::parse(&text);
    Chosen {
        password: password.expect("23 characters are allowed"),
        to_show: Some(text),
    }
}

/// Refuses a password that is too short, too long, or among the first guesses for `user`.
pub(crate) fn check(text: &str, user: &UserName) -> Result<NewPassword, PasswordError> {
    let password = NewPassword::parse(text)?;
    let name = user.as_str();
    let parts = name.split(['.', '_', '-', '@']);
    let known: Vec<&str> = parts.chain([name]).chain(OURS).collect();
    let guesses = zxcvbn::zxcvbn(password.as_ref().expose(), &known).guesses();
    if guesses <= COMMON || leans_on(text, &known) {
        return Err(PasswordError::Common);
    }
    Ok(password)
}

/// Does it consist of these words and little else?
fn leans_on(text: &str, words: &[&str]) -> bool {
    let whole = text.to_lowercase();
    let words = words.iter().filter(|word| word.len() >= SHORTEST_WORD);
    let rest = words.fold(whole.clone(), |rest, word| {
        rest.replace(&word.to_lowercase(), "")
    });
    rest != whole && NewPassword::parse(&rest).is_err()
}

fn first_line(input: &mut impl BufRead) -> Result<String, PasswordError> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .map_err(PasswordError::Unreadable)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask(mut prompt: impl FnMut(&str) -> io::Result<String>) -> Result<String, PasswordError> {
    let first = prompt("Password: ").map_err(PasswordError::NoTerminal)?;
    let again = prompt("Once more: ").map_err(PasswordError::NoTerminal)?;
    (first == again)
        .then_some(first)
        .ok_or(PasswordError::Differ)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<NewPassword, PasswordError> {
        let user = UserName::parse("ann-marie.poppins@example.org").unwrap();
        super::check(text, &user)
    }

    #[test]
    fn words_of_the_user_or_of_this_product_are_no_password() {
        for guessable in [
            "ann-marie.poppins@example.org",
            "annmarie",
            "Poppins1",
            "poppinspoppins",
            "p0pp1ns!",
            "openvidu",
            "OpenVidu2",
            "videocall",
            "Rooms2026!",
            "my-Rooms-42",
            "Poppins#2026",
        ] {
            assert!(
                matches!(check(guessable), Err(PasswordError::Common)),
                "{guessable}"
            );
        }
        assert!(check("poppins and a spoon full of sugar").is_ok());
        assert!(check("twelve rooms with a view").is_ok());
    }

    #[test]
    fn the_most_common_passwords_are_refused() {
        for common in [
            "password",
            "Password",
            "12345678",
            "123456789",
            "qwertyuiop",
            "iloveyou",
            "P@ssw0rd",
            "sunshine",
            "football1",
            "aaaaaaaa",
            "abcdefgh",
            "11111111",
        ] {
            assert!(
                matches!(check(common), Err(PasswordError::Common)),
                "{common}"
            );
        }
        for good in [
            "correct horse",
            "kX4$wq9Z",
            "пароль от почты",
            "zxcvbnm,./qwe",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        assert!(matches!(
            check("pass"),
            Err(PasswordError::Invalid(InvalidNewPassword::TooShort))
        ));
    }

    #[test]
    fn generated_passwords_are_good_and_differ() {
        let made: Vec<String> = (0..100).filter_map(|_| generate().to_show).collect();
        for text in &made {
            assert_eq!(text.len(), 23);
            assert!(check(text).is_ok(), "{text}");
        }
        let distinct: std::collections::HashSet<_> = made.iter().collect();
        assert_eq!(distinct.len(), 100);
    }

    #[test]
    fn a_password_is_asked_for_twice() {
        let mut answers = ["one", "one", "one", "other"].into_iter();
        let mut prompt = |_: &str| Ok(answers.next().unwrap().to_owned());
        assert_eq!(ask(&mut prompt).unwrap(), "one");
        assert!(matches!(ask(&mut prompt), Err(PasswordError::Differ)));
        let nobody = ask(|_| Err(io::Error::other("no terminal")));
        assert!(matches!(nobody, Err(PasswordError::NoTerminal(_))));
    }

    #[test]
    fn the_first_line_of_stdin_is_the_password() {
        for (input, password) in [("a b \r\nmore", "a b "), ("ab", "ab"), ("", "")] {
            assert_eq!(first_line(&mut input.as_bytes()).unwrap(), password);
        }
    }
}
