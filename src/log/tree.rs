//! The tree: which nodes are kept, and what roots and proofs are made of (RFC 6962, section 2.1).
//!
//! Only the roots of complete subtrees are kept: they never change once they exist. Any other hash is folded from at most
//! log₂ n of them, so appending, proving and verifying all cost O(log n).

use std::ops::Range;

use super::hash::Hash;

/// Sizes beyond this are refused, so that no arithmetic overflows.
pub const MAX_SIZE: u64 = 1 << 48;

/// Where a kept node stands: it covers the `2^level` leaves from `position · 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// 0 for leaves.
    pub level: u32,
    /// From the left, from 0.
    pub position: u64,
}

/// The places of the complete subtrees that cover these leaves, from left to right. The range must begin at a multiple
/// of the power of two that is not smaller than its length, as the ranges of proofs do.
#[must_use]
pub fn cover(range: &Range<u64>) -> Vec<Place> {
    let mut places = Vec::new();
    let (mut start, mut left) = (range.start, range.end.saturating_sub(range.start));
    while left > 0 {
        let level = left.ilog2();
        places.push(Place { level, position: start >> level });
        start += 1 << level;
        left -= 1 << level;
    }
    places
}

/// The hash over neighbouring subtrees, from left to right, the larger ones first.
#[must_use]
pub fn fold(subtrees: &[Hash]) -> Hash {
    let joined = subtrees.iter().rev().copied().reduce(|right, left| Hash::node(&left, &right));
    joined.unwrap_or_else(Hash::of_nothing)
}

/// The largest power of two smaller than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The ranges whose hashes prove that a leaf is in the tree of this size, from the leaf upwards; `None` when the leaf
/// is not in it.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size || size > MAX_SIZE {
        return None;
    }
    let (mut tree, mut path) = (0..size, Vec::new());
    while tree.end - tree.start > 1 {
        let middle = tree.start + split(tree.end - tree.start);
        let (left, right) = (tree.start..middle, middle..tree.end);
        let (next, sibling) = if index < middle { (left, right) } else { (right, left) };
        path.push(sibling);
        tree = next;
    }
    path.reverse();
    Some(path)
}

/// The ranges whose hashes prove that the tree of size `to` begins with the tree of size `from`; `None` unless
/// 0 < `from` ≤ `to`.
#[must_use]
pub fn consistency(from: u64, to: u64) -> Option<Vec<Range<u64>>> {
    if from == 0 || from > to || to > MAX_SIZE {
        return None;
    }
    let (mut tree, mut proof) = (0..to, Vec::new());
    while tree.end != from {
        let middle = tree.start + split(tree.end - tree.start);
        let (left, right) = (tree.start..middle, middle..tree.end);
        let (next, sibling) = if from <= middle { (left, right) } else { (right, left) };
        proof.push(sibling);
        tree = next;
    }
    // The old tree itself is known to whoever checks.
    if tree.start > 0 {
        proof.push(tree);
    }
    proof.reverse();
    Some(proof)
}

/// Whether the proof leads from this leaf to that root.
#[must_use]
pub fn includes(root: &Hash, size: u64, index: u64, leaf: Hash, proof: &[Hash]) -> bool {
    let Some(path) = inclusion(index, size).filter(|path| path.len() == proof.len()) else { return false };
    let reached = path.iter().zip(proof).fold(leaf, |reached, (sibling, hash)| {
        if sibling.start > index { Hash::node(&reached, hash) } else { Hash::node(hash, &reached) }
    });
    reached == *root
}

/// Whether the proof shows that the new tree begins with the old one. Every tree begins with the empty one.
#[must_use]
pub fn continues(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    if old.0 == 0 {
        return old.1 == Hash::of_nothing() && proof.is_empty();
    }
    let Some(ranges) = consistency(old.0, new.0).filter(|ranges| ranges.len() == proof.len()) else { return false };
    let mut parts = ranges.iter().zip(proof);
    // Without a hash of its own, the old tree is a complete subtree of the new one.
    let common =
        if old.0.is_power_of_two() || old.0 == new.0 { Some(old.1) } else { parts.next().map(|(_, hash)| *hash) };
    let Some(common) = common else { return false };
    let (was, is) = parts.fold((common, common), |(was, is), (sibling, hash)| {
        if sibling.start >= old.0 {
            (was, Hash::node(&is, hash))
        } else {
            (Hash::node(hash, &was), Hash::node(hash, &is))
        }
    });
    was == old.1 && is == new.1
}

