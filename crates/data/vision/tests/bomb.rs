//! A file of a few bytes that declares billions of pixels costs next to no memory.
//!
//! The only test of its program, so that no other test allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]
#![allow(unsafe_code, reason = "a global allocator cannot be written without")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{bmp_of_size, gif_of_size, jpeg_of_size, png_of_size, tiff_of_size, webp_of_size};
use foliar_vision::{Limits, Reason, decode_bytes};

/// The system's allocator, which remembers how much was in use at most.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn bombs_cost_no_memory() {
    let limits = Limits::default();
    // A GIF whose first frame is far larger than its screen, which alone is within the limit.
    let mut frame = gif_of_size(48, 32);
    let descriptor = frame.windows(9).position(|w| w == [0x2C, 0, 0, 0, 0, 48, 0, 32, 0]).unwrap();
    frame[descriptor + 5..descriptor + 9].fill(0xFF);
    let bombs = [
        ("png", png_of_size(60_000, 60_000, &[0x78, 0x9C]), true),
        ("png of 2^31 a side", png_of_size(0x7FFF_FFFF, 0x7FFF_FFFF, &[0x78, 0x9C]), true),
        ("jpeg", jpeg_of_size(60_000, 60_000), true),
        ("bmp", bmp_of_size(60_000, 60_000), true),
        ("gif", gif_of_size(60_000, 60_000), true),
        ("gif frame", frame, false),
        ("webp", webp_of_size(16_383, 16_383), true),
        ("tiff", tiff_of_size(60_000, 60_000), true),
    ];
    for (name, bytes, by_pixels) in bombs {
        let before = IN_USE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let reason = decode_bytes(&bytes, &limits).unwrap_err();
        let cost = PEAK.load(Ordering::Relaxed) - before;
        assert_eq!(matches!(reason, Reason::TooManyPixels { .. }), by_pixels, "{name}: {reason:?}");
        assert!(cost < 1 << 20, "{name} cost {cost} bytes");
    }
}
