//! HTTP message signatures (RFC 9421) by Ed25519: made, read and verified.

use sfv::{BareItem, Dictionary, FieldType as _, InnerList, Item, Key, ListEntry, Parser};

use super::ed25519::{PublicKey, SigningKey};
use super::signature_base::{Message, NoBase};

/// The name of the algorithm in the registry of the RFC.
pub const ALGORITHM: &str = "ed25519";

/// Why a signature is not good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefusal {
    /// The fields are not those of the RFC, or do not belong together.
    #[error("the signature fields cannot be read")]
    Malformed,
    /// There is nothing that it could have signed.
    #[error(transparent)]
    Base(#[from] NoBase),
    /// It says that it was made by another algorithm.
    #[error("the signature is not by Ed25519")]
    Algorithm,
    /// The key did not sign this.
    #[error("the signature is not of this key and this message")]
    Wrong,
}

/// What a signature says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// When it was made, in seconds since 1970.
    pub created: Option<i64>,
    /// When it ends to be good, in seconds since 1970.
    pub expires: Option<i64>,
    /// Whose key it is.
    pub keyid: Option<String>,
    /// The algorithm, when it is told.
    pub alg: Option<String>,
    /// What makes it different from all others.
    pub nonce: Option<String>,
    /// What it is for.
    pub tag: Option<String>,
}

/// A signature with what it covers. One that was read is not verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    covered: InnerList,
    parameters: Parameters,
    bytes: Vec<u8>,
}

impl Signature {
    /// Reads the fields `Signature-Input` and `Signature`, which name each signature by the same label.
    ///
    /// # Errors
    /// [`SignatureRefusal::Malformed`], also for one without the other.
    pub fn read(input: &str, signature: &str) -> Result<Vec<Self>, SignatureRefusal> {
        let dictionary = |field| Parser::new(field).parse::<Dictionary>().map_err(|_| SignatureRefusal::Malformed);
        let (inputs, signatures) = (dictionary(input)?, dictionary(signature)?);
        if inputs.len() != signatures.len() {
            return Err(SignatureRefusal::Malformed);
        }
        let read = inputs.into_iter().map(|(label, input)| match (input, signatures.get(&label)) {
            (ListEntry::InnerList(covered), Some(ListEntry::Item(Item { bare_item, .. }))) => {
                let bytes = bare_item.as_byte_sequence().ok_or(SignatureRefusal::Malformed)?.to_vec();
                Ok(Self { parameters: Parameters::read(&covered)?, covered, bytes })
            }
            _ => Err(SignatureRefusal::Malformed),
        });
        read.collect()
    }

    /// Signs these components of the message.
    ///
    /// # Errors
    /// [`SignatureRefusal::Base`] when the message does not have one of them; [`SignatureRefusal::Malformed`] when a name
    /// or a parameter is not plain ASCII.
    pub fn sign(
        message: &Message<'_>,
        components: &[&str],
        parameters: Parameters,
        key: &SigningKey,
    ) -> Result<Self, SignatureRefusal> {
        let items = components.iter().map(|name| text(name).map(Item::new)).collect::<Result<_, _>>()?;
        let covered = InnerList::with_params(items, parameters.write()?);
        let bytes = key.sign(message.signature_base(&covered)?.as_bytes()).to_vec();
        Ok(Self { covered, parameters, bytes })
    }

    /// What it says of itself.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Whether it covers this field or derived component, whole.
    #[must_use]
    pub fn covers(&self, component: &str) -> bool {
        let name = |item: &Item| item.bare_item.as_string().is_some_and(|name| name.as_str() == component);
        self.covered.items.iter().any(|item| item.params.is_empty() && name(item))
    }

    /// Verifies that the key signed what it covers of this message.
    ///
    /// # Errors
    /// [`SignatureRefusal`].
    pub fn verify(&self, message: &Message<'_>, key: &PublicKey) -> Result<(), SignatureRefusal> {
        if self.parameters.alg.as_deref().is_some_and(|alg| alg != ALGORITHM) {
            return Err(SignatureRefusal::Algorithm);
        }
        let base = message.signature_base(&self.covered)?;
        if key.verifies(base.as_bytes(), &self.bytes) { Ok(()) } else { Err(SignatureRefusal::Wrong) }
    }

    /// The values of `Signature-Input` and `Signature` for this signature alone.
    ///
    /// # Errors
    /// [`SignatureRefusal::Malformed`] when the label is not a lower-case name.
    pub fn fields(&self, label: &str) -> Result<(String, String), SignatureRefusal> {
        let key = Key::from_string(label.to_owned()).map_err(|_| SignatureRefusal::Malformed)?;
        let field = |entry: ListEntry| Dictionary::from_iter([(key.clone(), entry)]).serialize();
        let input = field(self.covered.clone().into());
        let signature = field(ListEntry::Item(Item::new(self.bytes.as_slice())));
        input.zip(signature).ok_or(SignatureRefusal::Malformed)
    }

    #[cfg(test)]
    fn base(&self, message: &Message<'_>) -> Result<String, NoBase> {
        message.signature_base(&self.covered)
    }
}

impl Parameters {
    fn read(covered: &InnerList) -> Result<Self, SignatureRefusal> {
        let mut read = Self::default();
        for (name, value) in &covered.params {
            let number = || value.as_integer().map(i64::from).ok_or(SignatureRefusal::Malformed);
            let text = || value.as_string().map(|text| text.as_str().to_owned()).ok_or(SignatureRefusal::Malformed);
            match name.as_str() {
                "created" => read.created = Some(number()?),
                "expires" => read.expires = Some(number()?),
                "keyid" => read.keyid = Some(text()?),
                "alg" => read.alg = Some(text()?),
                "nonce" => read.nonce = Some(text()?),
                "tag" => read.tag = Some(text()?),
                _ => {}
            }
        }
        Ok(read)
    }

    fn write(&self) -> Result<sfv::Parameters, SignatureRefusal> {
        let mut written = sfv::Parameters::new();
        let mut put = |name: &str, value: BareItem| {
            let name = Key::from_string(name.to_owned()).map_err(|_| SignatureRefusal::Malformed)?;
            written.insert(name, value);
            Ok::<_, SignatureRefusal>(())
        };
        for (name, moment) in [("created", self.created), ("expires", self.expires)] {
            if let Some(moment) = moment {
                put(name, sfv::Integer::try_from(moment).map_err(|_| SignatureRefusal::Malformed)?.into())?;
            }
        }
        for (name, said) in [("keyid", &self.keyid), ("alg", &self.alg), ("nonce", &self.nonce), ("tag", &self.tag)] {
            if let Some(said) = said {
                put(name, text(said)?)?;
            }
        }
        Ok(written)
    }
}

fn text(said: &str) -> Result<BareItem, SignatureRefusal> {
    sfv::String::from_string(said.to_owned()).map(Into::into).map_err(|_| SignatureRefusal::Malformed)
}

#[cfg(test)]
mod tests;
