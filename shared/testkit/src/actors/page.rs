//! Pages as a browser has them: text, links and forms.

use super::Answer;
use super::html::{Token, tokens};

/// A page on the screen.
#[derive(Clone, Debug)]
pub struct Page {
    /// The answer that it came with.
    pub answer: Answer,
    /// What the tab says.
    pub title: String,
    /// What there is to read, a line for each block.
    pub text: String,
    /// What can be filled in.
    pub forms: Vec<Form>,
    /// Whether a script runs on it.
    pub scripted: bool,
    links: Vec<(String, String)>,
}

/// A form that can be filled in.
#[derive(Clone, Debug, Default)]
pub struct Form {
    method: String,
    action: String,
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    hidden: bool,
}

#[derive(Clone, Debug, Default)]
struct Button {
    label: String,
    name: String,
    value: String,
}

/// A form on its way. Sending it twice is sending the same form twice.
#[derive(Clone, Debug)]
pub struct Submission {
    /// `get` or `post`.
    pub method: String,
    /// Where to, as written.
    pub action: String,
    /// What.
    pub fields: Vec<(String, String)>,
}

impl Page {
    pub(super) fn read(answer: Answer) -> Self {
        let mut reader = Reader::default();
        for token in tokens(answer.text()) {
            reader.take(token);
        }
        let Reader { title, text, forms, links, scripted, .. } = reader;
        Self { answer, title: spaced(&title), text: lines(&text), forms, scripted, links }
    }

    /// Whether this can be read on the page.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    /// The page's one form.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.forms.as_slice() {
            [form] => form.clone(),
            forms => panic!("{} forms on the page {:?}: {}", forms.len(), self.title, self.text),
        }
    }

    /// Where a link leads.
    #[must_use]
    pub fn link(&self, label: &str) -> &str {
        let found = self.links.iter().find(|(known, _)| known == label);
        found.map_or_else(|| panic!("no link {label:?} on {:?}: {:?}", self.title, self.links), |(_, to)| to)
    }
}

impl Form {
    /// Types into a field that can be seen.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let mut visible = self.fields.iter_mut().filter(|field| !field.hidden);
        let field = visible.find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name:?}"));
        value.clone_into(&mut field.value);
        self
    }

    /// What a field holds, hidden or not.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// Changes what is hidden, as only an attacker does.
    #[must_use]
    pub fn forge(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|field| field.name == name);
        value.clone_into(&mut field.unwrap_or_else(|| panic!("no field {name:?}")).value);
        self
    }

    /// Presses a button.
    #[must_use]
    pub fn press(&self, label: &str) -> Submission {
        let button = self.buttons.iter().find(|button| button.label == label);
        let button = button.unwrap_or_else(|| panic!("no button {label:?} among {:?}", self.buttons));
        let pressed = (button.name.clone(), button.value.clone());
        let pressed = Some(pressed).filter(|(name, _)| !name.is_empty());
        self.submission(pressed)
    }

    /// Sends it without a button, as a script does.
    #[must_use]
    pub fn submission(&self, pressed: Option<(String, String)>) -> Submission {
        let fields = self.fields.iter().map(|field| (field.name.clone(), field.value.clone()));
        Submission {
            method: self.method.clone(),
            action: self.action.clone(),
            fields: fields.chain(pressed).collect(),
        }
    }
}

/// What the reader has come by so far.
#[derive(Default)]
struct Reader {
    title: String,
    text: String,
    forms: Vec<Form>,
    links: Vec<(String, String)>,
    scripted: bool,
    within: Vec<Within>,
}

/// What the text that comes next belongs to, beside the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Title,
    Link,
    Button,
}

impl Reader {
    fn take(&mut self, token: Token) {
        match token {
            Token::Open(tag, attributes) => self.open(&tag, &attributes),
            Token::Close(tag) => {
                // Nothing of ours nests in itself.
                self.within.retain(|within| {
                    !matches!(
                        (tag.as_str(), within),
                        ("title", Within::Title) | ("a", Within::Link) | ("button", Within::Button)
                    )
                });
                self.part(&tag);
            }
            Token::Text(text) => self.read(&text),
        }
    }

    fn open(&mut self, tag: &str, attributes: &[(String, String)]) {
        let attribute = |name: &str| {
            let found = attributes.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match tag {
            "title" => self.within.push(Within::Title),
            "script" => self.scripted = true,
            "a" => {
                self.links.push((String::new(), attribute("href")));
                self.within.push(Within::Link);
            }
            "form" => self.forms.push(Form {
                method: attribute("method").to_ascii_lowercase(),
                action: attribute("action"),
                ..Form::default()
            }),
            "input" => {
                let hidden = attribute("type") == "hidden";
                let field = Field { name: attribute("name"), value: attribute("value"), hidden };
                self.form().fields.push(field);
            }
            "button" => {
                let (name, value) = (attribute("name"), attribute("value"));
                self.form().buttons.push(Button { name, value, ..Button::default() });
                self.within.push(Within::Button);
            }
            "select" | "textarea" | "iframe" | "object" => panic!("<{tag}> is nothing this reader knows"),
            _ => self.part(tag),
        }
    }

    /// What stands in different blocks is read on different lines.
    fn part(&mut self, tag: &str) {
        if !matches!(tag, "a" | "b" | "bdi" | "code" | "span") {
            self.text.push('\n');
        }
    }

    fn form(&mut self) -> &mut Form {
        self.forms.last_mut().expect("a form around its fields")
    }

    fn read(&mut self, text: &str) {
        if self.within.contains(&Within::Title) {
            self.title.push_str(text);
            return;
        }
        // How the HTML is broken into lines doesn't show.
        self.text.push_str(&text.replace('\n', " "));
        if self.within.contains(&Within::Link)
            && let Some((label, _)) = self.links.last_mut()
        {
            label.push_str(text);
        }
        if self.within.contains(&Within::Button)
            && let Some(button) = self.forms.last_mut().and_then(|form| form.buttons.last_mut())
        {
            button.label.push_str(text);
        }
    }
}

fn lines(text: &str) -> String {
    let lines = text.lines().map(spaced).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Response;

    use super::Page;
    use crate::actors::Answer;

    async fn page(html: &'static str) -> Page {
        Page::read(Answer::read(Response::new(Body::from(html))).await)
    }

    #[tokio::test]
    async fn a_form_is_filled_in_and_sent() {
        let page = page(
            r#"<!doctype html><title>A &amp; B</title><style>a > b {}</style><h1>Hello <b>you</b>!</h1>
               <form method="post" action="/x?a=1&amp;b=2"><input type="hidden" name="h" value="&lt;&#39;&#x27;>">
               <input name="n" required><button name="d" value="no">No</button><button>Yes</button></form>
               <a href="/y">Else<span>where</span></a>"#,
        )
        .await;
        assert_eq!((page.title.as_str(), page.scripted), ("A & B", false));
        assert_eq!(page.text, "Hello you!\nNo\nYes\nElsewhere");
        assert_eq!(page.link("Elsewhere"), "/y");
        let sent = page.form().fill("n", "typed").press("No");
        assert_eq!((sent.method.as_str(), sent.action.as_str()), ("post", "/x?a=1&b=2"));
        let fields: Vec<_> = sent.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(fields, ["h=<''>", "n=typed", "d=no"]);
        assert_eq!(page.form().press("Yes").fields.len(), 2);
    }

    #[tokio::test]
    #[should_panic(expected = "no field")]
    async fn nobody_types_into_what_is_hidden() {
        let page = page(r#"<form><input type="hidden" name="h" value=""></form>"#).await;
        let _ = page.form().fill("h", "typed");
    }
}
