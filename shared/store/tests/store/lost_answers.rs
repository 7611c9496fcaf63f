//! Lost answers: a write takes effect, its answer does not come back, and the SDK repeats the call.
//!
//! Each verb runs on two equal tables, one of which loses the answer. Both must say the same and hold the same.

use std::fmt::Debug;

use domain::api_key::ApiKey;
use domain::client::{Client, CodeProtection};
use domain::consent::Consent;
use domain::customer::{Customer, Domain, DomainName};
use domain::function::Function;
use domain::grant::{RedemptionRefusal, RefreshAttempt};
use domain::id::Number;
use domain::name::ClientName;
use domain::secret::RefreshToken;
use domain::session::Session;
use domain::time::Seconds;
use domain::token::Token;
use domain::user::User;
use oauth::Scope;
use oauth::words::SigningAlgorithm;
use store::StoreError;
use store::clients::{Change, Creation};
use store::grants::{Proof, RotationTimes};
use store::installations::Installed;
use store::rates::Allowance;
use store::sessions::Spent;
use store::users::Bootstrap;
use testkit::Fault;

use crate::api_keys::api_key;
use crate::clients::defined;
use crate::directory::{customer, function};
use crate::given::{SCOPE, Scene, Tokens};
use crate::installations::ready;
use crate::keys::{Key, LINES};
use crate::owned::{confidential, permitted, plugin, public};
use crate::rates::{END, count};
use crate::users::{administrator, hash};

/// Runs `step` after `given`, losing the answer of the step's first `operation`, and returns what it says and where it happened.
async fn lost<G, T: Debug + PartialEq>(
    operation: &str,
    given: impl AsyncFn(&Scene) -> G,
    step: impl AsyncFn(&Scene, &G) -> T,
) -> (Scene, G, T) {
    let (quiet, lossy) = (Scene::new().await, Scene::new().await);
    let expected = step(&quiet, &given(&quiet).await).await;
    let before = given(&lossy).await;
    drop(lossy.table.recorder.take());
    lossy.table.faults.next(operation, Fault::AnswerLost);
    let said = step(&lossy, &before).await;
    assert_eq!(lossy.table.faults.outstanding(), 0, "no answer was lost");
    assert_eq!(lossy.table.recorder.take().operations()[..2], [operation; 2], "the SDK repeats the call");
    assert_eq!(said, expected);
    assert_eq!(lossy.table.items(), quiet.table.items());
    (lossy, before, said)
}

#[tokio::test]
async fn issuing_knows_its_own_success() {
    let given = async |scene: &Scene| scene.answer(&scene.request(SCOPE));
    let (scene, (grant, code), ()) = lost("PutItem", given, async |scene, (grant, _)| {
        scene.table.store.grants.issue(grant).await.unwrap();
    })
    .await;
    assert_eq!(scene.stored(grant.keys).await, Some(grant));
    scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
}

#[tokio::test]
async fn issuing_a_clients_own_grant_knows_its_own_success() {
    let given = async |scene: &Scene| scene.own_grant();
    let (scene, (grant, token), ()) = lost("PutItem", given, async |scene, (grant, _)| {
        scene.table.store.grants.issue(grant).await.unwrap();
    })
    .await;
    let stored = scene.stored(grant.keys).await.unwrap();
    assert!(stored.access(&token.digest(), scene.now()).is_some());
}

#[tokio::test]
async fn s22_redeeming_is_not_taken_for_a_replay() {
    let given = async |scene: &Scene| scene.issue().await;
    let (scene, code, (keys, refresh)) = lost("UpdateItem", given, async |scene, code| {
        let tokens = scene.present(&scene.redemption(code, &scene.request_id())).await.unwrap();
        assert!(tokens.grant.access(&tokens.access.digest(), scene.now()).is_some());
        assert_eq!(scene.stored(code.keys).await, Some(tokens.grant));
        (code.keys, tokens.refresh.to_text())
    })
    .await;
    let refresh = Token::<RefreshToken>::parse(&refresh).unwrap();
    scene.refresh(&scene.attempt(&refresh)).await.unwrap();
    // Anybody else's repetition still is one.
    let again = scene.present(&scene.redemption(&code, &scene.request_id())).await;
    assert_eq!(again.unwrap_err(), RedemptionRefusal::Redeemed);
    assert!(scene.stored(keys).await.is_none());
}

