//! A figure, how it is printed, and how it grew.

/// A count, a ratio kept as its two counts, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Figure {
    /// So many.
    Count(i64),
    /// So many of so many.
    Ratio {
        /// Those that meet the condition.
        numerator: i64,
        /// All of them.
        denominator: i64,
    },
    /// The form has an empty cell here.
    #[default]
    Blank,
}

impl Figure {
    /// The figure as people read it: `12,345`; `98.77%`; `—` for nothing over nothing; empty for a blank.
    ///
    /// Ratios are rounded half up to two decimals, but never onto an end that was not reached: while one is missing it is
    /// not 100.00 %, and while there is one it is not 0.00 %.
    pub fn display(self) -> String {
        match self {
            Self::Count(count) => thousands(count),
            Self::Ratio {
                denominator: ..=0, ..
            } => "—".into(),
            Self::Ratio {
                numerator,
                denominator,
            } => {
                let (part, whole) = (i128::from(numerator), i128::from(denominator));
                let rounded = (part * 20_000 + whole).div_euclid(whole * 2);
                let honest = match rounded {
                    0 if part > 0 => 1,
                    10_000 if part < whole => 9_999,
                    other => other,
                };
                format!("{}%", hundredths(honest))
            }
            Self::Blank => String::new(),
        }
    }

    /// The figure as a fraction with a positive denominator.
    fn fraction(self) -> Option<(i128, i128)> {
        match self {
            Self::Count(count) => Some((count.into(), 1)),
            Self::Ratio {
                numerator,
                denominator: denominator @ 1..,
            } => Some((numerator.into(), denominator.into())),
            Self::Ratio { .. } | Self::Blank => None,
        }
    }
}

/// How much `current` is above `base`, in per cent with two decimals (current / base − 1, as the national forms count it),
/// for counts and ratios alike; empty where there is no base or it is zero, and where the two are not of one kind.
pub fn growth(current: Figure, base: Option<Figure>) -> String {
    per_ten_thousand(current, base)
        .map(hundredths)
        .unwrap_or_default()
}

fn per_ten_thousand(current: Figure, base: Option<Figure>) -> Option<i128> {
    let base = base.filter(|base| std::mem::discriminant(base) == std::mem::discriminant(&current))?;
    let ((part, whole), (base_part, base_whole)) = (current.fraction()?, base.fraction()?);
    let (now, then) = (part.checked_mul(base_whole)?, base_part.checked_mul(whole)?);
    if then <= 0 {
        return None;
    }
    // Half away from zero, so that a fall reads like a rise of the same size.
    let doubled = (now - then).checked_mul(20_000)?;
    Some((doubled + doubled.signum() * then) / (then * 2))
}

fn hundredths(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

fn thousands(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
