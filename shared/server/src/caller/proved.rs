//! Chosen secrets that were right a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::client::Client;
use domain::password::KnownPassword;
use domain::{ClientId, Entropy, UnixTime};
use store::clients::CACHE;

/// The most secrets remembered.
const MOST: usize = 1000;

/// The secrets, each for as long as a client is remembered, and for one version of its client.
#[derive(Clone, Default)]
pub(super) struct Proved {
    secrets: Arc<Mutex<HashMap<ClientId, Secret>>>,
}

struct Secret {
    known: KnownPassword,
    version: u64,
    until: UnixTime,
}

impl Proved {
    /// Whether one of these readings is the client's secret, as far as is known here.
    pub fn any<'a>(
        &self,
        client: &Client,
        mut readings: impl Iterator<Item = &'a str>,
        now: UnixTime,
    ) -> bool {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = secrets.get(&client.id);
        let secret = secret.filter(|secret| secret.version == client.version && !secret.until.is_past(now));
        secret.is_some_and(|secret| readings.any(|reading| secret.known.is(reading)))
    }

    /// Remembers that this is the client's secret. Where there is no room, the next call hashes it again.
    pub fn remember(&self, client: &Client, secret: &str, now: UnixTime, entropy: &dyn Entropy) {
        let known = KnownPassword::new(secret, entropy);
        let secret = Secret { known, version: client.version, until: now + CACHE };
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.len() >= MOST {
            secrets.retain(|_, secret| !secret.until.is_past(now));
        }
        if secrets.len() < MOST || secrets.contains_key(&client.id) {
            secrets.insert(client.id, secret);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::client::Client;
    use domain::entropy::SystemEntropy;
    use domain::{ClientId, UnixTime};
    use store::clients::CACHE;

    use super::{MOST, Proved};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn client() -> Client {
        Client::new(ClientId::generate(&SystemEntropy), NOW)
    }

    fn knows(proved: &Proved, client: &Client, secret: &str, now: UnixTime) -> bool {
        proved.any(client, [secret].into_iter(), now)
    }

    #[test]
    fn a_secret_is_one_clients_and_one_versions_and_for_a_time() {
        let (proved, client, other) = (Proved::default(), client(), client());
        assert!(!knows(&proved, &client, "secret", NOW));
        proved.remember(&client, "secret", NOW, &SystemEntropy);
        assert!(knows(&proved, &client, "secret", NOW));
        assert!(proved.any(&client, ["another", "secret"].into_iter(), NOW));
        assert!(!knows(&proved, &client, "another", NOW) && !proved.any(&client, [].into_iter(), NOW));
        assert!(!knows(&proved, &other, "secret", NOW));
        let next = Client { version: client.version + 1, ..client.clone() };
        assert!(!knows(&proved, &next, "secret", NOW));
        assert!(knows(&proved, &client, "secret", UnixTime(NOW.0 + CACHE.0 - 1)));
        assert!(!knows(&proved, &client, "secret", NOW + CACHE));
    }

    #[test]
    fn there_is_room_for_so_many_and_then_for_those_that_come_later() {
        let proved = Proved::default();
        let clients: Vec<_> = std::iter::repeat_with(client).take(MOST).collect();
        for client in &clients {
            proved.remember(client, "secret", NOW, &SystemEntropy);
        }
        let (late, first) = (client(), &clients[0]);
        proved.remember(&late, "secret", NOW, &SystemEntropy);
        assert!(!knows(&proved, &late, "secret", NOW) && knows(&proved, first, "secret", NOW));
        // One that is there may change.
        proved.remember(first, "another", NOW, &SystemEntropy);
        assert!(knows(&proved, first, "another", NOW));
        proved.remember(&late, "secret", NOW + CACHE, &SystemEntropy);
        assert!(knows(&proved, &late, "secret", NOW + CACHE));
        assert_eq!(proved.secrets.lock().unwrap().len(), 1);
    }
}
