//! Models put together by chance, as ONNX: what our own engine takes for itself, it computes as tract does.

use prost::Message;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto, tensor_proto, type_proto,
};

use super::{Arena, EngineError, InstructionSet, Net, general};

/// As a share of the largest magnitude; errors of some ten layers add up.
const TOLERANCE: f32 = 2e-5;

/// What may come next, those that models have most more often.
const KINDS: &str = "dense dense dense depthwise depthwise grouped PRelu Relu LeakyRelu Clip Sigmoid BatchNormalization \
    constant constant constant Add Mul gate MaxPool AveragePool GlobalAveragePool Resize Concat Pad";

/// Numbers below a bound, always the same ones of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Between -1 and 1.
    fn noise(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.below(2001) as f32 / 1000.0 - 1.0).collect()
    }
}

/// A picture in the graph: its name, channels, rows and columns.
type Picture = (String, [usize; 3]);

struct Model {
    dice: Dice,
    graph: GraphProto,
    pictures: Vec<Picture>,
}

impl Model {
    fn of(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let shape = [3, 4 + dice.below(9), 4 + dice.below(9)];
        let input = info("x", Some(&[1, shape[0], shape[1], shape[2]]));
        let graph = GraphProto { name: "any".into(), input: vec![input], ..GraphProto::default() };
        let mut model = Self { dice, graph, pictures: vec![("x".into(), shape)] };
        for _ in 0..2 + model.dice.below(6) {
            model.grow();
        }
        model.end();
        model
    }

    fn bytes(&self) -> Vec<u8> {
        let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
        ModelProto { ir_version: 8, opset_import, graph: Some(self.graph.clone()), ..ModelProto::default() }
            .encode_to_vec()
    }

    /// The operators, for whoever reads of a failure.
    fn words(&self) -> String {
        let node = |node: &NodeProto| {
            let attributes = node
                .attribute
                .iter()
                .map(|a| format!("{} {:?}{}{}", a.name, a.ints, a.i, String::from_utf8_lossy(&a.s)));
            let attributes: Vec<_> = attributes.collect();
            format!("{} = {}({}) {}", node.output[0], node.op_type, node.input.join(", "), attributes.join(" "))
        };
        let constants = self.graph.initializer.iter().map(|tensor| format!("{} {:?}", tensor.name, tensor.dims));
        let nodes: Vec<_> = constants.chain(self.graph.node.iter().map(node)).collect();
        format!("{:?}\n{}", self.pictures[0].1, nodes.join("\n"))
    }

