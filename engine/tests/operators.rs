//! What each operator computes, fused and alone, on each instruction set, is what plain loops compute.

use std::sync::Arc;

use vivat_engine::{
    Activation, Arena, Binary, Convolution, Graph, InstructionSet, Order, Plan, Unary, Unsupported, Value,
};

use crate::plain::{Picture, noise};

/// As a share of the largest magnitude.
const TOLERANCE: f32 = 2e-6;

/// Runs what `build` makes of an input of noise, and compares it with what `plain` makes of the same.
fn agree(
    shape: [usize; 3],
    build: impl Fn(&mut Graph, Value) -> Result<Value, Unsupported>,
    plain: impl Fn(&Picture) -> Picture,
) {
    let input = Picture::noise(shape, 11);
    let expected = plain(&input);
    let (mut graph, x) = Graph::new(shape[0], shape[1], shape[2]);
    let result = build(&mut graph, x).unwrap();
    assert_eq!(graph.shape(result), expected.shape);
    graph.output(result, Order::Planes);
    for set in InstructionSet::available() {
        let arena = Arena::default();
        let mut session = Arc::new(Plan::new(&graph, set).unwrap()).session(&arena);
        session.input().copy_from_slice(&input.values);
        for run in 0..2 {
            leave_nothing_but_nan(set, &arena, [shape, expected.shape]);
            session.run();
            let ours = session.output(0).unwrap();
            let largest = expected.values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            for (index, (ours, expected)) in ours.iter().zip(&expected.values).enumerate() {
                let difference = (ours - expected).abs();
                assert!(
                    difference <= TOLERANCE * largest,
                    "{shape:?}, {set}, run {run}, {index}: {ours}, not {expected}"
                );
            }
        }
    }
}

/// Runs a network in the arena whose values are no numbers, and whose tensors are larger than those of these shapes.
fn leave_nothing_but_nan(set: InstructionSet, arena: &Arena, shapes: [[usize; 3]; 2]) {
    let [rows, columns, channels] = [0, 1, 2].map(|axis| shapes[0][axis].max(shapes[1][axis]));
    // No padding behind the channels, where zeros would be.
    let (mut graph, x) = Graph::new(rows + 10, columns + 10, channels.next_multiple_of(16) + 16);
    let [.., channels] = graph.shape(x);
    for _ in 0..5 {
        let value = graph.scale(x, &[2.0], &[1.0]).unwrap();
        graph.output(value, Order::Pixels);
    }
    let deep = Convolution { depthwise: true, ..convolution(1, channels, 3, 1, [0, 0]) };
    let between = graph.convolution(x, convolution(channels, channels, 1, 1, [0, 0])).unwrap();
    let pair = graph.convolution(between, deep).unwrap();
    graph.output(pair, Order::Pixels);
    let mut session = Arc::new(Plan::new(&graph, set).unwrap()).session(arena);
    session.input().fill(f32::NAN);
    session.run();
    assert!((0..6).all(|index| session.output(index).unwrap().iter().all(|value| value.is_nan())));
}

fn convolution(inputs: usize, outputs: usize, kernel: usize, stride: usize, padding: [usize; 2]) -> Convolution {
    let weights = noise(outputs * inputs * kernel * kernel, 5);
    let [before, after] = padding.map(|padding| [padding; 2]);
    let (bias, kernel, stride) = (noise(outputs, 6), [kernel; 2], [stride; 2]);
    Convolution { weights, bias, kernel, stride, dilation: [1, 1], before, after, depthwise: false }
}

fn output_shape(layer: &Convolution, [rows, columns, _]: [usize; 3]) -> [usize; 3] {
    let extent = |axis: usize, length: usize| {
        let span = (layer.kernel[axis] - 1) * layer.dilation[axis] + 1;
        (length + layer.before[axis] + layer.after[axis] - span) / layer.stride[axis] + 1
    };
    [extent(0, rows), extent(1, columns), layer.bias.len()]
}

