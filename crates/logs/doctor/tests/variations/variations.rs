//! One text in other shapes: as editors, terminals, loggers, forums and spreadsheets change it.

/// A changed text, as bytes of a file.
pub(crate) struct Variation {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether lines are missing, so that the epoch of a number may be unknown.
    pub(crate) cut: bool,
    /// Whether so much is missing that other things may be found.
    pub(crate) lossy: bool,
}

/// All variations of `text`; where it separates cells by commas, not those that need another use of them.
pub(crate) fn variations(text: &str, commas: bool) -> Vec<Variation> {
    let mut all = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| {
        let cut = name.starts_with("with");
        let lossy = name.starts_with("clipped");
        all.push(Variation { name: name.to_owned(), bytes, cut, lossy });
    };
    for width in [80, 100, 132] {
        add(&format!("wrapped at {width}"), lines(text, |_, line| chunks(line, width)));
        add(&format!("clipped at {width}"), lines(text, |_, line| line.chars().take(width).collect()));
        add(&format!("wrapped between words at {width}"), lines(text, |_, line| words(line, width)));
    }
    for (name, prefix) in PREFIXES {
        add(name, lines(text, |number, line| prefix(number) + line));
    }
    add("code fence", format!("My log:\n\n```text\n{text}```\n\nIs it good?\n").into_bytes());
    add("pre", format!("<p>My log:</p>\n<pre>{text}</pre>\n").into_bytes());
    add(
        "colours",
        lines(text, |_, line| {
            format!("\x1b[32m{}\x1b[0m", line.replace(": ", ":\x1b[1m ").replace(" - ", "\x1b[0m - "))
        }),
    );
    add("colours, as SageMaker shows them", lines(text, |_, line| format!("#033[34m{line}#033[0m")));
    if !text.contains('"') {
        add(
            "Docker's file",
            lines(text, |_, line| {
                format!(
                    "{{\"log\":\"{line}\\n\",\"stream\":\"stdout\",\"time\":\"2024-03-01T10:00:00.123456789Z\"}}"
                )
            }),
        );
    }
    add(
        "carriage returns",
        lines(text, |_, line| format!("  0%|          | 0/63\r 50%|#####     | 31/63\r{line}")),
    );
    add("CRLF", text.replace('\n', "\r\n").into_bytes());
    add("byte order mark", format!("\u{feff}{text}").into_bytes());
    add(
        "UTF-16, little endian",
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    );
    add(
        "UTF-16, big endian",
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
    );
    add("Latin-1", latin_1(&format!("Entraînement commencé à l'été\n{text}Terminé\n")));
    add("trailing blanks", lines(text, |_, line| format!("{line}   \t ")));
    if !commas {
        add("decimal commas", decimal_commas(text).into_bytes());
        add("thousands", thousands(text, ',').into_bytes());
        add("thousands, as in French", thousands(text, '\u{202f}').into_bytes());
        add("tabs", text.replace(' ', "\t").into_bytes());
    }
    add("blanks that do not break", text.replace(' ', "\u{a0}").into_bytes());
    add("full-width digits", text.chars().map(full_width).collect::<String>().into_bytes());
    add("without its first line and a half", cut_start(text).into_bytes());
    add("without the end of its last line", cut_end(text).into_bytes());
    add(
        "without its last third of a line and the line break",
        text.trim_end().as_bytes()[..text.trim_end().len().saturating_sub(20)].to_vec(),
    );
    if text.lines().count() > 8 {
        add("with a hole", hole(text).into_bytes());
    }
    add("blank lines between", lines(text, |_, line| format!("{line}\n")));
    add("each line twice", lines(text, |_, line| format!("{line}\n{line}")));
    add("warnings between", warnings(text).into_bytes());
    add("typographic", typographic(text).into_bytes());
    add("upper case", text.to_uppercase().into_bytes());
    all
}

type Prefix = fn(usize) -> String;

const PREFIXES: [(&str, Prefix); 17] = [
    ("logging", |number| format!("2024-03-01 10:{}:00,037 INFO train.py:10{} - ", clock(number), number % 7)),
    ("logging, default", |_| "INFO:root:".to_owned()),
    ("loguru", |number| {
        format!("2024-03-01 10:{}:00.412 | INFO     | __main__:train:{} - ", clock(number), 40 + number % 7)
    }),
    ("log4j", |number| format!("24/03/01 10:{}:00 INFO TrainingMaster: ", clock(number))),
    ("glog", |number| format!("I0301 10:{}:00.123456 41235 train.py:12{}] ", clock(number), number % 7)),
    ("journald", |number| format!("Mar 01 10:{}:00 gpu-node3 python3[4123]: ", clock(number))),
    ("docker compose", |_| "web_1  | ".to_owned()),
    ("docker compose, version 2", |_| "trainer-1  | ".to_owned()),
    ("kubernetes", |number| format!("2024-03-01T10:{}:00.123456789Z stdout F ", clock(number))),
    ("GitHub Actions", |number| format!("2024-03-01T10:{}:00.1234567Z ", clock(number))),
    ("GitHub command line", |number| {
        format!("train\tRun python train.py\t2024-03-01T10:{}:00.1234567Z ", clock(number))
    }),
    ("Slurm", |_| "0: ".to_owned()),
    ("MPI", |_| "[1,0]<stdout>:".to_owned()),
    ("rank", |_| "[rank0]: ".to_owned()),
    ("quoted", |_| "> ".to_owned()),
    ("quoted twice", |_| ">> ".to_owned()),
    ("indented", |_| "    ".to_owned()),
];

