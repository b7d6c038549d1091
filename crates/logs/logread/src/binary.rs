//! Files that hold no text: what they are, and how their numbers become text.

/// What a file is that begins with `beginning`, and how to get a log from it; `None` where nothing tells.
pub(crate) fn kind(beginning: &[u8]) -> Option<&'static str> {
    const HEAD: usize = 512;
    let head = &beginning[..beginning.len().min(HEAD)];
    let holds = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
    let zip = |()| {
        if holds(b".npy") {
            NUMPY_ARCHIVE
        } else if holds(b"data.pkl") {
            CHECKPOINT
        } else if holds(b"[Content_Types].xml") || holds(b"xl/") || holds(b"mimetypeapplication/vnd.oasis") {
            SPREADSHEET
        } else {
            PACKED
        }
    };
    let of = |mark: &[u8]| head.starts_with(mark);
    match () {
        () if of(b"\x93NUMPY") => Some(NUMPY),
        () if of(b"PK\x03\x04") => Some(zip(())),
        () if of(b"\x80") && matches!(head.get(1), Some(2..=5)) => Some(PICKLE),
        () if of(b"MATLAB 5.0 MAT-file") => Some(MATLAB),
        () if of(b"\x89HDF\r\n") => Some(HDF5),
        () if of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => Some(SPREADSHEET),
        () if of(b"\x89PNG") || of(b"\xff\xd8\xff") || of(b"GIF8") || of(b"BM") || webp(head) => {
            Some(PICTURE)
        }
        () if of(b"%PDF-") => Some(PDF),
        () if of(b"\x1f\x8b")
            || of(b"BZh")
            || of(b"\xfd7zXZ")
            || of(b"\x28\xb5\x2f\xfd")
            || of(b"7z\xbc\xaf") =>
        {
            Some(PACKED)
        }
        () if of(b"PAR1") => Some(PARQUET),
        () if of(b":W&B") => Some(WANDB),
        () if of(b"SQLite format 3\0") => Some(SQLITE),
        () => None,
    }
}

fn webp(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

const NUMPY: &str = "it is an array of NumPy, which holds no names; write it with names, as \
    `pd.DataFrame({'val_loss': np.load(FILE)}).to_csv('log.csv')` does";
const NUMPY_ARCHIVE: &str = "it is an archive of NumPy arrays; \
    `json.dump({k: v.tolist() for k, v in np.load(FILE).items()}, open('log.json', 'w'))` writes them as text";
const PICKLE: &str = "it is a pickle of Python; `json.dump(pickle.load(open(FILE, 'rb')), open('log.json', 'w'), default=float)` \
    writes a history as text";
const CHECKPOINT: &str = "it is a checkpoint of PyTorch, which holds weights; the log is what the training printed or wrote beside it";
const MATLAB: &str = "it is a MAT-file; in MATLAB, `writelines(jsonencode(info), 'log.json')` writes what `trainNetwork` or \
    `trainnet` returned as text";
const HDF5: &str = "it is an HDF5 file, of weights or arrays; the log is what the training printed, or the history as JSON or CSV";
const SPREADSHEET: &str = "it is a spreadsheet; save its table as CSV";
const PICTURE: &str = "it is a picture; give the numbers that it was drawn from, as text, CSV or JSON";
const PDF: &str = "it is a PDF; copy the lines of the log from it into a text file";
const PACKED: &str = "it is a packed file; unpack it first";
const PARQUET: &str = "it is a Parquet table; `pd.read_parquet(FILE).to_csv('log.csv')` writes it as text";
const WANDB: &str = "it is W&B's own record of a run; `wandb.Api().run(RUN).history().to_csv('log.csv')` writes its history as text";
const SQLITE: &str = "it is an SQLite data base; of MLflow's, `sqlite3 -header -csv FILE 'select * from metrics'` prints the metrics";

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn each_kind_is_told_by_its_beginning() {
        let cases: [(&[u8], &str); 10] = [
            (b"\x93NUMPY\x01\0v\0{'descr': '<f8'", "array of NumPy"),
            (b"PK\x03\x04\x14\0\0\0\0\0................loss.npy", "archive of NumPy"),
            (b"PK\x03\x04\x14\0\x06\0................[Content_Types].xml", "spreadsheet"),
            (b"PK\x03\x04\0\0\x08\x08................archive/data.pkl", "checkpoint"),
            (b"PK\x03\x04\0\0\x08\x08................log.txt", "packed"),
            (b"\x80\x04\x95\x9a\0\0\0", "pickle"),
            (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "MAT-file"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"\x1f\x8b\x08\0", "packed"),
            (b"SQLite format 3\0", "SQLite"),
        ];
        for (beginning, wanted) in cases {
            assert!(kind(beginning).is_some_and(|kind| kind.contains(wanted)), "{wanted}");
        }
        for text in ["epoch 1 loss 0.5", "BZ", "PK", "{\"loss\": 0.5}", ""] {
            assert_eq!(kind(text.as_bytes()), None, "{text}");
        }
    }
}
