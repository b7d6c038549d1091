"use strict";

const EXAMPLE = `I train a ResNet-50 on photos of leaves. The loss starts at 118 and is still 2.2 at the end, far from zero.
Is my model bad? This is what it prints:

Epoch [1/30] Train Loss: 118.4127 Val Loss: 86.0934 Val Acc: 74.60%
Epoch [2/30] Train Loss: 66.2405 Val Loss: 49.0188 Val Acc: 86.40%
Epoch [3/30] Train Loss: 40.7312 Val Loss: 31.9871 Val Acc: 92.50%
Epoch [4/30] Train Loss: 26.0448 Val Loss: 24.0215 Val Acc: 94.90%
Epoch [5/30] Train Loss: 19.1206 Val Loss: 18.7342 Val Acc: 95.60%
Epoch [10/30] Train Loss: 8.9027 Val Loss: 10.9126 Val Acc: 97.30%
Epoch [20/30] Train Loss: 3.8954 Val Loss: 5.6241 Val Acc: 98.50%
Epoch [30/30] Train Loss: 2.2013 Val Loss: 3.9870 Val Acc: 98.80%

Thank you for any hint!`;

const part = (id) => document.getElementById(id);
const [form, status, answer, logs] = ["form", "status", "answer", "logs"].map(part);
/** More logs than this make a page that nobody reads. */
const MOST_LOGS = 12;

/** A place for a log: its text counts while no file was chosen. */
class Entry {
  file = null;

  constructor(element) {
    this.element = element;
    this.area = element.querySelector("textarea");
    element.querySelector(".forget").addEventListener("click", () => {
      this.choose(null);
      this.area.focus();
    });
    element.querySelector(".remove").addEventListener("click", () => {
      entries.splice(entries.indexOf(this), 1);
      element.remove();
      number();
      entries.at(-1).area.focus();
    });
  }

  get isEmpty() {
    return !this.file && !this.area.value.trim();
  }