    fn node(&mut self, kind: &str, input: &[&str], attribute: Vec<AttributeProto>) -> String {
        let output = format!("v{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            input: input.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: kind.to_owned(),
            attribute,
            ..NodeProto::default()
        });
        output
    }

    fn constant(&mut self, dims: &[usize], float_data: Vec<f32>) -> String {
        let name = format!("c{}", self.graph.initializer.len());
        let dims = dims.iter().map(|dim| whole(*dim)).collect();
        let data_type = tensor_proto::DataType::Float as i32;
        let tensor = TensorProto { name: name.clone(), dims, data_type, float_data, ..TensorProto::default() };
        self.graph.initializer.push(tensor);
        name
    }

    fn noise(&mut self, dims: &[usize]) -> String {
        let values = self.dice.noise(dims.iter().product());
        self.constant(dims, values)
    }

    /// Adds an operator, mostly behind the newest picture.
    fn grow(&mut self) {
        let newest = self.pictures.len() - 1;
        let from = if self.dice.below(4) == 0 { self.dice.below(newest + 1) } else { newest };
        let (x, shape) = self.pictures[from].clone();
        let [channels, rows, columns] = shape;
        let x = x.as_str();
        let kind = self.dice.one(&KINDS.split_whitespace().collect::<Vec<_>>());
        let grown = match kind {
            "dense" => self.convolution(x, shape, 1),
            "depthwise" => self.convolution(x, shape, channels),
            "grouped" if channels % 2 == 0 => self.convolution(x, shape, 2),
            "PRelu" => {
                let slopes = match self.dice.below(3) {
                    0 => self.noise(&[1]),
                    1 => self.noise(&[channels, 1, 1]),
                    _ => self.noise(&[1, channels, 1, 1]),
                };
                Some((self.node(kind, &[x, &slopes], vec![]), shape))
            }
            "Relu" | "Sigmoid" => Some((self.node(kind, &[x], vec![]), shape)),
            "LeakyRelu" => Some((self.node(kind, &[x], vec![float("alpha", 0.2)]), shape)),
            "Clip" => {
                let least = if self.dice.below(2) == 0 { 0.0 } else { -0.3 };
                let (least, most) = (self.constant(&[], vec![least]), self.constant(&[], vec![0.7]));
                let positive = self.dice.below(2) == 0;
                let x = if positive { self.node("Relu", &[x], vec![]) } else { x.to_owned() };
                Some((self.node(kind, &[&x, &least, &most], vec![]), shape))
            }
            "BatchNormalization" => {
                let [scale, shift, mean] = [(); 3].map(|()| self.noise(&[channels]));
                let spread = self.dice.noise(channels).into_iter().map(|value| value + 1.1).collect();
                let spread = self.constant(&[channels], spread);
                Some((self.node(kind, &[x, &scale, &shift, &mean, &spread], vec![]), shape))
            }
            "constant" => Some((self.with_constant(x, shape), shape)),
            "Add" | "Mul" | "Concat" => Some(self.of_two(kind, x, shape)),
            "gate" => {
                let mean = self.node("GlobalAveragePool", &[x], vec![]);
                let weights = self.noise(&[channels, channels, 1, 1]);
                let gate = self.node("Conv", &[&mean, &weights], vec![]);
                let gate = self.node("Sigmoid", &[&gate], vec![]);
                let operands = if self.dice.below(2) == 0 { [x, &gate] } else { [gate.as_str(), x] };
                Some((self.node("Mul", &operands, vec![]), shape))
            }
            "MaxPool" | "AveragePool" if rows > 3 && columns > 3 => Some(self.pooling(kind, x, shape)),
            "GlobalAveragePool" => Some((self.node(kind, &[x], vec![]), [channels, 1, 1])),
            "Resize" if rows < 20 && columns < 20 => Some(self.resized(x, shape)),
            "Pad" => Some(self.padded(x, shape)),
            _ => None,
        };
        self.pictures.extend(grown);
    }

    fn convolution(&mut self, x: &str, [channels, rows, columns]: [usize; 3], group: usize) -> Option<Picture> {
        let kernel = [self.dice.one(&[1, 1, 3, 3, 2]), self.dice.one(&[1, 1, 3, 3, 5])];
        let kernel = if self.dice.below(2) == 0 { [kernel[0]; 2] } else { kernel };
        let stride = [1 + self.dice.below(2), 1 + self.dice.below(2)];
        let dilation = if self.dice.below(5) == 0 { [2, 1] } else { [1, 1] };
        let pads = [(); 4].map(|()| self.dice.below(3));
        let same =
            if self.dice.below(4) == 0 { Some(self.dice.one(&["SAME_UPPER", "SAME_LOWER", "VALID"])) } else { None };
        let padding = same.map_or_else(|| ints("pads", &pads), |same| text("auto_pad", same));
        let extent = |axis: usize, length: usize| match same {
            Some("VALID") => Some(length.checked_sub((kernel[axis] - 1) * dilation[axis] + 1)? / stride[axis] + 1),
            Some(_) => Some(length.div_ceil(stride[axis])),
            None => {
                let padded = length + pads[axis] + pads[axis + 2];
                Some(padded.checked_sub((kernel[axis] - 1) * dilation[axis] + 1)? / stride[axis] + 1)
            }
        };
        let (rows, columns) = (extent(0, rows)?, extent(1, columns)?);
        // Often as many channels as rows or columns, so that one could be taken for the other.
        let any = self.dice.one(&[1, 4, 16, rows, columns]);
        let outputs = if group == channels && self.dice.below(4) > 0 { channels } else { group * any };
        let weights = self.noise(&[outputs, channels / group, kernel[0], kernel[1]]);
        let bias = self.noise(&[outputs]);
        let attributes = vec![
            ints("kernel_shape", &kernel),
            ints("strides", &stride),
            ints("dilations", &dilation),
            int("group", group),
            padding,
        ];
        let with_bias = self.dice.below(2) == 0;
        let input: &[&str] = if with_bias { &[x, &weights, &bias] } else { &[x, &weights] };
        Some((self.node("Conv", input, attributes), [outputs, rows, columns]))
    }

    /// A constant that varies along any axis, or none.
    fn with_constant(&mut self, x: &str, [channels, rows, columns]: [usize; 3]) -> String {
        let dims: &[usize] = match self.dice.below(6) {
            0 => &[1],
            1 => &[],
            2 => &[1, channels, 1, 1],
            3 => &[channels, 1, 1],
            4 => &[columns],
            _ => &[rows, 1],
        };
        let values = self.dice.noise(dims.iter().product()).into_iter().map(|value| value + 1.5).collect();
        let constant = self.constant(dims, values);
        let kind = self.dice.one(&["Add", "Sub", "Mul", "Div", "Max", "Min"]);
        let operands = if self.dice.below(2) == 0 { [x, &constant] } else { [constant.as_str(), x] };
        self.node(kind, &operands, vec![])
    }

    fn of_two(&mut self, kind: &str, x: &str, shape: [usize; 3]) -> Picture {
        let alike: Vec<_> = self.pictures.iter().filter(|(_, other)| *other == shape).cloned().collect();
        let (other, _) = alike[self.dice.below(alike.len())].clone();
        let attributes = if kind == "Concat" { vec![int("axis", 1)] } else { vec![] };
        let channels = if kind == "Concat" { 2 * shape[0] } else { shape[0] };
        (self.node(kind, &[x, &other], attributes), [channels, shape[1], shape[2]])
    }

    fn pooling(&mut self, kind: &str, x: &str, [channels, rows, columns]: [usize; 3]) -> Picture {
        let (kernel, stride) = (2 + self.dice.below(2), 1 + self.dice.below(2));
        let up = self.dice.below(2);
        let after = self.dice.below(2);
        let attributes = vec![
            ints("kernel_shape", &[kernel, kernel]),
            ints("strides", &[stride, stride]),
            ints("pads", &[0, 0, after, after]),
            int("ceil_mode", up),
        ];
        let extent = |length: usize| {
            let (room, step) = (length + after - kernel, stride);
            (if up == 1 { room.div_ceil(step) } else { room / step }) + 1
        };
        (self.node(kind, &[x], attributes), [channels, extent(rows), extent(columns)])
    }

    fn resized(&mut self, x: &str, [channels, rows, columns]: [usize; 3]) -> Picture {
        let mode = self.dice.one(&["nearest", "nearest", "linear"]);
        let places = self.dice.one(&["asymmetric", "half_pixel"]);
        let scales = self.constant(&[4], vec![1.0, 1.0, 2.0, 2.0]);
        let attributes =
            vec![text("mode", mode), text("coordinate_transformation_mode", places), text("nearest_mode", "floor")];
        (self.node("Resize", &[x, "", &scales], attributes), [channels, 2 * rows, 2 * columns])
    }

    fn padded(&mut self, x: &str, [channels, rows, columns]: [usize; 3]) -> Picture {
        let [more, below] = [self.dice.below(5), self.dice.below(2)];
        let name = format!("c{}", self.graph.initializer.len());
        let int64_data = vec![0, 0, 0, 0, 0, whole(more), whole(below), 0];
        let data_type = tensor_proto::DataType::Int64 as i32;
        let pads = TensorProto { name: name.clone(), dims: vec![8], data_type, int64_data, ..TensorProto::default() };
        self.graph.initializer.push(pads);
        (self.node("Pad", &[x, &name], vec![]), [channels + more, rows + below, columns])
    }

    /// What the newest picture ends in, and the outputs.
    fn end(&mut self) {
        let (x, [channels, rows, columns]) = self.pictures[self.pictures.len() - 1].clone();
        let inputs = channels * rows * columns;
        let last = match self.dice.below(5) {
            0 => {
                let flat = self.node("Flatten", &[&x], vec![]);
                let turned = self.dice.below(2);
                let dims = if turned == 1 { [7, inputs] } else { [inputs, 7] };
                let weights = self.noise(&dims);
                let bias = self.noise(&[7]);
                self.node("Gemm", &[&flat, &weights, &bias], vec![int("transB", turned)])
            }
            1 => self.node("Transpose", &[&x], vec![ints("perm", &[0, 2, 3, 1])]),
            2 => self.node("Transpose", &[&x], vec![ints("perm", &[0, 1, 3, 2])]),
            3 => self.node("Sigmoid", &[&x], vec![]),
            _ if x == "x" => self.node("Relu", &[&x], vec![]),
            _ => x,
        };
        self.graph.output.push(info(&last, None));
        let another = self.dice.below(self.pictures.len());
        if another > 0 && self.pictures[another].0 != last {
            self.graph.output.push(info(&self.pictures[another].0.clone(), None));
        }
    }
}

