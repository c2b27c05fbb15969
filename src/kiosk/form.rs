//! Multipart forms (RFC 7578) as bytes: what is signed has to be known before it is sent.

/// A form that grows part by part.
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// An empty form. The boundary must not stand in any part: 128 random bits do not.
    pub(super) fn new(random: u128) -> Self {
        Self { boundary: format!("vivat-{random:032x}"), body: Vec::new() }
    }

    /// Adds a field of text.
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value.as_bytes());
        self
    }

    /// Adds a file.
    pub(super) fn file(mut self, name: &str, bytes: &[u8]) -> Self {
        self.part(&format!("name=\"{name}\"; filename=\"{name}\""), bytes);
        self
    }

    /// Type and bytes of the whole.
    pub(super) fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend(format!("--{}--\r\n", self.boundary).into_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }

    fn part(&mut self, disposition: &str, content: &[u8]) {
        let head = format!("--{}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n", self.boundary);
        self.body.extend(head.into_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
    }
}
