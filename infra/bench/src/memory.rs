//! How much memory to give a function, from what a call costs.
//!
//! Lambda gives processor with memory: "At 1,769 MB, a function has the equivalent of one vCPU"
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>), and proportionally less below. A function of ours works on
//! one thread, so more than that is of no use to it. Waiting for DynamoDB takes as long whatever the memory.

/// The memory of one whole processor, in MB.
const WHOLE_PROCESSOR: f64 = 1769.0;

/// The sizes that are compared, in MB.
pub const SIZES: [u32; 5] = [128, 256, 512, 1024, 1769];

/// What a round trip to DynamoDB in the same Region takes, in milliseconds: assumed, since none is measured here.
pub const TRIP: f64 = 4.0;

/// List price of a GB-second on arm64 in US dollars, in the first tier, in us-east-1 and eu-west-1 alike (<https://aws.amazon.com/lambda/pricing/>).
pub const GB_SECOND: f64 = 0.000_013_333_4;

/// How many times the least possible price a quicker answer may cost.
pub const QUICKER: f64 = 1.25;

/// What a function's calls cost on one whole processor, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The processor's part of a warm call.
    pub warm: f64,
    /// Round trips of a warm call.
    pub trips: u32,
}

impl Cost {
    /// How long a warm call takes with `size` MB, in milliseconds.
    #[must_use]
    pub fn warm_call(&self, size: u32) -> f64 {
        stretched(self.warm, size) + TRIP * f64::from(self.trips)
    }

    /// What a million warm calls are billed for with `size` MB, in GB-seconds: each to the millisecond that it began.
    #[must_use]
    pub fn gb_seconds(&self, size: u32) -> f64 {
        self.warm_call(size).ceil() * 1_000.0 * f64::from(size) / 1024.0
    }

    /// The most memory whose price stays within [`QUICKER`]: the processor's part costs the same with any memory, while the waiting is
    /// billed for all of it. So a function that works gets much, and one that waits gets little.
    #[must_use]
    pub fn proposal(&self) -> u32 {
        let least = SIZES.map(|size| self.gb_seconds(size)).into_iter().fold(f64::INFINITY, f64::min);
        let within = SIZES.into_iter().filter(|&size| self.gb_seconds(size) <= QUICKER * least);
        within.max().unwrap_or_default()
    }
}

/// How long `size` MB take for what a whole processor does in `milliseconds`.
fn stretched(milliseconds: f64, size: u32) -> f64 {
    milliseconds * (WHOLE_PROCESSOR / f64::from(size)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::Cost;

    const COST: Cost = Cost { warm: 2.0, trips: 1 };

    #[test]
    fn half_the_memory_takes_the_processor_twice_as_long_and_dynamodb_as_long() {
        assert_eq!(COST.warm_call(1769), 6.0);
        assert_eq!(Cost { trips: 0, ..COST }.warm_call(1024), 2.0 * 1769.0 / 1024.0);
        assert_eq!(COST.warm_call(3008), 6.0);
    }

    #[test]
    fn a_begun_millisecond_is_billed() {
        assert_eq!(Cost { warm: 1.0, trips: 0 }.gb_seconds(1024), 2_000.0);
        assert_eq!(Cost { warm: 1.0, trips: 0 }.gb_seconds(512), 2_000.0);
    }

    #[test]
    fn who_works_gets_more_than_who_waits() {
        // 32, 18, 11, 8 and 6 ms.
        assert_eq!(COST.proposal(), 256);
        assert_eq!(Cost { warm: 0.5, trips: 2 }.proposal(), 128);
        assert_eq!(Cost { warm: 30.0, trips: 3 }.proposal(), 1024);
        assert_eq!(Cost { warm: 500.0, trips: 1 }.proposal(), 1769);
    }
}