#[tokio::test]
async fn s39_rotating_gives_the_same_successor() {
    let given = async |scene: &Scene| scene.tokens().await;
    let (scene, _, next) = lost("UpdateItem", given, async |scene, tokens| {
        let next = scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
        assert_eq!(next.grant.active().unwrap().refresh.as_ref().unwrap().token, next.refresh.digest());
        assert!(next.grant.access(&next.access.digest(), scene.now()).is_some());
        next.refresh.to_text()
    })
    .await;
    scene.refresh(&scene.attempt(&Token::<RefreshToken>::parse(&next).unwrap())).await.unwrap();
}

#[tokio::test]
async fn s40_rotating_to_less_scope_gives_the_same_successor() {
    let given = async |scene: &Scene| scene.tokens().await;
    lost("UpdateItem", given, async |scene, tokens| {
        let narrow = Scope::parse("openid email").unwrap();
        let attempt = RefreshAttempt { narrowed: Some(&narrow), ..scene.attempt(&tokens.refresh) };
        let next = scene.refresh(&attempt).await.unwrap();
        next.grant.access(&next.access.digest(), scene.now()).unwrap().1.clone()
    })
    .await;
}

/// The window is for parallel refreshes; a write knows itself without it.
#[tokio::test]
async fn s39_rotating_needs_no_window_to_know_its_own_success() {
    let given = async |scene: &Scene| scene.tokens().await;
    lost("UpdateItem", given, async |scene, tokens: &Tokens| {
        let times = RotationTimes { window: Seconds(0), ..scene.times() };
        let attempt = scene.attempt(&tokens.refresh);
        let successor = scene.table.store.grants.rotate(&attempt, [7; 16], times).await.unwrap().unwrap();
        (successor.salt, successor.grant)
    })
    .await;
}

#[tokio::test]
async fn s39_a_refresh_whose_every_answer_was_lost_can_be_tried_again() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    scene.table.faults.times(3, "UpdateItem", Fault::AnswerLost);
    let attempt = scene.attempt(&tokens.refresh);
    let lost = scene.table.store.grants.rotate(&attempt, [7; 16], scene.times()).await;
    assert!(matches!(lost, Err(StoreError::Unavailable { operation: "UpdateItem", .. })), "{lost:?}");
    let next = scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    assert_eq!(next.refresh.to_text(), tokens.refresh.successors(&[7; 16]).1.to_text());
    scene.refresh(&scene.attempt(&next.refresh)).await.unwrap();
}

/// What is deleted remembers nobody: a repeated deletion can't tell its own success from another's, and says that there is nothing
/// left to delete.
#[tokio::test]
async fn s48_revoking_ends_the_grant() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    let proof = Proof::Refresh(tokens.refresh.digest());
    let grants = &scene.table.store.grants;
    assert!(!grants.revoke(tokens.grant.keys, scene.client.id, proof).await.unwrap());
    assert_eq!(scene.table.faults.outstanding(), 0);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn s22_a_replay_ends_the_grant() {
    let given = async |scene: &Scene| {
        let code = scene.issue().await;
        scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
        code
    };
    let (quiet, lossy) = (Scene::new().await, Scene::new().await);
    for (scene, lose) in [(quiet, false), (lossy, true)] {
        let code = given(&scene).await;
        if lose {
            scene.table.faults.next("DeleteItem", Fault::AnswerLost);
        }
        let again = scene.present(&scene.redemption(&code, &scene.request_id())).await;
        assert_eq!(again.unwrap_err(), RedemptionRefusal::Redeemed);
        assert_eq!(scene.table.faults.outstanding(), 0);
        assert!(scene.table.items().is_empty());
    }
}

