//! What the worker of the page calls.
//!
//! Numbers alone can cross the border, so bytes pass through memory: the worker asks for room, writes into it, calls, and reads the
//! answer where it is told.
//!
//! | export | takes | gives |
//! | --- | --- | --- |
//! | [`page_reserve`] | a number of bytes | where to write them |
//! | [`page_open`] | the target error rate; the bytes are a bundle | 1, or 0: the text says why not |
//! | [`page_read`] | how many of the bytes, the last ones, are the name; the others are a file | 1, or 0: the text is a row that says why not |
//! | [`page_read_pixels`] | the same for pixels of this width and height, four bytes each | the same |
//! | [`page_predict`] | nothing; the photo that was read last | nothing: the text is its row, the picture the photo |
//! | [`page_explain`] | the place of a class | 1: the picture is a heat map; 0: the text says why not |
//! | [`page_output`] | 0 for the text, 1 for the picture (RGBA) | where it begins, until the next call |
//! | [`page_output_length`] | the same | its length in bytes |
//! | [`page_picture_width`] | nothing | pixels in a row of the picture |
#![allow(
    unsafe_code,
    reason = "exported names must be unique in the whole program, which `unsafe(no_mangle)` promises; all buffers are \
              owned and no pointer is followed here"
)]

use std::cell::RefCell;

use foliar_vision::{Reason, Rgb};
use serde::Serialize;

use crate::session::{Photo, Session, refused};

#[derive(Default)]
struct Page {
    session: Option<Session>,
    input: Vec<u8>,
    photo: Option<Photo>,
    text: Vec<u8>,
    picture: Vec<u8>,
    width: u32,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::new(Page::default());
}

/// Makes room for so many bytes, and returns where they are to be written.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_reserve(bytes: usize) -> *mut u8 {
    PAGE.with_borrow_mut(|page| {
        page.input = vec![0; bytes];
        page.input.as_mut_ptr()
    })
}

/// Opens the bundle that was written.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_open(risk: f64) -> u32 {
    PAGE.with_borrow_mut(|page| {
        let opened = Session::open(std::mem::take(&mut page.input), risk);
        page.session = page.told(opened);
        page.session.is_some().into()
    })
}

/// Reads the file that was written, with its name behind it.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_read(name_bytes: usize) -> u32 {
    read(name_bytes, Session::read)
}

/// Takes the pixels that were written, with a name behind them.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_read_pixels(name_bytes: usize, width: u32, height: u32) -> u32 {
    read(name_bytes, |session, name, pixels| session.take_pixels(name, [width, height], pixels))
}

fn read(name_bytes: usize, with: impl FnOnce(&mut Session, &str, &[u8]) -> Result<Photo, Reason>) -> u32 {
    PAGE.with_borrow_mut(|page| {
        let mut bytes = std::mem::take(&mut page.input);
        let name = bytes.split_off(bytes.len().saturating_sub(name_bytes));
        let name = String::from_utf8_lossy(&name);
        let Some(session) = &mut page.session else { return 0 };
        match with(session, &name, &bytes) {
            Ok(photo) => page.photo = Some(photo),
            Err(reason) => {
                page.photo = None;
                page.text = json(&refused(&name, &reason));
            }
        }
        page.photo.is_some().into()
    })
}

/// Classifies the photo that was read.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_predict() {
    PAGE.with_borrow_mut(|page| {
        let Page { session: Some(session), photo: Some(photo), .. } = page else { return };
        page.text = json(&session.predict(photo));
        let picture = photo.picture.clone();
        page.show(&picture);
    });
}

/// Draws where in the photo that was read the evidence for a class lies.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_explain(class: usize) -> u32 {
    PAGE.with_borrow_mut(|page| {
        let Page { session: Some(session), photo: Some(photo), .. } = page else { return 0 };
        let explained = session.explain(photo, class);
        let picture = page.told(explained);
        picture.map(|picture| page.show(&picture)).is_some().into()
    })
}

/// Where the text or the picture begins.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_output(form: usize) -> *const u8 {
    PAGE.with_borrow(|page| page.output(form).as_ptr())
}

/// How long the text or the picture is.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_output_length(form: usize) -> usize {
    PAGE.with_borrow(|page| page.output(form).len())
}

/// Pixels in a row of the picture.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn page_picture_width() -> u32 {
    PAGE.with_borrow(|page| page.width)
}

impl Page {
    /// What was asked for, or `None` and the reason as text.
    fn told<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|reason| self.text = reason.into_bytes()).ok()
    }

    fn show(&mut self, picture: &Rgb) {
        self.width = picture.width;
        self.picture = picture.pixels.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    }

    fn output(&self, form: usize) -> &[u8] {
        if form == 0 { &self.text } else { &self.picture }
    }
}

/// A row; it always can be written.
fn json(row: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(row).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use foliar_model::Precision;

    use super::*;
    use crate::session::tests::{bundle, leaf};

    /// Writes where the page was told to.
    fn write(parts: &[&[u8]]) {
        let bytes = parts.concat();
        assert!(!page_reserve(bytes.len()).is_null());
        PAGE.with_borrow_mut(|page| page.input.copy_from_slice(&bytes));
    }

    fn text() -> String {
        PAGE.with_borrow(|page| String::from_utf8(page.output(0).to_vec()).unwrap())
    }

    #[test]
    fn a_page_opens_a_bundle_and_asks() {
        write(&[b"none"]);
        assert_eq!(page_open(0.1), 0);
        assert!(text().contains("bundle"), "{}", text());
        write(&[&leaf(), b"a.png"]);
        assert_eq!(page_read(5), 0, "nothing is open");
        write(&[&bundle().to_bytes(Precision::Half).unwrap()]);
        assert_eq!(page_open(0.1), 1);
        write(&[&leaf(), b"a.png"]);
        assert_eq!(page_read(5), 1);
        page_predict();
        assert!(text().starts_with("{\"row\":{\"path\":\"a.png\",\"answer\":\""), "{}", text());
        assert_eq!(page_output_length(0), text().len());
        assert_eq!(page_output_length(1) % (4 * page_picture_width() as usize), 0);
        assert_eq!((page_explain(2), page_explain(9)), (1, 0));
        assert!(text().contains("class 9"), "{}", text());
        write(&[b"no photo", b"b.png"]);
        assert_eq!(page_read(5), 0);
        assert!(text().contains("\"code\":\"not-a-picture\""), "{}", text());
        page_predict();
        assert!(text().contains("not-a-picture"), "nothing is answered without a photo");
        write(&[&[0; 16]]);
        assert_eq!(
            (page_read_pixels(0, 2, 2), page_read_pixels(0, 2, 2)),
            (1, 0),
            "what was written is used once"
        );
        assert_eq!(page_read_pixels(99, 2, 2), 0);
    }
}
