//! The invariants of ARCHITECTURE.md that are visible in the source.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::PathBuf;
use std::{env, fs};

fn root() -> PathBuf {
    let shared = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    shared.parent().unwrap().to_owned()
}

/// The Rust files below `folder` (a path from the workspace's root), with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        if folder.is_file() {
            files.push(folder);
            continue;
        }
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_source = path.extension().is_some_and(|extension| extension == "rs");
            if path.is_dir() && !path.ends_with("target") || is_source {
                folders.push(path);
            }
        }
    }
    let sources: Vec<_> = files
        .into_iter()
        .map(|file| (file.clone(), fs::read_to_string(file).unwrap()))
        .collect();
    assert!(!sources.is_empty(), "there is nothing in {folder}");
    sources
}

/// The text without its unit tests, which stand at the end.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
}

#[track_caller]
fn assert_absent(folder: &str, words: &[&str]) {
    for (file, text) in sources(folder) {
        for word in words {
            assert!(
                !production(&text).contains(word),
                "{} says {word}",
                file.display()
            );
        }
    }
}

#[test]
fn domain_use_cases_and_ports_know_nothing_of_the_world() {
    let world = [
        "crate::adapters",
        "crate::http",
        "crate::config",
        "crate::system",
        "telemetry::count",
        "telemetry::init",
        "use crate::telemetry;",
        "aws_",
        "reqwest",
        "lambda_",
        "StatusCode",
        "serde",
        "std::env",
        "std::fs",
        "::now()",
        "rand::",
    ];
    for inside in [
        "shared/src/domain",
        "shared/src/use_cases",
        "shared/src/ports",
    ] {
        assert_absent(inside, &world);
    }
    assert_absent(
        "shared/src/domain",
        &["crate::use_cases", "crate::ports", "async "],
    );
    assert_absent("shared/src/ports", &["crate::use_cases"]);
}

#[test]
fn only_their_adapters_know_the_store_and_the_video_server() {
    for (folder, word) in [
        ("shared/src/http", "_expression"),
        ("shared/src/http", "reqwest"),
        ("shared/src/http", "crate::adapters"),
        ("shared/src/http", "aws_sdk"),
        ("shared/src/http", "aws_config"),
        ("shared/src/adapters/dynamodb", "reqwest"),
        ("shared/src/adapters/openvidu", "aws_sdk"),
        ("functions", "aws_"),
        ("functions", "reqwest"),
        ("functions", "participantLeft"),
    ] {
        assert_absent(folder, &[word]);
    }
}

#[test]
fn no_function_chooses_a_status_code() {
    assert_absent(
        "functions",
        &["StatusCode", "Response::builder", "status_mut"],
    );
}

#[test]
fn every_logged_error_has_its_causes() {
    for folder in [
        "shared/src",
        "functions",
        "infra/users/src",
        "infra/local/src",
    ] {
        assert_absent(folder, &["%error", "?error"]);
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in [
        "functions",
        "shared",
        "infra/local",
        "infra/openvidu",
        "infra/users",
    ] {
        for (file, text) in sources(folder) {
            let said = text.starts_with("//! ") || text.starts_with("#![doc = include_str!");
            assert!(said, "{} has no //!", file.display());
        }
    }
}

/// Fields, variants, `as_str` and the like need a comment only where the name does not say it all.
#[test]
fn every_public_item_says_what_it_is_for() {
    let kinds = [
        "struct ",
        "enum ",
        "trait ",
        "fn ",
        "async fn ",
        "const fn ",
    ];
    let obvious = ["fn new(", "fn parse(", "fn as_str(", "fn expose("];
    for folder in ["functions", "shared/src", "infra"] {
        for (file, text) in sources(folder) {
            let mut above = "";
            for line in production(&text).lines().map(str::trim_start) {
                let item = line.strip_prefix("pub ").unwrap_or_default();
                if kinds.iter().any(|kind| item.starts_with(kind)) {
                    let is_obvious = obvious.iter().any(|name| item.contains(name));
                    let place = file.display();
                    assert!(is_obvious || above.starts_with("///"), "{place}: {item}");
                }
                // An attribute stands between an item and its comment.
                let is_attribute = ["#[", "reason =", "clippy::", ")]"];
                if !is_attribute.iter().any(|start| line.starts_with(start)) {
                    above = line;
                }
            }
        }
    }
}

/// A copied or moved checkout would go on using the files of the one in which it was built.
#[test]
fn no_program_contains_the_path_of_its_checkout() {
    let built_in = ["env!(", "\"CARGO_MANIFEST_DIR\")"].concat();
    for folder in ["functions", "shared", "infra"] {
        for (file, text) in sources(folder) {
            assert!(!text.contains(&built_in), "{}", file.display());
        }
    }
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let mut documents = vec![root().join("infra/openvidu/README.md")];
    for folder in [root(), root().join("docs")] {
        let files = fs::read_dir(folder).unwrap();
        documents.extend(files.map(|file| file.unwrap().path()));
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.len() > 8, "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            let exists = document.parent().unwrap().join(file).exists();
            assert!(exists, "{} links to {link}", document.display());
        }
    }
}

/// The names of tests are sentences. Nothing else between backticks looks like that.
#[test]
fn every_test_that_the_documents_name_exists() {
    let mut text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    text.push_str(&fs::read_to_string(root().join("docs/WHERE-TO-CHANGE.md")).unwrap());
    let sentence = |word: &&str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        word.chars().all(allowed) && word.split('_').count() >= 4
    };
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(sentence)
        .collect();
    assert!(named.len() > 30, "{named:?}");

    let folders = [
        "functions",
        "shared",
        "infra/local",
        "infra/openvidu",
        "infra/users",
    ];
    let mut written: String = folders
        .into_iter()
        .flat_map(sources)
        .map(|(_, text)| text)
        .collect();
    for entry in fs::read_dir(root().join("infra/tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            written.push_str(&fs::read_to_string(path).unwrap().replace("def ", "fn "));
        }
    }
    for name in named {
        assert!(
            written.contains(&format!("fn {name}(")),
            "there is no {name}"
        );
    }
}
