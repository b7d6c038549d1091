//! Pages of this machine, from their address to Ctrl-C.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::Context;
use foliar_http::Stop;
use foliar_http::local::{Local, Pages};

use crate::exit::Exit;
use crate::{interrupt, output};

/// Serves `pages` on `listen` until Ctrl-C, prints the address, and opens it if that is asked.
pub(super) fn serve(listen: SocketAddr, open: bool, pages: impl Pages) -> anyhow::Result<Exit> {
    let unheard = || format!("cannot listen on {listen}; give another address with --listen");
    let server = Local::start(listen, pages).with_context(unheard)?;
    if !listen.ip().is_loopback() {
        say!("note: {listen} is open to other machines; who learns the address sees the photos");
    }
    let stop = Stop::default();
    let asked = stop.clone();
    interrupt::listen_for(move || asked.ask())?;
    let address = server.address()?;
    {
        let mut out = output::stdout();
        writeln!(out, "{address}")?;
        out.flush()?;
    }
    if open && !open_browser(&address) {
        say!("no browser could be started; open the address by hand");
    }
    server.run(&stop)?;
    Ok(Exit::Done)
}

/// Has the system open an address, and says whether it could be asked.
fn open_browser(address: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
