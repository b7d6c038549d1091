//! Which share of the work a task of a scheduler has.

use std::fmt;
use std::str::FromStr;

use crate::exit::UsageError;

/// Most parts.
const MOST: u64 = 10_000_000;

/// One of several parts, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Below `count`.
    pub(crate) index: u64,
    pub(crate) count: u64,
}

impl Part {
    /// All of the work.
    pub(super) const WHOLE: Self = Self { index: 0, count: 1 };

    fn new(index: u64, count: u64) -> Result<Self, String> {
        if !(1..=MOST).contains(&count) {
            return Err(format!("there can be 1 to {MOST} parts, and not {count}"));
        }
        if index >= count {
            let last = count - 1;
            return Err(format!(
                "parts count from 0: of {count} the last one is {last}/{count}, and not {index}"
            ));
        }
        Ok(Self { index, count })
    }

    /// The slices of this part: every `count`-th of `slices`, from `index` on.
    pub(super) fn of(self, slices: usize) -> impl Iterator<Item = usize> {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        (number(self.index)..slices).step_by(number(self.count))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The value of `--part`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartArgument {
    /// `7/100`.
    Given(Part),
    /// `auto`, or `auto/100` where the scheduler does not tell how many tasks there are.
    Auto { count: Option<u64> },
}

impl FromStr for PartArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || "it must be INDEX/COUNT such as 7/100, or auto, or auto/COUNT".to_owned();
        let number = |text: &str| text.parse::<u64>().map_err(|_| refused());
        let (index, count) = match text.split_once('/') {
            Some((index, count)) => (index, Some(number(count)?)),
            None => (text, None),
        };
        match (index, count) {
            ("auto", None) => Ok(Self::Auto { count }),
            ("auto", Some(count)) => Part::new(0, count).map(|_| Self::Auto { count: Some(count) }),
            (index, Some(count)) => Part::new(number(index)?, count).map(Self::Given),
            (_, None) => Err(refused()),
        }
    }
}

/// How a scheduler names the tasks of an array.
struct Scheduler {
    name: &'static str,
    index: &'static str,
    /// The variable with the number of tasks, if there is one.
    count: Option<&'static str>,
}