fn clock(number: usize) -> String {
    format!("{:02}", number % 60)
}

fn lines(text: &str, each: impl Fn(usize, &str) -> String) -> Vec<u8> {
    let changed = text.lines().enumerate().map(|(number, line)| each(number, line) + "\n");
    changed.collect::<String>().into_bytes()
}

fn chunks(line: &str, width: usize) -> String {
    let letters: Vec<char> = line.chars().collect();
    letters.chunks(width).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

fn words(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut rest = line;
    while rest.chars().count() > width {
        let end = rest.char_indices().nth(width + 1).map_or(rest.len(), |(at, _)| at);
        let Some(space) = rest[..end].rfind(' ').filter(|&space| !rest[..space].trim().is_empty()) else {
            break;
        };
        out.push_str(rest[..space].trim_end());
        out.push('\n');
        rest = rest[space..].trim_start();
    }
    out + rest
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'#')).collect()
}

/// The text with `change` made between digits.
fn between_digits(text: &str, change: impl Fn(&[u8], usize) -> Option<char>) -> String {
    let bytes = text.as_bytes();
    text.char_indices().map(|(at, letter)| change(bytes, at).unwrap_or(letter)).collect()
}

fn decimal_commas(text: &str) -> String {
    between_digits(text, |bytes, at| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        (bytes[at] == b'.' && at > 0 && digit(at - 1) && digit(at + 1)).then_some(',')
    })
}

fn thousands(text: &str, mark: char) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let mut fraction = false;
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let name = out.ends_with(|before: char| before.is_ascii_alphabetic() || before == '_');
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) && !fraction && !name {
                out.push(mark);
            }
            out.push(digit);
        }
        fraction = letter == '.' && !digits.is_empty();
        digits.clear();
        out.push(letter);
    }
    out.pop();
    out
}

fn full_width(letter: char) -> char {
    match letter {
        '0'..='9' => char::from_u32(u32::from(letter) - u32::from('0') + 0xff10).unwrap_or(letter),
        _ => letter,
    }
}

fn cut_start(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let table = text.starts_with(['|', '\n']) || text.starts_with("epoch") || lines.len() < 2;
    // Without the names of its columns no table means anything.
    if table {
        return lines[0][lines[0].len() / 2..].to_owned() + "\n" + text;
    }
    let half = lines[1].len() / 2;
    let half = (half..).find(|&at| lines[1].is_char_boundary(at)).unwrap_or(0);
    lines[1][half..].to_owned() + "\n" + &lines[2..].join("\n") + "\n"
}

fn cut_end(text: &str) -> String {
    let text = text.trim_end();
    let end = (text.len() - 3..).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    text[..end].to_owned()
}

/// Without what lies between a third of one line and two thirds of a later one, as notebooks show long outputs.
fn hole(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let middle = lines.len() / 2;
    let near = |line: &str, at: usize| (at..).find(|&at| line.is_char_boundary(at)).unwrap_or(0);
    let (before, after) = (lines[middle], lines[middle + 2]);
    let before = &before[..near(before, before.len() / 3)];
    let after = &after[near(after, after.len() * 2 / 3)..];
    format!("{}\n{before}\n...\n{after}\n{}\n", lines[..middle].join("\n"), lines[middle + 3..].join("\n"))
}

fn warnings(text: &str) -> String {
    const NOISE: [&str; 6] = [
        "/usr/lib/python3.11/site-packages/torch/optim/lr_scheduler.py:143: UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`.",
        "  warnings.warn(\"Detected call of `lr_scheduler.step()` before `optimizer.step()`.\", UserWarning)",
        "libpng warning: iCCP: known incorrect sRGB profile",
        "2024-03-01 10:00:02.431125: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.",
        "[W socket.cpp:601] The client socket has failed to connect to [localhost]:29500 (errno: 99).",
        "Corrupt JPEG data: 240 extraneous bytes before marker 0xd9",
    ];
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if number % 3 == 1 {
            out.push_str(NOISE[(number / 3) % NOISE.len()]);
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn typographic(text: &str) -> String {
    text.replace(" - ", " – ").replace(": -", ": −").replace("e-0", "e−0").replace("---", "—")
}
