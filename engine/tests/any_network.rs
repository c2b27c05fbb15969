//! Networks put together by chance: whatever is fused, the outputs are what the layers compute one after the other.

use std::sync::Arc;

use vivat_engine::{Activation, Arena, Convolution, Graph, InstructionSet, Order, Plan, Value};

use crate::plain::{Picture, noise};

/// As a share of the largest magnitude; errors of some ten layers add up.
const TOLERANCE: f32 = 2e-5;

/// Layers, those of which networks have most more often.
const KINDS: [&str; 13] = [
    "dense",
    "dense",
    "dense",
    "deep",
    "deep",
    "leaky",
    "clipped",
    "sum",
    "scale",
    "pool",
    "upsample",
    "ways that meet",
    "wider",
];

/// Numbers below a bound, always the same ones of a seed.
struct Dice(u32);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % bound
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn noise(&mut self, count: usize, largest: f32) -> Vec<f32> {
        let seed = u32::try_from(self.below(1 << 24)).unwrap();
        noise(count, seed).into_iter().map(|value| value * largest).collect()
    }
}

/// A graph, and each of its values as plain arithmetic has it.
struct Network {
    graph: Graph,
    values: Vec<(Value, Picture)>,
    input: Picture,
    /// What was built, for whoever reads of a failure.
    layers: Vec<String>,
}

impl Network {
    fn of(seed: u32) -> Self {
        let mut dice = Dice(seed);
        let shape = [1 + dice.below(13), 1 + dice.below(17), *dice.one(&[1, 3, 8, 16, 20, 33])];
        let (graph, x) = Graph::new(shape[0], shape[1], shape[2]);
        let input = Picture::noise(shape, seed);
        let layers = vec![format!("{shape:?}")];
        let mut network = Self { graph, values: vec![(x, input.clone())], input, layers };
        for _ in 0..4 + dice.below(9) {
            network.grow(&mut dice);
        }
        let last = network.values.len() - 1;
        let outputs = [last, dice.below(last + 1), dice.below(last + 1)];
        network.values = outputs[..=dice.below(3)].iter().map(|index| network.values[*index].clone()).collect();
        for (value, picture) in &mut network.values {
            if dice.below(4) == 0 {
                *value = network.graph.activation(*value, Activation::Sigmoid).unwrap();
                *picture = picture.map(|_, value| 1.0 / (1.0 + (-value).exp()));
            }
            network.graph.output(*value, Order::Planes);
        }
        network
    }

    /// Adds a layer, mostly behind the newest value.
    fn grow(&mut self, dice: &mut Dice) {
        let newest = self.values.len() - 1;
        let from = if dice.below(3) == 0 { dice.below(newest + 1) } else { newest };
        let (x, picture) = self.values[from].clone();
        let [rows, columns, channels] = picture.shape;
        let graph = &mut self.graph;
        let kind = *dice.one(&KINDS);
        let grown = match kind {
            "dense" => {
                let layer = dense(dice, channels, rows.min(columns));
                graph.convolution(x, layer.clone()).map(|y| (y, picture.convolved(&layer, graph.shape(y))))
            }
            "deep" => {
                let layer = deep(dice, channels);
                graph.convolution(x, layer.clone()).map(|y| (y, picture.convolved(&layer, graph.shape(y))))
            }
            "leaky" => {
                let slopes = if dice.below(2) == 0 { vec![0.0; channels] } else { dice.noise(channels, 1.0) };
                let leaky = picture.map(|c, value| value.max(0.0) + slopes[c] * value.min(0.0));
                graph.activation(x, Activation::Leaky(slopes)).map(|y| (y, leaky))
            }
            "clipped" => {
                let clipped = picture.map(|_, value| value.clamp(0.0, 0.5));
                graph.activation(x, Activation::Clipped(0.5)).map(|y| (y, clipped))
            }
            "sum" => {
                let alike: Vec<_> = self.values.iter().filter(|(_, other)| other.shape == picture.shape).collect();
                let (other, addend) = *dice.one(&alike);
                graph.add(x, *other).map(|y| (y, picture.plus(addend)))
            }
            "scale" => {
                let (scale, shift) = (dice.noise(channels, 1.0), dice.noise(channels, 0.5));
                let scaled = picture.map(|c, value| value * scale[c] + shift[c]);
                graph.scale(x, &scale, &shift).map(|y| (y, scaled))
            }
            // Two ways that meet again, as around a block of a residual network whose shape changes.
            "ways that meet" => {
                let one = dense(dice, channels, rows.min(columns));
                let (weights, bias) = (dice.noise(one.weights.len(), 0.2), dice.noise(one.bias.len(), 0.5));
                let other = Convolution { weights, bias, ..one.clone() };
                graph.convolution(x, one.clone()).and_then(|a| {
                    let b = graph.convolution(x, other.clone())?;
                    let shape = graph.shape(b);
                    let sum = picture.convolved(&one, shape).plus(&picture.convolved(&other, shape));
                    Ok((graph.add(a, b)?, sum))
                })
            }
            "pool" if rows > 1 && columns > 1 => graph.max_pool(x, [2, 2], [2, 2]).map(|y| (y, picture.pooled(2, 2))),
            "upsample" if rows < 20 && columns < 20 => Ok((graph.upsample(x, 2), picture.upsampled(2))),
            "pool" | "upsample" => return,
            "wider" => {
                let more = channels + dice.below(20);
                graph.pad_channels(x, more).map(|y| (y, picture.widened(more)))
            }
            _ => unreachable!("a kind of layer that nobody builds"),
        };
        if let Ok((y, picture)) = grown {
            self.layers.push(format!("{kind} of {from} gives {} {:?}", self.values.len(), picture.shape));
            self.values.push((y, picture));
        }
    }
}

