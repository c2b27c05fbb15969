//! A session that runs allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use vivat_engine::{Activation, Arena, Convolution, Graph, InstructionSet, Order, Plan};

use crate::plain::noise;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each thread asks for.
struct Counting;

// SAFETY: everything is passed on to the system's allocator as it came.
#[expect(unsafe_code, reason = "an allocator is unsafe to implement; this one stands in the tests alone")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn running_a_session_allocates_nothing() {
    let (mut graph, x) = Graph::new(16, 16, 3);
    let layer = |inputs: usize, kernel: usize, depthwise| Convolution {
        weights: noise(16 * inputs * kernel * kernel, 1),
        bias: noise(16, 2),
        kernel: [kernel; 2],
        stride: [1, 1],
        dilation: [1, 1],
        before: [kernel / 2; 2],
        after: [kernel / 2; 2],
        depthwise,
    };
    let y = graph.convolution(x, layer(3, 3, false)).unwrap();
    let z = graph.convolution(y, layer(1, 3, true)).unwrap();
    let z = graph.activation(z, Activation::Leaky(vec![0.25])).unwrap();
    let z = graph.convolution(z, layer(16, 1, false)).unwrap();
    let z = graph.add(z, y).unwrap();
    let sum = graph.pixel_sum(z);
    let gate = graph.activation(sum, Activation::Sigmoid).unwrap();
    let z = graph.gate(z, gate).unwrap();
    let pooled = graph.max_pool(z, [2, 2], [2, 2]).unwrap();
    let up = graph.upsample(pooled, 2);
    let joined = graph.concat(&[up, z]).unwrap();
    graph.output(joined, Order::Planes);
    graph.output(gate, Order::Pixels);
    for set in InstructionSet::available() {
        let mut session = Arc::new(Plan::new(&graph, set).unwrap()).session(&Arena::default());
        let before = COUNT.get();
        assert!(before > 0, "the counter counts");
        for _ in 0..3 {
            session.input().fill(0.5);
            session.run();
        }
        assert_eq!(COUNT.get() - before, 0, "with {set}");
        assert!(session.output(0).unwrap().iter().any(|value| *value != 0.0));
    }
}
