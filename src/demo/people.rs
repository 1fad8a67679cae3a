//! Fictional people, drawn from a seed: the same seed gives the same city.

use super::{draw::Draw, rates};
use chrono::{Days, NaiveDate};

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "高", "林", "罗",
];
const GIVEN: [&str; 24] = [
    "秀英", "桂兰", "淑珍", "玉兰", "凤英", "秀兰", "玉梅", "桂英", "淑华", "兰英", "玉珍", "秀珍", "建国",
    "志强", "德明", "文华", "国栋", "永福", "树林", "长青", "世昌", "福生", "广林", "明德",
];
/// Given names from here on are men's.
const MEN_FROM: usize = 12;
/// Days of birth: forty years from 1924 on.
const BIRTHS: usize = 14_600;

/// A home.
pub(super) struct Dwelling {
    /// Building.
    pub building: usize,
    /// Floor.
    pub floor: i16,
    /// Door on the floor.
    pub door: usize,
    /// Who lives there.
    pub people: Vec<Person>,
}

/// A person.
pub(super) struct Person {
    /// Name.
    pub name: String,
    /// Sex.
    pub male: bool,
    /// Birth date.
    pub birth: NaiveDate,
    /// Categories that are entered.
    pub categories: Vec<&'static str>,
}

/// A name of a man or a woman.
pub(super) fn name(draw: &mut Draw, male: bool) -> String {
    let given = if male {
        draw.below(MEN_FROM..GIVEN.len())
    } else {
        draw.below(0..MEN_FROM)
    };
    format!("{}{}", draw.one(&SURNAMES), GIVEN[given])
}

/// The homes of a community: 110, with about 143 elders.
pub(super) fn community(draw: &mut Draw) -> Vec<Dwelling> {
    (0..rates::DWELLINGS)
        .map(|n| {
            let couple = draw.chance(rates::COUPLE);
            Dwelling {
                building: n / 18 + 1,
                floor: (n % 18 / 3 + 1) as i16,
                door: n % 3 + 1,
                people: (0..=usize::from(couple))
                    .map(|who| person(draw, couple, who))
                    .collect(),
            }
        })
        .collect()
}

fn person(draw: &mut Draw, couple: bool, who: usize) -> Person {
    let first = NaiveDate::from_ymd_opt(1924, 1, 1).unwrap_or_default();
    let male = if couple { who == 1 } else { draw.chance(0.4) };
    let mut categories = Vec::new();
    if !couple && draw.chance(rates::LIVING_ALONE) {
        categories.push("living_alone");
    } else if couple && draw.chance(rates::EMPTY_NEST) {
        categories.push("empty_nest");
    }
    if draw.chance(rates::ALLOWANCE) {
        categories.push("subsistence_allowance");
    }
    if draw.chance(rates::PARTLY_DISABLED) {
        categories.push("partly_disabled");
    }
    Person {
        name: name(draw, male),
        male,
        birth: first + Days::new(draw.below(0..BIRTHS) as u64),
        categories,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_city_of_about_three_thousand() {
        let names = |seed| -> Vec<String> {
            (0..21)
                .flat_map(|part| community(&mut Draw::new(seed, part)))
                .flat_map(|d| d.people)
                .map(|p| p.name)
                .collect()
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        assert!((2_800..3_200).contains(&names(1).len()));
    }
}
