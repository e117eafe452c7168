//! The program `users` as a process on a database: what it does, prints and answers.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod started;
mod terminal;

use std::net::TcpListener;

use serde_json::{Value, json};
use shared::adapters::passwords::Argon2id;
use shared::domain::{Password, UserName};
use shared::ports::{PasswordHashing, UserDirectory};
use started::Database;
use terminal::Terminal;

const PASSWORD: &str = "correct horse battery";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_added_with_the_password_of_stdin_and_never_overwritten() {
    let database = Database::start().await;
    let added = database.run(&["add", "ann", "--role", "PUBLISHER", "--stdin"], PASSWORD);
    assert_eq!(
        (added.code, added.stdout.as_str()),
        (0, "ann: added as PUBLISHER\n")
    );
    let ann = UserName::parse("ann").unwrap();
    let account = database.users().find(&ann).await.unwrap().unwrap();
    let matches =
        |text| Argon2id::new().matches(&Password::new(text), Some(&account.password_hash));
    assert!(matches(PASSWORD));
    assert!(!matches("another"));

    let again = database.run(&["add", "ann", "--role", "MODERATOR", "--generate"], "");
    assert_eq!((again.code, again.stdout.as_str()), (3, ""));
    assert_eq!(again.stderr, "users: there is a user ann already\n");
    assert_eq!(database.users().find(&ann).await.unwrap(), Some(account));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_a_password_is_asked_for_twice_and_not_shown() {
    let database = Database::start().await;
    let add = ["add", "ann", "--role", "PUBLISHER"];
    let mut terminal = Terminal::run(&database, &add);
    terminal.type_unseen("Password: ", PASSWORD);
    terminal.type_unseen("Once more: ", "another one");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(5));
    assert!(shown.contains("the two passwords differ"), "{shown}");

    let mut terminal = Terminal::run(&database, &add);
    terminal.type_unseen("Password: ", PASSWORD);
    terminal.type_unseen("Once more: ", PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("ann: added as PUBLISHER"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert_eq!(database.users_on_record().await, ["ann"]);

    // The program does not ask for a password in vain.
    let (code, shown) = Terminal::run(&database, &add).end();
    assert_eq!(code, Some(3), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_made_and_audited_and_no_password_is_logged() {
    let database = Database::start().await;
    let mut log = database
        .ok(&["add", "ann", "--role", "PUBLISHER", "--stdin"], PASSWORD)
        .stderr;
    for (arguments, said) in [
        (
            "role ann moderator",
            "ann: MODERATOR from now on, and logged out\n",
        ),
        (
            "role ann SUBSCRIBER",
            "ann: SUBSCRIBER from now on, and logged out\n",
        ),
        (
            "role ann MODERATOR --call TUTORIAL",
            "ann: MODERATOR of TUTORIAL\n",
        ),
        ("role ann MODERATOR --call Fixe", "ann: MODERATOR of Fixe\n"),
        (
            "role ann OWN --call Fixe",
            "ann: no longer MODERATOR of Fixe\n",
        ),
        ("disable ann", "ann: disabled, and logged out\n"),
        (
            "passwd ann --stdin",
            "ann: given another password, and logged out\n",
        ),
        ("list", "ann  SUBSCRIBER  disabled  moderator of TUTORIAL\n"),
        ("enable ann", "ann: enabled\n"),
        ("list", "ann  SUBSCRIBER  moderator of TUTORIAL\n"),
        ("remove ann", "ann: removed, and logged out\n"),
        ("list", ""),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let done = database.ok(&arguments, "another long secret");
        assert_eq!(done.stdout, said);
        log.push_str(&done.stderr);
    }
    let of = |event: &str| log.matches(&format!("event=\"{event}\"")).count();
    assert_eq!(of("administration"), 10, "{log}");
    assert_eq!(of("revocation"), 5, "{log}");
    for secret in [PASSWORD, "another long secret", "argon2"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_json_and_a_generated_password_once() {
    let database = Database::start().await;
    let added = database.json(&["add", "ann", "--role", "PUBLISHER", "--generate", "--json"]);
    assert_eq!(added["user"], "ann");
    let password = added["password"].as_str().unwrap();
    let ann = UserName::parse("ann").unwrap();
    let account = database.users().find(&ann).await.unwrap().unwrap();
    assert!(Argon2id::new().matches(&Password::new(password), Some(&account.password_hash)));

    let changed = database.json(&["passwd", "ann", "--generate", "--json"]);
    assert_ne!(changed["password"], added["password"]);
    let expected = json!([
        { "user": "ann", "role": "PUBLISHER", "moderates": [], "disabled": false },
    ]);
    assert_eq!(database.json(&["list", "--json"]), expected);

    let done = database.ok(&["disable", "ann", "--json"], "");
    for line in done.stderr.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["target"], "audit");
        assert_eq!(line["fields"]["user"], "ann");
    }

    let refused = database.run(&["disable", "bob", "--json"], "");
    let problem: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(problem, json!({ "error": "there is no user bob" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_local_nobody_else_is_asked_and_nothing_else_is_printed() {
    let database = Database::start().await;
    let metadata = TcpListener::bind("127.0.0.1:0").unwrap();
    metadata.set_nonblocking(true).unwrap();
    let service = format!("http://{}", metadata.local_addr().unwrap());
    let locally = |arguments: &[&str]| {
        let mut command = database.command(&[], arguments);
        command
            .args(["--local", "--local-port", database.port()])
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service)
            .env("AWS_PROFILE", "missing")
            .env("http_proxy", &service);
        for name in [
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL_DYNAMODB",
        ] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };

    let (said, log) = locally(&["add", "ann", "--role", "PUBLISHER", "--generate"]);
    assert!(said.starts_with("ann: added as PUBLISHER"), "{said}");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("audit"), "{log}");
    let listed = locally(&["list"]);
    assert_eq!(listed, ("ann  PUBLISHER\n".to_owned(), String::new()));
    assert!(metadata.accept().is_err(), "the metadata service was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_an_exit_code_and_a_line() {
    let database = Database::start().await;
    database.ok(&["add", "ann", "--role", "PUBLISHER", "--stdin"], PASSWORD);
    for (arguments, input, code) in [
        ("add bob --role PUBLISHER --stdin", "pass", 5),
        ("add bob --role PUBLISHER --stdin", "password1", 5),
        ("add bob --role PUBLISHER --stdin", "", 5),
        ("add bobby-brown --role PUBLISHER --stdin", "bobbybrown", 5),
        ("add bob --role PUBLISHER", PASSWORD, 2),
        ("add bob --role ADMIN --stdin", PASSWORD, 2),
        ("add <b> --role PUBLISHER --stdin", PASSWORD, 2),
        ("add bob --role PUBLISHER --password x", PASSWORD, 2),
        ("role ann PUBLISHER --call TUTORIAL", "", 2),
        ("role ann OWN", "", 2),
        ("import /nowhere.csv", "", 2),
        ("disable bob", "", 4),
        ("enable bob", "", 4),
        ("remove bob", "", 4),
        ("role bob PUBLISHER", "", 4),
        ("passwd bob --generate", "", 4),
        ("list --table another-table", "", 1),
        ("list --endpoint-url http://127.0.0.1:9", "", 1),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let outcome = database.run(&words, input);
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{arguments}");
        assert!(!outcome.stderr.is_empty(), "{arguments}");
    }
    assert_eq!(database.users_on_record().await, ["ann"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_users_is_imported_whole_or_not_at_all() {
    let database = Database::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "user,role,password\nann,PUBLISHER,pass\nbob,PUBLISHER,\n",
    )
    .unwrap();
    let refused = database.run(&["import", path], "");
    assert_eq!(refused.code, 2);
    assert_eq!(
        refused.stderr,
        "users: nobody was added: line 2: a password has at least 8 characters\n"
    );
    assert!(database.users_on_record().await.is_empty());

    let rows = format!("user,role,password\nann,PUBLISHER,{PASSWORD}\nbob,MODERATOR,\n");
    std::fs::write(&file, &rows).unwrap();
    let imported = database.json(&["import", path, "--json"]);
    assert_eq!(imported[0], json!({ "user": "ann", "added": true }));
    assert_eq!(imported[1]["password"].as_str().unwrap().len(), 23);

    std::fs::write(&file, rows + "carol,SUBSCRIBER,\n").unwrap();
    let more = database.run(&["import", path], "");
    assert_eq!(more.code, 3, "some were there");
    assert!(more.stdout.starts_with(
        "ann: there already, and as before\nbob: there already, and as before\ncarol: added, password "
    ));
    assert_eq!(database.users_on_record().await, ["ann", "bob", "carol"]);
}
