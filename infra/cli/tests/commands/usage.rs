//! The command line itself.

use crate::given::{gatelet, run};

#[test]
fn help_names_the_commands_and_has_examples() {
    let help = run(gatelet(&["--help"]));
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    for words in [
        "bootstrap  Make the first administrator",
        "doctor ",
        "Exit codes:",
        "DYNAMODB_PORT=8000",
        "api-key ",
    ] {
        assert!(help.out.contains(words), "{words}: {}", help.out);
    }
    for command in ["bootstrap", "doctor"] {
        let help = run(gatelet(&[command, "--help"]));
        assert_eq!(help.code, Some(0));
        for words in [&format!("\n  gatelet {command} --"), "TABLE_NAME", "--json"] {
            assert!(help.out.contains(words), "{words}: {}", help.out);
        }
        assert!(!help.out.contains('\u{1b}'), "colour, and nobody looks");
    }
}

const VERBS: [(&str, &[&str]); 8] = [
    ("user", &["add", "list", "show", "set", "remove"]),
    ("customer", &["add", "list", "show", "set", "remove"]),
    ("domain", &["add", "list", "show", "remove"]),
    ("function", &["add", "list", "show", "set", "remove"]),
    ("api-key", &["add", "list", "show", "set", "remove"]),
    ("key", &["add", "list", "show", "remove"]),
    ("session", &["add", "list", "show", "remove"]),
    ("client", &["add", "list", "show", "set", "permit", "privilege", "remove"]),
];

#[test]
fn each_verb_has_an_example_and_no_more_columns_than_a_page() {
    for (command, verbs) in VERBS {
        for verb in verbs {
            let help = run(gatelet(&[command, verb, "--help"]));
            assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
            for words in ["Example", &format!("gatelet {command} {verb} "), "TABLE_NAME", "--json"] {
                assert!(
                    help.out.contains(words) || help.out.contains(words.trim_end()),
                    "{words}: {}",
                    help.out
                );
            }
            for line in help.out.lines() {
                assert!(line.chars().count() <= 140, "{command} {verb}: {line}");
            }
        }
        let help = run(gatelet(&[command, "--help"])).out;
        let told = verbs.iter().all(|verb| help.contains(&format!("\n  {verb} ")));
        assert!(told, "{command}: {help}");
        assert_eq!(help.contains("nothing of it to set"), !verbs.contains(&"set"), "{help}");
    }
}

#[test]
fn what_is_wrong_with_a_command_line_ends_in_2() {
    for (arguments, words) in [
        (&["frobnicate"][..], "unrecognized subcommand 'frobnicate'"),
        (&["user", "frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["session", "set"], "unrecognized subcommand 'set'"),
        (&["user", "set", "a", "--customer-function", "b", "--table", "t"], "a customer, = and a function"),
        (&["user", "set", "a", "--security-level", "high", "--table", "t"], "[possible values: external"),
        (&["client", "add", "a", "--public", "--generate-secret", "--table", "t"], "cannot be used with"),
        (&["session", "remove", "a", "b", "--all", "--table", "t"], "cannot be used with"),
        (&["client", "permit", "--table", "t"], "<CLIENT>"),
        (&["client", "privilege", "a", "--revoke=false", "--table", "t"], "unexpected value 'false'"),
        (&["client", "list"], "which table? Give --table NAME, or set TABLE_NAME"),
        (&["bootstrap", "--table", "t"], "--username <NAME>"),
        (&["bootstrap", "--table", "t", "--username", "two words"], "1 to 64 of the characters"),
        (&["bootstrap", "--table", "t", "--username", "a", "--email", "nowhere"], "an address such as"),
        (
            &["bootstrap", "--table", "t", "--username", "a", "--password", "b"],
            "unexpected argument '--password'",
        ),
        (
            &["bootstrap", "--table", "t", "--username", "a", "--issuer", "http://id.example"],
            "the issuer must be https",
        ),
        (&["doctor", "--table", "t", "--signing-key-days", "0"], "0 is not in 1..=3650"),
        (&["doctor"], "which table? Give --table NAME, or set TABLE_NAME"),
        (&["doctor", "--table", ""], "which table? Give --table NAME, or set TABLE_NAME"),
    ] {
        let ran = run(gatelet(arguments));
        assert!(ran.err.contains(words), "{arguments:?}: {ran:?}");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
    }
}

#[test]
fn a_failure_is_json_where_json_is_asked_for() {
    let ran = run(gatelet(&["doctor", "--json"]));
    let told: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(told["error"], "which table? Give --table NAME, or set TABLE_NAME");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
}
