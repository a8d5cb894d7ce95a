//! The scales on which parameters are fitted, which have no ends: logarithms, log odds for shares, and log odds ratios for
//! associations.

use super::Dimension;
use crate::numeric::Scalar;

/// The largest number below 1.
const NEAR_ONE: f64 = 1.0 - 0.5 * f64::EPSILON;

impl Dimension {
    /// A parameter on its free scale.
    pub(super) fn freed(self, value: f64) -> f64 {
        match self {
            Self::Share => value.ln() - (-value).ln_1p(),
            Self::Association => value.ln_1p() - (-value).ln_1p(),
            _ => value.ln(),
        }
    }

    /// The parameter of a point on the free scale: the inverse of [`Dimension::freed`].
    pub(super) fn bound(self, free: f64) -> f64 {
        match self {
            Self::Share => 1.0 / (1.0 + (-free).exp()),
            // a fit may come as near to the end as there are numbers
            Self::Association => (0.5 * free).tanh().clamp(-NEAR_ONE, NEAR_ONE),
            _ => free.exp(),
        }
    }

    /// [`Dimension::bound`] with derivatives, which are 0 at the ends of the scale.
    pub(super) fn bound_scalar<S: Scalar>(self, free: S) -> S {
        let value = self.bound(free.value());
        let [slope, bend] = self.slopes(value);
        free.chain(value, || slope, || bend)
    }

    /// First and second derivative of [`Dimension::bound`], given the parameter.
    pub(super) fn slopes(self, value: f64) -> [f64; 2] {
        match self {
            Self::Share => {
                let slope = value * (1.0 - value);
                [slope, slope * (1.0 - 2.0 * value)]
            }
            Self::Association => {
                let slope = 0.5 * (1.0 - value) * (1.0 + value);
                [slope, -slope * value]
            }
            _ => [value, value],
        }
    }

    /// How far a parameter lies from neutral on the free scale. Neutral is one half for a share and none for an
    /// association; other parameters are measured against the data's own mean time or mean value where they have a dimension, so that no unit matters.
    pub(super) fn distance<S: Scalar>(self, parameter: S, time: f64, money: f64) -> S {
        match self {
            Self::Share => parameter.ln() - (-parameter).ln_1p(),
            Self::Association => parameter.ln_1p() - (-parameter).ln_1p(),
            Self::None => parameter.ln(),
            Self::Time => (parameter / time).ln(),
            Self::PerTime => (parameter * time).ln(),
            Self::Money => (parameter / money).ln(),
        }
    }

    /// Whether a parameter has this value.
    pub(super) fn admits(self, value: f64) -> bool {
        match self {
            Self::Share => value > 0.0 && value < 1.0,
            Self::Association => value.abs() < 1.0,
            _ => value.is_finite() && value > 0.0,
        }
    }

    /// What a parameter must be, completing "must ...".
    pub(super) fn range(self) -> &'static str {
        match self {
            Self::Share => "lie between 0 and 1",
            Self::Association => "lie between -1 and 1",
            _ => "be finite and greater than 0",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_and_back() {
        for dimension in [Dimension::None, Dimension::Time, Dimension::Share] {
            for value in [1e-9, 0.2, 0.5, 0.999] {
                let free = dimension.freed(value);
                assert!((dimension.bound(free) / value - 1.0).abs() < 1e-14);
                let step = 1e-5;
                let (up, down) = (dimension.bound(free + step), dimension.bound(free - step));
                let [slope, bend] = dimension.slopes(value);
                assert!((up - down) / (2.0 * step) - slope < 1e-9 * value);
                assert!(((up - 2.0 * value + down) / (step * step) - bend).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn associations_have_both_signs() {
        let dimension = Dimension::Association;
        for value in [-0.999, -0.2, 0.0, 0.5] {
            let free = dimension.freed(value);
            assert!((dimension.bound(free) - value).abs() < 1e-15);
            let step = 1e-4;
            let (up, down) = (dimension.bound(free + step), dimension.bound(free - step));
            let [slope, bend] = dimension.slopes(value);
            assert!(((up - down) / (2.0 * step) - slope).abs() < 1e-8);
            assert!(((up - 2.0 * value + down) / (step * step) - bend).abs() < 1e-6);
        }
        assert!(dimension.admits(dimension.bound(90.0)) && !dimension.admits(-1.0));
    }

    #[test]
    fn no_share_is_the_end_of_the_scale() {
        assert!(Dimension::Share.bound(Dimension::Share.freed(0.0)).abs() < f64::MIN_POSITIVE);
        assert!(!Dimension::Share.admits(1.0) && Dimension::None.admits(1.0));
    }
}
