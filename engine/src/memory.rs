//! Which tensors share a buffer: those of which one is done with before the other begins.

use crate::graph::Value;
use crate::kernels::{pair, separable};
use crate::step::{Operation, Program};
use crate::tensor::Layout;

/// Where each value lies.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The buffer of each value; those that no step writes have none.
    pub(crate) buffer: Vec<Option<usize>>,
    /// Values in each buffer.
    pub(crate) lengths: Vec<usize>,
    /// The buffers whose tensors have a border, and the layout that all tensors of such a buffer share but for their channels.
    pub(crate) bordered: Vec<(usize, Layout)>,
    /// Values in the strip of convolutions that run together.
    pub(crate) strip: usize,
}

struct Free {
    buffer: usize,
    /// `None`: it has no border in this plan. A border stays zero only while all tensors of its buffer have the same one.
    bordered: Option<Layout>,
}

impl Memory {
    pub(crate) fn plan(program: &Program, layouts: &[Layout]) -> Self {
        let mut last = vec![0; layouts.len()];
        for (index, step) in program.steps.iter().enumerate() {
            last[step.output.0] = index;
            for read in step.operation.reads() {
                last[read.0] = index;
            }
        }
        for output in &program.outputs {
            last[output.value.0] = usize::MAX;
        }
        let mut memory = Self {
            buffer: vec![None; layouts.len()],
            lengths: Vec::new(),
            bordered: Vec::new(),
            strip: strip(program, layouts),
        };
        let (mut free, mut live): (Vec<Free>, Vec<Value>) = (Vec::new(), Vec::new());
        for (index, step) in program.steps.iter().enumerate() {
            memory.take(step.output, layouts, &mut free);
            live.push(step.output);
            live.retain(|value| {
                let done = last[value.0] <= index;
                if let (true, Some(buffer)) = (done, memory.buffer[value.0]) {
                    free.push(Free { buffer, bordered: bordered(&layouts[value.0]) });
                }
                !done
            });
        }
        memory
    }

    fn take(&mut self, value: Value, layouts: &[Layout], free: &mut Vec<Free>) {
        let layout = &layouts[value.0];
        let fits = |candidate: &Free| match bordered(layout) {
            None => candidate.bordered.is_none() && self.lengths[candidate.buffer] >= layout.len(),
            some => candidate.bordered == some,
        };
        // The one that was freed last is the likeliest to be in the cache.
        let buffer = if let Some(index) = free.iter().rposition(fits) {
            free.remove(index).buffer
        } else {
            let buffer = self.lengths.len();
            self.lengths.push(layout.len());
            self.bordered.extend(bordered(layout).map(|_| (buffer, *layout)));
            buffer
        };
        self.buffer[value.0] = Some(buffer);
    }
}

/// Large enough for all of them.
fn strip(program: &Program, layouts: &[Layout]) -> usize {
    let strips = program.steps.iter().map(|step| match &step.operation {
        Operation::Pair(pair) => pair::Pair::scratch(&layouts[pair.between.0], pair.pooled.is_some()),
        Operation::Separable(parts) => separable::Separable::scratch(&layouts[parts.between.0]),
        _ => 0,
    });
    strips.max().unwrap_or(0)
}

fn bordered(layout: &Layout) -> Option<Layout> {
    let same = Layout { channels: 0, ..*layout };
    (layout.border != crate::tensor::Border::default()).then_some(same)
}
