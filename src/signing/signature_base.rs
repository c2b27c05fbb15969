//! Signature bases (RFC 9421, section 2): the text that the signature of an HTTP message signs.

use std::borrow::Cow;
use std::collections::HashSet;

use sfv::{FieldType as _, InnerList, Item};

/// A message, as far as signatures cover it.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Its first line.
    pub start: Start<'a>,
    /// Its fields in their order, names in lower case.
    pub fields: Vec<(&'a str, Cow<'a, str>)>,
}

/// The first line of a message.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// Of a request.
    Request(Target<'a>),
    /// Of a response: its status.
    Response(u16),
}

/// What a request asks of whom.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Host, and port where it was given.
    pub authority: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// What stands behind the question mark, if there is one.
    pub query: Option<&'a str>,
}

/// Why there is no base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBase {
    /// The list of components is not one.
    #[error("the covered components cannot be read")]
    Malformed,
    /// A component that is not known here, or has a parameter that is not.
    #[error("the component {0} is not supported")]
    Unsupported(String),
    /// A component that the message does not have.
    #[error("the message has no {0}")]
    Missing(String),
    /// A component that is covered twice.
    #[error("the component {0} is covered twice")]
    Twice(String),
}

impl Message<'_> {
    /// The base of a signature that covers these components and has these parameters.
    ///
    /// # Errors
    /// [`NoBase`] names the component.
    pub fn signature_base(&self, covered: &InnerList) -> Result<String, NoBase> {
        let mut base = String::new();
        let mut seen = HashSet::new();
        for item in &covered.items {
            let name = item.bare_item.as_string().ok_or(NoBase::Malformed)?.as_str();
            let identifier = item.serialize();
            let value = self.component(name, item)?;
            if value.contains(['\n', '\r']) {
                return Err(NoBase::Unsupported(identifier));
            }
            base.extend([&identifier, ": ", &value, "\n"]);
            if !seen.insert(identifier.clone()) {
                return Err(NoBase::Twice(identifier));
            }
        }
        let parameters = vec![covered.clone().into()].serialize().ok_or(NoBase::Malformed)?;
        Ok(base + "\"@signature-params\": " + &parameters)
    }

    /// The value of the field, its lines joined.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let lines: Vec<_> =
            self.fields.iter().filter(|(field, _)| *field == name).map(|(_, line)| line.trim()).collect();
        if lines.is_empty() { None } else { Some(lines.join(", ")) }
    }

    fn component(&self, name: &str, item: &Item) -> Result<String, NoBase> {
        let unsupported = || NoBase::Unsupported(item.serialize());
        let missing = || NoBase::Missing(item.serialize());
        if !item.params.is_empty() && name != "@query-param" {
            return Err(unsupported());
        }
        if !name.starts_with('@') {
            return self.field(name).ok_or_else(missing);
        }
        match (self.start, name) {
            (Start::Response(status), "@status") => Ok(format!("{status:03}")),
            (Start::Request(target), "@query-param") => target.parameter(item),
            (Start::Request(target), derived) => target.derived(derived).ok_or_else(unsupported),
            _ => Err(missing()),
        }
    }
}

impl Target<'_> {
    fn derived(&self, name: &str) -> Option<String> {
        Some(match name {
            "@method" => self.method.to_owned(),
            "@scheme" => self.scheme.to_ascii_lowercase(),
            "@authority" => self.normal_authority(),
            "@path" => self.normal_path().to_owned(),
            "@query" => format!("?{}", self.query.unwrap_or_default()),
            "@request-target" => self.normal_path().to_owned() + &self.behind_the_path(),
            "@target-uri" => format!(
                "{}://{}{}{}",
                self.scheme.to_ascii_lowercase(),
                self.normal_authority(),
                self.normal_path(),
                self.behind_the_path()
            ),
            _ => return None,
        })
    }

    /// In lower case, without the port that the scheme implies.
    fn normal_authority(&self) -> String {
        let authority = self.authority.to_ascii_lowercase();
        let implied = if self.scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
        authority.strip_suffix(implied).map(str::to_owned).unwrap_or(authority)
    }

    fn normal_path(&self) -> &str {
        if self.path.is_empty() { "/" } else { self.path }
    }

    fn behind_the_path(&self) -> String {
        self.query.map(|query| format!("?{query}")).unwrap_or_default()
    }

    /// One parameter of the query, encoded again in the one way that the RFC says.
    fn parameter(&self, item: &Item) -> Result<String, NoBase> {
        let encode = |text: &str| {
            let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            encoded.replace('+', "%20")
        };
        let name = item.params.get("name").and_then(|name| name.as_string());
        let (Some(name), 1) = (name, item.params.len()) else { return Err(NoBase::Unsupported(item.serialize())) };
        let query = form_urlencoded::parse(self.query.unwrap_or_default().as_bytes());
        let values: Vec<_> = query.filter(|(key, _)| encode(key) == name.as_str()).map(|(_, value)| value).collect();
        match values.as_slice() {
            [value] => Ok(encode(value)),
            [] => Err(NoBase::Missing(item.serialize())),
            _ => Err(NoBase::Twice(item.serialize())),
        }
    }
}