#[test]
fn dense_convolutions_of_any_size_and_padding_are_what_loops_compute() {
    for (shape, outputs, kernel, stride, padding) in [
        ([9, 7, 3], 16, 3, 2, [1, 1]),
        ([8, 8, 3], 33, 5, 2, [1, 2]),
        ([5, 5, 17], 40, 1, 1, [0, 0]),
        ([7, 6, 16], 48, 3, 1, [1, 1]),
        ([6, 9, 20], 10, 2, 2, [0, 0]),
        ([6, 6, 24], 70, 3, 2, [0, 1]),
        ([3, 3, 32], 100, 3, 3, [0, 0]),
        ([1, 1, 50], 3, 1, 1, [0, 0]),
        ([13, 11, 8], 64, 1, 2, [0, 0]),
    ] {
        let layer = convolution(shape[2], outputs, kernel, stride, padding);
        let build = |graph: &mut Graph, x| graph.convolution(x, layer.clone());
        agree(shape, build, |input| input.convolved(&layer, output_shape(&layer, shape)));
    }
}

#[test]
fn depthwise_convolutions_of_any_size_and_padding_are_what_loops_compute() {
    for (shape, kernel, stride, padding, dilation) in [
        ([9, 13, 20], 3, 1, [1, 1], 1),
        ([10, 11, 33], 3, 2, [1, 1], 1),
        ([10, 12, 16], 3, 2, [0, 1], 1),
        ([3, 2, 5], 3, 1, [1, 1], 1),
        ([7, 7, 40], 7, 1, [0, 0], 1),
        ([9, 9, 16], 5, 2, [2, 2], 1),
        ([9, 9, 16], 3, 1, [2, 2], 2),
    ] {
        let plain = convolution(1, shape[2], kernel, stride, padding);
        let layer = Convolution { depthwise: true, dilation: [dilation; 2], ..plain };
        let build = |graph: &mut Graph, x| graph.convolution(x, layer.clone());
        agree(shape, build, |input| input.convolved(&layer, output_shape(&layer, shape)));
    }
}

#[test]
fn what_follows_a_convolution_is_fused_without_a_difference() {
    let shape = [6, 7, 24];
    let (layer, slopes) = (convolution(24, 24, 3, 1, [1, 1]), noise(24, 9));
    let (scale, shift) = (noise(24, 12), noise(24, 13));
    let build = |graph: &mut Graph, x| {
        let y = graph.convolution(x, layer.clone())?;
        let y = graph.scale(y, &scale, &shift)?;
        let y = graph.add(x, y)?;
        graph.activation(y, Activation::Leaky(slopes.clone()))
    };
    agree(shape, build, |input| {
        let scaled = input.convolved(&layer, shape).map(|c, value| value * scale[c] + shift[c]);
        scaled.plus(input).map(|c, value| if value > 0.0 { value } else { value * slopes[c] })
    });
}

#[test]
fn a_pointwise_and_a_depthwise_convolution_and_a_pooling_go_strip_by_strip_without_a_difference() {
    // One strip and many, one panel and several, borders on any side or none, rows that nothing reads.
    for (shape, between, stride, padding) in [
        ([6, 5, 10], 16, 1, [1, 1]),
        ([45, 61, 7], 48, 1, [1, 1]),
        ([44, 60, 5], 70, 2, [0, 1]),
        ([43, 33, 16], 33, 2, [1, 1]),
        ([30, 40, 3], 20, 1, [0, 0]),
        ([40, 50, 4], 32, 2, [1, 0]),
        ([3, 3, 9], 24, 1, [0, 0]),
        ([1, 1, 9], 8, 1, [1, 1]),
    ] {
        let point = convolution(shape[2], between, 1, 1, [0, 0]);
        let deep = Convolution { depthwise: true, ..convolution(1, between, 3, stride, padding) };
        let (first, last) = (noise(between, 9), noise(between, 10));
        let [middle, end] = [output_shape(&point, shape), output_shape(&deep, [shape[0], shape[1], between])];
        let build = |graph: &mut Graph, x| {
            let y = graph.convolution(x, point.clone())?;
            let y = graph.activation(y, Activation::Leaky(first.clone()))?;
            let y = graph.convolution(y, deep.clone())?;
            graph.activation(y, Activation::Leaky(last.clone()))
        };
        let leaky = |slopes: &[f32], c: usize, value: f32| if value > 0.0 { value } else { value * slopes[c] };
        let expected = |input: &Picture| {
            let middle = input.convolved(&point, middle).map(|c, value| leaky(&first, c, value));
            middle.convolved(&deep, end).map(|c, value| leaky(&last, c, value))
        };
        agree(shape, build, expected);
        if end[0] > 1 && end[1] > 1 {
            let pool = |graph: &mut Graph, x| build(graph, x).and_then(|y| graph.max_pool(y, [2, 2], [2, 2]));
            agree(shape, pool, |input| expected(input).pooled(2, 2));
        }
    }
}

