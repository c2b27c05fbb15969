//! What a burst needs to remember of one frame.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::burst::print::Print;
use super::colours::Colours;
use super::frame::Frame;
use super::geometry::Point;
use super::landmarks::{Mesh, POINTS};
use super::measures::Pose;
use super::pack::PackDigest;
use super::quality::SIDE;
use super::template::Template;

/// Says that bytes are a trace, and of which form.
const MAGIC: [u8; 4] = *b"vt01";

/// What a burst needs to remember of one frame: about 13 kB. As sensitive as the face itself: wiped from memory when
/// dropped, silent in debug output, and to be sealed before it is stored.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Trace {
    /// Sides of the upright frame, in pixels.
    pub(crate) sides: [f32; 2],
    /// The mesh: x, y, and depth growing away from the camera, in frame pixels.
    pub(crate) mesh: Vec<[f32; 3]>,
    /// Luma of the upright crop that quality is measured on, `SIDE` × `SIDE`.
    pub(crate) face: Vec<u8>,
    /// Light that comes from the face and from around it.
    pub(crate) colours: Colours,
    pub(crate) template: Template,
}

/// The bytes are no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the trace of a frame: it is damaged, or it was made by another version")]
pub struct MalformedTrace;

impl Trace {
    /// `crop` is the luma of the upright crop, in 0..=255.
    pub(crate) fn of(frame: &Frame, mesh: &Mesh, crop: &[f32], template: Template) -> Self {
        Self {
            sides: [frame.width as f32, frame.height as f32],
            mesh: mesh.points.iter().zip(&mesh.depths).map(|(p, depth)| [p.x, p.y, *depth]).collect(),
            face: crop.iter().map(|luma| luma.round() as u8).collect(),
            colours: Colours::of(frame, &mesh.points),
            template,
        }
    }

    /// The perceptual digest of the face, by which the same picture is found again.
    #[must_use]
    pub fn print(&self) -> Print {
        Print::of(&self.face)
    }

    /// The points of the mesh in the frame.
    pub(crate) fn points(&self) -> Vec<Point> {
        self.mesh.iter().map(|[x, y, _]| Point { x: *x, y: *y }).collect()
    }

    /// How the head is held.
    pub(crate) fn pose(&self) -> Pose {
        Pose::of(&self.as_mesh())
    }

    /// As the landmark model gave it.
    pub(crate) fn as_mesh(&self) -> Mesh {
        Mesh { points: self.points(), depths: self.mesh.iter().map(|[_, _, depth]| *depth).collect(), presence: 1.0 }
    }

    /// Bytes to be sealed and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let (centre, step) = grid(&self.mesh);
        let mut bytes = Zeroizing::new(Vec::with_capacity(20_000));
        bytes.extend(MAGIC);
        bytes.extend(self.template.pack().as_bytes());
        let floats = self.sides.into_iter().chain(centre).chain([step]).chain(self.colours.to_floats());
        bytes.extend(floats.flat_map(f32::to_le_bytes));
        let whole =
            self.mesh.iter().flat_map(|point| std::array::from_fn::<_, 3, _>(|i| (point[i] - centre[i]) / step));
        bytes.extend(whole.flat_map(|value| (value.round() as i16).to_le_bytes()));
        bytes.extend(&self.face);
        bytes.extend(self.template.to_bytes().iter());
        bytes
    }

    /// The inverse of [`Trace::to_bytes`]; places come back to a 30,000th of the face's width.
    ///
    /// # Errors
    /// [`MalformedTrace`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedTrace> {
        let mut rest = Reader(bytes);
        if rest.take::<4>()? != MAGIC {
            return Err(MalformedTrace);
        }
        let pack = PackDigest::from_bytes(rest.take()?);
        let sides = rest.floats()?;
        let [x, y, z, step] = rest.floats()?;
        let colours = Colours::from_floats(rest.floats()?);
        let mut mesh = Vec::with_capacity(POINTS);
        for _ in 0..POINTS {
            let mut place = |centre: f32| Ok(centre + step * f32::from(i16::from_le_bytes(rest.take()?)));
            mesh.push([place(x)?, place(y)?, place(z)?]);
        }
        let face = rest.slice(SIDE * SIDE)?.to_vec();
        let template = Template::from_bytes(rest.0, pack).map_err(|_| MalformedTrace)?;
        let finite = mesh.iter().flatten().chain(&sides).all(|value| value.is_finite());
        if finite { Ok(Self { sides, mesh, face, colours, template }) } else { Err(MalformedTrace) }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace(…)")
    }
}

/// The middle of the mesh, and the step of a grid of 16-bit numbers around it that reaches every point.
fn grid(mesh: &[[f32; 3]]) -> ([f32; 3], f32) {
    let sum = mesh.iter().fold([0.0; 3], |sum, point| std::array::from_fn(|i| sum[i] + point[i]));
    let centre = sum.map(|total| total / mesh.len().max(1) as f32);
    let reach = mesh.iter().flat_map(|point| std::array::from_fn::<_, 3, _>(|i| (point[i] - centre[i]).abs()));
    (centre, reach.fold(f32::MIN_POSITIVE, f32::max) / 32_000.0)
}

/// Takes bytes from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], MalformedTrace> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(MalformedTrace)?;
        self.0 = rest;
        Ok(taken)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], MalformedTrace> {
        self.slice(N)?.try_into().map_err(|_| MalformedTrace)
    }

    fn floats<const N: usize>(&mut self) -> Result<[f32; N], MalformedTrace> {
        let mut values = [0.0; N];
        for value in &mut values {
            *value = f32::from_le_bytes(self.take()?);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: [u8; 32] = [7; 32];

    fn trace() -> Trace {
        let frame = Frame { width: 640, height: 480, rgb: [90, 120, 60].repeat(640 * 480) };
        let points = (0..POINTS).map(|i| Point { x: 250.0 + (i % 22) as f32 * 5.3, y: 150.0 + (i / 22) as f32 * 6.1 });
        let depths = (0..POINTS).map(|i| (i % 31) as f32 - 15.0).collect();
        let mesh = Mesh { points: points.collect(), depths, presence: 1.0 };
        let template = Template::from_embedding(&[0.5, -0.25, 1.0], PackDigest::from_bytes(PACK)).unwrap();
        Trace::of(&frame, &mesh, &vec![100.4; SIDE * SIDE], template)
    }

    #[test]
    fn bytes_round_trip() {
        let one = trace();
        let again = Trace::from_bytes(&one.to_bytes()).unwrap();
        for (p, q) in one.mesh.iter().flatten().zip(again.mesh.iter().flatten()) {
            assert!((p - q).abs() < 0.01);
        }
        assert_eq!((one.sides, &one.face), (again.sides, &again.face));
        assert_eq!(one.colours, again.colours);
        assert!((one.template.compare(&again.template).unwrap().get() - 1.0).abs() < 1e-5);
        assert_eq!(format!("{:?}", trace()), "Trace(…)");
    }

    #[test]
    fn other_bytes_are_no_trace() {
        let bytes = trace().to_bytes();
        for length in [0, 3, 40, 2_000, bytes.len() - 1] {
            assert_eq!(Trace::from_bytes(&bytes[..length]).err(), Some(MalformedTrace), "{length} bytes");
        }
        let mut endless = bytes.to_vec();
        endless[36..40].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert_eq!(Trace::from_bytes(&endless).err(), Some(MalformedTrace));
    }
}
