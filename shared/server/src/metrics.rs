//! What is counted. A metric is a `tracing` event of target [`TARGET`]; whatever runs the endpoint turns it into its monitoring's format.

use tracing::Level;

/// The target of the events. Their fields are `metric.name`, `metric.value` and `metric.unit`.
pub const TARGET: &str = "metric";

/// Declares the metrics, each with its name and its unit in CloudWatch's words.
macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident in $unit:literal,)+) => {
        /// A metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric { $($(#[$doc])* $metric,)+ }

        impl Metric {
            /// Every metric.
            pub const ALL: &'static [Self] = &[$(Self::$metric,)+];

            /// The metric's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$metric => stringify!($metric),)+ }
            }

            /// The metric's unit, as CloudWatch spells it: `Count`, or `Seconds`.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$metric => $unit,)+ }
            }
        }
    };
}

metrics! {
    /// Sessions begun or renewed by a password.
    SignIns in "Count",
    /// Sign-in forms that were not accepted.
    SignInsRefused in "Count",
    /// Grants whose first tokens were handed out.
    TokensIssued in "Count",
    /// Rotations of a refresh token.
    TokensRefreshed in "Count",
    /// Codes and refresh tokens that came a second time.
    Replays in "Count",
    /// Requests that were answered with a status of 500 or above.
    ServerErrors in "Count",
    /// How old the oldest key is that signs.
    SigningKeyAge in "Seconds",
}

impl Metric {
    /// Adds `value` to what is counted of this request, or tells what was measured.
    pub fn record(self, value: u64) {
        tracing::event!(
            target: TARGET,
            Level::INFO,
            metric.name = self.name(),
            metric.value = value,
            metric.unit = self.unit(),
        );
    }
}
