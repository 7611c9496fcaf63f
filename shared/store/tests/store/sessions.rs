//! Sessions: begun once per sign-in form, renewed and ended by their own cookie.

use domain::UserId;
use domain::session::Session;
use domain::settings::Lifetimes;
use domain::token::{SessionKeys, Token};
use domain::{SessionId, UnixTime};
use store::sessions::Spent;

use crate::given::Scene;

/// Another session of the scene's user, with its cookie's digest.
fn another(scene: &Scene) -> Session {
    let keys = SessionKeys { user: scene.user.id, session: SessionId::generate(scene.entropy()) };
    let token = Token::generate(keys, scene.entropy()).digest();
    Session { id: keys.session, token, ..scene.session.clone() }
}

async fn begin(scene: &Scene, session: &Session, form: &str, expires_at: UnixTime) -> Spent {
    let guard = store::sessions::Guard { what: form.to_owned(), expires_at };
    scene.table.store.sessions.begin(session, &guard, scene.now()).await.unwrap()
}

#[tokio::test]
async fn a_session_begins_and_ends_with_its_cookie() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    assert_eq!(sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap(), Spent::Now);
    let visitor = || scene.table.store.standing.visitor(scene.cookie.keys);
    assert_eq!(visitor().await.unwrap().0.as_ref(), Some(&scene.session));

    let forged = Token::generate(scene.cookie.keys, scene.entropy());
    assert!(!sessions.end(forged.keys, &forged.digest()).await.unwrap());
    let elsewhere = SessionKeys { user: UserId::generate(scene.entropy()), ..scene.cookie.keys };
    assert!(!sessions.end(elsewhere, &scene.cookie.digest()).await.unwrap());
    assert_eq!(visitor().await.unwrap().0.as_ref(), Some(&scene.session));

    assert!(sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap());
    assert_eq!(visitor().await.unwrap().0, None);
}

#[tokio::test]
async fn a_form_that_is_sent_again_begins_nothing() {
    let scene = Scene::new().await;
    let ends = scene.form("1").expires_at;
    assert_eq!(begin(&scene, &scene.session, "1", ends).await, Spent::Now);
    let before = scene.table.items();
    assert_eq!(begin(&scene, &another(&scene), "1", ends).await, Spent::Before);
    assert_eq!(scene.table.items(), before);
    assert_eq!(begin(&scene, &another(&scene), "2", ends).await, Spent::Now);
}

#[tokio::test]
async fn a_guard_that_is_over_may_be_spent_again_though_its_item_is_still_there() {
    let scene = Scene::new().await;
    let ends = scene.form("1").expires_at;
    assert_eq!(begin(&scene, &scene.session, "1", ends).await, Spent::Now);
    scene.advance(Lifetimes::default().sign_in.0 - 1);
    assert_eq!(begin(&scene, &another(&scene), "1", ends).await, Spent::Before);
    scene.advance(1);
    assert_eq!(begin(&scene, &another(&scene), "1", scene.form("1").expires_at).await, Spent::Now);
    assert_eq!(begin(&scene, &another(&scene), "1", ends).await, Spent::Before);
}

#[tokio::test]
async fn a_renewed_session_has_a_new_cookie_and_spends_its_form() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    scene.advance(60);
    let cookie = Token::generate(scene.cookie.keys, scene.entropy());
    let renewed = Session { token: cookie.digest(), auth_time: scene.now(), ..scene.session.clone() };
    let renew =
        async |form| sessions.renew(&renewed, &scene.cookie.digest(), &scene.form(form), scene.now()).await;
    assert_eq!(renew("1").await.unwrap(), Spent::Before);
    assert_eq!(renew("2").await.unwrap(), Spent::Now);
    let (session, _) = scene.table.store.standing.visitor(scene.cookie.keys).await.unwrap();
    assert_eq!(session, Some(renewed.clone()));
    // The cookie before it proves nothing any more.
    assert!(!sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap());
    let before = scene.table.items();
    assert_eq!(renew("3").await.unwrap(), Spent::Ended);
    assert_eq!(scene.table.items(), before, "the form is not spent either");
    let ends = scene.form("3").expires_at;
    assert_eq!(begin(&scene, &another(&scene), &scene.form("3").what, ends).await, Spent::Now);
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_renewed() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap();
    let before = scene.table.items();
    let cookie = Token::generate(scene.cookie.keys, scene.entropy());
    let renewed = Session { token: cookie.digest(), ..scene.session.clone() };
    let renew =
        async |form| sessions.renew(&renewed, &scene.cookie.digest(), &scene.form(form), scene.now()).await;
    assert_eq!(renew("2").await.unwrap(), Spent::Ended);
    assert_eq!(renew("1").await.unwrap(), Spent::Before, "a form that is spent says so first");
    assert_eq!(scene.table.items(), before);
}

#[tokio::test]
async fn a_users_sessions_are_listed_and_cut_off_without_their_cookies() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    let (first, second) = (scene.session.clone(), another(&scene));
    let theirs = UserId::generate(scene.entropy());
    let theirs = Session { user: theirs, ..another(&scene) };
    for (session, form) in [(&first, "1"), (&second, "2"), (&theirs, "3")] {
        assert_eq!(sessions.begin(session, &scene.form(form), scene.now()).await.unwrap(), Spent::Now);
    }
    let mut listed = sessions.list(scene.user.id, scene.now()).await.unwrap();
    listed.sort_by_key(|session| session.id != first.id);
    assert_eq!(listed, [first.clone(), second.clone()]);
    assert!(sessions.cut_off(first.keys()).await.unwrap());
    assert!(!sessions.cut_off(first.keys()).await.unwrap());
    assert_eq!(sessions.list(scene.user.id, scene.now()).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(sessions.list(scene.user.id, second.expires_at).await.unwrap(), [], "TTL deletes late");
    assert_eq!(sessions.list(theirs.user, scene.now()).await.unwrap(), [theirs]);
}
