//! A person's browser.

use std::net::IpAddr;

use axum::http::Method;
use domain::Clock as _;
use oauth::metadata::paths;
use url::Url;

use super::cookies::{Jar, Navigation};
use super::gatelet::ADDRESS;
use super::{Answer, AuthorizationUrl, Gatelet, Page, Person, Submission};

/// The most redirects that a browser follows.
const PATIENCE: usize = 10;

/// A browser: it keeps cookies, follows redirects, and shows one page.
#[derive(Clone)]
pub struct Browser {
    /// Its cookies.
    pub cookies: Jar,
    /// Where its requests come from.
    pub address: IpAddr,
    gatelet: Gatelet,
    page: Option<Page>,
}

/// Where a browser came to rest.
#[derive(Clone, Debug)]
pub enum Landing {
    /// On a page of the service.
    Page(Page),
    /// Elsewhere, at an application's address.
    Callback(Callback),
}

/// What an application's address was called with.
#[derive(Clone, Debug)]
pub struct Callback {
    /// How: `GET`, or `POST` where a form was sent.
    pub method: Method,
    /// The whole address.
    pub address: String,
    /// What it was told: in the query, in the form or, where there is one, in the fragment.
    pub parameters: Vec<(String, String)>,
    /// The service's answer that led there.
    pub answer: Answer,
}

impl Landing {
    /// The page it must be.
    #[track_caller]
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Callback(callback) => panic!("not on a page but at {}", callback.address),
        }
    }

    /// The callback it must be.
    #[track_caller]
    pub fn callback(self) -> Callback {
        match self {
            Self::Callback(callback) => callback,
            Self::Page(page) => panic!("still on {:?}: {} {:?}", page.title, page.text, page.answer.reason()),
        }
    }
}

impl Callback {
    /// A parameter that comes once, or not at all.
    #[must_use]
    #[track_caller]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found =
            self.parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = found.next();
        assert!(found.next().is_none(), "{name} comes more than once");
        value
    }

    /// The code that it must bring.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.get("code")
            .unwrap_or_else(|| panic!("no code: {:?} {:?}", self.parameters, self.answer.reason()))
    }

    /// Holds it to be a refusal: with this `error`, for this private reason, and without a code.
    #[track_caller]
    pub fn is_refused(&self, error: &str, reason: &str) {
        assert_eq!((self.get("error"), self.answer.reason()), (Some(error), Some(reason)));
        assert_eq!(self.get("code"), None);
    }

    /// The address without its query and fragment.
    #[must_use]
    pub fn place(&self) -> &str {
        self.address.split(['?', '#']).next().unwrap_or_default()
    }
}

impl Browser {
    pub(super) fn new(gatelet: Gatelet) -> Self {
        Self { cookies: Jar::default(), address: ADDRESS, gatelet, page: None }
    }

    /// The page on the screen.
    #[must_use]
    pub fn page(&self) -> &Page {
        self.page.as_ref().expect("a page on the screen")
    }

    /// Comes by a link from elsewhere, or by a typed address.
    pub async fn open(&mut self, target: &str) -> Landing {
        self.go(Method::GET, target, Vec::new(), Navigation::Link).await
    }

    /// Comes from an application that wants to be let in.
    pub async fn authorize(&mut self, asked: &AuthorizationUrl) -> Landing {
        self.open(&asked.to_string()).await
    }

    /// Sends a form that stands on another site's page.
    pub async fn post_from_elsewhere(&mut self, target: &str, fields: Vec<(String, String)>) -> Landing {
        self.go(Method::POST, target, fields, Navigation::ForeignForm).await
    }

    /// Sends a form of a page that it is on, or has been on.
    pub async fn submit(&mut self, form: Submission) -> Landing {
        match form.method.as_str() {
            "post" => self.go(Method::POST, &form.action, form.fields, Navigation::Here).await,
            other => panic!("a form with the method {other:?}"),
        }
    }

    /// Follows a link of the page.
    pub async fn follow(&mut self, label: &str) -> Landing {
        let target = self.page().link(label).to_owned();
        self.go(Method::GET, &target, Vec::new(), Navigation::Here).await
    }

    /// Fills in the page's sign-in form.
    pub async fn sign_in(&mut self, person: &Person) -> Landing {
        self.sign_in_as(&person.username, &person.password).await
    }

    /// Fills in the page's sign-in form with whatever.
    pub async fn sign_in_as(&mut self, username: &str, password: &str) -> Landing {
        let form = self.page().form().fill("username", username).fill("password", password);
        self.submit(form.press("Sign in")).await
    }

