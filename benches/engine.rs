//! How long a model takes on one core, for a peer that takes turns: `benches/peers/engine.py` starts this and asks.
//!
//! Each line of standard input, `FILE WIDTH HEIGHT SET TIMES`, is answered by one of JSON: the milliseconds of CPU time of
//! each run (`cpu_ms`), and how many million multiplications a run has (`millions`; null where tract runs the model).

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::collections::HashMap;
use std::io::{BufRead, Write};

use cpu_time::ThreadTime;
use serde_json::json;
use vivat::vision::{Arena, InstructionSet, Net, Session};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arena = Arena::default();
    let mut loaded: HashMap<String, (Net, Session)> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [file, width, height, set, times] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err("FILE WIDTH HEIGHT SET TIMES".into());
        };
        let model = format!("{file} {width} {height} {set}");
        if !loaded.contains_key(&model) {
            let net =
                Net::load(&std::fs::read(file)?, width.parse()?, height.parse()?, set.parse::<InstructionSet>()?)?;
            let mut session = net.session(&arena)?;
            fill(session.input()?);
            session.run()?;
            loaded.insert(model.clone(), (net, session));
        }
        let Some((net, session)) = loaded.get_mut(&model) else { continue };
        let mut spent = Vec::new();
        for _ in 0..times.parse()? {
            let began = ThreadTime::now();
            session.run()?;
            spent.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let millions = net.multiplications().map(|count| count as f64 / 1e6);
        println!("{}", json!({ "cpu_ms": spent, "millions": millions }));
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Noise between 0 and 1. What is in a picture makes no difference to the time.
fn fill(planes: &mut [f32]) {
    let mut state = 1_u32;
    for value in planes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = (state >> 8) as f32 / 16_777_216.0;
    }
}