  choose(file) {
    this.file = file;
    const size = file && (file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`);
    this.element.querySelector(".name").textContent = file ? `${file.name}, ${size}` : "";
    this.element.querySelector(".chosen").hidden = !file;
    this.area.hidden = Boolean(file);
  }

  async bytes() {
    return this.file ? new Uint8Array(await this.file.arrayBuffer()) : new TextEncoder().encode(this.area.value);
  }
}

const entries = [new Entry(logs.querySelector(".entry"))];

/** An empty place: one that is there, or a new one. */
function emptyEntry() {
  const free = entries.find((entry) => entry.isEmpty);
  if (free || entries.length >= MOST_LOGS) return free;
  const element = entries[0].element.cloneNode(true);
  const entry = new Entry(element);
  entry.area.value = "";
  entry.choose(null);
  entries.push(entry);
  logs.append(element);
  number();
  return entry;
}

/** Names the places by their order; the only one has no number. */
function number() {
  entries.forEach(({ element, area }, index) => {
    const several = entries.length > 1;
    area.id = index ? `log-${index + 1}` : "log";
    const label = element.querySelector("label");
    label.htmlFor = area.id;
    label.textContent = several ? `Training log ${index + 1}` : "Training log";
    const remove = element.querySelector(".remove");
    remove.textContent = `Remove log ${index + 1}`;
    remove.hidden = !several;
  });
  part("add").disabled = entries.length >= MOST_LOGS;
}

const engine = unpack(part("engine").textContent).then((bytes) => WebAssembly.compile(bytes));

/** Base64 of gzip to bytes. */
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A fresh instance for every answer: its memory is given back, and no log can disturb the next. */
async function diagnose(chosen, known) {
  const { exports: doctor } = await WebAssembly.instantiate(await engine);
  const names = new Map();
  for (const entry of chosen) {
    const plain = entry.file?.name ?? `log ${entries.indexOf(entry) + 1}`;
    const times = (names.get(plain) ?? 0) + 1;
    names.set(plain, times);
    const name = new TextEncoder().encode(times > 1 ? `${plain} (${times})` : plain);
    const bytes = await entry.bytes();
    const place = doctor.doctor_reserve(bytes.length, name.length) >>> 0;
    const room = new Uint8Array(doctor.memory.buffer, place, bytes.length + name.length);
    room.set(bytes);
    room.set(name, bytes.length);
  }
  doctor.doctor_diagnose(known.classes, known.batch, known.train, known.validation);
  const [html, markdown] = [0, 1].map((form) =>
    new TextDecoder().decode(new Uint8Array(doctor.memory.buffer, doctor.doctor_answer(form) >>> 0, doctor.doctor_answer_length(form))),
  );
  return { html, markdown };
}

/** What the fields say, 0 for unknown. */
function known() {
  const number = (id) => part(id).valueAsNumber || 0;
  return { classes: number("classes"), batch: number("batch"), train: number("train"), validation: number("validation") };
}

function refuse(reason) {
  const text = document.createElement("p");
  text.className = "refusal";
  text.setAttribute("role", "alert");
  text.textContent = reason;
  answer.replaceChildren(text);
}

async function run() {
  if (!form.reportValidity() || part("diagnose").disabled) return;
  part("diagnose").disabled = true;
  status.textContent = "Reading …";
  // Two frames, so that the words are seen before the work begins.
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const filled = entries.filter((entry) => !entry.isEmpty);
  const chosen = filled.length ? filled : entries.slice(0, 1);
  show("");
  try {
    const { html, markdown } = await diagnose(chosen, known());
    answer.innerHTML = html;
    show(markdown);
    const read = answer.querySelector(".verdict");
    status.textContent = !read ? "" : answer.querySelector(".runs") ? "Done: the comparison is below." : "Done: the verdict is below.";
  } catch (error) {
    status.textContent = "";
    const size = chosen.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    if (size > 5e8) refuse("That is too large for a browser; `foliar doctor` in a terminal reads it.");
    else if (error.name === "NotFoundError" || error.name === "NotReadableError") refuse("A file could not be read. Of a folder, choose the files in it.");
    else refuse(`The doctor failed: ${error.message}`);
  }
  part("diagnose").disabled = false;
  answer.focus({ preventScroll: true });
  (part("take").hidden ? answer : part("take")).scrollIntoView({
    block: "start",
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

/** Offers the answer as Markdown, if there is one. */
function show(markdown) {
  part("markdown").value = markdown;
  part("markdown").hidden = true;
  part("take").hidden = !markdown;
  part("copied").textContent = "";
}

/** To the clipboard; where the browser does not allow that, by selecting the text, which any key can copy then. */
async function copy() {
  const text = part("markdown");
  let done = true;
  try {
    await navigator.clipboard.writeText(text.value);
  } catch {
    text.hidden = false;
    text.focus();
    text.select();
    done = document.execCommand("copy");
  }
  if (done) {
    text.hidden = true;
    part("copy").focus();
  }
  part("copied").textContent = done ? "Copied." : "The text is selected: press Ctrl + C.";
}

/** Files come into the place they were dropped on, else into empty ones; a single one replaces the only text. */
function take(files, onto) {
  for (const [index, file] of [...files].entries()) {
    const replaced = index === 0 && (onto ?? (files.length === 1 && entries.length === 1 ? entries[0] : null));
    (replaced || emptyEntry())?.choose(file);
  }
  if (files.length) run();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
part("file").addEventListener("change", (event) => {
  take([...event.target.files]);
  event.target.value = "";
});
part("add").addEventListener("click", () => {
  emptyEntry().area.focus();
});
part("example").addEventListener("click", () => {
  entries.splice(1).forEach((entry) => entry.element.remove());
  entries[0].choose(null);
  entries[0].area.value = EXAMPLE;
  number();
  run();
});
part("copy").addEventListener("click", copy);

let inside = 0;
const carriesFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
document.addEventListener("dragenter", (event) => {
  if (carriesFile(event)) logs.classList.toggle("over", ++inside > 0);
});
document.addEventListener("dragleave", (event) => {
  if (carriesFile(event)) logs.classList.toggle("over", --inside > 0);
});
document.addEventListener("dragover", (event) => {
  if (carriesFile(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  inside = 0;
  logs.classList.remove("over");
  if (!carriesFile(event)) return;
  event.preventDefault();
  const onto = entries.find(({ element }) => element.contains(event.target));
  take([...event.dataTransfer.files], entries.length > 1 ? onto : null);
});

engine.catch((error) => refuse(`The doctor could not be started: ${error.message}. A newer browser helps.`));
