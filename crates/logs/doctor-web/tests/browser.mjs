// The page in a real browser: node crates/logs/doctor-web/tests/browser.mjs doctor.html [FOLDER FOR PICTURES]
//
// Needs Node 18 and Chromium, which CHROMIUM names where it is not /usr/bin/chromium; without it the tests are skipped.

import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { Chromium } from "./chromium.mjs";

const [path, pictures] = process.argv.slice(2);
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executable) && `there is no ${executable}`;
assert.ok(path && existsSync(path), "give the page that doctor-page wrote");

const EPOCHS = [
  [1, 118.2, 85.7, 73.9], [2, 65.9, 48.8, 86.0], [3, 40.5, 31.9, 92.6], [4, 25.8, 24.0, 94.7],
  [10, 8.8, 10.9, 97.2], [20, 3.9, 5.6, 98.4], [29, 2.4, 4.2, 98.7], [30, 2.2, 4.0, 98.8],
];
/** The question as people ask it: prose, and the epochs all on one line, as forms leave them. */
const QUESTION = `Hello, I am new to this. My network for leaf diseases has a training loss of more than a hundred at first. ${EPOCHS.map(
  ([epoch, train, val, accuracy]) => `Epoch ${epoch}/30 train loss: ${train} val loss: ${val} val accuracy: ${accuracy}%`,
).join(" ")} Why is the loss so large while nearly everything is right? Should I throw the model away?`;
const CSV = `epoch,train_loss,val_loss,train_acc,val_acc\n${[...Array(12).keys()]
  .map((epoch) => [epoch, 2.1 * 0.75 ** epoch + 0.1, 1.9 * 0.78 ** epoch + 0.15, 0.97 - 0.6 * 0.7 ** epoch, 0.95 - 0.55 * 0.72 ** epoch].join(","))
  .join("\n")}\n`;

const chromium = skip ? undefined : new Chromium(executable);
after(() => chromium?.close());

/** Opens the page without a network, hands it to `check` and watches for errors and requests. */
function look(name, options, check) {
  test(name, { skip }, async () => {
    const page = await chromium.open(pathToFileURL(resolve(path)).href, options);
    await check(page);
    if (pictures) writeFileSync(join(pictures, `${name.replaceAll(/\W+/g, "-")}.png`), await page.screenshot());
    assert.deepEqual(page.troubles, []);
    assert.equal(page.requests.length, 1, `nothing but the page is loaded: ${page.requests}`);
    await page.close();
  });
}

const diagnosed = (page) => page.waitFor(() => document.querySelector("#answer .lead"));
const text = (page, selector) => page.evaluate((selector) => document.querySelector(selector).textContent, selector);
const count = (page, selector) => page.evaluate((selector) => document.querySelectorAll(selector).length, selector);

