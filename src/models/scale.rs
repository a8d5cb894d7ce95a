//! The scales on which parameters are fitted, which have no ends: logarithms, and log odds for shares.

use super::Dimension;
use crate::numeric::Scalar;

impl Dimension {
    /// A parameter on its free scale.
    pub(super) fn freed(self, value: f64) -> f64 {
        match self {
            Self::Share => value.ln() - (-value).ln_1p(),
            _ => value.ln(),
        }
    }

    /// The parameter of a point on the free scale: the inverse of [`Dimension::freed`].
    pub(super) fn bound(self, free: f64) -> f64 {
        match self {
            Self::Share => 1.0 / (1.0 + (-free).exp()),
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
            _ => [value, value],
        }
    }

    /// How far a parameter lies from neutral on the free scale. Neutral is one half for a share; other parameters are
    /// measured against the data's own mean time or mean value where they have a dimension, so that no unit matters.
    pub(super) fn distance<S: Scalar>(self, parameter: S, time: f64, money: f64) -> S {
        match self {
            Self::Share => parameter.ln() - (-parameter).ln_1p(),
            Self::None => parameter.ln(),
            Self::Time => (parameter / time).ln(),
            Self::PerTime => (parameter * time).ln(),
            Self::Money => (parameter / money).ln(),
        }
    }

    /// Whether a parameter has this value.
    pub(super) fn admits(self, value: f64) -> bool {
        value.is_finite() && value > 0.0 && (self != Self::Share || value < 1.0)
    }

    /// What a parameter must be, completing "must ...".
    pub(super) fn range(self) -> &'static str {
        match self {
            Self::Share => "lie between 0 and 1",
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
    fn no_share_is_the_end_of_the_scale() {
        assert!(Dimension::Share.bound(Dimension::Share.freed(0.0)).abs() < f64::MIN_POSITIVE);
        assert!(!Dimension::Share.admits(1.0) && Dimension::None.admits(1.0));
    }
}