fn info(name: &str, shape: Option<&[usize]>) -> ValueInfoProto {
    let dim =
        |length: &usize| Dimension { value: Some(dimension::Value::DimValue(whole(*length))), ..Dimension::default() };
    let shape = shape.map(|shape| TensorShapeProto { dim: shape.iter().map(dim).collect() });
    let tensor = type_proto::Tensor { elem_type: tensor_proto::DataType::Float as i32, shape };
    let r#type = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(r#type), ..ValueInfoProto::default() }
}

fn whole(number: usize) -> i64 {
    number.try_into().unwrap()
}

fn attribute(name: &str, kind: attribute_proto::AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

fn int(name: &str, i: usize) -> AttributeProto {
    AttributeProto { i: whole(i), ..attribute(name, attribute_proto::AttributeType::Int) }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|value| whole(*value)).collect();
    AttributeProto { ints, ..attribute(name, attribute_proto::AttributeType::Ints) }
}

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, attribute_proto::AttributeType::Float) }
}

fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { s: s.as_bytes().to_vec(), ..attribute(name, attribute_proto::AttributeType::String) }
}

fn by_tract(onnx: &[u8], input: [usize; 4], values: &[f32]) -> Result<general::Session, EngineError> {
    let parsed = general::parse(onnx, input[3], input[2])?;
    let mut session = general::Model::new(parsed, input)?.session()?;
    session.input()?.copy_from_slice(values);
    session.run()?;
    Ok(session)
}

