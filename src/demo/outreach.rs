//! The demo city's policies, who has applied for them, and its publicity events. Names are those of the field; amounts, documents and
//! conditions are examples and nobody's law.

use super::{
    city::{City, Community},
    copy::{Field, List, Rows, TEXT, Table},
    draw::Draw,
    rates,
};
use crate::calendar::age_on;
use chrono::{Days, Duration, NaiveDate};
use uuid::Uuid;

struct Policy {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    text: &'static str,
    age_from: i16,
    any: &'static [&'static str],
    ability: Option<&'static str>,
}

const POLICIES: [Policy; 5] = [
    Policy {
        code: "advanced_age_allowance",
        zh: "高龄津贴",
        en: "advanced-age allowance",
        text: "年满80周岁的老年人按月发放高龄津贴（示例：每人每月100元）。",
        age_from: 80,
        any: &[],
        ability: None,
    },
    Policy {
        code: "nursing_subsidy",
        zh: "护理补贴",
        en: "nursing subsidy",
        text: "经济困难的半失能、失能老年人按月发放护理补贴（示例：每人每月200元）。",
        age_from: 60,
        any: &[
            "subsistence_allowance",
            "extreme_difficulty",
            "marginal_household",
        ],
        ability: Some("partly_disabled"),
    },
    Policy {
        code: "elderly_care_service_subsidy",
        zh: "养老服务补贴",
        en: "elderly-care service subsidy",
        text: "经济困难的老年人享受养老服务补贴，用于购买居家上门服务（示例：每人每月额度150元，不发现金）。",
        age_from: 60,
        any: &[
            "subsistence_allowance",
            "extreme_difficulty",
            "marginal_household",
        ],
        ability: None,
    },
    Policy {
        code: "living_alone_care_visits",
        zh: "独居老年人探访关爱",
        en: "care visits to elders living alone",
        text: "独居、空巢老年人纳入探访关爱服务（示例）。",
        age_from: 60,
        any: &["living_alone", "empty_nest"],
        ability: None,
    },
    Policy {
        code: "home_adaptation",
        zh: "居家适老化改造",
        en: "adaptation of the home",
        text: "半失能、失能老年人家庭可申请适老化改造（示例：每户不超过3000元）。",
        age_from: 60,
        any: &[],
        ability: Some("partly_disabled"),
    },
];

/// The id of the policy at this place.
fn id(city: &City, n: usize) -> Uuid {
    City::id_of(city.seed, city.start, POLICIES[n].code)
}

/// Writes the library.
pub(super) fn library(city: &City, rows: &mut Rows) {
    for (n, policy) in POLICIES.iter().enumerate() {
        let (id, none): (_, &[&str]) = (id(city, n), &[]);
        rows.add(
            Table::Policies,
            &[&id, &policy.code, &"6301", &city.officer, &city.start],
        );
        rows.add(
            Table::PolicyVersions,
            &[
                &id,
                &1i32,
                &policy.zh,
                &policy.en,
                &policy.text,
                &format!("示例民发〔2023〕{}号", n + 1),
                &"向户籍所在地街道（镇）申请，管家可代为提交（示例）。",
                &List(TEXT, &["身份证", "户口簿"]),
                &city.since,
                &policy.age_from,
                &List(TEXT, policy.any),
                &List(TEXT, none),
                &None::<&str>,
                &policy.ability,
                &"6301",
                &city.officer,
                &city.start,
            ],
        );
    }
}

/// Dice of their own for a thing: what is thrown here changes nothing else of the city.
fn dice(city: &City, thing: Uuid) -> Draw {
    Draw::new(city.seed, thing.as_u64_pair().1)
}

/// Writes that a policy was explained to an elder on a visit.
pub(super) fn explained(city: &City, rows: &mut Rows, visit: Uuid, elder: Uuid) {
    let policy = id(city, dice(city, visit).below(0..POLICIES.len()));
    rows.add(Table::Explained, &[&visit, &elder, &policy, &1i32]);
}

/// Writes the application of an elder of advanced age, where there is one: most have the allowance, some wait for it.
pub(super) fn application(community: &Community<'_>, rows: &mut Rows, elder: Uuid, birth: NaiveDate) {
    let city = community.city;
    let mut draw = dice(city, elder);
    if age_on(birth, city.today) < i32::from(POLICIES[0].age_from) || !draw.chance(rates::APPLIED) {
        return;
    }
    let granted = draw.chance(rates::GRANTED);
    let decided = granted.then_some(city.today);
    let status: &dyn Field = if granted { &"granted" } else { &"applied" };
    rows.add(
        Table::Applications,
        &[
            &draw.id(city.start),
            &elder,
            &id(city, 0),
            &1i32,
            status,
            &city.since,
            &decided,
            &community.steward,
            &city.start,
            &1i32,
        ],
    );
}

/// Writes the community's publicity events: one on the Wednesday morning of every fourth week.
pub(super) fn events(community: &Community<'_>, rows: &mut Rows, division: &str) {
    let city = community.city;
    let mut draw = dice(city, community.id);
    for week in city.weeks.iter().step_by(4) {
        let held = week.start() + Days::new(2) + Duration::hours(10);
        if held > city.now {
            continue;
        }
        let (event, policy) = (draw.id(held), draw.below(0..POLICIES.len()));
        let attendance = draw.below(20..60) as i32;
        let channel = *draw.one(&["on_site", "leaflet", "short_video"]);
        rows.add(
            Table::Publicity,
            &[
                &event,
                &event,
                &1i16,
                &channel,
                &community.id,
                &division,
                &format!("{}政策宣传", POLICIES[policy].zh),
                &"小区活动室",
                &held,
                &attendance,
                &(attendance * 2 / 3),
                &community.steward,
                &held,
            ],
        );
        rows.add(Table::PublicityPolicies, &[&event, &id(city, policy), &1i32]);
    }
}
