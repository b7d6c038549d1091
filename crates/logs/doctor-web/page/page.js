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
const [form, log, status, answer, drop] = ["form", "log", "status", "answer", "drop"].map(part);
/** The file that was chosen or dropped; the text counts while there is none. */
let file = null;

const engine = unpack(part("engine").textContent).then((bytes) => WebAssembly.compile(bytes));

/** Base64 of gzip to bytes. */
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A fresh instance for every log: its memory is given back, and no log can disturb the next. */
async function diagnose(bytes, known) {
  const { exports: doctor } = await WebAssembly.instantiate(await engine);
  const place = doctor.doctor_reserve(bytes.length);
  new Uint8Array(doctor.memory.buffer, place, bytes.length).set(bytes);
  const length = doctor.doctor_diagnose(known.classes, known.batch, known.train, known.validation);
  return new TextDecoder().decode(new Uint8Array(doctor.memory.buffer, doctor.doctor_answer(), length));
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
  try {
    const bytes = file ? new Uint8Array(await file.arrayBuffer()) : new TextEncoder().encode(log.value);
    answer.innerHTML = await diagnose(bytes, known());
    status.textContent = answer.querySelector(".verdict") ? "Done: the verdict is below." : "";
  } catch (error) {
    status.textContent = "";
    refuse(file && file.size > 5e8 ? "This file is too large for a browser; `foliar doctor` in a terminal reads it." : `The doctor failed: ${error.message}`);
  }
  part("diagnose").disabled = false;
  answer.focus({ preventScroll: true });
  answer.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function choose(chosen) {
  file = chosen;
  const size = chosen && (chosen.size < 1e6 ? `${Math.ceil(chosen.size / 1e3)} kB` : `${(chosen.size / 1e6).toFixed(1)} MB`);
  part("chosen-name").textContent = chosen ? `${chosen.name}, ${size}` : "";
  part("chosen").hidden = !chosen;
  log.hidden = Boolean(chosen);
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
  const [chosen] = event.target.files;
  if (!chosen) return;
  choose(chosen);
  event.target.value = "";
  run();
});
part("forget").addEventListener("click", () => {
  choose(null);
  log.focus();
});
part("example").addEventListener("click", () => {
  choose(null);
  log.value = EXAMPLE;
  run();
});

let inside = 0;
const carriesFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
document.addEventListener("dragenter", (event) => {
  if (carriesFile(event)) drop.classList.toggle("over", ++inside > 0);
});
document.addEventListener("dragleave", (event) => {
  if (carriesFile(event)) drop.classList.toggle("over", --inside > 0);
});
document.addEventListener("dragover", (event) => {
  if (carriesFile(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  inside = 0;
  drop.classList.remove("over");
  if (!carriesFile(event)) return;
  event.preventDefault();
  const [chosen] = event.dataTransfer.files;
  if (chosen) {
    choose(chosen);
    run();
  }
});

engine.catch((error) => refuse(`The doctor could not be started: ${error.message}. A newer browser helps.`));
