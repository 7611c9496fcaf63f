//! Functions, customers and domains: names that are unique, and changes that can't undo each other.

use std::sync::Arc;

use domain::customer::{Customer, CustomerName, DEFAULT_DOMAIN, Domain, DomainName};
use domain::function::{ADMINISTRATOR, Function, FunctionName, Permission};
use domain::id::Number;
use store::clients::{CACHE, Change, Creation};

use crate::given::Scene;
use crate::parallel::at_once;

/// A function that is new, of these permissions.
pub fn function(name: &str, permissions: &[&str]) -> Function {
    Function {
        id: Number::fixed(1001),
        name: FunctionName::parse(name).unwrap(),
        description: None,
        permissions: permissions.iter().map(|name| Permission::parse(name).unwrap()).collect(),
        version: 1,
    }
}

/// A customer that is new.
pub fn customer(short_name: &str, id: u64) -> Customer {
    Customer {
        id: Number::fixed(id),
        short_name: CustomerName::parse(short_name).unwrap(),
        name: "My customer".to_owned(),
        domain: DomainName::default(),
        version: 1,
    }
}

fn domain(name: &str, id: u64) -> Domain {
    Domain { id: Number::fixed(id), name: DomainName::parse(name).unwrap() }
}

#[tokio::test]
async fn a_function_is_read_as_it_was_made() {
    let scene = Scene::new().await;
    let functions = &scene.table.store.functions;
    let described = Function {
        description: Some("Reads notes".to_owned()),
        ..function("myAccessFunction", &["notes.read", "notes.write"])
    };
    for function in [&described, &function("empty", &[])] {
        assert_eq!(functions.create(function).await.unwrap(), Creation::Made);
        assert_eq!(functions.list().await.unwrap().get(&function.name), Some(function));
    }
    let names = functions.list().await.unwrap();
    let names = names.iter().map(|function| function.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, [ADMINISTRATOR, "empty", "myAccessFunction"]);
}

#[tokio::test]
async fn nobody_makes_another_administrator() {
    let scene = Scene::new().await;
    let functions = &scene.table.store.functions;
    functions.create(&function(ADMINISTRATOR, &["everything"])).await.unwrap();
    let own = functions.list().await.unwrap();
    let own = own.get(&FunctionName::administrator()).unwrap();
    assert!(own.permissions.iter().all(|permission| permission.as_str() != "everything"));
}

#[tokio::test]
async fn a_change_from_an_outdated_version_is_not_made() {
    let scene = Scene::new().await;
    let (functions, customers) = (&scene.table.store.functions, &scene.table.store.customers);
    functions.create(&function("f", &["a"])).await.unwrap();
    customers.create(&customer("c", 1002)).await.unwrap();
    let (one, other) = (
        Function { version: 2, ..function("f", &["a", "b"]) },
        Function { version: 2, ..function("f", &[]) },
    );
    assert_eq!(functions.change(&one).await.unwrap(), Change::Made);
    assert_eq!(functions.change(&other).await.unwrap(), Change::Outdated);
    assert_eq!(functions.list().await.unwrap().get(&one.name), Some(&one));

    let named = |name: &str| Customer { version: 2, name: name.to_owned(), ..customer("c", 1002) };
    assert_eq!(customers.change(&named("One")).await.unwrap(), Change::Made);
    assert_eq!(customers.change(&named("Other")).await.unwrap(), Change::Outdated);
    assert_eq!(customers.find(&named("One").short_name).await.unwrap(), Some(named("One")));
}

