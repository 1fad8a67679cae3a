//! How large an `.xlsx` becomes, before it is unpacked.

use super::{MAX_UNPACKED, SheetError};

/// Refuses a zip that unpacks to more than is looked at. The sizes are those the directory declares; the unpacker stops at
/// them, so a lie makes the file unreadable, not large.
pub(super) fn bound_unpacked(bytes: &[u8]) -> Result<(), SheetError> {
    let total = declared_size(bytes).ok_or(SheetError::Damaged)?;
    if total > MAX_UNPACKED {
        Err(SheetError::TooLarge)
    } else {
        Ok(())
    }
}

/// The sum over the zip's central directory; nothing for a directory that is not where the end record says.
fn declared_size(bytes: &[u8]) -> Option<u64> {
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let files = little(bytes, end + 10, 2)?;
    let mut at = little(bytes, end + 16, 4)? as usize;
    let mut total = 0u64;
    for _ in 0..files {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|field| little(bytes, at + field, 2));
        let (name, extra, comment) = (name? as usize, extra? as usize, comment? as usize);
        let size = match little(bytes, at + 24, 4)? {
            0xFFFF_FFFF => zip64_size(bytes.get(at + 46 + name..at + 46 + name + extra)?)?,
            size => size,
        };
        total = total.saturating_add(size);
        at += 46 + name + extra + comment;
    }
    // Between the directory and its end record a 64-bit record could point the unpacker elsewhere.
    (at == end).then_some(total)
}

/// The size in the 64-bit extra field that some exporters always write.
fn zip64_size(mut extra: &[u8]) -> Option<u64> {
    loop {
        let (id, length) = (little(extra, 0, 2)?, little(extra, 2, 2)? as usize);
        if id == 1 {
            return little(extra, 4, 8);
        }
        extra = extra.get(4 + length..)?;
    }
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}