fn dense(dice: &mut Dice, inputs: usize, side: usize) -> Convolution {
    let kernel = if side < 3 { 1 } else { *dice.one(&[1, 1, 1, 3]) };
    let outputs = *dice.one(&[inputs, 1, 10, 16, 32, 50]);
    let around = dice.below(2) * (kernel / 2);
    Convolution {
        weights: dice.noise(outputs * inputs * kernel * kernel, 0.2),
        bias: dice.noise(outputs, 0.5),
        kernel: [kernel; 2],
        stride: [1 + dice.below(2); 2],
        dilation: [1, 1],
        before: [around; 2],
        after: [around; 2],
        depthwise: false,
    }
}

fn deep(dice: &mut Dice, channels: usize) -> Convolution {
    let kernel = *dice.one(&[3, 3, 5]);
    Convolution {
        weights: dice.noise(channels * kernel * kernel, 0.5),
        bias: dice.noise(channels, 0.5),
        kernel: [kernel; 2],
        stride: [1 + dice.below(2); 2],
        dilation: [1, 1],
        before: [kernel / 2; 2],
        after: [kernel / 2; 2],
        depthwise: true,
    }
}

#[test]
fn any_network_computes_what_its_layers_do_one_by_one() {
    // All in one arena: none may rely on what another left there.
    let (arena, mut layers) = (Arena::default(), Vec::new());
    for seed in 0..1000 {
        let network = Network::of(seed);
        layers.extend(network.layers.clone());
        for set in InstructionSet::available() {
            let mut session = Arc::new(Plan::new(&network.graph, set).unwrap()).session(&arena);
            session.input().copy_from_slice(&network.input.values);
            session.run();
            for (index, (_, expected)) in network.values.iter().enumerate() {
                let largest = expected.values.iter().fold(0.1_f32, |largest, value| largest.max(value.abs()));
                let ours = session.output(index).unwrap();
                assert_eq!(ours.len(), expected.values.len(), "seed {seed}, {set}, output {index}");
                for (ours, expected) in ours.iter().zip(&expected.values) {
                    let difference = (ours - expected).abs();
                    assert!(
                        difference <= TOLERANCE * largest,
                        "seed {seed}, {set}, output {index}: {ours}, not {expected}: {}",
                        network.layers.join(", ")
                    );
                }
            }
        }
    }
    for kind in KINDS {
        let count = layers.iter().filter(|layer| layer.starts_with(kind)).count();
        assert!(count > 100, "{kind}: {count} times");
    }
}