/** Drops files, of name and content, onto the first field. */
function drop(page, ...files) {
  return page.evaluate((files) => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of files) dataTransfer.items.add(new File([content], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
      document.querySelector(".entry").dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, files);
}

/** Nothing is wider than the window, and of the tables those that scroll say so. */
async function fits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${content} pixels in a window of ${window}`);
  // The words come with the next frame.
  await page.waitFor(() =>
    [...document.querySelectorAll("#answer .scroll")]
      .filter((table) => table.checkVisibility())
      .every((table) => table.scrollWidth > table.clientWidth === (getComputedStyle(table, "::before").visibility === "visible")),
  );
}

test("the page is below 1 MB", () => assert.ok(statSync(path).size < 1_000_000));

for (const [width, colorScheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
  look(`the question pasted, ${width} ${colorScheme}`, { width, colorScheme }, async (page) => {
    await page.fill("Training log", QUESTION);
    await page.click("What do you know about the run? (optional)");
    await page.fill("Classes", "38");
    await page.click("Diagnose");
    await diagnosed(page);
    const verdict = await text(page, "#answer .lead");
    assert.match(verdict, /good on this split \(98\.8\u00a0%/);
    const factor = Number(verdict.match(/about (\d+) times the mean/)?.[1]);
    assert.ok(factor >= 40 && factor <= 90, verdict);
    assert.equal(await text(page, "#answer .finding header code"), "loss-scaled");
    assert.equal(await count(page, "#answer tbody tr:has(td.mean)"), EPOCHS.length);
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll("#answer .loss svg")].filter((picture) => picture.checkVisibility()).map((picture) => picture.textContent),
    );
    assert.equal(shown.length, 1, "one of the four pictures is shown");
    for (const words of ["training, printed", "validation, mean", "ln C = 3.64: guessing"]) {
      assert.ok(shown[0].includes(words), words);
    }
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(background, colorScheme === "dark" ? "rgb(11, 14, 18)" : "rgb(246, 247, 248)");
    await fits(page);
  });

  look(`two logs, ${width} ${colorScheme}`, { width, colorScheme }, async (page) => {
    await page.fill("Training log", QUESTION);
    await page.click("Add a log to compare");
    assert.equal(await page.evaluate(() => document.activeElement.id), "log-2");
    await page.insert(CSV);
    await page.click("Diagnose");
    await page.waitFor(() => document.querySelector("#answer table.runs"));
    assert.match(await text(page, "#answer .lead"), /^log 1 is better than log 2 .* 98\.8\s% against 93\.5\s%/);
    const cells = await page.evaluate(() =>
      [...document.querySelectorAll("#answer table.runs tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
    assert.deepEqual(cells.map((row) => [row[0].trim(), row[1], row[6]]), [["log 1 better", "8", "warning: loss-scaled"], ["log 2", "12", "healthy"]]);
    assert.match(cells[0][4], /^85\.7 to 4/);
    assert.equal(await count(page, "#answer .one"), 2);
    await fits(page);
    await page.evaluate(() => document.querySelector("#answer .one details").setAttribute("open", ""));
    await fits(page);
  });
}

look("logs dropped together, with one that is none", {}, async (page) => {
  await drop(page, ["metrics.csv", CSV], ["metrics.csv", CSV.replaceAll(",0.9", ",0.8")], ["poem.txt", "The leaf is green."]);
  await page.waitFor(() => document.querySelector("#answer table.runs"));
  const names = await page.evaluate(() => [...document.querySelectorAll("#answer .runs tbody th")].map((cell) => cell.firstChild.textContent.trim()));
  assert.deepEqual(names, ["metrics.csv", "metrics.csv (2)"]);
  assert.match(await text(page, "#answer [role=alert]"), /poem\.txt: not a training log/);
  assert.match(await text(page, "[role=status]"), /comparison/);
  await page.click("Remove log 2");
  await page.click("Remove log 2");
  await page.click("Diagnose");
  await page.waitFor(() => !document.querySelector("#answer table.runs"));
  await diagnosed(page);
  assert.equal(await count(page, ".entry"), 1);
});

/** What the page would paste, with the clipboard as it is, forbidden, or not to be reached in any way. */
for (const clipboard of ["allowed", "forbidden", "absent"]) {
  look(`the answer as Markdown, clipboard ${clipboard}`, {}, async (page) => {
    await page.evaluate((clipboard) => {
      const writeText = async (text) => {
        if (clipboard !== "allowed") throw new DOMException("no", "NotAllowedError");
        window.copied = text;
      };
      Object.defineProperty(navigator, "clipboard", { value: { writeText } });
      const copy = document.execCommand.bind(document);
      document.execCommand = (name) => {
        window.copied = document.getSelection().toString() || document.activeElement.value;
        return clipboard === "forbidden" && (copy(name) || true);
      };
      delete window.copied;
    }, clipboard);
    assert.ok(await page.evaluate(() => !document.querySelector("#take").checkVisibility()), "there is nothing to copy yet");
    await page.fill("Training log", QUESTION);
    await page.click("Diagnose");
    await diagnosed(page);
    await page.click("Copy as Markdown");
    await page.waitFor(() => document.querySelector("#copied").textContent);
    const copied = await page.evaluate(() => window.copied);
    assert.match(copied, /^\*\*Verdict:\*\* The model is good on this split/);
    for (const part of ["(`loss-scaled`, ", "| first | 1 | 118.2 |", "| last, best | 30 | 2.2 |", "```python", "### What was read"]) {
      assert.ok(copied.includes(part), `${part} in ${copied}`);
    }
    assert.doesNotMatch(copied.replaceAll(/\\</g, ""), /<\w/, "no HTML");
    const shown = await page.evaluate(() => document.querySelector("#markdown").checkVisibility());
    assert.equal(shown, clipboard === "absent", "the text is shown where it must be copied by hand");
    assert.match(await text(page, "#copied"), clipboard === "absent" ? /Ctrl \+ C/ : /Copied/);
    const focused = await page.evaluate(() => document.activeElement.id);
    assert.equal(focused, clipboard === "absent" ? "markdown" : "copy");
  });
}