/// The right edge of a tree: all that appending needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The edge of an empty tree.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, subtrees: Vec::new() }
    }

    /// The edge of a tree of this size, from the hashes of what covers it; `None` when their number is wrong.
    #[must_use]
    pub fn new(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (size <= MAX_SIZE && subtrees.len() == size.count_ones() as usize).then_some(Self { size, subtrees })
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.subtrees)
    }

    /// Appends a leaf, and hands every node that is complete now to `keep`, the leaf first.
    pub fn append(&mut self, leaf: Hash, mut keep: impl FnMut(Place, Hash)) {
        let (mut hash, mut place) = (leaf, Place { level: 0, position: self.size });
        keep(place, hash);
        while place.position % 2 == 1 {
            let Some(left) = self.subtrees.pop() else { break };
            hash = Hash::node(&left, &hash);
            place = Place { level: place.level + 1, position: place.position / 2 };
            keep(place, hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// The definition in the RFC, word for word: slow, and therefore the oracle.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of_nothing(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(usize::try_from(split(leaves.len() as u64)).unwrap());
                Hash::node(&naive_root(left), &naive_root(right))
            }
        }
    }

    fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let middle = usize::try_from(split(leaves.len() as u64)).unwrap();
        let (left, right) = leaves.split_at(middle);
        let (mut path, sibling) =
            if index < middle { (naive_path(index, left), right) } else { (naive_path(index - middle, right), left) };
        path.push(naive_root(sibling));
        path
    }

    fn naive_proof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if known { Vec::new() } else { vec![naive_root(leaves)] };
        }
        let middle = usize::try_from(split(leaves.len() as u64)).unwrap();
        let (left, right) = leaves.split_at(middle);
        let (mut proof, sibling) = if old <= middle {
            (naive_proof(old, left, known), right)
        } else {
            (naive_proof(old - middle, right, false), left)
        };
        proof.push(naive_root(sibling));
        proof
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| Hash::leaf(&number.to_be_bytes())).collect()
    }

    /// A tree with its kept nodes, and the roots of all its sizes.
    struct Kept(HashMap<Place, Hash>, Vec<Hash>);

    fn grow(leaves: &[Hash]) -> Kept {
        let (mut frontier, mut kept, mut roots) = (Frontier::empty(), HashMap::new(), vec![Hash::of_nothing()]);
        for leaf in leaves {
            frontier.append(*leaf, |place, hash| assert!(kept.insert(place, hash).is_none()));
            roots.push(frontier.root());
        }
        Kept(kept, roots)
    }

    impl Kept {
        fn hashes(&self, ranges: &[Range<u64>]) -> Vec<Hash> {
            let of = |range| cover(range).iter().map(|place| self.0[place]).collect::<Vec<_>>();
            ranges.iter().map(|range| fold(&of(range))).collect()
        }
    }

    /// The reference vectors of Certificate Transparency.
    #[test]
    fn known_roots() {
        let contents =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<_> = contents.iter().map(|content| Hash::leaf(&hex::decode(content).unwrap())).collect();
        let Kept(_, grown) = grow(&leaves);
        assert_eq!(grown.iter().map(ToString::to_string).collect::<Vec<_>>(), roots);
    }

    #[test]
    fn every_small_proof_is_the_one_of_the_rfc() {
        let all = leaves(40);
        let kept = grow(&all);
        for size in 1..=all.len() {
            for index in 0..size {
                let proof = kept.hashes(&inclusion(index as u64, size as u64).unwrap());
                assert_eq!(proof, naive_path(index, &all[..size]), "{index} in {size}");
                assert!(includes(&kept.1[size], size as u64, index as u64, all[index], &proof));
            }
            for old in 1..=size {
                let proof = kept.hashes(&consistency(old as u64, size as u64).unwrap());
                assert_eq!(proof, naive_proof(old, &all[..size], true), "{old} to {size}");
                assert!(continues((old as u64, kept.1[old]), (size as u64, kept.1[size]), &proof));
            }
        }
    }

    #[test]
    fn there_is_no_proof_of_what_is_not() {
        assert_eq!((inclusion(3, 3), inclusion(0, 0)), (None, None));
        assert_eq!((consistency(0, 3), consistency(4, 3)), (None, None));
        assert_eq!(inclusion(0, u64::MAX), None);
    }

    proptest! {
        #[test]
        fn proofs_of_any_size_verify_and_nothing_else_does(size in 1_usize..700, pick in any::<u64>(), flip in 0_usize..256) {
            let all = leaves(size);
            let kept = grow(&all);
            let root = kept.1[size];
            prop_assert_eq!(root, naive_root(&all));
            let index = usize::try_from(pick).unwrap() % size;
            let (at, whole) = (index as u64, size as u64);
            let proof = kept.hashes(&inclusion(at, whole).unwrap());
            prop_assert!(includes(&root, whole, at, all[index], &proof));
            let mut other = all[index];
            other.0[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(!includes(&root, whole, at, other, &proof));
            prop_assert!(size == 1 || !includes(&root, whole, (at + 1) % whole, all[index], &proof));

            let old = (at + 1, kept.1[index + 1]);
            let proof = kept.hashes(&consistency(old.0, whole).unwrap());
            prop_assert!(continues(old, (whole, root), &proof));
            prop_assert!(!continues((old.0, other), (whole, root), &proof));
            prop_assert!(!continues(old, (whole, other), &proof));
            prop_assert!(!continues(old, (whole, root), &[proof.as_slice(), &[root]].concat()));
        }
    }
}
