use super::*;

fn code(text: &str) -> DivisionCode {
    DivisionCode::parse(text).unwrap()
}

#[test]
fn levels_prefixes_and_parents() {
    for (text, level, prefix, parent) in [
        ("630000000000", Level::Province, "63", None),
        ("630100000000", Level::City, "6301", Some("630000000000")),
        ("630104000000", Level::County, "630104", Some("630100000000")),
        ("630104002000", Level::Township, "630104002", Some("630104000000")),
        ("630104100000", Level::Township, "630104100", Some("630104000000")),
        (
            "630104002010",
            Level::Village,
            "630104002010",
            Some("630104002000"),
        ),
        ("630106401000", Level::Township, "630106401", Some("630106000000")),
        ("441900003000", Level::Township, "441900003", Some("441900000000")), // a city without counties
        ("500000000000", Level::Province, "50", None),
        ("201000000000", Level::City, "2010", Some("200000000000")),
    ] {
        let code = code(text);
        assert_eq!(code.level(), level, "{text}");
        assert_eq!(code.prefix(), prefix);
        assert_eq!(code.parent().map(String::from).as_deref(), parent, "{text}");
        assert_eq!(code.scope().division(), code);
        assert_eq!(code.scope().level(), level);
        assert!(code.scope().contains(&code));
    }
    assert_eq!(code("441900000000").level(), Level::City);
}

#[test]
fn malformed_codes() {
    for text in [
        "",
        "6301",
        "030104000000",
        "63010400000",
        "6301040000000",
        "63010400000a",
        "６30104000",
        "630104 00000",
    ] {
        assert_eq!(DivisionCode::parse(text), Err(DivisionCodeError::Code), "{text}");
    }
}

#[test]
fn scopes() {
    for text in ["63", "6301", "630104", "630104002", "630104002010", "441900003"] {
        assert_eq!(Scope::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "",
        "6",
        "630",
        "63010",
        "6301040",
        "63010400",
        "0301",
        "63o1",
        "6301040020101",
        "６3",
    ] {
        assert_eq!(Scope::parse(text), Err(DivisionCodeError::Scope), "{text}");
    }
    for text in [
        "6300",
        "630000",
        "630100",
        "630104000",
        "630104000000",
        "630104002000",
        "630100000",
    ] {
        assert_eq!(
            Scope::parse(text),
            Err(DivisionCodeError::ScopeZeroFilled),
            "{text}"
        );
    }
}

#[test]
fn scopes_contain_what_lies_in_them() {
    let city = Scope::parse("6301").unwrap();
    let district = Scope::parse("630104").unwrap();
    assert!(city.contains(&code("630104002000")) && city.contains(&code("630100000000")));
    assert!(!city.contains(&code("630000000000")) && !city.contains(&code("630200000000")));
    assert!(district.contains(&code("630104002010")) && !district.contains(&code("630105002010")));
    assert!(city.covers(&district) && city.covers(&city) && !district.covers(&city));
}

#[test]
fn serde_is_text_and_strict() {
    let code = code("630104002000");
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"630104002000\"");
    assert_eq!(
        serde_json::from_str::<DivisionCode>("\"630104002000\"").unwrap(),
        code
    );
    assert!(serde_json::from_str::<DivisionCode>("630104002000").is_err());
    assert!(serde_json::from_str::<Scope>("\"630100\"").is_err());
    assert_eq!(serde_json::to_string(&code.scope()).unwrap(), "\"630104002\"");
    assert_eq!("6301".parse::<Scope>().unwrap().to_string(), "6301");
}

#[test]
fn every_level_round_trips() {
    for level in Level::ALL {
        assert_eq!(Level::of_digits(level.digits()), Some(level));
        assert_eq!(
            serde_json::to_string(&level).unwrap(),
            format!("\"{}\"", level.as_str())
        );
    }
    assert_eq!(Level::of_digits(3), None);
}