#[test]
fn a_large_depthwise_and_a_pointwise_convolution_go_strip_by_strip_without_a_difference() {
    for (shape, outputs, kernel, stride, padding) in
        [([110, 101, 16], 40, 3, 1, [1, 1]), ([109, 100, 10], 10, 5, 1, [2, 2]), ([185, 190, 20], 20, 3, 2, [0, 1])]
    {
        let deep = Convolution { depthwise: true, ..convolution(1, shape[2], kernel, stride, padding) };
        let point = convolution(shape[2], outputs, 1, 1, [0, 0]);
        let (middle, slopes) = (output_shape(&deep, shape), noise(outputs, 9));
        let end = [middle[0], middle[1], outputs];
        let both = |graph: &mut Graph, x| {
            let between = graph.convolution(x, deep.clone())?;
            Ok((between, graph.convolution(between, point.clone())?))
        };
        let leaky = |c: usize, value: f32| if value > 0.0 { value } else { value * slopes[c] };
        let plain = |input: &Picture| {
            let between = input.convolved(&deep, middle);
            (between.clone(), between.convolved(&point, end))
        };
        let activated = |graph: &mut Graph, x| {
            let (_, y) = both(graph, x)?;
            graph.activation(y, Activation::Leaky(slopes.clone()))
        };
        assert_eq!(operators(shape, activated), 2, "the input, and both convolutions in one");
        agree(shape, activated, |input| plain(input).1.map(leaky));
        if end == shape {
            let with_input = |graph: &mut Graph, x| {
                let (_, y) = both(graph, x)?;
                let sum = graph.add(y, x)?;
                graph.activation(sum, Activation::Clipped(6.0))
            };
            assert_eq!(operators(shape, with_input), 2);
            agree(shape, with_input, |input| plain(input).1.plus(input).map(|_, value| value.clamp(0.0, 6.0)));
            // What is written has a border.
            let around = convolution(outputs, 3, 3, 2, [1, 1]);
            let last = output_shape(&around, end);
            let bordered =
                |graph: &mut Graph, x| with_input(graph, x).and_then(|y| graph.convolution(y, around.clone()));
            let sum = |input: &Picture| plain(input).1.plus(input).map(|_, value| value.clamp(0.0, 6.0));
            agree(shape, bordered, |input| sum(input).convolved(&around, last));
        }
        if end == middle {
            let with_between = |graph: &mut Graph, x| both(graph, x).and_then(|(between, y)| graph.add(y, between));
            assert_eq!(operators(shape, with_between), 3, "what lies between is needed twice");
            agree(shape, with_between, |input| plain(input).1.plus(&plain(input).0));
        }
    }
}

fn operators(shape: [usize; 3], build: impl Fn(&mut Graph, Value) -> Result<Value, Unsupported>) -> usize {
    let (mut graph, x) = Graph::new(shape[0], shape[1], shape[2]);
    let result = build(&mut graph, x).unwrap();
    graph.output(result, Order::Planes);
    Plan::new(&graph, InstructionSet::best()).unwrap().operators()
}

#[test]
fn two_convolutions_that_only_their_sum_reads_are_both_computed() {
    let shape = [5, 6, 7];
    let (one, other) =
        (convolution(7, 20, 1, 1, [0, 0]), Convolution { bias: noise(20, 8), ..convolution(7, 20, 1, 1, [0, 0]) });
    let build = |graph: &mut Graph, x| {
        let (a, b) = (graph.convolution(x, one.clone())?, graph.convolution(x, other.clone())?);
        graph.add(a, b)
    };
    agree(shape, build, |input| input.convolved(&one, [5, 6, 20]).plus(&input.convolved(&other, [5, 6, 20])));
}

#[test]
fn a_value_that_others_read_too_is_left_as_it_is() {
    let shape = [5, 5, 16];
    let layer = convolution(16, 16, 1, 1, [0, 0]);
    let build = |graph: &mut Graph, x| {
        let y = graph.convolution(x, layer.clone())?;
        let rectified = graph.activation(y, Activation::Leaky(vec![0.0]))?;
        let clipped = graph.activation(rectified, Activation::Clipped(0.5))?;
        graph.add(clipped, y)
    };
    agree(shape, build, |input| {
        let y = input.convolved(&layer, shape);
        y.map(|_, value| value.clamp(0.0, 0.5)).plus(&y)
    });
}

