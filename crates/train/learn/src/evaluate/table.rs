//! The photographs of an evaluation as a table.

use crate::error::LearnError;
use crate::evaluation::{Evaluation, PhotographRow};

impl Evaluation {
    /// A row a photograph as comma-separated values with a header: path, truth, said, confidence, whether it is right, the
    /// classes of its set separated by `|`, distance, energy, whether the classifier says that it does not know, group, and a
    /// probability for each class. What the bundle can not tell is empty.
    ///
    /// # Errors
    /// None that is expected: the table is made in memory.
    pub fn table(&self) -> Result<Vec<u8>, LearnError> {
        let refuse = |error: csv::Error| LearnError::Log(error.into());
        let names: Vec<&str> = self.metrics.classes.iter().map(|class| class.class.as_str()).collect();
        let fixed = [
            "path",
            "truth",
            "said",
            "confidence",
            "right",
            "set",
            "distance",
            "energy",
            "abstains",
            "group",
        ];
        let mut writer = csv::Writer::from_writer(Vec::new());
        let probabilities = names.iter().map(|name| format!("p({name})"));
        writer.write_record(fixed.into_iter().map(String::from).chain(probabilities)).map_err(refuse)?;
        for row in &self.rows {
            writer.write_record(record(row, &names)).map_err(refuse)?;
        }
        writer.into_inner().map_err(|error| LearnError::Log(error.into_error()))
    }
}

fn record(row: &PhotographRow, names: &[&str]) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
    let set = row.set.as_ref().map(|set| set.iter().map(|&class| names[class]).collect::<Vec<_>>().join("|"));
    let mut fields = vec![
        row.path.clone(),
        names[row.truth].to_owned(),
        names[row.said].to_owned(),
        format!("{:.6}", row.confidence),
        (row.truth == row.said).to_string(),
        set.unwrap_or_default(),
        number(row.distance),
        number(Some(row.energy)),
        row.abstains.to_string(),
        row.group.to_string(),
    ];
    fields.extend(foliar_metrics::softmax(&row.logits).into_iter().map(|p| format!("{p:.6}")));
    fields
}
