use super::*;

const REAL: &str = include_str!("../../../data/divisions/2023.csv");
const TOP: &str = "code,name,level,kind\n630000000000,青海省,province,province\n";

fn problem(csv: &str) -> (usize, EditionProblem) {
    let error = parse_edition(csv).unwrap_err();
    assert!(error.code().starts_with("edition_"));
    assert!(error.to_string().starts_with(&format!("line {}: ", error.line)));
    (error.line, error.problem)
}

#[test]
fn the_real_file() {
    let rows = parse_edition(REAL).unwrap();
    let level = |level| rows.iter().filter(|r| r.level == level).count();
    let kind = |kind| rows.iter().filter(|r| r.kind == kind).count();
    assert_eq!(Level::ALL.map(level), [1, 1, 7, 80, 0]);
    assert_eq!((kind(Kind::District), kind(Kind::County)), (5, 2));
    let townships = [Kind::Subdistrict, Kind::Town, Kind::Township, Kind::Similar].map(kind);
    assert_eq!(townships, [26, 27, 23, 4]);
    assert!(rows.is_sorted_by(|a, b| a.code < b.code));
    for row in &rows {
        let ending = match row.kind {
            Kind::Subdistrict => "街道",
            Kind::Town => "镇",
            Kind::Township => "乡",
            Kind::Similar => "园",
            Kind::District => "区",
            Kind::County => "县",
            Kind::City => "市",
            _ => "省",
        };
        assert!(row.name.ends_with(ending), "{row:?}");
    }
}

#[test]
fn townships_of_each_county() {
    let rows = parse_edition(REAL).unwrap();
    for (prefix, count) in [
        ("630102", 10),
        ("630103", 9),
        ("630104", 8),
        ("630105", 7),
        ("630106", 17),
        ("630121", 20),
        ("630123", 9),
    ] {
        let scope = crate::areas::division_code::Scope::parse(prefix).unwrap();
        let inside = rows
            .iter()
            .filter(|r| r.level == Level::Township && scope.contains(&r.code));
        assert_eq!(inside.count(), count, "{prefix}");
    }
}

#[test]
fn the_subdistrict_among_the_parks() {
    let rows = parse_edition(REAL).unwrap();
    let row = rows.iter().find(|r| r.code.as_str() == "630106401000").unwrap();
    assert_eq!((row.name.as_str(), row.kind), ("康川街道", Kind::Subdistrict));
}

#[test]
fn faults_have_their_line() {
    let with = |line: &str| problem(&format!("{TOP}{line}\n"));
    assert_eq!(problem(""), (1, EditionProblem::Header));
    assert_eq!(problem("name,code\n"), (1, EditionProblem::Header));
    assert_eq!(problem("code,name,level,kind\n"), (1, EditionProblem::Empty));
    assert_eq!(with(""), (3, EditionProblem::Fields));
    assert_eq!(with("630100000000,西宁市,city"), (3, EditionProblem::Fields));
    assert_eq!(
        with("630100000000,西宁市,city,city,"),
        (3, EditionProblem::Fields)
    );
    assert_eq!(
        with("630100000000,\"西宁市\",city,city"),
        (3, EditionProblem::Quote)
    );
    assert_eq!(with("6301,西宁市,city,city"), (3, EditionProblem::Code));
    assert_eq!(with(" 630100000000,西宁市,city,city"), (3, EditionProblem::Code));
    assert_eq!(with("630100000000,,city,city"), (3, EditionProblem::Name));
    assert_eq!(with("630100000000,西宁市 ,city,city"), (3, EditionProblem::Name));
    assert_eq!(with("630100000000,西\t宁市,city,city"), (3, EditionProblem::Name));
    assert_eq!(
        with(&format!("630100000000,{},city,city", "西".repeat(61))),
        (3, EditionProblem::Name)
    );
    assert_eq!(
        with("630100000000,西宁市,county,city"),
        (3, EditionProblem::Level("city"))
    );
    assert_eq!(
        with("630100000000,西宁市,City,city"),
        (3, EditionProblem::Level("city"))
    );
    assert_eq!(with("630100000000,西宁市,city,town"), (3, EditionProblem::Kind));
    assert_eq!(with("630100000000,西宁市,city,"), (3, EditionProblem::Kind));
    assert_eq!(
        with("630000000000,青海,province,province"),
        (3, EditionProblem::Duplicate(2))
    );
    let orphan = EditionProblem::Orphan(DivisionCode::parse("630100000000").unwrap());
    assert_eq!(with("630104000000,城西区,county,district"), (3, orphan));
}

#[test]
fn byte_order_mark_windows_ends_and_any_order() {
    let csv = "\u{feff}code,name,level,kind\r\n630100000000,西宁市,city,city\r\n630000000000,青海省,province,province";
    assert_eq!(parse_edition(csv).unwrap().len(), 2);
}

#[test]
fn villages_and_cities_without_counties() {
    let csv = "code,name,level,kind\n440000000000,广东省,province,province\n441900000000,东莞市,city,city\n\
               441900003000,东城街道,township,subdistrict\n441900003001,岗贝社区,village,residents_committee\n\
               441900003200,某村,village,villagers_committee\n";
    assert_eq!(parse_edition(csv).unwrap().len(), 5);
}

#[test]
fn bounded() {
    let mut csv = TOP.to_owned();
    let villages = (630_101_001_001_u64..).filter(|code| code % 1000 != 0);
    for code in villages.take(MAX_ROWS) {
        csv.push_str(&format!("{code},某村,village,similar\n"));
    }
    assert_eq!(problem(&csv), (MAX_ROWS + 2, EditionProblem::TooMany));
}

#[test]
fn every_kind_round_trips() {
    for kind in Kind::ALL {
        assert_eq!(
            serde_json::to_string(&kind).unwrap(),
            format!("\"{}\"", kind.as_str())
        );
        assert!(Level::ALL.into_iter().any(|level| kind.fits(level)));
    }
}
