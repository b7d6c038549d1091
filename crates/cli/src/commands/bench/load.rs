//! The input pipeline: photographs from files to augmented batches, with nothing kept in memory.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use foliar_files::Printable as _;
use foliar_scan::{ScanOptions, scan};
use foliar_train::Recipe;
use foliar_vision::{Augment, Example, ImageCache, Limits, Loader, Transform};
use serde::Serialize;

use super::{Work, memory_line, print, threads};
use crate::exit::Exit;
use crate::peak_memory;

/// Key of the order and of the augmentation.
const SEED: u64 = 1;

/// What is printed with `--json`.
#[derive(Serialize)]
struct Document {
    mode: &'static str,
    /// Different photographs in the folder.
    photographs: usize,
    batch: usize,
    size: usize,
    threads: usize,
    images_per_second: f64,
    images_per_second_per_thread: f64,
    /// Photographs that were made while the clock ran, in whole epochs.
    images: usize,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub(super) fn run(work: &Work<'_>, folder: &Path) -> anyhow::Result<Exit> {
    let Work { arguments, batch, size } = *work;
    let limits = Limits::default();
    let (dataset, _) = scan(folder, &ScanOptions::default())?;
    if dataset.photos.is_empty() {
        bail!("{} holds no folders of photos that could be read", folder.shown());
    }
    let preprocessing = Recipe::preprocessing(&arguments.model, size as u32);
    // Photographs that are taken for whole are not decoded beforehand, and a budget of nothing keeps none.
    let (dataset, store, _) =
        ImageCache::prepare(dataset, preprocessing.store_side, 0, &limits, &|_| true, &|_, _| {});
    let labelled = dataset.photos.iter().enumerate();
    let items = labelled.map(|(photo, of)| Example { photo, label: of.class as u32 }).collect();
    let transform = Transform::Train { preprocessing, augment: Augment::default() };
    let threads = threads();
    let loader = Loader::new(Arc::new(store), items, transform, batch).with_workers(threads);
    let epoch = |number: u32| -> anyhow::Result<usize> {
        let mut images = 0;
        for batch in loader.epoch(SEED, number, 0) {
            images += batch?.len();
        }
        Ok(images)
    };
    epoch(0)?;
    let at_least = Duration::from_secs_f64(arguments.seconds);
    let begin = Instant::now();
    let (mut images, mut number) = (0, 0);
    while number == 0 || begin.elapsed() < at_least {
        number += 1;
        images += epoch(number)?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let images_per_second = images as f64 / seconds;
    let document = Document {
        mode: "load",
        photographs: loader.len(),
        batch,
        size,
        threads,
        images_per_second,
        images_per_second_per_thread: images_per_second / threads as f64,
        images,
        seconds,
        peak_memory_bytes: peak_memory::bytes(),
    };
    print(arguments, &document, |out| print_text(out, &document))
}

fn print_text(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let Document { photographs, batch, size, threads, images, seconds, .. } = *document;
    writeln!(
        out,
        "{photographs} photos, from files to augmented batches of {batch} of {size} x {size} pixels, \
         {threads} threads\n"
    )?;
    writeln!(
        out,
        "images/s         {:<9.1}  {:.1} per thread; {images} images in {seconds:.1} s",
        document.images_per_second, document.images_per_second_per_thread
    )?;
    writeln!(out, "peak memory      {}", memory_line(document.peak_memory_bytes))
}
