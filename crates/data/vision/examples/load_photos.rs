//! Loads photos as training does, and says what it read: `load_photos SIDE FILE...`. With `WRITE=FOLDER` in the environment each
//! picture is also written there as PPM.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use foliar_vision::{Limits, Resizer, load_photo};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let side = arguments.next().and_then(|side| side.to_str()?.parse().ok()).unwrap_or(256);
    let folder = std::env::var_os("WRITE").map(PathBuf::from);
    let mut out = std::io::stdout().lock();
    let mut resizer = Resizer::default();
    for path in arguments {
        let path = Path::new(&path);
        let begun = Instant::now();
        let loaded = load_photo(path, side, &Limits::default(), &mut resizer);
        let time = begun.elapsed().as_secs_f64() * 1e3;
        match loaded {
            Ok(photo) => {
                let (width, height) = (photo.picture.width, photo.picture.height);
                writeln!(out, "{}: {width} x {height}, {time:.1} ms", path.display())?;
                photo.remarks.iter().try_for_each(|remark| writeln!(out, "  {remark}"))?;
                if let (Some(folder), Some(name)) = (&folder, path.file_name()) {
                    let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
                    ppm.extend(photo.picture.pixels);
                    let name = format!("{}.ppm", name.to_string_lossy());
                    std::fs::write(folder.join(name), ppm)?;
                }
            }
            Err(reason) => writeln!(out, "{}: {reason} ({time:.1} ms)", path.display())?,
        }
    }
    Ok(())
}
