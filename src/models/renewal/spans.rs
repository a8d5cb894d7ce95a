//! What is asked of customers who are there at one age, about the time until another.

use super::{Law, Staying};
use crate::data::check::{Rule, same_length};
use crate::numeric::Scalar;
use crate::numeric::falling::Falling;
use crate::{Error, Result};

/// What is asked of a customer who is there at age `from`, about the time until age `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// The probability of being there still.
    Survival,
    /// The probability of leaving in the last period before `to`: after `to - 1` and by `to`.
    Leaving,
    /// Expected time: renewals in discrete time, where a period counts once it is renewed for.
    Residual,
    /// Expected renewals, each worth less the later it comes by the factor `exp(-rate)` a period; the first, a period
    /// after `from`, in full (Fader and Hardie 2010, Customer-base valuation in a contractual setting, Marketing
    /// Science 29(1), equation 6).
    Payments {
        /// Continuous discount rate a period.
        rate: f64,
    },
}

/// One quantity over one span of ages.
pub(super) fn at<L: Law<B>, const B: usize, const K: usize, S: Scalar>(
    quantity: Span,
    theta: [S; K],
    from: f64,
    to: f64,
) -> S {
    match quantity {
        Span::Survival => Staying::<L, B>::ln_survival(theta, from, to).exp(),
        Span::Leaving => {
            let last = (to - 1.0).max(from);
            let there = Staying::<L, B>::ln_survival(theta, from, last);
            (there + Staying::<L, B>::ln_leaving(theta, last, to)).exp()
        }
        Span::Residual if L::CONTINUOUS => {
            let time = |law| falling::<L, B, S>(law, from, 0.0).integral_from_zero(to - from);
            Staying::<L, B>::over_kinds(theta, from, time, to - from)
        }
        Span::Residual => payments::<L, B, K, S>(theta, from, to, 0.0),
        Span::Payments { rate } => payments::<L, B, K, S>(theta, from, to, rate),
    }
}

/// `sum_{k=1}^{to-from} S(from + k) / S(from) exp(-rate (k - 1))`.
fn payments<L: Law<B>, const B: usize, const K: usize, S: Scalar>(
    theta: [S; K],
    from: f64,
    to: f64,
    rate: f64,
) -> S {
    let periods = (to - from).floor();
    let forever = if rate > 0.0 {
        (-rate * periods).exp_m1() / (-rate).exp_m1()
    } else {
        periods
    };
    let by_law = |law| falling::<L, B, S>(law, from, rate).sum(periods);
    Staying::<L, B>::over_kinds(theta, from, by_law, forever)
}

/// Survival under the law after an age, discounted: `ln S(from + u) / S(from) - rate (u - 1)`.
fn falling<L: Law<B>, const B: usize, S: Scalar>(
    law: [S; B],
    from: f64,
    rate: f64,
) -> Falling<S, impl Fn(f64) -> S> {
    Falling {
        ln: move |u: f64| {
            let to = from + u;
            // a time that numbers do not tell from none
            let stays = if to > from {
                L::ln_survival(law, from, to)
            } else {
                S::from(0.0)
            };
            stays - rate * (u - 1.0)
        },
        power: if rate > 0.0 { None } else { L::power(law) },
        bend: L::bend(law.map(Scalar::value)),
    }
}

/// Passes if every span is one of ages in order, whole where they must be.
pub(super) fn check_spans(from: &[f64], to: &[f64], whole: bool) -> Result<()> {
    same_length("to", to.len(), "from", from.len())?;
    let expected = if whole {
        "be a whole number of at least 0"
    } else {
        "be finite and at least 0"
    };
    let rule = |column, expected| Rule {
        column,
        expected,
        hint: "",
    };
    rule("from", expected).check(
        from.len(),
        |i| !(from[i].is_finite() && from[i] >= 0.0) || (whole && from[i].fract() != 0.0),
        |i| format!("{:?}", from[i]),
    )?;
    rule("to", "be at least `from`").check(
        to.len(),
        |i| to[i].is_nan() || to[i] < from[i],
        |i| format!("{:?} with from = {:?}", to[i], from[i]),
    )?;
    rule("to", "be a whole number of periods").check(
        to.len(),
        |i| whole && to[i].is_finite() && to[i].fract() != 0.0,
        |i| format!("{:?}", to[i]),
    )
}

/// Passes if a discount rate is one.
pub(super) fn check_rate(quantity: Span) -> Result<()> {
    match quantity {
        Span::Payments { rate } if !(rate.is_finite() && rate >= 0.0) => Err(Error::Parameter {
            name: "rate".into(),
            expected: "be finite and at least 0".into(),
            found: rate.to_string(),
            hint: String::new(),
        }),
        _ => Ok(()),
    }
}
