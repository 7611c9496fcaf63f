//! How things are shown: on a terminal, on a narrow one, without colours, and where somebody has written what terminals obey.

use domain::ClientId;
use domain::client::{About, Client};
use domain::entropy::SystemEntropy;

use crate::given::{Given, now};

#[tokio::test]
async fn what_commands_a_terminal_is_not_passed_on() {
    let given = Given::table().await;
    let name = "Nice\u{1b}]0;title\u{7}\u{202e}App".to_owned();
    let client = Client {
        about: About { name, ..About::default() },
        ..Client::new(ClientId::generate(&SystemEntropy), now())
    };
    given.store.clients.register(&client).await.unwrap();
    for line in ["client list", "client list --keyword nice", &format!("client show {}", client.id)] {
        let shown = given.does(line).words();
        assert!(shown.contains("Nice\u{fffd}]0;title\u{fffd}\u{fffd}App"), "{shown}");
    }
}

#[cfg(target_os = "linux")]
mod on_a_terminal {
    use crate::given::{Given, PASSWORD};
    use crate::terminal::Terminal;

    async fn people() -> Given {
        let given = Given::with_people().await;
        let line = "user set alice --email alice.of.the.long.address@example.com --customer acme --grant report-reader";
        given.told(line);
        let named = given.run(&["user", "set", "alice", "--name", "Alice of the Long Name", "--json"]);
        assert_eq!(named.code, Some(0), "{named:?}");
        given
    }

    #[tokio::test]
    async fn a_wide_one_has_room_for_all_of_it() {
        let shown = Terminal::open(&people().await, "user list").all();
        assert_eq!(
            shown,
            "\
username  name                    e-mail                                 status  customer  functions
alice     Alice of the Long Name  alice.of.the.long.address@example.com  in use  acme      report-reader

1 user.
"
        );
    }

    #[tokio::test]
    async fn a_narrow_one_is_never_wrapped() {
        let given = people().await;
        for columns in [40, 60, 72, 80, 100] {
            let shown = Terminal::wide(&given, columns, "user list").all();
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= columns, "{columns}: {shown}");
            assert!(shown.contains("alice"), "{shown}");
        }
        assert_eq!(
            Terminal::wide(&given, 60, "user list").all(),
            "\
username  name             e-mail           status  customer
alice     Alice of the L\u{2026}  alice.of.the.l\u{2026}  in use  acme

No room for: functions. A wider terminal or --json shows it.

1 user.
"
        );
    }

    #[tokio::test]
    async fn colours_are_there_unless_they_are_unwanted() {
        let given = people().await;
        let mut terminal = Terminal::open(&given, "function show report-reader");
        terminal.shows("readReports");
        assert!(terminal.seen.contains("\u{1b}[1mreport-reader\u{1b}[0m"), "{}", terminal.seen);
        let mut terminal = Terminal::without_colours(&given, "function show report-reader");
        terminal.shows("readReports");
        assert!(!terminal.seen.contains('\u{1b}'), "{}", terminal.seen);
    }

    #[tokio::test]
    async fn whoever_does_not_say_yes_removes_nothing() {
        let given = people().await;
        const QUESTION: &str =
            "Remove user alice (Alice of the Long Name) from table gatelet at http://127.0.0.1:";
        for answer in ["", "n", "nonsense"] {
            let mut terminal = Terminal::open(&given, "user remove alice");
            terminal.types(QUESTION, answer);
            terminal.shows("nothing was done");
            assert_eq!(terminal.code(), Some(1));
        }
        let mut terminal = Terminal::open(&given, "user remove alice");
        terminal.types(QUESTION, "y");
        terminal.shows("Removed");
        assert_eq!(terminal.code(), Some(0));
        assert_eq!(given.told("user list")["count"], 0);
    }

    #[tokio::test]
    async fn passwords_and_secrets_are_asked_for_twice() {
        let given = people().await;
        let mut terminal = Terminal::open(&given, "user add bob");
        terminal.answers(
            "Password for bob (at least 15 characters, not shown): ",
            PASSWORD,
            "The same again: ",
        );
        terminal.answers("The same again: ", PASSWORD, "Made");
        assert_eq!(terminal.code(), Some(0));

        let line = "client add reports --name Reports --description Shows --main-uri https://reports.example.com \
            --required-function report-reader --permission-scope report-reader --client-ip-range 192.0.2.0/24";
        let mut terminal = Terminal::open(&given, line);
        let question = "Secret for reports (12 to 1024 characters, not shown): ";
        terminal.answers(
            question,
            "too short",
            "it must be 12 to 1024 printable ASCII characters. Once more.",
        );
        terminal.answers(question, "long enough to be one", "The same again: ");
        terminal.answers("The same again: ", "long enough to be one", "Made");
        assert_eq!(terminal.code(), Some(0));

        let mut terminal = Terminal::open(&given, "user set bob --password");
        let question = "Password for bob (at least 15 characters, not shown): ";
        terminal.answers(question, "another horse altogether", "The same again: ");
        terminal.answers("The same again: ", "another horse altogether", "Changed");
        assert_eq!(terminal.code(), Some(0));
    }

    #[tokio::test]
    async fn nobody_thinks_of_a_password_in_vain() {
        let given = people().await;
        let mut terminal = Terminal::open(&given, "user add alice");
        terminal.shows("there is a user alice already");
        assert!(!terminal.seen.contains("Password"), "{}", terminal.seen);
        assert_eq!(terminal.code(), Some(1));
    }
}