#[tokio::test]
async fn beginning_a_session_spends_its_form_once() {
    let given = async |_: &Scene| ();
    let (_, (), spent) = lost("TransactWriteItems", given, async |scene, ()| {
        let form = scene.form("1");
        scene.table.store.sessions.begin(&scene.session, &form, scene.now()).await.unwrap()
    })
    .await;
    assert_eq!(spent, Spent::Now);
}

#[tokio::test]
async fn renewing_a_session_spends_its_form_once() {
    let given = async |scene: &Scene| {
        scene.table.store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap()
    };
    let (_, _, spent) = lost("TransactWriteItems", given, async |scene, _| {
        let token = Token::generate(scene.cookie.keys, scene.entropy()).digest();
        let (renewed, form) = (Session { token, ..scene.session.clone() }, scene.form("2"));
        let sessions = &scene.table.store.sessions;
        sessions.renew(&renewed, &scene.cookie.digest(), &form, scene.now()).await.unwrap()
    })
    .await;
    assert_eq!(spent, Spent::Now);
}

/// As with revoking.
#[tokio::test]
async fn ending_a_session_ends_it() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    assert!(!sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap());
    assert_eq!(scene.table.faults.outstanding(), 0);
    let (session, _) = scene.table.store.standing.visitor(scene.cookie.keys).await.unwrap();
    assert_eq!(session, None);
}

#[tokio::test]
async fn registering_a_client_knows_its_own_success() {
    let given = async |_: &Scene| ();
    let (scene, (), creation) = lost("TransactWriteItems", given, async |scene, ()| {
        scene.table.store.clients.register(&scene.client).await.unwrap()
    })
    .await;
    assert_eq!(creation, Creation::Made);
    let registered = scene.table.store.clients.find(scene.client.id).await.unwrap();
    assert_eq!(registered, Some(scene.client));
}

#[tokio::test]
async fn registering_what_a_user_owns_is_not_in_its_own_way() {
    for make in [confidential, public, plugin] {
        let given = async |scene: &Scene| make(scene);
        let (scene, client, creation) = lost("TransactWriteItems", given, async |scene, client| {
            scene.table.store.clients.register(client).await.unwrap()
        })
        .await;
        assert_eq!(creation, Creation::Made);
        assert_eq!(scene.table.store.clients.owned_by(scene.user.id).await.unwrap(), [client.id]);
    }
}

