//! `gatelet bootstrap`.

use domain::password::{PasswordHash, Verdict};
use domain::user::Username;
use testkit::Embedded;

use crate::given::{Given, PASSWORD, Ran, gatelet, nobody, run, start, user};
use crate::site::Site;

const BOOTSTRAP: [&str; 4] = ["bootstrap", "--password-stdin", "--username", "root"];

#[tokio::test]
async fn makes_an_administrator_who_can_sign_in() {
    let given = Given::table().await;
    let more = ["--name", "Root of All", "--email", "root@example.com", "--issuer", "https://id.example"];
    let made = given.run_with(&[&BOOTSTRAP[..], &more].concat(), PASSWORD);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""), "{made:?}");
    let place = format!("table gatelet at {}", given.embedded.endpoint());
    assert!(
        made.out.starts_with(&format!("Made root, the first administrator in {place}.\n")),
        "{}",
        made.out
    );
    assert!(made.out.contains("sign in at https://id.example/login"), "{}", made.out);
    assert!(!made.out.contains(PASSWORD) && !made.out.contains('\u{1b}'));

    let login = given.store.logins.find(&Username::parse("root").unwrap()).await.unwrap().unwrap();
    assert_eq!(login.password.verify(PASSWORD), Verdict::Right);
    let user = given.store.users.find(login.user).await.unwrap().unwrap();
    assert!(user.is_administrator() && user.may_act());
    assert_eq!(user.profile.name.as_deref(), Some("Root of All"));
    assert_eq!(user.profile.email.as_deref(), Some("root@example.com"));
    assert!(!user.profile.email_verified);
    assert!(made.out.contains(&user.id.to_string()), "{}", made.out);
}

#[tokio::test]
async fn says_the_same_in_json() {
    let given = Given::table().await;
    let made = given.run_with(&[&BOOTSTRAP[..], &["--json"]].concat(), PASSWORD);
    let told = made.json();
    let login = given.store.logins.find(&Username::parse("root").unwrap()).await.unwrap().unwrap();
    let expected = serde_json::json!({
        "user": {"id": login.user, "username": "root", "functions": ["administrator"]},
        "table": "gatelet",
    });
    assert_eq!((made.code, told), (Some(0), expected));
}

#[tokio::test]
async fn does_it_once() {
    let given = Given::table().await;
    assert_eq!(given.run_with(&BOOTSTRAP, PASSWORD).code, Some(0));
    for name in ["root", "another"] {
        // Nobody is asked for a password that is of no use.
        let again = given.run(&["bootstrap", "--username", name]);
        assert_eq!((again.code, again.out.as_str()), (Some(1), ""));
        assert!(again.err.contains("has had its first administrator already"), "{}", again.err);
        assert!(!again.err.contains("root"), "who that is, is nobody's business: {}", again.err);
    }
}

