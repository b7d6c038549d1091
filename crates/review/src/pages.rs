//! The page and what it asks for.
//!
//! | path | is |
//! | --- | --- |
//! | | the page |
//! | `page.js`, `page.css` | its parts |
//! | `case` | the questions, and what stands of each photo |
//! | `photo/N/large`, `photo/N/small` | a photo, by its number |
//! | `decide` (POST) | `{"question": N, "photo": N, "decision": WORD, "class": NAME}`: answered once it is on the disk |
//! | `undo` (POST) | the same for taking back: `{}` |

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use foliar_files::{Printable as _, quoted};
use foliar_http::local::{Pages, jpeg, nothing_here, page, script, style, svg};
use foliar_http::{Answer, Refusal, json_answer};
use foliar_results::audit::{Audit, Doubt};
use foliar_scan::review::Decision;
use foliar_vision::path_of_name;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Question, Shown};
use crate::error::ReviewError;
use crate::journal::{Journal, Standing};
use crate::picture::{NoPicture, Size, digest, picture};

const PAGE: &str = include_str!("page/page.html");
const SCRIPT: &str = include_str!("page/page.js");
const STYLE: &str = include_str!("page/page.css");
const DOCUMENT: &str = "audit.json";
const TABLE: &str = "review.csv";

/// What is wanted of a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The folder of photos, if they are not where the audit found them.
    pub data: Option<PathBuf>,
    /// The table of decisions; `review.csv` beside the audit if absent.
    pub review: Option<PathBuf>,
    /// Whether labels that are doubted on weak evidence are asked about too.
    pub weak_labels: bool,
}

/// The page of a review, and the table that it writes.
pub struct ReviewPages {
    root: PathBuf,
    name: String,
    case: Case,
    journal: Mutex<Journal>,
    saved: PathBuf,
    remarks: Vec<String>,
}

impl ReviewPages {
    /// Opens the audit in the folder `audit`, and its table of decisions, which no other process may hold.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub fn open(audit: &Path, options: &Options) -> Result<Self, ReviewError> {
        let document = if audit.is_dir() { audit.join(DOCUMENT) } else { audit.to_owned() };
        if !document.is_file() {
            return Err(ReviewError::NoAudit { path: audit.to_owned() });
        }
        let bytes = foliar_files::read(&document)
            .map_err(|source| ReviewError::Io { path: document.clone(), source })?;
        let read: Audit = serde_json::from_slice(&bytes)
            .map_err(|error| ReviewError::Audit { path: document.clone(), what: error.to_string() })?;
        let case = Case::of(&read, options.weak_labels);
        let root = options.data.clone().unwrap_or_else(|| {
            if read.place.as_os_str().is_empty() { PathBuf::from(&read.root) } else { read.place.clone() }
        });
        let is_there =
            |photo: &Shown| file_of(&root, photo).is_some_and(|path| foliar_archive::exists(&path));
        if !case.photos.is_empty() && !case.photos.iter().any(is_there) {
            return Err(ReviewError::NoPhotos { root });
        }
        let beside = || document.with_file_name(TABLE);
        let journal = Journal::open(&options.review.clone().unwrap_or_else(beside))?;
        let mut remarks: Vec<String> = journal.remark().map(str::to_owned).into_iter().collect();
        if case.questions.is_empty() {
            remarks.push("the audit doubts no photo: there is nothing to judge".to_owned());
        }
        let saved = journal.path().to_owned();
        Ok(Self { root, name: read.name().to_owned(), case, journal: Mutex::new(journal), saved, remarks })
    }

    /// What is to be said before it begins.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The table of decisions.
    #[must_use]
    pub fn saved(&self) -> PathBuf {
        self.saved.clone()
    }

    fn case(&self) -> Result<Answer, Refusal> {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let decided = self.case.photos.iter().map(|photo| Decided::of(&journal, photo)).collect();
        json_answer(&Whole {
            name: &self.name,
            case: &self.case,
            decided,
            saved: self.saved.shown().to_string(),
            next: format!(
                "foliar train {} --review {}",
                quoted(&self.root.shown().to_string()),
                quoted(&self.saved.shown().to_string())
            ),
        })
    }

    fn picture(&self, number: &str, size: &str) -> Result<Answer, Refusal> {
        let photo = number.parse().ok().and_then(|number: usize| self.case.photos.get(number));
        let (Some(photo), Some(size)) = (photo, Size::of_word(size)) else {
            return Err(nothing_here(&format!("photo/{number}/{size}")));
        };
        let path = self.file(photo)?;
        Ok(match picture(&path, photo.digest.as_ref(), size) {
            Ok(bytes) => jpeg(bytes),
            Err(NoPicture::Changed) => instead("changed since the audit"),
            Err(NoPicture::Unreadable) => instead("cannot be shown"),
        })
    }

    fn decide(&self, wish: &Wish) -> Result<Answer, Refusal> {
        let unknown = |what: &str| Refusal::malformed(format!("there is no such {what}"));
        let question = self.case.questions.get(wish.question).ok_or_else(|| unknown("question"))?;
        let photo = self.case.photos.get(wish.photo).ok_or_else(|| unknown("photo"))?;
        let doubts = doubts(question, wish.photo).ok_or_else(|| unknown("photo in this question"))?;
        let decision = Decision::of_word(&wish.decision).filter(|decision| *decision != Decision::Undo);
        let decision = decision.ok_or_else(|| unknown("decision"))?;
        let class = match decision {
            Decision::Relabel => self.case.classes.iter().find(|class| Some(*class) == wish.class.as_ref()),
            _ => Some(&photo.class),
        };
        let class = class.ok_or_else(|| unknown("class"))?;
        let now = digest(&self.file(photo)?);
        if photo.digest.is_some() && now != photo.digest {
            return Err(changed(photo));
        }
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let doubts = with_settled(
            doubts,
            &decision,
            journal.standing(&photo.path).filter(|before| before.digest == now),
        );
        journal.append(&photo.path, now, decision, class, doubts).map_err(|error| self.unsaved(&error))?;
        json_answer(&Done { decided: Decided::of(&journal, photo) })
    }

    fn undo(&self) -> Result<Answer, Refusal> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let path = journal.undo().map_err(|error| self.unsaved(&error))?;
        let is = |photo: &Shown| Some(&photo.path) == path.as_ref();
        let photo = self.case.photos.iter().position(is);
        json_answer(&Undone { photo, path })
    }

    fn file(&self, photo: &Shown) -> Result<PathBuf, Refusal> {
        file_of(&self.root, photo).ok_or_else(|| nothing_here(&photo.path))
    }

    fn unsaved(&self, error: &std::io::Error) -> Refusal {
        let sentence = format!("not saved in {}: {error}", self.saved.shown());
        Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "not-saved", sentence)
    }
}

