//! The Runtime API, held against AWS's own runtime for Rust: `bare` is that and nothing else.

use std::path::PathBuf;

use gatelet_bench::Failure;
use gatelet_bench::sandbox::Sandbox;
use gatelet_bench::scene::{Asked, BARE, Scene};
use gatelet_bench::workspace::Program;

fn bare() -> Program {
    Program { name: "bare".to_owned(), path: PathBuf::from(env!("CARGO_BIN_EXE_bare")) }
}

/// A log file of the test's own.
fn log(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gatelet-bare-{}-{name}", std::process::id()))
}

#[tokio::test]
async fn an_event_after_the_other_is_answered_and_accounted_for() {
    let (mut scene, log) = (Scene::new().await.unwrap(), log("answers"));
    let events = scene.events(Asked::Nothing, 3).await;
    let environment = |api| scene.environment("bare", api);
    let mut sandbox = Sandbox::start(&bare(), environment, &log).await.unwrap();
    let mut ready = sandbox.ready().await.unwrap();
    assert!(ready > sandbox.started);
    let mut spent = sandbox.processor_time().unwrap();
    for event in &events {
        let answered = sandbox.call(event, BARE.status).await.unwrap();
        assert!(answered > ready);
        ready = sandbox.ready().await.unwrap();
        let before = std::mem::replace(&mut spent, sandbox.processor_time().unwrap());
        assert!(spent > before);
    }
    assert!(sandbox.most_resident().unwrap() > 0);
    std::fs::remove_file(log).unwrap();
}

#[tokio::test]
async fn another_answer_than_expected_is_told() {
    let (mut scene, log) = (Scene::new().await.unwrap(), log("status"));
    let events = scene.events(Asked::Nothing, 1).await;
    let environment = |api| scene.environment("bare", api);
    let mut sandbox = Sandbox::start(&bare(), environment, &log).await.unwrap();
    sandbox.ready().await.unwrap();
    let failure = sandbox.call(&events[0], Some(303)).await.unwrap_err().to_string();
    assert!(failure.starts_with("bare: expected 303, and was answered {"), "{failure}");
    assert!(failure.contains(r#""statusCode":200"#), "{failure}");
    std::fs::remove_file(log).unwrap();
}

#[tokio::test]
async fn an_event_that_is_none_is_an_error_of_the_functions() {
    let (scene, log) = (Scene::new().await.unwrap(), log("event"));
    let environment = |api| scene.environment("bare", api);
    let mut sandbox = Sandbox::start(&bare(), environment, &log).await.unwrap();
    sandbox.ready().await.unwrap();
    let failure = sandbox.call(&serde_json::Value::Null, BARE.status).await.unwrap_err().to_string();
    assert!(failure.starts_with("bare: reported an error: "), "{failure}");
    std::fs::remove_file(log).unwrap();
}

#[tokio::test]
async fn a_function_that_ends_is_not_waited_for() {
    let log = log("ends");
    // Without its variables it has nowhere to ask for events.
    let mut sandbox = Sandbox::start(&bare(), |_| Vec::new(), &log).await.unwrap();
    let failure = sandbox.ready().await.unwrap_err();
    let Failure::Function { function, problem, log: line } = failure else { panic!("{failure}") };
    assert_eq!(function, "bare");
    assert!(problem.starts_with("ended with "), "{problem}");
    assert_ne!(line, "nothing");
    std::fs::remove_file(log).unwrap();
}
