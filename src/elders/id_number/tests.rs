use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, 1).unwrap()
}

fn parse(raw: &str) -> Result<ResidentId, IdNumberError> {
    ResidentId::parse(raw, today())
}

/// The table of facts.md section 5: number, sex, remainder.
const VECTORS: [(&str, IdSex, usize); 22] = [
    ("630106193602290012", IdSex::Male, 10),
    ("630106193811070024", IdSex::Female, 8),
    ("630106194112310134", IdSex::Male, 8),
    ("63010619440229024X", IdSex::Female, 2),
    ("630106194704150357", IdSex::Male, 5),
    ("630106195001010467", IdSex::Female, 5),
    ("630106195308080574", IdSex::Male, 8),
    ("630106195606300686", IdSex::Female, 6),
    ("630122194205129967", IdSex::Female, 5),
    ("632124194010109987", IdSex::Female, 5),
    ("630111193312259966", IdSex::Female, 6),
    ("630106195912010791", IdSex::Male, 0),
    ("630106196401010807", IdSex::Female, 5),
    ("630106192405050912", IdSex::Male, 10),
    ("630102194303189976", IdSex::Male, 6),
    ("630103194509219962", IdSex::Female, 10),
    ("630104194801179992", IdSex::Male, 10),
    ("630105195106119980", IdSex::Female, 1),
    ("630121193907039973", IdSex::Male, 9),
    ("630123194602289995", IdSex::Male, 7),
    ("632125193701019974", IdSex::Male, 8),
    ("630106194501010135", IdSex::Male, 7),
];

#[test]
fn vectors() {
    for (number, sex, r) in VECTORS {
        let id = parse(number).unwrap_or_else(|e| panic!("{number}: {e}"));
        assert_eq!(id.as_str(), number);
        assert_eq!(id.sex(), sex, "{number}");
        assert_eq!(remainder(&number[..17]), r, "{number}");
        assert_eq!(id.birth_date().format("%Y%m%d").to_string(), number[6..14]);
        assert!(id.prefix_is_known(), "{number}");
        assert_eq!(with_check(&number[..17]).as_deref(), Some(number));
    }
}

#[test]
fn one_per_remainder() {
    let tails = [
        "0071", "0020", "008X", "0039", "0098", "0047", "0186", "0055", "0194", "0063", "0012",
    ];
    for (r, tail) in tails.into_iter().enumerate() {
        let number = format!("63010619450101{tail}");
        assert_eq!(parse(&number).unwrap().as_str(), number);
        assert_eq!(remainder(&number[..17]), r, "{number}");
    }
}

#[test]
fn weights_are_those_of_the_standard() {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    for (i, weight) in weights.into_iter().enumerate() {
        let mut one = "0".repeat(17);
        one.replace_range(i..=i, "1");
        assert_eq!(remainder(&one), weight, "position {i}");
    }
}

#[test]
fn published_examples() {
    for number in ["11010519491231002X", "440524188001010014", "360426199101010071"] {
        // The one of 1880 is past 130 years today, and checks.
        let day = NaiveDate::from_ymd_opt(1999, 7, 1).unwrap();
        let id = ResidentId::parse(number, day).unwrap();
        assert_eq!(id.as_str(), number);
        assert!(!id.prefix_is_known(), "an unknown prefix is a warning only");
    }
    assert_eq!(parse("440524188001010014"), Err(IdNumberError::TooOld));
}

#[test]
fn fifteen_digits_are_converted() {
    assert_eq!(parse("630106450101013").unwrap().as_str(), "630106194501010135");
    assert_eq!(
        parse(" ６３０１０６４５０１０１０１３ ").unwrap().as_str(),
        "630106194501010135"
    );
    assert_eq!(parse("630106450230013"), Err(IdNumberError::NoSuchDate));
    assert_eq!(parse("63010645010101X"), Err(IdNumberError::Characters));
}

#[test]
fn written_forms_are_folded() {
    for raw in [
        "63010619440229024x",
        " 63010619440229024X\n",
        "６30106194402290２４Ｘ",
        "６３０１０６１９４４０２２９０２４ｘ",
        "\u{3000}63010619440229024X",
    ] {
        assert_eq!(parse(raw).unwrap().as_str(), "63010619440229024X", "{raw}");
    }
}

