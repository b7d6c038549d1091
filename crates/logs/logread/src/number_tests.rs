use super::{Style, scan};

fn value(text: &str) -> Option<(f64, usize)> {
    scan(text.as_bytes(), 0, Style::default()).map(|(number, end)| (number.value, end))
}

#[test]
fn usual_forms() {
    let cases: [(&str, f64, f64, usize); 17] = [
        ("0.9912", 0.9912, 1e-4, 6),
        ("118.5250 ", 118.525, 1e-4, 8),
        ("-3", -3.0, 1.0, 2),
        (".5", 0.5, 0.1, 2),
        ("5. ", 5.0, 1.0, 2),
        ("1.23e-04", 1.23e-4, 1e-6, 8),
        ("6.9078e+00", 6.9078, 1e-4, 10),
        ("1E21", 1e21, 1e21, 4),
        ("3332910014858788864000.0000", 3332910014858788864000.0, 1e-4, 27),
        ("50,000", 50_000.0, 1.0, 6),
        ("1,234,567.5", 1_234_567.5, 0.1, 11),
        ("1_000", 1000.0, 1.0, 5),
        ("1,2", 1.0, 1.0, 1),
        ("1,2345", 1.0, 1.0, 1),
        ("0,753", 0.0, 1.0, 1),
        ("12...", 12.0, 1.0, 2),
        ("0.5891604418683256", 0.5891604418683256, 1e-16, 18),
    ];
    for (text, wanted, resolution, length) in cases {
        let (number, end) = scan(text.as_bytes(), 0, Style::default()).unwrap();
        assert_eq!((number.value, end), (wanted, length), "{text}");
        assert!((number.resolution / resolution - 1.0).abs() < 1e-9, "{text}: {}", number.resolution);
    }
}

#[test]
fn decimal_commas() {
    let style = Style { decimal_comma: true };
    for (text, wanted) in [("0,753", 0.753), ("1,234", 1.234), ("118,5", 118.5), ("1.5", 1.5), ("3, 4", 3.0)]
    {
        assert_eq!(scan(text.as_bytes(), 0, style).unwrap().0.value, wanted, "{text}");
    }
}

#[test]
fn numbers_that_are_not_finite() {
    for text in ["nan", "NaN", "-nan", "NAN ", "1.#QNAN", "-1.#IND00"] {
        assert!(value(text).unwrap().0.is_nan(), "{text}");
    }
    assert_eq!(value("inf"), Some((f64::INFINITY, 3)));
    assert_eq!(value("-Infinity"), Some((f64::NEG_INFINITY, 9)));
    assert_eq!(value("1.#INF"), Some((f64::INFINITY, 6)));
    assert_eq!(value("info"), None);
    assert_eq!(value("nano"), None);
}

#[test]
fn versions_and_signs_alone_are_no_numbers() {
    for text in ["1.2.3", "-", "+.", ".", "-.x"] {
        assert_eq!(value(text), None, "{text}");
    }
}
