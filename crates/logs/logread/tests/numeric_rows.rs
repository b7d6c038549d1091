//! A table of plain numbers is read the same whether its rows take the short way or the general one.
//!
//! A blank before a cell says nothing, and keeps a row from the short way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use foliar_logread::read_log;

/// Numbers that repeat themselves for a seed, by the multiplication of Lehmer.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn number(&mut self) -> String {
        let digits = self.below(100_000) as f64;
        match self.below(14) {
            0 => format!("{}", digits / 1e5),
            1 => format!("{:.3}", digits / 1e4),
            2 => format!("{:e}", digits / 1e7),
            3 => format!("-{:.2}", digits / 1e3),
            4 => format!("{:.18}", digits / 1e5),
            5 => format!("{:.2E}", digits),
            6 => "nan".to_owned(),
            7 => String::new(),
            8 => format!("+{}", digits / 1e5),
            9 => format!(".{digits}"),
            10 => format!("{digits}"),
            _ => format!("{:.5}", digits / 5e4),
        }
    }
}

const HEADERS: [&str; 8] = [
    "epoch,step,loss,val_loss,accuracy,val_accuracy",
    "epoch,train_loss,valid_loss,lr",
    "step,loss,grad_norm",
    "iteration,split,loss",
    "Wall time,Step,Value",
    "run,epoch,val_loss",
    "loss,val_loss,acc",
    "epoch,time,train/loss,metrics/accuracy_top1,val/loss",
];

fn table(seed: u64) -> String {
    let mut dice = Dice(seed);
    let header = HEADERS[dice.below(HEADERS.len() as u64) as usize];
    let columns = header.split(',').count();
    let plain = dice.below(2) == 0;
    let mut text = header.to_owned();
    for row in 0..3 + dice.below(60) {
        let _ = write!(text, "\n{}", row / (1 + dice.below(2)));
        for _ in 1..columns - usize::from(dice.below(40) == 0) {
            let number =
                if plain { format!("{:.4}", 0.1 + dice.below(20_000) as f64 / 1e4) } else { dice.number() };
            let _ = write!(text, ",{number}");
        }
        match dice.below(30) {
            0 => text += "\n",
            1 => text += &format!("\n{header}"),
            2 => text += "\nsaved the model",
            3 => text += "\n12,34",
            _ => {}
        }
    }
    text += "\n";
    text
}

#[test]
fn the_short_way_reads_what_the_general_one_does() {
    let mut logs = 0;
    for seed in 0..3000 {
        let short = table(seed);
        let spaced = |line: &str| match line.starts_with(|first: char| first.is_ascii_digit()) {
            true => line.replacen(',', ", ", 1) + "\n",
            false => line.to_owned() + "\n",
        };
        let general: String = short.lines().map(spaced).collect();
        // Which line looks cut off is told before rows are read, by all bytes of the text.
        let read = |text: &String| {
            read_log(text.as_bytes()).map(|mut log| {
                log.cut_line = None;
                log
            })
        };
        let [short_log, general_log] = [&short, &general].map(read);
        logs += usize::from(short_log.is_ok());
        assert_eq!(format!("{short_log:?}"), format!("{general_log:?}"), "seed {seed}:\n{short}");
    }
    assert!(logs > 2000, "{logs} logs");
}
