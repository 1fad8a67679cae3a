//! Opening hours as an office writes them: `24小时`, or `周一至周五 08:00-12:00、14:00-18:00；周六 09:00-12:00`.

use crate::{
    resources::model::{OpeningHours, hours_clash},
    text::half_width,
};

/// When an organisation serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Round the clock.
    Always,
    /// At these hours, by weekday and time.
    Of(Vec<OpeningHours>),
}

/// Reads what an office wrote; none where it cannot be understood.
pub fn parse(text: &str) -> Option<Hours> {
    let plain = half_width(text);
    if matches!(plain.as_str(), "24小时" | "全天" | "24h" | "24H") {
        return Some(Hours::Always);
    }
    let mut hours = Vec::new();
    for part in plain
        .split([';', '；', '\n'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
    {
        let (days, times) = part.split_once(char::is_whitespace)?;
        let times: Vec<(i16, i16)> = times.split(['、', ',']).map(span).collect::<Option<_>>()?;
        for weekday in weekdays(days)? {
            hours.extend(times.iter().map(|(opens_minute, closes_minute)| OpeningHours {
                weekday,
                opens_minute: *opens_minute,
                closes_minute: *closes_minute,
            }));
        }
    }
    hours.sort_unstable();
    let sound = !hours.is_empty() && hours.len() <= 28 && hours_clash(&hours).is_none();
    sound.then_some(Hours::Of(hours))
}

/// `周一至周五`, `周六、周日`, `每天`.
fn weekdays(text: &str) -> Option<Vec<i16>> {
    if text == "每天" {
        return Some((1..=7).collect());
    }
    let mut days = Vec::new();
    for part in text.split(['、', ',']) {
        let (first, last) = part.split_once(['至', '-']).unwrap_or((part, part));
        let (first, last) = (weekday(first)?, weekday(last)?);
        if first > last {
            return None;
        }
        days.extend(first..=last);
    }
    Some(days)
}

fn weekday(text: &str) -> Option<i16> {
    let day = text.trim();
    let day = day.strip_prefix("星期").or_else(|| day.strip_prefix('周'))?;
    let at = ["一", "二", "三", "四", "五", "六", "日"]
        .iter()
        .position(|name| *name == day);
    at.or((day == "天").then_some(6))
        .and_then(|at| i16::try_from(at + 1).ok())
}

/// `08:00-12:00`.
fn span(text: &str) -> Option<(i16, i16)> {
    let (opens, closes) = text.trim().split_once(['-', '—', '至'])?;
    Some((minute(opens)?, minute(closes)?))
}

fn minute(text: &str) -> Option<i16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (i16, i16) = (hour.parse().ok()?, minute.parse().ok()?);
    let sound = (0..=24).contains(&hour) && (0..60).contains(&minute) && hour * 60 + minute <= 1_440;
    sound.then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_offices_write_is_understood() {
        assert_eq!(parse("２４小时"), Some(Hours::Always));
        let Some(Hours::Of(hours)) = parse("周一至周三 8:00-12:00、14:00－18:00；星期天 09:00-24:00")
        else {
            panic!("not understood");
        };
        let told: Vec<_> = hours
            .iter()
            .map(|h| (h.weekday, h.opens_minute, h.closes_minute))
            .collect();
        assert_eq!(
            told,
            [
                (1, 480, 720),
                (1, 840, 1_080),
                (2, 480, 720),
                (2, 840, 1_080),
                (3, 480, 720),
                (3, 840, 1_080),
                (7, 540, 1_440)
            ]
        );
        let Some(Hours::Of(daily)) = parse("每天 08:00-18:00") else {
            panic!("not understood");
        };
        assert_eq!(daily.len(), 7);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "上午",
            "周一",
            "周八 08:00-12:00",
            "周五至周一 08:00-12:00",
            "周一 12:00-08:00",
            "周一 08:00-25:00",
            "周一 08:00-12:00、11:00-13:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
