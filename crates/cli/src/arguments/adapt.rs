//! The arguments of `foliar adapt`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar adapt runs/first field-photos --out field.foliar\n  foliar adapt runs/first field-photos --among 'Tomato*' --out tomatoes.foliar\n  foliar evaluate field.foliar --data labelled-field-photos\n\nAnother camera, light or sharpness shifts what the layers of a network see. The batch norms get statistics under which the new photos look as the training photos did, if they do look so then: if too many are still unlike the training photos, something else differs (backgrounds, other plants, other stages), such statistics would make the classifier worse, and it stays as it is. Give photos as they come from the new place, 100 or more, of all that occurs there. The run stays as it is.\n\nNobody has said what these photos show, so no accuracy is known: label a few and evaluate. With a few labelled photos a class, `foliar train LABELLED --weights RUN` goes further."
)]
pub(crate) struct AdaptArguments {
    /// Run folder, with its training photos where they were
    pub(crate) run: PathBuf,
    /// Folder of photos of the new place, without labels
    pub(crate) photos: PathBuf,
    /// Bundle to write (NAME.foliar), or a new folder for it and the figures
    #[arg(long, value_name = "FILE.foliar|DIR")]
    pub(crate) out: PathBuf,
    /// Only these classes can occur there, and no other is answered; `Tomato*` means all that begin so
    #[arg(long, value_name = "CLASS,...", value_delimiter = ',')]
    pub(crate) among: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
