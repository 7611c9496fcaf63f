//! Randomness that repeats: the same seed gives the same bytes, and no bytes come twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use domain::Entropy;

/// SHA-256 over a seed and a counter. Clones share the counter, so they never repeat each other.
///
/// Predictable by design: nothing but tests may use it.
#[derive(Clone, Debug)]
pub struct TestEntropy {
    seed: u64,
    blocks: Arc<AtomicU64>,
}

impl TestEntropy {
    /// The bytes that follow from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seed, blocks: Arc::default() }
    }
}

/// Seed 0.
impl Default for TestEntropy {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.blocks.fetch_add(1, Ordering::SeqCst);
            let input = [self.seed.to_be_bytes(), block.to_be_bytes()].concat();
            let hash = digest::digest(&digest::SHA256, &input);
            chunk.iter_mut().zip(hash.as_ref()).for_each(|(byte, hash)| *byte = *hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Entropy;

    use super::TestEntropy;

    fn bytes(entropy: &dyn Entropy) -> [u8; 40] {
        entropy.bytes()
    }

    #[test]
    fn a_seed_repeats_and_bytes_do_not() {
        let (one, same, other) = (TestEntropy::seeded(1), TestEntropy::seeded(1), TestEntropy::seeded(2));
        let first = bytes(&one);
        assert_eq!(first, bytes(&same));
        assert_ne!(first, bytes(&one.clone()));
        assert_ne!(first, bytes(&other));
        assert_ne!(first[..8], first[32..], "one block after the other");
    }
}