static SCHEDULERS: [Scheduler; 3] = [
    Scheduler { name: "Slurm", index: "SLURM_ARRAY_TASK_ID", count: Some("SLURM_ARRAY_TASK_COUNT") },
    Scheduler { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", count: None },
    Scheduler {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
];

impl PartArgument {
    /// The part, where `variable` is an environment variable by its name.
    ///
    /// # Errors
    /// A sentence that says which variable is absent or makes no sense, and what to give.
    pub(super) fn part(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Part, UsageError> {
        match self {
            Self::Given(part) => Ok(part),
            Self::Auto { count } => {
                found(count, variable).map_err(|what| UsageError(format!("--part auto: {what}")))
            }
        }
    }
}

/// The part that the scheduler tells.
fn found(count: Option<u64>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Part, String> {
    let number = |name: &str| {
        let value = variable(name)?;
        Some(value.trim().parse::<u64>().map_err(|_| format!("{name} is {value:?} and no number")))
    };
    let set: Vec<&Scheduler> =
        SCHEDULERS.iter().filter(|scheduler| variable(scheduler.index).is_some()).collect();
    let scheduler = match set.as_slice() {
        [] => {
            let name = |scheduler: &Scheduler| format!("{} of {}", scheduler.index, scheduler.name);
            let names = SCHEDULERS.iter().map(name).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "none of the variables that schedulers set is there ({names}); give --part INDEX/COUNT"
            ));
        }
        [only] => only,
        [one, other, ..] => {
            let (one, other) = (one.index, other.index);
            return Err(format!("{one} and {other} are both set; give --part INDEX/COUNT"));
        }
    };
    let index = number(scheduler.index).transpose()?.unwrap_or_default();
    // With the count the numbers are taken as they are, so that some tasks of many can be run again.
    if let Some(count) = count {
        return Part::new(index, count);
    }
    let Some(Ok(count)) = scheduler.count.and_then(number) else {
        let Scheduler { name, index, .. } = scheduler;
        return Err(format!(
            "{name} tells the number of this task ({index}), and not how many there are; give it, such as --part auto/100"
        ));
    };
    if scheduler.name != "Slurm" {
        return Part::new(index, count);
    }
    // An array may begin anywhere and take steps: 1-99:2 has 50 tasks.
    let or = |name: &str, other: u64| number(name).transpose().map(|number| number.unwrap_or(other));
    let first = or("SLURM_ARRAY_TASK_MIN", 0)?;
    let step = or("SLURM_ARRAY_TASK_STEP", 1)?.max(1);
    let last =
        or("SLURM_ARRAY_TASK_MAX", first.saturating_add(step.saturating_mul(count.saturating_sub(1))))?;
    let after = index.checked_sub(first).filter(|after| after % step == 0 && index <= last);
    let even = last.checked_sub(first).is_some_and(|length| length / step + 1 == count);
    match after.filter(|_| even) {
        Some(after) => Part::new(after / step, count),
        None => Err(format!(
            "the array has {count} tasks, from {first} to {last} in steps of {step}, which leaves gaps; give an array such as 0-99, or the \
             number of all tasks, such as --part auto/100, of which this one is number {index}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(text: &str, set: &[(&str, &str)]) -> Result<String, String> {
        let set: Vec<(String, String)> =
            set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let variable =
            |name: &str| set.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        let argument: PartArgument = text.parse()?;
        argument.part(&variable).map(|part| part.to_string()).map_err(|error| error.0)
    }

    #[test]
    fn parts_count_from_zero() {
        assert_eq!(auto("0/1", &[]).as_deref(), Ok("0/1"));
        assert_eq!(auto("99/100", &[]).as_deref(), Ok("99/100"));
        for wrong in
            ["100/100", "7", "7/", "/7", "-1/4", "1/0", "a/4", "1/4/2", "auto/", "auto/0", "1/99999999999"]
        {
            assert!(auto(wrong, &[]).is_err(), "{wrong}");
        }
        assert!(auto("100/100", &[]).unwrap_err().contains("99/100"));
    }

    #[test]
    fn every_slice_is_of_one_part() {
        for (slices, count) in [(10, 3), (3, 10), (1, 1), (100, 7), (0, 2)] {
            let mut all: Vec<usize> =
                (0..count).flat_map(|index| Part::new(index, count).unwrap().of(slices)).collect();
            all.sort_unstable();
            assert_eq!(all, (0..slices).collect::<Vec<_>>());
        }
        // The part that is one slice alone.
        assert_eq!(Part::new(7, 10).unwrap().of(10).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn slurm_arrays_map_to_parts() {
        let slurm = |text: &str, id: &str, count: &str, min: &str, max: &str, step: &str| {
            let set = [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_MAX", max),
                ("SLURM_ARRAY_TASK_STEP", step),
            ];
            auto(text, &set)
        };
        assert_eq!(slurm("auto", "7", "100", "0", "99", "1").as_deref(), Ok("7/100"));
        assert_eq!(slurm("auto", "1", "100", "1", "100", "1").as_deref(), Ok("0/100"));
        assert_eq!(slurm("auto", "99", "50", "1", "99", "2").as_deref(), Ok("49/50"));
        // 0-10:4 is 0, 4, 8, and MAX says the 10.
        assert_eq!(slurm("auto", "8", "3", "0", "10", "4").as_deref(), Ok("2/3"));
        let gaps = slurm("auto", "7", "3", "1", "7", "1").unwrap_err();
        assert!(gaps.contains("gaps") && gaps.contains("auto/100"), "{gaps}");
        // The same three tasks of ten, run again.
        assert_eq!(slurm("auto/10", "7", "3", "1", "7", "1").as_deref(), Ok("7/10"));
        assert!(slurm("auto/7", "7", "3", "1", "7", "1").is_err());
        assert!(slurm("auto", "x", "3", "0", "2", "1").unwrap_err().contains("SLURM_ARRAY_TASK_ID"));
        assert_eq!(
            auto("auto", &[("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_COUNT", "4")]).as_deref(),
            Ok("2/4")
        );
    }

    #[test]
    fn schedulers_that_tell_no_count_need_one() {
        let kubernetes = [("JOB_COMPLETION_INDEX", "3")];
        assert_eq!(auto("auto/8", &kubernetes).as_deref(), Ok("3/8"));
        let asked = auto("auto", &kubernetes).unwrap_err();
        assert!(asked.contains("--part auto/100") && asked.contains("JOB_COMPLETION_INDEX"), "{asked}");
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "3")];
        assert!(auto("auto", &batch).unwrap_err().contains("--part auto/100"));
        assert_eq!(auto("auto/8", &batch).as_deref(), Ok("3/8"));
        assert_eq!(auto("auto", &[batch[0], ("AWS_BATCH_JOB_ARRAY_SIZE", "5")]).as_deref(), Ok("3/5"));
        assert!(auto("auto", &[]).unwrap_err().contains("SLURM_ARRAY_TASK_ID"));
        assert!(auto("auto/8", &[batch[0], kubernetes[0]]).unwrap_err().contains("both"));
    }
}
