//! Hostile input at every endpoint: refused with a 4xx, never the cause of a 5xx, and nothing is written for it (S58).

mod forms;
mod headers;
mod pages;
mod random;
mod registration;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What no form and no query may hold, and the reason for which it is refused.
fn hostile_parameters() -> Vec<(Vec<u8>, &'static str)> {
    let long = "a".repeat(8 * 1024 + 1);
    let of = |text: &str, reason| (text.as_bytes().to_vec(), reason);
    vec![
        of("x=%00", "parameter holds NUL"),
        of("x=a%00b", "parameter holds NUL"),
        of("%00=x", "parameter holds NUL"),
        of(&format!("x={long}"), "parameter too long"),
        of(&format!("{long}=x"), "parameter too long"),
        of("x=%FF", "parameter is not UTF-8"),
        of("%C3%28=x", "parameter is not UTF-8"),
        of("x=%ED%A0%80", "parameter is not UTF-8"),
        of("x=%C0%AF", "parameter is not UTF-8"),
        of("x=1&x=2", "parameter repeated"),
        of("x=1&x=1", "parameter repeated"),
        of("x=&x=", "parameter repeated"),
        of("x=1&%78=1", "parameter repeated"),
        of("x&x", "parameter repeated"),
    ]
}

/// What only a body can hold.
fn hostile_bodies() -> Vec<(Vec<u8>, &'static str)> {
    let mut bodies = hostile_parameters();
    let many = (0..20_000).map(|n| format!("{n}=&")).collect::<String>();
    bodies.push((b"x=\xff\xfe".to_vec(), "parameter is not UTF-8"));
    bodies.push((b"x=\0".to_vec(), "parameter holds NUL"));
    bodies.push((many.into_bytes(), "body too large or broken off"));
    bodies
}
