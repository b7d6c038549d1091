//! The pages in a real browser. Without Chromium, which CHROMIUM names where it is not /usr/bin/chromium, the test says so
//! and passes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "png")]

#[allow(dead_code, reason = "each test file uses a part of it")]
#[path = "../examples/run_report/sample.rs"]
mod sample;

use std::path::PathBuf;
use std::process::Command;

use foliar_report::{audit_page, run_page};

/// Shows a page in frames of several widths, sorts its tables, and says what it saw.
const WRAPPER: &str = r#"<!doctype html><meta charset="utf-8"><body><script>
const page = PAGE;
const seen = [];
const looks = [360, 400, 800, 1400].map((width) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width: ${width}px; height: 900px; border: 0`;
  frame.onload = () => {
    const shown = frame.contentDocument;
    const root = shown.documentElement;
    const wide = [...shown.querySelectorAll("body *")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > width + 1 && !element.closest(".scroll, pre, svg");
    });
    seen.push(`width ${width}: scrolls ${root.scrollWidth > width ? "sideways" : "down"}, beyond ${wide.length}`);
    const pictures = [...shown.images].filter((image) => image.naturalWidth === 0);
    seen.push(`pictures broken ${pictures.length} of ${shown.images.length > 0 ? "some" : "none"}`);
    const drawings = [...shown.querySelectorAll(".picture")].filter(
      (picture) => [...picture.children].filter((drawing) => drawing.getBoundingClientRect().height > 0).length !== 1,
    );
    seen.push(`pictures not shown once ${drawings.length}`);
    const table = shown.querySelector("table.sortable");
    const numbers = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[1].dataset.value));
    const before = numbers();
    const button = table.tHead.rows[0].cells[1].querySelector("button");
    button.click();
    const rising = numbers();
    button.click();
    const falling = numbers();
    const sorted = [...before].sort((a, b) => a - b);
    const right = `${rising}` === `${sorted}` && `${falling}` === `${sorted.reverse()}` && `${rising}` !== `${falling}`;
    seen.push(`sorts ${right}, ${table.tHead.rows[0].cells[1].getAttribute("aria-sort")}`);
    done();
  };
  frame.srcdoc = page;
  document.body.append(frame);
}));
Promise.all(looks).then(() => {
  document.body.replaceChildren(Object.assign(document.createElement("pre"), { textContent: seen.join("\n") }));
});
</script>"#;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    path.exists().then_some(path)
}

/// What the wrapper saw of `page` where the reader prefers light (1) or dark (0).
fn seen(chromium: &PathBuf, page: &str, scheme: u8) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrapper.html");
    // A string of JSON is one of JavaScript; within a script, `<` must not open anything.
    let literal = serde_json::to_string(page).unwrap().replace('<', "\\u003c");
    std::fs::write(&path, WRAPPER.replace("PAGE", &literal)).unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .args([&profile, "--virtual-time-budget=20000", "--window-size=1500,1000", "--dump-dom"])
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, seen) = text
        .split_once("<pre>")
        .unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)));
    seen.split_once("</pre>").unwrap().0.to_owned()
}

#[test]
fn pages_fit_phones_show_their_pictures_and_sort() {
    let Some(chromium) = chromium() else {
        eprintln!("skipped: there is no Chromium");
        return;
    };
    let report = sample::doubtful();
    let audit = audit_page(report.audit.as_ref().unwrap(), sample::PICTURES.audited);
    let page = run_page(&report, &sample::PICTURES).unwrap();
    for (page, scheme) in [(page.clone(), 1), (page, 0), (audit, 0)] {
        let seen = seen(&chromium, &page, scheme);
        let mut lines: Vec<&str> = seen.lines().collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(
            lines,
            [
                "pictures broken 0 of some",
                "pictures not shown once 0",
                "sorts true, descending",
                "width 1400: scrolls down, beyond 0",
                "width 360: scrolls down, beyond 0",
                "width 400: scrolls down, beyond 0",
                "width 800: scrolls down, beyond 0",
            ]
        );
    }
}