#[test]
fn any_model_that_our_own_engine_takes_is_computed_as_tract_does() {
    let (arena, mut own, mut refused) = (Arena::default(), 0, 0);
    for seed in 0..200 {
        let model = Model::of(seed);
        let (bytes, [_, height, width]) = (model.bytes(), model.pictures[0].1);
        let noise = Dice(seed).noise(3 * height * width);
        // What tract does not compute, nobody does.
        let Ok(tract) = by_tract(&bytes, [1, 3, height, width], &noise) else {
            refused += 1;
            continue;
        };
        for set in InstructionSet::available() {
            let net = Net::load(&bytes, width, height, set).unwrap();
            own += u32::from(set == InstructionSet::best() && net.multiplications().is_some());
            let mut session = net.session(&arena).unwrap();
            session.input().unwrap().copy_from_slice(&noise);
            session.run().unwrap();
            for index in 0..net.output_shapes().len() {
                let (ours, expected) = (session.output(index).unwrap(), tract.output(index).unwrap());
                assert_eq!(ours.len(), expected.len(), "seed {seed}, {set}, output {index}: {}", model.words());
                let finite = expected.iter().filter(|value| value.is_finite());
                let largest = finite.fold(0.1_f32, |largest, value| largest.max(value.abs()));
                for (ours, expected) in ours.iter().zip(expected) {
                    let same = ours.total_cmp(expected).is_eq() || (ours.is_nan() && expected.is_nan());
                    let near = same || (ours - expected).abs() <= TOLERANCE * largest;
                    assert!(near, "seed {seed}, {set}, output {index}: {ours}, not {expected}: {}", model.words());
                }
            }
        }
    }
    assert!(own > 40 && refused < 10, "{own} taken by our own engine, {refused} not computed by tract");
}
