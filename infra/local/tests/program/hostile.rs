//! The program on a machine with every setting that could get in its way.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    failed, site,
    started::{Local, local, local_with},
};

/// Nobody listens at this address.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Sets what other programs of a developer may need, in a folder of its own.
fn make_hostile(command: &mut Command, folder: &Path) {
    let aws = folder.join("aws");
    fs::write(
        &aws,
        format!("[default]\nregion = us-east-1\nendpoint_url = {NOWHERE}\n"),
    )
    .unwrap();
    let temporary = folder.join("with a space");
    fs::create_dir(&temporary).unwrap();
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, NOWHERE);
        command.env(name.to_uppercase(), NOWHERE);
    }
    command
        .env("NO_PROXY", "example.org")
        .env_remove("no_proxy")
        .env("NODE_ENV", "production")
        .env("AWS_PROFILE", "missing")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", NOWHERE)
        .env("AWS_ACCESS_KEY_ID", "theirs")
        .env("AWS_SECRET_ACCESS_KEY", "theirs")
        .env("AWS_SESSION_TOKEN", "theirs")
        .env("AWS_CONFIG_FILE", &aws)
        .env("AWS_SHARED_CREDENTIALS_FILE", &aws)
        .env("AWS_LAMBDA_LOG_LEVEL", "OFF")
        .env("CARGO_LAMBDA_GLOBAL", "/nowhere")
        .env("CARGO_LAMBDA_IGNORE_FILE", "/nowhere")
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("TMPDIR", &temporary);
}

#[test]
fn calls_work_whatever_the_developer_has_set_for_other_programs() {
    let (site, theirs) = (site("a page"), tempfile::tempdir().unwrap());
    let mut command = local_with(&site);
    make_hostile(&mut command, theirs.path());
    let mut local = Local::start(&mut command);

    let credentials = json!({ "user": "publisher1", "pass": "pass" }).to_string();
    let (status, login) = local.post("/api-login/login", "", &credentials);
    assert_eq!(status, 200, "{login}");
    let jwt = login["token"].as_str().unwrap();
    let call = r#"{"sessionName":"TUTORIAL"}"#;
    let (status, joined) = local.post("/api-sessions/get-token", jwt, call);
    assert_eq!(status, 200, "{joined}");

    let given = |name| local.given(name);
    assert_eq!(
        given("NO_PROXY").unwrap(),
        "127.0.0.1,localhost,example.org"
    );
    assert_eq!(given("AWS_REGION").unwrap(), "eu-west-1");
    for name in ["AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"] {
        assert_eq!(given(name), None, "{name}");
    }
    local.end("INT");
}

#[test]
fn a_command_gets_none_of_the_developers_own_aws_settings() {
    let (site, theirs) = (site("a page"), tempfile::tempdir().unwrap());
    let mut command = local_with(&site);
    make_hostile(&mut command, theirs.path());
    let script = r#"
        test -z "$AWS_PROFILE$AWS_ENDPOINT_URL$AWS_SESSION_TOKEN" &&
        test "$AWS_REGION $AWS_ACCESS_KEY_ID" = "eu-west-1 local" &&
        test "$no_proxy" = "127.0.0.1,localhost,example.org" && exit 7"#;
    let status = command.args(["--", "sh", "-c", script]).status().unwrap();
    assert_eq!(status.code(), Some(7));
}

/// The copy has no connection to the original checkout.
#[test]
fn the_program_serves_the_checkout_that_it_was_started_in() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("a copy");
    fs::create_dir_all(copy.join("infra/local")).unwrap();
    let started_in = |package: &Path| {
        let mut command = local();
        command
            .arg("--free-ports")
            .env("CARGO_MANIFEST_DIR", package)
            .args(["--", "true"]);
        failed(&mut command)
    };
    assert_eq!(
        started_in(&copy.join("infra/local")),
        (
            Some(1),
            "local: the site is not built: run `make site`, or pass `--site DIR` to serve another folder"
                .to_owned()
        )
    );
    assert_eq!(
        started_in(folder.path()),
        (
            Some(1),
            "local: there is no checkout here: run `cargo run --bin local` in its folder"
                .to_owned()
        )
    );
}

/// The README asks for no other programs than these, which every machine has.
#[test]
fn the_lines_of_the_readme_work_with_an_old_curl_and_without_jq() {
    let (site, tools) = (site("a page"), TempDir::new().unwrap());
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme
        .split("```")
        .find(|block| block.contains("api="))
        .unwrap();
    let lines = block.trim_start_matches("sh\n");
    let script = lines.replace("http://127.0.0.1:8080", "$BASE_URL");
    let jq = tools.path().join("jq");
    fs::write(&jq, "#!/bin/sh\nexit 127\n").unwrap();
    fs::set_permissions(&jq, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        tools.path().display(),
        std::env::var("PATH").unwrap()
    );
    assert!(!script.contains("--json"), "curl has it since 7.82");

    let output = local_with(&site)
        .env("http_proxy", NOWHERE)
        .env("PATH", path)
        .args(["--", "sh", "-eu", "-c", &script])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(r#""sessionId":"#), "{said}");
}

fn root() -> std::path::PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&package).join("../..")
}
