use super::*;

/// The table of facts.md section 5: code, Σ mod 31.
const VECTORS: [(&str, usize); 13] = [
    ("52630100MJ0000018U", 4),
    ("52630102MJ00010294", 27),
    ("52630104MJY001047N", 9),
    ("52630106MJ0A0B092H", 14),
    ("51630100MJ000203XG", 15),
    ("91630100MA00030483", 28),
    ("92630105MA0004059K", 12),
    ("126301000000050636", 25),
    ("11630100000006074L", 11),
    ("93630121NA0007089R", 6),
    ("52630100MJ00001220", 0),
    ("52630100MJ0000077Y", 1),
    ("52630100MJ00002451", 30),
];

const OTHERS: [&str; 4] = [
    "52630100MJ00000507",
    "91350100M000100Y43",
    "91110000600037341L",
    "53640000MJX173680A",
];

fn all() -> Vec<&'static str> {
    VECTORS.iter().map(|(code, _)| *code).chain(OTHERS).collect()
}

#[test]
fn vectors() {
    for (code, sum) in VECTORS {
        assert_eq!(remainder(&code[..17]), sum, "{code}");
    }
    for code in all() {
        let parsed = CreditCode::parse(code).unwrap_or_else(|e| panic!("{code}: {e}"));
        assert_eq!(parsed.as_str(), code);
        assert_eq!(
            with_checks(&code[..2], &code[2..8], &code[8..16]).as_deref(),
            Some(code)
        );
    }
}

#[test]
fn weights_are_powers_of_three() {
    let mut power = 1;
    for weight in WEIGHTS {
        assert_eq!(weight, power);
        power = power * 3 % 31;
    }
}

#[test]
fn organisation_check_x_and_zero() {
    assert_eq!(
        CreditCode::parse("51630100MJ000203XG")
            .unwrap()
            .organisation_code(),
        "MJ000203X"
    );
    assert_eq!(
        CreditCode::parse("52630100MJ00000507")
            .unwrap()
            .organisation_code(),
        "MJ0000050"
    );
}

#[test]
fn first_characters_n_y_a_are_valid() {
    for first in ["N1", "Y1", "A1"] {
        let code = with_checks(first, "630100", "MJ000001").unwrap();
        assert_eq!(CreditCode::parse(&code).unwrap().registering_and_type(), first);
    }
}

#[test]
fn must_fail() {
    // A right check over a wrong organisation check.
    let wrong_organisation = format!("52630100MJ0000019{}", check_character("52630100MJ0000019"));
    for (raw, error) in [
        ("52630100MJ0000010A", CreditCodeError::Check),
        ("52630100MI0000011A", CreditCodeError::Characters),
        ("52630100MJ000001", CreditCodeError::Length),
        ("52630100MJ0000018UU", CreditCodeError::Length),
        ("", CreditCodeError::Length),
        ("5263010AMJ0000018U", CreditCodeError::Division),
        ("52630100MJ0000018张", CreditCodeError::Characters),
        ("52630100MJ 000018U", CreditCodeError::Characters),
        ("٥2630100MJ0000018U", CreditCodeError::Characters),
        (wrong_organisation.as_str(), CreditCodeError::OrganisationCheck),
    ] {
        assert_eq!(CreditCode::parse(raw), Err(error), "{raw}");
        assert!(error.code().starts_with("credit_code_"));
    }
}

#[test]
fn every_slip_and_swap_is_detected() {
    let mut tried = 0;
    for code in all() {
        for i in 0..18 {
            for letter in ALPHABET.iter().map(|b| char::from(*b)) {
                let mut wrong = code.to_owned();
                wrong.replace_range(i..=i, &letter.to_string());
                if wrong != code {
                    assert!(CreditCode::parse(&wrong).is_err(), "{wrong}");
                    tried += 1;
                }
            }
            let mut wrong: Vec<char> = code.chars().collect();
            wrong.swap(i, (i + 1).min(17));
            let wrong: String = wrong.into_iter().collect();
            assert!(wrong == code || CreditCode::parse(&wrong).is_err(), "{wrong}");
        }
    }
    assert_eq!(tried, 17 * 18 * 30);
}

#[test]
fn written_forms_parts_and_serde() {
    let code = CreditCode::parse(" ５２６３０１００mj0000018u\u{3000}").unwrap();
    assert_eq!(code.to_string(), "52630100MJ0000018U");
    assert_eq!((code.division(), code.is_civil_affairs()), ("630100", true));
    let json = serde_json::to_string(&code).unwrap();
    assert_eq!(json, "\"52630100MJ0000018U\"");
    assert_eq!(serde_json::from_str::<CreditCode>(&json).unwrap(), code);
    assert!(serde_json::from_str::<CreditCode>("\"52630100MJ0000010A\"").is_err());
}

#[test]
fn generator_checks_its_parts() {
    assert_eq!(with_checks("5", "630100", "MJ000001"), None);
    assert_eq!(with_checks("52", "63010A", "MJ000001"), None);
    assert_eq!(with_checks("52", "630100", "MI000001"), None);
    assert_eq!(with_checks("52", "630100", "张MJ000"), None);
}
