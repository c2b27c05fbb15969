//! The codes of all references, in memory.

use std::collections::HashMap;
use std::fmt;
use std::mem::size_of;

use rayon::prelude::*;
use zeroize::Zeroize;

use super::code::{Code, LANES, width};
use super::shortlist::{Bounds, Shortlist, Wanted};
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::score::Similarity;
use crate::vision::engine::{InstructionSet, Line, products};
use crate::vision::pack::PackDigest;
use crate::vision::template::{Template, TemplateError};

/// References of a block: what one worker scans at a time, and what is allocated at a time.
const BLOCK: usize = 1024;

/// References whose products lie on the stack at a time.
const STRIP: usize = 64;

/// The longest template whose products fit into 32 bits.
pub const MAX_DIMENSION: usize = 2048;

/// What a reference takes beside one byte for each value of its template (rounded up to whole cache lines): scale, loss
/// and reach, whose it is, and its place by its identifier.
pub const BYTES_PER_REFERENCE: usize = 3 * size_of::<f32>() + size_of::<Enrolled>() + size_of::<(ReferenceId, usize)>();

/// A reference, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enrolled {
    /// Which.
    pub reference: ReferenceId,
    /// Whose.
    pub beneficiary: BeneficiaryId,
}

/// The codes of all references that one model pack made. A code tells a face nearly as well as its template does, so it is
/// wiped when it goes, and silent in debug output.
pub struct Gallery {
    pack: PackDigest,
    set: InstructionSet,
    /// Of all templates; 0 before the first.
    dimension: usize,
    blocks: Vec<Block>,
    places: HashMap<ReferenceId, usize>,
}

/// Up to [`BLOCK`] references, one in each place of every list.
struct Block {
    lines: Vec<Line>,
    traits: Vec<Traits>,
    enrolled: Vec<Enrolled>,
}

/// A code that others are multiplied with.
struct Probe {
    numbers: Vec<[i16; LANES]>,
    of: Traits,
    dimension: usize,
    set: InstructionSet,
}

/// What makes bounds of a score of a product.
#[derive(Clone, Copy)]
struct Traits {
    scale: f32,
    loss: f32,
    reach: f32,
}

impl Gallery {
    /// An empty gallery for the templates of one pack.
    #[must_use]
    pub fn new(pack: PackDigest) -> Self {
        Self { pack, set: InstructionSet::best(), dimension: 0, blocks: Vec::new(), places: HashMap::new() }
    }

    /// How many references there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether this reference is here.
    #[must_use]
    pub fn contains(&self, reference: ReferenceId) -> bool {
        self.places.contains_key(&reference)
    }

    /// Adds a reference, in the place of the one that has its identifier, if any.
    ///
    /// # Errors
    /// [`TemplateError::OtherPack`] for a template of other models, [`TemplateError::Malformed`] for one of more than
    /// [`MAX_DIMENSION`] values.
    pub fn insert(&mut self, enrolled: Enrolled, template: &Template) -> Result<(), TemplateError> {
        self.check(template)?;
        if template.values().len() > MAX_DIMENSION {
            return Err(TemplateError::Malformed);
        }
        self.dimension = template.values().len();
        self.remove(enrolled.reference);
        let lines = self.lines();
        if self.blocks.last().is_none_or(|block| block.enrolled.len() == BLOCK) {
            self.blocks.push(Block::with_room(lines));
        }
        let place = self.len();
        let Some(block) = self.blocks.last_mut() else { return Ok(()) };
        let code = Code::of_reference(template.values());
        block.lines.extend(in_lines(&code.numbers, lines).into_iter().map(Line));
        block.traits.push(Traits { scale: code.scale, loss: code.loss, reach: template.reach() });
        block.enrolled.push(enrolled);
        self.places.insert(enrolled.reference, place);
        Ok(())
    }

    /// Takes a reference out, and says whether it was here. The last one takes its place.
    pub fn remove(&mut self, reference: ReferenceId) -> bool {
        let Some(place) = self.places.remove(&reference) else { return false };
        let width = self.lines();
        let Some(last) = self.blocks.last_mut() else { return false };
        let Some((moved, traits, lines)) = last.pop(width) else { return false };
        if last.enrolled.is_empty() {
            self.blocks.pop();
        }
        if moved.reference != reference {
            let (block, at) = (&mut self.blocks[place / BLOCK], place % BLOCK);
            block.enrolled[at] = moved;
            block.traits[at] = traits;
            block.lines[at * width..][..width].copy_from_slice(&lines);
            self.places.insert(moved.reference, place);
        }
        true
    }

    /// Who may belong into the answer. On the pool of rayon that it is called on.
    ///
    /// # Errors
    /// [`TemplateError::OtherPack`] for a template of other models.
    pub fn search(&self, probe: &Template, wanted: Wanted) -> Result<Shortlist, TemplateError> {
        self.check(probe)?;
        let code = Code::of_probe(probe.values());
        let numbers = in_lines(&code.numbers, self.lines());
        let of = Traits { scale: code.scale, loss: code.loss, reach: probe.reach() };
        let probe = Probe { numbers, of, dimension: self.dimension, set: self.set };
        let empty = || Shortlist::new(wanted);
        let scan = |mut list: Shortlist, block: &Block| {
            block.scan(&probe, 0, list.floor(), |at, bounds| list.consider(bounds, || block.enrolled[at]));
            list
        };
        Ok(self.blocks.par_iter().fold(empty, scan).reduce(empty, Shortlist::merge))
    }

