//! The program `local` as a real process: what it prints, what it serves, and that nothing stays
//! behind.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod copies;
mod hostile;
mod joins;
mod livekit;
mod logs;
mod started;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

use started::{Is, Local, local, local_with, signal};
use tempfile::TempDir;

/// A folder with a page that contains `text`.
fn site(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), text).unwrap();
    folder
}

/// Runs `local`, which is expected to fail at once. Returns the exit code and its last line.
fn failed(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (
        output.status.code(),
        said.lines().last().unwrap().to_owned(),
    )
}

#[test]
fn after_ctrl_c_the_same_ports_can_be_used_again() {
    let site = site("a page");
    let mut first = Local::start(&mut local_with(&site));
    let (status, page) = first.get("/");
    assert_eq!((status, page.as_str()), (200, "a page"));
    assert_eq!(first.get("/api-login/nothing-here").0, 404);
    let ports = first.ports();
    let _open = (
        first.web_socket(),
        TcpStream::connect(("127.0.0.1", ports[0])),
    );

    assert_eq!(first.end("INT").code(), Some(0));
    let said = first.said();
    assert!(!said.contains("did not end in time"), "{said}");
    started::assert_all_gone(&ports);

    let mut again = local();
    let options = [
        "--port",
        "--openvidu-port",
        "--dynamodb-port",
        "--functions-port",
    ];
    for (option, port) in options.iter().zip(&ports) {
        again.arg(option).arg(port.to_string());
    }
    let mut second = Local::start(again.arg("--site").arg(site.path()));
    assert_eq!(second.get("/").0, 200);
    assert_eq!(second.ports(), ports);
    assert_eq!(second.end("TERM").code(), Some(0));
    started::assert_all_gone(&ports);
}

#[test]
fn a_killed_stack_leaves_nothing_running() {
    let site = site("a page");
    let mut local = Local::start(&mut local_with(&site));
    let ports = local.ports();
    local.end("KILL");
    started::assert_all_gone(&ports);
}

#[test]
fn the_stack_ends_and_names_a_function_that_is_gone_for_ever() {
    let site = site("a page");
    let mut local = Local::start(&mut local_with(&site));
    local.kill_copies("login");
    assert_eq!(local.until_ended().code(), Some(1));
    let said = local.said();
    let told =
        "local: no copy of function `login` runs any more: see its messages above, and start again";
    assert_eq!(said.lines().last(), Some(told), "{said}");
    started::assert_all_gone(&local.ports());
}

#[test]
fn two_signals_stop_and_restart_the_stand_in() {
    let site = site("a page");
    let mut local = Local::start(&mut local_with(&site));
    let _open = local.web_socket();
    for _ in 0..2 {
        local.signal("USR1");
        local.until_openvidu(Is::Away);
        assert_eq!(local.get("/").0, 200);
        local.signal("USR2");
        local.until_openvidu(Is::There);
    }
    local.signal("USR1");
    local.until_openvidu(Is::Away);
    assert_eq!(local.end("INT").code(), Some(0));
    started::assert_all_gone(&local.ports());
}

#[test]
fn data_survives_a_restart() {
    let (site, data) = (site("a page"), tempfile::tempdir().unwrap());
    let start = || Local::start(local_with(&site).arg("--data-dir").arg(data.path()));
    let join = r#"{"sessionName":"TUTORIAL"}"#;

    let mut first = start();
    let login = first.post(
        "/api-login/login",
        "",
        r#"{"user":"publisher1","pass":"pass"}"#,
    );
    let token = login.1["token"].as_str().unwrap().to_owned();
    let before = first.post("/api-sessions/get-token", &token, join);
    assert_eq!(before.0, 200);
    first.end("INT");

    let mut second = start();
    let after = second.post("/api-sessions/get-token", &token, join);
    assert_eq!(after.0, 200, "the login is still good");
    assert_eq!(after.1["sessionId"], before.1["sessionId"]);
    second.end("INT");
}

#[test]
fn a_busy_port_is_reported_in_one_line() {
    let site = site("a page");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = [
        ("--port", "the site"),
        ("--openvidu-port", "the OpenVidu stand-in"),
        ("--dynamodb-port", "DynamoDB"),
        ("--functions-port", "cargo lambda watch"),
    ];
    for (option, owner) in options {
        let mut command = local();
        for (other, _) in options {
            let port = if other == option { port } else { 0 };
            command.arg(other).arg(port.to_string());
        }
        let (code, said) = failed(command.arg("--site").arg(site.path()));
        assert_eq!(code, Some(1));
        assert_eq!(
            said,
            format!(
                "local: port {port} for {owner} is in use: end what uses it, or pass `{option} PORT` \
                 (0 picks a free one)"
            )
        );
    }
}

#[test]
fn a_folder_without_a_page_is_reported_in_one_line() {
    let (code, said) = failed(local().args(["--free-ports", "--site", "/nowhere"]));
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "local: `--site /nowhere` is not a folder with an index.html"
    );
}

#[test]
fn a_real_server_needs_its_secret() {
    let (code, said) = failed(local().args(["--openvidu-url", "https://example.org"]));
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "local: OPENVIDU_SECRET is missing in the environment, and there is no terminal to ask at"
    );
}

#[test]
fn a_command_gets_the_addresses_and_its_status_is_ours() {
    let site = site("a page");
    let script = r#"
        test "$(printf '%s' "$BASE_URL" | cut -d: -f1)" = http &&
        test -n "$OPENVIDU_URL" && test -n "$OPENVIDU_SECRET" &&
        test -n "$AWS_ENDPOINT_URL_DYNAMODB" && kill -USR2 "$LOCAL_PID" && exit 7"#;
    let status = local_with(&site)
        .args(["--", "sh", "-c", script])
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(7));
}

#[test]
fn an_interrupted_start_ends_at_once() {
    let site = site("a page");
    let mut child = local_with(&site).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    said.next().unwrap().unwrap();
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
