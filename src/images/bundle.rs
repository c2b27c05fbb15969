//! Pictures that came together lie in one object: one file to make, to sync and to delete, or one request to a bucket.
//!
//! First a byte with their number and for each of them its place (a byte) and its length in bytes (four, the highest first), then
//! the pictures themselves, as they were sealed.

/// Bytes of the head for each picture.
const ENTRY: usize = 5;

/// The parts of an object with these pictures, each with its place, to be written one after another.
pub(super) fn pack(pictures: Vec<(u8, Vec<u8>)>) -> Vec<Vec<u8>> {
    let mut head = Vec::with_capacity(1 + ENTRY * pictures.len());
    head.push(u8::try_from(pictures.len()).unwrap_or(u8::MAX));
    for (place, picture) in &pictures {
        head.push(*place);
        head.extend(u32::try_from(picture.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    let pictures = pictures.into_iter().map(|(_, picture)| picture);
    [head].into_iter().chain(pictures).collect()
}

/// The picture of that place; `None` when it is not there, or not whole.
pub(super) fn unpack(object: &[u8], place: u8) -> Option<&[u8]> {
    let (count, rest) = object.split_first()?;
    let (head, mut rest) = rest.split_at_checked(usize::from(*count) * ENTRY)?;
    for entry in head.chunks_exact(ENTRY) {
        let (of, length) = entry.split_first()?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let picture;
        (picture, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        if *of == place {
            return Some(picture);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_found_and_one_that_was_cut_off_is_not() {
        let object = pack(vec![(0, b"first".to_vec()), (1, Vec::new()), (7, b"last".to_vec())]).concat();
        assert_eq!(unpack(&object, 0), Some(&b"first"[..]));
        assert_eq!(unpack(&object, 1), Some(&b""[..]));
        assert_eq!(unpack(&object, 7), Some(&b"last"[..]));
        assert_eq!(unpack(&object, 2), None);
        for length in 0..object.len() {
            assert_eq!(unpack(&object[..length], 7), None, "{length} bytes");
        }
    }
}