impl Pages for ReviewPages {
    fn get(&self, path: &str, _: &str) -> Result<Answer, Refusal> {
        match path {
            "" => Ok(page(PAGE)),
            "page.js" => Ok(script(SCRIPT)),
            "page.css" => Ok(style(STYLE)),
            "case" => self.case(),
            _ => match path.strip_prefix("photo/").and_then(|rest| rest.split_once('/')) {
                Some((number, size)) => self.picture(number, size),
                None => Err(nothing_here(path)),
            },
        }
    }

    fn post(&self, path: &str, body: &[u8]) -> Result<Answer, Refusal> {
        match path {
            "decide" => {
                let wish = serde_json::from_slice(body)
                    .map_err(|error| Refusal::malformed(format!("this is no decision: {error}")))?;
                self.decide(&wish)
            }
            "undo" => self.undo(),
            _ => Err(nothing_here(path)),
        }
    }
}

/// Where the file of a photo is; `None` for a name that leads out of the folder.
fn file_of(root: &Path, photo: &Shown) -> Option<PathBuf> {
    Some(root.join(path_of_name(&photo.path)?))
}

/// What was seen to be doubted of a photo in a question; `None` if it is not to be judged there.
fn doubts(question: &Question, photo: usize) -> Option<String> {
    let words = |doubts: &[Doubt]| doubts.iter().map(|doubt| doubt.name()).collect::<Vec<_>>().join(" ");
    if question.photo == photo {
        return Some(words(&question.doubts));
    }
    question.copies.iter().any(|copy| copy.photo == photo).then(|| words(&[Doubt::Copy]))
}

/// The doubts that a decision settles: those that are seen now, and those that a photo was kept for before.
fn with_settled(doubts: String, decision: &Decision, before: Option<&Standing>) -> String {
    let is_used = |decision: &Decision| matches!(decision, Decision::Keep | Decision::Relabel);
    let Some(before) = before.filter(|before| is_used(&before.decision) && is_used(decision)) else {
        return doubts;
    };
    let settled: BTreeSet<Doubt> = Doubt::named(&doubts).chain(Doubt::named(&before.doubts)).collect();
    settled.into_iter().map(Doubt::name).collect::<Vec<_>>().join(" ")
}

/// A picture that says why there is none. A browser shows nothing of a refusal.
fn instead(words: &'static str) -> Answer {
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 240\"><rect width=\"240\" height=\"240\" fill=\"#808080\" \
         fill-opacity=\".25\"/><text x=\"120\" y=\"124\" font-family=\"sans-serif\" font-size=\"17\" text-anchor=\"middle\" \
         fill=\"#808080\">{words}</text></svg>"
    );
    svg(picture)
}

fn changed(photo: &Shown) -> Refusal {
    let sentence = format!("{} has changed since the audit; audit the photos again", photo.path);
    Refusal::new(StatusCode::CONFLICT, "changed", sentence)
}

/// What the page begins with.
#[derive(Serialize)]
struct Whole<'a> {
    name: &'a str,
    #[serde(flatten)]
    case: &'a Case,
    /// What stands of each photo.
    decided: Vec<Option<Decided>>,
    saved: String,
    /// The command that heeds what was judged.
    next: String,
}

#[derive(Serialize)]
struct Decided {
    decision: &'static str,
    class: String,
    /// What was doubted when it was decided.
    doubts: Vec<Doubt>,
}

impl Decided {
    fn of(journal: &Journal, photo: &Shown) -> Option<Self> {
        // What was decided about a file that has changed since says nothing of this one.
        let standing = journal.standing(&photo.path)?;
        let is_other = standing.digest.zip(photo.digest).is_some_and(|(judged, audited)| judged != audited);
        if is_other {
            return None;
        }
        let doubts = Doubt::named(&standing.doubts).collect();
        Some(Self { decision: standing.decision.word(), class: standing.class.clone(), doubts })
    }
}

#[derive(Deserialize)]
struct Wish {
    question: usize,
    photo: usize,
    decision: String,
    #[serde(default)]
    class: Option<String>,
}

#[derive(Serialize)]
struct Done {
    decided: Option<Decided>,
}

#[derive(Serialize)]
struct Undone {
    /// The photo of which a decision was taken back, if it is in this case.
    photo: Option<usize>,
    /// Its path; absent if there was none to take back.
    path: Option<String>,
}
