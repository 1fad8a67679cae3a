//! What Chinese input methods do to a number, undone.

/// The text trimmed, with full-width forms (`０`–`９`, `Ａ`, `－`, `（`, the ideographic space …) as their ASCII twins.
///
/// Source: facts.md section 5, "full-width → ASCII". Only the block U+FF01–U+FF5E is folded: digits of other scripts
/// stay as they are, so that a later check for `[0-9]` refuses them.
pub fn half_width(raw: &str) -> String {
    raw.trim()
        .chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::half_width;

    #[test]
    fn folds_full_width_and_trims() {
        assert_eq!(half_width("\u{3000} ６３０１０６ｘ－（ａ）～\t"), "630106x-(a)~");
    }

    #[test]
    fn leaves_digits_of_other_scripts_alone() {
        assert_eq!(half_width("٣३"), "٣३");
        assert_eq!(half_width("张·A"), "张·A");
    }
}