#[tokio::test]
async fn what_is_removed_is_gone_and_not_changed_back() {
    let scene = Scene::new().await;
    let (functions, customers) = (&scene.table.store.functions, &scene.table.store.customers);
    let (made, theirs, lab) = (function("f", &["a"]), customer("c", 1002), domain("lab", 1003));
    functions.create(&made).await.unwrap();
    customers.create(&theirs).await.unwrap();
    customers.create_domain(&lab).await.unwrap();
    for there in [true, false] {
        assert_eq!(functions.remove(&made.name).await.unwrap(), there);
        assert_eq!(customers.remove(&theirs.short_name).await.unwrap(), there);
        assert_eq!(customers.remove_domain(&lab.name).await.unwrap(), there);
    }
    let next = Function { version: 2, ..made };
    assert_eq!(functions.change(&next).await.unwrap(), Change::Outdated);
    let next = Customer { version: 2, ..theirs };
    assert_eq!(customers.change(&next).await.unwrap(), Change::Outdated);
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn customers_are_listed_by_short_name_and_domains_after_the_default_one() {
    let scene = Scene::new().await;
    let customers = &scene.table.store.customers;
    let lab = domain("lab", 1010);
    customers.create_domain(&lab).await.unwrap();
    let theirs = Customer { domain: lab.name.clone(), ..customer("beta", 1002) };
    for customer in [&theirs, &customer("alpha", 1003)] {
        assert_eq!(customers.create(customer).await.unwrap(), Creation::Made);
    }
    assert_eq!(customers.list().await.unwrap(), [customer("alpha", 1003), theirs]);
    assert_eq!(customers.find(&CustomerName::parse("gamma").unwrap()).await.unwrap(), None);
    assert_eq!(customers.domains().await.unwrap(), [Domain::default_one(), lab.clone()]);
    assert_eq!(customers.domain(&lab.name).await.unwrap(), Some(lab));
    assert_eq!(customers.domain(&DomainName::parse("nowhere").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn the_default_domain_is_in_no_table_and_stays() {
    let scene = Scene::new().await;
    let customers = &scene.table.store.customers;
    assert_eq!(customers.create_domain(&domain(DEFAULT_DOMAIN, 1009)).await.unwrap(), Creation::NameTaken);
    assert!(!customers.remove_domain(&DomainName::default()).await.unwrap());
    assert_eq!(customers.domain(&DomainName::default()).await.unwrap(), Some(Domain::default_one()));
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn whom_somebody_belongs_to_is_one_look() {
    let scene = Scene::new().await;
    let customers = &scene.table.store.customers;
    let (mine, home) = (customer("mycustomer", 1001), domain("mydomain", 1002));
    customers.create(&mine).await.unwrap();
    customers.create_domain(&home).await.unwrap();
    let gone = (CustomerName::parse("gone").unwrap(), DomainName::parse("gone").unwrap());
    let (some_mine, some_home) = (Some(mine.clone()), Some(home.clone()));
    let default = DomainName::default();
    for (of, in_, found, spent) in [
        (Some(&mine.short_name), Some(&home.name), (&some_mine, &some_home), (1, 2.0)),
        (Some(&mine.short_name), Some(&default), (&some_mine, &Some(Domain::default_one())), (1, 1.0)),
        (None, Some(&home.name), (&None, &some_home), (1, 1.0)),
        (None, Some(&default), (&None, &Some(Domain::default_one())), (0, 0.0)),
        (Some(&mine.short_name), None, (&some_mine, &None), (1, 1.0)),
        (None, None, (&None, &None), (0, 0.0)),
        (Some(&gone.0), Some(&gone.1), (&None, &None), (1, 2.0)),
    ] {
        drop(scene.table.recorder.take());
        let belonging = customers.belonging(of, in_).await.unwrap();
        assert_eq!((&belonging.customer, &belonging.domain), found, "{of:?} {in_:?}");
        let calls = scene.table.recorder.take();
        assert_eq!((calls.round_trips(), calls.read_units()), spent, "{of:?} {in_:?}");
    }
}

#[tokio::test]
async fn a_name_is_given_to_one_of_twenty() {
    let scene = Arc::new(Scene::new().await);
    let made = at_once(20, |index| {
        let scene = Arc::clone(&scene);
        async move {
            let id = Number::fixed(2000 + u64::try_from(index).unwrap());
            let (functions, customers) = (&scene.table.store.functions, &scene.table.store.customers);
            [
                functions.create(&Function { id, ..function("f", &[]) }).await.unwrap(),
                customers.create(&Customer { id, ..customer("c", 1) }).await.unwrap(),
                customers.create_domain(&Domain { id, ..domain("d", 1) }).await.unwrap(),
            ]
        }
    })
    .await;
    for kind in 0..3 {
        assert_eq!(made.iter().filter(|made| made[kind] == Creation::Made).count(), 1);
    }
    assert_eq!(scene.table.items().len(), 3);
}

#[tokio::test]
async fn of_twenty_changes_to_a_function_one_is_made() {
    let scene = Arc::new(Scene::new().await);
    scene.table.store.functions.create(&function("f", &[])).await.unwrap();
    let answers = at_once(20, |index| {
        let scene = Arc::clone(&scene);
        async move {
            let next = Function { version: 2, ..function("f", &[&format!("p{index}")]) };
            (scene.table.store.functions.change(&next).await.unwrap() == Change::Made).then_some(next)
        }
    })
    .await;
    let made = answers.into_iter().flatten().collect::<Vec<_>>();
    let [made] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(scene.table.store.functions.list().await.unwrap().get(&made.name), Some(made));
}

#[tokio::test]
async fn functions_are_remembered_for_as_long_as_clients() {
    let scene = Scene::new().await;
    let (here, there) = (&scene.table.store.functions, scene.table.sandbox().functions);
    let known = async || there.recall(scene.now()).await.unwrap().iter().count();
    assert_eq!(known().await, 1);
    here.create(&function("f", &["a"])).await.unwrap();
    scene.advance(CACHE.0 - 1);
    drop(scene.table.recorder.take());
    assert_eq!(known().await, 1);
    assert_eq!(scene.table.recorder.take().round_trips(), 0);
    scene.advance(1);
    assert_eq!(known().await, 2);
    assert_eq!(scene.table.recorder.take().operations(), ["Query"]);
    assert_eq!(here.list().await.unwrap().iter().count(), 2);
}
