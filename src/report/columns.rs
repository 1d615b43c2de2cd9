//! Columns as other programs count them. Inside the house an offset is in bytes, and people count characters.

use crate::source::{SourceMap, Span};

/// A place by its line and by a column in bytes of UTF-8, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct BytePlace {
    pub line: u32,
    pub column: u32,
}

/// The first byte of a span and the one after its last.
pub(super) fn bytes(sources: &SourceMap, span: Span) -> (BytePlace, BytePlace) {
    let place = |offset: u32| {
        let Some(file) = sources.get(span.file) else { return BytePlace { line: 1, column: 1 } };
        let offset = offset.min(file.text.len() as u32);
        let line = file.line_index(offset);
        let (start, _) = file.line_range(line);
        BytePlace { line: line as u32 + 1, column: offset - start as u32 + 1 }
    };
    (place(span.lo), place(span.hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn bytes_and_characters_differ_where_text_is_not_ascii() {
        let mut sources = SourceMap::default();
        sources.add("a.rs", "x\r\nlet é = \"𐐀\"; send(é);\n");
        let text = &sources.get(FileId(0)).unwrap().text;
        let lo = text.find("send").unwrap() as u32;
        let span = Span::new(FileId(0), lo, lo + "send(é)".len() as u32);
        let (start, end) = bytes(&sources, span);
        assert_eq!((start, end), (BytePlace { line: 2, column: 18 }, BytePlace { line: 2, column: 26 }));
        assert_eq!((sources.start(span).column, sources.end(span).column), (14, 21));
        assert_eq!(bytes(&sources, Span::new(FileId(0), 900, 901)).0, BytePlace { line: 3, column: 1 });
        assert_eq!(bytes(&sources, Span::new(FileId(9), 0, 1)).0, BytePlace { line: 1, column: 1 });
    }
}
