//! The page and what it asks for.
//!
//! | path | is |
//! | --- | --- |
//! | | the page |
//! | `page.js`, `page.css` | its parts |
//! | `state` | all runs and studies as they are now |
//! | `curves.svg`, `study/N.svg` | pictures, `?width=PIXELS&dark=0` or `1` |
//! | `photo/N` | a photo with a great loss, by its number in the state |

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use foliar_http::local::{Pages, jpeg, nothing_here, page, script, style, svg};
use foliar_http::query::Query;
use foliar_http::{Answer, Refusal, json_answer};
use foliar_report::Theme;
use foliar_review::{Size, picture};
use foliar_vision::Digest;
use serde::Serialize;
use serde_json::{Value, json};

use super::found::{Found, in_places, written};
use super::losses::greatest;
use super::pictures::draw;
use super::run::Run;
use super::study::Study;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
/// Runs that are shown: those that were written to last.
const MOST_RUNS: usize = 24;

/// What is watched.
pub(super) struct WatchPages {
    places: Vec<PathBuf>,
    shelf: Mutex<Shelf>,
    album: Mutex<Album>,
}

/// What was read, by its place, with the stamp that it had.
#[derive(Default)]
struct Shelf {
    runs: BTreeMap<PathBuf, (String, Arc<Run>)>,
    studies: BTreeMap<PathBuf, (String, Arc<Study>)>,
}

/// Photos that may be asked for, and what was told of those of a run, by its folder.
#[derive(Default)]
struct Album {
    photos: Vec<(PathBuf, Option<Digest>)>,
    known: BTreeMap<PathBuf, (String, Value)>,
}

/// Everything as it is now, each with its stamp.
#[derive(Default)]
struct Now {
    runs: Vec<(String, Arc<Run>)>,
    studies: Vec<(String, Arc<Study>)>,
    /// Runs that are left out.
    more: usize,
}

/// What is told of the photos of a run.
#[derive(Serialize)]
struct Told<'a> {
    photo: usize,
    name: &'a str,
    class: &'a str,
    predicted: &'a str,
    loss: f64,
}

impl WatchPages {
    /// Pages of what there is in `places`, now and later.
    pub(super) fn of(places: Vec<PathBuf>) -> Self {
        Self { places, shelf: Mutex::default(), album: Mutex::default() }
    }

