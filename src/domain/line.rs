//! One line of text: what names of people and keys have in common.

/// Trims; `None` when nothing is left, more than 100 characters are, or one of them is a control character.
pub(super) fn one_line(typed: &str) -> Option<String> {
    let line = typed.trim();
    let fits = !line.is_empty() && line.chars().count() <= 100 && !line.chars().any(char::is_control);
    fits.then(|| line.to_owned())
}