#[tokio::test]
async fn of_eight_operators_at_once_one_succeeds() {
    let given = Given::table().await;
    let started = (0..8).map(|index| {
        let name = format!("operator{index}");
        start(given.command(&["bootstrap", "--password-stdin", "--username", &name]), PASSWORD)
    });
    let started = started.collect::<Vec<_>>();
    let ran =
        started.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap())).collect::<Vec<_>>();
    assert_eq!(ran.iter().filter(|ran| ran.code == Some(0)).count(), 1, "{ran:?}");
    let mut made = 0;
    for (index, ran) in ran.iter().enumerate() {
        let name = Username::parse(&format!("operator{index}")).unwrap();
        let login = given.store.logins.find(&name).await.unwrap();
        assert_eq!(login.is_some(), ran.code == Some(0), "{ran:?}");
        made += usize::from(login.is_some());
        if login.is_none() {
            assert_eq!(ran.code, Some(1));
            assert!(ran.err.contains("has had its first administrator already"), "{ran:?}");
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn refuses_a_password_that_may_not_be_chosen() {
    let given = Given::table().await;
    for (password, words) in [
        ("fourteen chars", "it has 14 characters, and at least 15 are required"),
        ("", "it has 0 characters"),
        ("adminadminadminadmin", "it is one part over and over"),
        (&"very long ".repeat(200), "at most 1024 are accepted"),
    ] {
        let refused = given.run_with(&BOOTSTRAP, password);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
        assert!(refused.err.contains(words), "{}", refused.err);
        assert!(password.is_empty() || !refused.err.contains(password));
    }
    assert!(!given.store.users.bootstrapped().await.unwrap());
}

#[tokio::test]
async fn asks_nobody_where_there_is_no_terminal() {
    let given = Given::table().await;
    let refused = given.run(&["bootstrap", "--username", "root"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--password-stdin"), "{}", refused.err);
    assert!(!given.store.users.bootstrapped().await.unwrap());
}

#[tokio::test]
async fn leaves_a_user_of_that_name_alone() {
    let given = Given::table().await;
    let name = Username::parse("root").unwrap();
    let hash = PasswordHash::of_nobody();
    given.store.users.create(&user("root"), &hash).await.unwrap();
    let refused = given.run_with(&BOOTSTRAP, PASSWORD);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("already has a user called root"), "{}", refused.err);
    assert_eq!(given.store.logins.find(&name).await.unwrap().unwrap().password, hash);
    assert!(!given.store.users.bootstrapped().await.unwrap());
}

#[test]
fn needs_a_table() {
    let embedded = Embedded::memory().unwrap();
    let table = ["--table", "nothing", "--endpoint-url", &embedded.endpoint()];
    let missing = start(gatelet(&[&BOOTSTRAP[..], &table].concat()), PASSWORD);
    let missing = Ran::from(missing.wait_with_output().unwrap());
    assert_eq!(missing.code, Some(3));
    assert!(missing.err.contains("there is no table nothing at http://127.0.0.1:"), "{}", missing.err);
    assert!(missing.err.contains("gatelet doctor"), "{}", missing.err);

    let nobody = nobody();
    let away = run(gatelet(&[&BOOTSTRAP[..], &["--table", "gatelet", "--endpoint-url", &nobody]].concat()));
    assert_eq!(away.code, Some(3));
    assert!(away.err.contains(&format!("table gatelet at {nobody} can't be used")), "{}", away.err);
}

#[test]
fn says_so_where_nobody_knows_whether_it_was_done() {
    let site = Site::serve(0, |_, request| {
        if request.contains("DynamoDB_20120810.GetItem") {
            (200, "{}".to_owned())
        } else {
            (500, "{}".to_owned())
        }
    });
    let table = ["--table", "gatelet", "--endpoint-url", &site.url()];
    let ran = start(gatelet(&[&BOOTSTRAP[..], &table].concat()), PASSWORD).wait_with_output().unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.contains("did not say whether it was done"), "{}", ran.err);
    assert!(ran.err.contains("run it again"), "{}", ran.err);
}

/// On a terminal.
#[cfg(target_os = "linux")]
mod on_a_terminal {
    use super::{Given, PASSWORD};
    use crate::terminal::Terminal;

    const FIRST: &str = "Password for root (at least 15 characters, not shown): ";
    const AGAIN: &str = "The same again: ";

    #[tokio::test]
    async fn asks_twice_and_again_after_a_mistake() {
        let given = Given::table().await;
        let mut terminal = Terminal::open(&given, "bootstrap --username root");
        terminal.answers(FIRST, "not long enou", "at least 15 are required. Once more.");
        terminal.answers(FIRST, PASSWORD, AGAIN);
        terminal.answers(AGAIN, "another one altogether", "These are not the same. Once more.");
        terminal.answers(FIRST, PASSWORD, AGAIN);
        terminal.answers(AGAIN, PASSWORD, "the first administrator in");
        assert!(
            terminal.seen.contains("\u{1b}[1mroot\u{1b}[0m"),
            "colour, where somebody looks: {}",
            terminal.seen
        );
        assert_eq!(terminal.code(), Some(0));
        assert!(given.store.users.bootstrapped().await.unwrap());
    }

    #[tokio::test]
    async fn gives_up_after_three_mistakes() {
        let given = Given::table().await;
        let mut terminal = Terminal::open(&given, "bootstrap --username root");
        for _ in 0..2 {
            terminal.answers(FIRST, PASSWORD, AGAIN);
            terminal.answers(AGAIN, "another one altogether", "These are not the same. Once more.");
        }
        terminal.answers(FIRST, PASSWORD, AGAIN);
        terminal.answers(AGAIN, "another one altogether", "no password was chosen");
        assert_eq!(terminal.code(), Some(1));
        assert!(!given.store.users.bootstrapped().await.unwrap());
    }
}