    /// Reads what has changed.
    fn now(&self) -> Now {
        let mut found = in_places(&self.places);
        let runs = found.iter().filter(|found| matches!(found, Found::Run { .. })).count();
        let mut now = Now { more: runs.saturating_sub(MOST_RUNS), ..Now::default() };
        if now.more > 0 {
            let age = |found: &Found| match found {
                Found::Run { dir, .. } => written(&[dir.events(), dir.recipe()]),
                Found::Study { .. } => None,
            };
            let mut ages: Vec<Option<SystemTime>> =
                found.iter().filter(|found| matches!(found, Found::Run { .. })).map(age).collect();
            ages.sort_unstable();
            let least = ages[now.more];
            let mut room = MOST_RUNS;
            found.retain(|found| {
                let is_study = matches!(found, Found::Study { .. });
                let stays = is_study || room > 0 && age(found) >= least;
                room -= usize::from(stays && !is_study);
                stays
            });
        }
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *shelf);
        for found in found {
            let (path, stamp) = (found.path().to_owned(), found.stamp());
            match found {
                Found::Run { name, dir } => {
                    let known = before.runs.get(&path).filter(|(known, _)| *known == stamp);
                    let run =
                        known.map_or_else(|| Arc::new(Run::read(name, dir)), |(_, run)| Arc::clone(run));
                    shelf.runs.insert(path, (stamp.clone(), Arc::clone(&run)));
                    now.runs.push((stamp, run));
                }
                Found::Study { name, file } => {
                    let known = before.studies.get(&path).filter(|(known, _)| *known == stamp);
                    let study = known
                        .map_or_else(|| Arc::new(Study::read(name, &file)), |(_, study)| Arc::clone(study));
                    shelf.studies.insert(path, (stamp.clone(), Arc::clone(&study)));
                    now.studies.push((stamp, study));
                }
            }
        }
        now
    }

    fn state(&self) -> Result<Answer, Refusal> {
        let now = self.now();
        let time = SystemTime::now();
        let runs = now.runs.iter().map(|(stamp, run)| {
            let photos = self.photos(run, stamp);
            json!({"run": run.shown(time), "photos": photos})
        });
        let studies =
            now.studies.iter().map(|(stamp, study)| json!({"study": study.shown(), "stamp": stamp}));
        let stamps: Vec<&str> = now.runs.iter().map(|(stamp, _)| stamp.as_str()).collect();
        let stamp = Digest::of(stamps.join("_").as_bytes()).to_string();
        json_answer(&json!({
            "runs": runs.collect::<Vec<Value>>(),
            "studies": studies.collect::<Vec<Value>>(),
            "more": now.more,
            "stamp": stamp,
            "has_curves": now.runs.iter().any(|(_, run)| !run.epochs.is_empty()),
        }))
    }

    /// The photos with the greatest loss of a run that is done, or why there are none.
    fn photos(&self, run: &Run, stamp: &str) -> Value {
        let Some(start) = run.start.as_ref().filter(|_| run.is_done()) else {
            return json!("The photos with the greatest loss are known when the run is done.");
        };
        let mut album = self.album.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = run.dir.root().to_owned();
        if let Some((_, value)) = album.known.get(&folder).filter(|(known, _)| *known == stamp) {
            return value.clone();
        }
        let value = match greatest(&run.dir, &start.classes) {
            Err(error) => json!(format!("The photos with the greatest loss cannot be told: {error}.")),
            Ok(lossy) => lossy
                .iter()
                .map(|lossy| {
                    album.photos.push((lossy.file.clone(), lossy.digest));
                    let photo = album.photos.len() - 1;
                    let (name, class, predicted) = (&lossy.name, &lossy.class, &lossy.predicted);
                    json!(Told { photo, name, class, predicted, loss: lossy.loss })
                })
                .collect(),
        };
        album.known.insert(folder, (stamp.to_owned(), value.clone()));
        value
    }

    fn photo(&self, number: &str) -> Result<Answer, Refusal> {
        let album = self.album.lock().unwrap_or_else(PoisonError::into_inner);
        let photo = number.parse().ok().and_then(|number: usize| album.photos.get(number).cloned());
        drop(album);
        let (path, digest) = photo.ok_or_else(|| nothing_here(number))?;
        match picture(&path, digest.as_ref(), Size::Small) {
            Ok(bytes) => Ok(jpeg(bytes)),
            Err(_) => Ok(svg("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\"/>")),
        }
    }

    fn draw(&self, what: &str, query: &str) -> Result<Answer, Refusal> {
        let query = Query::parse(query, &["width", "dark", "stamp"])?;
        let width = query
            .get("width")
            .and_then(|text| text.parse().ok())
            .filter(|width| (200..=3000).contains(width));
        let width: u32 = width.ok_or_else(|| Refusal::malformed("?width= must be 200 to 3000"))?;
        let theme = if query.get("dark") == Some("1") { Theme::Dark } else { Theme::Light };
        let now = self.now();
        let drawn = match what.strip_prefix("study/").and_then(|name| name.strip_suffix(".svg")) {
            None => draw(now.runs.iter().map(|(_, run)| &**run), width, theme).ok(),
            Some(number) => number
                .parse()
                .ok()
                .and_then(|number: usize| now.studies.get(number))
                .and_then(|(_, study)| study.draw(width, theme)),
        };
        drawn.map(svg).ok_or_else(|| nothing_here(what))
    }
}

impl Pages for WatchPages {
    fn get(&self, path: &str, query: &str) -> Result<Answer, Refusal> {
        match path {
            "" => Ok(page(PAGE)),
            "page.js" => Ok(script(SCRIPT)),
            "page.css" => Ok(style(STYLE)),
            "state" => self.state(),
            "curves.svg" => self.draw(path, query),
            _ if path.starts_with("study/") => self.draw(path, query),
            _ => match path.strip_prefix("photo/") {
                Some(number) => self.photo(number),
                None => Err(nothing_here(path)),
            },
        }
    }
}
