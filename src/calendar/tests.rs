use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn days_change_at_sixteen_hours_utc() {
    assert_eq!(local_date(at("2024-02-05T15:59:59Z")), day("2024-02-05"));
    assert_eq!(local_date(at("2024-02-05T16:00:00Z")), day("2024-02-06"));
    assert_eq!(start_of_day(day("2024-02-06")), at("2024-02-05T16:00:00Z"));
}

#[test]
fn days_of_summer_time() {
    // Shanghai had summer time in 1986-1991, and its clocks skipped midnight on 1 June 1940.
    assert_eq!(start_of_day(day("1988-07-01")), at("1988-06-30T15:00:00Z"));
    assert_eq!(start_of_day(day("1940-06-01")), at("1940-05-31T16:00:00Z"));
    let mut date = day("1936-01-01");
    let mut days = 0;
    while date < day("1993-01-01") {
        let start = start_of_day(date);
        assert_eq!(local_date(start), date);
        assert_eq!(
            local_date(start - TimeDelta::seconds(1)),
            date.pred_opt().unwrap(),
            "{date}"
        );
        date = date.succ_opt().unwrap();
        days += 1;
    }
    assert_eq!(days, 20_820);
}

#[test]
fn weeks_around_new_year() {
    for (date, week) in [
        ("2024-01-01", "2024-W01"),
        ("2023-12-31", "2023-W52"),
        ("2021-01-03", "2020-W53"),
        ("2021-01-04", "2021-W01"),
        ("2024-12-29", "2024-W52"),
        ("2024-12-30", "2025-W01"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2024-02-29", "2024-W09"),
    ] {
        assert_eq!(IsoWeek::of(day(date)).to_string(), week, "{date}");
        assert_eq!(week.parse::<IsoWeek>().unwrap(), IsoWeek::of(day(date)));
    }
    let long = IsoWeek::new(2020, 53).unwrap();
    assert_eq!(
        (long.first_day(), long.last_day()),
        (day("2020-12-28"), day("2021-01-03"))
    );
    assert_eq!((long.year(), long.week()), (2020, 53));
    assert_eq!(long.next().to_string(), "2021-W01");
    assert_eq!(long.next().prev(), long);
}

#[test]
fn weeks_as_instants() {
    let week: IsoWeek = "2024-W03".parse().unwrap();
    assert_eq!(week.start(), at("2024-01-14T16:00:00Z"));
    assert_eq!(week.end(), at("2024-01-21T16:00:00Z"));
    assert!(week.contains(week.start()) && !week.contains(week.end()));
    assert!(week.contains(week.end() - TimeDelta::nanoseconds(1)));
    assert!(week < week.next() && week.prev() < week);
}

#[test]
fn months() {
    let february = Month::of(day("2024-02-29"));
    assert_eq!(february.to_string(), "2024-02");
    assert_eq!(
        (february.first_day(), february.last_day()),
        (day("2024-02-01"), day("2024-02-29"))
    );
    assert_eq!(
        (february.start(), february.end()),
        (at("2024-01-31T16:00:00Z"), at("2024-02-29T16:00:00Z"))
    );
    assert_eq!(Month::new(2023, 2).unwrap().last_day(), day("2023-02-28"));
    assert_eq!(Month::new(2023, 12).unwrap().next().to_string(), "2024-01");
    assert_eq!(Month::new(2024, 1).unwrap().prev().to_string(), "2023-12");
    assert_eq!(february.quarter().to_string(), "2024-Q1");
    assert!(february.contains(at("2024-02-29T15:59:59Z")) && !february.contains(at("2024-02-29T16:00:00Z")));
}

#[test]
fn quarters() {
    for (date, quarter) in [
        ("2024-01-01", "2024-Q1"),
        ("2024-03-31", "2024-Q1"),
        ("2024-04-01", "2024-Q2"),
        ("2024-12-31", "2024-Q4"),
    ] {
        assert_eq!(Quarter::of(day(date)).to_string(), quarter, "{date}");
        assert_eq!(quarter.parse::<Quarter>().unwrap(), Quarter::of(day(date)));
    }
    let last = Quarter::new(2023, 4).unwrap();
    assert_eq!(
        (last.first_day(), last.last_day()),
        (day("2023-10-01"), day("2023-12-31"))
    );
    assert_eq!(
        last.months().map(|month| month.to_string()),
        ["2023-10", "2023-11", "2023-12"]
    );
    assert_eq!(
        (last.next().to_string(), last.next().prev()),
        ("2024-Q1".to_owned(), last)
    );
    assert_eq!(last.end(), last.next().start());
}

#[test]
fn malformed_periods() {
    for text in [
        "",
        "2024",
        "2024-W00",
        "2024-W53",
        "2024-W54",
        "2024-W3",
        "2024-w03",
        "24-W03",
        "2024W03",
        "+024-W03",
        "0000-W01",
        "2024-W+3",
        "２024-W03",
    ] {
        assert_eq!(text.parse::<IsoWeek>(), Err(PeriodError::IsoWeek), "{text}");
    }
    for text in [
        "",
        "2024-00",
        "2024-13",
        "2024-1",
        "2024-001",
        "2024/01",
        "-2024-01",
        "2024-01-01",
        " 2024-01",
    ] {
        assert_eq!(text.parse::<Month>(), Err(PeriodError::Month), "{text}");
    }
    for text in ["", "2024-Q0", "2024-Q5", "2024-Q01", "2024Q1", "2024-q1"] {
        assert_eq!(text.parse::<Quarter>(), Err(PeriodError::Quarter), "{text}");
    }
    assert_eq!(Quarter::new(2024, u32::MAX), None);
    assert_eq!(
        [PeriodError::IsoWeek, PeriodError::Month].map(PeriodError::code),
        ["period_week", "period_month"]
    );
}

#[test]
fn serde_is_text() {
    let periods = (
        IsoWeek::new(2024, 3).unwrap(),
        Month::new(2024, 1).unwrap(),
        Quarter::new(2024, 1).unwrap(),
    );
    let json = serde_json::to_string(&periods).unwrap();
    assert_eq!(json, r#"["2024-W03","2024-01","2024-Q1"]"#);
    assert_eq!(
        serde_json::from_str::<(IsoWeek, Month, Quarter)>(&json).unwrap(),
        periods
    );
    assert!(serde_json::from_str::<IsoWeek>(r#""2024-W53""#).is_err());
    assert_eq!(format!("{:?}", periods.0), "2024-W03");
}

#[test]
fn ages() {
    for (birth, on, age) in [
        ("1944-02-29", "2024-02-28", 79),
        ("1944-02-29", "2024-02-29", 80),
        ("1944-02-29", "2023-02-28", 78),
        ("1944-02-29", "2023-03-01", 79),
        ("1944-03-01", "2024-02-29", 79),
        ("1944-12-31", "2024-12-30", 79),
        ("1944-12-31", "2024-12-31", 80),
        ("2024-06-01", "2024-06-01", 0),
        ("2024-06-02", "2024-06-01", -1),
    ] {
        assert_eq!(age_on(day(birth), day(on)), age, "{birth} on {on}");
    }
}

#[test]
fn next_monday_is_strictly_later() {
    let monday = at("2024-01-14T16:00:00Z"); // Monday 15 January, 00:00 in Shanghai
    assert_eq!(next_monday_midnight(monday - TimeDelta::seconds(1)), monday);
    assert_eq!(next_monday_midnight(monday), monday + TimeDelta::days(7));
    assert_eq!(
        next_monday_midnight(at("2023-12-31T15:59:59Z")),
        at("2023-12-31T16:00:00Z")
    );
    assert_eq!(
        next_monday_midnight(at("2023-12-31T16:00:00Z")),
        at("2024-01-07T16:00:00Z")
    );
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for date in [NaiveDate::MIN, NaiveDate::MAX] {
        let (week, month, quarter) = (IsoWeek::of(date), Month::of(date), Quarter::of(date));
        let _ = (
            week.next(),
            week.prev(),
            month.next(),
            month.prev(),
            quarter.next(),
            quarter.prev(),
        );
        let _ = (
            week.last_day(),
            month.last_day(),
            quarter.last_day(),
            start_of_day(date),
        );
    }
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let _ = local_date(instant);
    }
}
