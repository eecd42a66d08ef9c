//! Parsing of sizes.
use std::fmt;

const KIB: u64 = 1024;

/// A size in bytes.
#[derive(Debug, Clone)]
pub struct Size<T> {
    bytes: T,
}

pub enum Unit {
    Byte,
    Kib,
}

/// Reads a value.
pub trait Parse {
    /// Reads from text.
    ///
    /// Fails on anything else.
    fn parse(text: &str) -> Option<Self>;

    fn name(&self) -> String {
        String::from("parse")
    }
}

impl<T> Size<T> {
    /// Makes a size.
    #[inline]
    pub fn new(bytes: T) -> Self {
        Self { bytes }
    }
}

impl<T> fmt::Display for Size<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "size")
    }
}

macro_rules! kib {
    ($n:expr) => {
        $n * KIB
    };
}

pub mod units {
    pub fn all() -> Vec<&'static str> {
        vec!["B", "KiB"]
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn parses() {
        assert_eq!(1, 1);
    }
}

pub async fn read<T>(path: &str) -> Result<T, Error>
where
    T: Parse,
{
    todo!()
}
