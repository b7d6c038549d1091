//! Measures a classifier on photographs that it has not seen, one folder per class:
//! `cargo run --release -p foliar --example evaluate -- model.foliar PHOTOS`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use foliar::{Classifier, evaluate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut classifier = Classifier::open(arguments.next().ok_or("which model?")?)?;
    let evaluation = evaluate(&mut classifier, arguments.next().ok_or("which photographs?")?)?;

    println!("{} photographs in {} groups", evaluation.photographs, evaluation.data.groups);
    println!("accuracy {:.3}", evaluation.scores.accuracy.value);
    for class in &evaluation.classes {
        println!("  {}: recall {:.3}", class.class, class.scores.recall.value);
    }
    Ok(())
}
