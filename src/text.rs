//! Text in one written form: what Chinese input methods do to a number, undone; JSON of which a hash is taken.

use serde_json::Value;

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

/// JSON text with sorted keys at every depth and no spaces, whatever map type serde_json was built with: what a hash is taken of.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            let fields: Vec<_> = keys
                .iter()
                .map(|k| format!("{}:{}", Value::from(k.as_str()), canonical(&map[k.as_str()])))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{canonical, half_width};
    use serde_json::json;

    #[test]
    fn canonical_json_has_sorted_keys_at_every_depth_and_keeps_the_order_of_lists() {
        let value = json!({ "b": [{ "d": null, "c": "引\"号" }, 2, 1], "a": {} });
        assert_eq!(canonical(&value), r#"{"a":{},"b":[{"c":"引\"号","d":null},2,1]}"#);
    }

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
