//! Fictional people, drawn from a seed: the same seed gives the same city.

use chrono::{Days, NaiveDate};
use rand::{RngExt, SeedableRng, rngs::StdRng};

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

/// A home.
pub struct DemoDwelling {
    /// Which community, by its place in the list.
    pub community: usize,
    /// Building.
    pub building: usize,
    /// Floor.
    pub floor: i16,
    /// Door on the floor.
    pub door: usize,
}

/// A person.
pub struct DemoElder {
    /// Which dwelling, by its place in the list.
    pub dwelling: usize,
    /// Name.
    pub name: String,
    /// Sex.
    pub male: bool,
    /// Birth date.
    pub birth: NaiveDate,
    /// Categories that are entered.
    pub categories: Vec<&'static str>,
}

/// Everybody.
pub struct Population {
    /// The homes.
    pub dwellings: Vec<DemoDwelling>,
    /// Who lives there.
    pub elders: Vec<DemoElder>,
}

impl Population {
    /// About 143 elders in 110 dwellings of each community.
    pub fn draw(seed: u64, communities: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (mut dwellings, mut elders) = (Vec::new(), Vec::new());
        let first = NaiveDate::from_ymd_opt(1924, 1, 1).unwrap_or_default();
        for community in 0..communities {
            for n in 0..110 {
                let dwelling = dwellings.len();
                dwellings.push(DemoDwelling {
                    community,
                    building: n / 18 + 1,
                    floor: (n % 18 / 3 + 1) as i16,
                    door: n % 3 + 1,
                });
                let couple = rng.random_bool(0.3);
                for person in 0..=usize::from(couple) {
                    let male = if couple { person == 1 } else { rng.random_bool(0.4) };
                    let given = if male {
                        rng.random_range(MEN_FROM..GIVEN.len())
                    } else {
                        rng.random_range(0..MEN_FROM)
                    };
                    let mut categories = Vec::new();
                    if !couple && rng.random_bool(0.6) {
                        categories.push("living_alone");
                    } else if couple && rng.random_bool(0.5) {
                        categories.push("empty_nest");
                    }
                    if rng.random_bool(0.12) {
                        categories.push("subsistence_allowance");
                    }
                    if rng.random_bool(0.08) {
                        categories.push("partly_disabled");
                    }
                    elders.push(DemoElder {
                        dwelling,
                        name: format!(
                            "{}{}",
                            SURNAMES[rng.random_range(0..SURNAMES.len())],
                            GIVEN[given]
                        ),
                        male,
                        birth: first + Days::new(rng.random_range(0..14_600)),
                        categories,
                    });
                }
            }
        }
        Self { dwellings, elders }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_city_of_about_three_thousand() {
        let names = |seed| {
            Population::draw(seed, 21)
                .elders
                .into_iter()
                .map(|e| e.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        assert!((2_800..3_200).contains(&names(1).len()));
    }
}
