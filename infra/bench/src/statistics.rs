//! Medians and ranges: what is left of many measurements on a machine that does other things too.

use std::fmt;

/// Measurements of one thing, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
    median: f64,
}

impl Sample {
    /// The sample of these measurements, in any order; none where there are none.
    #[must_use]
    pub fn new(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { sorted: values, median: f64::midpoint(lower, upper) })
    }

    /// The one in the middle, or halfway between the two in the middle.
    #[must_use]
    pub const fn median(&self) -> f64 {
        self.median
    }

    /// How many times the other's median this median is.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> f64 {
        self.median / other.median
    }
}

/// The median, and in brackets the least and the most.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.sorted.first(), self.sorted.last());
        write!(f, "{:.1} ({:.1}–{:.1})", self.median, least.unwrap_or(&0.0), most.unwrap_or(&0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        for (values, shown) in [
            (vec![3.0], "3.0 (3.0–3.0)"),
            (vec![9.0, 1.0, 2.0], "2.0 (1.0–9.0)"),
            (vec![4.0, 1.0, 100.0, 2.0], "3.0 (1.0–100.0)"),
        ] {
            assert_eq!(Sample::new(values).unwrap().to_string(), shown);
        }
        assert_eq!(Sample::new(Vec::new()), None);
    }

    #[test]
    fn a_ratio_is_one_of_medians() {
        let sample = |values: &[f64]| Sample::new(values.to_vec()).unwrap();
        assert_eq!(sample(&[4.0, 6.0, 1000.0]).ratio_to(&sample(&[1.0, 2.0, 3.0])), 3.0);
    }
}