look("keys alone", {}, async (page) => {
  await page.press("Tab", 9);
  assert.equal(await page.evaluate(() => document.activeElement.id), "log");
  await page.insert(QUESTION);
  await page.press("Enter", 13, 2);
  await diagnosed(page);
  await page.waitFor(() => document.activeElement.id === "answer");
  assert.match(await text(page, "[role=status]"), /verdict/);
  await page.press("Tab", 9, 8);
  assert.equal(await page.evaluate(() => document.activeElement.id), "copy", "what copies stands before the answer");
  const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3")].map((heading) => +heading.tagName[1]));
  assert.equal(levels[0], 1);
  assert.ok(levels.slice(1).every((level, index) => level - levels[index] <= 1), "no heading level is skipped");
});

look("a CSV dragged in", {}, async (page) => {
  await drop(page, ["metrics.csv", CSV]);
  await diagnosed(page);
  assert.match(await text(page, ".chosen"), /metrics\.csv, 1 kB/);
  assert.equal(await count(page, "#answer .finding.error"), 0);
  assert.equal(await count(page, "#answer table.numbers tbody tr"), 12);
  await page.click("Back to the text");
  await page.fill("Training log", QUESTION);
  await page.click("Diagnose");
  await page.waitFor(() => document.querySelector("#answer").textContent.includes("good on this split"));
});

look("a file chosen", {}, async (page) => {
  await page.choose("#file", "run.log", QUESTION);
  await diagnosed(page);
  assert.equal(await text(page, "#answer .finding header code"), "loss-scaled");
});

look("a log that attacks", {}, async (page) => {
  const name = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const attack = [`${name}.csv`, CSV.replace("train_acc", `"${name.replaceAll('"', '""')} train_acc"`)];
  await drop(page, attack, attack);
  await diagnosed(page);
  assert.equal(await count(page, "#answer img, #answer script, #logs img"), 0);
  assert.notEqual(await page.evaluate(() => document.title), "owned");
});

look("what is no log", {}, async (page) => {
  for (const content of ["", "Dear diary, nothing happened today.", "\u0000\u0001\u0002".repeat(5000)]) {
    await page.evaluate(() => document.querySelector("#answer").replaceChildren());
    await drop(page, ["thing.bin", content]);
    await page.waitFor(() => document.querySelector("[role=alert]"));
    assert.match(await text(page, "[role=alert]"), /epoch 1 train loss/, "an example of what would be read");
  }
});

look("a log of 20 MB", {}, async (page) => {
  const lines = [...Array(300_000).keys()].map((step) => `step ${step} epoch ${(step / 3e4).toFixed(4)} loss ${(2.3 * 0.999 ** (step / 100) + 0.1).toFixed(5)} lr 0.001\n`);
  await page.choose("#file", "long.log", lines.join(""));
  await diagnosed(page);
  assert.ok((await page.evaluate(() => document.querySelector("#answer").innerHTML.length)) < 2e6);
});

look("on paper", { colorScheme: "dark" }, async (page) => {
  await page.click("Try an example");
  await diagnosed(page);
  const paper = await page.pdf();
  assert.ok(paper.length > 10_000);
  if (pictures) writeFileSync(join(pictures, "paper.pdf"), paper);
});
