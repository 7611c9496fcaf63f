//! AES-256-GCM with the nonce beside the ciphertext: version ‖ nonce ‖ ciphertext ‖ tag (NIST SP 800-38D).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use domain::Entropy;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const TAG_LEN: usize = 16;

/// How much longer a sealed text is than what it holds, in bytes.
pub(crate) const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// A key that seals bytes, and opens what it sealed for the same context.
///
/// aws-lc calls a key with explicit nonces "less safe"; its safer form draws the nonce from a source that can't be injected.
/// A nonce comes from nowhere but [`Entropy`], a fresh one for every call.
pub(crate) struct Aead(LessSafeKey);

impl Aead {
    /// A key of 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Unspecified> {
        Ok(Self::from(UnboundKey::new(&AES_256_GCM, key)?))
    }

    /// Seals `plaintext` so that it opens only together with `context`.
    pub(crate) fn seal(
        &self,
        context: &[u8],
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, Unspecified> {
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        // Room for the tag, so that growing leaves no copy of the plaintext behind.
        let mut body = Vec::with_capacity(plaintext.len() + TAG_LEN);
        body.extend_from_slice(plaintext);
        self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut body,
        )?;
        Ok([&[VERSION], nonce.as_slice(), &body].concat())
    }

    /// Opens what [`Self::seal`] made; nothing if any bit of it or of `context` is another.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&VERSION, rest) = sealed.split_first()? else { return None };
        let (&nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.0.open_in_place(nonce, Aad::from(context), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

impl From<UnboundKey> for Aead {
    fn from(key: UnboundKey) -> Self {
        Self(LessSafeKey::new(key))
    }
}

#[cfg(test)]
mod tests {
    use domain::Entropy;
    use domain::entropy::SystemEntropy;
    use proptest::prelude::*;

    use super::{Aead, OVERHEAD};

    /// The same bytes every time, where a test must know them.
    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    /// Test case 15 of the GCM specification (McGrew and Viega), whose nonce is `cafebabefacedbaddecaf888`.
    #[test]
    fn seals_as_the_specification_does() {
        struct Nonce;
        impl Entropy for Nonce {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.copy_from_slice(&hex("cafebabefacedbaddecaf888"));
            }
        }
        let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let plaintext = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        ));
        let sealed = Aead::new(&key).unwrap().seal(b"", &plaintext, &Nonce).unwrap();
        let expected = hex(concat!(
            "01cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
            "b094dac5d93471bdec1a502270e3cc6c",
        ));
        assert_eq!(sealed, expected);
        assert_eq!(sealed.len(), plaintext.len() + OVERHEAD);
    }

    #[test]
    fn refuses_what_is_too_short() {
        let key = Aead::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"", b"", &Fixed(1)).unwrap();
        assert_eq!(key.open(b"", &sealed).unwrap().as_slice(), b"");
        for length in 0..sealed.len() {
            assert!(key.open(b"", &sealed[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn refuses_keys_of_another_length() {
        for length in [0, 16, 31, 33] {
            assert!(Aead::new(&vec![0; length]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(plaintext: Vec<u8>, context: Vec<u8>) {
            let key = Aead::new(&[7; 32]).unwrap();
            let sealed = key.seal(&context, &plaintext, &SystemEntropy).unwrap();
            let opened = key.open(&context, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn refuses_any_byte_changed(plaintext: Vec<u8>, at: prop::sample::Index, flip in 1_u8..) {
            let key = Aead::new(&[7; 32]).unwrap();
            let mut sealed = key.seal(b"context", &plaintext, &SystemEntropy).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(key.open(b"context", &sealed).is_none());
        }

        #[test]
        fn refuses_another_context(context: Vec<u8>, other: Vec<u8>) {
            prop_assume!(context != other);
            let key = Aead::new(&[7; 32]).unwrap();
            let sealed = key.seal(&context, b"plaintext", &SystemEntropy).unwrap();
            prop_assert!(key.open(&other, &sealed).is_none());
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }
}
