//! The arguments of the commands that packages and shells need.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Args)]
#[command(
    after_help = "Where to put it; a new shell then completes:\n  foliar completions bash > ~/.local/share/bash-completion/completions/foliar\n  foliar completions zsh > ~/.zfunc/_foliar     with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc\n  foliar completions fish > ~/.config/fish/completions/foliar.fish\n  foliar completions powershell >> $PROFILE\n  foliar completions elvish > ~/.config/elvish/lib/foliar.elv     with `use foliar` in ~/.config/elvish/rc.elv\n\nThe folder must exist. Bash needs the package bash-completion."
)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Args)]
#[command(
    after_help = "Example, after which `man foliar-train` shows a page:\n  foliar man ~/.local/share/man/man1"
)]
pub(crate) struct ManArguments {
    /// Folder for the pages, which is created; pages in it are replaced
    pub(crate) dir: PathBuf,
}
