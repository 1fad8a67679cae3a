//! How a person's name is shown where the whole of it is not needed.

/// A name with its inner characters starred: `张国英` → `张*英`, `张英` → `张*`, `欧阳国英` → `欧**英`.
///
/// A name of one character is starred whole, an empty one stays empty. Source: design.md section 4, masking.
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.trim().chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, inner @ .., last] => format!("{first}{}{last}", "*".repeat(inner.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::mask_name;

    #[test]
    fn names_of_every_length() {
        for (name, masked) in [
            ("张国英", "张*英"),
            ("张英", "张*"),
            ("欧阳国英", "欧**英"),
            ("才让·卓玛", "才***玛"),
            (" 张英 ", "张*"),
            ("张", "*"),
            ("", ""),
            ("  ", ""),
            ("𠮷田英", "𠮷*英"),
        ] {
            assert_eq!(mask_name(name), masked, "{name}");
        }
    }
}