    /// Allows what the page asks.
    pub async fn allow(&mut self) -> Landing {
        let form = self.page().form().press("Allow");
        self.submit(form).await
    }

    /// Denies what the page asks.
    pub async fn deny(&mut self) -> Landing {
        let form = self.page().form().press("Deny");
        self.submit(form).await
    }

    /// Signs out, wherever it is.
    pub async fn sign_out(&mut self) -> Landing {
        self.open(paths::LOGOUT).await.page();
        self.confirm_sign_out().await
    }

    /// Says yes to the page that asks whether to sign out.
    pub async fn confirm_sign_out(&mut self) -> Landing {
        let form = self.page().form().press("Sign out");
        self.submit(form).await
    }

    /// Goes all the way that an application's request leads: signs in and allows where that is asked.
    pub async fn grant(&mut self, asked: &AuthorizationUrl, person: &Person) -> Callback {
        let mut landing = self.authorize(asked).await;
        for _ in 0..PATIENCE {
            landing = match landing {
                Landing::Callback(callback) => return callback,
                Landing::Page(page) if page.title.starts_with("Sign in") => self.sign_in(person).await,
                Landing::Page(page) if page.title.starts_with("Allow access") => self.allow().await,
                Landing::Page(page) => panic!("no way on from {:?}: {}", page.title, page.text),
            };
        }
        panic!("asked for the same again and again");
    }

    /// Goes to `target` and wherever that leads, as long as it is the service's own.
    async fn go(
        &mut self,
        method: Method,
        target: &str,
        mut fields: Vec<(String, String)>,
        navigation: Navigation,
    ) -> Landing {
        let base = Url::parse(self.gatelet.settings().issuer.as_str()).expect("an issuer");
        let mut url = base.join(target).expect("an address");
        let (mut method, mut navigation) = (method, navigation);
        for _ in 0..PATIENCE {
            if url.origin() != base.origin() {
                panic!("this browser goes nowhere but to the service, not to {url}");
            }
            let answer = self.send(&method, &url, std::mem::take(&mut fields), navigation).await;
            let Some(location) = answer.location().map(str::to_owned) else {
                return self.land(answer, &base);
            };
            // Any other would have it send the form again, password and all.
            assert_eq!(answer.status(), 303, "a redirect that is not See Other: {answer:?}");
            url = url.join(&location).expect("an address to be led to");
            if url.origin() != base.origin() {
                return Landing::Callback(callback(location, answer));
            }
            method = Method::GET;
            if navigation == Navigation::ForeignForm {
                navigation = Navigation::Link;
            }
        }
        panic!("led in circles, now to {url}");
    }

    async fn send(
        &mut self,
        method: &Method,
        url: &Url,
        fields: Vec<(String, String)>,
        navigation: Navigation,
    ) -> Answer {
        let now = self.gatelet.table.clock.now();
        let target = url.as_str().strip_suffix('#').unwrap_or(url.as_str());
        let mut call = self.gatelet.call(method.clone(), target).from_address(self.address);
        if let Some(cookies) = self.cookies.send(url, navigation, now) {
            call = call.header("cookie", cookies);
        }
        for (name, value) in fields {
            call = call.and(&name, &value);
        }
        let answer = call.await;
        for cookie in answer.headers("set-cookie") {
            self.cookies.receive(cookie, url, now);
        }
        answer
    }

    /// Shows a page; one that sends its form by itself to an application is left at once.
    fn land(&mut self, answer: Answer, base: &Url) -> Landing {
        let page = Page::read(answer);
        if page.scripted {
            let form = page.form().submission(None);
            let to = base.join(&form.action).expect("a form's address");
            assert_ne!(to.origin(), base.origin(), "the service's own pages need no script");
            assert_eq!(form.method, "post", "a form that its page sends");
            return Landing::Callback(Callback {
                method: Method::POST,
                address: form.action,
                parameters: form.fields,
                answer: page.answer,
            });
        }
        self.page = Some(page.clone());
        Landing::Page(page)
    }
}

fn callback(address: String, answer: Answer) -> Callback {
    let (address_alone, fragment) = address.split_once('#').unzip();
    let query = address_alone.unwrap_or(&address).split_once('?').map_or("", |(_, query)| query);
    let query = fragment.unwrap_or(query);
    let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Callback { method: Method::GET, address, parameters, answer }
}
