//! The page of answers: unknown photos apart, nothing of a name becomes markup.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_report::{Answer, AnsweredPhoto, Answers, answers_page};

fn photo(path: &str, answer: Answer) -> AnsweredPhoto {
    AnsweredPhoto {
        path: path.into(),
        answer,
        ranking: vec![("rust".into(), 0.874), ("healthy".into(), 0.126)],
        ..AnsweredPhoto::default()
    }
}

fn answers() -> Answers {
    Answers {
        heading: "Answers of runs/first".into(),
        photos: vec![
            photo("a<script>.jpg", Answer::Class("rust".into())),
            photo("b.jpg", Answer::Unknown),
            photo("shoe.jpg", Answer::Unlike),
            photo("c.jpg", Answer::Failed("the file is empty".into())),
        ],
        written_by: "foliar predict".into(),
        ..Answers::default()
    }
}

#[test]
fn unknown_photos_stand_apart_and_name_no_class_as_their_answer() {
    let page = answers_page(&answers());
    let (answered, rest) = page.split_once("answers-unknown").unwrap();
    let (unknown, failed) = rest.split_once("answers-failed").unwrap();
    assert!(answered.contains(
        "4 photos: 1 answered (rust 1), 2 unknown (1 of them unlike any training photo), 1 not read."
    ));
    assert!(
        !answered.contains("shoe")
            && unknown.contains("shoe")
            && unknown.contains("unlike any training photo")
    );
    assert!(failed.contains("the file is empty"));
    assert!(!page.contains("<script>.jpg"));
}

#[test]
fn the_legend_stands_only_where_there_is_something_to_read() {
    let page = answers_page(&answers());
    assert!(!page.contains("How to read the pictures"));
    let page =
        answers_page(&Answers { legend: vec!["Bright is where the evidence lies.".into()], ..answers() });
    assert!(page.contains("How to read the pictures") && page.contains("Bright is where"));
}