#[tokio::test]
async fn removing_a_client_removes_all_of_it() {
    let given = async |scene: &Scene| {
        let client = plugin(scene);
        scene.table.store.clients.register(&client).await.unwrap();
        client
    };
    let (scene, _, removed) = lost("TransactWriteItems", given, async |scene, client| {
        scene.table.store.clients.remove(client).await.unwrap()
    })
    .await;
    assert!(removed);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn permitting_a_plugin_is_not_outdated_by_itself() {
    let given = async |scene: &Scene| {
        let client = plugin(scene);
        scene.table.store.clients.register(&client).await.unwrap();
        client
    };
    let (scene, client, change) = lost("TransactWriteItems", given, async |scene, client| {
        scene.table.store.clients.change(client, &permitted(client, true)).await.unwrap()
    })
    .await;
    assert_eq!(change, Change::Made);
    let found = scene.table.store.clients.find(client.id).await.unwrap();
    assert_eq!(found, Some(permitted(&client, true)));
}

#[tokio::test]
async fn an_installation_was_not_there_before_itself() {
    let given = async |scene: &Scene| ready(scene).await.2;
    let (scene, first, installed) = lost("TransactWriteItems", given, async |scene, first| {
        scene.table.store.installations.install(first).await.unwrap()
    })
    .await;
    assert_eq!(installed, Installed::Now);
    let installations = &scene.table.store.installations;
    assert_eq!(installations.list(first.user, first.super_client).await.unwrap(), [first]);
    assert_eq!(installations.install(&first).await.unwrap(), Installed::Before);
    // As with revoking.
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    assert!(!installations.uninstall(first.user, first.super_client, first.plugin).await.unwrap());
    assert_eq!(scene.table.faults.outstanding(), 0);
    assert_eq!(installations.list(first.user, first.super_client).await.unwrap(), []);
}

/// A call that is repeated is counted twice.
#[tokio::test]
async fn a_lost_answer_lets_one_call_fewer_through_and_never_one_more() {
    for which in 0..3 {
        let scene = Scene::new().await;
        let mut told = Vec::new();
        for call in 0..5 {
            if call == which {
                scene.table.faults.next("UpdateItem", Fault::AnswerLost);
            }
            told.push(count(&scene, "login#demo.user").await);
        }
        assert_eq!(scene.table.faults.outstanding(), 0);
        let (yes, no) = (Allowance::Allowed, Allowance::Exhausted(END));
        assert_eq!(told, [yes, yes, no, no, no], "call {which}");
        // The next window is as it would have been.
        scene.advance(60);
        assert_eq!(count(&scene, "login#demo.user").await, yes);
    }
}

#[tokio::test]
async fn whoever_is_refused_is_refused_again() {
    let given = async |scene: &Scene| {
        for _ in 0..3 {
            count(scene, "login#demo.user").await;
        }
    };
    let (_, (), told) =
        lost("UpdateItem", given, async |scene, ()| count(scene, "login#demo.user").await).await;
    assert_eq!(told, Allowance::Exhausted(END));
}

/// As with revoking.
#[tokio::test]
async fn ending_a_grant_without_a_token_ends_it() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    assert!(!scene.table.store.grants.end(tokens.grant.keys, scene.client.id).await.unwrap());
    assert_eq!(scene.table.faults.outstanding(), 0);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn withdrawing_a_consent_withdraws_it() {
    let given = async |scene: &Scene| {
        let scope = Scope::parse("openid").unwrap();
        let (user, client) = (scene.user.id, scene.client.id);
        let consent = Consent { user, client, scope, given_at: scene.now() };
        scene.table.store.consents.allow(&consent).await.unwrap();
    };
    let (scene, (), ()) = lost("DeleteItem", given, async |scene, ()| {
        scene.table.store.consents.withdraw(scene.user.id, scene.client.id).await.unwrap();
    })
    .await;
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn changing_a_client_is_not_outdated_by_itself() {
    let given = async |scene: &Scene| {
        scene.table.store.clients.register(&scene.client).await.unwrap();
        Client { version: 2, code_protection: CodeProtection::PkceOrNonce, ..scene.client.clone() }
    };
    let (scene, next, change) = lost("TransactWriteItems", given, async |scene, next| {
        scene.table.store.clients.change(&scene.client, next).await.unwrap()
    })
    .await;
    assert_eq!(change, Change::Made);
    assert_eq!(scene.table.store.clients.find(next.id).await.unwrap(), Some(next));
}

#[tokio::test]
async fn deregistering_a_client_deletes_it() {
    let given = async |scene: &Scene| scene.table.store.clients.register(&scene.client).await.unwrap();
    let (scene, _, deleted) = lost("TransactWriteItems", given, async |scene, _| {
        let proof = scene.registration.digest();
        scene.table.store.clients.deregister(&scene.client, &proof).await.unwrap()
    })
    .await;
    assert!(deleted);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn a_new_short_name_is_not_taken_by_itself() {
    let given = async |scene: &Scene| {
        let before = defined(scene, "before");
        scene.table.store.clients.register(&before).await.unwrap();
        let short_name = Some(ClientName::parse("after").unwrap());
        (before.clone(), Client { version: 2, short_name, ..before })
    };
    let (scene, (_, next), change) = lost("TransactWriteItems", given, async |scene, (before, next)| {
        scene.table.store.clients.change(before, next).await.unwrap()
    })
    .await;
    assert_eq!(change, Change::Made);
    let name = next.short_name.as_ref().unwrap();
    assert_eq!(scene.table.store.clients.find_named(name).await.unwrap(), Some(next));
}

#[tokio::test]
async fn what_is_new_in_the_directory_does_not_take_its_own_name() {
    let given = async |_: &Scene| ();
    let domain = Domain { id: Number::fixed(1002), name: DomainName::parse("lab").unwrap() };
    for (kind, items) in [("function", 1), ("customer", 1), ("domain", 1)] {
        let (scene, (), creation) = lost("PutItem", given, async |scene, ()| {
            let (functions, customers) = (&scene.table.store.functions, &scene.table.store.customers);
            match kind {
                "function" => functions.create(&function("f", &["a", "b", "c"])).await.unwrap(),
                "customer" => customers.create(&customer("c", 1001)).await.unwrap(),
                _ => customers.create_domain(&domain).await.unwrap(),
            }
        })
        .await;
        assert_eq!((creation, scene.table.items().len()), (Creation::Made, items), "{kind}");
    }
}

#[tokio::test]
async fn changing_the_directory_is_not_outdated_by_itself() {
    let given = async |scene: &Scene| {
        scene.table.store.functions.create(&function("f", &["a"])).await.unwrap();
        scene.table.store.customers.create(&customer("c", 1001)).await.unwrap();
    };
    let (_, (), change) = lost("PutItem", given, async |scene, ()| {
        let next = Function { version: 2, ..function("f", &["b", "c", "a"]) };
        scene.table.store.functions.change(&next).await.unwrap()
    })
    .await;
    assert_eq!(change, Change::Made);
    let (_, (), change) = lost("PutItem", given, async |scene, ()| {
        let next = Customer { version: 2, ..customer("c", 1001) };
        scene.table.store.customers.change(&next).await.unwrap()
    })
    .await;
    assert_eq!(change, Change::Made);
}

/// As with revoking.
#[tokio::test]
async fn removing_from_the_directory_removes() {
    let scene = Scene::new().await;
    let (functions, made) = (&scene.table.store.functions, function("f", &[]));
    functions.create(&made).await.unwrap();
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    assert!(!functions.remove(&made.name).await.unwrap());
    assert_eq!(scene.table.faults.outstanding(), 0);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn an_api_key_is_made_and_changed_once() {
    let given = async |scene: &Scene| api_key(scene, "1ab/2c");
    let (_, _, creation) =
        lost("PutItem", given, async |scene, key| scene.table.store.api_keys.create(key).await.unwrap())
            .await;
    assert_eq!(creation, Creation::Made);
    let given = async |scene: &Scene| {
        let key = api_key(scene, "1ab/2c");
        scene.table.store.api_keys.create(&key).await.unwrap();
        ApiKey { expires_at: None, ..key }
    };
    let (scene, key, change) =
        lost("PutItem", given, async |scene, key| scene.table.store.api_keys.change(key).await.unwrap())
            .await;
    assert_eq!(change, Change::Made);
    // As with revoking a token.
    scene.table.faults.next("DeleteItem", Fault::AnswerLost);
    assert!(!scene.table.store.api_keys.revoke(&key).await.unwrap());
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn allowing_twice_is_allowing_once() {
    let given = async |scene: &Scene| {
        let scope = Scope::parse("openid email").unwrap();
        Consent { user: scene.user.id, client: scene.client.id, scope, given_at: scene.now() }
    };
    let (scene, consent, ()) = lost("UpdateItem", given, async |scene, consent| {
        scene.table.store.consents.allow(consent).await.unwrap();
    })
    .await;
    let visit = scene.table.store.standing.visit(scene.client.id, Some(scene.cookie.keys)).await.unwrap();
    assert_eq!(visit.consent, Some(consent));
}

#[tokio::test]
async fn creating_a_user_does_not_take_its_own_name() {
    let given = async |_: &Scene| ();
    let (_, (), creation) = lost("TransactWriteItems", given, async |scene, ()| {
        scene.table.store.users.create(&scene.user, &hash("a")).await.unwrap()
    })
    .await;
    assert_eq!(creation, Creation::Made);
}

#[tokio::test]
async fn a_bootstrap_is_not_refused_by_itself() {
    let given = async |scene: &Scene| administrator(scene, "first");
    let (scene, first, made) = lost("TransactWriteItems", given, async |scene, first| {
        scene.table.store.users.bootstrap(first, &hash("a")).await.unwrap()
    })
    .await;
    assert_eq!(made, Bootstrap::Made);
    assert_eq!(scene.table.store.users.find(first.id).await.unwrap(), Some(first));
}

#[tokio::test]
async fn changing_a_user_knows_its_own_success() {
    let given = async |scene: &Scene| {
        scene.table.store.users.create(&scene.user, &hash("a")).await.unwrap();
        User { blocked: true, version: 2, ..scene.user.clone() }
    };
    let (scene, blocked, changed) = lost("TransactWriteItems", given, async |scene, user| {
        scene.table.store.users.change(user).await.unwrap()
    })
    .await;
    assert_eq!(changed, Change::Made);
    assert_eq!(scene.table.store.users.find(blocked.id).await.unwrap(), Some(blocked));
}

#[tokio::test]
async fn removing_a_user_removes_all_of_it() {
    let given = async |scene: &Scene| scene.table.store.users.create(&scene.user, &hash("a")).await.unwrap();
    let (scene, _, removed) = lost("TransactWriteItems", given, async |scene, _| {
        scene.table.store.users.remove(&scene.user).await.unwrap()
    })
    .await;
    assert!(removed);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn setting_a_password_sets_it() {
    let given =
        async |scene: &Scene| scene.table.store.users.create(&scene.user, &hash("old")).await.unwrap();
    let (scene, _, there) = lost("UpdateItem", given, async |scene, _| {
        scene.table.store.logins.set_password(&scene.user, &hash("new")).await.unwrap()
    })
    .await;
    assert!(there);
    let login = scene.table.store.logins.find(&scene.user.username).await.unwrap().unwrap();
    assert_eq!(login.password, hash("new"));
}

#[tokio::test]
async fn rehashing_replaces_the_hash() {
    let given = async |scene: &Scene| {
        scene.table.store.users.create(&scene.user, &hash("old")).await.unwrap();
        scene.table.store.logins.find(&scene.user.username).await.unwrap().unwrap()
    };
    let (scene, login, ()) = lost("UpdateItem", given, async |scene, login| {
        scene.table.store.logins.rehash(login, &hash("new")).await.unwrap();
    })
    .await;
    let login = scene.table.store.logins.find(&login.username).await.unwrap().unwrap();
    assert_eq!(login.password, hash("new"));
}

#[tokio::test]
async fn s50_establishing_keys_knows_its_own_success() {
    let given = async |_: &Scene| ();
    let (_, (), key) = lost("PutItem", given, async |scene, ()| {
        let keys = &scene.table.store.keys;
        keys.establish_signing(SigningAlgorithm::Rs256, Key::called("a")).await.unwrap()
    })
    .await;
    assert_eq!(key, Key::called("a"));
    let (_, (), key) = lost("PutItem", given, async |scene, ()| {
        scene.table.store.keys.establish_sealing(Key::called("s")).await.unwrap()
    })
    .await;
    assert_eq!(key, Key::called("s"));
}

#[tokio::test]
async fn rotating_keys_knows_its_own_success() {
    for line in LINES {
        let given = async |scene: &Scene| {
            scene.table.store.keys.publish(line, 1, Key::for_tomorrow("a")).await.unwrap();
        };
        let (_, (), key) = lost("PutItem", given, async |scene, ()| {
            scene.table.store.keys.publish(line, 2, Key::called("b")).await.unwrap()
        })
        .await;
        assert_eq!(key, Key::called("b"));
        let (_, (), used) = lost("UpdateItem", given, async |scene, ()| {
            scene.table.store.keys.advance(line, 1, scene.now()).await.unwrap()
        })
        .await;
        let (_, (), ended) = lost("UpdateItem", given, async |scene, ()| {
            scene.table.store.keys.retire(line, 1, scene.now()).await.unwrap()
        })
        .await;
        assert!(used && ended);
        lost("DeleteItem", given, async |scene, ()| scene.table.store.keys.remove(line, 1).await.unwrap())
            .await;
    }
}
