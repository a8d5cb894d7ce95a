//! The BG/NBD model, the reference model of this crate: read this file to learn how a model is written.

use super::{Dimension, Equals, Model, Parameter, Purchasing, Sample};
use crate::data::Purchases;
use crate::models::purchasing::BetaGeometric;
use crate::numeric::Scalar;
use crate::{Error, Result};

/// Beta-geometric / negative binomial model of repeat buying (BG/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; after each repeat purchase the
/// customer leaves with probability `p ~ Beta(a, b)`.
///
/// Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
/// Marketing Science 24(2).
#[derive(Debug, Clone, Copy)]
pub struct BgNbd;

/// A silence of which the model says that it is `exp(-CERTAIN)` times as likely as leaving: beyond, neither the odds
/// nor their derivatives would be numbers.
const CERTAIN: f64 = 600.0;

impl Model<4, 3> for BgNbd {
    type Row = Purchases;
    const NAME: &'static str = "BGNBD";
    const PARAMETERS: [Parameter; 4] = [
        Parameter {
            name: "r",
            dimension: Dimension::None,
            meaning: "shape of the purchase rates: small means customers differ widely",
        },
        Parameter {
            name: "alpha",
            dimension: Dimension::Time,
            meaning: "inverse scale of the purchase rates: r / alpha is the mean rate while alive",
        },
        Parameter {
            name: "a",
            dimension: Dimension::None,
            meaning: "dropout against: a / (a + b) is the mean chance of leaving after a purchase",
        },
        Parameter {
            name: "b",
            dimension: Dimension::None,
            meaning: "dropout for: a + b large means that customers leave alike",
        },
    ];

    /// `r`, `1/alpha`, and the logarithm of `a/(b+x-1)`, the odds of having left after the last of `x > 0` purchases.
    fn common<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> [S; 3] {
        let ln_left = if x > 0.0 {
            (a / (b + (x - 1.0))).ln()
        } else {
            S::from(0.0)
        };
        [r, alpha.recip(), ln_left]
    }

    /// `-(r+x) ln(1+t_x/alpha) + ln{ ((alpha+t_x)/(alpha+T))^(r+x) + [x>0] a/(b+x-1) }`: the customer bought nothing
    /// since `t_x` while alive, or left then. Arranged as in Fader and Hardie's note on numerical error in the BG/NBD
    /// (2019), which does not overflow for large `x`; ages beside `alpha` keep their digits where `r` and `alpha` run
    /// to infinity together.
    fn own<S: Scalar>([r, per_alpha, ln_left]: [S; 3], row: &Purchases) -> S {
        let &Purchases { x, t_x, t } = row;
        let ln_end = (per_alpha * t).ln_1p();
        if x == 0.0 {
            return -(r * ln_end);
        }
        let ln_last = (per_alpha * t_x).ln_1p();
        let silent = (r + x) * (ln_last - ln_end);
        silent.ln_add_exp(ln_left) - (r + x) * ln_last
    }

    /// `ln G(r+x)/G(r) + ln B(a,b+x)/B(a,b) - x ln alpha` for each customer, and their own terms.
    fn together<S: Scalar>([r, alpha, a, b]: [S; 4], equals: &Equals<S>) -> S {
        let x = equals.count;
        let never_left = b.ln_rising(x) - (a + b).ln_rising(x);
        (r.ln_rising(x) + never_left - alpha.ln() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        if sample.groups().is_empty() {
            return Err(Error::Empty {
                what: "there are no customers to fit BGNBD to".into(),
                hint: String::new(),
            });
        }
        if sample.mean(|c| c.x) > 0.0 {
            return Ok(());
        }
        Err(Error::Convergence {
            model: Self::NAME.into(),
            reason: "no customer bought more than once".into(),
            hint: "a longer observation, or a finer `merge`, may show repeat purchases".into(),
        })
    }

    /// The rates by the moments of the counts (as if nobody left), with dropout of one in four or one in two.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 4]; 2] {
        let (x, t) = (sample.mean(|c| c.x), sample.mean(|c| c.t));
        let variance = sample.mean(|c| (c.x - x) * (c.x - x));
        let r = (x * x / (variance - x).max(0.01 * x)).clamp(0.05, 20.0);
        [[r, r * t / x, 1.0, 3.0], [1.0, t, 0.5, 0.5]]
    }

    fn boundary([r, _, a, b]: [f64; 4]) -> String {
        let dropout = a / (a + b);
        let what = if dropout < 1e-3 {
            "customers do not seem to leave (a / (a + b) -> 0): the data do not tell this model from the NBD without dropout"
        } else if dropout > 0.999 {
            "every customer seems to leave after the first repeat purchase (a / (a + b) -> 1)"
        } else if a + b < 1e-3 {
            "customers seem to leave after the first repeat purchase or never (a + b -> 0): a and b are known only through a / (a + b)"
        } else if a + b > 1e3 {
            "all customers seem to leave with the same probability (a + b -> infinity): a and b are known only through a / (a + b)"
        } else if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else {
            "the likelihood is flat in a direction: the data do not identify all four parameters"
        };
        what.into()
    }
}

impl Purchasing<4, 3> for BgNbd {
    type Future<S: Scalar> = BetaGeometric<S>;

    /// `P(alive at T) = 1 / (1 + [x>0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x))`.
    fn probability_alive<S: Scalar>(theta: [S; 4], row: &Purchases) -> S {
        alive_after(theta, row, ln_fall(theta, row))
    }

    /// In two steps: the whole formula is a longer chain than processors look ahead, so that they would work on one or
    /// two customers at a time.
    fn probabilities_alive(theta: [f64; 4], rows: &[Purchases], out: &mut [f64]) {
        for (fall, row) in out.iter_mut().zip(rows) {
            *fall = ln_fall(theta, row);
        }
        for (alive, row) in out.iter_mut().zip(rows) {
            *alive = alive_after(theta, row, *alive);
        }
    }

    /// Given alive at `T` the future is that of a new customer with parameters `(r+x, alpha+T, a, b+x)`.
    fn future<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> BetaGeometric<S> {
        BetaGeometric::new(r + x, alpha, a, b + x)
    }
}

/// `(r+x) ln{ (alpha+T)/(alpha+t_x) }`: how much the silence since the last purchase speaks against being alive.
fn ln_fall<S: Scalar>([r, alpha, _, _]: [S; 4], row: &Purchases) -> S {
    let &Purchases { x, t_x, t } = row;
    if x == 0.0 {
        return S::from(0.0);
    }
    (r + x) * ((alpha + t) / (alpha + t_x)).ln()
}

/// `1 / (1 + a/(b+x-1) e^fall)`; customers cannot leave before a repeat purchase.
fn alive_after<S: Scalar>([_, _, a, b]: [S; 4], row: &Purchases, fall: S) -> S {
    if row.x == 0.0 {
        return S::from(1.0);
    }
    if fall.value() > CERTAIN {
        return S::from(0.0);
    }
    let chances = b + (row.x - 1.0);
    chances / (chances + a * fall.exp())
}
