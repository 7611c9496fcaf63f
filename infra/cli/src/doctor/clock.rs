//! This machine's clock beside those that answered.
//!
//! "By default, if there is a difference of more than 5 minutes between the request's time stamp and the time that AWS receives it, the
//! request is denied" (AWS Signature Version 4); and where an operator's clock is wrong, a server's may be.

use super::finding::Finding;
use crate::http::Skew;

const CHECK: &str = "clock";
/// Where AWS stops believing a signature, in seconds.
const LIMIT: u64 = 5 * 60;
/// Where the lives of codes and tokens begin to be felt, in seconds: a code lives for a minute.
const DOUBTFUL: u64 = 30;

pub(super) fn check(skews: &[Skew]) -> Finding {
    let Some(Skew { host, ahead }) = skews.iter().max_by_key(|skew| skew.ahead.unsigned_abs()) else {
        return Finding::not_checked(CHECK, "nobody has answered with the time");
    };
    let off = ahead.unsigned_abs();
    let direction = if *ahead < 0 { "behind" } else { "ahead of" };
    let says = format!("{off} seconds {direction} {host}");
    let remedy = "set the clocks by NTP, this machine's first: timedatectl set-ntp true";
    match off {
        0..=1 => Finding::ok(CHECK, format!("the same as {host}'s")),
        2..=DOUBTFUL => Finding::ok(CHECK, says),
        _ if off < LIMIT => Finding::warning(
            CHECK,
            format!("{says}: tokens seem to live longer or shorter than they do"),
            remedy,
        ),
        _ => Finding::problem(CHECK, format!("{says}: AWS refuses what is signed then"), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::http::Skew;

    #[test]
    fn the_worst_clock_counts() {
        let skew = |ahead| Skew { host: "id.example".to_owned(), ahead };
        let status = |ahead: &[i64]| {
            let skews = ahead.iter().map(|&ahead| skew(ahead)).collect::<Vec<_>>();
            check(&skews).status.words()
        };
        assert_eq!(status(&[]), "not checked");
        assert_eq!(status(&[0, 30, -30]), "ok");
        assert_eq!(status(&[0, -31]), "warning");
        assert_eq!(status(&[299]), "warning");
        assert_eq!(status(&[0, -300, 1]), "problem");
        assert!(check(&[skew(-300)]).says.starts_with("300 seconds behind id.example"));
    }
}
