//! A place in a line.

/// What of a line is not read yet.
pub(super) struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// The column in characters, from 1 on.
    pub(super) fn column(&self) -> usize {
        self.line[..self.at].chars().count() + 1
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    /// Read over this, if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    pub(super) fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t'));
    }

    /// Read over the space that has to come next.
    pub(super) fn space(&mut self) -> Result<(), String> {
        let before = self.at;
        self.skip_space();
        if self.at == before {
            return Err("a space is missing".to_owned());
        }
        Ok(())
    }

    /// All until the next space.
    pub(super) fn word(&mut self) -> &'a str {
        self.take_while(|c| !matches!(c, ' ' | '\t'))
    }

    pub(super) fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// A text in quotes, the opening one being next; `\\`, `\"` and `\n` are what they stand for, any other backslash is one.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        if !self.eat("\"") {
            return Err("a quote is missing".to_owned());
        }
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| !matches!(c, '"' | '\\')));
            if self.eat("\"") {
                return Ok(text);
            }
            if !self.eat("\\") {
                return Err("a quote is not closed".to_owned());
            }
            match self.rest().chars().next() {
                Some('n') => text.push('\n'),
                Some(c @ ('"' | '\\')) => text.push(c),
                _ => {
                    text.push('\\');
                    continue;
                }
            }
            self.at += 1;
        }
    }
}
