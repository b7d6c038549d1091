//! The markup of pages without a script.

/// Asserts that what is between `<body` and `</body>` is XML, so that every element is closed and every text escaped, and that
/// no attribute holds a script.
pub(crate) fn assert_well_formed(page: &str) {
    let (start, end) = (page.find("<body").unwrap(), page.find("</body>").unwrap() + "</body>".len());
    let document = roxmltree::Document::parse(&page[start..end]).unwrap_or_else(|error| panic!("{error}"));
    let mut attributes = document.descendants().flat_map(|node| node.attributes());
    assert!(attributes.all(|attribute| !attribute.name().starts_with("on")));
}