    /// All pairs of references of two different people that may be at least so alike. What they are indeed, only their
    /// templates tell. On the pool of rayon that it is called on.
    #[must_use]
    pub fn pairs(&self, reaching: Similarity) -> Vec<(Enrolled, Enrolled)> {
        let against = |(number, block): (usize, &Block)| {
            let mut pairs = Vec::new();
            let probes: Vec<_> = (0..block.enrolled.len()).map(|at| block.probe(at, self)).collect();
            // Each pair once: with what comes behind. A block stays in the cache while all of another pass over it.
            for (ahead, other) in self.blocks[number..].iter().enumerate() {
                for (at, (probe, one)) in probes.iter().zip(&block.enrolled).enumerate() {
                    let from = if ahead == 0 { at + 1 } else { 0 };
                    other.scan(probe, from, reaching.get(), |at, _| {
                        if other.enrolled[at].beneficiary != one.beneficiary {
                            pairs.push((*one, other.enrolled[at]));
                        }
                    });
                }
            }
            pairs
        };
        self.blocks.par_iter().enumerate().flat_map_iter(against).collect()
    }

    fn check(&self, template: &Template) -> Result<(), TemplateError> {
        let same = template.pack() == self.pack && [0, template.values().len()].contains(&self.dimension);
        if same { Ok(()) } else { Err(TemplateError::OtherPack) }
    }

    /// Of one code.
    fn lines(&self) -> usize {
        self.dimension.div_ceil(LANES)
    }
}

impl Block {
    fn with_room(lines: usize) -> Self {
        Self {
            lines: Vec::with_capacity(BLOCK * lines),
            traits: Vec::with_capacity(BLOCK),
            enrolled: Vec::with_capacity(BLOCK),
        }
    }

    fn pop(&mut self, width: usize) -> Option<(Enrolled, Traits, Vec<Line>)> {
        let (enrolled, traits) = (self.enrolled.pop()?, self.traits.pop()?);
        let kept = self.lines.len() - width;
        let lines = self.lines[kept..].to_vec();
        self.lines[kept..].iter_mut().for_each(|line| line.0.zeroize());
        self.lines.truncate(kept);
        Some((enrolled, traits, lines))
    }

    /// One of its references, to be compared with others.
    fn probe(&self, at: usize, gallery: &Gallery) -> Probe {
        let &Gallery { dimension, set, .. } = gallery;
        let width = gallery.lines();
        let numbers = self.lines[at * width..][..width].iter().map(|line| line.0.map(i16::from)).collect();
        Probe { numbers, of: self.traits[at], dimension, set }
    }

    /// The bounds of the score of each reference whose score may be `floor` or more, beginning with one of them. `found`
    /// takes its place and its bounds.
    ///
    /// They are computed from the bounds of the cosine by the steps of [`Template::compare`], each of which rounds
    /// the larger of two numbers to no less than the smaller one: so the score lies between them.
    fn scan(&self, probe: &Probe, from: usize, floor: f32, mut found: impl FnMut(usize, Bounds)) {
        let Probe { numbers, of, dimension, set } = probe;
        let (mut product, mut most) = ([0; STRIP], [0.0_f32; STRIP]);
        let score = |cosine: f32, reach: f32| (cosine - f32::midpoint(of.reach, reach)).clamp(-1.0, 1.0);
        let mut strips = self.lines[from * numbers.len()..].chunks(STRIP * numbers.len()).enumerate().peekable();
        while let Some((strip, lines)) = strips.next() {
            let later = strips.peek().map_or(&[][..], |(_, lines)| lines);
            products(*set, lines, later, numbers, &mut product);
            let first = from + strip * STRIP;
            let traits = &self.traits[first..(first + STRIP).min(self.traits.len())];
            let bounds = |product: i32, traits: &Traits| {
                (product as f32 * (traits.scale * of.scale), width(traits.loss, of.loss, *dimension))
            };
            for ((most, product), traits) in most.iter_mut().zip(&product).zip(traits) {
                let (cosine, width) = bounds(*product, traits);
                *most = score(cosine + width, traits.reach);
            }
            for (at, traits) in traits.iter().enumerate().filter(|(at, _)| most[*at] >= floor) {
                let (cosine, width) = bounds(product[at], traits);
                found(first + at, Bounds { least: score(cosine - width, traits.reach), most: most[at] });
            }
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.lines.iter_mut().for_each(|line| line.0.zeroize());
    }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gallery(…)")
    }
}

/// Numbers padded with zeros to so many whole lines.
fn in_lines<Number: Copy + Default>(numbers: &[Number], lines: usize) -> Vec<[Number; LANES]> {
    let mut padded = vec![[Number::default(); LANES]; lines];
    padded.as_flattened_mut()[..numbers.len()].copy_from_slice(numbers);
    padded
}