#[test]
fn must_fail() {
    for (raw, error) in [
        ("630106193702290010", IdNumberError::NoSuchDate),
        ("630106193602300019", IdNumberError::NoSuchDate),
        ("63010619360229001", IdNumberError::Length),
        ("6301061936022900122", IdNumberError::Length),
        ("", IdNumberError::Length),
        ("360426199101010072", IdNumberError::Check),
        ("630106194402290240", IdNumberError::Check),
        ("6301061944022902X4", IdNumberError::Characters),
        ("X30106194402290240", IdNumberError::Characters),
        ("6301061944022902 4", IdNumberError::Characters),
        ("63010619440229024Y", IdNumberError::Characters),
        ("٦30106193602290012", IdNumberError::Characters),
        ("63010619360229001٢", IdNumberError::Characters),
        ("张三张三张三张三张三张三张三张三张三", IdNumberError::Characters),
        ("张三张三张三张三张三张三张三张", IdNumberError::Characters),
    ] {
        assert_eq!(parse(raw), Err(error), "{raw}");
        assert!(error.code().starts_with("id_number_"));
    }
}

#[test]
fn the_written_form_itself_is_strict() {
    for raw in [
        "６30106193602290012",
        "63010619440229024x",
        "63010619360229001",
        " 30106193602290012",
    ] {
        assert_eq!(
            ResidentId::exact(raw.to_owned(), today()),
            Err(IdNumberError::Characters),
            "{raw}"
        );
    }
}

#[test]
fn born_today_tomorrow_and_long_ago() {
    let born = |date: &str| with_check(&format!("630106{date}001")).unwrap();
    assert!(parse(&born("20240601")).is_ok());
    assert_eq!(parse(&born("20240602")), Err(IdNumberError::Future));
    assert_eq!(parse(&born("99991231")), Err(IdNumberError::Future));
    // 131 on the day, 130 on the eve.
    assert_eq!(parse(&born("18930601")), Err(IdNumberError::TooOld));
    assert!(parse(&born("18930602")).is_ok());
    assert_eq!(parse(&born("00000101")), Err(IdNumberError::TooOld));
    assert_eq!(parse(&born("19450001")), Err(IdNumberError::NoSuchDate));
    assert_eq!(parse(&born("19451301")), Err(IdNumberError::NoSuchDate));
    assert!(parse(&born("20000229")).is_ok());
    assert_eq!(parse(&born("19000229")), Err(IdNumberError::NoSuchDate));
}

#[test]
fn every_slip_of_one_digit_is_detected() {
    let number = "630106194501010039";
    let mut changes = 0;
    for i in 0..17 {
        for digit in '0'..='9' {
            if number[i..].starts_with(digit) {
                continue;
            }
            let mut wrong = number.to_owned();
            wrong.replace_range(i..=i, &digit.to_string());
            assert_ne!(
                with_check(&wrong[..17]).as_deref(),
                Some(wrong.as_str()),
                "by the check character alone"
            );
            assert!(
                matches!(
                    parse(&wrong),
                    Err(IdNumberError::Check | IdNumberError::NoSuchDate)
                ),
                "{wrong}"
            );
            changes += 1;
        }
    }
    assert_eq!(changes, 153);
    for check in "012345678X".chars() {
        assert_eq!(
            parse(&format!("{}{check}", &number[..17])),
            Err(IdNumberError::Check)
        );
    }
}

#[test]
fn every_swap_of_neighbours_is_detected() {
    let numbers = VECTORS.map(|(number, _, _)| number);
    let mut swaps = 0;
    for number in ["630106194501010039"].into_iter().chain(numbers) {
        for i in 0..17 {
            let mut wrong: Vec<char> = number.chars().collect();
            wrong.swap(i, i + 1);
            let wrong: String = wrong.into_iter().collect();
            if wrong != number {
                assert_ne!(
                    with_check(&wrong[..17]).as_deref(),
                    Some(wrong.as_str()),
                    "by the check character alone"
                );
                assert!(parse(&wrong).is_err(), "{wrong}");
                swaps += 1;
            }
        }
    }
    assert!(swaps > 200, "{swaps}");
}

#[test]
fn masked_and_silent_in_debug() {
    let id = parse("630106193602290012").unwrap();
    assert_eq!(id.masked(), "6301**********0012");
    assert_eq!(format!("{id:?}"), "ResidentId(6301**********0012)");
    assert_eq!(id.address_prefix(), "630106");
}

#[test]
fn generator_wants_seventeen_digits() {
    for wrong in [
        "",
        "6301061945010100",
        "630106194501010039",
        "6301061945010100x",
        "６３０１０６",
    ] {
        assert_eq!(with_check(wrong), None, "{wrong}");
    }
}