#[test]
fn pooling_upsampling_and_padding_move_the_right_values() {
    let shape = [8, 6, 18];
    let pool = |graph: &mut Graph, x| {
        let y = graph.max_pool(x, [2, 2], [2, 2])?;
        graph.pad_channels(y, 50)
    };
    agree(shape, pool, |input| input.pooled(2, 2).widened(50));
    let up = |graph: &mut Graph, x| {
        let low = graph.max_pool(x, [2, 2], [2, 2])?;
        let high = graph.upsample(low, 2);
        graph.add(x, high)
    };
    agree(shape, up, |input| input.pooled(2, 2).upsampled(2).plus(input));
    agree(shape, |graph, x| graph.pad_channels(x, 20), |input| input.widened(20));
}

#[test]
fn a_gate_of_squeeze_and_excitation_scales_each_channel() {
    let shape = [5, 7, 21];
    let build = |graph: &mut Graph, x| {
        let sum = graph.pixel_sum(x);
        let mean = graph.scale(sum, &[1.0 / 35.0], &[0.0])?;
        let gate = graph.activation(mean, Activation::Sigmoid)?;
        let gated = graph.gate(x, gate)?;
        graph.add(gated, x)
    };
    agree(shape, build, |input| {
        let means: Vec<f32> = input.values.chunks(35).map(|plane| plane.iter().sum::<f32>() / 35.0).collect();
        input.map(|c, value| value + value / (1.0 + (-means[c]).exp()))
    });
}

#[test]
fn vectors_are_joined_and_normalised() {
    let shape = [1, 1, 19];
    let build = |graph: &mut Graph, x| {
        let doubled = graph.concat(&[x, x])?;
        let powers = graph.unary(doubled, Unary::Exponential)?;
        let squares = graph.binary(powers, powers, Binary::Multiply)?;
        let sum = graph.channel_sum(squares)?;
        let least = graph.constant(vec![1e-6]);
        let sum = graph.binary(sum, least, Binary::Maximum)?;
        let length = graph.unary(sum, Unary::Root)?;
        graph.binary(powers, length, Binary::Divide)
    };
    agree(shape, build, |input| {
        let powers = Picture::made([1, 1, 38], |c, _, _| input.values[c % 19].exp());
        let length = powers.values.iter().map(|value| value * value).sum::<f32>().sqrt();
        powers.map(|_, value| value / length)
    });
}

#[test]
fn small_heads_of_one_value_become_one_and_are_read_apart() {
    let shape = [4, 6, 32];
    let (mut graph, x) = Graph::new(shape[0], shape[1], shape[2]);
    let input = Picture::noise(shape, 3);
    let mut expected = Vec::new();
    for channels in [1, 4, 10] {
        let point = Convolution { weights: noise(channels * 32, 40), ..convolution(32, channels, 1, 1, [0, 0]) };
        let depth = Convolution { depthwise: true, ..convolution(1, channels, 3, 1, [1, 1]) };
        let middle = graph.convolution(x, point.clone()).unwrap();
        let head = graph.convolution(middle, depth.clone()).unwrap();
        let plain = input.convolved(&point, [4, 6, channels]).convolved(&depth, [4, 6, channels]);
        graph.output(head, Order::Pixels);
        let pixels = (0..24).flat_map(|pixel| (0..channels).map(move |c| c * 24 + pixel));
        expected.push(pixels.map(|index| plain.values[index]).collect::<Vec<_>>());
    }
    for set in InstructionSet::available() {
        let plan = Arc::new(Plan::new(&graph, set).unwrap());
        assert_eq!(plan.operators(), 2, "the input, and one pair of a pointwise and a depthwise convolution");
        let mut session = plan.session(&Arena::default());
        session.input().copy_from_slice(&input.values);
        session.run();
        for (index, expected) in expected.iter().enumerate() {
            let ours = session.output(index).unwrap();
            assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{set}, head {index}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (mut graph, x) = Graph::new(4, 4, 8);
    assert!(graph.convolution(x, convolution(9, 8, 1, 1, [0, 0])).is_err(), "weights for another input");
    assert!(graph.convolution(x, convolution(8, 8, 5, 1, [0, 0])).is_err(), "a window larger than the input");
    assert!(graph.scale(x, &[1.0, 2.0], &[0.0]).is_err(), "two values for eight channels");
    assert!(graph.unary(x, Unary::Root).is_err(), "a function of vectors, of a picture");
    assert!(Plan::new(&Graph::default(), InstructionSet::best()).is_err(), "nothing to compute");
}
