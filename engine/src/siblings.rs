//! Heads that read the same value become one: each alone has fewer channels than a register.

use crate::graph::{Convolution, Value};
use crate::step::{Finish, Operation, Program, Readout, Step};

/// A pointwise convolution into a depthwise one into an output, by the indices of the steps and the output.
struct Head {
    point: usize,
    depth: usize,
    output: usize,
}

/// Merges the heads of each value.
pub(crate) fn merge(program: &mut Program) {
    while let Some(heads) = siblings(program) {
        let part = |index: usize| convolution(&program.steps[index]);
        let point = side_by_side(&heads.iter().map(|head| part(head.point)).collect::<Vec<_>>());
        let depth = side_by_side(&heads.iter().map(|head| part(head.depth)).collect::<Vec<_>>());
        let mut first = 0;
        let deep = Value(program.shapes.len() + 1);
        for head in &heads {
            let output = &mut program.outputs[head.output];
            *output = Readout { value: deep, first, ..output.clone() };
            first += output.channels;
        }
        let shallow = Value(program.shapes.len());
        for index in [heads[0].point, heads[0].depth] {
            let [rows, columns, _] = program.shapes[program.steps[index].output.0];
            program.shapes.push([rows, columns, first]);
        }
        let x = program.steps[heads[0].point].operation.reads()[0];
        let finish = Finish::default();
        let point = Operation::Convolution { x, convolution: point, finish: finish.clone() };
        let depth = Operation::Convolution { x: shallow, convolution: depth, finish };
        program.steps[heads[0].point] = Step { operation: point, output: shallow };
        program.steps[heads[0].depth] = Step { operation: depth, output: deep };
        let mut index = 0;
        program.steps.retain(|_| {
            index += 1;
            !heads[1..].iter().any(|head| [head.point, head.depth].contains(&(index - 1)))
        });
    }
}

fn convolution(step: &Step) -> &Convolution {
    match &step.operation {
        Operation::Convolution { convolution, .. } => convolution,
        _ => unreachable!("a head is made of convolutions"),
    }
}

/// Heads of one value and one geometry, if there are several of less than a register each.
fn siblings(program: &Program) -> Option<Vec<Head>> {
    let mut heads: Vec<Head> = Vec::new();
    for (output, readout) in program.outputs.iter().enumerate() {
        if readout.channels < crate::LANES {
            heads.extend(head(program, output));
        }
    }
    let alike = |a: &Head, b: &Head| {
        let reads = |head: &Head| program.steps[head.point].operation.reads()[0];
        let (p, q) = (convolution(&program.steps[a.depth]), convolution(&program.steps[b.depth]));
        reads(a) == reads(b) && geometry(p) == geometry(q)
    };
    while let Some(first) = heads.pop() {
        let mut family: Vec<Head> = heads.extract_if(.., |head| alike(head, &first)).collect();
        if !family.is_empty() {
            family.push(first);
            family.sort_by_key(|head| head.point);
            return Some(family);
        }
    }
    None
}

type Geometry = ([usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

fn geometry(c: &Convolution) -> Geometry {
    (c.kernel, c.stride, c.dilation, c.before, c.after)
}

fn head(program: &Program, output: usize) -> Option<Head> {
    let writes = |value: Value| program.steps.iter().position(|step| step.output == value);
    let readers = |value: Value| {
        program.readers(value).count() + program.outputs.iter().filter(|output| output.value == value).count()
    };
    let plain = |index: usize| match &program.steps[index].operation {
        Operation::Convolution { x, convolution, finish } if finish.is_empty() => Some((*x, convolution)),
        _ => None,
    };
    let depth = writes(program.outputs[output].value)?;
    let (middle, depthwise) = plain(depth)?;
    let point = writes(middle)?;
    let (_, pointwise) = plain(point)?;
    let fits = depthwise.depthwise
        && !pointwise.depthwise
        && geometry(pointwise) == ([1, 1], [1, 1], pointwise.dilation, [0, 0], [0, 0])
        && readers(middle) == 1
        && readers(program.outputs[output].value) == 1;
    fits.then_some(Head { point, depth, output })
}

/// One convolution with the outputs of all.
fn side_by_side(parts: &[&Convolution]) -> Convolution {
    let weights = parts.iter().flat_map(|part| part.weights.iter().copied()).collect();
    let bias = parts.iter().flat_map(|part| part.bias.iter().copied()).collect();
    Convolution { weights, bias, ..parts[0].clone() }
}
