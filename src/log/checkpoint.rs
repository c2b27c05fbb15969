//! Checkpoints (C2SP `tlog-checkpoint`): the log says how far it is, and witnesses say that they have seen it
//! (`tlog-cosignature`, version 1).

use jiff::Timestamp;

use super::hash::Hash;
use super::note::{InvalidNote, KeyKind, Note, NoteSigner, SignatureLine, VerifierKey};
use super::tree::MAX_SIZE;

/// The state of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Entries in it.
    pub size: u64,
    /// Over all of them.
    pub root: Hash,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is none.
    #[error("not a checkpoint")]
    Form,
    /// The key of the log has not signed it.
    #[error("the key of the log has not signed it")]
    NotSigned,
    /// The name of the log is there, and the signature is wrong.
    #[error("its signature is wrong")]
    BadSignature,
}

impl From<InvalidNote> for CheckpointError {
    fn from(_: InvalidNote) -> Self {
        Self::Form
    }
}

impl Checkpoint {
    /// What is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads what is signed; extension lines, which this log does not write, are refused.
    ///
    /// # Errors
    /// [`CheckpointError::Form`].
    pub fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Form)?;
        let lines: Vec<_> = body.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(CheckpointError::Form) };
        let number = size.parse().ok().filter(|number: &u64| *number <= MAX_SIZE && number.to_string() == *size);
        match (number, Hash::from_base64(root)) {
            (Some(size), Some(root)) if !origin.is_empty() => Ok(Self { origin: (*origin).to_owned(), size, root }),
            _ => Err(CheckpointError::Form),
        }
    }

    /// Signs for the log.
    #[must_use]
    pub fn sign(&self, signer: &NoteSigner) -> Note {
        let text = self.text();
        Note { signatures: vec![signer.line(&[], text.as_bytes())], text }
    }

    /// The checkpoint of a note that the log has signed.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn verified(note: &Note, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let mut ours = note.signatures.iter().filter(|line| key.made(line)).peekable();
        ours.peek().ok_or(CheckpointError::NotSigned)?;
        if ours.any(|line| !key.verifies(note.text.as_bytes(), &line.signature)) {
            return Err(CheckpointError::BadSignature);
        }
        Self::from_text(&note.text)
    }
}

/// The line by which a witness says that it saw the checkpoint at that moment, and nothing that contradicts it before.
#[must_use]
pub fn cosign(text: &str, at: Timestamp, witness: &NoteSigner) -> SignatureLine {
    let seconds = at.as_second().unsigned_abs();
    witness.line(&seconds.to_be_bytes(), cosigned(text, seconds).as_bytes())
}

/// When the witness saw the checkpoint; `None` when the line is not a good cosignature of this witness.
#[must_use]
pub fn cosigned_at(text: &str, line: &SignatureLine, witness: &VerifierKey) -> Option<Timestamp> {
    let (seconds, signature) = line.signature.split_first_chunk()?;
    let seconds = u64::from_be_bytes(*seconds);
    let good = witness.kind() == KeyKind::Cosignature
        && witness.made(line)
        && witness.verifies(cosigned(text, seconds).as_bytes(), signature);
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok().filter(|_| good)
}

/// When the witness saw the checkpoint of a note; `None` when the note bears no good cosignature of this witness.
#[must_use]
pub fn witnessed_at(note: &Note, witness: &VerifierKey) -> Option<Timestamp> {
    note.signatures.iter().find_map(|line| cosigned_at(&note.text, line, witness))
}

fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn signer(name: &str, kind: KeyKind, seed: u8) -> NoteSigner {
        NoteSigner::new(name, kind, &Zeroizing::new([seed; 32])).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        let root = Hash::from_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=").unwrap();
        Checkpoint { origin: "example.com/behind-the-sofa".to_owned(), size: 20_852_163, root }
    }

    /// The example of the specification.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let note: Note = EXAMPLE.parse().unwrap();
        assert_eq!(Checkpoint::from_text(&note.text), Ok(checkpoint()));
        assert_eq!((note.text.clone(), note.to_string().as_str()), (checkpoint().text(), EXAMPLE));
        let seconds: [u8; 8] = note.signatures[1].signature[..8].try_into().unwrap();
        assert_eq!((u64::from_be_bytes(seconds), note.signatures[1].signature.len()), (1_679_315_147, 72));
    }

    #[test]
    fn only_the_key_of_the_log_makes_a_checkpoint() {
        let log = signer("log", KeyKind::Note, 1);
        let note = checkpoint().sign(&log);
        assert_eq!(Checkpoint::verified(&note, log.public()), Ok(checkpoint()));
        let another = signer("log", KeyKind::Note, 2);
        assert_eq!(Checkpoint::verified(&note, another.public()), Err(CheckpointError::NotSigned));
        let mut forged = note;
        forged.text = forged.text.replace("20852163", "20852162");
        assert_eq!(Checkpoint::verified(&forged, log.public()), Err(CheckpointError::BadSignature));
    }

    #[test]
    fn a_cosignature_is_of_one_witness_one_moment_and_one_checkpoint() {
        let witness = signer("witness.example.com/w1", KeyKind::Cosignature, 3);
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let line = cosign(&checkpoint().text(), at, &witness);
        let line: SignatureLine = line.to_string().parse().unwrap();
        assert_eq!(cosigned_at(&checkpoint().text(), &line, witness.public()), Some(at));
        assert_eq!(cosigned_at("other\n1\nAA==\n", &line, witness.public()), None);
        let another = signer("witness.example.com/w1", KeyKind::Cosignature, 4);
        assert_eq!(cosigned_at(&checkpoint().text(), &line, another.public()), None);
        let mut later = line.clone();
        later.signature[7] ^= 1;
        assert_eq!(cosigned_at(&checkpoint().text(), &later, witness.public()), None);
        let as_note = signer("witness.example.com/w1", KeyKind::Note, 3);
        assert_eq!(cosigned_at(&checkpoint().text(), &line, as_note.public()), None);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let root = checkpoint().root.to_base64();
        for text in [
            String::new(),
            format!("log\n1\n{root}"),
            format!("\n1\n{root}\n"),
            format!("log\n01\n{root}\n"),
            format!("log\n-1\n{root}\n"),
            format!("log\n1\n{root}\nmore\n"),
            "log\n1\nAAAA\n".to_owned(),
            format!("log\n{}\n{root}\n", u64::MAX),
        ] {
            assert_eq!(Checkpoint::from_text(&text), Err(CheckpointError::Form), "{text:?}");
        }
    }
}
