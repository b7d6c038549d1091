//! Classifies photographs: `cargo run --release -p foliar --example predict -- model.foliar leaf.jpg`.
#![allow(clippy::print_stdout, reason = "an example prints")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut classifier = foliar::Classifier::open(arguments.next().ok_or("which model?")?)?;
    for prediction in classifier.predict(&arguments.collect::<Vec<_>>())? {
        match prediction {
            Ok(prediction) => println!("{}", classifier.classes()[prediction.predicted()]),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
